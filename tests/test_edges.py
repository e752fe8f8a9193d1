"""Headers, health, cookies, errors, settings: what stands around the journey."""

import json
import logging
import os
import secrets
import sqlite3
from pathlib import Path

import pytest
from flask import Flask

from lifecheck_demo import create_app
from lifecheck_demo.challenge import PALETTE
from lifecheck_demo.logs import JsonLines, new_reference
from lifecheck_demo.settings import Settings, SettingsError
from tests.conftest import Visitor, hidden, outcome_of
from tests.vendor import Vendor, envelope


def test_pages_may_run_nothing_inline_and_are_not_kept(visitor: Visitor) -> None:
    """Tokens and faces stay out of caches, frames and Referer headers."""
    for address in ("/", visitor.start()):
        headers = visitor.get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["Cache-Control"] == "no-store"
        assert {"Accept-Language", "Cookie"} <= set(headers["Vary"].split(", "))
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_no_other_site_may_use_the_camera(visitor: Visitor) -> None:
    """Ours only look whether there is one; and nobody may use the microphone."""
    for page in (visitor.get("/"), visitor.get(visitor.start())):
        policy = page.headers["Permissions-Policy"]
        assert "camera=(self)" in policy
        assert "microphone=()" in policy


def test_a_form_may_be_answered_with_the_live_camera_page(live_app: Flask) -> None:
    """A browser holds the redirect after a form against form-action as well."""
    policy = live_app.test_client().get("/").headers["Content-Security-Policy"]

    assert "form-action 'self' http://127.0.0.1:" in policy


def test_health_says_what_it_runs_on(visitor: Visitor) -> None:
    """Without a call to the vendor."""
    assert visitor.get("/healthz").json == {
        "status": "ok",
        "vendor": "sandbox",
        "store": "ok",
    }


def test_the_session_cookie_is_closed_to_scripts_and_lax(visitor: Visitor) -> None:
    """Strict would lose the check on the way back from the vendor."""
    cookie = visitor.get("/").headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_on_https_cookies_stay_on_https(tmp_path: Path) -> None:
    """PUBLIC_URL says how browsers reach the demo."""
    environ = {
        "LIFECHECK_INSTANCE": str(tmp_path),
        "PUBLIC_URL": "https://demo.example.com",
        "SECRET_KEY": "k" * 32,
    }
    client = create_app(Settings.from_environment(environ)).test_client()

    headers = client.get("/", base_url="https://demo.example.com").headers

    assert "Secure" in headers["Set-Cookie"]
    assert headers["Set-Cookie"].startswith("__Host-")
    assert "max-age" in headers["Strict-Transport-Security"]


def test_a_foreign_host_is_never_made_into_a_return_address(visitor: Visitor) -> None:
    """A Host header is the visitor's word; PUBLIC_URL is the operator's."""
    elsewhere = {"base_url": "http://evil.example", "headers": {"Accept-Language": "en"}}
    page = visitor.client.get("/", **elsewhere).text
    form = {"csrf_token": hidden(page, "csrf_token"), "actions": "LookFront"}

    answer = visitor.client.post("/", data=form, **elsewhere)
    told = visitor.client.get(answer.headers["Location"], **elsewhere)

    assert outcome_of(told) == "set-up-problem"
    assert "PUBLIC_URL" in told.text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/nowhere", 404),
        ("/check/short", 404),
        ("/check/0123456789abcdef", 404),
        ("/%ff", 404),
    ],
)
def test_wrong_addresses_get_a_page(visitor: Visitor, address: str, status: int) -> None:
    """With a way on."""
    answer = visitor.get(address)

    assert answer.status_code == status
    assert 'href="/"' in answer.text


def test_a_store_that_fails_is_a_page_and_an_unhealthy_server(
    tmp_path: Path, visitor: Visitor, app: Flask
) -> None:
    """No stack trace: 503, and when to come back."""
    camera_page = visitor.start()
    for file in tmp_path.glob("state.sqlite*"):
        file.unlink()
    (tmp_path / "state.sqlite").mkdir()
    other = create_app(
        Settings.from_environment({"LIFECHECK_INSTANCE": str(tmp_path)})
    ).test_client()

    answer = other.post("/", data={})
    health = other.get("/healthz")

    assert camera_page
    assert answer.status_code in {422, 503}
    assert health.status_code == 503


def test_forms_of_buttons_need_their_token(visitor: Visitor) -> None:
    """Another site cannot press them."""
    page = visitor.check("passed")
    address = page.request.path

    for button in ("ask", "forget"):
        answer = visitor.post(f"{address}/{button}", {})
        assert answer.status_code == 400
    assert visitor.get(address).status_code == 200


@pytest.mark.parametrize(
    ("environ", "typed"),
    [
        (
            {"LIFECHECK_INIT_URL": "https://a.example/init"},
            "LIFECHECK_RESULT_URL is missing",
        ),
        ({"LIFECHECK_RESULT_URL": "https://a.example/r"}, "LIFECHECK_INIT_URL is missing"),
        (
            {
                "LIFECHECK_INIT_URL": "https://a.example/i",
                "LIFECHECK_RESULT_URL": "https://a.example/r",
            },
            "LIFECHECK_APPCODE is missing",
        ),
        ({"LIFECHECK_AUTH": "nonsense"}, "set it to one of"),
        ({"LIFECHECK_INIT_URL": "a.example"}, "LIFECHECK_RESULT_URL is missing"),
        ({"PUBLIC_URL": "https://a.example/path"}, "must be an origin alone"),
        ({"PUBLIC_URL": "https://a.example"}, "SECRET_KEY is missing"),
        *(
            ({"PUBLIC_URL": url}, "must be an origin alone")
            for url in (
                "https://[x",
                "https://a.example:port",
                "https://a.example:99999",
                "https://:word@a.example",
                "https://a exa.mple",
            )
        ),
        *(
            (
                {
                    "LIFECHECK_INIT_URL": "https://a.example/i",
                    "LIFECHECK_RESULT_URL": "https://a.example/r",
                    "LIFECHECK_APPCODE": "0123456789abcdef",
                    name: url,
                },
                f"{name} is not a web address",
            )
            for name in ("LIFECHECK_INIT_URL", "LIFECHECK_H5_URL")
            for url in ("https://a.example:99999/i", "https://a:443x/i", "https://[bad/i")
        ),
        *(
            ({"STATE_URL": url}, "write redis://host:6379/0")
            for url in (
                "localhost:6379",
                "http://localhost:6379",
                "redis://",
                "redis://:word@/0",
                "redis://localhost:99999",
                "redis://localhost:port",
                "redis://localhost/first",
                "redis://localhost/0?db=1",
                "redis://localhost/0#x",
                "redis://local host",
                "redis://[bad",
                "unix:///run/redis.sock",
            )
        ),
        ({"STATE_URL": "redis://state.internal"}, "SECRET_KEY is missing, and STATE_URL"),
    ],
)
def test_a_wrong_setting_says_what_to_type(
    tmp_path: Path, environ: dict[str, str], typed: str
) -> None:
    """The app refuses to start, and its sentence names the setting."""
    with pytest.raises(SettingsError, match=typed):
        Settings.from_environment({"LIFECHECK_INSTANCE": str(tmp_path), **environ})


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://127.0.0.1:6379",
        "redis://[::1]:6379/",
        "redis://:a%40word@localhost:6379/15",
        "rediss://user:word@localhost:6380/0",
    ],
)
def test_the_address_of_a_redis_may_have_a_password_and_a_number(
    tmp_path: Path, url: str
) -> None:
    """On this computer without a key of one's own; the password is never printed."""
    environ = {"LIFECHECK_INSTANCE": str(tmp_path), "STATE_URL": url}
    settings = Settings.from_environment(environ)

    assert settings.state_url == url
    assert "word" not in repr(settings)


def test_a_wrong_address_of_a_redis_is_not_repeated(tmp_path: Path) -> None:
    """It may hold a password."""
    environ = {"LIFECHECK_INSTANCE": str(tmp_path), "STATE_URL": "redis://:hunter2@h/x"}
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment(environ)

    assert "hunter2" not in str(refused.value)


def test_secrets_do_not_print(tmp_path: Path) -> None:
    """A settings object in a traceback or a log shows none of them."""
    environ = {
        "LIFECHECK_INSTANCE": str(tmp_path),
        "LIFECHECK_INIT_URL": "https://a.example/i",
        "LIFECHECK_RESULT_URL": "https://a.example/r",
        "LIFECHECK_APPCODE": "very-secret",
        "SECRET_KEY": "also-secret",
    }

    shown = repr(Settings.from_environment(environ))
    assert "very-secret" not in shown
    assert "also-secret" not in shown


def test_the_kept_key_and_the_state_are_the_owners_alone(
    tmp_path: Path, visitor: Visitor
) -> None:
    """Nobody else on the machine reads tokens."""
    visitor.check("passed")

    for name in (
        "secret_key",
        "state.sqlite",
        "sandbox/checks.sqlite",
    ):
        assert os.stat(tmp_path / name).st_mode & 0o077 == 0, name


def test_no_face_stays_on_disk_after_forget(tmp_path: Path, visitor: Visitor) -> None:
    """The short-lived store is empty again."""
    page = visitor.check("passed")
    form = {"csrf_token": hidden(page.text, "csrf_token")}
    visitor.post(f"{page.request.path}/forget", form)

    with sqlite3.connect(tmp_path / "sandbox/checks.sqlite") as db:
        counts = [
            db.execute(f"SELECT count(*) FROM {t}").fetchone()[0]
            for t in ("photos", "checks")
        ]
    db.close()
    assert counts == [0, 0]


def test_log_lines_are_json_with_a_reference() -> None:
    """A person can read the number out, an operator can search for it."""
    reference = new_reference()
    record = logging.LogRecord("x", logging.INFO, "", 0, "a\nb", None, None)
    record.reference = reference
    line = JsonLines().format(record)

    assert "\n" not in line
    assert json.loads(line)["reference"] == reference


def test_long_tokens_never_outgrow_the_cookie(live: Visitor, vendor: Vendor) -> None:
    """A browser drops a cookie over 4 KB without a word, and the check with it."""
    for number in range(6):
        vendor.init = envelope(200, {"token": f"{number}" + secrets.token_hex(319)})
        answer = live.post(
            "/",
            {
                "csrf_token": live.csrf(),
                "flash_ok": "1",
                "colors": ",".join(colour.hex for colour in PALETTE),
                "actions": ",".join(["LookFront", *["ShakeHead"] * 11]),
            },
        )
        assert answer.status_code == 303
        assert len(answer.headers["Set-Cookie"]) < 4000
    with live.client.session_transaction() as session:
        assert session["visits"][0]["token"].startswith("5")
