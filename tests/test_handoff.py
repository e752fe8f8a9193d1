"""A check begun here and done on a phone: who sees what, and what the service is asked."""

import re
import sqlite3
from contextlib import closing
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from lifecheck_demo import create_app
from lifecheck_demo.settings import Settings
from lifecheck_demo.store import Record, SqliteStore
from tests.conftest import Clock, Visitor, hidden, outcome_of
from tests.vendor import Vendor, envelope


def begin(visitor: Visitor, **wishes: str) -> tuple[str, str]:
    """Press *Continue on a phone*: the path of the first screen, and of the code."""
    page = visitor.get(visitor.start(on_phone="1", **wishes))
    return page.request.path, code_on(page.text)


def code_on(page: str) -> str:
    """The address in the code, without this demo's origin."""
    address = re.search(r'<p class="wire-line">([^<]+)</p>', page)
    assert address
    return unescape(address.group(1)).replace("http://localhost", "")


def open_camera(phone: Visitor, address: str) -> str:
    """Open the code's address and go on; the answer is the camera page's address."""
    form = {"csrf_token": hidden(phone.get(address).text, "csrf_token")}
    return phone.post(address, dict(form)).headers["Location"]


def news(screen: Visitor, path: str) -> dict[str, bool]:
    """What the first screen hears of the phone."""
    return screen.get(path.replace("/phone", "/news")).get_json()


@pytest.fixture(name="phone")
def _phone(app: Flask) -> Visitor:
    """Another browser."""
    return Visitor(app.test_client())


def test_the_phone_does_the_check_and_the_first_screen_shows_it(
    visitor: Visitor, phone: Visitor
) -> None:
    """The phone ends on a page that says where to look: no result, no photo."""
    path, address = begin(visitor)
    assert news(visitor, path) == {"opened": False, "back": False}
    camera = open_camera(phone, address)
    assert news(visitor, path) == {"opened": True, "back": False}

    done = phone.come_back(phone.finish(camera, "passed"))

    assert news(visitor, path) == {"opened": True, "back": True}
    assert "data-handed-back" in done.text
    assert "data-face-photo" not in done.text
    check = path.removesuffix("/phone")
    page = visitor.get(check)
    assert outcome_of(page) == "passed"
    assert visitor.get(f"{check}/photo").mimetype == "image/jpeg"
    assert phone.get(f"{check}/photo").status_code == 404


def test_the_phone_can_neither_ask_nor_forget(visitor: Visitor, phone: Visitor) -> None:
    """It was lent one thing to do."""
    path, address = begin(visitor)
    phone.come_back(phone.finish(open_camera(phone, address), "passed"))
    check = path.removesuffix("/phone")
    form = {"csrf_token": phone.csrf()}

    asked = phone.post(f"{check}/ask", dict(form))
    phone.post(f"{check}/forget", dict(form))

    assert asked.status_code == 404
    assert phone.get(path).status_code == 404
    assert phone.get(f"{check}/news").status_code == 404
    assert outcome_of(visitor.get(check)) == "passed"


def test_one_return_buys_one_result_and_watching_buys_none(
    live_app: Flask, live: Visitor, vendor: Vendor
) -> None:
    """Calls may be billed: the first screen asks only our own server."""
    phone = Visitor(live_app.test_client())
    path, address = begin(live)
    for _ in range(20):
        news(live, path)
    open_camera(phone, address)
    assert vendor.calls("result") == 0
    vendor.result = envelope(202)

    back = path.removesuffix("/phone").replace("/check/", "/return/")
    phone.come_back(f"{back}?token=T-0123456789&success=false")
    for _ in range(20):
        news(live, path)

    assert outcome_of(live.get(path.removesuffix("/phone"))) == "not-passed"
    assert (vendor.calls("init"), vendor.calls("result")) == (1, 1)


def test_a_second_phone_is_too_late(app: Flask, visitor: Visitor, phone: Visitor) -> None:
    """The first may open it again; a photograph of the screen is no second way in."""
    path, address = begin(visitor)
    camera = open_camera(phone, address)
    other = Visitor(app.test_client())
    form = {"csrf_token": hidden(other.get(address).text, "csrf_token")}

    late = other.post(address, dict(form))

    assert late.status_code == 409
    assert "Another phone" in late.text
    assert other.get(path.removesuffix("/phone")).status_code == 404
    assert open_camera(phone, address) == camera


@pytest.mark.parametrize("end", ["over", "forgotten", "done", "unknown"])
def test_a_code_counts_only_as_long_as_its_check(
    visitor: Visitor, phone: Visitor, clock: Clock, end: str
) -> None:
    """Afterwards it says what to do."""
    path, address = begin(visitor)
    if end == "over":
        clock.move(600)
    elif end == "forgotten":
        form = {"csrf_token": visitor.csrf()}
        visitor.post(path.replace("/phone", "/forget"), dict(form))
    elif end == "done":
        camera = open_camera(visitor, address)
        visitor.come_back(visitor.finish(camera, "202-face"))
    else:
        address = "/phone/AAAAAAAAAAAAAAAAAAAAAA"

    page = phone.get(address)

    assert page.status_code == 404
    assert "Ask for a new code" in page.text


def test_the_same_screen_may_open_its_own_code(visitor: Visitor) -> None:
    """A phone that shows the demo itself: it stays the owner, and sees the result."""
    path, address = begin(visitor)
    page = visitor.come_back(visitor.finish(open_camera(visitor, address), "passed"))

    assert outcome_of(page) == "passed"
    assert visitor.get(path).headers["Location"] == path.removesuffix("/phone")


@pytest.mark.parametrize(
    ("public", "trouble"),
    [
        ("", "loopback"),
        ("http://10.0.0.7:8000", "plain-http"),
        ("https://demo.example.com", ""),
    ],
)
def test_an_address_that_no_phone_can_use_is_told_beforehand(
    tmp_path: Path, public: str, trouble: str
) -> None:
    """On the form, and beside the code; with what to do about it."""
    environ = {"LIFECHECK_INSTANCE": str(tmp_path), "SECRET_KEY": "k" * 32}
    app = create_app(Settings.from_environment({**environ, "PUBLIC_URL": public}))
    base = "https://demo.example.com" if public.startswith("https") else "http://localhost"
    client = app.test_client()
    client.environ_base["wsgi.url_scheme"] = base.partition(":")[0]
    page = client.get("/", base_url=base).text

    found = re.findall(r'data-phone-trouble="([^"]+)"', page)

    assert found == ([trouble] if trouble else [])


def test_a_flash_is_told_on_the_phone_too(visitor: Visitor, phone: Visitor) -> None:
    """Whoever holds it did not see the question on the first screen."""
    _, address = begin(visitor, colors="FFFFFF,000000", flash_ok="1")

    assert "The whole screen will flash" in phone.get(address).text


def test_a_phone_that_comes_back_after_forget_brings_nothing_back(
    live_app: Flask, live: Visitor, vendor: Vendor, tmp_path: Path
) -> None:
    """Its cookie still has the token; what was forgotten stays so, and nothing is asked."""
    phone = Visitor(live_app.test_client())
    path, address = begin(live)
    open_camera(phone, address)
    form = {"csrf_token": live.csrf()}
    live.post(path.replace("/phone", "/forget"), dict(form))
    check = path.removesuffix("/phone").removeprefix("/check/")

    phone.come_back(f"/return/{check}?token=T-0123456789&success=true")

    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as db:
        keys = {row[0].partition(":")[0] for row in db.execute("SELECT key FROM records")}
    assert vendor.calls("result") == 0
    # What is counted says nothing of a check.
    assert keys <= {"forgotten", "ticket", "calls", "quota"}


def test_a_new_code_takes_the_place_of_the_old_one(
    app: Flask, visitor: Visitor, phone: Visitor
) -> None:
    """For whoever opened it in a browser that has no camera."""
    path, address = begin(visitor)
    open_camera(phone, address)
    form = {"csrf_token": visitor.csrf()}
    page = visitor.get(visitor.post(path, dict(form)).headers["Location"])
    other = Visitor(app.test_client())

    assert phone.get(address).status_code == 404
    assert open_camera(other, code_on(page.text))


def test_two_screens_that_open_the_code_at_once_show_the_same(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One looks for it just before the other has made it: both phones can go on."""
    path = visitor.start(on_phone="1")
    get, shown = SqliteStore.get, list[str]()

    def overtaken(store: SqliteStore, key: str) -> Record | None:
        found = get(store, key)
        if key.startswith("phone:") and not shown:
            shown.append("")
            shown.append(code_on(visitor.get(path).text))
        return found

    monkeypatch.setattr(SqliteStore, "get", overtaken)
    shown.append(code_on(visitor.get(path).text))

    assert len(set(shown[1:])) == 1


def test_a_check_that_is_forgotten_at_that_moment_gets_no_code(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In another tab: the code would open its token."""
    path = visitor.start(on_phone="1")
    form = {"csrf_token": visitor.csrf()}
    get, seen = SqliteStore.get, list[str]()

    def overtaken(store: SqliteStore, key: str) -> Record | None:
        found = get(store, key)
        if key.startswith("phone:") and not seen:
            seen.append(key)
            visitor.post(path.replace("/phone", "/forget"), dict(form))
        return found

    monkeypatch.setattr(SqliteStore, "get", overtaken)

    assert visitor.get(path).status_code == 404
    assert SqliteStore(tmp_path / "state.sqlite").get(seen[0]) is None


def test_a_result_that_is_not_there_yet_does_not_shut_the_code(
    live_app: Flask, live: Visitor, vendor: Vendor
) -> None:
    """It was looked for too early; the way back to the code is on the page."""
    path, _ = begin(live)
    check = path.removesuffix("/phone")
    form = {"csrf_token": live.csrf()}
    page = live.come_back_from_button(f"{check}/ask", dict(form))
    assert f'href="{path}"' in page.text
    code = live.get(path)
    found = re.search(r'data-news="([^"]+)"', code.text)
    assert found

    assert live.get(unescape(found.group(1))).get_json()["back"] is False
