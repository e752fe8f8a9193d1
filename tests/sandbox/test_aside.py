"""Work beside the threads that answer: of low priority, bounded, and never in the way."""

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from flask.testing import FlaskClient

from lifecheck_demo.sandbox import runs
from lifecheck_demo.sandbox.aside import NICENESS, Aside, Busy
from lifecheck_demo.sandbox.eye import Eye
from lifecheck_demo.sandbox.judge import Meter
from tests.conftest import Clock
from tests.sandbox.conftest import Pixels, jpeg
from tests.sandbox.test_api import RESULT, ask, start
from tests.sandbox.test_camera import begin, send

PATIENCE = 20.0


@contextmanager
def held(aside: Aside, pieces: int) -> Iterator[list[threading.Thread]]:
    """So many pieces of work that have begun and do not end before this does."""
    go, begun = threading.Event(), threading.Semaphore(0)

    def wait() -> None:
        begun.release()
        go.wait(PATIENCE)

    callers = [threading.Thread(target=aside.do, args=(wait,)) for _ in range(pieces)]
    for caller in callers:
        caller.start()
    for _ in callers:
        assert begun.acquire(timeout=PATIENCE)
    try:
        yield callers
    finally:
        go.set()
        for caller in callers:
            caller.join(PATIENCE)


def test_its_answer_and_its_trouble_come_through() -> None:
    """As if it were done here; a time-out of the work's own is one."""
    aside = Aside(1)

    def fail() -> None:
        raise TimeoutError("of its own")

    assert aside.do(lambda: 41 + 1) == 42
    with pytest.raises(TimeoutError, match="of its own"):
        aside.do(fail)
    assert aside.do(threading.get_ident) != threading.get_ident()


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority elsewhere")
def test_its_threads_are_of_low_priority_and_no_other_is() -> None:
    """Whoever asks for a page is served first."""
    here = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    there = Aside(1).do(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    assert there == min(here + NICENESS, 19)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == here


def test_no_more_pieces_than_threads_are_under_way() -> None:
    """What comes next waits for its turn, and then has it."""
    aside = Aside(2, patience=PATIENCE)
    done: list[str] = []
    with held(aside, 2):
        third = threading.Thread(target=lambda: done.append(aside.do(lambda: "third")))
        third.start()
        third.join(0.2)
        waited = not done
    third.join(PATIENCE)

    assert waited
    assert done == ["third"]


def test_what_finds_no_room_is_told_at_once_and_room_comes_back() -> None:
    """A queue without an end would make everybody slow."""
    aside = Aside(1, most_waiting=0, patience=PATIENCE)
    with held(aside, 1), pytest.raises(Busy):
        aside.do(lambda: None)
    assert [aside.do(lambda: "room") for _ in range(5)] == ["room"] * 5


def test_work_that_nobody_waits_for_any_more_is_not_done() -> None:
    """The page has long sent a newer picture."""
    aside = Aside(1, patience=0.05)
    go = threading.Event()
    done: list[str] = []
    with pytest.raises(Busy):
        aside.do(lambda: go.wait(PATIENCE))
    with pytest.raises(Busy):
        aside.do(lambda: done.append("too late"))
    go.set()
    aside.wake()
    aside._begun().shutdown()

    assert not done


def test_what_cannot_be_prepared_fails_in_the_work() -> None:
    """And not for good: the next piece may do better."""
    aside = Aside(1, prepare=lambda: 1 / 0)

    assert aside.do(lambda: "done") == "done"


@contextmanager
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if everybody were being judged."""

    def refuse(_aside: Aside, _work: object) -> None:
        raise Busy

    with monkeypatch.context() as patched:
        patched.setattr(Aside, "do", refuse)
        yield


def test_a_frame_that_finds_no_room_is_told_when_to_come(
    wire: FlaskClient, face: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run goes on with the next one."""
    token = start(wire)
    run = begin(wire, token)
    with busy(monkeypatch):
        refused = send(wire, token, run, 0, jpeg(face))
    again = send(wire, token, run, 1, jpeg(face))

    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "1"
    assert refused.get_json() == {"error": "busy", "retry_after": 1}
    assert again.get_json()["state"] == "running"


def test_a_run_that_nobody_had_time_to_judge_is_judged_later(
    wire: FlaskClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a frame that comes after the end, as after a worker that was killed."""
    token = start(wire)
    run = begin(wire, token)
    black = jpeg(np.zeros((240, 320, 3), np.uint8))

    def no_time(*_: object, **__: object) -> None:
        raise Busy

    with monkeypatch.context() as patched:
        patched.setattr(runs, "judge", no_time)
        for seq in range(900):
            clock.move(0.1)
            answer = send(wire, token, run, seq, black, captured=seq * 100)
            if answer.status_code != 200:
                break
    clock.move(runs.JUDGED_WITHIN + 0.1)
    last = send(wire, token, run, seq + 1, black, captured=seq * 100 + 9000).get_json()

    assert answer.get_json()["error"] == "busy"
    assert last["state"] == "done"
    assert ask(wire, RESULT, token=token)["code"] == 203


def test_each_thread_measures_with_nets_of_its_own() -> None:
    """One that were shared would have the threads wait for each other."""
    eye = Eye()
    aside = Aside(2, prepare=eye.open, patience=PATIENCE)
    together = threading.Barrier(2, timeout=PATIENCE)

    def meter() -> Meter:
        together.wait()
        return eye.open()

    with ThreadPoolExecutor(2) as callers:
        used = list(callers.map(lambda _: aside.do(meter), range(2)))

    assert used[0] is not used[1]
