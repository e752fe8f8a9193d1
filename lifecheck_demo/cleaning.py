"""Takes away what is past its time, in every worker, even if nobody calls."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

# So often, in seconds: nothing outlasts its time by more.
EVERY = 5.0


class Cleaning:
    """Calls *sweeps* again and again, from when a worker says that it has begun.

    A process that was ended leaves things behind, and so does a quiet day. It may not
    begin before the workers are forked: threads do not come along.
    """

    def __init__(self, *sweeps: Callable[[], object], every: float = EVERY) -> None:
        self._sweeps = sweeps
        self._every = every
        self._is_failing = False

    def begin(self) -> threading.Thread:
        """Clean now, and from now on; whatever fails is tried again the next time."""
        thread = threading.Thread(target=self._go_on, name="cleaning", daemon=True)
        thread.start()
        return thread

    def _go_on(self) -> None:
        pause = threading.Event()
        while True:
            self.once()
            pause.wait(self._every)

    def once(self) -> None:
        """Every sweep once; what fails is told in the log the first time."""
        failed = False
        for sweep in self._sweeps:
            try:
                sweep()
            except Exception as error:  # nobody else would go on
                failed = True
                if not self._is_failing:
                    log.warning("not cleaned", extra={"failure": repr(error)})
        self._is_failing = failed
