"""Signs that the pictures are not live from a camera, or not of one scene; pure."""

import re
from base64 import b64decode
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from .actions import Neutral
from .types import CameraFacts, Measurement, Paint, Reason, Sample

FROZEN: Final = 1.5
REPEATS: Final = 2
LONGEST_GAP: Final = 4.0
LATEST: Final = 5.0
EARLY: Final = 0.15
NARROWEST, WIDEST = 120, 8192
SLOWEST, FASTEST = 4.0, 250.0
LONGEST_SIDE: Final = 3.0  # of a picture, over its shorter one

# Consecutive frames, at most this far apart, are held against each other.
NEAR: Final = 0.35
JUMP: Final = 0.4  # of the face's size
GROWTH: Final = 0.25
TWIST: Final = 40.0
# Correlations, measured: the same person from frame to frame from 0.93 (scene) and 0.87
# (face, unless it turns fast), two people up to 0.82 and 0.76.
SCENE: Final = 0.88
FACE: Final = 0.8
SLOW_TURN: Final = 12.0
# Later frames against the settled face: the same person with a wide open mouth 0.65.
SAME_FACE: Final = 0.6
STRANGE_FRAMES: Final = 5

VIRTUAL: Final = re.compile(
    r"\b(obs|manycam|xsplit|snap camera|splitcam|e2esoft|vcam|webcamoid|camtwist|"
    r"mmhmm|v4l2loopback|dummy video|unity video capture|deepfacelive|avatarify|"
    r"virtual (?:cam|camera|webcam))\b|虚拟摄像头",
    re.IGNORECASE,
)


def camera_signs(
    samples: Sequence[Sample], paints: Sequence[Paint], camera: CameraFacts
) -> list[Reason]:
    """Every sign of a hijacked camera, in the order of the enum."""
    checks = (
        (Reason.FRAMES_REPEATED, _repeated(samples)),
        (Reason.TIME_JUMPS, _time_jumps(samples)),
        (Reason.OLDER_THAN_CHALLENGE, _older(samples, paints)),
        (Reason.UNLIKELY_CAMERA, _unlikely(samples, camera)),
        (Reason.VIRTUAL_CAMERA, bool(VIRTUAL.search(camera.label))),
    )
    return [reason for reason, found in checks if found]


def _repeated(samples: Sequence[Sample]) -> bool:
    """The same pixels again: at once for long (frozen), or after others (a loop).

    Twice in a row is innocent: a camera slower than the page gives a frame twice.
    """
    came_back = 0
    last_seen: dict[str, int] = {}
    held_since = samples[0].captured_at if samples else 0.0
    for n, sample in enumerate(samples):
        key = sample.measurement.print
        before = last_seen.get(key)
        if before is not None and n - before > 1:
            came_back += 1
        if before != n - 1:
            held_since = sample.captured_at
        elif sample.captured_at - held_since > FROZEN:
            return True
        last_seen[key] = n
    return came_back >= REPEATS


def _time_jumps(samples: Sequence[Sample]) -> bool:
    """Time that runs backwards, stands still for long, or drifts from ours."""
    backwards = any(b.captured_at <= a.captured_at for a, b in pairwise(samples))
    gaps = any(b.captured_at - a.captured_at > LONGEST_GAP for a, b in pairwise(samples))
    late = [s.arrived_at - s.captured_at for s in samples]
    return backwards or gaps or any(not -EARLY < d < LATEST for d in late)


def _older(samples: Sequence[Sample], paints: Sequence[Paint]) -> bool:
    """A frame said to show a colour before that colour was painted."""
    first: dict[str, float] = {}
    for paint in paints:
        first.setdefault(paint.colour, paint.at)
    return any(
        s.colour and s.captured_at < first.get(s.colour, s.captured_at) - EARLY
        for s in samples
    )


def _unlikely(samples: Sequence[Sample], camera: CameraFacts) -> bool:
    sizes = [(s.measurement.width, s.measurement.height) for s in samples]
    # Turning the phone changes the size once, or there and back.
    changes = sum(a != b for a, b in pairwise(sizes))
    if changes > 2:
        return True
    if camera.frame_rate and not SLOWEST <= camera.frame_rate <= FASTEST:
        return True
    told = (camera.width, camera.height)
    if not all(told):
        return False
    return (
        min(told) < NARROWEST or max(told) > WIDEST or max(told) > LONGEST_SIDE * min(told)
    )


def scene_signs(samples: Sequence[Sample], neutral: Neutral | None) -> list[Reason]:
    """A cut, or another face than the one that settled."""
    reasons = []
    if any(_cut(a, b) for a, b in pairwise(samples)):
        reasons.append(Reason.CUT)
    if neutral is not None and _swapped(samples, neutral):
        reasons.append(Reason.FACE_SWAPPED)
    return reasons


def _cut(a: Sample, b: Sample) -> bool:
    """Two signs at once: the place, the size, the turn, or the scene jumped."""
    if b.captured_at - a.captured_at > NEAR:
        return False
    m, n = a.measurement, b.measurement
    if not (m.faces == 1 and n.faces == 1):
        return False
    size = max(min(m.size, n.size), 1e-6)
    signs = (
        np.hypot(m.x - n.x, m.y - n.y) > JUMP * size,
        abs(np.log(max(m.size, 1e-6) / max(n.size, 1e-6))) > GROWTH,
        max(abs(m.yaw - n.yaw), abs(m.roll - n.roll)) > TWIST,
        alike(m.thumbnail, n.thumbnail) < SCENE,
        abs(m.yaw - n.yaw) < SLOW_TURN and alike(m.shape, n.shape) < FACE,
    )
    return sum(map(bool, signs)) >= 2


def _swapped(samples: Sequence[Sample], neutral: Neutral) -> bool:
    """Another face for some frames in a row, each looking ahead."""
    settled = [s for s in samples if s.captured_at <= neutral.until]
    reference = _mean_shape([s.measurement for s in settled if s.measurement.faces][-15:])
    if reference is None:
        return False
    strange = 0
    for sample in samples:
        m = sample.measurement
        if not m.faces or not neutral.faces_front(m) or m.mouth - neutral.mouth > 0.15:
            continue
        strange = strange + 1 if float(_unit(m.shape) @ reference) < SAME_FACE else 0
        if strange >= STRANGE_FRAMES:
            return True
    return False


def _mean_shape(measurements: Sequence[Measurement]) -> npt.NDArray[np.float64] | None:
    if not measurements:
        return None
    mean: npt.NDArray[np.float64] = np.mean([_unit(m.shape) for m in measurements], axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-9)


def alike(a: str, b: str) -> float:
    """Correlation of two small grey pictures: light and contrast do not matter."""
    if not a or not b:
        return 1.0
    return float(_unit(a) @ _unit(b))


def _unit(text: str) -> npt.NDArray[np.float64]:
    values = np.frombuffer(b64decode(text), np.uint8).astype(np.float64)
    values -= values.mean()
    return values / max(float(np.linalg.norm(values)), 1e-9)
