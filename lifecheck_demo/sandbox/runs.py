"""Runs before the camera: frames in, what to show next out, at the end an outcome."""

import json
import logging
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Final

from .aside import Aside
from .checks import CheckBook, Ending, Run
from .judge import (
    CameraFacts,
    Measurement,
    Paint,
    Progress,
    Reason,
    Sample,
    Verdict,
    judge,
    walk,
)
from .judge.follow import Walk
from .judge.portrait import same_moment, score
from .plan import Plan
from .report import report_of

if TYPE_CHECKING:
    from .frames import Pixels

log = logging.getLogger(__name__)

FRAMES_A_SECOND: Final = 10
# A blink is over in a tenth of a second or two.
FRAMES_FOR_EYES: Final = 15
MOST_FRAMES: Final = 4000
# So many frames may be under way at once, and overtake each other.
UNDER_WAY: Final = 4
# A colour counts as painted if the page says so within this time from when it was told,
# in seconds: a page that may bend time further could fit an old recording to it.
PAINT_WITHIN: Final = 0.5
# By so much the clocks of page and server may disagree, in seconds.
CLOCKS: Final = 0.15
# People look a little down into a camera: degrees, before their own pose is known.
USUAL_PITCH: Final = -8.0
JPEG_QUALITY: Final = 90
# A worker that was ended while it judged is given so long, in seconds.
JUDGED_WITHIN: Final = 3.0
# Runs that are remembered between frames; of others the numbers are read again.
REMEMBERED: Final = 8
# How long after its last frame a run is remembered, in seconds.
IDLE: Final = 10.0

HIJACK: Final = frozenset(
    {
        Reason.FRAMES_REPEATED,
        Reason.FRAMES_LOOP,
        Reason.TIME_JUMPS,
        Reason.OLDER_THAN_CHALLENGE,
        Reason.UNLIKELY_CAMERA,
        Reason.VIRTUAL_CAMERA,
        Reason.CUT,
        Reason.FACE_SWAPPED,
        Reason.FLASH_NOT_FOLLOWED,
    }
)
WRONG_ACTIONS: Final = frozenset({Reason.WRONG_ORDER, Reason.ACTION_MISSING})


def is_late(seq: int, state: dict[str, Any]) -> bool:
    """Whether a later frame has overtaken this one, which is no fault.

    Raises `OutOfOrder` and `TooManyFrames`.
    """
    # Counted, since a page need not number them in steps of one.
    if seq >= MOST_FRAMES or state["frames"] >= MOST_FRAMES:
        raise TooManyFrames
    late = bool(state["seq"] - UNDER_WAY < seq < state["seq"])
    if seq <= state["seq"] and not late:
        raise OutOfOrder
    return late


class OutOfOrder(RuntimeError):
    """A frame that comes again, or too late."""


class TooManyFrames(RuntimeError):
    """More frames for one run than any run needs; it has to be begun anew."""


@dataclass(frozen=True)
class Told:
    """What the page says of a frame, in seconds of its own clock.

    `shown` is the number of the colour that was last painted when it was taken (0: the
    page is neutral), and `painted` when that was.
    """

    seq: int
    captured: float
    shown: int
    painted: float


@dataclass(frozen=True)
class Picture:
    """Pixels, shape (height, width, 3), and what was measured in them."""

    pixels: "Pixels"
    measurement: Measurement


@dataclass
class _Known:
    """The samples of a run so far, and how far they have led."""

    walk: Walk
    samples: list[Sample]
    used_at: float = 0.0


class Runs:
    """The runs of a `CheckBook`; a frame is measured once and its numbers read once.

    What is remembered between two frames only saves reading it again: another worker
    may have had the frames in between.
    """

    def __init__(
        self,
        book: CheckBook,
        aside: Aside,
        *,
        clock: Callable[[], float],
        random: Random,
    ) -> None:
        self._book = book
        self._aside = aside
        self._clock = clock
        self._random = random
        self._known: OrderedDict[str, _Known] = OrderedDict()
        book.on_sweep = self.drop_idle

    def drop_idle(self) -> None:
        """Forget the numbers of runs that nobody goes on with."""
        now = self._clock()
        for run_id, known in list(self._known.items()):
            if not 0 <= now - known.used_at <= IDLE:
                self._known.pop(run_id, None)

    def begin(self, token: str, plan: Plan, camera: str, salt: str) -> str:
        """Begin a run; *camera* is what the page said of it, as JSON. The run's id.

        Raises `TooManyRuns`.
        """
        state = {
            "plan": plan.to_record(),
            "salt": salt,
            "camera": _facts(camera),
            "seq": -1,
            "frames": 0,
            "captured": -1.0,
            "offset": None,
            "step": 0,
            "issued": [["", 0.0]],
            "shown": 0,
            "on": "",
            "paints": [],
            "best": None,
            "want_still": False,
            "ended_at": None,
        }
        return self._book.begin_run(token, state)

    def take(
        self, token: str, run_id: str, told: Told, frame: Picture, still: Picture | None
    ) -> dict[str, Any] | None:
        """Add a frame; the answer is what the page is to show, None if the run is gone.

        *still* is a larger picture of the same moment. The answer's `state` is `ended`
        when the run is to be judged now. Raises `OutOfOrder` and `TooManyFrames`.
        """
        now = self._clock()
        try:
            with self._book.run(token, run_id) as run:
                return self._add(run, told, frame, still, now) if run else None
        except (OutOfOrder, TooManyFrames):
            raise
        except BaseException:
            # It may hold what was not kept.
            self._known.pop(run_id, None)
            raise

    def judge(self, token: str, run_id: str) -> bool:
        """Judge a run that has ended, and end its check with it; false if it is gone.

        Nothing is locked meanwhile: other runs go on. Raises `Busy`; then one of the
        frames that come later has it judged.
        """
        with self._book.run(token, run_id) as run:
            if run is None:
                return False
            state, known = run.state, self._read(run)
        # Nobody adds to it any more: frames that come after the end are not read.
        taken, samples = known.walk, known.samples
        paints = [Paint(*paint) for paint in state["paints"]]
        camera = CameraFacts(**state["camera"])
        verdict = self._aside.do(
            lambda: judge(taken.plan, samples, paints, camera, random=self._random)
        )
        outcome = outcome_of(verdict)
        if verdict.passed and state["best"] is None:
            outcome = "203-other"
        report = report_of(taken, samples, paints, camera, verdict)
        ended = self._book.finish_run(token, run_id, Ending(outcome, report))
        self._known.pop(run_id, None)
        if ended:
            said = {"code": verdict.code, "reasons": verdict.reasons}
            log.info("run judged", extra=said)
        return ended

    def _read(self, run: Run) -> _Known:
        """All samples of *run*, of which those that are remembered are not read again."""
        known = self._known.get(run.id)
        if known is None:
            known = _Known(walk(Plan.from_record(run.state["plan"]), ()), [])
            self._known[run.id] = known
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        known.used_at = self._clock()
        if run.id in self._known:
            self._known.move_to_end(run.id)
        last = known.samples[-1].seq if known.samples else -1
        for record in run.records_after(last):
            _feed(known, record)
        return known

    def _add(
        self, run: Run, told: Told, frame: Picture, still: Picture | None, now: float
    ) -> dict[str, Any]:
        state = run.state
        late = is_late(told.seq, state)
        state["frames"] += 1
        if state["ended_at"] is not None:
            return _after_the_end(state, now)
        known = self._read(run)
        plan = known.walk.plan
        # Overtaken on its way by a later one: of no more use, and no fault.
        if not late and told.captured > state["captured"]:
            run.newest = _record(state, told, frame.measurement, now)
            _feed(known, run.newest)
            _keep_best(run, known.samples[-1], frame, still)
        progress = known.walk.progress
        state.update(step=progress.step, want_still=progress.want_still)
        if not progress.finished and progress.colour != state["issued"][-1][0]:
            # Told from now on: waiting for the lock is no fault of the page.
            state["issued"].append([progress.colour, self._clock()])
        answer = _answer(state, plan, progress)
        if progress.finished:
            state.update(ended_at=now, last=answer)
        return answer


def _after_the_end(state: dict[str, Any], now: float) -> dict[str, Any]:
    """A frame that was under way: of use only if whoever judged has been ended."""
    if now - state["ended_at"] > JUDGED_WITHIN:
        state["ended_at"] = now
        return {**state["last"], "state": "ended"}
    return {**state["last"], "state": "running"}


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


def _feed(known: _Known, record: dict[str, Any]) -> None:
    measurement = Measurement.from_record(record["measurement"])
    sample = Sample(**{**record, "measurement": measurement})
    known.samples.append(sample)
    known.walk.feed(sample)


def _record(
    state: dict[str, Any], told: Told, measurement: Measurement, now: float
) -> dict[str, Any]:
    """The sample as it is kept, its times moved onto the server's clock."""
    offset = now - told.captured
    if state["offset"] is not None:
        offset = min(offset, state["offset"])
    state.update(offset=offset, seq=told.seq, captured=told.captured)
    at = told.captured + offset
    _follow_paints(state, told.shown, told.painted + offset, at)
    return {
        "seq": told.seq,
        "captured_at": at,
        "arrived_at": now,
        "step": state["step"],
        "colour": state["on"],
        "measurement": measurement.to_record(),
    }


def _follow_paints(state: dict[str, Any], shown: int, painted_at: float, at: float) -> None:
    """Keep what has been on the screen, as far as the page's word can be taken."""
    if shown == 0:
        # The page has gone neutral by itself: it may do so at any time.
        if state["on"]:
            state["on"] = ""
            state["paints"].append(["", at])
        return
    if not state["shown"] < shown < len(state["issued"]):
        return
    colour, issued = state["issued"][shown]
    if issued - CLOCKS <= painted_at <= issued + PAINT_WITHIN:
        state.update(shown=shown, on=colour)
        state["paints"].append([colour, max(painted_at, issued)])


def _keep_best(run: Run, sample: Sample, frame: Picture, still: Picture | None) -> None:
    """Cut the portrait from this picture if none was better; never in coloured light.

    A larger picture is better than any frame, but has to be of the same moment: nobody
    may hand in another person's portrait.
    """
    if sample.colour or frame.measurement.faces != 1:
        return
    large = still is not None and same_moment(frame.measurement, still.measurement)
    best = still if still is not None and large else frame
    worth = [int(large), score(best.measurement, USUAL_PITCH, 0.0)]
    if run.state["best"] is not None and worth <= run.state["best"]:
        return
    import cv2

    from .judge import cut_portrait

    portrait = cut_portrait(best.pixels, best.measurement)
    done, jpeg = cv2.imencode(".jpg", portrait, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if done:
        run.state["best"] = worth
        run.portrait = jpeg.tobytes()


def _answer(state: dict[str, Any], plan: Plan, progress: Progress) -> dict[str, Any]:
    step = plan.steps[progress.step]
    acts = [s for s in plan.steps if s.action]
    done = sum(1 for s in plan.steps[: progress.step] if s.action)
    return {
        "state": "ended" if progress.finished else "running",
        "step": progress.step,
        "of": len(plan.steps),
        "kind": step.kind,
        "action": step.action or None,
        "colour": progress.colour or None,
        "shown_id": len(state["issued"]) - 1,
        "guidance": progress.guidance,
        "seconds_left": math.ceil(progress.seconds_left),
        "waiting": progress.since is None,
        "actions_done": len(acts) if progress.finished else done,
        "fps": FRAMES_FOR_EYES if progress.eyes else FRAMES_A_SECOND,
        "want_still": progress.want_still,
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
        "label": "".join(c for c in str(said.get("label", "")) if c.isprintable())[:100],
        "width": int(size("width")),
        "height": int(size("height")),
        "frame_rate": size("frameRate"),
    }
