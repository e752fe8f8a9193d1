"""A demo of its own for tools and benchmarks: gunicorn on a free port, gone afterwards."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 20


@contextmanager
def serving(*, workers: int = 1, threads: int = 16, **settings: str) -> Iterator[str]:
    """The demo with fresh state, on its sandbox unless *settings* name a vendor.

    Yields its address once it answers.
    """
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "gunicorn.log"
        environment = {**os.environ, "LIFECHECK_INSTANCE": folder}
        for name in ("PUBLIC_URL", "LIFECHECK_INIT_URL", "LIFECHECK_RESULT_URL"):
            environment.pop(name, None)
        environment |= settings
        command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0"]
        command += ["--workers", str(workers), "--threads", str(threads)]
        command += ["--error-logfile", str(said), "wsgi:app"]
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        ) as server:
            try:
                yield _when_ready(said)
            finally:
                server.terminate()


def _when_ready(said: Path) -> str:
    """The address that gunicorn names, as soon as it answers there."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        lines = said.read_text().splitlines() if said.exists() else []
        named = [
            line.split(": ")[1].split(" ")[0] for line in lines if "Listening at" in line
        ]
        try:
            if named:
                urlopen(f"{named[0]}/healthz").close()
                return named[0]
        except URLError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"gunicorn did not start: {said.read_text()}")
