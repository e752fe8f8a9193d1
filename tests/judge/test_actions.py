"""The detectors on series made by hand: what counts, and what only looks like it."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from math import sin
from random import Random

import numpy as np
import pytest
from actor import Pose, measured, ramp

from lifecheck_demo.sandbox.judge import Measurement
from lifecheck_demo.sandbox.judge.actions import Neutral, detector


def fires(action: str, part: Callable[[float], Pose], *, fps: float = 10.0) -> bool:
    random = Random(2)
    neutral = Neutral.of([measured(Pose(), n, random) for n in range(8)])
    one = detector(action, neutral)
    for n in range(round(5 * fps)):
        one.feed(n / fps, measured(part(n / fps), n, random))
    return one.done


@pytest.mark.parametrize("fps", [8.0, 10.0, 15.0, 30.0])
@pytest.mark.parametrize(
    ("action", "part"),
    [
        ("LookLeft", lambda at: Pose(yaw=16 * ramp(at, 1, 2))),
        ("LookDown", lambda at: Pose(pitch=-12 * ramp(at, 1, 2))),
        ("OpenMouth", lambda at: Pose(mouth=0.01 + 0.3 * ramp(at, 1, 2))),
        ("BlinkEye", lambda at: Pose(eyes=0.05 if 1 < at < 1.4 else 0.33)),
        ("ShakeHead", lambda at: Pose(yaw=12 * sin(7 * at))),
        ("NodHead", lambda at: Pose(pitch=13 * sin(7 * at))),
    ],
)
def test_an_action_is_seen_at_any_frame_rate(action, part, fps):
    """The page drops frames rather than queueing them."""
    assert fires(action, part, fps=fps)


@pytest.mark.parametrize(
    ("action", "part"),
    [
        # One frame alone may be a stray.
        ("LookLeft", lambda at: Pose(yaw=16 if 1 < at < 1.1 else 0)),
        ("LookLeft", lambda at: Pose(yaw=7 * ramp(at, 1, 4))),
        # A lift that leans far to the side is a turn.
        ("LookUp", lambda at: Pose(yaw=20 * ramp(at, 1, 3), pitch=10 * ramp(at, 1, 3))),
        # A smile, and talking.
        ("OpenMouth", lambda at: Pose(mouth=0.01 + 0.15 * ramp(at, 1, 3))),
        # Eyes that follow the head down, and eyes that stay shut.
        (
            "BlinkEye",
            lambda at: Pose(
                pitch=-9 * ramp(at, 1, 2), eyes=0.1 if 1.2 < at < 1.8 else 0.33
            ),
        ),
        ("BlinkEye", lambda at: Pose(eyes=0.05 if at > 1 else 0.33)),
        ("BlinkEye", lambda at: Pose(eyes=0.26 if 1 < at < 1.5 else 0.33)),
        # There and back once, very slowly, and the other axis.
        ("ShakeHead", lambda at: Pose(yaw=16 * ramp(at, 1, 2))),
        ("ShakeHead", lambda at: Pose(yaw=12 * sin(1.5 * at))),
        ("ShakeHead", lambda at: Pose(pitch=13 * sin(7 * at))),
        ("NodHead", lambda at: Pose(yaw=13 * sin(7 * at))),
        # A picture of a face, tilted to and fro.
        ("ShakeHead", lambda at: Pose(yaw=9 * sin(7 * at), flat=True)),
        ("NodHead", lambda at: Pose(pitch=13 * sin(7 * at), flat=True)),
    ],
)
def test_what_only_looks_like_an_action_is_none(action, part):
    """Each of these was a false alarm once, or would be without its rule."""
    assert not fires(action, part)


def squeezed(m: Measurement, share: float) -> Measurement:
    """The same face, its points drawn together from above and below."""
    points = np.frombuffer(b64decode(m.rigid), "<i2").reshape(-1, 2) * (1, share)
    text = b64encode(points.round().astype("<i2").tobytes()).decode()
    return replace(m, rigid=text)


@pytest.mark.parametrize(("share", "seen"), [(1.0, True), (0.85, False)])
@pytest.mark.parametrize(("action", "pitch"), [("LookUp", 14), ("LookDown", -14)])
def test_a_lift_that_foreshortens_the_face_is_a_tilted_picture(action, pitch, share, seen):
    """A plane that moves the mesh so far is tilted by forty degrees, and looks it."""
    random = Random(2)
    one = detector(action, Neutral.of([measured(Pose(), n, random) for n in range(8)]))
    for n in range(10):
        one.feed(n / 10, squeezed(measured(Pose(pitch=pitch), n, random), share))

    assert one.done is seen


def test_a_small_shake_is_a_shake():
    """Somebody shy, to one side and back, by less than twelve degrees."""
    assert fires("ShakeHead", lambda at: Pose(yaw=5.7 * (1 + sin(7 * at))))


def test_eyes_opened_wide_blink_too():
    """After the blink they come back to their usual opening only."""

    def part(at: float) -> Pose:
        eyes = 0.42 if at < 2 else 0.33
        return Pose(eyes=0.06 if 2 < at < 2.4 else eyes)

    assert fires("BlinkEye", part, fps=15)


def test_an_unknown_action_is_an_error():
    """The vendor's names only."""
    random = Random(1)
    with pytest.raises(ValueError, match="Dance"):
        detector("Dance", Neutral.of([measured(Pose(), 0, random)]))
