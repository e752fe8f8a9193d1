"""A face that answers every prompt, and all that only looks like one, over the wire."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from skimage import data

from lifecheck_demo.sandbox import create_sandbox
from tests.conftest import Clock
from tests.sandbox.conftest import Pixels
from tests.sandbox.test_api import start
from tests.sandbox.test_camera import Camera, play
from tools.puppet import PARTS, Pose, Puppet, grained

ACTIONS = [name for name in PARTS if name != "LookFront"]
SMALL = (320, 240)
COLOURS = "#FFFFFF,#D8D6FF,#FFCEFD,#000000,#060D3C"
# A white screen makes the skin 3.6 % brighter in 8-bit codes: a phone in a bright room.
REFLECTS = 0.08
PASSED = ["actions-done", "face-seen", "moves-like-a-face"]


@pytest.fixture(name="sandbox")
def _sandbox(tmp_path: Path, clock: Clock) -> Flask:
    """Draws the same sequences every time: what is tried here has a rest of chance."""
    return create_sandbox(data=tmp_path, clock=clock, random=Random(5))


@dataclass
class Stage:
    """A check on which any camera may be tried; knows why it ended as it did."""

    wire: FlaskClient
    clock: Clock
    log: pytest.LogCaptureFixture
    states: list[dict[str, Any]] = field(default_factory=list)

    def run(self, puppet: Puppet, camera: Camera | None = None, **wishes: str) -> str:
        """Let the puppet answer; the camera shows it unless another one is given.

        The answer is the sandbox's outcome.
        """
        self.log.set_level(logging.INFO, "lifecheck_demo.sandbox.runs")
        self.log.clear()
        token = start(self.wire, **{"actions": "", **wishes})

        def watcher(seconds: float, state: dict[str, Any]) -> None:
            action = state["action"] if state["kind"] == "action" else ""
            puppet.ask(seconds, state["step"], action)
            puppet.light(seconds, state["colour"] or "")

        self.states = play(self.wire, self.clock, token, camera or puppet, watcher)
        book = self.wire.application.extensions["sandbox"]
        return str(book.find(token).outcome)

    @property
    def reasons(self) -> list[str]:
        """Why the last run was judged as it was, as the log has it."""
        (judged,) = [r for r in self.log.records if r.getMessage() == "run judged"]
        return [str(reason) for reason in judged.reasons]  # type: ignore[attr-defined]

    @property
    def guidance(self) -> set[str]:
        """All that was told meanwhile."""
        return {state["guidance"] for state in self.states if state["guidance"]}


@pytest.fixture(name="stage")
def _stage(wire: FlaskClient, clock: Clock, caplog: pytest.LogCaptureFixture) -> Stage:
    return Stage(wire, clock, caplog)


@pytest.mark.parametrize("action", ACTIONS)
def test_each_action_passes_when_it_is_asked(stage: Stage, action: str) -> None:
    """At the first try, told nothing but how far to go on."""
    outcome = stage.run(Puppet(size=SMALL), actions=f"LookFront,{action}")

    assert (outcome, stage.reasons) == ("passed", PASSED)
    assert "wrong-action" not in stage.guidance


def test_a_long_sequence_passes(stage: Stage) -> None:
    """Each step begins when the head is back, whatever it did before."""
    asked = "LookFront,LookRight,OpenMouth,NodHead,LookUp,BlinkEye,ShakeHead"
    outcome = stage.run(Puppet(size=SMALL), actions=asked)

    assert (outcome, stage.reasons) == ("passed", PASSED)
    shown = [state["action"] for state in stage.states if state["action"]]
    assert list(dict.fromkeys(shown)) == asked.split(",")


def mistaken(**instead: str) -> Puppet:
    """A puppet that plays other parts than it is asked."""
    changed = {asked: PARTS[part] for asked, part in instead.items()}
    return Puppet(parts={**PARTS, **changed}, size=SMALL)


def test_the_right_actions_in_the_wrong_order_do_not_pass(stage: Stage) -> None:
    """A film of all that was asked, cut for another order."""
    puppet = mistaken(LookLeft="OpenMouth", OpenMouth="LookLeft")
    outcome = stage.run(puppet, actions="LookFront,LookLeft,OpenMouth")

    assert (outcome, stage.reasons[0]) == ("202-actions", "wrong-order")
    assert "wrong-action" in stage.guidance


@pytest.mark.parametrize(
    ("asked", "played"),
    [
        ("LookLeft", "LookRight"),
        ("LookRight", "LookLeft"),
        ("LookUp", "LookDown"),
        ("LookDown", "LookUp"),
        ("ShakeHead", "NodHead"),
        ("NodHead", "ShakeHead"),
    ],
)
def test_the_other_action_is_not_the_asked_one(
    stage: Stage, asked: str, played: str
) -> None:
    """Left is the subject's own, and no action stands for its opposite."""
    outcome = stage.run(mistaken(**{asked: played}), actions=f"LookFront,{asked}")

    assert (outcome, stage.reasons[0]) == ("202-actions", "action-missing")
    assert "wrong-action" in stage.guidance


def test_a_face_that_ignores_the_prompts_does_not_pass(stage: Stage) -> None:
    """It lives, and does nothing that was asked."""
    outcome = stage.run(mistaken(LookUp="LookFront"), actions="LookFront,LookUp")

    assert (outcome, stage.reasons[0]) == ("202-actions", "action-missing")


@pytest.mark.parametrize("delay", [0.1, 0.25, 0.4])
def test_a_face_lit_by_this_screen_passes(stage: Stage, delay: float) -> None:
    """The camera may be that late; the head turns afterwards as asked."""
    puppet = Puppet(reflects=REFLECTS, delay=delay, size=SMALL)
    outcome = stage.run(puppet, colors=COLOURS, actions="LookFront,LookLeft")

    assert outcome == "passed"
    assert set(stage.reasons) == {*PASSED, "flash-followed"}


# A replay leaves so little to read in some frames that nobody is accused.
UNLIT = ("202-hijack", "203-other")


def test_a_face_that_is_not_lit_does_not_pass(stage: Stage) -> None:
    """Every action done, in a room where this screen does not shine."""
    outcome = stage.run(Puppet(size=SMALL), colors=COLOURS, actions="LookFront,LookLeft")

    assert outcome in UNLIT
    assert stage.reasons[0] in ("flash-not-followed", "too-little-light")


def test_a_face_lit_by_another_run_does_not_pass(stage: Stage) -> None:
    """A film of an earlier check, flash and all, shown to a new one."""
    earlier = Puppet(reflects=REFLECTS, size=SMALL)
    assert stage.run(earlier, colors=COLOURS) == "passed"
    film = replace(earlier)
    outcome = stage.run(Puppet(), film, colors=COLOURS)

    assert outcome in UNLIT
    assert stage.reasons[0] in ("flash-not-followed", "too-little-light")


def cut_to(puppet: Puppet, other: Callable[[Pixels], Pixels], after: float) -> Camera:
    """A camera that shows the puppet, and from *after* on (seconds) something else."""
    return lambda at: puppet(at) if at < after else grained(other(puppet(at)), at)


def sitting_elsewhere(picture: Pixels) -> Pixels:
    """The same person, nearer and a little to the side."""
    move = np.array([[1.4, 0, -110], [0, 1.4, -20]])
    return np.asarray(cv2.warpAffine(picture, move, SMALL, borderMode=1), np.uint8)


def somebody_else(picture: Pixels) -> Pixels:
    """Another face in the same place: one of the tiny ones that scikit-image carries."""
    tall, wide = 100, 88
    grey = cv2.resize(data.lfw_subset()[3] * 255, (wide, tall), interpolation=2)
    skin = np.clip(grey[..., None] * (0.75, 0.95, 1.2), 0, 255)
    mask = cv2.ellipse(np.zeros((tall, wide)), (44, 50), (36, 44), 0, 0, 360, 1, -1)
    share = cv2.GaussianBlur(mask, (0, 0), 4)[..., None]
    changed = picture.copy()
    place = changed[48 : 48 + tall, 116 : 116 + wide]
    place[:] = place * (1 - share) + skin * share
    return changed


@pytest.mark.parametrize(
    ("other", "reason"),
    [(sitting_elsewhere, "cut"), (somebody_else, "face-swapped")],
)
def test_a_cut_to_another_take_or_face_does_not_pass(
    stage: Stage, other: Callable[[Pixels], Pixels], reason: str
) -> None:
    """It goes on living, and still it is not the one who began."""
    puppet = Puppet(size=SMALL)
    outcome = stage.run(puppet, cut_to(puppet, other, after=3.0))

    assert (outcome, stage.reasons[0]) == ("202-hijack", reason)


# Somebody who looks about and speaks a little: there is something to recognise.
RESTLESS = (
    (0.5, Pose(yaw=9, mouth=0.25)),
    (1.1, Pose(pitch=6)),
    (1.6, Pose(yaw=-9, mouth=0.375)),
    (2.4, Pose(pitch=-6)),
    (2.7, Pose()),
)


def looped(order: Callable[[int], int]) -> Camera:
    """Three seconds of a film over and over, its frames in that order, new grain on all."""
    puppet = Puppet(parts={"": RESTLESS}, size=SMALL)
    film = [puppet(n / 30) for n in range(90)]
    return lambda at: grained(film[order(round(at * 30))], at)


def test_a_film_that_comes_round_again_does_not_pass(stage: Stage) -> None:
    """No frame is the same bytes as another, and yet everything comes again."""
    outcome = stage.run(Puppet(), looped(lambda n: n % 90))

    assert (outcome, stage.reasons[0]) == ("202-hijack", "frames-loop")
