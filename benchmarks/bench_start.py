"""From the command to the first page: the demo beside the bare yardstick, both warm."""

import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.contenders import YARDSTICK_OPTIONS, row
from tools.serving import ROOT, environment_for

PART = "start"
ROUNDS = 5
PATIENCE_SECONDS = 30


def rows() -> list[dict[str, Any]]:
    """The command of `make run`, without make's own few milliseconds."""
    with TemporaryDirectory() as folder:
        spent = [(ours(Path(folder)), theirs(Path(folder))) for _ in range(ROUNDS + 1)][1:]
    share = median(our / (1.5 * their + 0.5) for our, their in spent)
    return [
        row(PART, "to the first page / (1.5 x yardstick's + 0.5 s)", share, at_most=1.0),
        row(PART, "to the first page, s", median(our for our, _ in spent)),
    ]


def ours(folder: Path) -> float:
    """The demo on its sandbox."""
    return seconds_to_first_page(folder, "wsgi:app")


def theirs(folder: Path) -> float:
    """One worker of 64 threads."""
    options = (*YARDSTICK_OPTIONS, "--worker-class", "gthread", "--threads", "64")
    return seconds_to_first_page(folder, *options, "benchmarks.yardstick:app")


def seconds_to_first_page(folder: Path, *command: str) -> float:
    """Until the whole of GET / is there; the server is stopped then."""
    port = free_port()
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", *command],
        cwd=ROOT,
        env=environment_for({"YARDSTICK_VENDOR": "http://127.0.0.1:9"}, folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            while True:
                try:
                    urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE_SECONDS).read()
                    return time.perf_counter() - began
                except URLError:
                    if time.perf_counter() - began > PATIENCE_SECONDS:
                        raise
                    time.sleep(0.005)
        finally:
            process.terminate()


def free_port() -> int:
    """One that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
