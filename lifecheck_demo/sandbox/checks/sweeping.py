"""Sees to it that pictures go when their time is over, even if nobody calls."""

import threading
from collections.abc import Callable


class Sweeping:
    """Calls *sweep* every so many *seconds*, while it says that something is left.

    One timer a process is enough.
    """

    def __init__(self, sweep: Callable[[], bool], seconds: float) -> None:
        self._sweep = sweep
        self._seconds = seconds
        self._waiting = threading.Lock()

    def later(self) -> None:
        """Begin, where it has not begun."""
        if not self._waiting.acquire(blocking=False):
            return

        def sweep() -> None:
            left = self._sweep()
            self._waiting.release()
            if left:
                self.later()

        timer = threading.Timer(self._seconds, sweep)
        timer.daemon = True
        timer.start()
