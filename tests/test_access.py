"""The access code: who is let in, how far, and how long others may guess."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lifecheck_demo import create_app
from lifecheck_demo.access import (
    OPEN,
    OPEN_IN_SANDBOX,
    WRONG_FROM_ADDRESS,
    WRONG_IN_ALL,
    place_within,
)
from lifecheck_demo.sandbox import create_sandbox
from lifecheck_demo.settings import Settings, SettingsError
from lifecheck_demo.store import StoreUnavailable, sqlite
from tests.conftest import Clock, Visitor, hidden, no_pause, outcome_of, token_of
from tests.vendor import Vendor, envelope

CODE = "Open Sesame 26"
SECRET_KEY = "k" * 64


def app_with(tmp_path: Path, clock: Clock, code: str = CODE, **more: str) -> Flask:
    """A demo behind a code; several may share the folder, and so the state."""
    environ = {
        "LIFECHECK_INSTANCE": str(tmp_path),
        "SECRET_KEY": SECRET_KEY,
        "DEMO_ACCESS_CODE": code,
        **more,
    }
    return create_app(Settings.from_environment(environ), clock=clock, sleep=no_pause)


@pytest.fixture(name="closed")
def _closed(tmp_path: Path, clock: Clock) -> Flask:
    return app_with(tmp_path, clock)


@pytest.fixture(name="guest")
def _guest(closed: Flask) -> Visitor:
    return Visitor(closed.test_client())


def say(visitor: Visitor, code: str, place: str = "/") -> TestResponse:
    """Type a code into the page that asks for it."""
    page = visitor.get("/access")
    assert page.status_code == 200, page.text
    token = hidden(page.text, "csrf_token")
    return visitor.post("/access", {"csrf_token": token, "code": code, "next": place})


def let_in(visitor: Visitor, code: str = CODE) -> None:
    """Type the right one."""
    assert say(visitor, code).status_code == 303


def is_in(visitor: Visitor) -> bool:
    """Whether the start is shown."""
    return visitor.get("/").status_code == 200


# What is closed.


def test_no_page_is_shown_without_the_code(closed: Flask, guest: Visitor) -> None:
    """Whatever the demo has, by every address of it, and by those that are none."""
    map_of = closed.url_map.bind("localhost")
    values = {
        "check_id": "A" * 16,
        "name": "",
        "key": "A" * 22,
        "file": "x",
        "filename": "x",
    }
    asked = []
    for rule in closed.url_map.iter_rules():
        if rule.endpoint in OPEN:
            continue
        wanted = {name: values[name] for name in rule.arguments}
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        path = map_of.build(rule.endpoint, wanted, method=method)
        answer = guest.client.open(path, method=method)
        assert answer.status_code == 303, path
        assert answer.headers["Location"].startswith("/access"), path
        asked.append(rule.endpoint)
    assert {"journey.form", "journey.start", "learn.step", "stage.welcome"} <= set(asked)
    assert guest.get("/nothing").headers["Location"] == "/access?next=/nothing"


def test_every_name_of_what_is_open_exists(closed: Flask) -> None:
    """A view that is renamed must not fall out of the list unseen."""
    assert set(closed.view_functions) >= OPEN


@pytest.mark.parametrize("path", ["/healthz", "/static/css/demo.css", "/access"])
def test_what_the_door_itself_needs_is_open(guest: Visitor, path: str) -> None:
    """And a monitor sees whether the demo lives."""
    with guest.client.get(path) as answer:
        assert answer.status_code == 200


def test_the_page_that_asks_has_all_that_it_needs(guest: Visitor) -> None:
    """Its style, its script and its icon come without the code as well."""
    page = guest.get("/access").text
    parts = re.findall(r'(?:href|src)="(/[^"]+\.(?:css|js|svg)[^"]*)"', page)

    assert len(parts) >= 3
    for part in parts:
        with guest.client.get(part) as answer:
            assert answer.status_code == 200, part


def test_all_that_the_camera_page_asks_for_is_open(tmp_path: Path) -> None:
    """A path that is added to it must not be closed to phones unseen."""
    rules = create_sandbox(data=tmp_path).url_map.iter_rules()
    paths = {rule.rule for rule in rules if rule.rule.startswith("/lifecheck/v2/check/")}

    assert paths == OPEN_IN_SANDBOX


def test_without_the_setting_there_is_no_door(visitor: Visitor) -> None:
    """Nor its page."""
    assert is_in(visitor)
    assert visitor.get("/access").status_code == 404


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_code_leads_to_where_one_wanted_to_go(closed: Flask, language: str) -> None:
    """With all that the address said."""
    visitor = Visitor(closed.test_client(), language)
    door = visitor.get("/learn/program?code=java")
    page = visitor.get(door.headers["Location"])
    form = {
        "csrf_token": hidden(page.text, "csrf_token"),
        "next": hidden(page.text, "next"),
        "code": CODE,
    }
    answer = visitor.post("/access", form)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/learn/program?code=java"
    assert visitor.get(answer.headers["Location"]).status_code == 200


def test_a_button_pressed_after_the_twelve_hours_keeps_the_choice(
    guest: Visitor, clock: Clock
) -> None:
    """The form that comes after the code has it still."""
    let_in(guest)
    form = {"csrf_token": guest.csrf(), "actions": ["NodHead", "BlinkEye"]}
    clock.move(12 * 3600)
    door = guest.post("/", dict(form))
    place = hidden(guest.get(door.headers["Location"]).text, "next").replace("&amp;", "&")
    after = say(guest, CODE, place)

    page = guest.get(after.headers["Location"]).text
    assert '<option value="NodHead" selected>' in page
    assert '<option value="BlinkEye" selected>' in page


# Wrong codes.

WRONG = (
    "",
    " ",
    CODE.lower(),
    CODE[:-1],
    f"{CODE}x",
    CODE.replace(" ", ""),
    "x" * 300,
    CODE + " " * 300 + "x",
    "口令口令口令",
    "\ud800",
    "\0",
)


@pytest.mark.parametrize("said", WRONG)
def test_a_wrong_code_is_told_in_one_way(guest: Visitor, said: str) -> None:
    """However near it is; what was typed does not come back."""
    answer = say(guest, said.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    other = say(guest, "something else")

    assert answer.status_code == other.status_code == 403
    plain = [
        re.sub(r'name="csrf_token" value="[^"]*"', "", page.text)
        for page in (answer, other)
    ]
    assert plain[0] == plain[1]
    assert "something else" not in other.text
    assert not is_in(guest)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("口令口令口令", "口令口令口令"),
        ("口令口令口令", "  口令口令口令\t"),
        ("café-au-lait", "cafe\u0301-au-lait"),
        ("guest-2026", "\uff47\uff55\uff45\uff53\uff54\uff0d２０２６"),
        ("\uff47\uff55\uff45\uff53\uff54\uff0d２０２６", "guest-2026"),
        ("x" * 100, "x" * 100),
    ],
)
def test_a_code_may_be_written_in_any_script(
    tmp_path: Path, clock: Clock, code: str, said: str
) -> None:
    """Another keyboard's form of the same characters is the same code."""
    visitor = Visitor(app_with(tmp_path, clock, code).test_client())

    let_in(visitor, said)

    assert is_in(visitor)


@pytest.mark.parametrize("code", ["12345", "x" * 101, "abc\x07def", "     a    "])
def test_a_code_that_cannot_be_one_stops_the_start(
    tmp_path: Path, clock: Clock, code: str
) -> None:
    """With what to type, and without the code."""
    with pytest.raises(SettingsError, match="DEMO_ACCESS_CODE needs 6 to 100") as told:
        app_with(tmp_path, clock, code)
    assert "def" not in str(told.value)
    assert "Sesame" not in repr(Settings.from_environment({"DEMO_ACCESS_CODE": CODE}))


def test_after_too_many_wrong_codes_none_is_looked_at(
    tmp_path: Path, clock: Clock, guest: Visitor, closed: Flask
) -> None:
    """Not even the right one, on whichever machine; another address has its own count."""
    clock.now -= clock.now % WRONG_FROM_ADDRESS.seconds
    clock.move(100)
    other = Visitor(app_with(tmp_path, clock).test_client())
    for number in range(WRONG_FROM_ADDRESS.many):
        assert say((guest, other)[number % 2], "a guess").status_code == 403

    for visitor in (guest, other):
        answer = say(visitor, CODE)
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "500"
        assert "8:20" in answer.text
        assert not is_in(visitor)
    elsewhere = Visitor(closed.test_client())
    elsewhere.client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    let_in(elsewhere)

    clock.move(500)
    let_in(guest)
    assert is_in(guest)


def test_guesses_from_many_addresses_are_counted_together(
    guest: Visitor, clock: Clock
) -> None:
    """A guesser has many addresses; whoever is in stays in."""
    let_in(guest)
    clock.now -= clock.now % WRONG_IN_ALL.seconds
    guesser = Visitor(guest.client.application.test_client())
    codes = []
    for number in range(WRONG_IN_ALL.many + 1):
        address = f"198.51.100.{number % 30}"
        guesser.client.environ_base["REMOTE_ADDR"] = address
        clock.move(WRONG_FROM_ADDRESS.seconds if number == WRONG_IN_ALL.many // 2 else 0)
        codes.append(say(guesser, "a guess").status_code)

    assert codes[:-1] == [403] * WRONG_IN_ALL.many
    assert codes[-1] == 429
    guesser.client.environ_base["REMOTE_ADDR"] = "203.0.113.1"
    assert say(guesser, CODE).status_code == 429
    assert is_in(guest)


def test_right_codes_are_not_counted(closed: Flask) -> None:
    """A hall comes in through one address."""
    for _guest in range(WRONG_FROM_ADDRESS.many + 5):
        let_in(Visitor(closed.test_client()))


@pytest.mark.everywhere
def test_of_guesses_at_the_same_moment_no_more_are_looked_at(
    tmp_path: Path, clock: Clock, state_url: str
) -> None:
    """Two machines, many threads, one state: the count is taken before the look."""
    apps = [app_with(tmp_path, clock, STATE_URL=state_url) for _ in range(2)]
    visitors = [Visitor(apps[n % 2].test_client()) for n in range(WRONG_FROM_ADDRESS.many)]
    with ThreadPoolExecutor(8) as pool:
        codes = list(
            pool.map(lambda v: [say(v, "a guess").status_code for _ in range(2)], visitors)
        )

    flat = sorted(code for pair in codes for code in pair)
    assert flat == [403] * WRONG_FROM_ADDRESS.many + [429] * WRONG_FROM_ADDRESS.many


def test_what_cannot_be_counted_is_not_compared(
    guest: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the state gone, even the right code opens nothing; the page says why."""

    def gone(*_args: object) -> int:
        raise StoreUnavailable("disk I/O error")

    monkeypatch.setattr(sqlite, "_count", gone)
    answer = say(guest, CODE)

    assert answer.status_code == 503
    assert "cannot keep its notes" in answer.text
    assert answer.headers["Retry-After"]
    assert not is_in(guest)


def test_a_code_needs_the_token_of_its_page(guest: Visitor) -> None:
    """Another site's form lets nobody in, and uses nothing up."""
    assert guest.post("/access", {"code": CODE}).status_code == 400
    assert not is_in(guest)


# How long, and for whom.


def test_a_browser_is_asked_again_after_twelve_hours(guest: Visitor, clock: Clock) -> None:
    """Counted from the code, not from the latest page."""
    let_in(guest)
    clock.move(11 * 3600)
    assert is_in(guest)
    clock.move(3600)
    assert not is_in(guest)
    let_in(guest)
    assert is_in(guest)


def test_another_code_closes_the_door_to_those_who_were_in(
    tmp_path: Path, clock: Clock, guest: Visitor
) -> None:
    """The same key signs their cookie still."""
    let_in(guest)
    other = app_with(tmp_path, clock, "Another code").test_client()
    same = app_with(tmp_path, clock).test_client()
    for client in (other, same):
        carry_over(guest.client, client)

    assert is_in(Visitor(same))
    assert not is_in(Visitor(other))


def carry_over(one: FlaskClient, other: FlaskClient) -> None:
    """Give *other* the session cookie of *one*."""
    cookie = one.get_cookie("visit")
    assert cookie is not None
    other.set_cookie("visit", cookie.value)


def test_a_cookie_that_somebody_else_signed_opens_nothing(
    tmp_path: Path, clock: Clock, closed: Flask
) -> None:
    """With the right code and another key, or with the key and another content."""
    forger = Visitor(app_with(tmp_path, clock, SECRET_KEY="f" * 64).test_client())
    let_in(forger)
    victim = closed.test_client()
    carry_over(forger.client, victim)
    assert not is_in(Visitor(victim))

    signer = closed.session_interface.get_signing_serializer(closed)
    assert signer is not None
    until = clock.now + 3600
    for kept in (
        True,
        "x",
        {},
        {"until": until},
        {"mark": "", "until": until},
        {"mark": None, "until": until},
        {"mark": "口令", "until": until},
    ):
        victim.set_cookie("visit", signer.dumps({"access": kept}))
        assert not is_in(Visitor(victim)), kept


def test_a_session_from_before_the_code_gains_nothing_by_it(
    closed: Flask, guest: Visitor
) -> None:
    """Whoever has planted a cookie here is not let in with the one who types the code."""
    planter = Visitor(closed.test_client())
    planted_token = hidden(planter.get("/access").text, "csrf_token")
    carry_over(planter.client, guest.client)
    form = {"csrf_token": planted_token, "code": CODE, "next": "/"}
    assert guest.post("/access", form).status_code == 303

    assert is_in(guest)
    assert not is_in(planter)
    # Nor does the planter know the token of the forms to come.
    reset = guest.post("/stage/reset", {"csrf_token": planted_token})
    assert reset.status_code == 400


# Nowhere else.

EVIL = (
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/a\r\nSet-Cookie: a=b",
    "\x00/",
    " //evil.example",
    "javascript:alert(1)",
    "evil.example",
    "?next=//evil.example",
    "/口令",
    "/" + "x" * 2000,
    "",
)


@pytest.mark.parametrize("place", EVIL)
def test_the_code_leads_to_no_other_site(guest: Visitor, place: str) -> None:
    """Whatever a link asked for: said in the address, or in the form, or when let in."""
    page = guest.get("/access", {"next": place})
    assert 'name="next" value="/"' in page.text
    assert say(guest, CODE, place).headers["Location"] == "/"
    assert guest.get("/access", {"next": place}).headers["Location"] == "/"


@pytest.mark.parametrize("place", ["/", "/?a=b&c=%2F%2Fx", "/check/AAAA", "/a:b@c//d"])
def test_a_page_of_this_demo_may_be_wanted(place: str) -> None:
    """Any address that begins here."""
    assert place_within(place) == place


# The sandbox behind it.

OUTSIDE = (
    ("POST", "/sandbox/lifecheck/v2/init"),
    ("POST", "/sandbox/lifecheck/v2/result"),
    ("GET", "/sandbox/lifecheck/v2/photo/x"),
    ("GET", "/sandbox/lifecheck/v2/judged/x"),
    ("GET", "/sandbox/openapi.json"),
    ("GET", "/sandbox/control/faults"),
    ("GET", "/sandbox/control/checks"),
    ("POST", "/sandbox/control/reset"),
    ("GET", "/sandbox"),
    ("GET", "/sandbox/"),
    ("GET", "/sandbox/lifecheck/v2/check/index/../../../../control/checks"),
    ("GET", "//sandbox/control/checks"),
    ("GET", "/sandbox//control/checks"),
)


@pytest.mark.parametrize(("method", "path"), OUTSIDE)
def test_the_sandbox_is_closed_to_callers_from_outside(
    guest: Visitor, method: str, path: str
) -> None:
    """A program is told so in JSON, a browser is led to the code."""
    told = guest.client.open(path, method=method)
    led = guest.client.open(path, method=method, headers={"Accept": "text/html"})

    assert led.status_code == 303
    assert led.headers["Location"].startswith("/access")
    if path.startswith("/sandbox/"):
        assert told.status_code == 403
        assert told.json is not None
        assert told.json["error"] == "access-code-needed"
    else:
        assert told.headers["Location"] == led.headers["Location"]


@pytest.mark.parametrize("path", ["../control/checks", "%2e%2e/control/checks", ""])
def test_no_way_leads_through_the_open_folder(guest: Visitor, path: str) -> None:
    """Only the files in it are there."""
    assert guest.client.get(f"/sandbox/static/{path}").status_code == 404


def test_the_sandbox_is_open_to_whoever_is_in(guest: Visitor) -> None:
    """Its faults as a page, its API by hand."""
    let_in(guest)
    assert guest.get("/sandbox/control/faults").status_code == 200
    answer = guest.client.post("/sandbox/lifecheck/v2/init", data={"returnUrl": "/a"})
    assert answer.json is not None
    assert answer.json["code"] == 200


def test_the_whole_journey_goes_on_behind_the_door(guest: Visitor) -> None:
    """The client in this process needs no code."""
    let_in(guest)
    assert outcome_of(guest.check("passed")) == "passed"
    assert guest.get("/learn").status_code == 200
    assert guest.get("/stage").status_code == 200


def test_a_phone_needs_no_code(closed: Flask, guest: Visitor) -> None:
    """The key it was shown is its invitation: to that check, and to nothing else."""
    let_in(guest)
    code_page = guest.get(guest.start(on_phone="1"))
    found = re.search(r"/phone/[A-Za-z0-9_-]{22}", code_page.text)
    assert found
    phone = Visitor(closed.test_client())

    page = phone.get(found[0])
    assert page.status_code == 200
    camera = phone.post(found[0], {"csrf_token": hidden(page.text, "csrf_token")})
    camera_page = camera.headers["Location"]
    with phone.client.get("/sandbox/static/check.css") as sheet:
        assert sheet.status_code == 200
    back = phone.finish(camera_page, "passed")
    done = phone.come_back(back)

    assert "data-outcome" not in done.text
    check_id = back.split("/return/")[1][:16]
    assert outcome_of(guest.get(f"/check/{check_id}")) == "passed"
    for path in ("/", "/learn", f"/check/{'A' * 16}"):
        assert phone.get(path).status_code == 303, path
    assert phone.get(f"/phone/{'A' * 22}").status_code == 404
    # What the camera page's script asks is the sandbox's to answer, for a token.
    for path in OPEN_IN_SANDBOX:
        stranger = closed.test_client().post(f"/sandbox{path}", data={"token": "x"})
        assert stranger.status_code in {400, 404, 405}, path


@pytest.fixture(name="live_guest")
def _live_guest(tmp_path: Path, clock: Clock, vendor: Vendor) -> Visitor:
    app = app_with(
        tmp_path,
        clock,
        LIFECHECK_INIT_URL=f"{vendor.address}/init",
        LIFECHECK_RESULT_URL=f"{vendor.address}/result",
        LIFECHECK_H5_URL=f"{vendor.address}/h5",
        LIFECHECK_AUTH="none",
    )
    return Visitor(app.test_client())


def test_the_way_back_from_a_live_page_is_open_to_the_browser_that_started(
    live_guest: Visitor, vendor: Vendor, clock: Clock
) -> None:
    """Even when its twelve hours end in between: the check was paid for."""
    let_in(live_guest)
    clock.move(12 * 3600 - 60)
    token = token_of(live_guest.start())
    _, parameters, _ = vendor.asked[-1]
    path = parameters["returnUrl"][0].partition("localhost")[2]
    clock.move(120)
    vendor.result = envelope(202)

    page = live_guest.come_back(f"{path}?token={token}&success=false")

    assert outcome_of(page) == "not-passed"
    assert not is_in(live_guest)
    stranger = Visitor(live_guest.client.application.test_client())
    assert stranger.get(f"{path}?token={token}").status_code == 303
