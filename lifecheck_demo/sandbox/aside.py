"""Work that must not slow pages: a few threads of low priority, and a bounded queue."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

T = TypeVar("T")

# Steps below the process's own priority. With every core busy with judging, the form's
# 99th percentile was twelve to fifteen times the idle one's with none, eight to thirteen
# times with five, and no more than the idle one's with ten (`benchmarks/README.md`).
NICENESS: Final = 10
# More would wait longer than anybody's guidance may take: a picture costs about 10 ms.
MOST_WAITING: Final = 24
# Less than the page waits for an answer, in seconds.
PATIENCE = 4.0


class Busy(RuntimeError):
    """There is no room in the queue, or the work was not done in time."""


class Aside:
    """Does work beside the threads that answer, at most *threads* pieces at once.

    OpenCV lets go of Python's lock while it works; what remains in Python is of low
    priority too, and short. So nothing that is done here may hold a lock that a page
    waits for, the state's above all. Each thread begins with *prepare*, at full priority;
    what fails there has to fail again in the work.
    """

    def __init__(
        self,
        threads: int,
        *,
        prepare: Callable[[], object] = lambda: None,
        most_waiting: int = MOST_WAITING,
        patience: float | None = None,
    ) -> None:
        self._threads = threads
        self._patience = PATIENCE if patience is None else patience
        self._prepare = prepare
        self._beginning = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._room = threading.BoundedSemaphore(threads * (1 + most_waiting))

    def do(self, work: Callable[[], T]) -> T:
        """The result of *work*; what it raises comes through. Raises `Busy`."""
        if not self._room.acquire(blocking=False):
            raise Busy
        try:
            future = self._begun().submit(work)
        except BaseException:
            self._room.release()
            raise
        future.add_done_callback(lambda _: self._room.release())
        try:
            return future.result(self._patience)
        except TimeoutError:
            if future.cancel() or future.running():
                raise Busy from None
            # Done in that moment, or the work itself ran into a time-out of its own.
            return future.result()

    def wake(self) -> None:
        """Begin a thread now, so that the first piece of work finds it prepared."""
        self._begun().submit(lambda: None)

    def _begun(self) -> ThreadPoolExecutor:
        """The threads, made when they are first needed: workers are forked before that."""
        with self._beginning:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(
                    self._threads, thread_name_prefix="aside", initializer=self._begin
                )
            return self._pool

    def _begin(self) -> None:
        with suppress(Exception):
            self._prepare()
        step_back()


def cores() -> int:
    """How many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def step_back() -> None:
    """Give the calling thread a lower priority, where threads have one of their own."""
    # Elsewhere the number would be a process's, and not this one's.
    if sys.platform == "linux":
        own = threading.get_native_id()
        lower = os.getpriority(os.PRIO_PROCESS, own) + NICENESS
        os.setpriority(os.PRIO_PROCESS, own, min(lower, 19))
