"""What a run asks, and that its flashing is safe by construction."""

from itertools import pairwise
from random import Random

import pytest

from lifecheck_demo.sandbox.plan import (
    BRIGHT,
    DARK,
    USUAL_SECONDS,
    Kind,
    Plan,
    Segment,
    draw_plan,
    draw_segments,
    expected_seconds,
    flashes_in_any_second,
)


def colours_of(random: Random) -> list[str]:
    """A set of colours that init would take."""
    return random.sample(BRIGHT, random.randint(1, 7)) + random.sample(
        DARK, random.randint(1, 7)
    )


def transitions_in_any_second(segments: tuple[Segment, ...]) -> int:
    """Counted anew, with a window slid over the timeline by hundredths of a second."""
    at = [0]
    for segment in segments:
        at.append(at[-1] + round(segment.seconds * 100))
    return max(sum(t <= x < t + 100 for x in at) for t in range(-100, at[-1] + 1))


@pytest.mark.parametrize("seed", range(500))
def test_no_second_holds_more_than_one_flash(seed: int) -> None:
    """WCAG 2.3.1 allows three; way in and out are counted."""
    random = Random(seed)
    segments = draw_segments(colours_of(random), random)

    assert transitions_in_any_second(segments) <= 2
    assert flashes_in_any_second(segments) <= 1
    assert all(segment.seconds >= 0.5 for segment in segments)


@pytest.mark.parametrize("seed", range(100))
def test_bright_and_dark_take_turns(seed: int) -> None:
    """The reflection of one bright colour is told from the dark before it."""
    random = Random(seed)
    colours = colours_of(random)
    segments = draw_segments(colours, random)

    kinds = [segment.colour in BRIGHT for segment in segments]
    assert all(one is not two for one, two in pairwise(kinds))
    assert {segment.colour for segment in segments} <= set(colours)


def test_a_faster_segment_cannot_be_made() -> None:
    """The floor is in the type and not in the one who draws."""
    with pytest.raises(ValueError, match="shorter"):
        Segment("#FFFFFF", 0.49)


def test_two_runs_differ_even_with_white_and_black_alone() -> None:
    """Nobody can record the answer in advance."""
    random = Random(1)
    drawn = {draw_segments(["#FFFFFF", "#000000"], random) for _ in range(200)}

    assert len(drawn) > 190


@pytest.mark.parametrize(
    ("colours", "actions", "kinds"),
    [
        ([], [], "settle look"),
        ([], ["NodHead", "LookFront"], "settle action action"),
        (["#FFFFFF", "#000000"], [], "settle flash"),
        (
            ["#FFFFFF", "#000000"],
            ["NodHead", "LookFront", "LookFront"],
            "settle action flash action",
        ),
    ],
)
def test_the_flash_starts_in_the_first_look_front(
    colours: list[str], actions: list[str], kinds: str
) -> None:
    """As the document asks, and the actions keep their order."""
    plan = draw_plan(colours, actions, Random(1))

    assert " ".join(step.kind for step in plan.steps) == kinds
    assert [step.action for step in plan.steps if step.action] == actions
    assert Plan.from_record(plan.to_record()) == plan
    assert sum(step.kind is Kind.FLASH for step in plan.steps) == bool(colours)


@pytest.mark.parametrize("colours", [(), ("#FFFFFF", "#000000")])
@pytest.mark.parametrize("actions", [(), ("LookFront",), ("NodHead", "LookFront")])
def test_the_time_that_is_told_beforehand_is_what_plans_take(
    colours: tuple[str, ...], actions: tuple[str, ...]
) -> None:
    """On average over what chance may draw, and rounded up."""

    def seconds(seed: int) -> float:
        return sum(
            sum(segment.seconds for segment in step.attempts[0])
            if step.kind is Kind.FLASH
            else USUAL_SECONDS[step.kind]
            for step in draw_plan(colours, actions, Random(seed)).steps
        )

    average = sum(map(seconds, range(200))) / 200

    assert (
        expected_seconds(colours, actions) - 1
        < average
        <= (expected_seconds(colours, actions) + 0.2)
    )
