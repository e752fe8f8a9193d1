"""The short-lived store: what several workers may do to it at once."""

import shutil
import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from lifecheck_demo.settings import Settings
from lifecheck_demo.store import (
    Changes,
    Held,
    SqliteStore,
    Store,
    StoreUnavailable,
    open_store,
    shared,
    trouble,
)
from lifecheck_demo.store import pool as pool_module
from lifecheck_demo.store.shared import RedisStore
from lifecheck_demo.store.sqlite import READERS, SWEEP
from tests.conftest import Clock
from tests.redis_server import RedisServer, a_redis


@pytest.fixture(name="stores")
def _stores(tmp_path: Path, state_url: str, clock: Clock) -> tuple[Store, Store]:
    """The same state, as two workers see it."""
    environ = {"LIFECHECK_INSTANCE": str(tmp_path), "STATE_URL": state_url}
    settings = Settings.from_environment(environ)
    return open_store(settings, clock), open_store(settings, clock)


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


@pytest.mark.everywhere
def test_a_record_ends_with_its_time_and_a_lease_is_for_one(
    stores: tuple[Store, Store], clock: Clock
) -> None:
    """Until then it is shared by everybody."""
    one, two = stores
    one.put("check", {"asked": 1}, 60)

    assert two.get("check") == {"asked": 1}
    assert [one.lease("asking", 5), two.lease("asking", 5)] == [True, False]
    assert one.get("asking") is None
    clock.move(60)
    assert two.get("check") is None
    assert two.lease("asking", 5)


@pytest.mark.everywhere
def test_what_is_taken_away_is_gone_and_nothing_else(stores: tuple[Store, Store]) -> None:
    """A lease that was given back may be taken by another."""
    one, two = stores
    for key in "abc":
        one.put(key, {"key": key}, 60)
    one.lease("asking", 60)

    two.delete("a", "asking", "never-there")
    two.wipe("b")
    two.delete()
    two.wipe()
    two.sweep()

    assert [one.get(key) for key in "abc"] == [None, None, {"key": "c"}]
    assert two.lease("asking", 60)


@pytest.mark.everywhere
def test_of_many_callers_one_gets_the_lease(stores: tuple[Store, Store]) -> None:
    """Whichever worker they ask: behind it something is paid for."""
    callers = 16
    for number in range(10):
        together = Barrier(callers)

        def ask(caller: int, number: int = number, together: Barrier = together) -> bool:
            together.wait()
            return stores[caller % 2].lease(f"asking:{number}", 60)

        with ThreadPoolExecutor(callers) as pool:
            assert sum(pool.map(ask, range(callers))) == 1


def test_who_waited_for_the_file_does_not_get_the_lease_as_well(tmp_path: Path) -> None:
    """It looked at the clock before the one that got it did."""
    path = tmp_path / "state.sqlite"
    one = SqliteStore(path, clock=lambda: 100.1)

    def overtaken() -> float:
        assert one.lease("asking", 60)
        return 100.0

    assert not SqliteStore(path, clock=overtaken).lease("asking", 60)
    set_back = SqliteStore(path, clock=lambda: 10.0)
    assert set_back.lease("asking", 60)


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


@pytest.mark.everywhere
def test_a_counter_loses_no_addition_and_begins_again_when_its_time_is_over(
    stores: tuple[Store, Store], clock: Clock
) -> None:
    """It lives from its first addition on: later ones do not make it live longer."""
    store = stores[0]
    callers, times = 16, 25
    together = Barrier(callers)

    def add(caller: int) -> list[int]:
        together.wait()
        return [stores[caller % 2].count("calls", 2, 60) for _ in range(times)]

    with ThreadPoolExecutor(callers) as pool:
        totals = [total for answers in pool.map(add, range(callers)) for total in answers]

    assert sorted(totals) == list(range(2, 2 * callers * times + 1, 2))
    clock.move(59)
    assert store.count("calls", 1, 60) == 2 * callers * times + 1
    clock.move(1)
    assert store.count("calls", 1, 60) == 1


@pytest.mark.everywhere
def test_a_counter_that_is_over_begins_again_though_nobody_has_cleaned(
    stores: tuple[Store, Store], clock: Clock
) -> None:
    """One write takes a few old rows away, and the counter's is not among them."""
    store = stores[0]
    store.change(Changes(puts=[(str(number), {}, 5) for number in range(2 * SWEEP)]))
    store.count("calls", 2, 60)

    clock.move(60)
    assert store.count("calls", 3, 30) == 3
    clock.move(29)
    assert store.count("calls", 1, 60) == 4
    clock.move(1)
    assert store.count("calls", 1, 60) == 1


def test_no_statement_asks_for_a_newer_sqlite_than_python_may_have() -> None:
    """Python 3.11 uses the system's: RHEL 9 and Debian 11 have 3.34, without RETURNING."""
    package = Path(pool_module.__file__).parent.parent
    texts = {path.name: path.read_text() for path in package.rglob("*.py")}

    assert "ON CONFLICT" in texts["sqlite.py"]
    assert [name for name, text in texts.items() if "RETURNING" in text] == []


@pytest.mark.everywhere
def test_records_are_read_together_each_in_its_place(
    stores: tuple[Store, Store], clock: Clock
) -> None:
    """What is not there, or whose time is over, leaves its place empty."""
    one, two = stores
    one.put("short", {"is": "short"}, 5)
    one.put("long", {"is": "long"}, 60)
    clock.move(5)

    wanted = ("long", "short", "never-there", "long")
    assert two.get_all(*wanted) == [{"is": "long"}, None, None, {"is": "long"}]


@pytest.mark.everywhere
def test_changes_are_made_together(stores: tuple[Store, Store], clock: Clock) -> None:
    """Records kept and taken away, and counters, whose totals are the answer."""
    one, two = stores
    one.put("old", {"is": "old"}, 60)
    one.count("calls", 2, 60)

    totals = one.change(
        Changes(
            puts=[("a", {"is": "a"}, 60), ("b", {"is": "b"}, 5)],
            deletes=["old", "never-there"],
            counts=[("calls", 3, 60), ("others", 1, 60)],
        )
    )

    assert totals == [5, 1]
    assert two.get_all("a", "b", "old") == [{"is": "a"}, {"is": "b"}, None]
    clock.move(5)
    assert two.get_all("a", "b") == [{"is": "a"}, None]
    assert one.change(Changes(deletes=["a"])) == []
    assert two.get("a") is None


@pytest.mark.everywhere
def test_changes_under_a_lease_are_made_for_whoever_gets_it(
    stores: tuple[Store, Store], clock: Clock
) -> None:
    """All of them with the lease, or none, and the lease stays as it was."""
    one, two = stores
    one.put("old", {"is": "old"}, 60)

    def change(store: Store, name: str) -> list[int]:
        return store.change(
            Changes(
                puts=[("by", {"is": name}, 60)],
                deletes=["old"] if name == "two" else [],
                counts=[("calls", 1, 60)],
                lease=("asking", 5),
            )
        )

    assert change(one, "one") == [1]
    with pytest.raises(Held):
        change(two, "two")
    assert one.get_all("by", "old") == [{"is": "one"}, {"is": "old"}]

    clock.move(4)
    with pytest.raises(Held):
        change(two, "two")
    clock.move(1)
    assert change(two, "two") == [2]
    assert one.get_all("by", "old") == [{"is": "two"}, None]
    one.change(Changes(deletes=["asking"]))
    assert change(one, "one") == [3]


@pytest.mark.everywhere
def test_changes_are_not_made_beside_a_record_that_forbids_them(
    stores: tuple[Store, Store], clock: Clock
) -> None:
    """None of them, the lease included; a record whose time is over forbids nothing."""
    one, two = stores
    one.put("forgotten", {}, 5)
    one.put("old", {"is": "old"}, 60)
    changes = Changes(
        puts=[("a", {"is": "a"}, 60)],
        deletes=["old"],
        counts=[("calls", 1, 60)],
        lease=("asking", 60),
        unless=["never-there", "forgotten"],
    )

    with pytest.raises(Held):
        two.change(changes)
    assert one.get_all("a", "old") == [None, {"is": "old"}]
    clock.move(5)
    assert two.change(changes) == [1]
    assert one.get_all("a", "old") == [{"is": "a"}, None]


@pytest.mark.everywhere
def test_of_changes_that_cannot_be_made_none_is(stores: tuple[Store, Store]) -> None:
    """Nobody finds half of them."""
    one, two = stores
    one.put("old", {"is": "old"}, 60)
    no_json = {"is": object()}
    with pytest.raises(TypeError):
        one.change(Changes([("a", {}, 60), ("b", no_json, 60)], ["old"], [("c", 1, 60)]))

    assert two.get_all("a", "old") == [None, {"is": "old"}]
    assert one.count("c", 1, 60) == 1


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

    # They stand in one line: SQLite would let each of them try again now and then.
    assert len(opened) == 1
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(lambda thread: store.get(str(thread)), range(threads)))
    assert found == [{"thread": thread} for thread in range(threads)]
    assert 1 < len(opened) <= 1 + READERS


def test_a_lease_that_is_another_callers_is_no_failure_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs no connection, and whoever comes next is not told of an older trouble."""
    monkeypatch.setattr(trouble, "SLOW", 0.0)
    monkeypatch.setattr(trouble, "REMEMBERED", 0.0)
    store = SqliteStore(tmp_path / "state.sqlite")
    assert store.lease("asking", 60)

    def breaks() -> None:
        raise OSError

    with monkeypatch.context() as broken:
        broken.setattr(store._writers, "_take", breaks)
        with pytest.raises(StoreUnavailable):
            store.put("check", {"asked": 1}, 60)

    with monkeypatch.context() as watched:
        watched.setattr(store._writers, "_open", None)
        assert not store.lease("asking", 60)
        with pytest.raises(Held):
            store.change(Changes(puts=[("check", {}, 60)], lease=("asking", 60)))
        store.put("other", {"asked": 1}, 60)

    assert store.get_all("check", "other") == [None, {"asked": 1}]


def test_who_reads_does_not_wait_for_those_who_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crowd that begins checks leaves `/healthz` its answer."""
    monkeypatch.setattr(pool_module, "WAIT", 0.01)
    store = SqliteStore(tmp_path / "state.sqlite")
    store.put("check", {"asked": 1}, 60)

    with store._writers.lent() as db:
        db.execute("BEGIN IMMEDIATE")
        assert store.get("check") == {"asked": 1}
        with pytest.raises(StoreUnavailable, match="every connection is in use"):
            store.put("check", {"asked": 2}, 60)
        db.execute("ROLLBACK")


@pytest.mark.parametrize("works", [True, False])
def test_a_crowd_is_not_taken_for_a_store_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, works: bool
) -> None:
    """One who had no turn is told so; the next ones are not, while turns are ending."""
    monkeypatch.setattr(trouble, "SLOW", 0.0)
    store = SqliteStore(tmp_path / "state.sqlite")
    store.put("check", {"asked": 1}, 60)

    class NoTurn:
        def acquire(self, *, timeout: float) -> bool:
            store._writers._ended += works
            return False

    with monkeypatch.context() as crowd:
        crowd.setattr(store._writers, "_places", NoTurn())
        with pytest.raises(StoreUnavailable):
            store.put("check", {"asked": 2}, 60)

    if works:
        assert store.get("check") == {"asked": 1}
    else:
        with pytest.raises(StoreUnavailable, match="every connection is in use"):
            store.get("check")


def test_a_file_that_was_taken_away_is_made_anew(tmp_path: Path) -> None:
    """What was in it is gone; nobody goes on writing where nobody reads."""
    path = tmp_path / "instance" / "state.sqlite"
    store = SqliteStore(path)
    store.put("check", {"asked": 1}, 60)

    shutil.rmtree(path.parent)

    assert store.get("check") is None
    store.put("check", {"asked": 2}, 60)
    assert SqliteStore(path).get("check") == {"asked": 2}


# Redis alone


def test_redis_takes_everything_away_by_its_own_clock(redis_server: RedisServer) -> None:
    """Nobody has to sweep, and machines whose clocks differ do not end each other's."""
    store = RedisStore(redis_server.url)
    store.put("a record", {"asked": 1}, 600)
    store.lease("a lease", 12.5)
    store.count("a counter", 1, 3600)
    store.count("a counter", 1, 9999)

    with redis_server.talk() as talk:
        left = {key: talk.pttl(f"lifecheck:{key}") for key in ("a record", "a lease")}
        counted = talk.pttl("lifecheck:a counter")
    assert 590_000 < left["a record"] <= 600_000
    assert 2_500 < left["a lease"] <= 12_500
    assert 3_590_000 < counted <= 3_600_000


def test_a_redis_that_went_away_is_told_and_found_again() -> None:
    """Without its address, and without a new start of ours."""
    with a_redis() as server:
        store = RedisStore(server.url)
        store.put("check", {"asked": 1}, 60)
        server.stop()
        with pytest.raises(StoreUnavailable) as told:
            store.get("check")
        server.start()

        assert str(told.value) == "Redis cannot be reached"
        assert store.get("check") is None
        assert store.lease("check", 60)


def test_a_wrong_password_is_told_without_it() -> None:
    """Neither that one nor the right one."""
    with a_redis("right-4711") as server:
        RedisStore(server.url).put("check", {"asked": 1}, 60)
        wrong = server.url.replace("right-4711", "wrong-0815")
        for url in (wrong, wrong.replace(":wrong-0815@", "")):
            with pytest.raises(StoreUnavailable) as told:
                RedisStore(url).get("check")

            assert "password of STATE_URL" in str(told.value)
            assert "0815" not in repr(told.value)


def test_what_redis_says_of_a_record_is_not_passed_on() -> None:
    """Its own words quote what was sent: a key may hold a token, a record more."""
    without_get = ("--rename-command", "GET", "")
    with a_redis(options=without_get) as server, pytest.raises(StoreUnavailable) as told:
        RedisStore(server.url).get("T-0123456789-secret")

    assert "secret" in str(told.value.__cause__)
    assert "secret" not in str(told.value)


def test_while_redis_hangs_one_waits_and_the_others_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All threads would hang with it, and no page would be served any more."""
    monkeypatch.setattr(shared, "ANSWER", 0.6)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = RedisStore(f"redis://127.0.0.1:{silent.getsockname()[1]}")
        tried: list[int] = []
        connect = store._redis.connection_pool.get_connection

        def noted(*how: Any) -> Any:
            tried.append(1)
            return connect(*how)

        monkeypatch.setattr(store._redis.connection_pool, "get_connection", noted)
        for _ in range(5):
            with pytest.raises(StoreUnavailable, match="Redis does not answer"):
                store.get("check")

    assert len(tried) == 1
