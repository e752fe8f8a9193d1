"""One run before the camera: frames in, what to show next out, at the end an outcome."""

import json
import logging
import math
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Final

from .checks import Run
from .judge import (
    CameraFacts,
    Measurement,
    Paint,
    Progress,
    Reason,
    Sample,
    Verdict,
    follow,
    judge,
)
from .judge.portrait import score
from .plan import Plan

if TYPE_CHECKING:
    from .frames import Pixels

log = logging.getLogger(__name__)

FRAMES_A_SECOND: Final = 10
# A blink is over in a tenth of a second or two.
FRAMES_FOR_EYES: Final = 15
MOST_FRAMES: Final = 2000
# So many frames may be under way at once, and overtake each other.
UNDER_WAY: Final = 4
# A page may say that a colour was painted this much after it was told, in seconds.
PAINT_WITHIN: Final = 0.5
# People look a little down into a camera: degrees, before their own pose is known.
USUAL_PITCH: Final = -8.0
JPEG_QUALITY: Final = 90

HIJACK: Final = frozenset(
    {
        Reason.FRAMES_REPEATED,
        Reason.FRAMES_LOOP,
        Reason.TIME_JUMPS,
        Reason.OLDER_THAN_CHALLENGE,
        Reason.UNLIKELY_CAMERA,
        Reason.VIRTUAL_CAMERA,
        Reason.NO_CAMERA_NOISE,
        Reason.CUT,
        Reason.FACE_SWAPPED,
        Reason.FLASH_NOT_FOLLOWED,
    }
)
WRONG_ACTIONS: Final = frozenset({Reason.WRONG_ORDER, Reason.ACTION_MISSING})


class OutOfOrder(RuntimeError):
    """A frame that comes again, too late, or after far too many."""


@dataclass(frozen=True)
class Told:
    """What the page says of a frame, in seconds of its own clock.

    `shown` is the number of the colour that was last painted when it was taken, and
    `painted` when that was.
    """

    seq: int
    captured: float
    shown: int
    painted: float


def new_run(plan: Plan, camera: str) -> dict[str, Any]:
    """The state of a run that begins; *camera* is what the page said, as JSON."""
    return {
        "plan": plan.to_record(),
        "camera": _facts(camera),
        "seq": -1,
        "captured": -1.0,
        "offset": None,
        "step": 0,
        "eyes": False,
        "issued": [["", 0.0]],
        "shown": 0,
        "paints": [],
        "best": None,
    }


def take_frame(
    run: Run,
    told: Told,
    pixels: "Pixels",
    measurement: Measurement,
    now: float,
    random: Random,
) -> dict[str, Any]:
    """Add a frame to *run*; the answer is what the page is to show.

    When the run is over, its state gets an `outcome`. Raises `OutOfOrder`.
    """
    state = run.state
    late = state["seq"] - UNDER_WAY < told.seq < state["seq"]
    if len(run.samples) >= MOST_FRAMES or (told.seq <= state["seq"] and not late):
        raise OutOfOrder
    plan = Plan.from_record(state["plan"])
    samples = [_sample(record) for record in run.samples]
    # Overtaken on its way by a later one: of no more use, and no fault.
    if not late and told.captured > state["captured"]:
        run.newest = _record(state, told, measurement, now)
        samples.append(_sample(run.newest))
        _keep_best(run, pixels, samples[-1])
    progress = follow(plan, samples)
    state["step"], state["eyes"] = progress.step, progress.eyes
    if progress.finished:
        paints = [Paint(*paint) for paint in state["paints"]]
        camera = CameraFacts(**state["camera"])
        verdict = judge(plan, samples, paints, camera, random=random)
        state["outcome"] = outcome_of(verdict)
        log.info("run judged", extra={"code": verdict.code, "reasons": verdict.reasons})
    elif progress.colour != state["issued"][-1][0]:
        state["issued"].append([progress.colour, now])
    return _answer(plan, progress, len(state["issued"]) - 1)


def outcome_of(verdict: Verdict) -> str:
    """The outcome that a verdict ends the check with."""
    if verdict.passed:
        return "passed"
    reasons = set(verdict.reasons)
    if verdict.code == 203:
        return "203-other"
    if reasons & HIJACK:
        return "202-hijack"
    return "202-actions" if reasons & WRONG_ACTIONS else "202-face"


def _record(
    state: dict[str, Any], told: Told, measurement: Measurement, now: float
) -> dict[str, Any]:
    """The sample as it is kept, its times moved onto the server's clock."""
    offset = now - told.captured
    if state["offset"] is not None:
        offset = min(offset, state["offset"])
    state.update(offset=offset, seq=told.seq, captured=told.captured)
    if state["shown"] < told.shown < len(state["issued"]):
        colour, issued = state["issued"][told.shown]
        at = min(max(told.painted + offset, issued), issued + PAINT_WITHIN)
        state["shown"] = told.shown
        state["paints"].append([colour, at])
    return {
        "seq": told.seq,
        "captured_at": told.captured + offset,
        "arrived_at": now,
        "step": state["step"],
        "colour": state["issued"][state["shown"]][0],
        "measurement": measurement.to_record(),
    }


def _sample(record: dict[str, Any]) -> Sample:
    measurement = Measurement.from_record(record["measurement"])
    return Sample(**{**record, "measurement": measurement})


def _keep_best(run: Run, pixels: "Pixels", sample: Sample) -> None:
    """Cut the portrait from this frame if none was better; never in coloured light."""
    measurement = sample.measurement
    if sample.colour or measurement.faces != 1:
        return
    worth = score(measurement, USUAL_PITCH, 0.0)
    if run.state["best"] is not None and worth <= run.state["best"]:
        return
    import cv2

    from .judge import cut_portrait

    portrait = cut_portrait(pixels, measurement)
    done, jpeg = cv2.imencode(".jpg", portrait, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if done:
        run.state["best"] = worth
        run.portrait = jpeg.tobytes()


def _answer(plan: Plan, progress: Progress, shown: int) -> dict[str, Any]:
    step = plan.steps[progress.step]
    acts = [s for s in plan.steps if s.action]
    done = sum(1 for s in plan.steps[: progress.step] if s.action)
    return {
        "state": "done" if progress.finished else "running",
        "step": progress.step,
        "of": len(plan.steps),
        "kind": step.kind,
        "action": step.action or None,
        "colour": progress.colour or None,
        "shown_id": shown,
        "guidance": progress.guidance,
        "seconds_left": math.ceil(progress.seconds_left),
        "waiting": progress.since is None,
        "actions_done": len(acts) if progress.finished else done,
        "fps": FRAMES_FOR_EYES if progress.eyes else FRAMES_A_SECOND,
    }


def _facts(text: str) -> dict[str, Any]:
    """What the page said of its camera, as far as it makes sense."""
    try:
        said = json.loads(text[:1000] or "{}")
    except (ValueError, RecursionError):
        said = {}
    if not isinstance(said, dict):
        said = {}

    def size(name: str) -> float:
        value = said.get(name)
        fit = isinstance(value, int | float) and 0 <= value < 100_000
        return float(value) if fit and value is not None else 0.0

    return {
        "label": str(said.get("label", ""))[:100],
        "width": int(size("width")),
        "height": int(size("height")),
        "frame_rate": size("frameRate"),
    }
