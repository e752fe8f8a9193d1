"""A real Redis on a free port, for one test or for many; it keeps nothing on disk."""

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import redis

from tools.find_redis import installed

PATIENCE_SECONDS = 20


@dataclass
class RedisServer:
    """One that was started by the tests, and whatever they want to happen to it."""

    program: str
    port: int
    password: str = ""
    options: Sequence[str] = ()
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """What STATE_URL is set to."""
        user = f":{self.password}@" if self.password else ""
        return f"redis://{user}127.0.0.1:{self.port}/0"

    def talk(self) -> "redis.Redis":
        """To look into it, and to turn what can be turned."""
        return redis.Redis(port=self.port, password=self.password or None, protocol=2)

    def start(self) -> None:
        """Start it, with nothing in it."""
        command = [self.program, "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--loglevel", "warning"]
        command += ["--requirepass", self.password] if self.password else []
        command += self.options
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"
        )
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with self.talk() as talk:
                    talk.ping()
                return
            except redis.ConnectionError:
                time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"{self.program} did not start on port {self.port}")

    def stop(self) -> None:
        """End it at once; what was in it is gone."""
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None


@contextmanager
def a_redis(password: str = "", options: Sequence[str] = ()) -> Iterator[RedisServer]:
    """A Redis that answers; it is ended with the block. Skips where there is none."""
    program = installed()
    if not program:
        pytest.skip("no redis-server here: tools/find_redis.py installs one")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = RedisServer(program, port, password, options)
    server.start()
    try:
        yield server
    finally:
        server.stop()
