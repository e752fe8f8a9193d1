"""The counter of calls: every attempt once, by how it ended, for the operator alone."""

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.wrappers import Response

from lifecheck_demo import create_app
from lifecheck_demo.calls import ENDS, CallCounter
from lifecheck_demo.client import Exchange
from lifecheck_demo.settings import Settings
from lifecheck_demo.store import StoreUnavailable, open_store, sqlite
from tests.conftest import Clock, Visitor, no_pause
from tests.vendor import Vendor, envelope

INIT = Exchange("init", "POST", "/init", 200, 5, 100, "")


def counter_in(tmp_path: Path, clock: Clock, state_url: str = "") -> CallCounter:
    """As another worker would read the same state."""
    environ = {"LIFECHECK_INSTANCE": str(tmp_path), "STATE_URL": state_url}
    store = open_store(Settings.from_environment(environ), clock)
    return CallCounter(store, clock=clock)


def ends(counter: CallCounter, call: str) -> tuple[int, ...]:
    """Answered, refused and failed, of today; the hour has to say the same."""
    today, hour = counter.days()[0], counter.this_hour()
    assert today.counts == hour.counts
    return tuple(today.counts[call][end] for end in ENDS)


def test_every_attempt_is_counted_by_how_it_ended(
    tmp_path: Path, clock: Clock, vendor: Vendor, live: Visitor
) -> None:
    """As many as the vendor was asked, no more and no fewer."""
    counter = counter_in(tmp_path, clock)
    answers: dict[str, tuple[Response | None, tuple[int, int, int]]] = {
        "fine": (None, (1, 0, 0)),
        "a rule broken": (envelope(400), (0, 1, 0)),
        "switched off": (envelope(604), (0, 1, 0)),
        "a gateway": (Response("", 403, {"X-Ca-Error-Message": "x"}), (0, 1, 0)),
        "in trouble, twice": (envelope(500), (0, 0, 2)),
        "nonsense": (Response("<p>", 200), (0, 0, 1)),
        "an unknown code": (envelope(999), (0, 0, 1)),
    }
    before = (0, 0, 0)
    for told, (answer, added) in answers.items():
        vendor.init = answer
        live.post("/", {"csrf_token": live.csrf(), "actions": "LookFront"})
        after = ends(counter, "init")
        assert tuple(b - a for a, b in zip(before, after, strict=True)) == added, told
        before = after
    assert sum(before) == vendor.calls("init")
    assert ends(counter, "result") == (0, 0, 0)


def test_results_are_counted_and_photos_are_not(
    tmp_path: Path, clock: Clock, visitor: Visitor
) -> None:
    """On the sandbox too: what a live service would have charged."""
    page = visitor.check("passed")
    photo = re.search(r'src="(/check/[^"]+/photo)"', page.text)
    assert photo
    assert visitor.get(photo[1]).status_code == 200
    visitor.get(page.request.path)

    counter = counter_in(tmp_path, clock)
    assert ends(counter, "init") == (1, 0, 0)
    assert ends(counter, "result") == (1, 0, 0)
    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as db:
        keys = [key for (key,) in db.execute("SELECT key FROM records")]
    assert not [key for key in keys if key.startswith("calls:photo")]


@pytest.mark.everywhere
def test_days_and_hours_have_counts_of_their_own(
    tmp_path: Path, clock: Clock, state_url: str
) -> None:
    """Today and the six days before, newest first; then a day is gone."""
    clock.now = 1_800_000_000 // 86400 * 86400 + 86400 - 1
    counter = counter_in(tmp_path, clock, state_url)
    counter.note(INIT)
    clock.move(1)
    counter.note(INIT)
    counter.note(INIT)

    assert [day.total("init") for day in counter.days()] == [2, 1, 0, 0, 0, 0, 0]
    assert counter.this_hour().total("init") == 2
    assert counter.days()[0].title == "2027-01-16"
    clock.move(3600)
    assert counter.this_hour().total("init") == 0
    assert counter.days()[0].total("init") == 2
    clock.move(5 * 86400 + 82799)
    assert [day.total("init") for day in counter.days()] == [0, 0, 0, 0, 0, 2, 1]
    clock.move(1)
    assert [day.total("init") for day in counter.days()] == [0, 0, 0, 0, 0, 0, 2]


def test_a_day_that_was_looked_at_early_is_kept_as_long(
    tmp_path: Path, clock: Clock
) -> None:
    """Looking must not end the count a day after it."""
    clock.now = 1_800_000_000 // 86400 * 86400
    counter = counter_in(tmp_path, clock)
    assert counter.days()[0].total("init") == 0
    clock.move(80000)
    counter.note(INIT)
    clock.move(6 * 86400)
    assert counter.days()[6].total("init") == 1


@pytest.mark.everywhere
def test_no_call_is_lost_among_threads_and_workers(
    tmp_path: Path, clock: Clock, state_url: str
) -> None:
    """Each with its own connection to the state."""
    counters = [counter_in(tmp_path, clock, state_url) for _ in range(2)]
    refused = replace(INIT, failure="VendorRefused")
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(lambda n: counters[n % 2].note((INIT, refused)[n % 3 > 0]), range(90))
        )

    assert ends(counters[0], "init") == (30, 60, 0)


def test_a_call_does_not_fail_of_its_count(
    clock: Clock, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state is gone for a moment; the check goes on."""
    del clock

    def gone(*_args: object) -> int:
        raise StoreUnavailable("disk I/O error")

    monkeypatch.setattr(sqlite, "_count", gone)
    assert "token=" in visitor.start()


# What the operator sees.


def run(app: Flask) -> tuple[int, str]:
    """What the command ends with, and prints."""
    done = app.test_cli_runner().invoke(args=["calls"])
    return done.exit_code, done.output


def test_the_command_prints_the_counts_and_the_limits(
    live_app: Flask, live: Visitor, vendor: Vendor
) -> None:
    """In columns, the hour before the days."""
    live.start()
    vendor.init = envelope(400)
    live.post("/", {"csrf_token": live.csrf(), "actions": "LookFront"})
    code, text = run(live_app)
    rows = {line[:10].strip(): line[10:].split() for line in text.splitlines()}

    assert code == 0
    assert rows["this hour"] == rows["2027-01-15"] == ["1", "1", "0", "0", "0", "0"]
    assert rows["2027-01-09"] == ["0"] * 6
    assert "2027-01-08" not in rows
    assert "Calls to the service" in text
    assert "LIMIT_PER_VISITOR=30, LIMIT_PER_ADDRESS=120, LIMIT_PER_HOUR=300" in text


def test_the_command_says_where_nothing_is_charged(app: Flask) -> None:
    """And that nothing is limited there."""
    code, text = run(app)
    assert code == 0
    assert "the sandbox, which costs nothing" in text
    assert "LIMIT_PER_DAY=off" in text


def test_counts_that_cannot_be_read_are_told(
    app: Flask, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, and on a page that shows the rest."""

    def gone(*_args: object) -> int:
        raise StoreUnavailable("disk I/O error")

    monkeypatch.setattr(sqlite, "_count", gone)
    code, text = run(app)
    assert code == 1
    assert "the counts cannot be read (disk I/O error): look at the folder /" in text
    page = visitor.get("/doctor")
    assert page.status_code == 200
    assert "cannot be read just now" in page.text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_operators_page_shows_the_same(app: Flask, language: str) -> None:
    """To this computer alone."""
    visitor = Visitor(app.test_client(), language)
    visitor.start()
    page = visitor.get("/doctor").text
    cells = re.findall(r'data-count="init-answered">(\d+)<', page)

    assert cells == ["1", "1", *["0"] * 6]
    assert len(re.findall(r'data-count="result-failed">0<', page)) == 8


def test_the_operators_page_counts_its_own_call(tmp_path: Path, clock: Clock) -> None:
    """It is spent like any other."""
    environ = {"LIFECHECK_INSTANCE": str(tmp_path), "LIMIT_PER_DAY": "1"}
    app = create_app(Settings.from_environment(environ), clock=clock, sleep=no_pause)
    visitor = Visitor(app.test_client())
    token = {"csrf_token": visitor.csrf()}
    for _ in range(2):
        visitor.post("/doctor", dict(token))

    assert ends(counter_in(tmp_path, clock), "init") == (2, 0, 0)
