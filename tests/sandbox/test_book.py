"""The sandbox's state by itself: what many callers may do to it at once."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from lifecheck_demo.sandbox.checks import CheckBook, Line, SqliteBook
from lifecheck_demo.sandbox.rules import Wish
from tests.conftest import Clock

WISH = Wish("https://a.example/")


@pytest.fixture(name="books")
def _books(tmp_path: Path, clock: Clock) -> tuple[CheckBook, CheckBook]:
    """Two workers on the same state."""
    return SqliteBook(tmp_path, clock=clock), SqliteBook(tmp_path, clock=clock)


def test_the_line_is_kept_and_begins_empty(books: tuple[CheckBook, CheckBook]) -> None:
    """What one worker makes of it, the other finds."""
    one, other = books

    assert one.change_line(lambda line: line) == {}
    assert one.change_line(lambda line: {**line, "waiting": ["a"]}) == {"waiting": ["a"]}
    assert other.change_line(lambda line: line) == {"waiting": ["a"]}


def test_no_change_of_the_line_is_lost(books: tuple[CheckBook, CheckBook]) -> None:
    """Of many callers at once in two workers each sees what all before it have done."""
    callers, times = 12, 15
    together = Barrier(callers)

    def stand(caller: int) -> list[int]:
        together.wait()
        seen = []
        for number in range(times):

            def join(line: Line, number: int = number) -> Line:
                return {"waiting": [*line.get("waiting", []), [caller, number]]}

            seen.append(len(books[caller % 2].change_line(join)["waiting"]))
        return seen

    with ThreadPoolExecutor(callers) as pool:
        seen = [length for lengths in pool.map(stand, range(callers)) for length in lengths]

    waiting = books[0].change_line(lambda line: line)["waiting"]
    assert sorted(seen) == list(range(1, callers * times + 1))
    assert sorted(waiting) == [[c, n] for c in range(callers) for n in range(times)]


def test_a_change_that_fails_leaves_the_line_as_it_was(
    books: tuple[CheckBook, CheckBook],
) -> None:
    """And stops nobody else."""
    one, other = books
    one.change_line(lambda _line: {"waiting": ["a"]})

    def fail(line: Line) -> Line:
        line["waiting"].append("b")
        raise KeyError("nobody")

    with pytest.raises(KeyError):
        one.change_line(fail)

    assert other.change_line(lambda line: line) == {"waiting": ["a"]}


def test_the_line_goes_with_a_reset(books: tuple[CheckBook, CheckBook]) -> None:
    """A test suite begins afresh."""
    one, other = books
    one.change_line(lambda _line: {"waiting": ["a"]})

    other.reset()

    assert one.change_line(lambda line: line) == {}


def test_one_connection_serves_all_threads_of_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three open files for each of two hundred threads would be too many."""
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def counted(path: Path, **how: Any) -> sqlite3.Connection:
        opened.append(connect(path, **how))
        return opened[-1]

    book = SqliteBook(tmp_path, clock=Clock())
    monkeypatch.setattr(sqlite3, "connect", counted)
    threads = 48
    together = Barrier(threads)

    def use(_thread: int) -> str:
        together.wait()
        return book.start(WISH)

    with ThreadPoolExecutor(threads) as pool:
        tokens = list(pool.map(use, range(threads)))

    assert len(opened) == 1
    assert {check.token for check in book.newest(100)} == set(tokens)


def test_a_file_that_was_taken_away_is_made_anew(tmp_path: Path) -> None:
    """Nobody goes on writing where nobody reads."""
    one, other = (SqliteBook(tmp_path, clock=Clock()) for _ in range(2))
    lost = one.start(WISH)

    for file in tmp_path.iterdir():
        file.unlink()

    assert one.find(lost) is None
    kept = one.start(WISH)
    found = other.find(kept)
    assert found is not None
    assert found.token == kept
