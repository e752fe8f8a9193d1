"""The controls, as an integrator's test suite presses them, and who may not."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lifecheck_demo import create_app
from lifecheck_demo.sandbox import control, create_sandbox, words
from lifecheck_demo.sandbox.checks import Ending, SqliteBook
from lifecheck_demo.sandbox.guard import WeakKey
from lifecheck_demo.settings import Settings, SettingsError
from tests.conftest import Clock, Visitor, token_of
from tests.sandbox.test_api import BACK, INIT, OUTCOME, RESULT, ask, start
from tests.sandbox.test_faults import headers

pytestmark = pytest.mark.everywhere

KEY = "a-key-of-more-than-16"
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}
PRESSED = (
    ("checks/{token}/finish", {"outcome": "passed"}),
    ("checks/{token}/age", {"seconds": 700}),
    ("clock", {"seconds": 700}),
    ("reset", {}),
)
READ = ("checks", "checks/{token}", "meter", "clock")


def press(wire: FlaskClient, name: str, body: Any = None, **more: Any) -> TestResponse:
    """Press a control."""
    return wire.post(f"/control/{name}", json={} if body is None else body, **more)


def read(wire: FlaskClient, name: str, **more: Any) -> Any:
    """What a control tells."""
    answer = wire.get(f"/control/{name}", **more)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def refused(answer: TestResponse, status: int, name: str) -> dict[str, Any]:
    """The answer of a control that says no, in both languages."""
    body: dict[str, Any] = answer.get_json()
    assert (answer.status_code, body["error"]) == (status, name)
    assert body["zh"]
    assert body["en"]
    return body


@pytest.mark.parametrize(
    ("outcome", "code", "success"),
    [
        ("passed", 200, "true"),
        ("202-hijack", 202, "false"),
        ("202-actions", 202, "false"),
        ("202-face", 202, "false"),
        ("203-browser", 203, "false"),
        ("203-permission", 203, "false"),
        ("203-actions", 203, "false"),
        ("203-other", 203, "false"),
    ],
)
def test_a_check_is_finished_without_a_browser(
    wire: FlaskClient, outcome: str, code: int, success: str
) -> None:
    """The answer is where the camera page would have led; the result says the same."""
    token = start(wire)
    answer = press(wire, f"checks/{token}/finish", {"outcome": outcome})

    assert answer.get_json() == {
        "token": token,
        "outcome": outcome,
        "redirect": f"{BACK}?token={token}&success={success}",
    }
    assert ask(wire, RESULT, token=token)["code"] == code


@pytest.mark.parametrize(("outcome", "code"), [("leave", 201), ("expire", 301)])
def test_some_endings_lead_nowhere(wire: FlaskClient, outcome: str, code: int) -> None:
    """Nobody comes back, and the result says so."""
    token = start(wire)
    answer = press(wire, f"checks/{token}/finish", {"outcome": outcome})

    assert answer.get_json()["redirect"] is None
    assert ask(wire, RESULT, token=token)["code"] == code


def test_a_check_ends_once_by_whatever_ends_it(wire: FlaskClient) -> None:
    """As on the page; the refusal tells where it has led."""
    token = start(wire)
    way = wire.post(OUTCOME, data={"token": token, "outcome": "202-face"}).location
    answer = press(wire, f"checks/{token}/finish", {"outcome": "passed"})

    assert refused(answer, 409, "finished")["redirect"] == way
    assert ask(wire, RESULT, token=token)["code"] == 202


def test_an_expired_or_unknown_check_cannot_be_finished(
    wire: FlaskClient, clock: Clock
) -> None:
    """Each with what to do next."""
    token = start(wire)
    clock.move(600)
    finish = {"outcome": "passed"}

    refused(press(wire, f"checks/{token}/finish", finish), 410, "expired")
    refused(press(wire, "checks/nobody/finish", finish), 404, "unknown")


@pytest.mark.parametrize("body", [{}, {"outcome": "pass"}, {"outcome": ["passed"]}])
def test_an_outcome_that_is_none_is_answered_with_those_there_are(
    wire: FlaskClient, body: dict[str, Any]
) -> None:
    """The check stays open."""
    token = start(wire)
    answer = press(wire, f"checks/{token}/finish", body)

    assert "202-hijack" in refused(answer, 400, "bad-outcome")["outcomes"]
    assert read(wire, f"checks/{token}")["state"] == "open"


def test_the_photo_can_be_fetched_where_the_control_was_pressed(wire: FlaskClient) -> None:
    """Nobody has opened the page, and the server may ask by another name."""
    token = start(wire)
    base = "http://127.0.0.1:9000"
    press(wire, f"checks/{token}/finish", {"outcome": "passed"}, base_url=base)
    address = ask(wire, RESULT, token=token)["data"]["faceImageUrl"]

    assert address.startswith(f"{base}/")
    assert wire.get(urlsplit(address).path).mimetype == "image/jpeg"


def test_a_mini_programs_way_back_is_the_one_inside_it(wire: FlaskClient) -> None:
    """A test can follow it, though a browser cannot."""
    token = start(wire, returnUrl="/pages/x/y")
    answer = press(wire, f"checks/{token}/finish", {"outcome": "passed"}).get_json()

    assert answer["redirect"] == f"/pages/x/y?token={token}&success=true"


def test_a_check_tells_its_state_and_is_not_asked_by_that(
    wire: FlaskClient, clock: Clock
) -> None:
    """Open, finished, expired; only result queries count."""
    token = start(wire, colors="#FFFFFF,#000000", actions="LookFront,NodHead")
    clock.move(30)
    first = read(wire, f"checks/{token}")
    ask(wire, RESULT, token=token)
    press(wire, f"checks/{token}/finish", {"outcome": "202-face"})
    second = read(wire, f"checks/{token}")
    clock.move(600)
    third = read(wire, f"checks/{token}")

    assert first == {
        "token": token,
        "state": "open",
        "outcome": None,
        "code": 201,
        "queries": 0,
        "age_seconds": 30.0,
        "seconds_left": 570,
        "return_url": BACK,
        "colors": ["#FFFFFF", "#000000"],
        "actions": ["LookFront", "NodHead"],
        "fault": None,
        "redirect": None,
    }
    assert (second["state"], second["code"], second["queries"]) == ("finished", 202, 1)
    assert second["redirect"].endswith("&success=false")
    assert (third["state"], third["code"], third["outcome"]) == ("expired", 301, "202-face")


def test_the_latest_checks_are_listed_for_who_has_no_token(wire: FlaskClient) -> None:
    """The code under test may keep it to itself."""
    tokens = [start(wire) for _ in range(3)]

    listed = [check["token"] for check in read(wire, "checks")["checks"]]
    assert listed == tokens[::-1]


def test_the_meter_counts_every_answer_by_status_and_code(wire: FlaskClient) -> None:
    """A test can hold its code to what a vendor would charge."""
    token = start(wire)
    ask(wire, INIT)
    wire.get(INIT)
    wire.open(INIT, method="TRACE")
    wire.post(RESULT, json={})
    wire.post(INIT, data={"returnUrl": BACK}, headers=headers("init-aliyun-used-up"))
    ask(wire, RESULT, token=token)
    ask(wire, RESULT, token=token)
    wire.get(f"/lifecheck/v2/check/index?token={token}")

    assert read(wire, "meter") == {
        "init": {
            "calls": 5,
            "answers": [
                {"status": 200, "code": 200, "calls": 1},
                {"status": 200, "code": 400, "calls": 1},
                {"status": 403, "code": None, "calls": 1},
                {"status": 405, "code": 400, "calls": 2},
            ],
        },
        "result": {
            "calls": 3,
            "answers": [
                {"status": 200, "code": 201, "calls": 2},
                {"status": 415, "code": 400, "calls": 1},
            ],
        },
    }


def test_an_answer_that_is_lost_on_its_way_is_counted(wire: FlaskClient) -> None:
    """The vendor has given it."""
    with pytest.raises(ConnectionResetError):
        wire.post(INIT, data={"returnUrl": BACK}, headers=headers("init-reset"))

    assert read(wire, "meter")["init"]["calls"] == 1


def test_the_demo_asks_for_one_result_a_journey(tmp_path: Path, clock: Clock) -> None:
    """Seen from the vendor's side: reloading and coming back twice buy nothing."""
    settings = Settings.from_environment({"LIFECHECK_INSTANCE": str(tmp_path)})
    app = create_app(settings, clock=clock)
    visitor = Visitor(app.test_client())
    back = visitor.finish(visitor.start(), "passed")
    page = visitor.come_back(back)
    visitor.get(page.request.path)
    visitor.come_back(back)

    meter = app.test_client().get("/sandbox/control/meter").get_json()
    assert (meter["init"]["calls"], meter["result"]["calls"]) == (1, 1)


def a_little(state_url: str) -> float:
    """How long before its end something is surely there: Redis's own clock goes on."""
    return 40.5 if state_url else 0.5


def test_the_clock_moves_every_time_rule(
    wire: FlaskClient, sandbox: Flask, state_url: str
) -> None:
    """The ten minutes, the photo, and at last that a check was there at all."""
    token, left = start(wire), a_little(state_url)
    press(wire, f"checks/{token}/finish", {"outcome": "passed"})
    path = urlsplit(ask(wire, RESULT, token=token)["data"]["faceImageUrl"]).path
    began = read(wire, "clock")

    moved = press(wire, "clock", {"seconds": 600 - left}).get_json()["moved_seconds"]
    assert moved == 600 - left
    assert wire.get(path).status_code == 200
    press(wire, "clock", {"seconds": left})
    assert ask(wire, RESULT, token=token)["code"] == 301
    assert wire.get(path).status_code == 404
    assert start(wire)
    press(wire, "clock", {"seconds": 24 * 3600})
    assert ask(wire, RESULT, token=token)["code"] == 201
    assert sandbox.extensions["sandbox"].find(token) is None
    assert began == {"now": "2027-01-15T08:00:00Z", "moved_seconds": 0.0}
    assert read(wire, "clock") == {"now": "2027-01-16T08:10:00Z", "moved_seconds": 87000.0}


@pytest.mark.parametrize("name", ["clock", "checks/{token}/age"])
def test_a_report_of_a_run_grows_older_with_its_check(
    wire: FlaskClient, sandbox: Flask, state_url: str, name: str
) -> None:
    """It is kept as long as the photo, and a moment longer is too long."""
    book, token = sandbox.extensions["sandbox"], start(wire)
    run = book.begin_run(token, {})
    book.finish_run(token, run, Ending("202-face", {"reasons": []}))
    address = name.format(token=token)
    press(wire, address, {"seconds": 600 - a_little(state_url)})
    kept = book.report_name(token)
    press(wire, address, {"seconds": a_little(state_url)})

    assert kept
    assert book.report(kept) is None


def test_a_check_that_begins_after_a_move_has_its_ten_minutes(wire: FlaskClient) -> None:
    """It is as old as it is."""
    press(wire, "clock", {"seconds": 5000})
    token = start(wire)

    assert read(wire, f"checks/{token}")["seconds_left"] == 600


def test_one_check_is_aged_and_no_other(wire: FlaskClient) -> None:
    """Two testers do not disturb each other."""
    mine, other = start(wire), start(wire)
    press(wire, f"checks/{other}/finish", {"outcome": "passed"})
    press(wire, f"checks/{mine}/finish", {"outcome": "passed"})
    path = urlsplit(ask(wire, RESULT, token=mine)["data"]["faceImageUrl"]).path
    told = press(wire, f"checks/{mine}/age", {"seconds": 600}).get_json()

    assert (told["state"], told["age_seconds"]) == ("expired", 600.0)
    assert ask(wire, RESULT, token=mine)["code"] == 301
    assert wire.get(path).status_code == 404
    assert ask(wire, RESULT, token=other)["code"] == 200
    assert read(wire, "clock")["moved_seconds"] == 0.0


def test_a_check_that_is_aged_by_more_than_a_day_is_forgotten(wire: FlaskClient) -> None:
    """As it would be by itself; the answer says so."""
    token = start(wire)
    told = press(wire, f"checks/{token}/age", {"seconds": 90_000}).get_json()

    assert told == {"token": token, "state": "forgotten"}
    refused(wire.get(f"/control/checks/{token}"), 404, "unknown")


def test_a_reset_leaves_nothing_behind(
    wire: FlaskClient, tmp_path: Path, state_url: str
) -> None:
    """Checks, photos, counts, clock; not even in the bytes where they were."""

    def bytes_kept() -> bytes:
        if not state_url:
            return b"".join(p.read_bytes() for p in tmp_path.glob("checks.sqlite*"))
        with redis.Redis.from_url(state_url) as talk:
            return b"".join(key + (talk.dump(key) or b"") for key in talk.scan_iter())

    token = start(wire)
    press(wire, f"checks/{token}/finish", {"outcome": "passed"})
    path = urlsplit(ask(wire, RESULT, token=token)["data"]["faceImageUrl"]).path
    press(wire, "clock", {"seconds": 5})
    kept = bytes_kept()

    assert press(wire, "reset").get_json() == {"reset": True}
    left = bytes_kept()
    assert token.encode() in kept
    assert token.encode() not in left
    assert read(wire, "checks") == {"checks": []}
    assert wire.get(path).status_code == 404
    assert read(wire, "meter")["init"] == {"calls": 0, "answers": []}
    assert read(wire, "clock")["moved_seconds"] == 0.0


@pytest.mark.parametrize(
    "body",
    [
        {},
        *({"seconds": n} for n in (0, -1, 366 * 24 * 3600 + 1, 10**400)),
        *({"seconds": n} for n in ("60", True, None, [60])),
        b'{"seconds": NaN}',
        b'{"seconds": Infinity}',
    ],
)
@pytest.mark.parametrize("name", ["clock", "checks/{token}/age"])
def test_time_only_goes_forward_by_a_number(
    wire: FlaskClient, name: str, body: dict[str, Any] | bytes
) -> None:
    """Anything else is refused, and nothing moves."""
    token = start(wire)
    address = f"/control/{name.format(token=token)}"
    if isinstance(body, bytes):
        answer = wire.post(address, data=body, content_type="application/json")
    else:
        answer = wire.post(address, json=body)

    refused(answer, 400, "bad-seconds")
    assert read(wire, f"checks/{token}")["age_seconds"] == 0.0


def test_the_clock_cannot_be_moved_beyond_all_dates(wire: FlaskClient) -> None:
    """A date after the year 9999 could not be told."""
    year = {"seconds": 366 * 24 * 3600}
    answers = [press(wire, "clock", year).status_code for _ in range(1000)]

    assert set(answers) == {200}
    refused(press(wire, "clock", year), 400, "bad-seconds")
    assert read(wire, "clock")["now"].startswith("3029-")


@pytest.mark.parametrize(
    ("body", "kind", "status", "name"),
    [
        (b"", "application/x-www-form-urlencoded", 415, "not-json"),
        (b'{"seconds": 1}', "text/plain", 415, "not-json"),
        (b'{"seconds": 1}', "", 415, "not-json"),
        (b"{", "application/json", 400, "bad-json"),
        (b"\xff", "application/json", 400, "bad-json"),
        (b"[" * 4000, "application/json", 400, "bad-json"),
        (b"[]", "application/json", 400, "bad-json"),
        (b'{"second": 1}', "application/json", 400, "bad-name"),
        (b'{"seconds": 1}' + b" " * 5000, "application/json", 413, "too-big"),
    ],
)
def test_only_json_of_the_right_names_is_taken(
    wire: FlaskClient, body: bytes, kind: str, status: int, name: str
) -> None:
    """What another site's form can send is not."""
    answer = wire.post("/control/clock", data=body, content_type=kind or None)

    refused(answer, status, name)
    assert read(wire, "clock")["moved_seconds"] == 0.0


@pytest.mark.parametrize(("name", "body"), PRESSED)
def test_nothing_is_pressed_by_what_a_form_can_send(
    wire: FlaskClient, name: str, body: dict[str, Any]
) -> None:
    """Whichever of its three ways a browser takes."""
    token = start(wire)
    before = read(wire, f"checks/{token}")
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain"):
        address = f"/control/{name.format(token=token)}"
        answer = wire.post(address, data=json.dumps(body), content_type=kind)
        refused(answer, 415, "not-json")

    assert read(wire, f"checks/{token}") == before


def test_a_wrong_address_or_method_is_told_in_json(wire: FlaskClient) -> None:
    """Also where a token happens to be named like one of the vendor's paths."""
    method = wire.post("/control/meter", json={})

    refused(wire.get("/control/nothing"), 404, "not-here")
    refused(method, 405, "method")
    assert "GET" in method.headers["Allow"]
    refused(wire.delete("/control/checks/init"), 405, "method")


def test_state_that_cannot_be_read_is_told_in_json(tmp_path: Path) -> None:
    """With what to look at."""
    (tmp_path / "checks.sqlite").mkdir()
    wire = create_sandbox(data=tmp_path).test_client()

    refused(wire.get("/control/meter"), 503, "unavailable")
    assert wire.post(INIT, data={"returnUrl": BACK}).get_json()["code"] == 500


def test_nobody_waits_for_the_meter_where_the_state_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A locked file costs three seconds already."""
    (tmp_path / "checks.sqlite").mkdir()
    counted: list[Any] = []
    monkeypatch.setattr(SqliteBook, "count_call", lambda *call: counted.append(call))
    wire = create_sandbox(data=tmp_path).test_client()

    assert wire.post(INIT, data={"returnUrl": BACK}).get_json()["code"] == 500
    assert wire.post(RESULT, data={"token": "x"}).get_json()["code"] == 500
    assert not counted
    assert wire.post(INIT).get_json()["code"] == 400
    assert len(counted) == 1


# Who may


def everything(wire: FlaskClient, token: str, **more: Any) -> list[TestResponse]:
    """Every control, read and pressed."""
    return [
        *(wire.get(f"/control/{n.format(token=token)}", **more) for n in READ),
        *(press(wire, n.format(token=token), body, **more) for n, body in PRESSED),
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"environ_overrides": ELSEWHERE},
        {"environ_overrides": {"REMOTE_ADDR": ""}},
        {"base_url": "http://demo.example.com"},
        {"base_url": "http://127.0.0.1.example.com"},
        {"headers": {"Host": "[::1"}},
        *(
            {"headers": {name: "127.0.0.1"}}
            for name in (
                *("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"),
                *("X-Forwarded-Proto", "CF-Connecting-IP", "True-Client-IP"),
            )
        ),
    ],
)
def test_whoever_may_not_be_on_this_computer_is_refused(
    wire: FlaskClient, more: dict[str, Any]
) -> None:
    """Another address, a name that somebody let point here, a proxy in between."""
    token = start(wire)

    for answer in everything(wire, token, **more):
        assert "--control-key" in refused(answer, 403, "closed")["en"]
    assert read(wire, f"checks/{token}")["state"] == "open"
    assert read(wire, f"checks/{token}")["age_seconds"] == 0.0


@pytest.mark.parametrize(
    "more",
    [
        {"base_url": "http://localhost:9000"},
        {"base_url": "http://127.0.0.1:9000"},
        {"base_url": "http://[::1]:9000", "environ_overrides": {"REMOTE_ADDR": "::1"}},
        {"environ_overrides": {"REMOTE_ADDR": "::ffff:127.0.0.1"}},
    ],
)
def test_this_computer_may(wire: FlaskClient, more: dict[str, Any]) -> None:
    """By each of its names."""
    answers = everything(wire, start(wire), **more)

    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize(
    "sent",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://other.example"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
        {"Origin": "http://[::1"},
    ],
)
def test_a_page_of_another_site_can_press_nothing(
    tmp_path: Path, sent: dict[str, str]
) -> None:
    """Not from a browser on this computer, nor with the key."""
    wire = create_sandbox(data=tmp_path, control_key=KEY).test_client()
    token = start(wire)

    for key in ({}, {"Authorization": f"Bearer {KEY}"}):
        for answer in everything(wire, token, headers={**sent, **key}):
            refused(answer, 403, "other-site")
    assert read(wire, f"checks/{token}")["state"] == "open"


def test_a_browser_that_was_pointed_here_may_read(wire: FlaskClient) -> None:
    """Typed into its address bar, or from a page of our own."""
    for sent in (
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
    ):
        assert wire.get("/control/meter", headers=sent).status_code == 200


@pytest.fixture(name="keyed")
def _keyed(tmp_path: Path) -> FlaskClient:
    app = create_sandbox(data=tmp_path, control_key=KEY, control_by_loopback=False)
    return app.test_client()


def test_the_key_opens_from_anywhere(keyed: FlaskClient) -> None:
    """Behind a proxy, by any name."""
    sent = {"Authorization": f"Bearer {KEY}", "X-Forwarded-For": "192.0.2.7"}
    answers = everything(
        keyed,
        start(keyed),
        headers=sent,
        base_url="https://demo.example.com",
        environ_overrides=ELSEWHERE,
    )

    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("", "key-needed"),
        (f"Basic {KEY}", "key-needed"),
        ("Bearer", "key-needed"),
        ("Bearer another-key-of-16-or-more", "wrong-key"),
        (f"Bearer {KEY}x", "wrong-key"),
        ("Bearer 密钥", "wrong-key"),
    ],
)
def test_without_the_key_a_keyed_sandbox_is_closed_to_everybody(
    keyed: FlaskClient, sent: str, name: str
) -> None:
    """To this computer too: behind a silent proxy everybody would be on it."""
    token = start(keyed)
    environ = {"HTTP_AUTHORIZATION": sent.encode().decode("latin-1")} if sent else {}

    for answer in everything(keyed, token, environ_overrides=environ):
        refused(answer, 401, name)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_empty_key_opens_nothing(tmp_path: Path) -> None:
    """Where there is none, none is right."""
    app = create_sandbox(data=tmp_path, control_by_loopback=False)
    for sent in ("Bearer ", "Bearer  ", "Bearer x"):
        answer = app.test_client().get("/control/meter", headers={"Authorization": sent})
        assert answer.status_code in {401, 403}


@pytest.mark.parametrize("key", ["short", "with a space in the middle", "密钥" * 8])
def test_a_key_that_could_be_guessed_is_refused(tmp_path: Path, key: str) -> None:
    """By the sandbox and by the settings, with what to type."""
    environ = {"LIFECHECK_INSTANCE": str(tmp_path), "SANDBOX_CONTROL_KEY": key}

    with pytest.raises(WeakKey, match="token_urlsafe"):
        create_sandbox(data=tmp_path, control_key=key)
    with pytest.raises(SettingsError, match=r"SANDBOX_CONTROL_KEY.*token_urlsafe"):
        Settings.from_environment(environ)


def test_the_faults_can_be_read_by_anybody(keyed: FlaskClient) -> None:
    """They say nothing of anybody's check."""
    for name in ("faults", "faults.json"):
        answer = keyed.get(f"/control/{name}", environ_overrides=ELSEWHERE)
        assert answer.status_code == 200


def demo(folder: Path, clock: Clock, **environ: str) -> FlaskClient:
    """The demo on its sandbox, under those settings."""
    environ = {"LIFECHECK_INSTANCE": str(folder), **environ}
    return create_app(Settings.from_environment(environ), clock=clock).test_client()


def test_the_demos_own_sandbox_has_its_controls(tmp_path: Path, clock: Clock) -> None:
    """On this computer a visitor's check is finished from a terminal."""
    client = demo(tmp_path, clock)
    visitor = Visitor(client)
    token = token_of(visitor.start())
    answer = client.post(
        f"/sandbox/control/checks/{token}/finish", json={"outcome": "202-face"}
    )
    page = visitor.come_back(answer.get_json()["redirect"])

    assert 'data-outcome="not-passed"' in page.text


def test_a_demo_with_a_public_address_opens_its_controls_by_key_only(
    tmp_path: Path, clock: Clock
) -> None:
    """Its proxy makes everybody local, and may pass on a local Host."""
    public = {"PUBLIC_URL": "https://demo.example.com", "SECRET_KEY": "x" * 32}
    closed = demo(tmp_path, clock, **public)
    keyed = demo(tmp_path, clock, **public, SANDBOX_CONTROL_KEY=KEY)
    local = demo(tmp_path, clock, PUBLIC_URL="http://127.0.0.1:8000")
    address = "/sandbox/control/meter"

    refused(closed.get(address), 403, "closed")
    refused(keyed.get(address), 401, "key-needed")
    assert keyed.get(address, headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
    assert local.get(address).status_code == 200


def test_the_key_is_never_printed(tmp_path: Path) -> None:
    """Settings may end up in a log."""
    environ = {"LIFECHECK_INSTANCE": str(tmp_path), "SANDBOX_CONTROL_KEY": KEY}

    assert KEY not in repr(Settings.from_environment(environ))


def test_every_refusal_has_a_status_and_its_words() -> None:
    """In both languages."""
    assert control.STATUS.keys() == words.CONTROL.keys()
    for name, (zh, en) in words.CONTROL.items():
        assert re.search(r"[\u4e00-\u9fff]", zh), name
        assert en.isascii(), name
