"""Which frame makes the best portrait; pure (the crop is cut where the pixels are)."""

from collections.abc import Sequence
from math import log
from typing import Final

import numpy as np

from ..plan import DARK
from .actions import Neutral
from .hijack import alike
from .types import Measurement, Sample

# A turn by this many degrees costs as much as a sharpness lower by a factor of e.
TURN_COST: Final = 8.0
BEST_EYES: Final = 80  # percentile of the run
# A frame and a larger picture that was drawn right after it, measured: apart by less
# than a third of these.
SAME_PLACE, SAME_ANGLE, SAME_SCENE = 0.05, 6.0, 0.9


def best_frame(samples: Sequence[Sample], neutral: Neutral | None) -> int | None:
    """The seq of the sharpest frontal frame, eyes open, mouth closed, evenly lit.

    Never one under a dark colour; one under another colour only if there is no other.
    """
    faces = [s for s in samples if s.measurement.faces == 1 and s.measurement.skin[0]]
    lit = [s for s in faces if s.colour not in DARK]
    plain = [s for s in lit if not s.colour]
    usable = plain or lit
    if not usable:
        return None
    eyes = [s.measurement.eyes for s in usable if s.measurement.eyes is not None]
    wide = float(np.percentile(eyes, BEST_EYES)) if eyes else 0.0
    pitch = (
        neutral.pitch
        if neutral
        else float(np.median([s.measurement.pitch for s in usable]))
    )
    return max(usable, key=lambda s: score(s.measurement, pitch, wide)).seq


def score(m: Measurement, pitch: float, wide: float) -> float:
    """Higher is better; natural units are e-folds of sharpness."""
    turned = m.yaw**2 + (m.pitch - pitch) ** 2 + m.roll**2
    narrowed = max(0.0, 1 - (m.eyes or 0.0) / wide) if wide else 0.0
    return (
        log(max(m.sharpness, 0.1))
        - turned / TURN_COST**2
        - 4.0 * narrowed
        - 6.0 * max(0.0, m.mouth - 0.03)
        - 2.0 * (1 - m.evenness)
        - 3.0 * m.glare
        - 20.0 * m.edge
    )


def same_moment(frame: Measurement, still: Measurement) -> bool:
    """Whether a larger picture shows what the frame shows: place, pose, face, scene."""
    if frame.faces != 1 or still.faces != 1:
        return False
    places = ((frame.x, still.x), (frame.y, still.y), (frame.size, still.size))
    angles = ((frame.yaw, still.yaw), (frame.pitch, still.pitch), (frame.roll, still.roll))
    return (
        all(abs(a - b) < SAME_PLACE for a, b in places)
        and all(abs(a - b) < SAME_ANGLE for a, b in angles)
        and alike(frame.thumbnail, still.thumbnail) > SAME_SCENE
        and alike(frame.shape, still.shape) > SAME_SCENE
    )
