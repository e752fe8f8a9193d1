"""The checks that the sandbox has begun: its state, shared by all workers."""

from collections.abc import Callable
from pathlib import Path

from .book import CheckBook, Line
from .records import (
    KEPT,
    LIFETIME,
    MOST_RUNS,
    Check,
    Ending,
    Run,
    StateUnavailable,
    TooManyRuns,
)
from .sqlite import SqliteBook

__all__ = [
    "KEPT",
    "LIFETIME",
    "MOST_RUNS",
    "Check",
    "CheckBook",
    "Ending",
    "Line",
    "Run",
    "SqliteBook",
    "StateUnavailable",
    "TooManyRuns",
    "open_book",
]


def open_book(data: Path, *, clock: Callable[[], float]) -> CheckBook:
    """The book in the folder *data*."""
    return SqliteBook(data, clock=clock)
