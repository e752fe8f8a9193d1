"""How the sandbox starts alone: what it stumbles over, and what it says then."""

import argparse
import errno
import signal
import socket
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from flask import Flask
from werkzeug.serving import WSGIRequestHandler

from . import create_sandbox
from .checks import StateUnavailable
from .guard import WeakKey

# Where an address that stands for every network can be reached from here.
EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


class CannotStart(RuntimeError):
    """What was asked for on the command line cannot be had; the message mends it."""


class Discreet(WSGIRequestHandler):
    """Writes down what was asked for without the query: tokens travel there, and keys."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002
        """Method, path and status."""
        path = ascii(getattr(self, "path", "-").partition("?")[0])[1:-1]
        self.log("info", '"%s %s" %s', self.command or "-", path, code)


def end_by_signal() -> None:
    """End orderly when a service manager says so, or the terminal goes.

    The temporary folder with its faces has to go then too.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # Under nohup the terminal may go.
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: sys.exit(0))


def address_of(host: str, number: int) -> str:
    """Where the sandbox is reached from here, as a browser writes it."""
    host = EVERYWHERE.get(host, host)
    return f"http://[{host}]:{number}" if ":" in host else f"http://{host}:{number}"


def tell(base: str, credentials: Iterable[str], *, keyed: bool) -> None:
    """Print what to configure, as settings, and what else is there, as comments."""
    print(f"LIFECHECK_INIT_URL={base}/lifecheck/v2/init")
    print(f"LIFECHECK_RESULT_URL={base}/lifecheck/v2/result")
    print(f"LIFECHECK_H5_URL={base}/lifecheck/v2/check/index")
    print("\n".join(credentials))
    print(f"# Its description (OpenAPI 3.1): {base}/openapi.json")
    print(f"# Faults on purpose: {base}/control/faults")
    who = "whoever has the key" if keyed else "this computer"
    print(f"# Controls, for {who}: {base}/control/checks, …/meter, …/clock, …/reset")
    print("# Ctrl+C stops it.", flush=True)


def sandbox_in(data: Path, control_key: str, **more: Any) -> Flask:
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
            **more,
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


def key(text: str) -> str:
    """A key for the controls; raises `argparse.ArgumentTypeError` for an empty one."""
    if not text:
        raise argparse.ArgumentTypeError(
            "it is empty: give one, or leave the option out to open the controls to this "
            "computer"
        )
    return text


def places(text: str) -> int:
    """A number of places; raises `argparse.ArgumentTypeError`."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 999):
        raise argparse.ArgumentTypeError("a number from 1 to 999 is needed")
    return int(text)


def port(text: str) -> int:
    """A port's number; raises `argparse.ArgumentTypeError`."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError("a number from 0 to 65535 is needed")
    return int(text)
