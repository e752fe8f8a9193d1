"""Runs the sandbox alone, for integrators in any language and for tests."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from . import create_sandbox


def main() -> None:
    """Serve until interrupted, and say what to configure."""
    parser = argparse.ArgumentParser(prog="python -m lifecheck_demo.sandbox")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000, help="0 takes a free one")
    parser.add_argument("--data", type=Path, help="keep state here; else it is temporary")
    wanted = parser.parse_args()
    # Ended by a service manager too, the temporary folder with its faces has to go.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="lifecheck-sandbox-") as folder:
        sandbox = create_sandbox(data=wanted.data or Path(folder))
        app = DispatcherMiddleware(NotFound(), {"/sandbox": sandbox})
        server = make_server(wanted.host, wanted.port, app, threaded=True)
        base = f"http://{wanted.host}:{server.port}/sandbox/lifecheck/v2"
        print(f"LIFECHECK_INIT_URL={base}/init")
        print(f"LIFECHECK_RESULT_URL={base}/result")
        print(f"LIFECHECK_H5_URL={base}/check/index")
        print("LIFECHECK_AUTH=none", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("Stopped.")


if __name__ == "__main__":
    main()
