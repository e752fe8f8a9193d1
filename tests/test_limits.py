"""How many checks may be started: nothing is spent beyond it, and nobody is kept out."""

import sqlite3
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.test import TestResponse

from lifecheck_demo import create_app
from lifecheck_demo.callers import caller_mark, network_of
from lifecheck_demo.limits import Full, Quota, Tally
from lifecheck_demo.settings import LIVE_LIMITS, Limits, Settings, SettingsError
from lifecheck_demo.store import Changes, SqliteStore, StoreUnavailable, sqlite
from tests.conftest import Clock, Visitor, hidden, no_pause, outcome_of
from tests.vendor import Vendor, envelope

SECRET_KEY = "k" * 64
OFF = dict.fromkeys(LIVE_LIMITS, "off")
HALF_PAST = 1_800_000_000.0 // 3600 * 3600 + 1800


def live_app(
    tmp_path: Path, vendor: Vendor, clock: Clock, *, most_at_once: int = 48, **more: str
) -> Flask:
    """The demo of that vendor, with no limit but those in *more*; all share one state."""
    environ = {
        "LIFECHECK_INSTANCE": str(tmp_path),
        "LIFECHECK_INIT_URL": f"{vendor.address}/init",
        "LIFECHECK_RESULT_URL": f"{vendor.address}/result",
        "LIFECHECK_H5_URL": f"{vendor.address}/h5",
        "LIFECHECK_AUTH": "none",
        "SECRET_KEY": SECRET_KEY,
        **OFF,
        **more,
    }
    settings = Settings.from_environment(environ)
    return create_app(settings, clock=clock, sleep=no_pause, most_at_once=most_at_once)


@pytest.fixture(name="clock")
def _clock() -> Clock:
    return Clock(HALF_PAST)


def visitor_of(app: Flask, address: str = "127.0.0.1") -> Visitor:
    """A browser at that address."""
    visitor = Visitor(app.test_client())
    visitor.client.environ_base["REMOTE_ADDR"] = address
    return visitor


def begin(visitor: Visitor, **more: str) -> TestResponse:
    """Press the button, whatever comes of it."""
    form = {"csrf_token": visitor.csrf(), "actions": "NodHead", **more}
    return visitor.post("/", form)


def begins(visitor: Visitor) -> bool:
    """Whether a check could be started."""
    answer = begin(visitor)
    assert answer.status_code in {303, 429}
    return answer.status_code == 303


# The settings.


def test_a_live_service_is_limited_unless_said_otherwise(tmp_path: Path) -> None:
    """The sandbox costs nothing, and is not."""
    live = {
        "LIFECHECK_INIT_URL": "https://a.example/init",
        "LIFECHECK_RESULT_URL": "https://a.example/result",
        "LIFECHECK_AUTH": "none",
    }
    place = {"LIFECHECK_INSTANCE": str(tmp_path)}

    def told(**more: str) -> Limits:
        return Settings.from_environment({**place, **more}).limits

    assert told(**live) == Limits(*LIVE_LIMITS.values()) == Limits(30, 120, 300, 1000)
    assert told() == Limits()
    assert told(**live, **OFF) == told(**live, **dict.fromkeys(OFF, "0")) == Limits()
    assert told(LIMIT_PER_DAY=" 7 ", LIMIT_PER_VISITOR="OFF") == Limits(day=7)


@pytest.mark.parametrize("name", LIVE_LIMITS)
@pytest.mark.parametrize(
    "said", ["-1", "1.5", "ten", "1e3", "٣", "1 000", "1000000000", "none"]
)
def test_a_limit_that_is_no_number_stops_the_start(name: str, said: str) -> None:
    """With what to type."""
    with pytest.raises(SettingsError, match=f"{name}={said} is no whole number: write"):
        Settings.from_environment({name: said})


@pytest.mark.parametrize("said", ["-1", "one", "10", "*", "127.0.0.1"])
def test_proxies_are_a_number(said: str) -> None:
    """None are named by their addresses here."""
    with pytest.raises(SettingsError, match="is no number of proxies: write how many"):
        Settings.from_environment({"TRUSTED_PROXIES": said})


# The limits.


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("name", "limit", "seconds"),
    [
        ("LIMIT_PER_VISITOR", "visitor", 1800),
        ("LIMIT_PER_ADDRESS", "address", 1800),
        ("LIMIT_PER_HOUR", "hour", 1800),
        ("LIMIT_PER_DAY", "day", None),
    ],
)
def test_over_a_limit_nothing_is_spent_and_the_choice_is_kept(
    tmp_path: Path,
    vendor: Vendor,
    clock: Clock,
    language: str,
    name: str,
    limit: str,
    seconds: int | None,
) -> None:
    """The page says which limit, and when there is room; then there is."""
    visitor = visitor_of(live_app(tmp_path, vendor, clock, **{name: "2"}))
    visitor.language = language
    assert begins(visitor)
    assert begins(visitor)
    for on_phone in ("", "1"):
        answer = begin(visitor, on_phone=on_phone)

        assert answer.status_code == 429
        assert outcome_of(answer) == "too-many-calls"
        assert f'data-limit="{limit}"' in answer.text
        assert '<option value="NodHead" selected>' in answer.text
        wait = int(answer.headers["Retry-After"])
        assert f'data-seconds="{wait}"' in answer.text
    assert vendor.calls("init") == 2
    if seconds is None:
        seconds = int(24 * 3600 - clock.now % (24 * 3600))
        assert f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}" in answer.text
    assert wait == seconds

    clock.move(wait - 1)
    assert not begins(visitor)
    clock.move(1)
    assert begins(visitor)
    assert vendor.calls("init") == 3


@pytest.mark.everywhere
def test_each_browser_has_a_count_of_its_own(
    tmp_path: Path, vendor: Vendor, clock: Clock, state_url: str
) -> None:
    """On whichever machine it lands; forgetting a check gives nothing back."""
    more = {"LIMIT_PER_VISITOR": "2", "STATE_URL": state_url}
    apps = [live_app(tmp_path, vendor, clock, **more) for _ in range(2)]
    visitor = visitor_of(apps[0])
    assert begins(visitor)
    elsewhere = visitor_of(apps[1])
    cookie = visitor.client.get_cookie("visit")
    assert cookie is not None
    elsewhere.client.set_cookie("visit", cookie.value)
    assert begins(elsewhere)
    assert not begins(elsewhere)
    elsewhere.post("/stage/reset", {"csrf_token": elsewhere.csrf()})
    elsewhere.client.delete_cookie("stage")

    assert not begins(elsewhere)
    assert not begins(visitor)
    assert begins(visitor_of(apps[0]))


def test_each_address_has_a_count_of_its_own(
    tmp_path: Path, vendor: Vendor, clock: Clock
) -> None:
    """A browser that throws its cookie away is the same address still."""
    app = live_app(tmp_path, vendor, clock, LIMIT_PER_ADDRESS="2", LIMIT_PER_VISITOR="9")

    assert [begins(visitor_of(app, "192.0.2.1")) for _ in range(3)] == [True, True, False]
    assert begins(visitor_of(app, "192.0.2.2"))
    assert begins(visitor_of(app, "2001:db8:0:1::1"))
    assert begins(visitor_of(app, "2001:db8:0:1:ffff::2"))
    assert not begins(visitor_of(app, "2001:db8:0:1::3"))
    assert begins(visitor_of(app, "2001:db8:0:2::1"))


def test_who_is_refused_by_one_limit_uses_no_other_up(
    tmp_path: Path, vendor: Vendor, clock: Clock
) -> None:
    """Else whoever goes on pressing would close the demo to all."""
    app = live_app(tmp_path, vendor, clock, LIMIT_PER_VISITOR="1", LIMIT_PER_HOUR="3")
    eager, other = visitor_of(app), visitor_of(app)
    assert [begins(eager) for _ in range(5)] == [True, *[False] * 4]

    assert begins(other)
    assert begins(visitor_of(app))
    last = begin(visitor_of(app))
    assert last.status_code == 429
    assert 'data-limit="hour"' in last.text


def test_a_refused_start_is_given_back_to_the_browser(
    tmp_path: Path, vendor: Vendor, clock: Clock
) -> None:
    """Its address was refused; in another network it has as many left as before."""
    app = live_app(tmp_path, vendor, clock, LIMIT_PER_VISITOR="2", LIMIT_PER_ADDRESS="1")
    visitor = visitor_of(app, "192.0.2.1")
    assert [begins(visitor) for _ in range(3)] == [True, False, False]

    visitor.client.environ_base["REMOTE_ADDR"] = "192.0.2.2"
    assert begins(visitor)
    visitor.client.environ_base["REMOTE_ADDR"] = "192.0.2.3"
    assert not begins(visitor)


# What counts.


def test_what_failed_counts_and_every_attempt_does(
    tmp_path: Path, vendor: Vendor, clock: Clock
) -> None:
    """A second init makes a spare token, which may be charged as well."""
    visitor = visitor_of(live_app(tmp_path, vendor, clock, LIMIT_PER_HOUR="5"))
    vendor.init = envelope(400)
    assert begins(visitor)
    assert vendor.calls("init") == 1
    vendor.init = envelope(500)
    assert begins(visitor)
    assert vendor.calls("init") == 3
    vendor.init = None

    assert [begins(visitor) for _ in range(3)] == [True, True, False]
    assert vendor.calls("init") == 5


def test_what_was_not_sent_does_not_count(
    tmp_path: Path, vendor: Vendor, clock: Clock
) -> None:
    """No place for another call; or no address to come back to."""
    one = {"LIMIT_PER_HOUR": "1"}
    crowded = visitor_of(live_app(tmp_path, vendor, clock, most_at_once=0, **one))
    assert begin(crowded).status_code == 503
    visitor = visitor_of(live_app(tmp_path, vendor, clock, **one))
    client, elsewhere = visitor.client, "http://demo.example.com"
    form = {
        "csrf_token": hidden(client.get("/", base_url=elsewhere).text, "csrf_token"),
        "actions": "NodHead",
    }
    assert client.post("/", data=form, base_url=elsewhere).status_code == 303
    assert vendor.calls("init") == 0

    assert begins(visitor)
    assert not begins(visitor)
    assert vendor.calls("init") == 1


def test_looking_and_asking_for_results_is_not_limited(
    tmp_path: Path, vendor: Vendor, clock: Clock
) -> None:
    """Nor is the operator's one call."""
    app = live_app(tmp_path, vendor, clock, **dict.fromkeys(LIVE_LIMITS, "1"))
    visitor = visitor_of(app)
    assert begins(visitor)
    token = visitor.csrf()
    with visitor.client.session_transaction() as session:
        check_id = session["visits"][0]["id"]
    for number in range(3):
        visitor.post(f"/check/{check_id}/ask", {"csrf_token": token})
        assert vendor.calls("result") == number + 1
    for path in ("/", f"/check/{check_id}", "/codes"):
        assert visitor.get(path).status_code == 200

    called = visitor.post("/doctor", {"csrf_token": token})
    assert called.status_code == 200
    assert vendor.calls("init") == 2


def test_the_tutorial_is_limited_as_well(tmp_path: Path, clock: Clock) -> None:
    """Where the sandbox has a limit; its page leads back to the step."""
    environ = {"LIFECHECK_INSTANCE": str(tmp_path), "LIMIT_PER_HOUR": "1"}
    app = create_app(Settings.from_environment(environ), clock=clock, sleep=no_pause)
    visitor = visitor_of(app)
    token = {"csrf_token": visitor.csrf()}
    assert visitor.post("/learn/set-up", dict(token)).status_code == 303
    for path in (
        "/learn",
        "/learn/set-up",
        "/learn/init",
        "/learn/camera",
        "/learn/result",
    ):
        answer = visitor.post(path, dict(token))

        assert answer.status_code == 429, path
        assert outcome_of(answer) == "too-many-calls"
        assert answer.headers["Retry-After"] == "1800"
        assert 'data-limit="hour"' in answer.text
        assert f'href="{path}"' in answer.text
        assert visitor.get(path).status_code == 200


def test_without_its_count_nothing_is_spent(
    tmp_path: Path, vendor: Vendor, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state that is gone must not make the demo free of limits."""
    visitor = visitor_of(live_app(tmp_path, vendor, clock, LIMIT_PER_DAY="5"))
    form = {"csrf_token": visitor.csrf(), "actions": "NodHead"}

    def gone(*_args: object) -> int:
        raise StoreUnavailable("disk I/O error")

    monkeypatch.setattr(sqlite, "_count", gone)
    answer = visitor.post("/", dict(form))

    assert answer.status_code == 503
    assert vendor.calls("init") == 0


def test_a_token_that_was_paid_for_survives_a_count_that_fails(
    tmp_path: Path, vendor: Vendor, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second attempt brought it, and cannot be counted any more."""
    visitor = visitor_of(live_app(tmp_path, vendor, clock, LIMIT_PER_DAY="5"))
    form = {"csrf_token": visitor.csrf(), "actions": "NodHead"}
    answers = iter([envelope(500), None])
    vendor.script, vendor.scripted = lambda: next(answers), "init"
    count = sqlite._count

    def fails_afterwards(db: Connection, now: float, key: str, *much: Any) -> int:
        if vendor.calls("init"):
            raise StoreUnavailable("disk I/O error")
        return count(db, now, key, *much)

    monkeypatch.setattr(sqlite, "_count", fails_afterwards)
    answer = visitor.post("/", dict(form))

    assert vendor.calls("init") == 2
    assert answer.status_code == 303
    assert "token=T-0123456789" in answer.headers["Location"]


# Many at once.


@pytest.mark.everywhere
def test_of_many_at_once_exactly_so_many_come_through(
    tmp_path: Path, vendor: Vendor, clock: Clock, state_url: str
) -> None:
    """Two machines and one state: the count is taken before the call, never after."""
    more = {"LIMIT_PER_HOUR": "7", "STATE_URL": state_url}
    apps = [live_app(tmp_path, vendor, clock, **more) for _ in range(2)]
    visitors = [visitor_of(apps[number % 2]) for number in range(24)]
    with ThreadPoolExecutor(12) as pool:
        came = Counter(pool.map(begins, visitors))

    assert came == {True: 7, False: 17}
    assert vendor.calls("init") == 7


class InStep(SqliteStore):
    """Whoever has counted for the first time waits until everybody has."""

    def __init__(self, path: Path, clock: Clock, many: int) -> None:
        super().__init__(path, clock=clock)
        self._gate = threading.Barrier(many, timeout=30)
        self._own = threading.local()

    def change(self, changes: Changes) -> list[int]:
        totals = super().change(changes)
        if not getattr(self._own, "went", False):
            self._own.went = True
            self._gate.wait()
        return totals


def test_nobody_comes_in_between_a_look_and_a_count(tmp_path: Path, clock: Clock) -> None:
    """They are one step: of eight in the same step one gets the only place."""
    quota = Quota("test", 1, 3600)
    tally = Tally(InStep(tmp_path / "state.sqlite", clock, 8), clock)

    def takes(_number: int) -> bool:
        try:
            tally.take((quota, "x"))
        except Full:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(takes, range(8))) == [*[False] * 7, True]


def test_places_that_are_given_back_are_free_again(tmp_path: Path, clock: Clock) -> None:
    """Under threads too nothing is lost and nothing left over."""
    quota = Quota("test", 1000, 3600)
    tallies = [
        Tally(SqliteStore(tmp_path / "state.sqlite", clock=clock), clock) for _ in range(2)
    ]
    gate = threading.Barrier(8)

    def go(number: int) -> None:
        gate.wait()
        for turn in range(25):
            taken = tallies[number % 2].take((quota, "x"))
            taken.used((0, 1, 2)[turn % 3])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(go, range(8)))

    # Of 25 turns 9 came to none, 8 to one and 8 to two.
    left = 1000 - 8 * (8 + 2 * 8)
    for _ in range(left):
        tallies[0].take((quota, "x"))
    with pytest.raises(Full):
        tallies[0].take((quota, "x"))
    tallies[0].take((quota, "y"))


# Addresses.


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:4711", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("unknown", "unknown"),
        ("999.1.1.1:80", "999.1.1.1:80"),
        ("", ""),
    ],
)
def test_an_address_stands_for_a_network(address: str, network: str) -> None:
    """A whole IPv6 /64 is one customer's."""
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "10.0.0.1"),
        (0, "203.0.113.9, 198.51.100.7", "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "192.0.2.66, 203.0.113.9", "203.0.113.9"),
        (2, "192.0.2.66, 203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_an_address_is_believed_from_known_proxies_only(
    tmp_path: Path, vendor: Vendor, clock: Clock, proxies: int, forwarded: str, address: str
) -> None:
    """The so-manieth from the right: what stands left of it anybody may have written."""
    app = live_app(tmp_path, vendor, clock, TRUSTED_PROXIES=str(proxies))
    seen = []

    @app.before_request
    def look() -> None:
        seen.append((request.remote_addr, request.host, request.scheme))

    visitor_of(app, "10.0.0.1").client.get(
        "/healthz",
        headers={
            "X-Forwarded-For": forwarded,
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Prefix": "/evil",
        },
    )

    assert seen == [(address, "localhost", "http")]


def test_whoever_claims_to_be_this_computer_is_not_believed(
    tmp_path: Path, vendor: Vendor, clock: Clock
) -> None:
    """The operator's page and the sandbox's controls stay closed behind a proxy."""
    claim = {"X-Forwarded-For": "127.0.0.1"}
    app = live_app(tmp_path, vendor, clock, TRUSTED_PROXIES="1")
    environ = {"LIFECHECK_INSTANCE": str(tmp_path / "sandbox"), "TRUSTED_PROXIES": "1"}
    sandboxed = create_app(Settings.from_environment(environ), clock=clock)

    for caller in ("203.0.113.9", "127.0.0.1"):
        client = visitor_of(app, caller).client
        assert client.get("/doctor", headers=claim).status_code == 404
        client = visitor_of(sandboxed, caller).client
        answer = client.get("/sandbox/control/checks", headers=claim)
        assert answer.status_code == 403


def test_no_address_is_kept(tmp_path: Path, vendor: Vendor, clock: Clock) -> None:
    """Only what the secret key has made of it, which without the key says nothing."""
    app = live_app(tmp_path, vendor, clock, **dict.fromkeys(LIVE_LIMITS, "5"))
    visitor = visitor_of(app, "203.0.113.199")
    assert begins(visitor)
    with visitor.client.session_transaction() as session:
        name = session["visitor"]
    with app.test_request_context(environ_base={"REMOTE_ADDR": "203.0.113.199"}):
        ours, others = caller_mark(SECRET_KEY), caller_mark("f" * 64)

    with sqlite3.connect(tmp_path / "state.sqlite") as db:
        keys = [key for (key,) in db.execute("SELECT key FROM records")]
    db.close()
    assert any(f"quota:address:{ours}:" in key for key in keys)
    assert ours != others
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("state.sqlite*"))
    assert ours.encode() in kept
    assert b"203.0.113" not in kept
    assert name.encode() not in kept
