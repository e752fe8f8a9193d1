"""How the demo is served: `gunicorn.conf.py`, held against what relies on it."""

import os
import runpy
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from lifecheck_demo.client import MOST_AT_ONCE
from lifecheck_demo.client.places import MOST_WAITING, PATIENCE
from tools.serving import PATIENCE_SECONDS, ROOT, Server, a_server

# What a call to the vendor may take; the client's own default.
TOTAL_SECONDS = 8


@pytest.fixture(name="configured")
def _configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What gunicorn reads."""
    monkeypatch.setenv("LIFECHECK_INSTANCE", str(tmp_path))
    return runpy.run_path(str(ROOT / "gunicorn.conf.py"))


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[Server]:
    """One as deployed."""
    with a_server(workers=2) as server:
        yield server


def open_files(pid: int) -> list[str]:
    """What a process holds open."""
    names = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            names.append(str(descriptor.readlink()))
        except FileNotFoundError:
            continue
    return names


def test_threads_are_left_for_those_who_want_nothing_of_the_vendor(
    configured: dict[str, Any],
) -> None:
    """However many are with the vendor or wait for that."""
    threads = configured["threads"]

    assert threads - MOST_AT_ONCE - MOST_WAITING == 24
    assert configured["worker_connections"] > 2 * threads


def test_a_worker_that_stops_lets_a_call_end(configured: dict[str, Any]) -> None:
    """Whoever has begun a check is not cut off by a new version."""
    assert configured["graceful_timeout"] > TOTAL_SECONDS + PATIENCE


def test_one_file_says_how_it_is_served() -> None:
    """Neither command has numbers of its own."""
    starts = [
        line
        for name in ("Makefile", "Procfile")
        for line in (ROOT / name).read_text().splitlines()
        if "gunicorn " in line and not line.startswith("#")
    ]

    assert len(starts) == 2
    for line in starts:
        options = {word for word in line.split() if word.startswith("--")}
        assert options == {"--bind"}, line


def test_nothing_is_open_before_the_workers_are_forked(server: Server) -> None:
    """A connection that two processes share is broken in both."""
    end = time.monotonic() + PATIENCE_SECONDS
    while server.log.count("Booting worker") < 2 and time.monotonic() < end:
        time.sleep(0.01)
    for _ in range(4):
        assert requests.get(f"{server.address}/healthz", timeout=PATIENCE_SECONDS).ok
    kinds = [name.partition(":")[0] for name in open_files(server.process.pid)]
    served = [open_files(pid) for pid in server.workers()]

    # The one that it listens on.
    assert kinds.count("socket") == 1
    assert not [n for n in open_files(server.process.pid) if "sqlite" in n]
    assert len(served) == 2
    assert any("state.sqlite" in name for names in served for name in names)
    assert len(list(Path(f"/proc/{server.process.pid}/task").iterdir())) == 1


def test_it_says_where_it_is_once_it_is_there(server: Server) -> None:
    """And says it once, however many workers there are."""
    assert server.log.count(f"LifeCheck Demo: {server.address}  (on the built-in") == 1
    assert "control socket" not in server.log.lower()


def test_a_wrong_setting_is_one_line(tmp_path: Path) -> None:
    """What to type, without a traceback."""
    environ = {
        **os.environ,
        "LIFECHECK_INSTANCE": str(tmp_path),
        "LIFECHECK_AUTH": "tencent!",
    }
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "wsgi:app"]
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("The demo cannot start. LIFECHECK_AUTH=tencent! is unknown: ")
