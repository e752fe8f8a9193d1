"""From `make run` to the first page: the demo beside the bare yardstick, both warm."""

import os
import signal
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
SET_UP = ".venv/run"
ROUNDS = 5
PATIENCE_SECONDS = 30


def rows() -> list[dict[str, Any]]:
    """Of all rounds but the first, in which files are read for the first time.

    Raises RuntimeError where `make run` would have to install something first.
    """
    is_ready = subprocess.run(["make", "--question", SET_UP], cwd=ROOT, check=False)
    if is_ready.returncode:
        raise RuntimeError(f"{SET_UP} is out of date: `make run` installs what it needs")
    with TemporaryDirectory() as folder:
        spent = [(ours(Path(folder)), theirs(Path(folder))) for _ in range(ROUNDS + 1)][1:]
    share = median(our / (1.5 * their + 0.5) for our, their in spent)
    return [
        row(PART, "make run to page / (1.5 x yardstick's + 0.5 s)", share, at_most=1.0),
        row(PART, "make run to page, s", median(our for our, _ in spent)),
    ]


def ours(folder: Path) -> float:
    """The demo on its sandbox."""
    port = free_port()
    return seconds_to_first_page(folder, port, "make", "run", f"PORT={port}")


def theirs(folder: Path) -> float:
    """One worker of 64 threads."""
    port = free_port()
    gunicorn = (sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}")
    options = (*YARDSTICK_OPTIONS, "--worker-class", "gthread", "--threads", "64")
    app = "benchmarks.yardstick:app"
    return seconds_to_first_page(folder, port, *gunicorn, *options, app)


def seconds_to_first_page(folder: Path, port: int, *command: str) -> float:
    """Until the whole of GET / is there; the server is stopped then."""
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment_for({"YARDSTICK_VENDOR": "http://127.0.0.1:9"}, folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
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
            os.killpg(process.pid, signal.SIGTERM)


def free_port() -> int:
    """One that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
