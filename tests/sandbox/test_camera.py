"""The camera page and its frames, from begin to verdict."""

import hashlib
import io
import json
from collections.abc import Callable
from itertools import pairwise
from math import sin
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from lifecheck_demo.sandbox import create_sandbox, words
from tests.conftest import Clock
from tests.examine import examine
from tests.sandbox.conftest import Pixels, jpeg
from tests.sandbox.test_api import RESULT, ask, start
from tools.film import frame, grained, portrait

CHECK = "/lifecheck/v2/check"


def begin(wire: FlaskClient, token: str) -> str:
    """Start the camera; the answer is the run."""
    facts = json.dumps(
        {"label": "USB camera", "width": 640, "height": 480, "frameRate": 30}
    )
    form = {"token": token, "consent": "1", "camera": facts}
    return wire.post(f"{CHECK}/begin", data=form).get_json()["run"]


def send(
    wire: FlaskClient, token: str, run: str, seq: object, picture: bytes, **told: Any
) -> Any:
    """Post one frame as the page does."""
    form = {"token": token, "run": run, "seq": seq, "captured": "1500.0", **told}
    file = (io.BytesIO(picture), "frame.jpg")
    return wire.post(f"{CHECK}/frame", data={**form, "frame": file})


Camera = Callable[[float], Pixels]
# Told the time at which the page has painted an answer, and the answer.
Watcher = Callable[[float, dict[str, Any]], None]


def play(
    wire: FlaskClient,
    clock: Clock,
    token: str,
    camera: Camera,
    watcher: Watcher = lambda *_: None,
    still: Callable[[], Pixels] | None = None,
) -> list[dict[str, Any]]:
    """Do what the page does, until the run is over: post frames, paint colours.

    With *still* the page has a larger picture to send when it is asked for one.
    """
    run = begin(wire, token)
    states: list[dict[str, Any]] = []
    start, pace, shown, painted = clock.now, 10, 0, 0.0
    for seq in range(900):
        passed = clock.now - start
        told: dict[str, Any] = {"captured": passed * 1000}
        told |= {"shown": shown, "painted": painted * 1000}
        picture = jpeg(camera(passed))
        if still and states and states[-1]["want_still"]:
            told["still"] = (io.BytesIO(jpeg(still())), "still.jpg")
        clock.move(0.02)
        answer = send(wire, token, run, seq, picture, **told)
        assert answer.status_code == 200, answer.text
        states.append(answer.get_json())
        if states[-1]["state"] == "done":
            return states
        watcher(clock.now - start + 0.02, states[-1])
        if states[-1]["shown_id"] != shown:
            shown, painted = states[-1]["shown_id"], clock.now - start + 0.02
        pace = states[-1]["fps"]
        clock.move(1 / pace - 0.02)
    raise AssertionError("the run never ended")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_is_sound_in_both_languages(
    wire: FlaskClient, clock: Clock, lang: str
) -> None:
    """Ready, unknown, finished, expired: each with a title, one h1 and labels."""
    fresh, finished, old = start(wire), start(wire), start(wire, actions="NodHead")
    wire.post(f"{CHECK}/outcome", data={"token": finished, "outcome": "passed"})
    pages = [
        (wire.get(f"{CHECK}/index?token={fresh}&lang={lang}"), 200),
        (wire.get(f"{CHECK}/index?token=unknown&lang={lang}"), 404),
        (wire.get(f"{CHECK}/index?token={finished}&lang={lang}"), 200),
        (
            wire.post(
                f"{CHECK}/outcome", data={"token": fresh, "outcome": "x", "lang": lang}
            ),
            400,
        ),
        (
            wire.post(
                f"{CHECK}/outcome", data={"token": fresh, "outcome": "leave", "lang": lang}
            ),
            200,
        ),
    ]
    clock.move(600)
    pages.append((wire.get(f"{CHECK}/index?token={old}&lang={lang}"), 410))

    for page, status in pages:
        assert page.status_code == status
        assert not examine(page.text)
        assert f'lang="{"zh-CN" if lang == "zh" else "en"}"' in page.text


@pytest.mark.parametrize("actions", ["", "LookFront", "LookFront,BlinkEye"])
def test_a_face_that_lives_passes_and_becomes_the_photo(
    wire: FlaskClient, clock: Clock, actions: str
) -> None:
    """The whole run, and the portrait comes back through the result API."""
    token = start(wire, actions=actions)
    states = play(wire, clock, token, frame)

    body = ask(wire, RESULT, token=token)
    photo = wire.get(urlsplit(body["data"]["faceImageUrl"]).path).data
    portrait = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR)

    assert states[-1]["redirect"].endswith("success=true")
    height, width = portrait.shape[:2]
    assert height >= 300
    assert width / height == pytest.approx(3 / 4, abs=0.01)


@pytest.mark.parametrize(
    ("camera", "actions"),
    [
        (lambda t: grained(portrait(), round(t * 1000)), ""),
        (lambda t: grained(portrait(), round(t * 1000)), "LookFront,BlinkEye"),
        (
            lambda t: np.roll(grained(portrait(), round(t * 1000)), int(9 * sin(t * 2)), 1),
            "",
        ),
        (lambda _: portrait(), ""),
        (lambda t: frame(t % 3.0), ""),
    ],
    ids=["photograph", "photograph asked to blink", "photograph waved", "frozen", "loop"],
)
def test_a_picture_of_a_face_does_not_pass(
    wire: FlaskClient, clock: Clock, camera: Camera, actions: str
) -> None:
    """Held, waved, frozen or coming round again: 202."""
    token = start(wire, actions=actions)
    play(wire, clock, token, camera)

    assert ask(wire, RESULT, token=token)["code"] == 202


def test_a_covered_camera_is_told_and_could_not_finish(
    wire: FlaskClient, clock: Clock
) -> None:
    """Nobody is called a fake for a dark picture: 203."""
    token = start(wire)
    states = play(wire, clock, token, lambda _: np.zeros((480, 640, 3), np.uint8))

    assert states[-1]["guidance"] in {"too-dark", "no-face"}
    assert ask(wire, RESULT, token=token)["code"] == 203


def test_an_action_that_is_not_done_ends_in_202(wire: FlaskClient, clock: Clock) -> None:
    """A face that lives but does not turn."""
    token = start(wire, actions="LookLeft")
    states = play(wire, clock, token, frame)

    assert {state["action"] for state in states} == {None, "LookLeft"}
    assert ask(wire, RESULT, token=token)["code"] == 202


def lit(wire: FlaskClient, clock: Clock, token: str, share: float) -> list[dict[str, Any]]:
    """A run whose face is lit by what the screen shows, a fifth of a second later."""
    history: list[tuple[float, str]] = [(0.0, "")]

    def camera(seconds: float) -> Pixels:
        colour = next(c for at, c in reversed(history) if at <= seconds - 0.2 or not at)
        light = [int(colour[n : n + 2], 16) for n in (5, 3, 1)] if colour else [110] * 3
        pixels = frame(seconds).astype(np.float32)
        return np.clip(pixels * (1 + share * (np.array(light) / 255 - 0.4)), 0, 255).astype(
            np.uint8
        )

    def watcher(seconds: float, state: dict[str, Any]) -> None:
        if (state["colour"] or "") != history[-1][1]:
            history.append((seconds, state["colour"] or ""))

    return play(wire, clock, token, camera, watcher)


def test_a_face_lit_by_this_screen_passes_and_one_that_is_not_does_not(
    wire: FlaskClient, clock: Clock
) -> None:
    """The light on the skin has to follow the colours that were drawn for this run."""
    mine, other = (start(wire, colors="#FFFFFF,#D8D6FF,#000000") for _ in range(2))

    lit(wire, clock, mine, share=0.16)
    play(wire, clock, other, frame)

    assert ask(wire, RESULT, token=mine)["code"] == 200
    assert ask(wire, RESULT, token=other)["code"] in {202, 203}


def test_a_flash_shows_each_colour_for_at_least_half_a_second(
    wire: FlaskClient, clock: Clock
) -> None:
    """One colour at a time is told, and none before its time."""
    token = start(wire, colors="#FFFFFF,#000000")
    states = play(wire, clock, token, frame)

    shown = [state["colour"] for state in states]
    changes = [n for n in range(1, len(shown)) if shown[n] != shown[n - 1]]
    assert {"#FFFFFF", "#000000"} <= set(shown)
    # Frames are 0.1 s apart: a colour of 0.5 s is told by five of them.
    assert all(later - sooner >= 5 for sooner, later in pairwise(changes))
    assert states[0]["colour"] is None


def bomb() -> bytes:
    """A small JPEG whose header promises 20,000 x 20,000 pixels."""
    picture = bytearray(jpeg(np.zeros((64, 64, 3), np.uint8)))
    at = picture.index(b"\xff\xc0")
    picture[at + 5 : at + 9] = (20_000).to_bytes(2) + (20_000).to_bytes(2)
    return bytes(picture)


@pytest.mark.parametrize(
    ("picture", "error"),
    [
        (b"", "not-a-jpeg"),
        (b"GIF89a", "not-a-jpeg"),
        (b"\xff\xd8\xff", "not-a-jpeg"),
        (b"\xff\xd8\xff\xe0\x00\x00", "not-a-jpeg"),
        (bomb(), "wrong-size"),
        (jpeg(np.zeros((1, 1, 3), np.uint8)), "wrong-size"),
        (jpeg(np.zeros((240, 320, 3), np.uint8))[:170], "broken"),
        (b"\xff\xd8\xff" + b"\x00" * 300_000, "too-big"),
    ],
)
def test_a_bad_picture_is_refused_before_it_is_decoded(
    wire: FlaskClient, picture: bytes, error: str
) -> None:
    """Each kind has its own name, and the run goes on."""
    token = start(wire)
    answer = send(wire, token, begin(wire, token), 0, picture)

    assert answer.status_code == 400
    assert answer.get_json()["error"] == error


def test_frames_out_of_turn_are_refused(wire: FlaskClient, face: Pixels) -> None:
    """Replayed, out of order, of another token, of no run, without a number."""
    token, other = start(wire), start(wire)
    run, picture = begin(wire, token), jpeg(face)
    assert send(wire, token, run, 5, picture).status_code == 200

    statuses = [
        send(wire, token, run, 5, picture).status_code,
        send(wire, token, run, 0, picture).status_code,
        send(wire, other, run, 6, picture).status_code,
        send(wire, token, "none", 6, picture).status_code,
        send(wire, token, run, "x", picture).status_code,
        send(wire, "unknown", run, 6, picture).status_code,
    ]

    assert statuses == [409, 409, 404, 404, 400, 404]


def test_a_frame_that_was_overtaken_is_no_fault(wire: FlaskClient, face: Pixels) -> None:
    """Several are under way at once; only the newest counts."""
    token = start(wire)
    run = begin(wire, token)
    send(wire, token, run, 5, jpeg(face))

    assert send(wire, token, run, 4, jpeg(face)).get_json()["state"] == "running"


def test_the_camera_needs_consent_and_has_an_end_of_tries(wire: FlaskClient) -> None:
    """No picture before the box is ticked; five runs a token."""
    token = start(wire)
    refused = wire.post(f"{CHECK}/begin", data={"token": token})
    tries = [
        wire.post(f"{CHECK}/begin", data={"token": token, "consent": "1"}).status_code
        for _ in range(6)
    ]

    assert refused.get_json()["error"] == "consent-missing"
    assert tries == [200] * 5 + [429]


def test_stop_deletes_what_was_recorded(wire: FlaskClient, face: Pixels) -> None:
    """The check stays open: the person can begin again."""
    token = start(wire)
    run = begin(wire, token)
    send(wire, token, run, 0, jpeg(face))

    wire.post(f"{CHECK}/stop", data={"token": token, "run": run})

    assert send(wire, token, run, 1, jpeg(face)).status_code == 404
    assert begin(wire, token)


def test_another_site_cannot_end_a_check(wire: FlaskClient) -> None:
    """Browsers say where a request comes from."""
    token = start(wire)
    headers = {"Sec-Fetch-Site": "cross-site"}
    form = {"token": token, "outcome": "passed", "consent": "1"}
    for address in ("outcome", "begin", "stop"):
        assert wire.post(f"{CHECK}/{address}", data=form, headers=headers).status_code in {
            400,
            403,
        }

    assert ask(wire, RESULT, token=token)["code"] == 201


def test_workers_share_their_checks(
    tmp_path_factory: pytest.TempPathFactory, clock: Clock
) -> None:
    """A check begun by one is finished by another."""
    folder = tmp_path_factory.mktemp("shared")
    one, two = (create_sandbox(data=folder, clock=clock).test_client() for _ in range(2))
    token = start(one)

    two.post(f"{CHECK}/outcome", data={"token": token, "outcome": "202-face"})

    assert ask(one, RESULT, token=token)["code"] == 202


def test_a_frame_that_loses_the_race_against_the_end_is_no_fault(
    sandbox: Flask, wire: FlaskClient, face: Pixels
) -> None:
    """Its run was there when it was looked up, and gone when it was to be added."""
    token = start(wire)
    run = begin(wire, token)
    book = sandbox.extensions["sandbox"]
    state = book.peek(token, run)
    book.drop_run(token, run)
    book.peek = lambda *_: state

    answer = send(wire, token, run, 0, jpeg(face))

    assert (answer.status_code, answer.get_json()["error"]) == (404, "no-such-run")


def test_of_two_who_end_a_check_at_once_one_does(sandbox: Flask, wire: FlaskClient) -> None:
    """The second is told so, and changes nothing."""
    token = start(wire)
    book = sandbox.extensions["sandbox"]

    ended = [book.finish(token, outcome) for outcome in ("202-face", "passed")]

    assert ended == [True, False]
    assert ask(wire, RESULT, token=token)["code"] == 202


def test_broken_state_is_the_vendors_own_trouble(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Code 500 in the envelope, and a 503 for pages; never a stack trace."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "checks.sqlite").mkdir()
    wire = create_sandbox(data=folder).test_client()

    assert ask(wire, RESULT, token="x")["code"] == 500
    page = wire.get(f"{CHECK}/index?token=x")
    assert page.status_code == 503
    assert not examine(page.text)
    answer = wire.post(f"{CHECK}/begin", data={"token": "x", "consent": "1"})
    assert (answer.status_code, answer.get_json()) == (503, {"error": "unavailable"})


def test_every_sentence_stands_in_both_languages() -> None:
    """With the same blanks to fill in."""
    for key, (zh, en) in words.WORDS.items():
        assert zh, key
        assert en, key
        for blank in ("{n}", "{seconds}"):
            assert (blank in zh) == (blank in en), key


def test_an_app_to_return_to_is_shown_and_not_opened(sandbox: Flask) -> None:
    """A browser cannot open a mini-program."""
    wire = sandbox.test_client()
    token = start(wire, returnUrl="/pages/x")
    answer = wire.post(f"{CHECK}/outcome", data={"token": token, "outcome": "passed"})

    page = wire.get(answer.headers["Location"])

    assert not examine(page.text)
    assert f"/pages/x?token={token}" in page.text


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [("GET", f"{CHECK}/outcome", 405), ("POST", f"{CHECK}/index", 405), ("GET", "/x", 404)],
)
def test_a_stray_request_gets_a_page_and_not_a_dead_end(
    wire: FlaskClient, method: str, address: str, status: int
) -> None:
    """Whoever reloads or shortens an address reads a sentence."""
    answer = wire.open(address, method=method)

    assert answer.status_code == status
    assert not examine(answer.text)
    assert ("Allow" in answer.headers) == (status == 405)


def test_what_was_drawn_is_sealed_before_and_opened_after(
    wire: FlaskClient, clock: Clock, face: Pixels
) -> None:
    """Nobody can guess the colours from the hash, and anybody can check it later."""
    token = start(wire, colors="#FFFFFF,#000000")
    begun = wire.post(f"{CHECK}/begin", data={"token": token, "consent": "1"}).get_json()
    state, black = begun["now"], jpeg(np.zeros_like(face))
    for seq in range(900):
        if state["state"] == "done":
            break
        clock.move(0.1)
        told = {"captured": seq * 100, "shown": 0, "painted": 0}
        state = send(wire, token, begun["run"], seq, black, **told).get_json()

    assert hashlib.sha256(state["opened"].encode()).hexdigest() == begun["hash"]
    plan = json.loads(state["opened"][32:])
    assert [step["kind"] for step in plan["steps"]] == ["settle", "flash"]


def test_the_photo_may_be_shown_on_an_integrators_page(wire: FlaskClient) -> None:
    """Another port is another origin; everything else stays closed to it."""
    token = start(wire)
    page = wire.get(f"{CHECK}/index?token={token}")
    wire.post(f"{CHECK}/outcome", data={"token": token, "outcome": "passed"})
    address = ask(wire, RESULT, token=token)["data"]["faceImageUrl"]
    photo = wire.get(urlsplit(address).path)

    assert photo.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert page.headers["Cross-Origin-Resource-Policy"] == "same-origin"
