"""How far a face moved otherwise than a flat picture can; plane geometry, pure."""

from base64 import b64decode
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .types import Measurement

Points = npt.NDArray[np.float64]

# Places of the eyes' outer corners among the rigid points.
EYE_OUTER_LEFT, EYE_OUTER_RIGHT = 10, 13


def rigid_points(measurement: Measurement) -> Points:
    """The 32 points of the skull's front, in frame heights."""
    raw: npt.NDArray[np.int16] = np.frombuffer(b64decode(measurement.rigid), "<i2")
    points: Points = raw.reshape(-1, 2) / 10_000
    return points


def mean_points(measurements: Sequence[Measurement]) -> Points:
    """Their mean: steadier than any one of them, if the head held still."""
    mean: Points = np.mean([rigid_points(m) for m in measurements], axis=0)
    return mean


def bend(before: Points, after: Points) -> float:
    """What is left of the move when the best plane-to-plane map is taken away.

    Root mean square over the eyes' distance. A flat picture, however it is tilted or
    waved, moves by a homography: only noise is left. A turning head leaves more. (Fit
    by the normalised direct linear transform: Hartley, IEEE PAMI 19(6), 1997.)
    """
    source, from_source = _normalised(before)
    target, from_target = _normalised(after)
    rows = np.zeros((2 * len(source), 9))
    rows[0::2, 0:2], rows[0::2, 2] = source, 1
    rows[1::2, 3:5], rows[1::2, 5] = source, 1
    rows[0::2, 6:8] = -target[:, :1] * source
    rows[1::2, 6:8] = -target[:, 1:] * source
    rows[0::2, 8], rows[1::2, 8] = -target[:, 0], -target[:, 1]
    _, vectors = np.linalg.eigh(rows.T @ rows)
    homography = np.linalg.inv(from_target) @ vectors[:, 0].reshape(3, 3) @ from_source
    mapped = np.c_[before, np.ones(len(before))] @ homography.T
    if not np.all(np.abs(mapped[:, 2]) > 1e-9):
        return 1.0
    left = after - mapped[:, :2] / mapped[:, 2:]
    eyes = np.linalg.norm(before[EYE_OUTER_LEFT] - before[EYE_OUTER_RIGHT])
    return float(np.sqrt((left**2).sum(axis=1).mean()) / max(eyes, 1e-6))


def squeeze(before: Points, after: Points) -> float:
    """How much shorter one direction has become against the other, 1 for not at all.

    Of the best affine map between the two, the lesser over the greater stretch: a plane
    turned away by 40 degrees gives about 0.8, a head that lifts its chin 0.95.
    """
    source, target = before - before.mean(axis=0), after - after.mean(axis=0)
    affine = np.linalg.lstsq(source, target, rcond=None)[0]
    most, least = np.linalg.svd(affine, compute_uv=False)
    return float(least / max(most, 1e-9))


def _normalised(points: Points) -> tuple[Points, Points]:
    centre = points.mean(axis=0)
    scale = np.sqrt(2) / max(np.linalg.norm(points - centre, axis=1).mean(), 1e-9)
    to = np.array(
        [[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]]
    )
    return (points - centre) * scale, to
