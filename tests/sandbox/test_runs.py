"""A run between two frames: stills, paints, who judges, and what waits meanwhile."""

import io
import json
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from lifecheck_demo.sandbox import create_sandbox, runs
from lifecheck_demo.sandbox.aside import Aside
from lifecheck_demo.sandbox.checks import Ending, open_book
from lifecheck_demo.sandbox.judge import Reason, Verdict, walk
from lifecheck_demo.sandbox.plan import Plan
from tests.conftest import Clock
from tests.sandbox.conftest import Pixels, jpeg
from tests.sandbox.test_api import RESULT, ask, start
from tests.sandbox.test_camera import begin, play, send
from tools.film import frame

pytestmark = pytest.mark.everywhere


def large(pixels: Pixels) -> Pixels:
    """What a better camera would have seen."""
    return np.asarray(cv2.resize(pixels, (1280, 960), interpolation=cv2.INTER_CUBIC))


def small(pixels: Pixels) -> Pixels:
    """As it is posted ten times a second."""
    return np.asarray(cv2.resize(pixels, (320, 240), interpolation=cv2.INTER_AREA))


def photo_of(wire: FlaskClient, token: str) -> Pixels:
    """The photo that the result leads to."""
    address = ask(wire, RESULT, token=token)["data"]["faceImageUrl"]
    data = wire.get(urlsplit(address).path).data
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))


def in_another_room(pixels: Pixels) -> Pixels:
    """The same face, and everything around it inverted."""
    mask = np.zeros(pixels.shape[:2], np.uint8)
    cv2.ellipse(mask, (320, 190), (110, 150), 0, 0, 360, 255, -1)
    return np.where(mask[..., None] > 0, pixels, 255 - pixels).astype(np.uint8)


Still = Callable[[Pixels], Pixels]


def run_with_stills(
    wire: FlaskClient, clock: Clock, token: str, still: Still
) -> tuple[int, Pixels]:
    """A run whose page sends *still* when it is asked to; how often, and the photo."""
    seen: list[Pixels] = []
    asked: list[Pixels] = []

    def camera(seconds: float) -> Pixels:
        seen.append(frame(seconds))
        return small(seen[-1])

    def larger() -> Pixels:
        asked.append(still(seen[-1]))
        return asked[-1]

    play(wire, clock, token, camera, still=larger)
    return len(asked), photo_of(wire, token)


def test_the_photo_is_cut_from_a_larger_still(wire: FlaskClient, clock: Clock) -> None:
    """Asked for while the face is quiet, and at least 320 px high."""
    token = start(wire, actions="LookFront")

    asked, photo = run_with_stills(wire, clock, token, large)

    assert asked >= 2
    assert photo.shape[0] >= 600
    assert photo.shape[1] / photo.shape[0] == pytest.approx(3 / 4, abs=0.01)


@pytest.mark.parametrize(
    "still",
    [
        lambda pixels: large(np.ascontiguousarray(pixels[:, ::-1])),
        lambda pixels: large(np.roll(pixels, 60, axis=1)),
        lambda pixels: large(in_another_room(pixels)),
        lambda pixels: np.full((960, 1280, 3), 90, np.uint8),
    ],
    ids=["mirrored", "elsewhere", "another room", "no face"],
)
def test_a_still_of_another_moment_is_not_taken(
    wire: FlaskClient, clock: Clock, still: Still
) -> None:
    """Nobody may hand in another portrait than that of the face that was judged."""
    token = start(wire, actions="LookFront")

    asked, photo = run_with_stills(wire, clock, token, still)

    assert asked >= 2
    assert photo.shape[0] <= 240


def test_a_still_has_its_own_limit(wire: FlaskClient, clock: Clock) -> None:
    """Larger than a frame may be, and bounded; one that nobody asked for is not read."""
    token = start(wire, actions="LookFront")
    run = begin(wire, token)
    huge = b"\xff\xd8\xff" + bytes(420_000)
    answers = []
    for seq in range(8):
        clock.move(0.1)
        still = (io.BytesIO(huge), "still.jpg")
        picture = jpeg(small(frame(seq / 10)))
        answer = send(wire, token, run, seq, picture, captured=seq * 100, still=still)
        answers.append(answer)
        if answer.status_code != 200:
            break

    assert answers[0].status_code == 200
    assert (answers[-1].status_code, answers[-1].get_json()["error"]) == (400, "too-big")
    assert answers[-2].get_json()["want_still"]


# Paints


def fresh_state() -> dict[str, Any]:
    """As far as paints are concerned: white was told at 10 s, black at 11 s."""
    issued = [["", 0.0], ["#FFFFFF", 10.0], ["#000000", 11.0]]
    return {"issued": issued, "shown": 0, "on": "", "paints": []}


@pytest.mark.parametrize(
    ("painted", "kept"),
    [(9.8, None), (9.9, 10.0), (10.2, 10.2), (10.5, 10.5), (10.51, None), (99.0, None)],
)
def test_a_paint_counts_only_within_its_window(painted: float, kept: float | None) -> None:
    """A page that could choose the time could fit an old recording to it."""
    state = fresh_state()
    runs._follow_paints(state, 1, painted, 10.6)

    assert state["paints"] == ([["#FFFFFF", kept]] if kept else [])
    assert state["on"] == ("#FFFFFF" if kept else "")


def test_a_page_that_goes_neutral_shows_no_colour(wire: FlaskClient) -> None:
    """As it does the moment the face is lost: no frame counts as lit after that."""
    state = fresh_state()
    runs._follow_paints(state, 1, 10.1, 10.3)
    runs._follow_paints(state, 0, 0.0, 10.4)
    runs._follow_paints(state, 0, 0.0, 10.5)

    assert state["on"] == ""
    assert state["paints"] == [["#FFFFFF", 10.1], ["", 10.4]]


def test_a_colour_that_was_never_told_is_not_believed() -> None:
    """Nor one that has passed."""
    state = fresh_state()
    runs._follow_paints(state, 7, 10.1, 10.3)
    runs._follow_paints(state, 2, 11.1, 11.3)
    runs._follow_paints(state, 1, 10.1, 11.4)

    assert state["paints"] == [["#000000", 11.1]]


def test_a_face_that_is_lost_ends_the_light(wire: FlaskClient, clock: Clock) -> None:
    """And with it the try: the screen is told to be neutral within three frames."""
    token = start(wire, colors="#FFFFFF,#000000")
    lit: list[float] = []

    def camera(seconds: float) -> Pixels:
        gone = bool(lit) and seconds > lit[0] + 1.0
        return np.full((480, 640, 3), 90, np.uint8) if gone else frame(seconds)

    def watcher(seconds: float, said: dict[str, Any]) -> None:
        if said["colour"]:
            lit.append(seconds)

    play(wire, clock, token, camera, watcher)

    assert 0.9 <= lit[-1] - lit[0] <= 1.3
    assert ask(wire, RESULT, token=token)["code"] in {202, 203}


# Judging


@pytest.fixture(name="slow_judge")
def _slow_judge(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """A judge that has begun, and goes on when it is let."""
    begun, go_on = threading.Event(), threading.Event()

    def judge(*_: Any, **__: Any) -> Verdict:
        begun.set()
        assert go_on.wait(30)
        return Verdict(False, 202, (Reason.NO_FACE,), {}, None)

    monkeypatch.setattr(runs, "judge", judge)
    return begun, go_on


def black_until_it_ends(wire: FlaskClient, clock: Clock, token: str, run: str) -> Any:
    """Frames of a covered camera, up to and with the one that ends the run."""
    black = jpeg(np.zeros((240, 320, 3), np.uint8))
    for seq in range(900):
        clock.move(0.1)
        answer = send(wire, token, run, seq, black, captured=seq * 100).get_json()
        if answer["state"] == "done":
            return answer
    raise AssertionError("the run never ended")


def test_others_go_on_while_a_run_is_judged(
    tmp_path: Path,
    state_url: str,
    clock: Clock,
    face: Pixels,
    slow_judge: tuple[threading.Event, threading.Event],
) -> None:
    """Its verdict takes half a second of arithmetic, and locks nothing."""
    begun, go_on = slow_judge
    sandbox = create_sandbox(data=tmp_path, state_url=state_url, clock=clock, judges=2)
    wire = sandbox.test_client()
    token, other = start(wire), start(wire)
    run, other_run = begin(wire, token), begin(wire, other)
    ends: list[Any] = []
    visitor = threading.Thread(
        target=lambda: ends.append(
            black_until_it_ends(sandbox.test_client(), clock, token, run)
        )
    )
    visitor.start()
    assert begun.wait(60)

    meanwhile = send(wire, other, other_run, 0, jpeg(face))
    own = send(wire, token, run, 901, jpeg(face), captured=1e6)
    go_on.set()
    visitor.join(30)

    assert meanwhile.get_json()["state"] == "running"
    assert own.get_json()["state"] == "running"
    assert ends[0]["redirect"].endswith("success=false")


def test_a_run_whose_judge_was_ended_is_judged_by_the_next_frame(
    tmp_path: Path,
    state_url: str,
    clock: Clock,
    face: Pixels,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker may be killed at any moment; the visitor must not wait for ever."""
    wire = create_sandbox(data=tmp_path, state_url=state_url, clock=clock).test_client()
    token = start(wire)
    run = begin(wire, token)
    monkeypatch.setattr(runs, "judge", lambda *_, **__: 1 / 0)
    with pytest.raises(KeyError):
        black_until_it_ends(wire, clock, token, run)
    monkeypatch.undo()
    other = create_sandbox(data=tmp_path, state_url=state_url, clock=clock).test_client()
    clock.move(1)
    early = send(other, token, run, 1000, jpeg(face), captured=1e6).get_json()
    clock.move(3)

    late = send(other, token, run, 1001, jpeg(face), captured=1.1e6).get_json()

    assert early["state"] == "running"
    assert late["state"] == "done"
    assert ask(other, RESULT, token=token)["code"] == 203


def test_two_workers_take_the_frames_of_one_run_in_turn(
    tmp_path: Path, state_url: str, clock: Clock
) -> None:
    """What one remembers, the other reads; the verdict is the same."""
    wires = [
        create_sandbox(data=tmp_path, state_url=state_url, clock=clock).test_client()
        for _ in range(2)
    ]
    token = start(wires[0], actions="LookFront,BlinkEye")
    real_post = wires[0].post
    turn = 0

    def post(*args: Any, **kwargs: Any) -> Any:
        nonlocal turn
        turn += 1
        wire = wires[0] if turn % 3 else wires[1]
        return (real_post if turn % 3 else wire.post)(*args, **kwargs)

    wires[0].post = post  # type: ignore[method-assign]
    states = play(wires[0], clock, token, frame)

    assert states[-1]["redirect"].endswith("success=true")
    assert [s["actions_done"] for s in states] == sorted(s["actions_done"] for s in states)


def test_numbers_of_a_run_do_not_stay_in_memory(
    tmp_path: Path, state_url: str, clock: Clock, face: Pixels
) -> None:
    """Neither after its end nor when it is left alone."""
    book = open_book(tmp_path, state_url, clock=clock)
    kept = runs.Runs(book, Aside(1), clock=clock, random=Random(1))
    wire = create_sandbox(data=tmp_path, state_url=state_url, clock=clock).test_client()
    left, stopped = (begin(wire, start(wire, actions="LookFront")) for _ in range(2))
    for run in (left, stopped):
        kept._known[run] = runs._Known(walk(Plan(()), ()), [], clock.now)
    clock.move(runs.IDLE + 1)
    kept._known[stopped].used_at = clock.now

    book.on_sweep()

    assert list(kept._known) == [stopped]


def test_a_frame_after_the_end_does_not_bring_the_run_back(
    wire: FlaskClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was under way; what was known of the run is gone, and stays so."""
    seen: list[runs.Runs] = []
    begin_of = runs.Runs.begin

    def noted(self: runs.Runs, *args: Any) -> str:
        seen.append(self)
        return begin_of(self, *args)

    monkeypatch.setattr(runs.Runs, "begin", noted)
    token = start(wire)
    run = begin(wire, token)
    black_until_it_ends(wire, clock, token, run)
    send(wire, token, run, 901, jpeg(np.zeros((240, 320, 3), np.uint8)), captured=1e6)

    assert not seen[0]._known


def test_a_camera_may_call_itself_anything(wire: FlaskClient, clock: Clock) -> None:
    """The report tells it, and cannot be broken by it."""
    token = start(wire)
    facts = json.dumps({"label": "\ud800<b>\u202eOBS\u0007", "width": 640, "height": 480})
    form = {"token": token, "consent": "1", "camera": facts}
    run = wire.post("/lifecheck/v2/check/begin", data=form).get_json()["run"]
    black_until_it_ends(wire, clock, token, run)
    link = wire.post(RESULT, data={"token": token}).headers["Link"]
    page = wire.get(urlsplit(link[1:].partition(">")[0]).path)

    assert page.status_code == 200
    assert "&lt;b&gt;OBS" in page.text


def test_a_run_that_was_begun_anew_cannot_be_ended_by_the_old_one(
    sandbox: Flask, wire: FlaskClient
) -> None:
    """Its verdict comes too late."""
    token = start(wire)
    old = begin(wire, token)
    begin(wire, token)

    ended = sandbox.extensions["sandbox"].finish_run(token, old, Ending("passed", {}))

    assert not ended
    assert ask(wire, RESULT, token=token)["code"] == 201
