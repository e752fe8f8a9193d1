"""The line before the camera: first come, first served, and nobody is forgotten."""

import json
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecheck_demo.sandbox.line import (
    BEGINS_WITHIN,
    BETWEEN,
    FULL_SECONDS,
    IDLE,
    LATE,
    LATEST,
    MISSES,
    MOST_WAITING,
    OVERTIME,
    SOONEST,
    Line,
    Place,
    ask,
    begin,
    leave,
    name_of,
    place_in,
    stay,
)

NEEDS = 12.0


class Hall:
    """A line, a clock, and so many places."""

    def __init__(self, places: int) -> None:
        self.line: Line = {}
        self.places = places
        self.now = 1000.0

    def ask(self, who: str, needs: float = NEEDS) -> Place:
        self.line = kept(ask(self.line, who, needs, self.now, self.places))
        return place_in(self.line, who, self.now, self.places)

    def begin(self, who: str, needs: float = NEEDS) -> Place:
        self.line = kept(begin(self.line, who, needs, self.now, self.places))
        return place_in(self.line, who, self.now, self.places)

    def stay(self, who: str) -> None:
        self.line = kept(stay(self.line, who, self.now))

    def leave(self, who: str) -> None:
        self.line = kept(leave(self.line, who, self.now))

    def inside(self) -> list[str]:
        return [who for who, until, _, began in self.rows() if began and until > self.now]

    def rows(self) -> list[Any]:
        return list(self.line.get("tickets", []))


def kept(line: Line) -> Line:
    """As it comes back from where it is kept."""
    return dict(json.loads(json.dumps(line)))


def test_who_comes_to_a_free_place_has_it_at_once() -> None:
    """And whoever asks again keeps it."""
    hall = Hall(2)

    assert [hall.ask(who) for who in "abab"] == [Place(True)] * 4
    assert hall.inside() == ["a", "b"]


def test_who_comes_later_is_told_how_many_are_ahead_and_about_how_long() -> None:
    """The time is that of the runs ahead, each by its own length."""
    hall = Hall(2)
    hall.begin("a", needs=10)
    hall.begin("b", needs=20)
    hall.now += 4
    waits = [hall.ask("c", needs=30), hall.ask("d"), hall.ask("e")]

    # a's place at 10 s, then b's at 20 s, then c's, which lasted 30 s; 4 s have passed.
    assert [wait.seconds for wait in waits] == [
        10 + BETWEEN - 4,
        20 + BETWEEN - 4,
        20 + BETWEEN - 4 + NEEDS + BETWEEN,
    ]
    assert [wait.ahead for wait in waits] == [0, 1, 2]
    assert not any(wait.yours for wait in waits)
    assert all(SOONEST <= wait.again <= LATEST for wait in waits)


def test_a_run_that_takes_longer_is_not_promised_to_end_now() -> None:
    """There is always a little left, however long it has lasted."""
    hall = Hall(1)
    hall.begin("a", needs=5)
    for _ in range(10):
        hall.now += 5
        hall.stay("a")
        assert hall.ask("b").seconds >= OVERTIME


def test_the_first_goes_first_even_if_another_asks_sooner() -> None:
    """A page that asks more often gains nothing."""
    hall = Hall(1)
    hall.begin("a")
    for who in "bcd":
        hall.ask(who)
    hall.leave("a")

    sooner = [hall.ask(who) for who in "dcdc"]
    first = hall.ask("b")

    assert not any(place.yours for place in sooner)
    assert first.yours
    assert hall.inside() == ["b"]


def test_who_leaves_is_not_waited_for() -> None:
    """By saying so, or by asking no more: a few times missed, and not the first."""
    hall = Hall(1)
    hall.begin("a")
    again = hall.ask("b").again
    hall.ask("c")
    hall.ask("d")
    hall.leave("d")
    assert hall.ask("e").ahead == 2

    hall.now += 2 * again
    hall.stay("a")
    assert hall.ask("c").ahead == 1
    hall.now += again * (MISSES - 2) + LATE + 0.1
    assert hall.ask("c").ahead == 0


def test_a_place_that_nobody_uses_goes_to_the_next() -> None:
    """Its owner may ask again, and is the last then."""
    hall = Hall(1)
    hall.ask("a")
    hall.ask("b")
    hall.now += BEGINS_WITHIN - 1
    assert not hall.ask("b").yours
    assert hall.ask("a").yours
    hall.now += 1

    assert hall.ask("b").yours
    assert hall.ask("a").ahead == 0
    assert not hall.ask("a").yours


def test_a_run_keeps_its_place_while_it_goes_on() -> None:
    """However long; and loses it soon after its last sign."""
    hall = Hall(1)
    hall.begin("a")
    for _ in range(30):
        hall.now += IDLE - 1
        hall.stay("a")
        assert not hall.ask("b").yours
    hall.now += IDLE

    assert hall.ask("b").yours


def test_nobody_stays_who_has_no_place() -> None:
    """A frame of a run that was never given one moves nobody."""
    hall = Hall(1)
    hall.begin("a")
    hall.ask("b")
    before = kept(hall.line)
    hall.stay("b")
    hall.stay("x")

    assert hall.line == before


def test_the_line_has_an_end() -> None:
    """Whoever finds it full is told when to ask again, and takes no room."""
    hall = Hall(1)
    hall.begin("inside")
    for number in range(MOST_WAITING):
        assert not hall.ask(str(number)).full
    late = hall.ask("late")
    hall.leave("7")

    assert late == Place(False, ahead=MOST_WAITING, again=FULL_SECONDS, full=True)
    assert hall.ask("5").ahead == 5
    assert hall.ask("late").ahead == MOST_WAITING - 1
    assert len(json.dumps(hall.line)) < 40_000


def test_fewer_places_than_before_throw_nobody_out() -> None:
    """Another machine may have been told another number."""
    hall = Hall(3)
    for needs, who in ((5, "a"), (10, "b"), (20, "c")):
        hall.begin(who, needs)
    hall.places = 1

    # Two have to end before there is a place at all; then it is c's.
    assert hall.ask("d").seconds == 20 + BETWEEN
    assert hall.inside() == ["a", "b", "c"]


def test_the_line_knows_no_token() -> None:
    """What is kept opens nothing."""
    hall = Hall(1)
    hall.ask(name_of("the-token"))

    assert "the-token" not in json.dumps(hall.line)
    assert name_of("the-token") != name_of("the-tokem")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "begin", "stay", "leave"]),
        st.sampled_from("abcdefgh"),
        st.floats(0, 4),
    ),
    max_size=80,
)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS, places=st.integers(1, 3))
def test_whatever_people_do_there_are_no_more_inside_than_places(
    steps: list[tuple[str, str, float]], places: int
) -> None:
    """And nobody is let in while one who came sooner, and is still there, waits."""
    hall = Hall(places)
    for step, who, passed in steps:
        hall.now += passed
        waiting = [
            w for w, until, _, began in hall.rows() if not began and until > hall.now
        ]
        was_inside = hall.inside()
        getattr(hall, step)(who)
        entered = [w for w in hall.inside() if w not in was_inside]
        free = places - len(was_inside)

        assert len(hall.inside()) <= places
        for one in entered:
            ahead = waiting.index(one) if one in waiting else len(waiting)
            assert ahead < free
        assert len({row[0] for row in hall.rows()}) == len(hall.rows()) <= 8


@settings(max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.integers(3, 30), min_size=1, max_size=25),
    places=st.integers(1, 4),
)
def test_everybody_who_waits_gets_a_turn_in_order_and_about_when_it_was_told(
    lengths: list[int], places: int
) -> None:
    """Those who ask when they are asked to, and runs that take as long as is usual."""
    hall = Hall(places)
    names = [str(number) for number in range(len(lengths))]
    due = dict.fromkeys(names, hall.now)
    ends: dict[str, float] = {}
    told: dict[str, float] = {}
    entered: list[str] = []
    for _ in count():
        if len(entered) == len(names) or hall.now > 5000:
            break
        for who, end in list(ends.items()):
            hall.stay(who)
            if hall.now >= end:
                hall.leave(who)
                del ends[who]
        for who in names:
            if who in entered or due[who] > hall.now:
                continue
            needs = float(lengths[int(who)])
            place = hall.begin(who, needs)
            told.setdefault(who, hall.now + place.seconds)
            due[who] = hall.now + place.again
            if place.yours:
                entered.append(who)
                ends[who] = hall.now + needs
                # Asked a second or so late by each who was ahead, and got ready sooner.
                late = (LATEST + BETWEEN) * (len(entered) + 1)
                assert abs(hall.now - told[who]) <= late
        hall.now += 0.5

    assert sorted(entered, key=int) == names
    if places == 1:
        assert entered == names


@pytest.mark.parametrize("damaged", [{}, {"tickets": []}])
def test_an_empty_line_is_a_line(damaged: Line) -> None:
    """As it is before anybody has come."""
    assert place_in(ask(damaged, "a", NEEDS, 0.0, 1), "a", 0.0, 1).yours
