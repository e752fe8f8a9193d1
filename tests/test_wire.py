"""The wire: every message of a check in order, and nothing secret in it."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from html import unescape
from pathlib import Path

import pytest

from lifecheck_demo.client import Message, mask
from lifecheck_demo.client.exchange import came_message
from lifecheck_demo.client.masking import Secrets
from lifecheck_demo.client.models import Reply
from lifecheck_demo.store import SqliteStore
from lifecheck_demo.visit import forgotten_key
from lifecheck_demo.wire import (
    MOST_FIRST,
    MOST_LAST,
    Party,
    Row,
    Wire,
    browser_row,
    curl_of,
)
from tests.conftest import Clock, Visitor, hidden, token_of
from tests.test_journey import return_address
from tests.vendor import Vendor, envelope


def messages_in(page: str) -> list[str]:
    """The names of the messages that a page shows."""
    return re.findall(r'data-message="([^"]+)"', page)


def test_a_check_shows_its_messages_in_the_order_they_went(visitor: Visitor) -> None:
    """From the form to the photo; the photo is told once, however often it is loaded."""
    page = visitor.check("passed")
    assert messages_in(page.text) == ["start", "init", "camera", "back", "result"]
    for _ in range(2):
        visitor.get(f"{page.request.path}/photo")

    page = visitor.get(page.request.path)

    assert messages_in(page.text) == ["start", "init", "camera", "back", "result", "photo"]


def test_no_secret_is_in_it(live: Visitor, vendor: Vendor, tmp_path: Path) -> None:
    """Neither on the page nor in the state file: key, token, address of the face."""
    face = "https://img.jumdata.com/lifecheck-face/20240101/0123456789abcdef.jpg"
    token = "T-0123456789-0123456789"
    vendor.init = envelope(200, {"token": token})
    vendor.result = envelope(200, {"faceImageUrl": face, "note": f"{token} {face}"})
    live.start()
    page = live.come_back(f"{return_address(live)}?token={token}&success=true").text
    drawer = page[page.index('id="wire"') : page.index('id="evidence-title"')]
    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as db:
        rows = db.execute("SELECT value FROM records WHERE key LIKE 'wire:%'").fetchall()

    for said in (drawer, json.dumps(rows)):
        assert "0123456789abcdef" not in said
        assert token not in said
        assert "lifecheck-face" not in said
        assert "APPCODE ••••••" in said or "\\u2022" in said
    assert mask(token) in drawer


def test_nothing_of_a_photo_is_kept_whatever_its_host_calls_it() -> None:
    """Storage hosts declare anything, and their errors name the file."""
    wire = came_message(
        Reply(200, {"content-type": "application/octet-stream"}, b"\xff\xd8 GPS 31.23"),
        Secrets(),
        is_photo=True,
    )

    assert wire.body == ""


def test_a_failed_call_is_shown_as_it_failed(visitor: Visitor) -> None:
    """What the gateway said, in its own headers."""
    form = {
        "csrf_token": visitor.csrf(),
        "actions": "LookFront",
        "what_if": "init-aliyun-used-up",
    }
    page = visitor.get(visitor.post("/", dict(form)).headers["Location"]).text

    assert messages_in(page) == ["start", "init"]
    assert "x-ca-error-code" in page
    assert "message-failed" in page


def test_forget_takes_the_messages_with_it(visitor: Visitor, tmp_path: Path) -> None:
    """They are part of the check."""
    page = visitor.check("passed")
    form = {"csrf_token": hidden(page.text, "csrf_token")}
    visitor.post(f"{page.request.path}/forget", dict(form))

    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as db:
        kept = db.execute("SELECT key FROM records WHERE key LIKE 'wire:%'").fetchall()
    assert kept == []


def test_the_form_shows_what_would_go_over_the_wire(visitor: Visitor) -> None:
    """With the choice as it stands."""
    page = visitor.get("/?colors=&actions=NodHead").text
    planned = page[page.index('id="planned"') :]

    assert messages_in(planned) == ["start", "init", "camera", "back", "result", "photo"]
    assert "<b>actions</b>=NodHead" in planned


def test_the_record_is_bounded(tmp_path: Path, clock: Clock) -> None:
    """However often a result is asked for; how it began is kept."""
    wire = Wire(SqliteStore(tmp_path / "s.sqlite", clock=clock), seconds=60)
    for n in range(50):
        wire.note("check", browser_row(f"row-{n}", "GET", "/", ()))
    names = [row.name for row in wire.rows("check")]

    assert len(names) == MOST_FIRST + MOST_LAST
    assert (names[0], names[-1]) == ("row-0", "row-49")


def test_of_a_check_that_is_forgotten_no_message_is_noted(
    tmp_path: Path, clock: Clock
) -> None:
    """A photo may have been under way."""
    store = SqliteStore(tmp_path / "s.sqlite", clock=clock)
    wire = Wire(store, seconds=60)
    store.put(forgotten_key("check"), {}, 60)

    wire.note("check", browser_row("start", "POST", "/", ()))

    assert wire.rows("check") == []


def test_a_check_goes_on_when_nothing_can_be_noted(tmp_path: Path, clock: Clock) -> None:
    """The record is for people to look at; nobody is sent away for it."""
    (tmp_path / "s.sqlite").mkdir()
    wire = Wire(SqliteStore(tmp_path / "s.sqlite", clock=clock), seconds=60)

    wire.note("check", browser_row("start", "POST", "/", ()))

    assert wire.rows("check") == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_the_command_does_what_our_server_did(live: Visitor, vendor: Vendor) -> None:
    """Typed into a shell it sends the same request, key and all."""
    token = token_of(live.start(actions="LookFront,NodHead"))
    page = live.come_back(return_address(live)).text
    commands = [unescape(c) for c in re.findall(r'data-copy="(curl [^"]+)"', page)]
    said = [(name, form) for name, form, _ in vendor.asked]
    environ = {**os.environ, "APPCODE": "0123456789abcdef", "TOKEN": token}

    for command in commands:
        subprocess.run(command, shell=True, check=True, env=environ, stdout=subprocess.PIPE)

    repeated = vendor.asked[len(said) :]
    assert [(name, form) for name, form, _ in repeated] == said
    assert {h["Authorization"] for _, _, h in repeated} == {"APPCODE 0123456789abcdef"}


def test_a_command_cannot_be_broken_out_of() -> None:
    """Whatever stands in a parameter stays in it."""
    sent = Message(parameters=(("actions", "a'; rm -rf / #$(id)`id`"),))
    row = Row("init", Party.DEMO, Party.SERVICE, "POST", "https://a.example/", sent=sent)
    command = curl_of(row).replace("curl -sS", "printf '%s\\n'", 1)

    done = subprocess.run(command, shell=True, check=True, capture_output=True, text=True)

    assert done.stdout.splitlines()[-1] == "actions=a'; rm -rf / #$(id)`id`"
