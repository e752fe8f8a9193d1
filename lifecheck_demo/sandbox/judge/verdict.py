"""All evidence of a run together: what was done, what was seen, and why; pure."""

from collections.abc import Sequence
from itertools import chain
from random import Random
from typing import Final

from ..plan import Kind, Plan
from .flash import Answer, Reflection, reflection, together
from .follow import Course, Try, Walk, walk
from .hijack import camera_signs, scene_signs
from .passive import LEAST_FRAMES as LEAST_FRONT
from .passive import Life, life, loop_period, turned_round
from .portrait import best_frame
from .types import CameraFacts, Paint, Reason, Sample, Verdict

LEAST_FRAMES: Final = 8
BLACK: Final = 0.02
# No still tilted by up to 40 degrees did one of these; the others want life as well.
BEYOND_A_PICTURE: Final = frozenset(
    {"LookLeft", "LookRight", "LookUp", "LookDown", "OpenMouth", "BlinkEye"}
)
# Paints this long before a try's first frame still belong to it.
AROUND: Final = 0.7

PASSED, NOT_PASSED, NOT_TOLD = 200, 202, 203
GOOD: Final = frozenset(
    {
        Reason.FACE_SEEN,
        Reason.MOVES_LIKE_A_FACE,
        Reason.ACTIONS_DONE,
        Reason.FLASH_FOLLOWED,
    }
)
UNTOLD: Final = frozenset(
    {
        Reason.TOO_FEW_FRAMES,
        Reason.BLACK_FRAMES,
        Reason.TOO_LITTLE_LIGHT,
        Reason.NEVER_STILL,
    }
)


def judge(
    plan: Plan,
    samples: Sequence[Sample],
    paints: Sequence[Paint],
    camera: CameraFacts,
    *,
    random: Random,
) -> Verdict:
    """The verdict on a run that `follow` called finished (or that broke off).

    Nothing that could not be told is called fake: without usable frames, or with too
    little light to read, the answer is 203 unless something else speaks against it.
    """
    if len(samples) < LEAST_FRAMES:
        return _verdict([Reason.TOO_FEW_FRAMES], {}, None)
    dark = sum(s.measurement.brightness < BLACK for s in samples)
    if dark > 0.8 * len(samples):
        return _verdict([Reason.BLACK_FRAMES], {}, None)

    run = walk(plan, samples)
    reasons = camera_signs(samples, paints, camera) + scene_signs(samples, run.neutral)
    reflections = {
        n: [_reflect(one, paints, random) for one in course.tries]
        for n, course in enumerate(run.courses)
        if course.step.kind is Kind.FLASH
    }
    reasons += chain.from_iterable(map(_flash_reasons, reflections.values()))
    reasons += _action_reasons(run)
    alive = life(samples, run.neutral) if run.neutral else None
    loops = {"loop_seconds": loop_period(samples), "turned_after": turned_round(samples)}
    again = {name: seconds for name, seconds in loops.items() if seconds is not None}
    reasons += _face_reasons(run, samples, alive, looped=bool(again))
    if not any(reason not in GOOD for reason in reasons) and not _complete(
        run, reflections
    ):
        # Broken off, or a flash that `follow` gave up and the verdict did not.
        reasons.append(Reason.TOO_FEW_FRAMES)
    measurements = _measurements(run, alive, reflections) | again
    return _verdict(reasons, measurements, best_frame(samples, run.neutral))


def _verdict(
    reasons: Sequence[Reason],
    measurements: dict[str, float | list[float]],
    portrait: int | None,
) -> Verdict:
    against = [reason for reason in reasons if reason not in GOOD]
    if not against and portrait is None:
        against = [Reason.NO_FACE]
        reasons = [*reasons, Reason.NO_FACE]
    code = PASSED
    if against:
        code = NOT_TOLD if set(against) <= UNTOLD else NOT_PASSED
    # What speaks against comes first: it is what people ask for.
    ordered = sorted(dict.fromkeys(reasons), key=lambda reason: reason in GOOD)
    return Verdict(
        not against, code, tuple(ordered), measurements, None if against else portrait
    )


def _reflect(one: Try, paints: Sequence[Paint], random: Random) -> Reflection:
    begin, end = one.start - AROUND, one.end + AROUND
    own = [paint for paint in paints if begin <= paint.at <= end]
    while own and not own[0].colour:
        own.pop(0)
    return reflection(one.samples, own, random)


def _flash_reasons(tries: Sequence[Reflection]) -> list[Reason]:
    if not tries:
        return []
    reasons = {
        Answer.FOLLOWS: Reason.FLASH_FOLLOWED,
        Answer.DIFFERS: Reason.FLASH_NOT_FOLLOWED,
        Answer.UNCLEAR: Reason.TOO_LITTLE_LIGHT,
    }
    return [reasons[together(tries)]]


def _action_reasons(run: Walk) -> list[Reason]:
    """Done in order, or what was missing; another asked action instead is an order."""
    asked = [course for course in run.courses if course.step.kind is Kind.ACTION]
    if not asked:
        return []
    if all(course.done for course in asked):
        return [Reason.ACTIONS_DONE]
    failed = next((course for course in asked if not course.done), None)
    if failed is None or not failed.tries or not run.progress.finished:
        return []
    others = {course.step.action for course in asked if course is not failed}
    swapped = any(one.wrong in others for one in failed.tries)
    return [Reason.WRONG_ORDER if swapped else Reason.ACTION_MISSING]


def _face_reasons(
    run: Walk, samples: Sequence[Sample], alive: Life | None, *, looped: bool
) -> list[Reason]:
    if alive is None:
        seen = sum(s.measurement.faces > 0 for s in samples)
        return [Reason.NEVER_STILL if 2 * seen > len(samples) else Reason.NO_FACE]
    reasons = [Reason.FACE_SEEN]
    if looped:
        reasons.append(Reason.FRAMES_LOOP)
    done = {course.step.action for course in run.courses if course.done}
    if alive.lives or done & BEYOND_A_PICTURE:
        reasons.append(Reason.MOVES_LIKE_A_FACE)
    elif alive.frames >= LEAST_FRONT and run.progress.finished:
        reasons.append(Reason.STILL_PICTURE)
    else:
        reasons.append(Reason.TOO_FEW_FRAMES)
    return reasons


def _complete(run: Walk, reflections: dict[int, list[Reflection]]) -> bool:
    """Whether every step was done; a flash counts by its light, not by its clock."""
    return all(
        course.done or any(one.answer is Answer.FOLLOWS for one in reflections.get(n, []))
        for n, course in enumerate(run.courses)
    )


def _measurements(
    run: Walk, alive: Life | None, reflections: dict[int, list[Reflection]]
) -> dict[str, float | list[float]]:
    """The numbers for the page that shows how it was judged."""
    numbers: dict[str, float | list[float]] = {}
    if alive:
        numbers |= {
            "eyes_vary": alive.eyes,
            "bend": alive.bend,
            "mouth_varies": alive.mouth,
            "blinked": float(alive.blinked),
        }
    if run.neutral:
        numbers |= {"neutral_yaw": run.neutral.yaw, "neutral_pitch": run.neutral.pitch}
    for n, course in enumerate(run.courses):
        if course.tries:
            numbers[f"step_{n}"] = _span(course)
    for n, tries in reflections.items():
        for k, one in enumerate(tries):
            numbers[f"flash_{n}_{k}"] = [
                one.p,
                one.fit.correlation,
                one.fit.strength,
                one.fit.error,
                one.fit.lag,
            ]
    return numbers


def _span(course: Course) -> list[float]:
    """Start and end of each try, one after the other."""
    return list(chain.from_iterable((one.start, one.end) for one in course.tries))
