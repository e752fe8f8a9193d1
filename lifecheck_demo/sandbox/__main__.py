"""Runs the sandbox alone, for integrators in any language and for tests."""

import argparse
import tempfile
from pathlib import Path

from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from . import VERSIONS, serving
from .aside import cores
from .markets import MARKETS, PREFIX, Keys


def main() -> None:
    """Serve until interrupted, and say what to configure."""
    parser = argparse.ArgumentParser(prog="python -m lifecheck_demo.sandbox")
    parser.add_argument(
        "--host", default="127.0.0.1", help="0.0.0.0 is for its networks too"
    )
    parser.add_argument(
        "--port", type=serving.port, default=9000, help="0 takes a free one"
    )
    parser.add_argument("--data", type=Path, help="keep state here; else it is temporary")
    parser.add_argument(
        "--control-key",
        type=serving.key,
        metavar="KEY",
        help="asked of everybody who uses the controls; without one they are open to "
        "this computer",
    )
    parser.add_argument(
        "--places",
        type=serving.places,
        metavar="N",
        help="how many may be before the camera at once; the others wait in order",
    )
    add_market(parser)
    wanted = parser.parse_args()
    keys = Keys(wanted.appcode, wanted.key, wanted.secret)
    serving.end_by_signal()
    with tempfile.TemporaryDirectory(prefix="lifecheck-sandbox-") as folder:
        try:
            sandbox = serving.sandbox_in(
                wanted.data or Path(folder),
                wanted.control_key or "",
                market=wanted.market,
                credentials=keys,
                version=wanted.vendor_version,
                judges=cores(),
                places=wanted.places,
            )
            listening = serving.listen(wanted.host, wanted.port)
        except serving.CannotStart as error:
            parser.error(str(error))
        app = DispatcherMiddleware(NotFound(), {"/sandbox": sandbox})
        with listening:
            server = make_server(
                wanted.host,
                wanted.port,
                app,
                threaded=True,
                request_handler=serving.Discreet,
                fd=listening.fileno(),
            )
        base = f"{serving.address_of(wanted.host, server.port)}/sandbox"
        settings = market_settings(wanted.market, keys)
        serving.tell(base, settings, keyed=bool(wanted.control_key))
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
    market.add_argument(
        "--appcode", type=credential, default=ours.appcode, help="the simple credential"
    )
    market.add_argument("--key", type=credential, default=ours.key, help="of a pair")
    market.add_argument("--secret", type=credential, default=ours.secret, help="of a pair")
    parser.add_argument(
        "--vendor-version",
        choices=VERSIONS,
        default=VERSIONS[0],
        help="2.1 answers init with the camera page's address too",
    )


def credential(value: str) -> str:
    """One that travels in a header and fits on a line of settings."""
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise argparse.ArgumentTypeError("letters, digits and signs of ASCII, no spaces")
    if value.startswith(PREFIX):
        raise argparse.ArgumentTypeError(f"{PREFIX}… asks for faults: choose another one")
    return value


def market_settings(market: str, keys: Keys) -> list[str]:
    """The settings that speak to that market, to be pasted.

    A credential that was given may be a real one: it is named, and not printed.
    """
    ours = Keys()
    values = {
        "LIFECHECK_APPCODE": (keys.appcode, ours.appcode, "--appcode"),
        "LIFECHECK_KEY": (keys.key, ours.key, "--key"),
        "LIFECHECK_SECRET": (keys.secret, ours.secret, "--secret"),
    }
    lines = [f"LIFECHECK_AUTH={market}"]
    for name in MARKETS[market].settings if market in MARKETS else ():
        value, usual, option = values[name]
        given = f"# {name} is what was given with {option}"
        lines.append(f"{name}={value}" if value == usual else given)
    return lines


if __name__ == "__main__":
    main()
