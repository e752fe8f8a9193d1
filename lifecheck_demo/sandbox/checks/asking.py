"""Asks a Redis: scripts and commands in, answers out, no failure but one."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from .records import StateUnavailable
from .scripts import COMMON, PREFIX

# Open at most in a process.
CONNECTIONS: Final = 16
# How long to wait for one of those, for Redis to be reached, and for its answer, in
# seconds.
WAIT: Final = 1.0
REACH: Final = 1.0
ANSWER: Final = 2.0
# Longer than all of that, and how long silence is remembered; in seconds.
LONGEST: Final = 6.0
SILENT: Final = 1.0


class Asking:
    """Every call raises `StateUnavailable`, whose words hold no address and no data.

    While Redis is silent, one caller at a time waits for it and the others are told so:
    all threads would wait, and with them pages that need none of it.
    """

    def __init__(self, url: str) -> None:
        pool = redis.BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=WAIT,
            socket_connect_timeout=REACH,
            socket_timeout=ANSWER,
            # What was sent may have been done already.
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        # Its types cannot say which of its answers are awaited.
        self._redis: Any = redis.Redis(connection_pool=pool)
        self._scripts: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._silent = False
        self._until = 0.0

    def __call__(self, script: str, *said: object) -> Any:
        """What the *script* answers; it finds *said* in ARGV."""
        known = self._scripts.get(script)
        if known is None:
            known = self._scripts[script] = self._redis.register_script(COMMON + script)
        with self._asked():
            return known(args=said)

    def for_(self, command: str, *said: object) -> Any:
        """What a single command answers; its key comes first, without our prefix."""
        name = [f"{PREFIX}{said[0]}"] if said else []
        with self._asked():
            return self._redis.execute_command(command, *name, *said[1:])

    def for_all(self, command: str, kind: str, names: Iterable[str]) -> list[Any]:
        """What it answers for each of these, all in one go."""
        together = self._redis.pipeline(transaction=False)
        for name in names:
            together.execute_command(command, f"{PREFIX}{kind}:{name}")
        with self._asked():
            return list(together.execute())

    @contextmanager
    def _asked(self) -> Iterator[None]:
        if self._silent:
            with self._lock:
                now = time.monotonic()
                if now < self._until:
                    raise StateUnavailable("Redis does not answer")
                self._until = now + LONGEST
        try:
            yield
        except (redis.RedisError, OSError) as error:
            self._until = time.monotonic() + SILENT
            self._silent = isinstance(error, redis.TimeoutError)
            raise StateUnavailable(_told(error)) from error
        self._silent = False


def _told(error: Exception) -> str:
    """What is wrong with Redis. Its own words may hold an address, a key or a record."""
    for kind, words in (
        (redis.AuthenticationError, "Redis does not take the password"),
        (exceptions.NoPermissionError, "Redis does not let this user do that"),
        (redis.BusyLoadingError, "Redis is still starting"),
        (redis.ReadOnlyError, "Redis is read-only"),
        (exceptions.OutOfMemoryError, "Redis is full"),
        (redis.TimeoutError, "Redis does not answer"),
        (redis.ConnectionError, "Redis cannot be reached"),
    ):
        if isinstance(error, kind):
            return words
    return f"Redis refuses ({type(error).__name__})"
