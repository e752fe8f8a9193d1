"""No one in where they do not belong: hosts, links, cookies, forms, texts of others."""

import io
import json
import logging
import re
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urljoin

import pytest
from flask import Flask
from werkzeug.wrappers import Response

from lifecheck_demo.logs import JsonLines
from lifecheck_demo.sandbox import create_sandbox
from tests.conftest import Visitor, outcome_of, token_of
from tests.vendor import Vendor, envelope
from tools.serving import Server, a_server

PATIENCE_SECONDS = 20


@pytest.fixture(name="lines")
def _lines() -> Iterator[io.StringIO]:
    """What this package logs, as an operator gets it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("lifecheck_demo")
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)


def returned(visitor: Visitor, vendor: Vendor, result: Response) -> str:
    """Start a check that will end so; where its camera page sends the browser back to."""
    visitor.start()
    vendor.result = result
    sent_out = next(form for name, form, _ in vendor.asked[::-1] if name == "init")
    return sent_out["returnUrl"][0].partition("localhost")[2] + "?token=T-0123456789"


# What a request says of the server itself


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[Server]:
    with a_server(workers=1) as server:
        yield server


def sent(server: Server, first: str, *headers: str, host: str | None = "") -> str:
    """A raw request, answered; *host* is the server's own unless another is given."""
    name, _, port = server.address.rpartition("//")[2].partition(":")
    own = f"{name}:{port}"
    lines = [first, *([f"Host: {host or own}"] if host is not None else []), *headers]
    request = "\r\n".join((*lines, "Connection: close", "", "")).encode("latin-1")
    with socket.create_connection((name, int(port)), PATIENCE_SECONDS) as line:
        line.sendall(request)
        answer = b""
        while piece := line.recv(65536):
            answer += piece
    return answer.decode(errors="replace")


@pytest.mark.parametrize(
    "headers",
    [
        ("X-Forwarded-Proto: https",),
        ("X-Forwarded-Proto: https", "X-Forwarded-Ssl: off"),
        ("X-Forwarded-Host: evil.example", "X-Forwarded-Port: 81"),
        ("Forwarded: host=evil.example;proto=https",),
        ("X-Forwarded-Prefix: /evil", "X-Script-Name: /evil"),
        ("SCRIPT_NAME: /evil",),
        ("Script-Name: /evil",),
        ("PATH_INFO: /codes",),
        ("X-Original-URL: /codes", "X-Rewrite-URL: /codes"),
        ("X-HTTP-Method-Override: POST",),
    ],
)
def test_no_header_says_what_the_server_is(
    server: Server, headers: tuple[str, ...]
) -> None:
    """Sent from this computer too, where a proxy would be: the page stays as it is."""
    plain = sent(server, "GET /?lang=en HTTP/1.1")
    told = sent(server, "GET /?lang=en HTTP/1.1", *headers)

    assert told.startswith("HTTP/1.1 200 OK")
    assert addresses_in(told) == addresses_in(plain)
    assert "evil" not in told


def addresses_in(page: str) -> list[str]:
    """Every address of a page, with what is drawn anew each time taken out."""
    found = re.findall(r'(?:href|action|src)="([^"]*)"|(\S+://[^\s"<]+)', page)
    return [re.sub(r"/return/[\w-]+", "/return/…", "".join(pair)) for pair in found]


@pytest.mark.parametrize(
    ("first", "host"),
    [
        ("GET http://evil.example/?lang=en HTTP/1.1", ""),
        ("GET http://evil.example@127.0.0.1/?lang=en HTTP/1.1", ""),
        ("GET /?lang=en HTTP/1.0", None),
        ("GET /?lang=en HTTP/1.1", None),
        ("GET /?lang=en HTTP/1.1", "evil.example\\@localhost"),
        ("GET /?lang=en HTTP/1.1", "localhost@evil.example"),
        ("GET /?lang=en HTTP/1.1", "localhost, evil.example"),
        ("GET /?lang=en HTTP/1.1", "localhost/.evil.example"),
        ("GET /?lang=en HTTP/1.1", "localhost#evil.example"),
        ("GET /?lang=en HTTP/1.1", "l\xf6calhost.evil.example"),
    ],
)
def test_an_odd_target_or_host_is_in_no_address(
    server: Server, first: str, host: str | None
) -> None:
    """The absolute form's host is not ours either; no return address is made of one."""
    page = sent(server, first, host=host)

    assert page.startswith(("HTTP/1.1 200", "HTTP/1.0 200", "HTTP/1.1 400"))
    assert "evil" not in page


@pytest.mark.parametrize(
    ("first", "headers"),
    [
        ("GET / HTTP/1.1", ("Host: evil.example",)),
        ("POST / HTTP/1.1", ("Content-Length: 5", "Transfer-Encoding: chunked")),
        ("POST / HTTP/1.1", ("Content-Length: 5", "Content-Length: 6")),
        ("POST / HTTP/1.1", ("Content-Length: -1",)),
        ("POST / HTTP/1.1", ("Content-Length: +1",)),
        ("GET / HTTP/1.1", ("X: a\0b",)),
        ("GET / HTTP/1.1", ("X : a",)),
        ("GET /\x01 HTTP/1.1", ()),
        ("GET / HTTP/1.1", (f"Cookie: visit={'x' * 9000}",)),
        ("GET / HTTP/1.1", tuple(f"X-{n}: 1" for n in range(100))),
        (f"GET /?{'x' * 5000} HTTP/1.1", ()),
    ],
)
def test_what_two_servers_could_read_differently_is_refused(
    server: Server, first: str, headers: tuple[str, ...]
) -> None:
    """Two hosts, two lengths, control characters, more than anybody sends: before us."""
    assert re.match(r"HTTP/1.1 (400|414|431) ", sent(server, first, *headers))


# Where links lead


@pytest.mark.parametrize(
    "path",
    [
        *("//evil.example", "/\\evil.example", "/\\/evil.example", "/\t/evil.example"),
        *(
            "/\n/evil.example",
            "/%5Cevil.example",
            "/%2F%2Fevil.example",
            "/%09//evil.example",
        ),
        *("/http://evil.example", "/;//evil.example", "/learn/\\evil.example", "/.//x"),
    ],
)
def test_a_page_at_an_odd_address_links_to_this_site_alone(app: Flask, path: str) -> None:
    """Its language switch repeats the address: a browser must not read a host in it."""
    raw = unquote_to_bytes(path).decode("latin-1")
    answer = app.test_client().get(
        "/", environ_overrides={"PATH_INFO": raw, "REQUEST_URI": path}
    )

    links = [answer.headers["Location"]] if answer.status_code == 308 else []
    links += re.findall(r'(?:href|action|src)="([^"]*)"', answer.text)
    assert links
    for link in map(unescape, links):
        # As the standard of addresses has it: \ is /, tabs and line ends are nothing.
        plain = re.sub(r"[\t\r\n]", "", link).replace("\\", "/")
        here = urljoin("http://localhost/", plain)
        assert here.startswith("http://localhost/"), link


@pytest.mark.parametrize(
    "address",
    [
        *(
            "javascript:alert(1)",
            "JAVASCRIPT:alert(1)",
            "data:text/html,<b>x",
            "//evil.example/x.jpg",
        ),
        *(
            "data:image/svg+xml,<svg/onload=alert(1)>",
            "https://u:p@a.example/x.jpg",
            "blob:x",
        ),
        *("http://a.example/x.jpg", "https://127.0.0.1/x.jpg", "https://[::1]/x.jpg"),
        *(
            "https://a.example\\@b.example/x.jpg",
            "ftp://a.example/x.jpg",
            "file:///etc/passwd",
        ),
        *('https://a.example/"onerror="alert(1)', "https://a.example/x.jpg\r\nX-Evil: 1"),
    ],
)
def test_a_photo_is_shown_from_a_plain_https_address_only(
    live: Visitor, vendor: Vendor, address: str
) -> None:
    """Fetched by this server from the public web; the address itself is in no page."""
    back = returned(live, vendor, envelope(200, {"faceImageUrl": address}))
    page = live.come_back(back)

    shown = address in unescape(page.text) or "javascript:" in page.text.lower()
    assert not shown
    if "onerror" not in address:
        assert outcome_of(page) == "passed-without-photo"
    photo = live.get(f"{page.request.path}/photo")
    assert photo.status_code == 404
    assert "X-Evil" not in photo.headers


# Texts of others

MARKUP = (
    "\"><script>alert(1)</script><img src=x onerror=alert(1)>' onmouseover=alert(1) {{7*7}}"
)
STEERING = "a\r\nX-Evil: 1\r\n\r\n\x1b[2J\u2028\u202e\x9b\0" + MARKUP


@pytest.mark.parametrize("code", [200, 202, 400, 604, 606, 12345])
def test_what_the_vendor_says_is_text_and_nothing_else(
    live: Visitor, vendor: Vendor, code: int, lines: io.StringIO
) -> None:
    """In pages, in the wire, in the evidence, in headers and in the log."""
    said = {"code": code, "msg": STEERING, "taskNo": STEERING, STEERING: STEERING}
    said["data"] = {"token": STEERING, "faceImageUrl": STEERING, "x": [STEERING]}
    evil = Response(json.dumps(said), content_type="application/json")
    evil.headers["X-Ca-Request-Id"] = MARKUP
    evil.headers["Retry-After"] = MARKUP
    back = returned(live, vendor, evil)
    check = live.come_back(back).request.path
    vendor.init = evil
    refused = live.post("/", {"csrf_token": live.csrf(), "actions": "LookFront"})

    # `Visitor` examines each page: no script, no handler of an event stands in it.
    pages = [live.get(path) for path in (check, refused.headers["Location"], "/", "/codes")]
    evidence = live.get(f"{check}/evidence.json")
    for answer in (*pages, evidence, refused):
        assert "X-Evil" not in answer.headers
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]", answer.text)
    assert all("<script>alert" not in p.text and "<img src=x" not in p.text for p in pages)
    assert evidence.mimetype == "application/json"
    assert evidence.headers["Content-Disposition"].startswith("attachment;")
    records = lines.getvalue().splitlines()
    assert records
    assert all(json.loads(record) for record in records)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", lines.getvalue())


@pytest.mark.parametrize(
    "field", ["colors", "actions", "return_path", "code", "what_if", "ticket", "lang"]
)
def test_what_a_visitor_says_is_text_and_nothing_else(
    visitor: Visitor, field: str, lines: io.StringIO
) -> None:
    """In the form, its programs and its commands, pressed or in a link."""
    mode = {"return_mode": "mini-program"} if field == "return_path" else {}
    link = visitor.get("/", {field: STEERING, **mode})
    form = {"csrf_token": visitor.csrf(), field: STEERING, **mode}
    for answer in (link, visitor.post("/", form), visitor.get(f"/{quote(STEERING)}")):
        assert answer.status_code in {200, 303, 404, 422}
        assert "X-Evil" not in answer.headers
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert "49" not in re.findall(r"onmouseover=alert\(1\) (\S*)", answer.text)
    assert all(json.loads(line) for line in lines.getvalue().splitlines())


def test_a_line_of_the_log_is_one_line_whatever_is_in_it() -> None:
    """For every reader's idea of a line, and for every terminal."""
    record = logging.LogRecord("x", logging.INFO, "", 0, STEERING, None, None)
    record.failure = STEERING + "\ud800\u200f\u0085"
    line = JsonLines().format(record)

    assert line.splitlines() == [line]
    assert line.isprintable()
    assert json.loads(line)["failure"] == record.failure


# Who may change anything


# What tells of no visitor: how many calls were made, and that the store can be written.
NOBODYS = ("('calls:", "('health'")


def state_of(folder: Path) -> dict[str, list[Any]]:
    """All rows that the demo and its sandbox keep, without counts of calls and a probe."""
    found: dict[str, list[Any]] = {}
    for file in ("state.sqlite", "sandbox/checks.sqlite"):
        if not (folder / file).exists():
            continue
        with closing(sqlite3.connect(folder / file)) as db:
            names = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in names.fetchall():
                rows = map(repr, db.execute(f"SELECT * FROM {table}").fetchall())
                kept = sorted(row for row in rows if not row.startswith(NOBODYS))
                found[f"{file}:{table}"] = kept
    return found


def addresses_of(app: Flask, method: str, **known: str) -> dict[str, str]:
    """Every address that answers *method*, by its endpoint, filled in with *known*."""
    adapter = app.url_map.bind("localhost")
    found = {}
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()) and rule.endpoint != "static":
            filled = {name: known.get(name, "odd") for name in rule.arguments}
            found[f"{rule.endpoint} {rule.rule}"] = adapter.build(rule.endpoint, filled)
    return found


# The form checks its own token: an outdated page keeps what was chosen and asks again.
KEEPS_THE_CHOICE = {"journey.start /"}


def test_no_button_counts_without_the_token_of_our_own_page(
    app: Flask, visitor: Visitor, tmp_path: Path
) -> None:
    """Every address that takes a POST, enumerated; what is refused changes nothing."""
    page = visitor.check("passed")
    check = page.request.path.rpartition("/")[2]
    other = visitor.start()
    phone = visitor.get(f"/check/{in_cookie(visitor, other)}/phone").text
    key = re.findall(r"/phone/([\w-]{22})", phone)[0]
    visitor.get("/learn")
    before = state_of(tmp_path)
    known = {"check_id": check, "key": key}

    addresses = addresses_of(app, "POST", **known)
    assert len(addresses) > 15
    for endpoint, address in addresses.items():
        for sent in (
            {},
            {"csrf_token": "of another"},
            {"csrf_token": visitor.csrf() + "x"},
        ):
            form = {"actions": "LookFront", "check": check, "what_if": "202-face", **sent}
            answer = visitor.post(address, form)
            expected = 422 if endpoint in KEEPS_THE_CHOICE else 400
            assert answer.status_code == expected, endpoint
            assert 'name="visit"' not in answer.headers.get("Set-Cookie", "")
    assert state_of(tmp_path) == before
    assert visitor.get(f"/check/{check}/photo").status_code == 200


# What a GET may do, and why; everything else only shows.
SEEN_TO_CHANGE = {
    # The vendor's page leads the browser back by GET: its own check is asked about, once.
    "journey.returned": "the result of this browser's own check",
    # The code on the screen is drawn with a key that is made for it.
    "handoff.code": "the key of a code for a phone",
}


def test_looking_changes_nothing(app: Flask, visitor: Visitor, tmp_path: Path) -> None:
    """Every address that answers a GET, enumerated: no link, preview or crawler does."""
    check = in_cookie(visitor, visitor.start())
    phone = visitor.get(f"/check/{check}/phone").text
    key = re.findall(r"/phone/([\w-]{22})", phone)[0]
    before = state_of(tmp_path)

    addresses = addresses_of(app, "GET", check_id=check, key=key)
    assert len(addresses) > 15
    for endpoint, address in addresses.items():
        if endpoint.split()[0] not in SEEN_TO_CHANGE:
            assert visitor.get(address).status_code < 500
            assert state_of(tmp_path) == before, endpoint
    with visitor.client.session_transaction() as session:
        assert [kept["id"] for kept in session["visits"]] == [check]


def test_another_site_can_press_nothing_in_the_sandbox(
    app: Flask, visitor: Visitor, tmp_path: Path
) -> None:
    """Even with a check's token, which it cannot know; there are no cookies to use.

    The vendor's own interfaces are for programs: no browser's page calls them, and what
    they can do needs nothing that a browser would add by itself.
    """
    token = token_of(visitor.start())
    shape = create_sandbox(data=tmp_path / "shape")
    addresses = addresses_of(shape, "POST", token=token)
    assert {name.split()[0] for name in addresses} >= {"camera.outcome", "control.reset"}
    before = state_of(tmp_path)
    for endpoint, address in addresses.items():
        if endpoint.startswith("api."):
            continue
        form = {"token": token, "outcome": "passed", "consent": "1", "run": "x"}
        answer = visitor.client.post(
            f"/sandbox{address}", data=form, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert answer.status_code in {400, 403}, endpoint
        assert "Set-Cookie" not in answer.headers
    assert state_of(tmp_path) == before


def tokens_in_cookie(visitor: Visitor) -> list[str]:
    """Of this browser's checks, the newest first."""
    with visitor.client.session_transaction() as session:
        return [str(kept["token"]) for kept in session["visits"]]


def in_cookie(visitor: Visitor, camera_page: str) -> str:
    """The id of the check whose token is in that address."""
    with visitor.client.session_transaction() as session:
        return next(
            str(kept["id"])
            for kept in session["visits"]
            if kept["token"] == token_of(camera_page)
        )


def test_what_opens_one_thing_opens_nothing_else(visitor: Visitor) -> None:
    """Cookie, form token, check, token, phone key and photo name: each for its purpose."""
    page = visitor.check("passed")
    open_page = visitor.start()
    check = in_cookie(visitor, open_page)
    phone = visitor.get(f"/check/{check}/phone").text
    cookie = visitor.client.get_cookie("visit")
    assert cookie
    result = visitor.client.post(
        "/sandbox/lifecheck/v2/result", data={"token": tokens_in_cookie(visitor)[-1]}
    )
    photo = str(result.json["data"]["faceImageUrl"]).rpartition("/")[2]
    secrets = {
        "cookie": cookie.value,
        "form": visitor.csrf(),
        "check": check,
        "token": token_of(open_page),
        "phone": re.findall(r"/phone/([\w-]{22})", phone)[0],
        "photo": photo,
    }
    assert len(set(secrets.values())) == len(secrets)
    stranger = Visitor(visitor.client.application.test_client())
    doors = {
        "check": "/check/{}",
        "phone": "/phone/{}",
        "token": "/sandbox/lifecheck/v2/check/index?token={}",
        "photo": "/sandbox/lifecheck/v2/photo/{}",
        "report": "/sandbox/lifecheck/v2/judged/{}",
    }
    for name, secret in secrets.items():
        for purpose, door in doors.items():
            opened = stranger.get(door.format(quote(secret, safe=""))).status_code == 200
            # A check's own number opens it to the browser with its cookie alone.
            assert opened == (name == purpose and name != "check"), (name, purpose)
        stranger.client.set_cookie("visit", secret)
        answer = stranger.get(f"/check/{check}")
        assert answer.status_code == (200 if name == "cookie" else 404), name
        stranger.client.delete_cookie("visit")
        if name != "form":
            form = {"csrf_token": secret, "actions": "LookFront"}
            assert visitor.post("/", form).status_code == 422, name
    assert page.status_code == 200


def test_a_cookie_that_somebody_planted_shows_its_planter_nothing(app: Flask) -> None:
    """The checks are in the cookie that the visitor gets, not behind a number in it."""
    planter, victim = (Visitor(app.test_client()) for _ in range(2))
    planter.get("/")
    planted = planter.client.get_cookie("visit")
    assert planted
    victim.client.set_cookie("visit", planted.value)
    page = victim.check("passed")

    assert victim.get(f"{page.request.path}/photo").status_code == 200
    for path in ("", "/photo", "/news", "/evidence.json", "/phone"):
        assert planter.get(page.request.path + path).status_code == 404
    back = page.request.path.replace("/check/", "/return/")
    assert planter.get(back).status_code == 403


def test_a_cookie_kept_from_before_forget_brings_nothing_back(
    live: Visitor, vendor: Vendor, tmp_path: Path
) -> None:
    """Replayed, it still names the check; of that nothing is left, or asked, or kept."""
    back = returned(live, vendor, envelope(202))
    page = live.come_back(back)
    old = live.client.get_cookie("visit")
    assert old
    live.post(f"{page.request.path}/forget", {"csrf_token": live.csrf()})
    before, asked = state_of(tmp_path), len(vendor.asked)
    live.client.set_cookie("visit", old.value)

    again = live.come_back(back)
    assert outcome_of(again) == "no-result-yet"
    for path in ("/photo", "/evidence.json", "/news", "/phone"):
        live.get(page.request.path + path)
    live.post(f"{page.request.path}/ask", {"csrf_token": live.csrf()})
    assert len(vendor.asked) == asked
    assert state_of(tmp_path) == before


def test_with_a_live_service_there_is_no_sandbox(live: Visitor, tmp_path: Path) -> None:
    """None of its addresses, whoever asks; what asks for faults starts nothing either."""
    shape = create_sandbox(data=tmp_path / "shape")
    found = {
        **addresses_of(shape, "GET"),
        **addresses_of(shape, "POST"),
        "static": "/static/check.js",
    }
    assert len(found) > 20
    for address in found.values():
        for answer in (
            live.get(f"/sandbox{address}"),
            live.client.post(f"/sandbox{address}", data={"token": "x"}),
        ):
            assert answer.status_code in {400, 404, 405}, address
            assert "There is no such page" in answer.text or answer.status_code != 404
    assert live.get("/sandbox/control/checks").status_code == 404
