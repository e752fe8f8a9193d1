"""A made-up face that answers prompts, as measurements: no picture is involved."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from math import exp, sin
from random import Random

import numpy as np

from lifecheck_demo.sandbox.judge import (
    Measurement,
    Paint,
    Progress,
    Sample,
)
from lifecheck_demo.sandbox.judge.follow import follow
from lifecheck_demo.sandbox.plan import Kind, Plan

ROOM = 0.25
LUMA = (0.2126, 0.7152, 0.0722)


def skull() -> np.ndarray:
    """32 points on the front of an ellipsoid; 10 and 13 are the eyes' corners."""
    draw = np.random.default_rng(3)
    points = draw.uniform((-0.4, -0.5), (0.4, 0.5), (32, 2))
    points[10], points[13] = (-0.3, -0.1), (0.3, -0.1)
    depth = -np.sqrt(np.maximum(0.05, 1 - 2 * (points**2).sum(axis=1))) * 0.8
    return np.c_[points, depth]


SKULL = skull()
OTHER = np.random.default_rng(9).integers(0, 255, 144, dtype=np.uint8)
SAME = np.random.default_rng(4).integers(0, 255, 144, dtype=np.uint8)
SCENE = np.random.default_rng(5).integers(0, 255, 192, dtype=np.uint8)


@dataclass(frozen=True)
class Pose:
    """What the face does in a frame."""

    yaw: float = 0.0
    pitch: float = 0.0
    mouth: float = 0.01
    eyes: float = 0.33
    x: float = 0.0
    y: float = 0.0
    size: float = 0.5
    light: tuple[float, float, float] = (0.0, 0.0, 0.0)
    flat: bool = False
    stranger: bool = False


def measured(pose: Pose, seq: int, random: Random, **changes: object) -> Measurement:
    """The measurement that such a pose would give, with a camera's noise."""
    turn, lift = np.radians(pose.yaw * 1.6), np.radians(pose.pitch * 1.6)
    if pose.flat:
        points = SKULL * (np.cos(turn), np.cos(lift), 0)
        points[:, 2] = SKULL[:, 0] * np.sin(turn) + SKULL[:, 1] * np.sin(lift)
    else:
        about_y = np.array(
            [
                [np.cos(turn), 0, -np.sin(turn)],
                [0, 1, 0],
                [np.sin(turn), 0, np.cos(turn)],
            ]
        )
        about_x = np.array(
            [
                [1, 0, 0],
                [0, np.cos(lift), np.sin(lift)],
                [0, -np.sin(lift), np.cos(lift)],
            ]
        )
        points = SKULL @ about_y @ about_x
    flat = points[:, :2] / (1 + points[:, 2:] / 6)
    flat = flat * pose.size + (pose.x, pose.y)
    flat = flat + np.random.default_rng(seq).normal(0, 0.0004, flat.shape)
    rigid = np.clip(flat * 10_000, -32768, 32767).round().astype("<i2")
    skin = tuple(
        ROOM * tint * (1 + light) * exp(random.gauss(0, 0.001))
        for tint, light in zip((1.3, 0.9, 0.7), pose.light, strict=True)
    )
    behind = tuple(0.1 * (1 + 0.1 * light) for light in pose.light)
    luma = sum(a * b for a, b in zip(LUMA, skin, strict=True))
    shape = OTHER if pose.stranger else SAME
    values = {
        "width": 320,
        "height": 240,
        "brightness": 0.4,
        "print": f"{seq:08x}",
        "thumbnail": b64encode(SCENE.tobytes()).decode(),
        "faces": 1,
        "presence": 1.0,
        "x": pose.x,
        "y": pose.y,
        "size": pose.size,
        "yaw": pose.yaw + random.gauss(0, 0.3),
        "pitch": pose.pitch - 6 + random.gauss(0, 0.3),
        "roll": random.gauss(0, 0.2),
        "mouth": pose.mouth + random.gauss(0, 0.002),
        "lids": pose.eyes,
        "eye_left": pose.eyes + random.gauss(0, 0.004),
        "eye_right": pose.eyes + random.gauss(0, 0.004),
        "skin": skin,
        "patches": (luma * 1.1, luma, luma * 0.9),
        "background": behind,
        "face_brightness": 0.5,
        "evenness": 0.8,
        "sharpness": 60.0,
        "under_eyes": 0.6,
        "rigid": b64encode(rigid.tobytes()).decode(),
        "shape": b64encode(shape.tobytes()).decode(),
    }
    return Measurement(**{**values, **changes})  # type: ignore[arg-type]


# A part is told how long the step has been on (seconds) and plays the pose to that.
Part = Callable[[float], Pose]


def still(_: float) -> Pose:
    return Pose()


def ramp(at: float, start: float, end: float) -> float:
    """0 to 1 and back over 0.3 s, between start and end."""
    return min(1.0, max(0.0, (at - start) / 0.3), max(0.0, (end - at) / 0.3))


PARTS: dict[str, Part] = {
    "LookFront": still,
    "LookLeft": lambda at: Pose(yaw=18 * ramp(at, 0.4, 1.6)),
    "LookRight": lambda at: Pose(yaw=-18 * ramp(at, 0.4, 1.6)),
    "LookUp": lambda at: Pose(pitch=13 * ramp(at, 0.4, 1.6)),
    "LookDown": lambda at: Pose(pitch=-13 * ramp(at, 0.4, 1.6)),
    "OpenMouth": lambda at: Pose(mouth=0.01 + 0.35 * ramp(at, 0.4, 1.6)),
    "BlinkEye": lambda at: Pose(eyes=0.05 if 0.5 < at < 0.9 else 0.33),
    "ShakeHead": lambda at: Pose(yaw=10 * sin(6.5 * at) if at < 2.5 else 0.0),
    "NodHead": lambda at: Pose(pitch=13 * sin(6.5 * at) if at < 2.5 else 0.0),
}


@dataclass
class Actor:
    """Plays the part of what the page asks; blinks now and then; can be mistaken."""

    parts: dict[str, Part] = field(default_factory=lambda: dict(PARTS))
    reflects: float = 0.1  # linear light of a white screen over the room's
    latency: float = 0.15
    blinks: bool = True
    change: Callable[[float, Pose], Pose] = lambda _, pose: pose
    slow: float = 0.15  # how late the part begins

    def pose(self, at: float, asked: str, since: float, light: np.ndarray) -> Pose:
        """What the camera sees at this time."""
        part = self.parts.get(asked, still)
        pose = part(max(0.0, at - since - self.slow))
        if self.blinks and asked != "BlinkEye" and at % 3.1 < 0.2:
            pose = replace(pose, eyes=0.06)
        light = tuple(float(v) * self.reflects for v in light)
        return self.change(at, replace(pose, light=light))


@dataclass
class Run:
    """A run as the server would have kept it."""

    plan: Plan
    samples: list[Sample]
    paints: list[Paint]
    progresses: list[Progress]


def linear(colour: str) -> np.ndarray:
    codes = np.array([int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)])
    return np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)


def perform(
    plan: Plan, actor: Actor, *, start: float = 1000.0, fps: float = 10.0, seed: int = 1
) -> Run:
    """Let the actor answer the page until the run is finished (two minutes at most)."""
    random = Random(seed)
    run = Run(plan, [], [], [])
    asked, since, shown = "", start, ""
    for seq, at in enumerate(_clock(start, fps, random)):
        light = np.zeros(3)
        for paint in run.paints:
            if paint.at <= at - actor.latency:
                light = linear(paint.colour) if paint.colour else np.zeros(3)
        pose = actor.pose(at - start, asked, since - start, light)
        m = measured(pose, seq, random)
        run.samples.append(Sample(seq, at, at + 0.04, _step(run), _shown(run, at), m))
        progress = follow(plan, run.samples)
        run.progresses.append(progress)
        if progress.finished:
            break
        if progress.colour != shown:
            shown = progress.colour
            run.paints.append(Paint(shown, at + 0.06))
        step = plan.steps[progress.step]
        now = step.action if step.kind is not Kind.FLASH else "LookFront"
        key = f"{progress.step}.{progress.attempt}"
        if progress.since is None:
            asked, since = "", at
        elif asked != now or getattr(run, "key", "") != key:
            asked, since = now, at
        run.key = key  # type: ignore[attr-defined]
    return run


def _clock(start: float, fps: float, random: Random) -> Iterator[float]:
    for n in range(round(120 * fps)):
        yield start + n / fps + random.uniform(-0.01, 0.01)


def _step(run: Run) -> int:
    return run.progresses[-1].step if run.progresses else 0


def _shown(run: Run, at: float) -> str:
    return next((p.colour for p in reversed(run.paints) if p.at <= at), "")
