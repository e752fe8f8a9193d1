"""What may not matter: when a run took place, which side is left, how large a frame is."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest
from actor import PARTS, Actor, Pose, Run, perform, still

from lifecheck_demo.sandbox.judge import (
    CameraFacts,
    Measurement,
    Progress,
    Reason,
    Verdict,
    judge,
)
from lifecheck_demo.sandbox.judge.follow import Walk
from lifecheck_demo.sandbox.plan import Plan, draw_plan

WHITE_AND_BLACK = ("#FFFFFF", "#000000")
FOUR = ("#FFFFFF", "#D8D6FF", "#000000", "#060D3C")
SMALL = CameraFacts("", 640, 480, 30.0)
START = 1000.0
SWAPPED = {"LookLeft": "LookRight", "LookRight": "LookLeft"}


@dataclass(frozen=True)
class Scene:
    """A plan, who stands before the camera, and how the run has to end."""

    colours: tuple[str, ...]
    actions: tuple[str, ...]
    code: int
    reason: Reason
    actor: Callable[[], Actor] = Actor
    change: Callable[[Run], Run] = lambda run: run


def doing(**parts: str) -> Callable[[], Actor]:
    """Somebody who does another part than the asked one, or none."""

    def actor() -> Actor:
        one = Actor()
        one.parts.update({asked: PARTS.get(done, still) for asked, done in parts.items()})
        return one

    return actor


def moving(change: Callable[[float, Pose], Pose]) -> Callable[[], Actor]:
    return lambda: Actor(change=change)


def photo(tilt: float) -> Callable[[], Actor]:
    """A still, held or tilted to and fro."""

    def change(at: float, pose: Pose) -> Pose:
        waved = tilt * (1 - abs(at % 2 - 1)) if at > 3 else 0.0
        return replace(pose, flat=True, yaw=waved, pitch=0.0, eyes=0.33, mouth=0.01)

    return moving(change)


def lit_by_another_sequence() -> Actor:
    """A recording of earlier flashes, one after the other."""
    draw = Random(12)
    lengths = [draw.randint(5, 10) / 10 for _ in range(80)]
    changes = [sum(lengths[:n]) for n in range(len(lengths))]

    def change(at: float, pose: Pose) -> Pose:
        white = sum(moment <= at for moment in changes) % 2
        return replace(pose, light=(0.1 * white,) * 3)

    return Actor(change=change)


SCENES = {
    "silent": Scene((), (), 200, Reason.FACE_SEEN),
    "all nine actions": Scene((), tuple(PARTS), 200, Reason.ACTIONS_DONE),
    "white and black": Scene(WHITE_AND_BLACK, (), 200, Reason.FLASH_FOLLOWED),
    "four colours": Scene(FOUR, (), 200, Reason.FLASH_FOLLOWED),
    "flash and actions": Scene(
        FOUR, ("LookFront", "LookRight", "OpenMouth"), 200, Reason.FLASH_FOLLOWED
    ),
    "actions, then flash": Scene(
        FOUR, ("NodHead", "LookFront", "BlinkEye"), 200, Reason.ACTIONS_DONE
    ),
    "wrong order": Scene(
        (),
        ("LookLeft", "OpenMouth"),
        202,
        Reason.WRONG_ORDER,
        doing(LookLeft="OpenMouth", OpenMouth="LookLeft"),
    ),
    "left for right": Scene(
        (), ("LookUp", "LookRight"), 202, Reason.ACTION_MISSING, doing(LookRight="LookLeft")
    ),
    "no shake": Scene((), ("ShakeHead",), 202, Reason.ACTION_MISSING, doing(ShakeHead="")),
    "held still": Scene((), (), 202, Reason.STILL_PICTURE, photo(0.0)),
    "waved still": Scene((), (), 202, Reason.STILL_PICTURE, photo(4.0)),
    "still in a flash": Scene(FOUR, (), 202, Reason.STILL_PICTURE, photo(4.0)),
    "un-lit": Scene(FOUR, (), 202, Reason.FLASH_NOT_FOLLOWED, lambda: Actor(reflects=0.0)),
    "un-lit, with an action": Scene(
        WHITE_AND_BLACK,
        ("LookFront", "LookLeft"),
        202,
        Reason.FLASH_NOT_FOLLOWED,
        lambda: Actor(reflects=0.0),
    ),
    "another flash": Scene(
        FOUR, (), 202, Reason.FLASH_NOT_FOLLOWED, lit_by_another_sequence
    ),
    "cut": Scene(
        (),
        (),
        202,
        Reason.CUT,
        moving(lambda at, pose: replace(pose, x=0.25, size=0.8) if at > 4 else pose),
    ),
    "another person": Scene(
        (),
        (),
        202,
        Reason.FACE_SWAPPED,
        moving(lambda at, pose: replace(pose, stranger=at > 4)),
    ),
    "never at rest": Scene(
        (),
        (),
        203,
        Reason.NEVER_STILL,
        moving(lambda at, pose: replace(pose, yaw=12 * (1 - abs(at % 2 - 1)))),
    ),
    "broken off": Scene(
        (),
        ("LookLeft", "LookRight"),
        203,
        Reason.TOO_FEW_FRAMES,
        change=lambda run: replace(run, samples=run.samples[:20]),
    ),
}


@cache
def performed(name: str) -> Run:
    scene = SCENES[name]
    plan = draw_plan(scene.colours, scene.actions, Random(3))
    return scene.change(perform(plan, scene.actor(), start=START))


@pytest.fixture(params=SCENES)
def scene(request):
    return request.param


@cache
def as_it_was(name: str) -> tuple[Any, list[Progress]]:
    """How the scene ended, and what was told on the way."""
    run = performed(name)
    return ended(verdict_of(run, SMALL)), told(run)


def verdict_of(run: Run, camera: CameraFacts) -> Verdict:
    return judge(run.plan, run.samples, run.paints, camera, random=Random(1))


def ended(verdict: Verdict) -> tuple[int, tuple[Reason, ...], int | None]:
    return verdict.code, verdict.reasons, verdict.portrait


def told(run: Run) -> list[Progress]:
    """What the page was told after each frame, but for the times."""
    walk, progresses = Walk(run.plan), []
    for sample in run.samples:
        walk.feed(sample)
        since = None if walk.progress.since is None else 0.0
        progresses.append(replace(walk.progress, since=since, seconds_left=0.0))
    return progresses


def test_each_scene_ends_as_it_is_meant_to(scene):
    """Or the properties below would hold for nothing."""
    (code, reasons, _), _ = as_it_was(scene)
    assert code == SCENES[scene].code
    assert SCENES[scene].reason in reasons


def shifted(run: Run, by: float) -> Run:
    samples = [
        replace(s, captured_at=s.captured_at + by, arrived_at=s.arrived_at + by)
        for s in run.samples
    ]
    return replace(
        run, samples=samples, paints=[replace(p, at=p.at + by) for p in run.paints]
    )


@pytest.mark.parametrize(
    "by",
    [
        pytest.param(1.7e9 + 0.123, id="since 1970"),
        pytest.param(-START - 7, id="through zero"),
        pytest.param(-4e6, id="before zero"),
    ],
)
def test_when_a_run_took_place_changes_nothing(scene, by):
    """Only differences of times count, whatever a clock calls now."""
    moved = shifted(performed(scene), by)
    assert (ended(verdict_of(moved, SMALL)), told(moved)) == as_it_was(scene)


@pytest.mark.parametrize("name", ["all nine actions", "flash and actions", "silent"])
def test_no_moment_of_a_run_is_special(name):
    """Zero is a time like any other: each frame's own is moved there."""
    run = performed(name)
    for sample in run.samples[:: max(1, len(run.samples) // 40)]:
        assert told(shifted(run, -sample.captured_at)) == as_it_was(name)[1]


def flipped(text: str, rows: int) -> str:
    """A small grey picture, left and right swapped."""
    picture = np.frombuffer(b64decode(text), np.uint8).reshape(rows, -1)
    return b64encode(picture[:, ::-1].tobytes()).decode()


def mirrored(run: Run) -> Run:
    def other_side(m: Measurement) -> Measurement:
        points = np.frombuffer(b64decode(m.rigid), "<i2").reshape(-1, 2) * (-1, 1)
        forehead, left, right = m.patches
        return replace(
            m,
            yaw=-m.yaw,
            roll=-m.roll,
            x=-m.x,
            eye_left=m.eye_right,
            eye_right=m.eye_left,
            patches=(forehead, right, left),
            rigid=b64encode(points.astype("<i2").tobytes()).decode(),
            shape=flipped(m.shape, 12),
            thumbnail=flipped(m.thumbnail, 12),
        )

    steps = tuple(
        replace(step, action=SWAPPED.get(step.action, step.action))
        for step in run.plan.steps
    )
    samples = [replace(s, measurement=other_side(s.measurement)) for s in run.samples]
    return replace(run, plan=Plan(steps), samples=samples)


def test_mirroring_with_left_and_right_swapped_changes_nothing(scene):
    """No side of a face is preferred."""
    other = mirrored(performed(scene))
    assert (ended(verdict_of(other, SMALL)), told(other)) == as_it_was(scene)


def test_mirroring_alone_makes_the_wrong_turn():
    """The property above does not hold for want of a difference."""
    run = performed("flash and actions")
    other = replace(mirrored(run), plan=run.plan)
    assert Reason.ACTIONS_DONE not in verdict_of(other, SMALL).reasons


@pytest.mark.parametrize("times", [0.5, 3.0])
def test_the_size_of_the_picture_changes_nothing(scene, times):
    """Lengths are in frame heights; what the camera says of itself grows with it."""

    def scaled(m: Measurement) -> Measurement:
        return replace(m, width=round(m.width * times), height=round(m.height * times))

    run = performed(scene)
    samples = [replace(s, measurement=scaled(s.measurement)) for s in run.samples]
    other = replace(run, samples=samples)
    camera = CameraFacts("", round(640 * times), round(480 * times), 30.0)
    assert (ended(verdict_of(other, camera)), told(other)) == as_it_was(scene)
