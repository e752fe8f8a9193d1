"""Remembers that the state does not answer, so that not everybody waits to learn it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .types import StoreBusy, StoreUnavailable

# A failure that took so long is remembered, for a while; in seconds.
SLOW, REMEMBERED = 0.5, 1.0
# Longer than any attempt may take, in seconds.
LONGEST = 6.0


class Trouble:
    """While the state hangs, one caller at a time waits for it; the others are told so.

    Without that a state that hangs would take all threads along, and with them the pages
    that need none of it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._why = ""
        self._until = 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Around each use of the state; raises `StoreUnavailable` at once in trouble."""
        began = time.monotonic()
        if self._why:
            with self._lock:
                if began < self._until:
                    raise StoreUnavailable(self._why)
                self._until = began + LONGEST
        try:
            yield
        except StoreBusy:
            # Nothing hangs: whoever comes next may have a turn.
            self._why = ""
            raise
        except StoreUnavailable as error:
            now = time.monotonic()
            slow = now - began > SLOW
            self._why, self._until = (str(error) if slow else ""), now + REMEMBERED
            raise
        self._why = ""
