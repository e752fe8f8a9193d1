"""Who gets a place among the calls under way, who waits for one, and who is told to go."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial

import pytest

from lifecheck_demo.client import Crowded
from lifecheck_demo.client.places import Places

LONG = 30.0


class Clock:
    """A clock that stands."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(name="clock")
def _clock() -> Clock:
    """One for each test."""
    return Clock()


@pytest.fixture(name="pool")
def _pool() -> Iterator[ThreadPoolExecutor]:
    """Threads for those who wait."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


def come_and_go(places: Places) -> None:
    """One call from beginning to end, so that calls are ending."""
    with places.one():
        pass


def until(true: Callable[[], bool]) -> None:
    """Wait for it to be so."""
    end = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < end
        time.sleep(0.001)


def asks(
    pool: ThreadPoolExecutor, places: Places, done: Callable[[], None]
) -> Future[None]:
    """Somebody who has joined the waiting, and does *done* in its place."""

    def ask() -> None:
        with places.one():
            done()

    before = places.waiting
    asked = pool.submit(ask)
    until(lambda: places.waiting == before + 1 or asked.done())
    return asked


def test_while_none_has_ended_the_surplus_is_told_at_once(clock: Clock) -> None:
    """Even the very first hour of a service that hangs costs no thread."""
    places = Places(2, patience=LONG, clock=clock)
    with places.one(), places.one(), pytest.raises(Crowded) as told:
        come_and_go(places)

    assert told.value.retry_after > 0
    come_and_go(places)


def test_while_calls_are_ending_one_waits_for_the_next(
    clock: Clock, pool: ThreadPoolExecutor
) -> None:
    """A full house that moves turns nobody away."""
    places = Places(1, patience=LONG, clock=clock)
    come_and_go(places)
    with places.one():
        asked = asks(pool, places, lambda: None)
        assert not asked.done()

    asked.result(LONG)
    come_and_go(places)


def test_places_go_to_those_who_came_first(clock: Clock, pool: ThreadPoolExecutor) -> None:
    """Nobody is overtaken by whoever comes at the right moment."""
    places, served = Places(1, patience=LONG, clock=clock), list[int]()
    come_and_go(places)
    with places.one():
        waiting = [
            asks(pool, places, partial(served.append, number)) for number in range(4)
        ]

    for asked in waiting:
        asked.result(LONG)
    assert served == [0, 1, 2, 3]


def test_when_none_has_ended_for_a_while_nobody_waits(
    clock: Clock, pool: ThreadPoolExecutor
) -> None:
    """The service has begun to hang: a thread that waits for it is lost to others."""
    places = Places(1, patience=LONG, clock=clock)
    come_and_go(places)
    with places.one():
        clock.now += LONG - 1
        early = asks(pool, places, lambda: None)
        clock.now += 1
        with pytest.raises(Crowded):
            come_and_go(places)
        assert not early.done()
    early.result(LONG)


def test_so_many_may_wait_and_no_more(clock: Clock, pool: ThreadPoolExecutor) -> None:
    """Whoever waits holds a thread too."""
    places = Places(1, waiting=2, patience=LONG, clock=clock)
    come_and_go(places)
    with places.one():
        waiting = [asks(pool, places, lambda: None) for _ in range(2)]
        with pytest.raises(Crowded):
            come_and_go(places)

    for asked in waiting:
        asked.result(LONG)


def test_nobody_waits_for_longer_than_that(clock: Clock) -> None:
    """And a place that comes later goes to somebody else, not to whoever has gone."""
    places = Places(1, patience=0.01, clock=clock)
    come_and_go(places)
    with places.one(), pytest.raises(Crowded):
        come_and_go(places)

    assert places.waiting == 0
    come_and_go(places)


def test_a_call_that_fails_leaves_its_place() -> None:
    """However it ended."""
    places = Places(1)
    for _ in range(3):
        with suppress(ZeroDivisionError), places.one():
            raise ZeroDivisionError

    come_and_go(places)


def test_no_place_is_lost_or_made_in_a_throng() -> None:
    """Many threads, short waits: never more than the places, and all are free again."""
    places, inside, most = Places(3, waiting=4, patience=0.002), list[int](), list[int]()

    def call(number: int) -> None:
        with suppress(Crowded), places.one():
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.001)
            inside.remove(number)

    with ThreadPoolExecutor(16) as throng:
        list(throng.map(call, range(400)))

    assert max(most) == 3
    with ExitStack() as all_places:
        for _ in range(3):
            all_places.enter_context(places.one())
        with pytest.raises(Crowded):
            come_and_go(places)
