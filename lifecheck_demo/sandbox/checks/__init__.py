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


def open_book(data: Path, state_url: str = "", *, clock: Callable[[], float]) -> CheckBook:
    """The book at *state_url*, the address of a Redis; else in the folder *data*."""
    if state_url:
        from .shared import SharedBook

        return SharedBook(state_url, clock=clock)
    return SqliteBook(data, clock=clock)
