"""How many calls to the vendor may be under way at once, and who may wait for a place."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from .errors import Crowded

# Of the 256 threads that `gunicorn.conf.py` gives a worker; the 24 that are left answer
# everybody who wants nothing of the vendor.
MOST_AT_ONCE: Final = 208
MOST_WAITING: Final = 24
# How long somebody waits for a place, in seconds.
PATIENCE: Final = 1.0
# When all places are taken: longer than most calls last, in seconds.
COME_BACK: Final = 5


class Places:
    """The places of one process, shared by its threads; handed on in order of arrival.

    While calls are ending, a place is soon free: up to *waiting* callers may then wait
    *patience* seconds for one. When none has ended for so long, the vendor hangs: a
    thread that waited for it would be lost to the other pages, so nobody waits.
    *clock* measures.
    """

    def __init__(
        self,
        most: int = MOST_AT_ONCE,
        *,
        waiting: int = MOST_WAITING,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free = most
        self._most_waiting = waiting
        self._patience = patience
        self._clock = clock
        self._waiting: deque[threading.Event] = deque()
        self._last_end = float("-inf")
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait for a place just now."""
        return len(self._waiting)

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place for as long as the block lasts; raises `Crowded`."""
        self._take()
        try:
            yield
        finally:
            self._hand_on()

    def _take(self) -> None:
        with self._lock:
            # A place that is free has nobody waiting for it.
            if self._free:
                self._free -= 1
                return
            hangs = self._clock() - self._last_end >= self._patience
            if hangs or len(self._waiting) >= self._most_waiting:
                raise Crowded(COME_BACK)
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(self._patience):
            return
        with self._lock:
            # It may have been handed on since the wait was over.
            if turn.is_set():
                return
            self._waiting.remove(turn)
        raise Crowded(COME_BACK)

    def _hand_on(self) -> None:
        with self._lock:
            self._last_end = self._clock()
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
