"""What a run will ask, drawn afresh for each; pure, and where flash safety lives."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from random import Random
from typing import Any, Final

# The vendor's fourteen, from its document, by which half of a flash they are.
BRIGHT: Final = (
    "#FFFFFF",
    "#FFD9E3",
    "#D8D6FF",
    "#CFF9FF",
    "#FFCEFD",
    "#D8FFCD",
    "#FFF4CB",
)
DARK: Final = (
    "#000000",
    "#3B3C04",
    "#183C03",
    "#063C28",
    "#063C3A",
    "#060D3C",
    "#3C0636",
)

# Relative luminance of red, green and blue light, ITU-R BT.709.
LUMA: Final = (0.2126, 0.7152, 0.0722)

SEGMENTS: Final = 8
TRIES: Final = 2
# WCAG 2.3.1 allows three flashes a second; half a second each way makes it one.
MIN_SECONDS: Final = 0.5
MAX_SECONDS: Final = 1.0


class Kind(StrEnum):
    """What a step is."""

    SETTLE = "settle"
    LOOK = "look"
    ACTION = "action"
    FLASH = "flash"


USUAL_SECONDS: Final = {Kind.SETTLE: 2.0, Kind.LOOK: 6.0, Kind.ACTION: 3.0}


@dataclass(frozen=True)
class Segment:
    """One colour on the whole screen, for so many seconds."""

    colour: str
    seconds: float

    def __post_init__(self) -> None:
        if self.seconds < MIN_SECONDS:
            message = f"{self.seconds} s is shorter than the {MIN_SECONDS} s that is safe"
            raise ValueError(message)


@dataclass(frozen=True)
class Step:
    """One thing asked of the visitor; a flash has a fresh sequence for each try."""

    kind: Kind
    action: str = ""
    attempts: tuple[tuple[Segment, ...], ...] = ()


@dataclass(frozen=True)
class Plan:
    """The steps of a run, in order."""

    steps: tuple[Step, ...]

    def to_record(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return {
            "steps": [
                {
                    "kind": step.kind.value,
                    "action": step.action,
                    "attempts": [
                        [[part.colour, part.seconds] for part in attempt]
                        for attempt in step.attempts
                    ],
                }
                for step in self.steps
            ]
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Plan":
        """Back from what `to_record` wrote."""
        return cls(
            tuple(
                Step(
                    Kind(step["kind"]),
                    step["action"],
                    tuple(
                        tuple(Segment(colour, seconds) for colour, seconds in attempt)
                        for attempt in step["attempts"]
                    ),
                )
                for step in record["steps"]
            )
        )


def linear_light(colour: str) -> tuple[float, float, float]:
    """Red, green and blue light of `#RRGGBB`, 0 to 1 each (sRGB, IEC 61966-2-1)."""
    codes = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in codes
    )
    return red, green, blue


def draw_plan(colours: Sequence[str], actions: Sequence[str], random: Random) -> Plan:
    """The steps for what the caller asked; the flash starts in the first LookFront."""
    steps = [Step(Kind.SETTLE)]
    attempts = (
        tuple(draw_segments(colours, random) for _ in range(TRIES)) if colours else ()
    )
    if attempts and not actions:
        steps.append(Step(Kind.FLASH, attempts=attempts))
    if not attempts and not actions:
        steps.append(Step(Kind.LOOK))
    for action in actions:
        if attempts and action == "LookFront":
            steps.append(Step(Kind.FLASH, action, attempts))
            attempts = ()
        else:
            steps.append(Step(Kind.ACTION, action))
    return Plan(tuple(steps))


def expected_seconds(colours: Sequence[str], actions: Sequence[str]) -> int:
    """About how long a run takes somebody who follows it, whatever will be drawn."""
    seconds = USUAL_SECONDS[Kind.SETTLE] + USUAL_SECONDS[Kind.ACTION] * len(actions)
    if not actions and not colours:
        seconds += USUAL_SECONDS[Kind.LOOK]
    if colours:
        seconds += SEGMENTS * (MIN_SECONDS + MAX_SECONDS) / 2
        # With actions the light comes while the visitor looks ahead.
        seconds -= USUAL_SECONDS[Kind.ACTION] if actions else 0.0
    return ceil(seconds)


def draw_segments(colours: Sequence[str], random: Random) -> tuple[Segment, ...]:
    """Bright and dark in turn, which first, which ones and how long left to chance.

    With white and black alone the order is known beforehand: what nobody can know are
    the durations, and the test of the reflection lives on that.
    """
    wanted = [colour.upper() for colour in colours]
    bright = [colour for colour in wanted if colour in BRIGHT] or ["#FFFFFF"]
    dark = [colour for colour in wanted if colour in DARK] or ["#000000"]
    halves = [bright, dark]
    if random.random() < 0.5:
        halves.reverse()
    low, high = round(MIN_SECONDS * 10), round(MAX_SECONDS * 10)
    return tuple(
        Segment(random.choice(halves[n % 2]), random.randint(low, high) / 10)
        for n in range(SEGMENTS)
    )


def flashes_in_any_second(segments: Sequence[Segment]) -> int:
    """Pairs of opposing changes in the worst half-open second, way in and out included.

    The page around the flash may be light or dark: both ways count as changes.
    """
    changes = [0.0]
    for segment in segments:
        changes.append(changes[-1] + segment.seconds)
    # Milliseconds, since tenths of a second do not add up exactly.
    at = [round(change * 1000) for change in changes]
    worst = max(sum(start <= other < start + 1000 for other in at) for start in at)
    return worst // 2
