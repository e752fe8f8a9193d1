"""How far a run has come: steps, tries, guidance; from all samples so far, pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Final

from ..plan import Kind, Plan, Step
from . import flash
from .actions import TOO_FAST, Detector, Neutral, detector
from .types import Guidance, Measurement, Progress, Sample

# Seconds.
SETTLE_QUIET: Final = 1.0
SETTLE_LIMIT: Final = 40.0
LOOK_LEAST, LOOK_MOST = 5.0, 10.0
ACTION_LIMIT: Final = 6.0
RETURN_LIMIT: Final = 8.0
RETURN_PATIENCE: Final = 0.6
FLASH_PAUSE: Final = 2.5
# What a flash may take longer than asked, per segment: a slow network.
FLASH_SLACK: Final = 0.8
TOLD_FOR: Final = 1.5
GAP: Final = 1.0

LEAST_QUIET_FRAMES: Final = 6
TRIES: Final = 2
MANY: Final = 3  # frames in a row: the detector doubles a face now and then
LOST: Final = 5
LOST_IN_LIGHT: Final = 2  # then the page goes neutral, and the try is over

TOO_FAR, TOO_NEAR = 0.24, 0.95
EDGE: Final = 0.12
LIVELY: Final = 0.1
OFF_X, OFF_Y = 0.26, 0.24
TOO_DARK, GLARE, WASHED_OUT = 0.14, 0.35, 0.82
BLURRED: Final = 4.0
COVERED: Final = 0.13
FRONTAL_YAW, FRONTAL_ROLL = 15.0, 18.0
LOWEST_PITCH, HIGHEST_PITCH = -26.0, 18.0
QUIET_YAW, QUIET_PITCH, QUIET_MOUTH = 4.0, 5.0, 0.12

# Beside the asked one, these end a try when they are seen instead of it.
WRONG: Final = {
    "LookLeft": ("LookRight", "LookUp", "LookDown", "OpenMouth"),
    "LookRight": ("LookLeft", "LookUp", "LookDown", "OpenMouth"),
    "LookUp": ("LookDown", "LookLeft", "LookRight", "OpenMouth"),
    "LookDown": ("LookUp", "LookLeft", "LookRight", "OpenMouth"),
    "OpenMouth": ("LookLeft", "LookRight", "LookUp", "LookDown", "ShakeHead"),
    "BlinkEye": ("LookLeft", "LookRight", "LookUp", "LookDown", "OpenMouth"),
    "ShakeHead": ("NodHead", "OpenMouth"),
    "NodHead": ("ShakeHead", "OpenMouth"),
    "LookFront": (),
}


@dataclass
class Try:
    """One try at a step: its samples, and how it ended."""

    start: float
    end: float
    done: bool = False
    wrong: str = ""
    samples: list[Sample] = field(default_factory=list)


@dataclass
class Spread:
    """Standard deviation over mean of what was added."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """Take one more value."""
        self.count += 1
        self.total += value
        self.squares += value * value

    @property
    def spread(self) -> float:
        """0 until there are values."""
        if not self.total:
            return 0.0
        mean = self.total / self.count
        return sqrt(max(0.0, self.squares / self.count - mean * mean)) / mean


@dataclass
class Course:
    """A step as it went: when it began, its tries, whether it was done."""

    step: Step
    tries: list[Try] = field(default_factory=list)
    done: bool = False


def follow(plan: Plan, samples: Sequence[Sample]) -> Progress:
    """The progress after the latest sample; the same samples give the same answer."""
    return walk(plan, samples).progress


def walk(plan: Plan, samples: Sequence[Sample]) -> "Walk":
    """Go through the samples in order."""
    taken = Walk(plan)
    for sample in samples:
        taken.feed(sample)
    return taken


class Walk:
    """The state of a run, fed sample by sample."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.courses = [Course(step) for step in plan.steps]
        self.neutral: Neutral | None = None
        self.settled: list[Sample] = []
        self._index = 0
        self._entered: float | None = None
        self._waits_since: float | None = None
        self._since: float | None = None
        self._quiet: list[Sample] = []
        self._eyes = Spread()
        self._detectors: dict[str, Detector] = {}
        self._many = self._none = 0
        self._last: Sample | None = None
        self._segment = 0
        self._segment_since: float | None = None
        self._guidance: Guidance | None = Guidance.NO_FACE
        self._told: tuple[float, Guidance] | None = None
        self._finished = not plan.steps

    @property
    def progress(self) -> Progress:
        """Where the run stands."""
        if self._finished:
            return Progress(self._index, 0, None, self._guidance, True, False, False, 0.0)
        course = self._course
        step = course.step
        at = self._last.captured_at if self._last else 0.0
        return Progress(
            step=self._index,
            attempt=self._attempt,
            since=self._since,
            guidance=self._guidance,
            finished=False,
            eyes=step.kind is not Kind.ACTION or step.action in ("BlinkEye", "LookFront"),
            want_still=step.kind is Kind.SETTLE and len(self._quiet) >= 4,
            seconds_left=round(max(0.0, self._limit - _passed(self._since, at)), 1),
            colour=self._colour,
        )

    @property
    def _course(self) -> Course:
        return self.courses[self._index]

    @property
    def _attempt(self) -> int:
        ended = len(self._course.tries)
        return min(ended - (self._since is not None), TRIES - 1) if ended else 0

    @property
    def _limit(self) -> float:
        match self._course.step.kind:
            case Kind.SETTLE:
                return SETTLE_QUIET
            case Kind.LOOK:
                return LOOK_LEAST
            case Kind.FLASH:
                segments = self._course.step.attempts[self._attempt]
                return sum(part.seconds for part in segments)
        return ACTION_LIMIT

    @property
    def _colour(self) -> str:
        step = self._course.step
        if step.kind is not Kind.FLASH or self._since is None:
            return ""
        return step.attempts[self._attempt][self._segment].colour

    def feed(self, sample: Sample) -> None:
        """Take the next sample."""
        if self._finished:
            return
        at, m = sample.captured_at, sample.measurement
        self._many = self._many + 1 if m.faces > 1 else 0
        self._none = 0 if m.faces else self._none + 1
        if self._entered is None:
            self._entered = at
        kind = self._course.step.kind
        if kind is Kind.SETTLE:
            self._settle(sample)
        elif kind is Kind.LOOK:
            self._look(sample)
        elif kind is Kind.FLASH:
            self._flash(sample)
        else:
            self._act(sample)
        if self._told and self._guidance is None and at - self._told[0] < TOLD_FOR:
            self._guidance = self._told[1]
        self._last = sample

    # One method per kind of step.

    def _settle(self, sample: Sample) -> None:
        """A second of one good, quiet, frontal face; its medians are the neutral."""
        at, m = sample.captured_at, sample.measurement
        self._guidance = self._problem(m) or _posture(m)
        if self._guidance:
            self._quiet, self._since = [], None
            if _passed(self._entered, at) > SETTLE_LIMIT:
                self._end_step(done=False)
            return
        self._quiet.append(sample)
        while not _is_quiet(self._quiet):
            self._quiet.pop(0)
            self._guidance = Guidance.HOLD
        self._since = self._quiet[0].captured_at
        if at - self._since >= SETTLE_QUIET and len(self._quiet) >= LEAST_QUIET_FRAMES:
            self.settled = self._quiet
            self.neutral = _neutral_of(self._quiet)
            self._end_step(done=True)
        elif _passed(self._entered, at) > SETTLE_LIMIT:
            self._end_step(done=False)

    def _look(self, sample: Sample) -> None:
        """Some seconds of the face; a few more when it hardly lives so far."""
        at, m = sample.captured_at, sample.measurement
        self._guidance = self._problem(m)
        if not m.faces or self._many >= MANY:
            if self._none >= LOST or self._many >= MANY:
                self._since = None
            if _passed(self._entered, at) > SETTLE_LIMIT:
                self._end_step(done=False)
            return
        if self._since is None:
            self._begin_try(at)
        self._course.tries[-1].samples.append(sample)
        lasted = _passed(self._since, at)
        if m.eyes is not None:
            self._eyes.add(m.eyes)
        if lasted >= LOOK_MOST or (lasted >= LOOK_LEAST and self._eyes.spread > LIVELY):
            self._end_step(done=True, at=at)

    def _act(self, sample: Sample) -> None:
        """The asked action, from the moment the head is back at the front."""
        at, m = sample.captured_at, sample.measurement
        action = self._course.step.action
        if self._since is None:
            if not self._waits_for_front(sample):
                return
            self._begin_try(at)
            self._detectors = {
                name: detector(name, self.neutral)
                for name in (action, *WRONG[action])
                if self.neutral
            }
        self._course.tries[-1].samples.append(sample)
        self._guidance = self._problem(m, strict=False)
        if m.faces and self._many < MANY:
            seen = [name for name, d in self._detectors.items() if d.feed(at, m)]
            if action in seen:
                self._end_step(done=True, at=at)
                return
            if seen:
                self._course.tries[-1].wrong = seen[0]
                self._end_try(at, Guidance.WRONG_ACTION)
                return
            self._guidance = self._guidance or self._hint(sample)
        if _passed(self._since, at) > ACTION_LIMIT:
            self._end_try(at, Guidance.TURN_MORE if self._nearly else None)

    @property
    def _nearly(self) -> bool:
        asked = self._detectors.get(self._course.step.action)
        return bool(asked and asked.nearly)

    def _hint(self, sample: Sample) -> Guidance | None:
        last, m = self._last, sample.measurement
        if last and last.measurement.faces:
            passed = sample.captured_at - last.captured_at
            moved = max(
                abs(m.yaw - last.measurement.yaw), abs(m.pitch - last.measurement.pitch)
            )
            if moved > TOO_FAST * max(passed, 0.05):
                return Guidance.TOO_FAST
        waited = _passed(self._since, sample.captured_at)
        return Guidance.TURN_MORE if self._nearly and waited > 1.0 else None

    def _flash(self, sample: Sample) -> None:
        """Each colour for its time, counted from the first frame that saw it."""
        at, m = sample.captured_at, sample.measurement
        step = self._course.step
        if self._since is None:
            ready = self._waits_for_front(sample)
            waited = _passed(self._waits_since, at)
            if not ready or (self._course.tries and waited < FLASH_PAUSE):
                return
            self._begin_try(at)
            self._segment, self._segment_since = 0, None
        current = self._course.tries[-1]
        current.samples.append(sample)
        self._guidance = self._problem(m, strict=False) or self._moves(sample)
        segments = step.attempts[self._attempt]
        asked = sum(part.seconds for part in segments)
        if (
            self._none >= LOST_IN_LIGHT
            or at - current.start > asked + FLASH_SLACK * len(segments) + 2
        ):
            self._end_try(at, Guidance.NO_FACE if self._none else None)
            return
        if sample.colour != segments[self._segment].colour:
            return
        if self._segment_since is None:
            self._segment_since = at
        if at - self._segment_since < segments[self._segment].seconds:
            return
        self._segment, self._segment_since = self._segment + 1, None
        if self._segment < len(segments):
            return
        self._segment = len(segments) - 1
        if lit(current.samples):
            self._end_step(done=True, at=at)
        else:
            self._end_try(at, Guidance.MORE_SCREEN_LIGHT)

    def _moves(self, sample: Sample) -> Guidance | None:
        if self.neutral and not self.neutral.faces_front(sample.measurement):
            return Guidance.BACK_TO_FRONT
        return None

    # Beginnings and ends.

    def _waits_for_front(self, sample: Sample) -> bool:
        """Whether a try may begin: a face, back at the front, at rest."""
        at, m = sample.captured_at, sample.measurement
        if self._waits_since is None:
            self._waits_since = at
        waited = at - self._waits_since
        self._guidance = self._problem(m, strict=False)
        if m.faces and self._many < MANY and self.neutral:
            if self.neutral.faces_front(m) and m.mouth - self.neutral.mouth < 0.1:
                return True
            if self._guidance is None and waited > RETURN_PATIENCE:
                self._guidance = Guidance.BACK_TO_FRONT
        if waited > RETURN_LIMIT:
            self._begin_try(at)
            self._end_try(at, None)
        return False

    def _begin_try(self, at: float) -> None:
        self._since = at
        self._waits_since = None
        self._course.tries.append(Try(at, at))

    def _end_try(self, at: float, told: Guidance | None) -> None:
        self._course.tries[-1].end = at
        self._since, self._waits_since = None, at
        self._guidance = told
        self._told = (at, told) if told else None
        if len(self._course.tries) >= TRIES:
            self._end_step(done=False, at=at)

    def _end_step(self, *, done: bool, at: float | None = None) -> None:
        course = self._course
        course.done = done
        if course.tries and at is not None:
            course.tries[-1].end, course.tries[-1].done = at, done
        if done:
            self._guidance = self._told = None
        self._since = self._entered = self._waits_since = None
        # A flash that could not be told goes on to the verdict like one that could.
        if not done or self._index + 1 == len(self.courses):
            self._finished = True
            return
        self._index += 1

    def _problem(self, m: Measurement, *, strict: bool = True) -> Guidance | None:
        """What keeps this frame from being used; *strict* before anything is asked."""
        if not m.faces:
            return _why_no_face(m) if strict or self._none >= LOST_IN_LIGHT else None
        if self._many >= MANY:
            return Guidance.MANY_FACES
        if m.size < TOO_FAR:
            return Guidance.TOO_FAR
        if m.size > TOO_NEAR or m.edge > EDGE:
            return Guidance.TOO_NEAR
        return _picture_problem(m) if strict else None


def _passed(since: float | None, now: float) -> float:
    """Seconds since then; none if that never began."""
    return 0.0 if since is None else now - since


def _why_no_face(m: Measurement) -> Guidance:
    """Light that hides a face is told rather than the missing face."""
    if m.brightness < TOO_DARK / 2:
        return Guidance.TOO_DARK
    return Guidance.TOO_BRIGHT if m.brightness > WASHED_OUT else Guidance.NO_FACE


def _picture_problem(m: Measurement) -> Guidance | None:
    wide = m.width / m.height / 2
    if abs(m.x) > min(OFF_X, 0.6 * wide) or abs(m.y) > OFF_Y:
        return Guidance.OFF_CENTRE
    if m.face_brightness < TOO_DARK:
        return Guidance.TOO_DARK
    if m.glare > GLARE:
        return Guidance.TOO_BRIGHT
    if m.sharpness < BLURRED:
        return Guidance.BLURRED
    if m.under_eyes < COVERED:
        return Guidance.EYES_COVERED
    return None


def _posture(m: Measurement) -> Guidance | None:
    frontal = abs(m.yaw) < FRONTAL_YAW and abs(m.roll) < FRONTAL_ROLL
    if frontal and LOWEST_PITCH < m.pitch < HIGHEST_PITCH:
        return None
    return Guidance.BACK_TO_FRONT


def _is_quiet(samples: Sequence[Sample]) -> bool:
    if len(samples) > 1 and samples[-1].captured_at - samples[-2].captured_at > GAP:
        return False
    if len({s.measurement.faces > 0 for s in samples}) > 1:
        return False
    yaw = [s.measurement.yaw for s in samples]
    pitch = [s.measurement.pitch for s in samples]
    mouth = [s.measurement.mouth for s in samples]
    return (
        max(yaw) - min(yaw) < QUIET_YAW
        and max(pitch) - min(pitch) < QUIET_PITCH
        and max(mouth) - min(mouth) < QUIET_MOUTH
    )


def _neutral_of(samples: Sequence[Sample]) -> Neutral:
    return Neutral.of([s.measurement for s in samples], samples[-1].captured_at)


def lit(samples: Sequence[Sample]) -> bool:
    """Whether the flash left a mark that the verdict can read; else one more try."""
    fit = flash.quick_fit(samples)
    return fit.stands_out and fit.score > LEAST_SCORE


# Below this, the true sequence was not always the first of its rank (measured).
LEAST_SCORE: Final = 45.0
