"""What the demo asks of its store, wherever the state is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]
# What to keep under a key, and for how many seconds.
Put = tuple[str, Record, float]
# What to add to a counter, and the seconds after which it begins again.
Count = tuple[str, int, float]


class StoreUnavailable(RuntimeError):
    """The state cannot be read or written (disk full, locked, read-only, gone)."""


class StoreBusy(StoreUnavailable):
    """The state works, and so many use it that this caller had no turn in time."""


class Held(Exception):
    """Raised in place of changes: their lease is another caller's, or a record stands
    that they were not to be made beside. None was made.
    """


@dataclass(frozen=True)
class Changes:
    """What is done to the state at once; it costs one way there, however much it is.

    `lease` is a key that only one caller gets until its seconds pass: the rest is done
    for that one. With a record under any key of `unless` nothing is done.
    """

    puts: Sequence[Put] = ()
    deletes: Sequence[str] = ()
    counts: Sequence[Count] = ()
    lease: tuple[str, float] | None = None
    unless: Sequence[str] = ()


class Store(ABC):
    """Records under keys, each with a time to live, shared by all workers.

    Every method raises `StoreUnavailable` when the state cannot be reached.
    """

    @abstractmethod
    def get_all(self, *keys: str) -> list[Record | None]:
        """The records under *keys* in that order, all of one moment."""

    @abstractmethod
    def change(self, changes: Changes) -> list[int]:
        """Do all of *changes* or nothing of them; the answer is the counters' totals.

        Raises `Held` where their lease is another caller's, or a record forbids them.
        """

    @abstractmethod
    def delete(self, *keys: str) -> None:
        """Take the records under *keys* away."""

    @abstractmethod
    def wipe(self, *keys: str) -> None:
        """The same, and nothing of them stays readable where the state is kept."""

    @abstractmethod
    def sweep(self) -> None:
        """Wipe what is past its time, where the state does not do so by itself."""

    def get(self, key: str) -> Record | None:
        """The record under *key*, or None when there is none or its time is over."""
        return self.get_all(key)[0]

    def put(self, key: str, value: Record, seconds: float) -> None:
        """Keep *value* under *key* for *seconds*, in place of what was there."""
        self.change(Changes(puts=[(key, value, seconds)]))

    def put_unless(self, keys: Sequence[str], puts: Sequence[Put]) -> None:
        """Keep all of *puts*, or none while there is a record under any of *keys*."""
        with suppress(Held):
            self.change(Changes(puts, unless=keys))

    def lease(self, key: str, seconds: float) -> bool:
        """Whether the caller may go ahead: true for one caller until *seconds* pass."""
        try:
            self.change(Changes(lease=(key, seconds)))
        except Held:
            return False
        return True

    def count(self, key: str, amount: int, seconds: float) -> int:
        """Add *amount* to the counter *key*; the answer is its new total.

        It begins at 0, and again so many *seconds* after it was first added to. No
        addition is lost, however many callers there are.
        """
        return self.change(Changes(counts=[(key, amount, seconds)]))[0]
