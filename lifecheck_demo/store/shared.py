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
from .types import Changes, Held, Record, Store, StoreUnavailable

# Other programs may use the same Redis.
PREFIX = "lifecheck:"
# Open at most in a process: one answers within a millisecond.
CONNECTIONS = 16
# How long to wait for one of those, for Redis to be reached, and for its answer, in
# seconds.
WAIT, REACH, ANSWER = 1.0, 1.0, 2.0

# A value is when it ends, by the demo's clock, a space, and the record as JSON.
# The time, how many keys forbid it all, are leases, puts and deletes (the others are
# counters), and for each key that is written what is to stand there and its milliseconds;
# a counter's amount stands before these.
CHANGE = """
local now = tonumber(ARGV[1])
local at, told = 0, 5
local function next_key() at = at + 1; return KEYS[at] end
local function next_told() told = told + 1; return ARGV[told] end
local function set(key)
  local text = next_told()
  redis.call('SET', key, text, 'PX', next_told())
end
local function standing(key)
  local kept = redis.call('GET', key)
  local ends, value = string.match(kept or '0 null', '^(%S+) (%S+)')
  if tonumber(ends) > now then return ends, value end
end

for _ = 1, tonumber(ARGV[2]) do
  if standing(next_key()) then return false end
end
for _ = 1, tonumber(ARGV[3]) do
  local key = next_key()
  if standing(key) then return false end
  set(key)
end
for _ = 1, tonumber(ARGV[4]) do set(next_key()) end
for _ = 1, tonumber(ARGV[5]) do redis.call('DEL', next_key()) end
local totals = {}
while at < #KEYS do
  local key, total = next_key(), tonumber(next_told())
  local ends, so_far = standing(key)
  if ends then
    total = total + tonumber(so_far)
    redis.call('SET', key, ends .. ' ' .. string.format('%d', total), 'KEEPTTL')
    told = told + 2
  else
    set(key)
  end
  totals[#totals + 1] = total
end
return totals
"""


class RedisStore(Store):
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
        self._change = self._redis.register_script(CHANGE)
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

    def change(self, changes: Changes) -> list[int]:
        """Do all of *changes* or nothing of them; the answer is the counters' totals.

        Raises `Held` where their lease is another caller's, or a record forbids them.
        """
        now = self._now()
        keys = [PREFIX + key for key in changes.unless]
        told: list[Any] = []

        def add(key: str, value: str, seconds: float) -> None:
            keys.append(PREFIX + key)
            told.extend((f"{now + seconds} {value}", _milliseconds(seconds)))

        leases = [changes.lease] if changes.lease else []
        for key, seconds in leases:
            add(key, "null", seconds)
        for key, record, seconds in changes.puts:
            add(key, json.dumps(record), seconds)
        keys += [PREFIX + key for key in changes.deletes]
        for key, amount, seconds in changes.counts:
            told.append(amount)
            add(key, str(amount), seconds)
        many = map(len, (changes.unless, leases, changes.puts, changes.deletes))
        with self._asked():
            totals: list[int] | None = self._change(keys=keys, args=[now, *many, *told])
        if totals is None:
            raise Held
        return totals

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

    def _read(self, kept: bytes | None) -> Record | None:
        ends, _space, text = (kept or b"0 null").partition(b" ")
        found: Record | None = json.loads(text) if float(ends) > self._now() else None
        return found

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
