"""How a run was judged, in the small numbers that its page shows; pure."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .judge import CameraFacts, Paint, Reason, Sample, Verdict
from .judge.actions import LIFT, MOUTH_OPEN, MOUTH_RISE, SHUT, TURN, Neutral
from .judge.flash import ALTERNATIVES, LUMA
from .judge.follow import Course, Walk
from .judge.verdict import GOOD, UNTOLD
from .plan import Kind

Array = npt.NDArray[np.float64]

# More points than a plot has pixels would only make it larger.
MOST_POINTS: Final = 600
# From linear light to 8-bit codes: the sRGB curve is about this power.
TO_CODES: Final = 1 / 2.2


def report_of(
    run: Walk,
    samples: Sequence[Sample],
    paints: Sequence[Paint],
    camera: CameraFacts,
    verdict: Verdict,
) -> dict[str, Any]:
    """What `judged.html` needs of a run that *samples* have led through, 20 to 60 KB.

    Times are seconds from the first frame, angles degrees, light a change of the skin's
    8-bit luma in percent.
    """
    zero = samples[0].captured_at if samples else 0.0
    kept = samples[:: max(1, -(-len(samples) // MOST_POINTS))]
    flashes = [c for c in run.courses if c.step.kind is Kind.FLASH and c.tries]
    return {
        "code": verdict.code,
        "passed": verdict.passed,
        "reasons": [[reason.value, _tone(reason)] for reason in verdict.reasons],
        "numbers": {
            name: [round(float(v), 4) for v in np.atleast_1d(value)]
            for name, value in verdict.measurements.items()
        },
        "others": ALTERNATIVES,
        "frames": len(samples),
        "seconds": _since(zero, samples[-1].captured_at) if samples else 0.0,
        "camera": {
            "label": camera.label,
            "width": camera.width,
            "height": camera.height,
        },
        "neutral": (
            {
                "yaw": round(run.neutral.yaw, 2),
                "pitch": round(run.neutral.pitch, 2),
                "mouth": round(run.neutral.mouth, 4),
                "eyes": run.neutral.eyes and round(run.neutral.eyes, 4),
            }
            if run.neutral
            else None
        ),
        "bounds": _bounds(run.neutral),
        "steps": [_step(course, zero) for course in run.courses],
        "paints": [[paint.colour, _since(zero, paint.at)] for paint in paints],
        "series": {
            "at": [_since(zero, s.captured_at) for s in kept],
            **{name: [_value(s, name) for s in kept] for name in SERIES},
        },
        "light": [_light(one.samples, zero) for course in flashes for one in course.tries],
    }


SERIES: Final = ("yaw", "pitch", "mouth", "eyes")
LEAST_FRAMES: Final = 20


def _tone(reason: Reason) -> str:
    """Whether it speaks for a live person, against one, or leaves it open."""
    return "good" if reason in GOOD else "open" if reason in UNTOLD else "against"


def _since(zero: float, at: float) -> float:
    return round(at - zero, 3)


def _value(sample: Sample, name: str) -> float | None:
    """None where there was no face, or eyes that were not measured."""
    if not sample.measurement.faces:
        return None
    value = getattr(sample.measurement, name)
    return None if value is None else round(float(value), 4)


def _bounds(neutral: Neutral | None) -> dict[str, list[float]]:
    """How far each signal has to go for an action to count."""
    if neutral is None:
        return {}
    bounds = {
        "yaw": [TURN, -TURN],
        "pitch": [LIFT, -LIFT],
        "mouth": [max(MOUTH_OPEN, neutral.mouth + MOUTH_RISE)],
    }
    return bounds | ({"eyes": [SHUT * neutral.eyes]} if neutral.eyes else {})


def _step(course: Course, zero: float) -> dict[str, Any]:
    return {
        "kind": course.step.kind.value,
        "action": course.step.action,
        "done": course.done,
        "tries": [
            {
                "start": _since(zero, one.start),
                "end": _since(zero, max(one.end, one.start)),
                "done": one.done,
                "wrong": one.wrong,
            }
            for one in course.tries
        ],
    }


def _light(samples: Sequence[Sample], zero: float) -> dict[str, list[float]]:
    """The skin's luma over a try of the flash, with drift and motion taken out."""
    seen = [s for s in samples if s.measurement.faces and min(s.measurement.skin) > 0]
    at = np.array([s.captured_at for s in seen])
    if len(seen) < LEAST_FRAMES:
        return {"at": [], "luma": []}
    luma = np.log(np.array([s.measurement.skin for s in seen]) @ LUMA) * TO_CODES
    drift = _drift(seen, at)
    left = luma - drift @ np.linalg.lstsq(drift, luma, rcond=None)[0]
    return {
        "at": [_since(zero, t) for t in at],
        "luma": [round(100 * float(v), 3) for v in left],
    }


def _drift(samples: Sequence[Sample], at: Array) -> Array:
    """What changes the light on a face beside the screen: slow drift, and the pose."""
    time = (at - at.mean()) / max(float(np.ptp(at)), 1e-6)
    pose = np.array(
        [
            (m.yaw, m.pitch, m.roll, m.x, m.y, m.size)
            for m in (s.measurement for s in samples)
        ]
    )
    columns = np.c_[np.ones(len(at)), time, time**2, pose - pose.mean(axis=0)]
    return np.asarray(columns / np.maximum(np.linalg.norm(columns, axis=0), 1e-9))
