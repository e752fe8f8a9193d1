"""Short-lived state for many machines, in one Redis."""

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from .trouble import Trouble
from .types import Changes, Record, StoreUnavailable

# Other programs may use the same Redis.
PREFIX = "lifecheck:"
# Open at most in a process: one answers within a millisecond.
CONNECTIONS = 16
# How long to wait for one of those, for Redis to be reached, and for its answer, in
# seconds.
WAIT, REACH, ANSWER = 1.0, 1.0, 2.0

# A value is when it ends, by the demo's clock, a space, and the record as JSON.
LEASE = """
local kept = redis.call('GET', KEYS[1])
if kept and tonumber(string.match(kept, '^%S+')) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2] .. ' null', 'PX', ARGV[3])
return 1
"""
COUNT = """
local kept = redis.call('GET', KEYS[1])
if kept then
  local ends, so_far = string.match(kept, '^(%S+) (%S+)')
  if tonumber(ends) > tonumber(ARGV[1]) then
    local total = string.format('%d', tonumber(so_far) + tonumber(ARGV[4]))
    redis.call('SET', KEYS[1], ends .. ' ' .. total, 'KEEPTTL')
    return tonumber(total)
  end
end
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[4], 'PX', ARGV[3])
return tonumber(ARGV[4])
"""


class RedisStore:
    """A `Store` for every machine that is told the same *url*.

    Redis takes records away by its own clock. Another *clock* than this computer's (in
    tests, where it is moved) counts as well; the computers' own need not agree for this.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        pool = redis.BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=WAIT,
            socket_connect_timeout=REACH,
            socket_timeout=ANSWER,
            # What was sent may have been done: a lease asked for twice would be refused.
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        # Its types cannot say which of its answers are awaited.
        self._redis: Any = redis.Redis(connection_pool=pool)
        self._lease = self._redis.register_script(LEASE)
        self._count = self._redis.register_script(COUNT)
        self._trouble = Trouble()
        self._now: Callable[[], float] = _still if clock is time.time else clock

    def get(self, key: str) -> Record | None:
        """The record under *key*, or None when there is none or its time is over."""
        with self._asked():
            kept: Any = self._redis.get(PREFIX + key)
        return self._read(kept)

    def get_all(self, *keys: str) -> list[Record | None]:
        """The records under *keys* in that order, all of one moment."""
        with self._asked():
            kept: Any = self._redis.mget([PREFIX + key for key in keys])
        return [self._read(text) for text in kept]

    def put(self, key: str, value: Record, seconds: float) -> None:
        """Keep *value* under *key* for *seconds*, in place of what was there."""
        text = f"{self._ends(seconds)} {json.dumps(value)}"
        with self._asked():
            self._redis.set(PREFIX + key, text, px=_milliseconds(seconds))

    def change(self, changes: Changes) -> list[int]:
        """Do all of *changes* or nothing of them; the answer is the counters' totals."""
        with self._asked(), self._redis.pipeline(transaction=True) as together:
            for key, value, seconds in changes.puts:
                text = f"{self._ends(seconds)} {json.dumps(value)}"
                together.set(PREFIX + key, text, px=_milliseconds(seconds))
            for key in changes.deletes:
                together.delete(PREFIX + key)
            for key, amount, seconds in changes.counts:
                told = [self._now(), self._ends(seconds), _milliseconds(seconds), amount]
                self._count(keys=[PREFIX + key], args=told, client=together)
            answers: list[Any] = together.execute()
        return [int(total) for total in answers[len(answers) - len(changes.counts) :]]

    def delete(self, *keys: str) -> None:
        """Take the records under *keys* away."""
        if keys:
            with self._asked():
                self._redis.delete(*(PREFIX + key for key in keys))

    def wipe(self, *keys: str) -> None:
        """The same: Redis keeps nothing of them in its memory."""
        self.delete(*keys)

    def sweep(self) -> None:
        """Nothing: Redis takes away what is past its time."""

    def lease(self, key: str, seconds: float) -> bool:
        """Whether the caller may go ahead: true for one caller until *seconds* pass."""
        told = [self._now(), self._ends(seconds), _milliseconds(seconds)]
        with self._asked():
            return bool(self._lease(keys=[PREFIX + key], args=told))

    def count(self, key: str, amount: int, seconds: float) -> int:
        """Add *amount* to the counter *key*, which ends *seconds* after it began."""
        told = [self._now(), self._ends(seconds), _milliseconds(seconds), amount]
        with self._asked():
            return int(self._count(keys=[PREFIX + key], args=told))

    def _read(self, kept: bytes | None) -> Record | None:
        ends, _space, text = (kept or b"0 null").partition(b" ")
        found: Record | None = json.loads(text) if float(ends) > self._now() else None
        return found

    def _ends(self, seconds: float) -> float:
        return self._now() + seconds

    @contextmanager
    def _asked(self) -> Iterator[None]:
        with self._trouble.watched():
            try:
                yield
            except (redis.RedisError, OSError) as error:
                raise StoreUnavailable(_told(error)) from error


def _still() -> float:
    return 0.0


def _milliseconds(seconds: float) -> int:
    return max(1, math.ceil(seconds * 1000))


def _told(error: Exception) -> str:
    """What is wrong with Redis. Its own words may hold an address, a key or a record."""
    for kind, words in (
        (redis.AuthenticationError, "Redis does not take the password of STATE_URL"),
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
