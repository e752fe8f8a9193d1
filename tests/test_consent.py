"""Consent before the camera: asked where it counts, and noted with the check."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from lifecheck_demo.consent import version
from lifecheck_demo.sandbox import words
from tests.conftest import Clock, Visitor, hidden, token_of
from tests.test_limits import live_app as a_live_app
from tests.vendor import Vendor

CHECK = "/sandbox/lifecheck/v2/check"


def check_of(visitor: Visitor) -> str:
    """The id of the newest check of a browser."""
    with visitor.client.session_transaction() as session:
        return str(session["visits"][0]["id"])


def evidence(visitor: Visitor, check: str) -> dict[str, Any]:
    """What the result page lets anybody save."""
    told: dict[str, Any] = visitor.client.get(f"/check/{check}/evidence.json").get_json()
    return told


def test_the_sandbox_notes_what_was_agreed_to_before_its_camera(
    visitor: Visitor, clock: Clock
) -> None:
    """That, when, and to which text: and no run without it."""
    camera_page = visitor.start()
    token, check = token_of(camera_page), check_of(visitor)
    shown = re.search(
        r'type="checkbox" value="([0-9a-f]{8})"', visitor.get(camera_page).text
    )
    assert shown
    assert shown[1] == words.CONSENT
    assert evidence(visitor, check)["consent"] is None

    for wrong in ("", "0", "00000000"):
        refused = visitor.post(f"{CHECK}/begin", {"token": token, "consent": wrong})
        assert refused.status_code == 400
        assert refused.get_json() == {"error": "consent-missing"}
    assert evidence(visitor, check)["consent"] is None
    frame = visitor.post(f"{CHECK}/frame", {"token": token, "run": "", "seq": "0"})
    assert frame.get_json() == {"error": "no-such-run"}

    clock.now = 1_800_000_030.0
    begun = visitor.post(f"{CHECK}/begin", {"token": token, "consent": shown[1]})
    assert begun.status_code == 200
    assert evidence(visitor, check)["consent"] == {
        "given_at": "2027-01-15T08:00:30+00:00",
        "version": words.CONSENT,
        "place": "camera-page",
    }


def test_the_question_leads_to_what_is_kept(visitor: Visitor) -> None:
    """In the language of the page, beside it: the check does not get lost."""
    page = visitor.get(f"{visitor.start()}&lang=zh").text

    assert 'href="/privacy?lang=zh" target="_blank"' in page


def test_whoever_picks_an_outcome_is_asked_nothing(visitor: Visitor) -> None:
    """There is no camera in it, and nothing to agree to."""
    visitor.check("passed")

    assert evidence(visitor, check_of(visitor))["consent"] is None


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "address",
    ["/?scenario=flash-actions", "/stage/ready?scenario=flash-actions"],
)
def test_before_the_live_page_the_button_says_that_it_agrees(
    live: Visitor, clock: Clock, language: str, address: str
) -> None:
    """It is noted before the camera's address is given out."""
    live.language = language
    page = live.get(address).text
    agree = {"zh": "同意", "en": "Agree"}[language]
    buttons = re.findall(
        r"<button[^>]*(?:data-start(?=[ >])|without_flashing)[^>]*>([^<]+)", page
    )
    assert len(buttons) == 2
    assert all(button.startswith(agree) for button in buttons)
    assert "data-consent>" in page

    form = {"csrf_token": hidden(page, "csrf_token"), "actions": "LookFront"}
    form["consent"] = hidden(page, "consent")
    assert live.post("/", dict(form)).status_code == 303

    with live.client.application.app_context():
        said = {"version": version(), "place": "start"}
    assert evidence(live, check_of(live))["consent"] == {
        "given_at": "2027-01-15T08:00:00+00:00",
        **said,
    }


def test_a_program_that_has_shown_nothing_starts_a_check_and_claims_nothing(
    live: Visitor,
) -> None:
    """Its form has the same fields as ever; the pages ask before they lead on."""
    live.start(consent="another text")
    check = check_of(live)
    assert evidence(live, check)["consent"] is None

    page = live.get(f"/check/{check}").text
    assert f"/check/{check}/camera" in page
    assert "token=" not in page.split("<main")[1].split('id="wire"')[0]
    assert live.get(f"/stage/check/{check}/camera").location == f"/check/{check}"

    way = f"/check/{check}/camera"
    csrf = hidden(page, "csrf_token")
    assert live.post(way, {"csrf_token": csrf}).location == f"/check/{check}"
    agreed = live.post(way, {"csrf_token": csrf, "consent": hidden(page, "consent")})
    assert "/h5?token=" in agreed.location
    assert evidence(live, check)["consent"]["place"] == "start"
    assert "/h5?token=" in live.get(f"/check/{check}").text


def test_whoever_goes_on_at_a_phone_is_asked_there(live: Visitor, live_app: Flask) -> None:
    """The one who stands before the camera agrees, and nobody for them."""
    page = live.get("/").text
    form = {"csrf_token": hidden(page, "csrf_token"), "actions": "LookFront"}
    form |= {"consent": hidden(page, "consent"), "on_phone": "1"}
    code = live.get(live.post("/", dict(form)).location).text
    check = check_of(live)
    assert evidence(live, check)["consent"] is None

    phone = Visitor(live_app.test_client())
    found = re.search(r"/phone/[\w-]{22}", code)
    assert found
    ready = phone.get(found[0]).text
    assert "Agree and open the camera page" in ready
    form = {name: hidden(ready, name) for name in ("csrf_token", "consent")}
    assert "/h5?token=" in phone.post(found[0], dict(form)).location

    assert evidence(live, check)["consent"]["place"] == "phone"


def test_where_no_check_is_begun_nothing_was_agreed_to(
    tmp_path: Path, vendor: Vendor, clock: Clock
) -> None:
    """Over a limit nothing is sent, and nothing is kept of who pressed."""
    app = a_live_app(tmp_path, vendor, clock, LIMIT_PER_HOUR="1")
    visitor = Visitor(app.test_client())
    for many in (1, 1):
        page = visitor.get("/").text
        names = ("csrf_token", "ticket", "consent")
        form = {"actions": "LookFront", **{name: hidden(page, name) for name in names}}
        visitor.post("/", form)

        with closing(sqlite3.connect(tmp_path / "state.sqlite")) as db:
            keys = [key for (key,) in db.execute("SELECT key FROM records")]
        for kind in ("consent", "ticket"):
            assert len([key for key in keys if key.startswith(f"{kind}:")]) == many


def test_it_is_forgotten_with_its_check(live: Visitor, live_app: Flask) -> None:
    """Nothing is left that says who agreed to what."""
    page = live.get("/").text
    form = {"csrf_token": hidden(page, "csrf_token"), "actions": "LookFront"}
    live.post("/", {**form, "consent": hidden(page, "consent")})
    check = check_of(live)
    with live.client.session_transaction() as session:
        kept = dict(session)

    live.post(f"/check/{check}/forget", {"csrf_token": hidden(page, "csrf_token")})
    with live.client.session_transaction() as session:
        session.update(kept)

    assert evidence(live, check)["consent"] is None


def test_nobody_agrees_to_a_check_that_is_forgotten(live: Visitor) -> None:
    """A tab that was left open still has the button."""
    live.start()
    check = check_of(live)
    page = live.get(f"/check/{check}").text
    form = {name: hidden(page, name) for name in ("csrf_token", "consent")}
    with live.client.session_transaction() as session:
        kept = dict(session)
    live.post(f"/check/{check}/forget", dict(form))
    with live.client.session_transaction() as session:
        session.update(kept)

    assert live.post(f"/check/{check}/camera", dict(form)).location == f"/check/{check}"
    assert evidence(live, check)["consent"] is None
