"""What is kept of a visitor: the table, the page, and that both are true."""

import io
import json
import logging
import os
import re
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from flask import Flask
from flask_babel import force_locale

from lifecheck_demo.kept import KEPT, With
from lifecheck_demo.logs import JsonLines
from tests.conftest import Clock, Visitor, hidden, outcome_of, token_of
from tests.sandbox.conftest import Pixels, jpeg
from tests.sandbox.test_camera import play
from tests.vendor import Vendor, envelope
from tools.film import frame
from tools.serving import Server, a_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

README = Path(__file__).parent.parent / "README.md"


def rows_of_the_readme() -> list[tuple[str, ...]]:
    """The cells of its table, in order."""
    part = (
        README.read_text().split("## What is kept, and for how long\n")[1].split("\n## ")[0]
    )
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [
        tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines[2:]
    ]


def rows_of_the_code(app: Flask, language: str) -> list[tuple[str, ...]]:
    """The same, from where they are written."""
    with app.test_request_context(), force_locale(language):
        return [
            (row.service.value, str(row.what), str(row.where), str(row.until))
            for row in KEPT
        ]


def test_readme_and_page_tell_the_same(app: Flask) -> None:
    """There is one truth, and it is data."""
    assert rows_of_the_readme() == rows_of_the_code(app, "en")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["visitor", "live"])
def test_the_page_shows_what_is_true_of_the_service_that_answers(
    request: pytest.FixtureRequest, language: str, name: str
) -> None:
    """Row by row, and none of the other service."""
    visitor: Visitor = request.getfixturevalue(name)
    visitor.language = language
    page = re.sub(r"</?em>", "*", visitor.get("/privacy").text)
    here = {With.BOTH, With.SANDBOX if name == "visitor" else With.LIVE}

    for row, words in zip(
        KEPT, rows_of_the_code(visitor.client.application, language), strict=True
    ):
        shown = [f">{cell}<" in page for cell in words[1:]]
        assert all(shown) if row.service in here else not shown[0], words


@pytest.mark.parametrize(
    "address", ["/", "/codes", "/learn", "/nothing", "/privacy", "/stage", "/doctor"]
)
def test_every_page_leads_there(visitor: Visitor, address: str) -> None:
    """At its foot, in presenter mode too."""
    foot = visitor.get(address).text.split("<footer")[1]

    assert 'href="/privacy"' in foot


# Whole journeys, and what is left of them

JPEG = b"\xff\xd8\xff"
TEN_MINUTES, DAY = 600, 24 * 3600


def files_under(folder: Path) -> dict[str, bytes]:
    """Every file below *folder*, whole, logs of databases included."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def holding(folder: Path, *pieces: bytes) -> set[str]:
    """The databases below *folder* (their logs count as they) that hold any of these."""
    return {
        name.removesuffix("-wal").removesuffix("-shm")
        for name, content in files_under(folder).items()
        if any(piece in content for piece in pieces)
    }


def piece_of(picture: bytes) -> bytes:
    """A stretch from the midst of it, which nothing else has."""
    return picture[len(picture) // 2 :][:48]


@dataclass
class Journey:
    """A check before the sandbox's camera, and all that could have kept something."""

    app: Flask
    visitor: Visitor
    clock: Clock
    instance: Path
    temporary: Path
    log: io.StringIO
    frames: list[bytes] = field(default_factory=list)
    seen_in_files: set[str] = field(default_factory=set)
    answers: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    token: str = ""
    page: str = ""
    photo: bytes = b""
    sandbox: Flask = field(init=False)

    def run(self) -> None:
        """From the form to the result page, a phone's code and the saved JSON included."""
        camera_page = self.visitor.start()
        self.token = token_of(camera_page)
        self.visitor.get(camera_page)
        check = self.check_id
        code = self.visitor.get(f"/check/{check}/phone").text
        assert "/phone/" in code

        def camera(seconds: float) -> Pixels:
            if len(self.frames) % 20 == 5:
                self.seen_in_files |= self.frames_in_files()
            self.frames.append(jpeg(frame(seconds)))
            return frame(seconds)

        wire = self.sandbox.test_client()
        redirect = play(wire, self.clock, self.token, camera)[-1]["redirect"]
        page = self.visitor.come_back(redirect.partition("localhost")[2])
        assert outcome_of(page) == "passed"
        self.page = page.text
        self.photo = self.visitor.client.get(f"/check/{check}/photo").data
        self.visitor.client.get(f"/check/{check}/evidence.json")
        assert self.photo.startswith(JPEG)

    def noting(self, inner: Any) -> Any:
        """*inner*, with the headers of its answers noted."""

        def noted(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
            def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
                self.answers.append((environ["PATH_INFO"], dict(headers)))
                return start(status, headers, *more)

            return inner(environ, begin)

        return noted

    @property
    def check_id(self) -> str:
        """The id of the newest check in the cookie."""
        return str(self.cookie["visits"][0]["id"])

    @property
    def cookie(self) -> dict[str, Any]:
        """The session as this browser carries it, decoded."""
        with self.visitor.client.session_transaction() as session:
            return dict(session)

    def frames_in_files(self) -> set[str]:
        """Where any frame is found, whole or in part."""
        pieces = [piece_of(one) for one in self.frames]
        return holding(self.instance, *pieces) | holding(self.temporary, *pieces)

    def clean(self) -> None:
        """What every worker does every few seconds."""
        self.app.extensions["cleaning"].once()


@pytest.fixture(name="journey")
def _journey(
    app: Flask,
    visitor: Visitor,
    clock: Clock,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Journey]:
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(JsonLines())
    journey = Journey(app, visitor, clock, tmp_path, temporary, said)
    dispatcher: Any = app.wsgi_app
    journey.sandbox = dispatcher.mounts["/sandbox"]
    for one in (app, journey.sandbox):
        one.wsgi_app = journey.noting(one.wsgi_app)  # type: ignore[method-assign]
    root = logging.getLogger()
    root.addHandler(handler)
    for name in (None, "lifecheck_demo", "werkzeug"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    yield journey
    root.removeHandler(handler)


def test_a_face_is_only_where_the_table_says_and_goes_in_time(journey: Journey) -> None:
    """Frames nowhere; the photo in the sandbox's store for ten minutes; then neither."""
    journey.run()
    files = {"sandbox/checks.sqlite"}

    assert len(journey.frames) > 20
    assert journey.seen_in_files == set()
    assert journey.frames_in_files() == set()
    assert holding(journey.instance, JPEG) == files
    assert holding(journey.instance, piece_of(journey.photo)) == files
    assert files_under(journey.temporary) == {}

    journey.clock.move(TEN_MINUTES - 1)
    journey.clean()
    assert holding(journey.instance, JPEG) == files

    journey.clock.move(1)
    journey.clean()
    assert holding(journey.instance, JPEG, piece_of(journey.photo)) == set()
    with closing(sqlite3.connect(journey.instance / "sandbox/checks.sqlite")) as db:
        for table in ("runs", "samples", "photos", "reports"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_a_token_is_only_where_the_table_says_and_goes_in_time(journey: Journey) -> None:
    """Ten minutes for a phone, twenty in the demo's store, a day in the sandbox's."""
    journey.run()
    token = journey.token.encode()
    demo, sandbox = "state.sqlite", "sandbox/checks.sqlite"
    address = re.search(rb'photo_url": "([^"]+)"', files_under(journey.instance)[demo])
    assert holding(journey.instance, token) == {demo, sandbox}

    journey.clock.move(TEN_MINUTES)
    journey.clean()
    assert holding(journey.instance, token) == {sandbox}
    with closing(sqlite3.connect(journey.instance / demo)) as db:
        kept = {row[0].split(":")[0] for row in db.execute("SELECT key FROM records")}
    assert {"standing", "wire"} <= kept
    assert not kept & {"phone", "key", "taken", "opened"}

    journey.clock.move(TEN_MINUTES)
    journey.clean()
    with closing(sqlite3.connect(journey.instance / demo)) as db:
        kept = {row[0].split(":")[0] for row in db.execute("SELECT key FROM records")}
    assert kept <= {"quota", "calls"}
    assert journey.check_id.encode() not in files_under(journey.instance)[demo]
    assert address is None or not holding(journey.instance, address[1])

    journey.clock.move(DAY)
    journey.clean()
    assert holding(journey.instance, token) == set()
    # Twelve hours after it was written, and ever after, the cookie is an empty one.
    assert "visits" not in journey.cookie


def test_forget_leaves_nothing_of_face_and_token(journey: Journey) -> None:
    """At once, in the files, beside them and in the cookie."""
    journey.run()
    check = journey.check_id
    form = {"csrf_token": hidden(journey.page, "csrf_token")}
    assert journey.visitor.post(f"/check/{check}/forget", dict(form)).status_code == 303

    assert holding(journey.instance, JPEG, journey.token.encode()) == set()
    assert journey.cookie["visits"] == []
    with closing(sqlite3.connect(journey.instance / "sandbox/checks.sqlite")) as db:
        for table in ("checks", "runs", "samples", "photos", "reports"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    # Of the demo's records only numbers are left, so that nothing comes back.
    with closing(sqlite3.connect(journey.instance / "state.sqlite")) as db:
        rows = dict(db.execute("SELECT key, value FROM records"))
    assert {key.split(":")[0] for key in rows} <= {"forgotten", "ticket", "quota", "calls"}
    assert "faceImageUrl" not in json.dumps(rows)


def test_log_cookies_and_headers_tell_no_face_and_no_token(journey: Journey) -> None:
    """But for the token in the cookie, and in the addresses that lead there and back."""
    journey.run()
    said = journey.log.getvalue()

    assert "vendor call" in said
    assert "run judged" in said
    assert journey.token not in said
    assert "\\u00ff\\u00d8" not in said
    cookie = json.dumps(journey.cookie)
    assert journey.token in cookie
    assert set(journey.cookie) <= {"visits", "csrf_token", "_flashes", "visitor", "learn"}
    assert "/photo/" not in cookie
    with_token = {
        (path.rpartition("/")[2], name)
        for path, headers in journey.answers
        for name, value in headers.items()
        if journey.token in value
    }
    assert with_token == {("", "Location")}
    assert len(journey.answers) > 20
    for path, headers in journey.answers:
        if "/static/" not in path:
            assert headers["Cache-Control"] == "no-store", path


# A server that is ended in the midst of it


def begin_a_run(address: str) -> bytes:
    """A visitor before the camera, some pictures in; the answer is the token."""
    browser = requests.Session()
    csrf = hidden(browser.get(address, timeout=20).text, "csrf_token")
    form = {"csrf_token": csrf, "actions": "LookFront,NodHead"}
    way = browser.post(address, form, allow_redirects=False, timeout=20)
    token = token_of(way.headers["Location"])
    check = f"{address}/sandbox/lifecheck/v2/check"
    said = {"token": token, "consent": "1", "camera": "{}"}
    run = browser.post(f"{check}/begin", said, timeout=60).json()["run"]
    for seq in range(4):
        told = {"token": token, "run": run, "seq": seq, "captured": 100 * seq}
        picture = {"frame": ("frame.jpg", jpeg(frame(seq / 10)), "image/jpeg")}
        answer = browser.post(f"{check}/frame", told, files=picture, timeout=60)
        assert answer.json()["state"] == "running", answer.text
    return token.encode()


def kill(server: Server) -> None:
    """All of it at once, as when the power fails."""
    for pid in (server.process.pid, *server.workers()):
        os.kill(pid, signal.SIGKILL)
    server.process.wait()


def age(folder: Path, seconds: float) -> None:
    """Let time pass for what is kept of checks, behind the server's back."""
    with closing(sqlite3.connect(folder / "sandbox/checks.sqlite", timeout=10)) as db, db:
        db.execute("UPDATE checks SET began_at = began_at - ?", (seconds,))
    with closing(sqlite3.connect(folder / "state.sqlite", timeout=10)) as db, db:
        db.execute("UPDATE records SET until = until - ?", (seconds,))


def in_time(is_so: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether it comes to be so."""
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.05)
    return is_so()


def test_what_a_killed_server_leaves_of_a_run_goes_in_its_time_though_nobody_calls(
    tmp_path: Path,
) -> None:
    """SIGKILL with a portrait on the disk, a new start, ten minutes, a day: nothing."""
    instance, temporary = tmp_path / "instance", tmp_path / "temporary"
    temporary.mkdir()
    told = {"TMPDIR": str(temporary)}
    with a_server(told, workers=1, threads=4, folder=instance) as server:
        token = begin_a_run(server.address)
        kill(server)
        log = server.log
    assert holding(instance, JPEG) == {"sandbox/checks.sqlite"}
    assert token.decode() not in log

    with a_server(told, workers=1, threads=4, folder=instance) as server:
        # Its time is not over: a run may go on after an accident.
        assert holding(instance, JPEG) == {"sandbox/checks.sqlite"}
        age(instance, TEN_MINUTES)
        assert in_time(lambda: not holding(instance, JPEG))
        assert holding(instance, token) == {"sandbox/checks.sqlite"}
        age(instance, DAY)
        assert in_time(lambda: not holding(instance, token))
        log = server.log
    assert token.decode() not in log
    assert files_under(temporary) == {}


def test_cleaning_goes_on_after_a_failure_and_tells_it_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A full disk now must not mean a face that stays for ever."""
    from lifecheck_demo.cleaning import Cleaning

    done: list[str] = []
    broken = [True]

    def fails() -> None:
        if broken[0]:
            raise OSError("no space left")

    cleaning = Cleaning(fails, lambda: done.append("cleaned"))
    for _ in range(3):
        cleaning.once()
    broken[0] = False
    cleaning.once()

    assert done == ["cleaned"] * 4
    assert [r.getMessage() for r in caplog.records] == ["not cleaned"]


def test_with_a_live_service_the_token_is_soon_in_the_cookie_alone(
    live: Visitor, live_app: Flask, vendor: Vendor, clock: Clock, tmp_path: Path
) -> None:
    """The demo keeps the answer and the consent for twenty minutes, and no picture."""
    vendor.init = envelope(200, {"token": "T-0123456789-of-the-vendor"})
    page = live.get("/").text
    form = {name: hidden(page, name) for name in ("csrf_token", "consent", "ticket")}
    live.post("/", {**form, "actions": "LookFront"})
    with live.client.session_transaction() as session:
        check = session["visits"][0]["id"]
        assert session["visits"][0]["token"] == "T-0123456789-of-the-vendor"
    vendor.result = envelope(200, {"faceImageUrl": "https://faces.example.com/F-98765"})
    live.come_back(f"/return/{check}?token=T-0123456789-of-the-vendor&success=true")
    address = b"faces.example.com/F-98765"

    # For a minute, should the answer to the button be lost on its way.
    clock.move(60)
    live_app.extensions["cleaning"].once()
    assert holding(tmp_path, b"T-0123456789-of-the-vendor", JPEG) == set()
    assert holding(tmp_path, address) == {"state.sqlite"}
    assert holding(tmp_path, b"consent:") == {"state.sqlite"}

    clock.move(2 * TEN_MINUTES)
    live_app.extensions["cleaning"].once()
    assert holding(tmp_path, address, b"consent:", check.encode()) == set()
