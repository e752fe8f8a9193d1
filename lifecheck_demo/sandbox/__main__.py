"""Runs the sandbox alone, for integrators in any language and for tests."""

import argparse
import errno
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from flask import Flask
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from . import VERSIONS, create_sandbox
from .checks import StateUnavailable
from .guard import WeakKey
from .markets import MARKETS, PREFIX, Keys

# Where an address that stands for every network can be reached from here.
EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


class CannotStart(RuntimeError):
    """What was asked for on the command line cannot be had; the message mends it."""


def main() -> None:
    """Serve until interrupted, and say what to configure."""
    parser = argparse.ArgumentParser(prog="python -m lifecheck_demo.sandbox")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=port, default=9000, help="0 takes a free one")
    parser.add_argument("--data", type=Path, help="keep state here; else it is temporary")
    parser.add_argument(
        "--control-key",
        default="",
        metavar="KEY",
        help="asked of everybody who uses the controls; without one they are open to "
        "this computer",
    )
    add_market(parser)
    wanted = parser.parse_args()
    keys = Keys(wanted.appcode, wanted.key, wanted.secret)
    end_by_signal()
    with tempfile.TemporaryDirectory(prefix="lifecheck-sandbox-") as folder:
        try:
            sandbox = sandbox_in(
                wanted.data or Path(folder),
                wanted.control_key,
                market=wanted.market,
                credentials=keys,
                version=wanted.vendor_version,
            )
            listening = listen(wanted.host, wanted.port)
        except CannotStart as error:
            parser.error(str(error))
        app = DispatcherMiddleware(NotFound(), {"/sandbox": sandbox})
        with listening:
            server = make_server(
                wanted.host, wanted.port, app, threaded=True, fd=listening.fileno()
            )
        host = EVERYWHERE.get(wanted.host, wanted.host)
        origin = f"http://[{host}]" if ":" in host else f"http://{host}"
        tell(
            f"{origin}:{server.port}/sandbox",
            market_settings(wanted.market, keys),
            keyed=bool(wanted.control_key),
        )
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("Stopped.")


def add_market(parser: argparse.ArgumentParser) -> None:
    """What chooses a market's gateway, its keys, and the version of the API behind it."""
    ours = Keys()
    market = parser.add_argument_group("a market's gateway before the API")
    market.add_argument(
        "--market",
        choices=("none", *MARKETS),
        default="none",
        help="whose credentials are verified; the names that LIFECHECK_AUTH has",
    )
    market.add_argument("--appcode", type=credential, default=ours.appcode)
    market.add_argument("--key", type=credential, default=ours.key, help="of a pair")
    market.add_argument("--secret", type=credential, default=ours.secret, help="of a pair")
    parser.add_argument("--vendor-version", choices=VERSIONS, default=VERSIONS[0])


def credential(value: str) -> str:
    """One that travels in a header and fits on a line of settings."""
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise argparse.ArgumentTypeError("letters, digits and signs of ASCII, no spaces")
    if value.startswith(PREFIX):
        raise argparse.ArgumentTypeError(f"{PREFIX}… asks for faults: choose another one")
    return value


def market_settings(market: str, keys: Keys) -> list[str]:
    """The settings that speak to that market, to be pasted."""
    values = {
        "LIFECHECK_APPCODE": keys.appcode,
        "LIFECHECK_KEY": keys.key,
        "LIFECHECK_SECRET": keys.secret,
    }
    names = MARKETS[market].settings if market in MARKETS else ()
    return [f"LIFECHECK_AUTH={market}", *(f"{name}={values[name]}" for name in names)]


def end_by_signal() -> None:
    """End orderly when a service manager says so, or the terminal goes.

    The temporary folder with its faces has to go then too.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # Under nohup the terminal may go.
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: sys.exit(0))


def tell(base: str, settings: list[str], *, keyed: bool) -> None:
    """Print what to configure, as settings, and what else is there, as comments."""
    print(f"LIFECHECK_INIT_URL={base}/lifecheck/v2/init")
    print(f"LIFECHECK_RESULT_URL={base}/lifecheck/v2/result")
    print(f"LIFECHECK_H5_URL={base}/lifecheck/v2/check/index")
    print("\n".join(settings))
    print(f"# Its description (OpenAPI 3.1): {base}/openapi.json")
    print(f"# Faults on purpose: {base}/control/faults")
    who = "whoever has the key" if keyed else "this computer"
    print(f"# Controls, for {who}: {base}/control/checks, …/meter, …/clock, …/reset")
    print("# Ctrl+C stops it.", flush=True)


def sandbox_in(data: Path, control_key: str, **market: Any) -> Flask:
    """The sandbox on a folder that can be written to; raises `CannotStart`.

    With a key it is asked of this computer's callers too: behind a proxy that says
    nothing of itself everybody would be one.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=data).close()
        sandbox = create_sandbox(
            data=data,
            control_key=control_key,
            control_by_loopback=not control_key,
            **market,
        )
        sandbox.extensions["sandbox"].sweep()
    except WeakKey as error:
        raise CannotStart(f"--control-key: {error}") from error
    except OSError as error:
        raise CannotStart(
            f"--data {data}: {error.strerror}. Name a folder that you may write to, or "
            "leave it out for a temporary one."
        ) from error
    except StateUnavailable as error:
        raise CannotStart(
            f"--data {data}: its checks.sqlite cannot be used ({error}). Remove that "
            "file, or name another folder."
        ) from error
    return sandbox


def listen(host: str, number: int) -> socket.socket:
    """A socket at that address; raises `CannotStart`."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        # A port is free at once when its last owner has ended.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, number))
        listening.listen()
    except (OSError, UnicodeError) as error:
        listening.close()
        raise CannotStart(_mended(error, host, number)) from error
    return listening


def _mended(error: Exception, host: str, number: int) -> str:
    number_of_error = getattr(error, "errno", None)
    if number_of_error == errno.EADDRINUSE:
        return (
            f"--port {number} is taken by another program: stop that one, or name "
            "another port (0 takes a free one)."
        )
    if number_of_error == errno.EACCES:
        return f"--port {number} is not for everybody: name one above 1023."
    why = getattr(error, "strerror", None) or "that is no host"
    return (
        f"--host {host}: {why}. Name an address of this computer: 127.0.0.1 "
        "for itself alone, 0.0.0.0 for its networks too."
    )


def port(text: str) -> int:
    """A port's number; raises `argparse.ArgumentTypeError`."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError("a number from 0 to 65535 is needed")
    return int(text)


if __name__ == "__main__":
    main()
