"""The nine actions, each recognised in a series of measurements; pure.

Every rule is relative to the person's own neutral pose. Angles are degrees as the mesh
tells them (compressed: a strong turn reads about 20), times are seconds. Thresholds
were measured on the labelled set; `benchmarks/README.md` has the figures.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final, Protocol

from .shape import Points, bend, mean_points, rigid_points, squeeze
from .types import Measurement

TURN: Final = 9.0
LIFT: Final = 7.5
# A tilted photograph moves the mesh too, but hardly bends it.
TURN_BEND: Final = 0.026
LIFT_BEND: Final = 0.022
# To lift or lower the mesh so far it must be tilted by 40 degrees, and shows it: 0.75 to
# 0.88 where live faces that had just lifted or lowered themselves had 0.86 to 1.
LIFT_SQUEEZE: Final = 0.9
# A turn up or down may lean to the side by this share of it.
LEAN: Final = 0.6
# Two frames at ten a second; one frame alone may be a stray.
HELD: Final = 0.08
MOUTH_OPEN: Final = 0.18
MOUTH_RISE: Final = 0.12
FRONT_YAW, FRONT_PITCH = 8.0, 6.5
FRONT_HELD: Final = 0.8
SHUT: Final = 0.65
DEEP: Final = 0.5
QUICK_BLINK: Final = 0.4
REOPENED: Final = 0.8
LONGEST_BLINK: Final = 1.5
BLINK_PITCH, BLINK_YAW = 4.5, 9.0
SWING: Final = 7.0
SWINGS: Final = 3
SLOWEST_SWING: Final = 1.1
# The widest of the three, and how much it must bend. Photographs tilted by 40 degrees
# reach that too, one in seven: hence a shake or nod alone is no proof of life.
WIDEST_SWING, WIDEST_NOD = (11.0, 0.02), (11.0, 0.024)
Extreme = tuple[float, float, Measurement]
TOO_FAST: Final = 220.0  # degrees a second


@dataclass(frozen=True)
class Neutral:
    """This person at rest: medians over quiet frames that look straight ahead."""

    yaw: float
    pitch: float
    mouth: float
    eyes: float | None
    points: Points
    until: float = 0.0  # when it was taken, on the samples' clock

    @classmethod
    def of(cls, quiet: Sequence[Measurement], until: float = 0.0) -> "Neutral":
        """From at least one frame; six make it steady."""
        eyes = [m.eyes for m in quiet if m.eyes is not None]
        return cls(
            median(m.yaw for m in quiet),
            median(m.pitch for m in quiet),
            median(m.mouth for m in quiet),
            median(eyes) if eyes else None,
            mean_points(quiet),
            until,
        )

    def faces_front(self, m: Measurement) -> bool:
        """Whether the head is back where it was."""
        return abs(m.yaw - self.yaw) < FRONT_YAW and abs(m.pitch - self.pitch) < FRONT_PITCH


class Detector(Protocol):
    """Fed frame by frame; says once, and from then on, that the action was done."""

    def feed(self, at: float, m: Measurement) -> bool:
        """Take the next frame."""

    @property
    def nearly(self) -> bool:
        """Whether the action has begun but does not reach far enough yet."""


class Turn:
    """The head away from neutral, along one axis and held for two frames."""

    def __init__(self, neutral: Neutral, *, yaw: int = 0, pitch: int = 0) -> None:
        self._neutral = neutral
        self._yaw, self._pitch = yaw, pitch
        self._since: float | None = None
        self.done = self.nearly = False

    def feed(self, at: float, m: Measurement) -> bool:
        """Take the next frame."""
        yaw, pitch = m.yaw - self._neutral.yaw, m.pitch - self._neutral.pitch
        if self._yaw:
            along, across, least, least_bend = yaw * self._yaw, pitch, TURN, TURN_BEND
        else:
            along, across, least, least_bend = pitch * self._pitch, yaw, LIFT, LIFT_BEND
        straight = along > LEAN * abs(across)
        self.nearly = straight and least / 2 < along <= least
        if not (straight and along > least):
            self._since = None
        elif self._since is None:
            self._since = at
        elif not self.done and at - self._since >= HELD:
            self.done = self._is_of_a_head(rigid_points(m), least_bend)
        return self.done

    def _is_of_a_head(self, points: Points, least_bend: float) -> bool:
        rest = self._neutral.points
        if not self._yaw and squeeze(rest, points) < LIFT_SQUEEZE:
            return False
        return bend(rest, points) > least_bend


class Front:
    """The head straight ahead for a while."""

    def __init__(self, neutral: Neutral) -> None:
        self._neutral = neutral
        self._since: float | None = None
        self.done = False
        self.nearly = False

    def feed(self, at: float, m: Measurement) -> bool:
        """Take the next frame."""
        if not self._neutral.faces_front(m):
            self._since = None
        elif self._since is None:
            self._since = at
        else:
            self.done |= at - self._since >= FRONT_HELD
        return self.done


class Mouth:
    """The lips apart, further than a smile parts them."""

    def __init__(self, neutral: Neutral) -> None:
        self._rest = neutral.mouth
        self._since: float | None = None
        self.done = self.nearly = False

    def feed(self, at: float, m: Measurement) -> bool:
        """Take the next frame."""
        rise = m.mouth - self._rest
        self.nearly = MOUTH_RISE / 2 < rise <= MOUTH_RISE
        if m.mouth <= MOUTH_OPEN or rise <= MOUTH_RISE:
            self._since = None
        elif self._since is None:
            self._since = at
        else:
            self.done |= at - self._since >= HELD
        return self.done


class Blink:
    """Both eyes shut and open again while the head holds still.

    Open is what these eyes were lately, so that narrowed eyes blink too. Looking down
    shuts the eyes for the camera: hence the head must not have gone down meanwhile.
    """

    def __init__(self, neutral: Neutral) -> None:
        self._rest = neutral.eyes
        self._open: deque[tuple[float, float, float, float]] = deque(maxlen=8)
        self._shut_at: float | None = None
        self._level = self._pitch = self._yaw = self._lowest = self._depth = 0.0
        self.done = self.nearly = False

    def feed(self, at: float, m: Measurement) -> bool:
        """Take the next frame; one without eyes measured tells nothing."""
        if m.eyes is None or m.eye_left is None or m.eye_right is None:
            return self.done
        if self._shut_at is None:
            self._while_open(at, m.eyes, max(m.eye_left, m.eye_right), m)
        elif at - self._shut_at > LONGEST_BLINK:
            self._shut_at = None
            self._open.clear()
        else:
            self._lowest = min(self._lowest, m.pitch)
            self._depth = min(self._depth, m.eyes / self._level)
            # Eyes opened wide before may come back to their usual opening only.
            usual = min(self._level, self._rest or self._level)
            if m.eyes > REOPENED * usual:
                self.done |= self._still(m) and self._shut(at - self._shut_at)
                self._shut_at = None
        return self.done

    def _while_open(self, at: float, eyes: float, wider: float, m: Measurement) -> None:
        while self._open and at - self._open[0][0] > 1.0:
            self._open.popleft()
        levels = [entry[1] for entry in self._open]
        level = median(levels) if levels else self._rest
        if self._rest is not None and level is not None:
            # Eyes that were hardly open before cannot be seen to shut.
            level = max(level, 0.6 * self._rest)
        if level is not None and eyes < SHUT * level and wider < 0.8 * level:
            self._shut_at, self._level = at, level
            self._pitch = median(e[2] for e in self._open) if self._open else m.pitch
            self._yaw = median(e[3] for e in self._open) if self._open else m.yaw
            self._lowest, self._depth = m.pitch, eyes / level
            return
        self._open.append((at, eyes, m.pitch, m.yaw))

    def _shut(self, seconds: float) -> bool:
        """A quick one may fall between two frames; a slow one must be seen shut."""
        return seconds < QUICK_BLINK or self._depth < DEEP

    def _still(self, m: Measurement) -> bool:
        return (
            self._pitch - self._lowest < BLINK_PITCH and abs(m.yaw - self._yaw) < BLINK_YAW
        )


class Swings:
    """The head to and fro: three swings in turn, this axis more than the other one."""

    def __init__(self, neutral: Neutral, *, yaw: bool) -> None:
        self._neutral = neutral
        self._is_yaw = yaw
        self._widest, self._least_bend = WIDEST_SWING if yaw else WIDEST_NOD
        self._bent = False
        self._low: Extreme | None = None
        self._high: Extreme | None = None
        self._direction = 0
        self._swings: deque[Extreme] = deque(maxlen=SWINGS)
        self._travel: deque[tuple[float, float, float]] = deque()
        self._last: tuple[float, float] | None = None
        self.done = self.nearly = False

    def feed(self, at: float, m: Measurement) -> bool:
        """Take the next frame."""
        own, other = (m.yaw, m.pitch) if self._is_yaw else (m.pitch, m.yaw)
        if self._last is not None:
            moves = (abs(own - self._last[0]), abs(other - self._last[1]))
            self._travel.append((at, *moves))
        self._last = (own, other)
        self._follow_turns(at, own, m)
        self.nearly = len(self._swings) in (1, 2)
        if len(self._swings) == SWINGS and self._quick(at):
            since = self._swings[0][0] - SLOWEST_SWING
            travel = [entry for entry in self._travel if entry[0] >= since]
            mostly = sum(e[1] for e in travel) > sum(e[2] for e in travel)
            self.done |= mostly and self._bent and self._wide(own)
        return self.done

    def _wide(self, now: float) -> bool:
        ends = [value for _, value, _ in self._swings] + [now]
        return max(abs(a - b) for a, b in pairwise(ends)) >= self._widest

    def _quick(self, at: float) -> bool:
        ends = [end for end, _, _ in self._swings]
        gaps = [b - a for a, b in zip(ends, [*ends[1:], at], strict=True)]
        return max(gaps[:-1]) <= SLOWEST_SWING and gaps[-1] <= SLOWEST_SWING

    def _follow_turns(self, at: float, value: float, m: Measurement) -> None:
        """Extremes with a hysteresis of one swing (as in rainflow counting)."""
        here = (at, value, m)
        if self._low is None or value < self._low[1]:
            self._low = here
        if self._high is None or value > self._high[1]:
            self._high = here
        if self._direction >= 0 and self._high[1] - value >= SWING:
            self._turned(at, self._high, -1)
            self._low = here
        elif self._direction <= 0 and value - self._low[1] >= SWING:
            self._turned(at, self._low, 1)
            self._high = here

    def _turned(self, at: float, extreme: Extreme, direction: int) -> None:
        self._direction = direction
        self._swings.append((at, extreme[1], extreme[2]))
        if not self._bent:
            moved = bend(self._neutral.points, rigid_points(extreme[2]))
            self._bent = moved > self._least_bend


def detector(action: str, neutral: Neutral) -> Detector:
    """A fresh detector for the vendor's name of an action."""
    match action:
        case "LookLeft":
            return Turn(neutral, yaw=1)
        case "LookRight":
            return Turn(neutral, yaw=-1)
        case "LookUp":
            return Turn(neutral, pitch=1)
        case "LookDown":
            return Turn(neutral, pitch=-1)
        case "OpenMouth":
            return Mouth(neutral)
        case "BlinkEye":
            return Blink(neutral)
        case "ShakeHead":
            return Swings(neutral, yaw=True)
        case "NodHead":
            return Swings(neutral, yaw=False)
        case "LookFront":
            return Front(neutral)
    raise ValueError(action)
