"""A demo of its own for tools, tests and benchmarks: gunicorn on a free port."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 20
# What this machine may have set for itself; empty is unset, for `.env` as well.
SETTINGS = (
    "BRAND_ACCENT",
    "BRAND_LOGO",
    "BRAND_NAME",
    "DEMO_ACCESS_CODE",
    "LIFECHECK_APPCODE",
    "LIFECHECK_AUTH",
    "LIFECHECK_H5_HOSTS",
    "LIFECHECK_H5_URL",
    "LIFECHECK_INIT_URL",
    "LIFECHECK_KEY",
    "LIFECHECK_PARAMS",
    "LIFECHECK_RESULT_URL",
    "LIFECHECK_SECRET",
    "LIMIT_PER_ADDRESS",
    "LIMIT_PER_DAY",
    "LIMIT_PER_HOUR",
    "LIMIT_PER_VISITOR",
    "PUBLIC_URL",
    "SANDBOX_CONTROL_KEY",
    "SANDBOX_PLACES",
    "SECRET_KEY",
    "STATE_URL",
    "TRUSTED_PROXIES",
)


@dataclass(frozen=True)
class Server:
    """A gunicorn that answers at *address*; its log is in *said*, its state in *folder*."""

    address: str
    process: "subprocess.Popen[bytes]"
    folder: Path
    said: Path

    @property
    def log(self) -> str:
        """All that it has said so far, its workers included."""
        return self.said.read_text(errors="replace")

    def workers(self) -> list[int]:
        """The process ids of its workers, oldest first."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in listed.read_text().split()]


@contextmanager
def a_server(
    environment: Mapping[str, str] | None = None,
    *,
    workers: int | None = None,
    threads: int | None = None,
    folder: Path | None = None,
    bind: str = "127.0.0.1:0",
    options: Sequence[str] = (),
    app: str = "wsgi:app",
    ready_at: str = "/healthz",
) -> Iterator[Server]:
    """A gunicorn as deployed, ready to answer at *ready_at*; stopped when the block ends.

    *environment* holds settings; every other setting is unset, so it runs on its sandbox
    unless a vendor is named. *folder* keeps its state and outlives it, else a fresh one
    is used. *workers*, *threads* and *options* overrule what its configuration says. A
    *bind* of port 0 takes a free one. Raises RuntimeError with its log if it ends or does
    not answer.
    """
    with tempfile.TemporaryDirectory() as own:
        kept, said = folder or Path(own), Path(own) / "gunicorn.log"
        environ = environment_for(environment or {}, kept)
        command = [sys.executable, "-m", "gunicorn", "--bind", bind]
        for option, number in (("--workers", workers), ("--threads", threads)):
            command += [option, str(number)] if number else []
        command += ["--log-level", "info", *options, app]
        with (
            said.open("wb") as log,
            subprocess.Popen(
                command, cwd=ROOT, env=environ, stdout=log, stderr=log
            ) as process,
        ):
            try:
                address = _when_ready(process, said, ready_at)
                yield Server(address, process, kept, said)
            finally:
                process.terminate()


def environment_for(settings: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment of a demo with *settings* alone, whose state is in *folder*."""
    environ = {**os.environ, **dict.fromkeys(SETTINGS, "")}
    environ.pop("WEB_CONCURRENCY", None)
    return {**environ, "LIFECHECK_INSTANCE": str(folder), **settings}


@contextmanager
def serving(*, workers: int = 1, threads: int = 16, **settings: str) -> Iterator[str]:
    """The address of such a server with fresh state, few threads and *settings*."""
    with a_server(settings, workers=workers, threads=threads) as server:
        yield server.address


def _when_ready(process: "subprocess.Popen[bytes]", said: Path, path: str) -> str:
    """The address that gunicorn names, as soon as it answers there."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        lines = said.read_text(errors="replace").splitlines()
        named = [
            line.split(": ")[1].split(" ")[0] for line in lines if "Listening at" in line
        ]
        try:
            if named:
                urlopen(named[0] + path, timeout=PATIENCE_SECONDS).close()
                return named[0]
        except (URLError, OSError):
            pass
        time.sleep(0.02)
    raise RuntimeError(f"gunicorn did not start: {said.read_text(errors='replace')}")
