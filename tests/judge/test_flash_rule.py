"""The flash rule, held against whatever may be drawn, told and seen.

WCAG 2.3.1: at most three general flashes in any second, a flash being two opposing
changes of relative luminance by a tenth or more with the darker side below 0.8. The
sandbox promises one. Counted here anew, from light and time, not from the plan's own sum.
"""

from collections.abc import Sequence
from itertools import pairwise, product
from random import Random

import pytest
from actor import Pose, measured
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecheck_demo.sandbox.judge import Sample
from lifecheck_demo.sandbox.judge.follow import Walk
from lifecheck_demo.sandbox.plan import (
    BRIGHT,
    DARK,
    MIN_SECONDS,
    SEGMENTS,
    Kind,
    Segment,
    draw_plan,
    draw_segments,
)
from tests.flashes import Light, changes

PALETTE = (*BRIGHT, *DARK)
# The page around a flash: light, dark, and something between.
GROUNDS = (1.0, 0.0, 0.45)


def luminance(colour: str) -> float:
    """Relative luminance by WCAG's own formula."""
    codes = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in codes
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def most_changes_in_a_second(lights: Sequence[Light]) -> int:
    """Opposing changes in the worst second; two of them are a flash."""
    turns = changes(lights)
    # A change that comes a whole second later is in the next one; sums of tenths err.
    ends = [start + 1 - 1e-6 for start in turns]
    pairs = zip(turns, ends, strict=True)
    return max((sum(s <= at < e for at in turns) for s, e in pairs), default=0)


def shown(segments: Sequence[Segment], ground: float) -> list[Light]:
    """The page, the colours one after the other, and the page again."""
    at, lights = 1.0, [Light(0.0, ground)]
    for segment in segments:
        lights.append(Light(at, luminance(segment.colour)))
        at += segment.seconds
    return [*lights, Light(at, ground)]


def test_the_count_itself_sees_a_flash_that_is_too_fast() -> None:
    """Else nothing below could fail."""
    strobe = [Light(n / 10, n % 2) for n in range(20)]

    assert most_changes_in_a_second(strobe) == 10
    assert most_changes_in_a_second([Light(0, 0.9), Light(0.1, 0.95)]) == 0


@given(
    colours=st.lists(st.sampled_from(PALETTE), min_size=1, unique=True),
    random=st.randoms(use_true_random=False),
    ground=st.sampled_from(GROUNDS),
)
@settings(max_examples=400, deadline=None)
def test_whatever_chance_draws_flashes_once_a_second_at_most(
    colours: list[str], random: Random, ground: float
) -> None:
    """Any colours, any order, any lengths, on any page; the ways in and out count."""
    segments = draw_segments(colours, random)

    assert len(segments) == SEGMENTS
    assert all(segment.seconds >= MIN_SECONDS == 0.5 for segment in segments)
    assert most_changes_in_a_second(shown(segments, ground)) <= 2


@pytest.mark.parametrize("first", [0, 1], ids=["bright first", "dark first"])
def test_every_pair_of_colours_at_its_fastest_flashes_once_a_second_at_most(
    first: int,
) -> None:
    """All ninety-eight pairs: nothing that may be drawn changes sooner than these."""
    for bright, dark, ground in product(BRIGHT, DARK, GROUNDS):
        halves = (bright, dark) if first == 0 else (dark, bright)
        fastest = [Segment(halves[n % 2], MIN_SECONDS) for n in range(SEGMENTS)]
        assert most_changes_in_a_second(shown(fastest, ground)) <= 2, (bright, dark)


# Pictures may come late or in a heap, show nobody for a while, and be taken before the
# page has painted: milliseconds between them, whether somebody is seen, how late it paints.
PICTURES = st.lists(
    st.tuples(
        st.integers(15, 700),
        st.sampled_from((True, True, True, True, True, True, True, False)),
        st.integers(0, 250),
    ),
    min_size=12,
    max_size=40,
)
SEEN = measured(Pose(), 1, Random(1))
NOBODY = measured(Pose(), 1, Random(1), faces=0)


def told(
    pictures: Sequence[tuple[int, bool, int]], seed: int, actions: Sequence[str]
) -> list[tuple[float, str]]:
    """When each colour was told by the server in a run of such pictures, and which."""
    plan = draw_plan(PALETTE, actions, Random(seed))
    walk, at, on = Walk(plan), 100.0, ""
    changes = [(at, "")]
    paints: list[tuple[float, str]] = []
    # Somebody holds still until the flash has begun, then the pictures are as drawn.
    for seq in range(400):
        flashing = plan.steps[walk.progress.step].kind is Kind.FLASH
        wait, seen, late = pictures[seq % len(pictures)] if flashing else (100, True, 60)
        at += wait / 1000
        on = next((colour for when, colour in reversed(paints) if when <= at), "")
        measurement = SEEN if seen else NOBODY
        walk.feed(Sample(seq, at, at + 0.03, walk.progress.step, on, measurement))
        now = walk.progress
        colour = "" if now.finished else now.colour
        if colour != changes[-1][1]:
            changes.append((at, colour))
            paints.append((at + late / 1000, colour))
        if now.finished:
            break
    return changes


@given(pictures=PICTURES, seed=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_whatever_the_camera_sees_the_server_tells_no_faster_flash(
    pictures: list[tuple[int, bool, int]], seed: int
) -> None:
    """Over a whole run, second tries included: what is told, before the page's own brake.

    A face that is lost ends the light at once, which may be one change more.
    """
    for actions in ((), ("LookFront", "NodHead")):
        changes = told(pictures, seed, actions)
        for ground in GROUNDS:
            lights = [Light(at, luminance(c) if c else ground) for at, c in changes]
            assert most_changes_in_a_second(lights) <= 3
        for (start, colour), (end, _) in pairwise(changes):
            lost = any(not seen for _, seen, _ in pictures)
            assert not colour or end - start >= MIN_SECONDS - 1e-6 or lost


def test_a_run_of_ordinary_pictures_flashes_and_keeps_to_it() -> None:
    """The runs above do flash: all eight colours, and one flash a second."""
    changes = told([(70, True, 60)], 3, ())

    assert len(changes) >= SEGMENTS
    for ground in GROUNDS:
        lights = [Light(at, luminance(c) if c else ground) for at, c in changes]
        assert most_changes_in_a_second(lights) <= 2
