"""Whether a face that is asked for nothing lives: small motion, blinks, no loop; pure.

Refused are stills, held or waved or bent a little, and films that come round again or
turn back. A film of a person, shown for the first time, is not told from the person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from .actions import Blink, Neutral
from .shape import bend, rigid_points
from .types import Measurement, Sample

Array = npt.NDArray[np.float64]

# Measured on the labelled set. Of stills, held or tilted up to 40 degrees, none
# blinked; their eyes varied by up to 0.07 (0.2 when tilted by 40) and their mouths by
# 0.04, but hardly beyond what their own tilt explains (0.0083 and 0.0112 where the
# rest would have been enough), and they bent by at most 0.0135.
EYES_LIVE: Final = 0.09
OPENING_LIVE: Final = 0.025
EYES_OWN: Final = 0.0085
BEND_LIVE: Final = 0.010
BEND_SURE: Final = 0.0145
MOUTH_LIVE: Final = 0.032
MOUTH_OWN: Final = 0.0135
# Less is enough where skull and eyes go beyond a picture together.
BEND_BOTH: Final = 0.012
EYES_BOTH: Final = 0.028  # of the eyes' opening
# Fewer frames than this can be explained by any pose.
LEAST_OWN: Final = 14
LEAST_FRAMES: Final = 20
FRONT_YAW, FRONT_PITCH = 8.0, 6.5

# A loop: every signal comes again after the same time, as live ones never do.
LOOP_LEAST: Final = 1.0
LOOP_OVERLAP: Final = 2.5
LOOP_ALIKE: Final = 0.96
GRID: Final = 0.1
# A film to and fro: the median and the lowest but one of the signals' correlations. On
# live clips they reached 0.61 and 0.40, on a turn and back 0.90 and 0.43.
TURNED_ALIKE: Final = 0.75
TURNED_LEAST: Final = 0.5
TURNED_SIGNALS: Final = 6


@dataclass(frozen=True)
class Life:
    """What moved, and whether that is enough for a living face."""

    blinked: bool
    eyes: float  # standard deviation over mean of the eyes' opening
    opening: float  # that mean
    bend: float  # median change that no plane can make, over the eyes' distance
    mouth: float  # standard deviation of the mouth's opening
    eyes_own: float  # deviation of the eyes' opening that the pose does not explain
    mouth_own: float  # the same of the mouth's
    frames: int

    @property
    def lives(self) -> bool:
        """A blink, eyes or mouth that vary of themselves, or a skull that is no plane.

        Eyes and mouth of a tilted picture vary too, but with its tilt; and it bends a
        little: no one of these is enough without another.
        """
        if self.frames < LEAST_FRAMES:
            return False
        sure = self.bend > BEND_SURE
        eyes = self.eyes > EYES_LIVE and self.eyes * self.opening > OPENING_LIVE
        mouth = self.bend > BEND_LIVE and self.mouth > MOUTH_LIVE
        return (
            self.blinked
            or (eyes and (sure or self.eyes_own > EYES_OWN))
            or (mouth and (sure or self.mouth_own > MOUTH_OWN))
            or (self.bend > BEND_BOTH and self.eyes_own > EYES_BOTH * self.opening > 0)
        )


def life(samples: Sequence[Sample], neutral: Neutral) -> Life:
    """Measure life in the frames that look ahead (a turn moves the mesh of a photo)."""
    front = [
        s
        for s in samples
        if s.measurement.faces
        and abs(s.measurement.yaw - neutral.yaw) < FRONT_YAW
        and abs(s.measurement.pitch - neutral.pitch) < FRONT_PITCH
    ]
    if not front:
        return Life(False, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
    blink = Blink(neutral)
    for sample in front:
        blink.feed(sample.captured_at, sample.measurement)
    seen = [s.measurement for s in front if s.measurement.eyes]
    eyes = np.array([m.eyes for m in seen], float)
    ahead = [s.measurement for s in front]
    mouth = np.array([m.mouth for m in ahead])
    # The extremes are left out: a single misread frame is no motion.
    inner = _trimmed(eyes)
    bends = [bend(neutral.points, rigid_points(m)) for m in ahead]
    return Life(
        blink.done,
        float(inner.std() / inner.mean()) if len(inner) else 0.0,
        float(inner.mean()) if len(inner) else 0.0,
        float(np.median(bends)),
        float(_trimmed(mouth).std()),
        _own(eyes, seen),
        _own(mouth, ahead),
        len(front),
    )


def _own(values: Array, faces: Sequence[Measurement]) -> float:
    """Deviation that pose and size do not explain, not even by their squares."""
    if len(values) < LEAST_OWN:
        return 0.0
    pose = np.array([(m.yaw, m.pitch, m.roll, m.size) for m in faces])
    pose = pose - pose.mean(axis=0)
    yaw, pitch = pose[:, 0], pose[:, 1]
    known = np.c_[np.ones(len(pose)), pose, yaw**2, pitch**2, yaw * pitch]
    left = _unexplained(values, known)
    free = len(values) / (len(values) - known.shape[1])
    return float(_trimmed(left).std() * np.sqrt(free))


def _unexplained(values: Array, known: Array) -> Array:
    """What no sum of the *known* columns gives."""
    scaled = known / (np.linalg.norm(known, axis=0) + 1e-12)
    left: Array = values - scaled @ np.linalg.lstsq(scaled, values, rcond=None)[0]
    return left


def _trimmed(values: Array) -> Array:
    if len(values) < 10:
        return values
    low, high = np.percentile(values, [2, 98])
    inner: Array = values[(values >= low) & (values <= high)]
    return inner


def loop_period(samples: Sequence[Sample]) -> float | None:
    """The time after which everything comes again, or None.

    Signals on an even grid, each compared with itself later; a head that nods in time
    repeats its pitch, but not the eyes, the mouth, the place and the size as well.
    """
    signals = _even(samples)
    moving = {n: v for n, v in signals.items() if n in ALWAYS and v.std() > LEAST_MOVE[n]}
    if len(moving) < LEAST_SIGNALS:
        return None
    rows = np.array([(v - v.mean()) / v.std() for v in moving.values()])
    span = rows.shape[1]
    overlap = round(LOOP_OVERLAP / GRID)
    for lag in range(round(LOOP_LEAST / GRID), span - overlap + 1):
        if np.median(_alike(rows[:, : span - lag], rows[:, lag:])) > LOOP_ALIKE:
            return lag * GRID
    return None


def turned_round(samples: Sequence[Sample]) -> float | None:
    """Seconds from the start until the film began to run backwards, or None.

    Everything before that moment comes again behind it, in reverse order. A head that
    turns and comes back does so too in whatever its turn explains; so that is taken
    out first, and what is left (eyes, mouth, place, size, roll) has to agree.
    """
    signals = _even(samples)
    if not signals.keys() >= ALWAYS:
        return None
    yaw, pitch = (signals[name] - signals[name].mean() for name in ("yaw", "pitch"))
    rows = np.array(list(signals.values()))
    floors = np.array([LEAST_MOVE[name] for name in signals])
    pose = np.c_[np.ones(len(yaw)), yaw, pitch, yaw**2, pitch**2, yaw * pitch]
    own = [name not in ("yaw", "pitch") for name in signals]
    rows[own] = _unexplained(rows[own].T, pose).T
    span, least = rows.shape[1], round(LOOP_OVERLAP / GRID)
    # Half steps: the film may turn between two points of the grid.
    for twice in range(2 * least, 2 * (span - least) - 1):
        reach = min(twice // 2, span - 1 - (twice + 1) // 2)
        before = rows[:, (twice - 1) // 2 :: -1][:, :reach]
        after = rows[:, twice // 2 + 1 :][:, :reach]
        moving = np.maximum(before.std(axis=1), after.std(axis=1)) > floors
        if moving.sum() < TURNED_SIGNALS:
            continue
        alike = np.sort(_alike(before[moving], after[moving]))
        if np.median(alike) > TURNED_ALIKE and alike[1] > TURNED_LEAST:
            return twice / 2 * GRID
    return None


# Those of pose and face, and the least deviation that is more than noise.
LEAST_MOVE: Final = {
    "yaw": 0.4,
    "pitch": 0.4,
    "roll": 0.3,
    "x": 0.002,
    "y": 0.002,
    "size": 0.002,
    "mouth": 0.006,
    "lids": 0.006,
    "eyes": 0.012,
}
ALWAYS: Final = LEAST_MOVE.keys() - {"eyes"}
LEAST_SIGNALS: Final = 4


def _even(samples: Sequence[Sample]) -> dict[str, Array]:
    """The signals on an even grid of time; those that are too rare are left out."""
    seen = sorted((s for s in samples if s.measurement.faces), key=lambda s: s.captured_at)
    even: dict[str, Array] = {}
    for name in LEAST_MOVE:
        values = [(s.captured_at, getattr(s.measurement, name)) for s in seen]
        known = np.array([pair for pair in values if pair[1] is not None], float)
        if len(known) < max(LEAST_FRAMES, len(seen) / 2):
            continue
        grid = np.arange(seen[0].captured_at, seen[-1].captured_at, GRID)
        even[name] = np.interp(grid, known[:, 0], known[:, 1])
    return even


def _alike(before: Array, after: Array) -> Array:
    """Correlations, row by row."""
    a = before - before.mean(axis=1, keepdims=True)
    b = after - after.mean(axis=1, keepdims=True)
    scale = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1)) + 1e-9
    alike: Array = (a * b).sum(axis=1) / scale
    return alike
