"""Places before the camera as a page meets them: over workers, runs and their ends."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from lifecheck_demo.sandbox import create_sandbox, places
from lifecheck_demo.sandbox.line import BEGINS_WITHIN, IDLE
from lifecheck_demo.sandbox.plan import expected_seconds
from lifecheck_demo.settings import Settings, SettingsError
from tests.conftest import Clock
from tests.sandbox.conftest import Pixels, jpeg
from tests.sandbox.test_api import OUTCOME, RESULT, ask, start
from tests.sandbox.test_camera import CHECK, begin, send
from tests.sandbox.test_runs import black_until_it_ends

SILENT = expected_seconds((), ())


@pytest.fixture(name="sandbox")
def _sandbox(tmp_path: Path, clock: Clock) -> Flask:
    """One with a single place."""
    return create_sandbox(data=tmp_path, clock=clock, places=1)


def try_to_begin(wire: FlaskClient, token: str) -> Any:
    """What the page is told that would begin a run."""
    return wire.post(f"{CHECK}/begin", data={"token": token, "consent": "1"})


def place_of(wire: FlaskClient, token: str) -> Any:
    """What a page is told that asks for its place."""
    return wire.post(f"{CHECK}/place", data={"token": token}).get_json()


def stop(wire: FlaskClient, token: str, run: str = "") -> None:
    """The visitor stops, before the camera or in the line."""
    wire.post(f"{CHECK}/stop", data={"token": token, "run": run})


def test_a_run_without_a_place_is_not_begun(wire: FlaskClient) -> None:
    """It stands in the line with that, and is told for about how long."""
    one, other = start(wire), start(wire)
    begin(wire, one)
    refused = try_to_begin(wire, other)
    said = refused.get_json()

    assert refused.status_code == 409
    assert said["error"] == "no-place"
    assert said["zh"]
    assert "ask check/place" in said["en"]
    assert (said["state"], said["ahead"], said["too_late"]) == ("waiting", 0, False)
    assert SILENT <= said["seconds"] <= SILENT + 5
    assert ask(wire, RESULT, token=other)["code"] == 201


def test_a_refused_run_is_none_of_the_five(wire: FlaskClient) -> None:
    """Nor is anything drawn or kept for it."""
    one, other = start(wire), start(wire)
    run = begin(wire, one)
    for _ in range(7):
        assert try_to_begin(wire, other).status_code == 409
    stop(wire, one, run)

    assert try_to_begin(wire, other).status_code == 200


def test_the_place_is_its_tokens_and_the_first_has_the_first(wire: FlaskClient) -> None:
    """Whoever asks more often, or with another token, gains nothing."""
    tokens = [start(wire) for _ in range(4)]
    run = begin(wire, tokens[0])
    assert [place_of(wire, token)["ahead"] for token in tokens[1:]] == [0, 1, 2]
    stop(wire, tokens[0], run)

    states = {token: place_of(wire, token)["state"] for token in reversed(tokens[1:])}

    assert states == dict(zip(tokens[1:], ["yours", "waiting", "waiting"], strict=True))
    assert try_to_begin(wire, tokens[2]).status_code == 409
    assert try_to_begin(wire, tokens[1]).status_code == 200


def test_workers_have_one_line(tmp_path: Path, clock: Clock) -> None:
    """Whichever of them is asked, and whichever hears the end."""
    wires = [
        create_sandbox(data=tmp_path, clock=clock, places=1).test_client() for _ in "ab"
    ]
    one, other = start(wires[0]), start(wires[1])
    run = begin(wires[0], one)
    assert place_of(wires[1], other)["state"] == "waiting"
    assert place_of(wires[0], other)["state"] == "waiting"
    stop(wires[1], one, run)

    assert place_of(wires[0], other)["state"] == "yours"
    assert begin(wires[1], other)


def test_a_run_that_is_judged_makes_room(wire: FlaskClient, clock: Clock) -> None:
    """In the same moment: the next one need not wait until it is missed."""
    one, other = start(wire), start(wire)
    run = begin(wire, one)
    black_until_it_ends(wire, clock, one, run)

    assert place_of(wire, other)["state"] == "yours"


def test_frames_keep_a_place_and_silence_loses_it(
    wire: FlaskClient, clock: Clock, face: Pixels
) -> None:
    """A visitor who has gone is not waited for."""
    one, other = start(wire, actions="LookLeft"), start(wire)
    run = begin(wire, one)
    for seq in range(5):
        clock.move(IDLE - 1)
        assert send(wire, one, run, seq, jpeg(face)).status_code == 200
        assert place_of(wire, other)["state"] == "waiting"
    clock.move(IDLE)

    assert place_of(wire, other)["state"] == "yours"


def test_a_place_is_kept_while_the_camera_opens_and_no_longer(
    wire: FlaskClient, clock: Clock
) -> None:
    """Asked for and not used: it goes to the next."""
    one, other = start(wire), start(wire)
    assert place_of(wire, one)["state"] == "yours"
    clock.move(BEGINS_WITHIN - 1)
    assert place_of(wire, other)["state"] == "waiting"
    clock.move(1)

    assert place_of(wire, other)["state"] == "yours"
    assert place_of(wire, one)["state"] == "waiting"


def test_who_has_used_up_the_runs_holds_no_place(wire: FlaskClient) -> None:
    """Refused for that, it makes room at once."""
    one, other = start(wire), start(wire)
    for _ in range(5):
        begin(wire, one)
    assert try_to_begin(wire, one).status_code == 429

    assert place_of(wire, other)["state"] == "yours"


def test_the_chooser_needs_no_place(wire: FlaskClient) -> None:
    """Without a camera nobody waits."""
    one, other = start(wire), start(wire)
    begin(wire, one)
    place_of(wire, other)
    answer = wire.post(OUTCOME, data={"token": other, "outcome": "passed"})

    assert answer.status_code == 303
    assert ask(wire, RESULT, token=other)["code"] == 200


def test_the_ten_minutes_go_on_in_the_line(wire: FlaskClient, clock: Clock) -> None:
    """It is said beforehand that they may not suffice, and then that they are over."""
    late = start(wire)
    clock.move(600 - SILENT - 4)
    one = start(wire)
    begin(wire, one)
    soon = place_of(wire, late)
    clock.move(SILENT + 5)
    over = wire.post(f"{CHECK}/place", data={"token": late})

    assert (soon["state"], soon["too_late"]) == ("waiting", True)
    assert not place_of(wire, start(wire))["too_late"]
    assert (over.status_code, over.get_json()["error"]) == (410, "expired")


def test_only_its_page_may_ask(wire: FlaskClient) -> None:
    """No other site, no unknown token, and not by an address alone."""
    token, done = start(wire), start(wire)
    wire.post(OUTCOME, data={"token": done, "outcome": "passed"})
    foreign = {"Sec-Fetch-Site": "cross-site"}
    address = f"{CHECK}/place"
    answers = [
        wire.post(address, data={"token": token}, headers=foreign),
        wire.post(address, data={"token": "unknown"}),
        wire.post(address, data={"token": done}),
        wire.get(f"{address}?token={token}"),
    ]

    assert [answer.status_code for answer in answers] == [403, 404, 409, 405]
    assert [answer.get_json()["error"] for answer in answers] == [
        *("other-site", "unknown", "finished", "refused")
    ]


def test_a_frame_rarely_writes_into_the_line(
    sandbox: Flask, wire: FlaskClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten frames a second of many runs would make a crowd of it."""
    book = sandbox.extensions["sandbox"]
    written: list[float] = []
    change = book.change_line

    def noted(made: Any) -> Any:
        written.append(clock.now)
        return change(made)

    monkeypatch.setattr(book, "change_line", noted)
    token = start(wire)
    run = begin(wire, token)
    black = jpeg(np.zeros((64, 64, 3), np.uint8))
    for seq in range(60):
        clock.move(0.1)
        send(wire, token, run, seq, black, captured=seq * 100)

    assert 2 <= len(written) <= 2 + 6 / places.SIGN_SECONDS


def test_the_line_is_kept_without_tokens_and_goes_with_a_reset(
    sandbox: Flask, wire: FlaskClient, tmp_path: Path
) -> None:
    """What stands in the file opens nothing."""
    token, other = start(wire), start(wire)
    begin(wire, token)
    place_of(wire, other)
    kept = sandbox.extensions["sandbox"].change_line(dict)
    wire.post("/control/reset", json={})

    assert len(kept["tickets"]) == 2
    assert token not in str(kept)
    assert sandbox.extensions["sandbox"].change_line(dict) == {}


@pytest.mark.parametrize("wrong", ["0", "-1", "two", "1.5", "1000"])
def test_a_number_of_places_that_is_none_stops_the_start(
    tmp_path: Path, wrong: str
) -> None:
    """With what to type."""
    environ = {"LIFECHECK_INSTANCE": str(tmp_path), "SANDBOX_PLACES": wrong}

    with pytest.raises(SettingsError, match=rf"SANDBOX_PLACES={wrong} is no number"):
        Settings.from_environment(environ)


def test_the_number_of_places_is_a_setting(tmp_path: Path) -> None:
    """Unset, it follows the cores."""
    environ = {"LIFECHECK_INSTANCE": str(tmp_path)}

    assert Settings.from_environment(environ).sandbox_places is None
    assert Settings.from_environment(environ | {"SANDBOX_PLACES": "7"}).sandbox_places == 7
