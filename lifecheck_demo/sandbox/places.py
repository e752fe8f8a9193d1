"""Places before the camera: who may run now, over all workers and machines of one state."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from . import line
from .checks import Check, CheckBook
from .line import Place
from .plan import expected_seconds

# How often, at the most, it is written down that a run goes on, in seconds.
SIGN_SECONDS: Final = 3.0
# Runs of which this process remembers when it last did.
REMEMBERED: Final = 200


class NoPlace(RuntimeError):
    """Others are before the camera; `place` says where the check stands in the line."""

    def __init__(self, place: Place) -> None:
        super().__init__(f"{place.ahead} ahead")
        self.place = place


class Places:
    """At most so many runs at once, *places*; whoever comes later waits in order."""

    def __init__(self, book: CheckBook, *, clock: Callable[[], float], places: int) -> None:
        self._book = book
        self._clock = clock
        self._places = places
        self._signs: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, check: Check) -> Place:
        """Where a check stands; one that is not in the line comes to its end."""
        return self._asked(check, line.ask)

    def begin(self, check: Check) -> None:
        """Take the place for a run that begins now; raises `NoPlace`."""
        place = self._asked(check, line.begin)
        if not place.yours:
            raise NoPlace(place)

    def stay(self, token: str) -> None:
        """A sign that its run goes on."""
        now = self._clock()
        with self._lock:
            if 0 <= now - self._signs.get(token, -SIGN_SECONDS) < SIGN_SECONDS:
                return
            self._signs[token] = now
            self._signs.move_to_end(token)
            while len(self._signs) > REMEMBERED:
                self._signs.popitem(last=False)
        who = line.name_of(token)
        self._book.change_line(lambda kept: line.stay(kept, who, now))

    def leave(self, token: str) -> None:
        """Its run is over, or its visitor has gone: the next one may come."""
        now, who = self._clock(), line.name_of(token)
        with self._lock:
            self._signs.pop(token, None)
        self._book.change_line(lambda kept: line.leave(kept, who, now))

    def _asked(self, check: Check, step: Callable[..., line.Line]) -> Place:
        now, who = self._clock(), line.name_of(check.token)
        needs = float(expected_seconds(check.colours, check.actions))
        kept = self._book.change_line(
            lambda kept: step(kept, who, needs, now, self._places)
        )
        return line.place_in(kept, who, now, self._places)
