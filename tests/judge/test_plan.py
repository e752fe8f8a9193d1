"""What a run will ask, and that its flashing is safe."""

from itertools import pairwise
from random import Random

import pytest

from lifecheck_demo.sandbox.plan import (
    BRIGHT,
    DARK,
    Kind,
    Plan,
    Segment,
    draw_plan,
    draw_segments,
    flashes_in_any_second,
)

PALETTE = (*BRIGHT, *DARK)


@pytest.mark.parametrize(
    ("colours", "actions", "kinds"),
    [
        ((), (), [Kind.SETTLE, Kind.LOOK]),
        (("#FFFFFF", "#000000"), (), [Kind.SETTLE, Kind.FLASH]),
        ((), ("BlinkEye",), [Kind.SETTLE, Kind.ACTION]),
        (
            ("#FFFFFF", "#000000"),
            ("LookLeft", "LookFront", "LookFront"),
            [Kind.SETTLE, Kind.ACTION, Kind.FLASH, Kind.ACTION],
        ),
    ],
)
def test_each_mode_has_its_steps(colours, actions, kinds):
    """The flash belongs to the first LookFront, and to that one only."""
    plan = draw_plan(colours, actions, Random(1))
    assert [step.kind for step in plan.steps] == kinds


@pytest.mark.parametrize("seed", range(200))
def test_no_schedule_flashes_more_than_once_in_any_second(seed):
    """WCAG 2.3.1 allows three; the page promises one, the ways in and out included."""
    random = Random(seed)
    colours = random.sample(PALETTE, random.randint(1, len(PALETTE)))
    assert flashes_in_any_second(draw_segments(colours, random)) <= 1


def test_the_count_sees_a_schedule_that_is_too_fast():
    """Without this the property above would hold of a count that always says one."""
    fast = tuple(Segment("#FFFFFF", 0.5) for _ in range(4))
    for segment in fast:
        object.__setattr__(segment, "seconds", 0.2)
    assert flashes_in_any_second(fast) == 2


def test_a_segment_shorter_than_half_a_second_cannot_be_made():
    """Safety stands in the constructor, where nobody can pass it by."""
    with pytest.raises(ValueError, match="safe"):
        Segment("#FFFFFF", 0.4)


@pytest.mark.parametrize("seed", range(20))
def test_bright_and_dark_alternate(seed):
    """The camera needs the contrast; a single colour gets the plain opposite."""
    random = Random(seed)
    for colours in (PALETTE, ("#FFD9E3",), ("#063C28",)):
        halves = [part.colour in BRIGHT for part in draw_segments(colours, random)]
        assert all(a != b for a, b in pairwise(halves))


def test_a_plan_survives_its_record():
    """It is stored between requests as JSON."""
    plan = draw_plan(PALETTE, ("LookFront", "NodHead"), Random(5))
    assert Plan.from_record(plan.to_record()) == plan
