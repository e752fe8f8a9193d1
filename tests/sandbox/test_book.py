"""The sandbox's state by itself: what many callers may do to it at once."""

import socket
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from lifecheck_demo.sandbox.checks import (
    CheckBook,
    Ending,
    Line,
    SqliteBook,
    StateUnavailable,
    asking,
    open_book,
)
from lifecheck_demo.sandbox.checks import shared as shared_module
from lifecheck_demo.sandbox.checks.shared import SharedBook
from lifecheck_demo.sandbox.rules import Wish
from tests.conftest import Clock
from tests.redis_server import RedisServer, a_redis

pytestmark = pytest.mark.everywhere

WISH = Wish("https://a.example/")


@pytest.fixture(name="books")
def _books(tmp_path: Path, state_url: str, clock: Clock) -> tuple[CheckBook, CheckBook]:
    """Two workers on the same state."""
    one, other = (open_book(tmp_path, state_url, clock=clock) for _ in range(2))
    return one, other


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


def with_a_run(book: CheckBook, portrait: bytes) -> tuple[str, str]:
    """A check with a run whose best picture is *portrait*, and two samples."""
    token = book.start(WISH)
    run = book.begin_run(token, {"seq": -1})
    for seq in (4, 9):
        with book.run(token, run) as current:
            assert current is not None
            current.state["seq"] = seq
            current.newest = {"seq": seq}
            current.portrait = portrait
    return token, run


def test_a_run_goes_on_in_another_worker_and_ends_with_its_portrait(
    books: tuple[CheckBook, CheckBook],
) -> None:
    """State, samples and picture are all that it needs; the ending takes them away."""
    one, other = books
    token, run = with_a_run(one, b"a face")
    with other.run(token, run) as current:
        assert current is not None
        seen = [current.records_after(seq) for seq in (-1, 4, 9)]
    assert seen == [[{"seq": 4}, {"seq": 9}], [{"seq": 9}], []]
    assert one.peek(token, run) == {"seq": 9}

    assert other.finish_run(token, run, Ending("passed", {"why": "a test"}))
    assert not one.finish_run(token, run, Ending("202-face", {}))

    check = one.find(token)
    assert check is not None
    assert check.code == 200
    assert one.peek(token, run) is None
    assert one.photo(other.photo_name(token)) == b"a face"
    assert one.report(other.report_name(token)) == (check, {"why": "a test"})


def test_a_change_of_a_run_that_fails_is_not_kept(
    books: tuple[CheckBook, CheckBook],
) -> None:
    """And the next one need not wait."""
    one, other = books
    token, run = with_a_run(one, b"a face")

    def fail() -> None:
        with one.run(token, run) as current:
            assert current is not None
            current.state["seq"] = 12
            current.newest = {"seq": 12}
            raise KeyError("nobody")

    with pytest.raises(KeyError):
        fail()

    with other.run(token, run) as current:
        assert current is not None
        assert current.state == {"seq": 9}
        assert current.records_after(9) == []


def test_one_request_at_a_time_changes_a_run(books: tuple[CheckBook, CheckBook]) -> None:
    """Frames come several at once, and to any worker: none is counted twice or lost."""
    token, run = with_a_run(books[0], b"a face")
    callers, times = 4, 12
    together = Barrier(callers)

    def add(caller: int) -> None:
        together.wait()
        for _ in range(times):
            with books[caller % 2].run(token, run) as current:
                assert current is not None
                current.state["seq"] += 1
                current.newest = {"seq": current.state["seq"]}

    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(add, range(callers)))

    with books[0].run(token, run) as current:
        assert current is not None
        seen = [record["seq"] for record in current.records_after(9)]
    assert seen == list(range(10, 10 + callers * times))


def test_a_photo_and_a_report_end_after_ten_minutes_and_a_check_after_a_day(
    books: tuple[CheckBook, CheckBook], clock: Clock
) -> None:
    """By the sandbox's clock, wherever they are."""
    book = books[0]
    token, run = with_a_run(book, b"a face")
    book.finish_run(token, run, Ending("passed", {}))
    photo, report = book.photo_name(token), book.report_name(token)
    clock.move(599)
    assert book.photo(photo) == b"a face"
    clock.move(1)

    assert book.photo(photo) is None
    assert book.report(report) is None
    assert (book.photo_name(token), book.report_name(token)) == ("", "")
    clock.move(24 * 3600 - 599)
    assert book.find(token)
    book.start(WISH)
    assert book.find(token) is None


# In Redis


def kept_in(server: RedisServer) -> dict[bytes, int]:
    """Every key, and how many milliseconds it has left; -1 is for ever."""
    with server.talk() as talk:
        return {key: talk.pttl(key) for key in talk.scan_iter()}


@pytest.fixture(name="shared")
def _shared(redis_server: RedisServer) -> SharedBook:
    """A book in an empty Redis, with the clock of this computer."""
    with redis_server.talk() as talk:
        talk.flushall()
    return SharedBook(redis_server.url, clock=time.time)


def test_redis_keeps_no_face_for_longer_than_ten_minutes(
    shared: SharedBook, redis_server: RedisServer
) -> None:
    """Even if no machine of ours is left to take it away."""
    with_a_run(shared, b"an open run")
    ended, run = with_a_run(shared, b"a face")
    shared.finish_run(ended, run, Ending("passed", {}))
    shared.is_first("a nonce", 60)
    shared.change_line(lambda line: {"waiting": [1]})

    left = {key.split(b":")[1]: ms for key, ms in kept_in(redis_server).items()}
    for kind in (b"run", b"samples", b"photo", b"photo-of", b"report", b"report-of"):
        assert 590_000 < left.pop(kind) <= 600_000, kind
    assert 59_000 < left.pop(b"nonce") <= 60_000
    assert set(left) == {b"check", b"begun", b"number", b"line"}
    assert all(86_000_000 < ms <= 86_400_000 for ms in left.values())


def test_forget_leaves_no_key_of_a_check(
    shared: SharedBook, redis_server: RedisServer
) -> None:
    """With its open run as well as with its photo."""
    for end in (False, True):
        token, run = with_a_run(shared, b"a face")
        if end:
            shared.finish_run(token, run, Ending("passed", {}))
        shared.forget(token)

    assert set(kept_in(redis_server)) == {b"lifecheck-sandbox:number:"}


def test_a_run_that_a_killed_worker_held_goes_on(
    shared: SharedBook, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a moment, and what the dead one would still write is not taken."""
    monkeypatch.setattr(shared_module, "HELD", 0.2)
    token, run = with_a_run(shared, b"a face")
    other = SharedBook(redis_server.url, clock=time.time)

    def overtaken() -> None:
        with shared.run(token, run) as dead:
            assert dead is not None
            dead.state["seq"] = 100
            with other.run(token, run) as current:
                assert current is not None
                current.state["seq"] = 10

    with pytest.raises(StateUnavailable):
        overtaken()

    assert shared.peek(token, run) == {"seq": 10}


def test_a_run_that_was_dropped_meanwhile_is_not_brought_back(
    shared: SharedBook, redis_server: RedisServer
) -> None:
    """Stop takes the pictures away, whoever is working on them."""
    token, run = with_a_run(shared, b"a face")
    with shared.run(token, run) as current:
        assert current is not None
        current.portrait = b"a later face"
        shared.drop_run(token, run)

    kinds = {key.split(b":")[1] for key in kept_in(redis_server)}
    assert not kinds & {b"run", b"samples"}


def test_a_frame_costs_two_round_trips(
    shared: SharedBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One to take the run, one to give it back, where the samples are remembered."""
    token, run = with_a_run(shared, b"a face")
    asked = []
    ask = shared._ask._redis.execute_command
    monkeypatch.setattr(
        shared._ask._redis,
        "execute_command",
        lambda *said, **how: asked.append(said[0]) or ask(*said, **how),
    )
    with shared.run(token, run) as current:
        assert current is not None
        assert current.records_after(9) == []

    assert asked == ["EVALSHA", "EVALSHA"]


def test_a_book_whose_redis_went_away_says_so_and_finds_it_again() -> None:
    """Scripts and all, without a new start of ours; and without its address."""
    with a_redis("word-4711") as server:
        book = SharedBook(server.url, clock=time.time)
        lost = book.start(WISH)
        server.stop()
        with pytest.raises(StateUnavailable) as told:
            book.find(lost)
        server.start()

        assert str(told.value) == "Redis cannot be reached"
        assert book.find(lost) is None
        assert book.find(book.start(WISH))


def test_while_redis_hangs_one_waits_and_the_others_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All threads would hang with it, and no page would be served any more."""
    monkeypatch.setattr(asking, "ANSWER", 0.3)
    tried = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        book = SharedBook(f"redis://127.0.0.1:{silent.getsockname()[1]}", clock=time.time)
        pool = book._ask._redis.connection_pool
        connect = pool.get_connection
        monkeypatch.setattr(
            pool, "get_connection", lambda *how: tried.append(1) or connect(*how)
        )
        for _ in range(5):
            with pytest.raises(StateUnavailable, match="Redis does not answer"):
                book.find("T")

    assert len(tried) == 1
