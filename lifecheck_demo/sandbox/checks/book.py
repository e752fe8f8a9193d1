"""What the sandbox asks of its state, wherever that is, and what follows from the time."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from ..rules import Wish
from .records import LIFETIME, Check, Ending, Run

# A small JSON object, and what makes another one of it.
Line = dict[str, Any]
Change = Callable[[Line], Line]


class CheckBook(Protocol):
    """Checks, runs and photos, shared by all workers; each method is one step of its own.

    Every method that touches the state raises `StateUnavailable`.
    """

    # What else goes with time, in this process.
    on_sweep: Callable[[], None]

    # What the API needs

    def start(self, wish: Wish, fault: str = "", version: str = "2") -> str:
        """Begin a check; the answer is its token. *fault* goes wrong with it."""

    def count_query(self, token: str) -> Check | None:
        """The check of *token*, its result asked for once more."""

    def is_first(self, nonce: str, seconds: float) -> bool:
        """Whether *nonce* was not seen in the last *seconds*; it is kept as long."""

    def find(self, token: str) -> Check | None:
        """The check of *token*, ended and expired ones included."""

    def code_of(self, check: Check) -> int:
        """What a result query is answered with at this moment."""

    def is_over(self, check: Check) -> bool:
        """Whether the ten minutes are over, or were declared so."""

    def problem_with(self, check: Check | None) -> str:
        """Why a check cannot go on: `unknown`, `finished`, `expired`; empty when it can."""

    def seconds_left(self, check: Check) -> int:
        """Until the result query is too late."""

    # What the camera page needs

    def note_origin(self, token: str, origin: str) -> None:
        """Keep where the camera page was opened: the photo is served from there."""

    def note_consent(self, token: str, text: str) -> None:
        """Keep that the visitor agreed to *text* (its version), and when; not who it was.

        A later agreement takes the place of an earlier one.
        """

    def consent(self, token: str) -> tuple[float, str] | None:
        """When the visitor agreed, and to which text; None if nobody has."""

    def expire(self, token: str) -> None:
        """Let the ten minutes be over now."""

    def finish(self, token: str, outcome: str) -> bool:
        """End a check, once, without a camera: false when it had ended already."""

    def finish_run(self, token: str, run: str, ending: Ending) -> bool:
        """End a check with a run of it; false when it had ended, or the run is gone.

        Of a run that passed, the best portrait becomes the photo.
        """

    def begin_run(self, token: str, state: dict[str, Any]) -> str:
        """Begin an attempt in place of an earlier one; raises `TooManyRuns`."""

    def drop_run(self, token: str, run: str) -> None:
        """Take an attempt away, pictures and numbers."""

    def peek(self, token: str, run: str) -> dict[str, Any] | None:
        """The state of an attempt, to be read only; None if it is gone."""

    def run(self, token: str, run: str) -> AbstractContextManager[Run | None]:
        """An attempt to be changed in place, by one request at a time; None if gone."""

    def change_line(self, change: Change) -> Line:
        """What *change* makes of the line, kept in its place; an empty one is `{}`.

        Nobody changes it in between: for that *change* may be called more than once. It
        has to be quick, and may not use this book. What it raises leaves the line as it
        was.
        """

    # What whoever tests with it may turn and read

    def age(self, token: str, seconds: float) -> None:
        """Make one check older by so much, and whatever was kept of it."""

    def move_clock(self, seconds: float) -> None:
        """Move the whole sandbox forward, for every worker on this state."""

    def clock_moved(self) -> float:
        """How far it was moved since the last reset, in seconds."""

    def time(self) -> float:
        """What the sandbox takes the time to be, in seconds since the epoch."""

    def age_of(self, check: Check) -> float:
        """How long ago it began, in seconds."""

    def newest(self, most: int) -> list[Check]:
        """The checks that began last, newest first."""

    def count_call(self, call: str, status: int, code: str) -> None:
        """Count an answer to init or result: its HTTP status, the vendor's code in it."""

    def calls(self) -> list[tuple[str, int, str, int]]:
        """What was counted since the last reset: call, status, code, how often."""

    def reset(self) -> None:
        """Take everything away: checks, photos, reports, counts, and put the clock back."""

    # What is left of a check that has ended: under names that nobody can guess

    def photo_name(self, token: str) -> str:
        """The photo's name in its address; empty when there is no photo."""

    def report_name(self, token: str) -> str:
        """The report's name in its address; empty when no run was judged."""

    def photo(self, name: str) -> bytes | None:
        """The photo of that name: None when unknown, too old or forgotten.

        Empty bytes stand for a pass without a camera, which has no photo of its own.
        """

    def report(self, name: str) -> tuple[Check, dict[str, Any]] | None:
        """How a run of that check was judged: None when unknown, too old or forgotten."""

    def forget(self, token: str) -> None:
        """Take away all that is kept of a check, its photo first of all."""

    def sweep(self) -> bool:
        """Take away what is past its time; whether pictures are left for later."""


class Hours(ABC):
    """What follows from a check and the time alone; half of every `CheckBook`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    @abstractmethod
    def find(self, token: str) -> Check | None:
        """The check of *token*, ended and expired ones included."""

    def consent(self, token: str) -> tuple[float, str] | None:
        """When the visitor agreed, and to which text; None if nobody has."""
        check = self.find(token)
        return (check.consented_at, check.consent) if check and check.consent else None

    def code_of(self, check: Check) -> int:
        """What a result query is answered with at this moment."""
        return 301 if self.is_over(check) else check.code

    def is_over(self, check: Check) -> bool:
        """Whether the ten minutes are over, or were declared so.

        Where the clock was set back by more than ten, nobody knows: it is over as well.
        """
        return check.expired or not -LIFETIME <= self.age_of(check) < LIFETIME

    def problem_with(self, check: Check | None) -> str:
        """Why a check cannot go on: `unknown`, `finished`, `expired`; empty when it can."""
        if check is None:
            return "unknown"
        if check.outcome:
            return "finished"
        return "expired" if self.is_over(check) else ""

    def seconds_left(self, check: Check) -> int:
        """Until the result query is too late."""
        return max(0, min(LIFETIME, int(LIFETIME - self.age_of(check))))

    def age_of(self, check: Check) -> float:
        """How long ago it began, in seconds."""
        return self._clock() - check.began_at
