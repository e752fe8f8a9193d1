"""The short-lived store: what several workers may do to it at once."""

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from lifecheck_demo.store import SqliteStore
from lifecheck_demo.store.pool import MOST
from tests.conftest import Clock


def test_many_workers_may_open_a_new_store_at_the_same_moment(tmp_path: Path) -> None:
    """Each start of a server on a fresh folder is such a moment."""
    workers, rounds = 8, 60
    with ThreadPoolExecutor(workers) as pool:
        for number in range(rounds):
            path, together = tmp_path / f"{number}.sqlite", Barrier(workers)

            def open_it(
                worker: int, path: Path = path, together: Barrier = together
            ) -> None:
                store = SqliteStore(path)
                together.wait()
                store.put(str(worker), {"worker": worker}, 60)

            list(pool.map(open_it, range(workers)))
            assert SqliteStore(path).get("7") == {"worker": 7}


def test_a_record_ends_with_its_time_and_a_lease_is_for_one(
    tmp_path: Path, clock: Clock
) -> None:
    """Until then it is shared by everybody who opens the file."""
    one, two = (SqliteStore(tmp_path / "state.sqlite", clock=clock) for _ in range(2))
    one.put("check", {"asked": 1}, 60)

    assert two.get("check") == {"asked": 1}
    assert [one.lease("asking", 5), two.lease("asking", 5)] == [True, False]
    clock.move(60)
    assert two.get("check") is None
    assert two.lease("asking", 5)


def test_what_is_wiped_is_in_no_file_any_more(tmp_path: Path, clock: Clock) -> None:
    """Neither in the table nor in the log beside it."""
    store = SqliteStore(tmp_path / "state.sqlite", clock=clock)
    store.put("phone:a", {"token": "T-0123456789-secret"}, 60)
    store.put("phone:b", {"token": "another"}, 60)

    def holds(text: bytes) -> bool:
        return any(text in path.read_bytes() for path in tmp_path.iterdir())

    assert holds(b"T-0123456789-secret")

    store.wipe("phone:a")

    assert not holds(b"T-0123456789-secret")
    assert store.get("phone:b") == {"token": "another"}


def test_a_counter_loses_no_addition_and_begins_again_when_its_time_is_over(
    tmp_path: Path, clock: Clock
) -> None:
    """It lives from its first addition on: later ones do not make it live longer."""
    store = SqliteStore(tmp_path / "state.sqlite", clock=clock)
    callers, times = 16, 25
    together = Barrier(callers)

    def add(_caller: int) -> list[int]:
        together.wait()
        return [store.count("calls", 2, 60) for _ in range(times)]

    with ThreadPoolExecutor(callers) as pool:
        totals = [total for answers in pool.map(add, range(callers)) for total in answers]

    assert sorted(totals) == list(range(2, 2 * callers * times + 1, 2))
    clock.move(59)
    assert store.count("calls", 1, 60) == 2 * callers * times + 1
    clock.move(1)
    assert store.count("calls", 1, 60) == 1


def test_many_threads_share_a_few_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server has more threads than it may open three files for each of them."""
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def counted(path: Path, **how: Any) -> sqlite3.Connection:
        opened.append(connect(path, **how))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", counted)
    store = SqliteStore(tmp_path / "state.sqlite")
    threads = 64
    together = Barrier(threads)

    def use(thread: int) -> None:
        together.wait()
        for _ in range(5):
            store.put(str(thread), {"thread": thread}, 60)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(use, range(threads)))

    assert 0 < len(opened) <= MOST
    assert store.get("63") == {"thread": 63}


def test_a_file_that_was_taken_away_is_made_anew(tmp_path: Path) -> None:
    """What was in it is gone; nobody goes on writing where nobody reads."""
    path = tmp_path / "instance" / "state.sqlite"
    store = SqliteStore(path)
    store.put("check", {"asked": 1}, 60)

    shutil.rmtree(path.parent)

    assert store.get("check") is None
    store.put("check", {"asked": 2}, 60)
    assert SqliteStore(path).get("check") == {"asked": 2}
