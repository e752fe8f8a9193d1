"""Two machines that share a Redis and nothing else: one visitor, served by both in turn."""

import itertools
import os
import secrets
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from lifecheck_demo.calls import CallCounter
from lifecheck_demo.client import LifecheckClient, auth_for
from lifecheck_demo.desk import ResultDesk
from lifecheck_demo.store import Changes, SqliteStore
from lifecheck_demo.visit import Visit
from lifecheck_demo.wire import Wire, browser_row
from tests.conftest import hidden, token_of
from tests.redis_server import RedisServer, a_redis
from tests.test_faults import outcome_of
from tests.vendor import Vendor, envelope
from tools.serving import Server, a_server

PATIENCE_SECONDS = 20
SANDBOX = "/sandbox/lifecheck/v2"


@dataclass
class Machines:
    """Servers behind one address: each request goes to the next one that lives."""

    servers: list[Server]
    folders: list[Path]
    turns: "itertools.count[int]" = field(default_factory=itertools.count)

    def next(self) -> str:
        """Whose turn it is."""
        return self.servers[next(self.turns) % len(self.servers)].address

    def kill_one(self) -> None:
        """The first, with all its workers, at once; nobody is sent there any more."""
        lost = self.servers.pop(0)
        for pid in (lost.process.pid, *lost.workers()):
            os.kill(pid, signal.SIGKILL)
        lost.process.wait(PATIENCE_SECONDS)

    def meter(self) -> dict[str, Any]:
        """What a vendor would charge."""
        address = f"{self.next()}/sandbox/control/meter"
        said: dict[str, Any] = requests.get(address, timeout=PATIENCE_SECONDS).json()
        return said


@dataclass
class Visitor:
    """One browser, whose every request lands on another machine than the last."""

    machines: Machines
    session: requests.Session = field(default_factory=requests.Session)
    place: str = ""

    def get(self, address: str) -> requests.Response:
        """Open a path, or the path of a whole address, on the next machine."""
        return self._ask("GET", address)

    def post(self, path: str, **form: str) -> requests.Response:
        """Press a button."""
        return self._ask("POST", path, form)

    def _ask(
        self, method: str, address: str, form: dict[str, str] | None = None
    ) -> requests.Response:
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        answer = self.session.request(
            method,
            self.machines.next() + path,
            data=form,
            allow_redirects=False,
            timeout=PATIENCE_SECONDS,
        )
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code}"
        if answer.status_code == 303:
            self.place = answer.headers["Location"]
        return answer

    # The steps of a check, in order; `place` is where the visitor is led

    def begin(self) -> None:
        """The form, and its button."""
        page = self.get("/").text
        names = ("csrf_token", "ticket", "consent")
        fields = {n: hidden(page, n) for n in names if f'name="{n}"' in page}
        self.post("/", actions="LookFront", **fields)

    def open_camera_page(self) -> None:
        """Where the camera would be asked for."""
        assert 'name="outcome"' in self.get(self.place).text

    def choose(self) -> None:
        """Its outcome chooser, which leads back."""
        token = token_of(self.place)
        self.post(f"{SANDBOX}/check/outcome", token=token, outcome="passed")

    def come_back(self) -> None:
        """The return address, where the result is asked for."""
        self.get(self.place)

    def see_the_result(self) -> None:
        """The page, and the face on it."""
        page = self.get(self.place)
        assert outcome_of(page) == "passed"
        photo = self.get(f"{self.place}/photo")
        assert photo.headers["Content-Type"] == "image/jpeg"
        assert photo.content.startswith(b"\xff\xd8\xff")


STEPS = (
    Visitor.begin,
    Visitor.open_camera_page,
    Visitor.choose,
    Visitor.come_back,
    Visitor.see_the_result,
)


@pytest.fixture(name="shared", scope="module")
def _shared() -> Iterator[RedisServer]:
    with a_redis("a-word-of-its-own") as server:
        yield server


@pytest.fixture(name="machines")
def _machines(tmp_path: Path, shared: RedisServer) -> Iterator[Machines]:
    """Two, each with a folder of its own."""
    with shared.talk() as talk:
        talk.flushall()
    settings = {"STATE_URL": shared.url, "SECRET_KEY": secrets.token_hex()}
    folders = [tmp_path / name for name in ("one", "other")]
    with ExitStack() as stack:
        servers = [
            stack.enter_context(a_server(settings, workers=1, threads=8, folder=folder))
            for folder in folders
        ]
        yield Machines(servers, folders)


def test_every_step_may_land_on_another_machine(machines: Machines) -> None:
    """Photo included; and whoever comes back again is shown what was bought once."""
    for _ in range(2):
        visitor = Visitor(machines)
        for step in STEPS:
            step(visitor)
        # Each step from the other machine than before.
        machines.next()
    result = visitor.place
    for _ in range(2):
        assert outcome_of(visitor.get(result)) == "passed"

    meter = machines.meter()
    assert (meter["init"]["calls"], meter["result"]["calls"]) == (2, 2)
    kept = [path.name for folder in machines.folders for path in folder.rglob("*")]
    assert not [name for name in kept if name.endswith(".sqlite")]


def test_what_is_forgotten_on_one_machine_is_gone_on_all(machines: Machines) -> None:
    """Photo and answer."""
    visitor = Visitor(machines)
    for step in STEPS:
        step(visitor)
    result = visitor.place
    page = visitor.get(result).text
    cookies = visitor.session.cookies.copy()
    visitor.post(f"{result}/forget", csrf_token=hidden(page, "csrf_token"))

    for _ in range(2):
        address = f"{machines.next()}{urlsplit(result).path}/photo"
        answer = requests.get(address, cookies=cookies, timeout=PATIENCE_SECONDS)
        assert answer.status_code == 404


def test_a_machine_that_dies_takes_no_check_along(machines: Machines) -> None:
    """Killed without a word while visitors stand before every step."""
    visitors = [Visitor(machines) for _ in range(2 * len(STEPS))]
    for number, visitor in enumerate(visitors):
        for step in STEPS[: number % len(STEPS)]:
            step(visitor)

    machines.kill_one()

    for number, visitor in enumerate(visitors):
        for step in STEPS[number % len(STEPS) :]:
            step(visitor)
    meter = machines.meter()
    calls = (meter["init"]["calls"], meter["result"]["calls"])
    assert calls == (len(visitors), len(visitors))


class Overtaken(SqliteStore):
    """A store whose caller is overtaken by another one just before it gets a lease."""

    overtake: Callable[[], object] = staticmethod(lambda: None)

    def change(self, changes: Changes) -> list[int]:
        """After the other one has been through."""
        if changes.lease:
            self.overtake()
        return super().change(changes)


def two_desks(tmp_path: Path, vendor: Vendor) -> tuple[ResultDesk, ResultDesk, Overtaken]:
    """Of one state, and the store by which the second may be overtaken."""
    client = LifecheckClient(
        f"{vendor.address}/init", f"{vendor.address}/result", auth=auth_for("none")
    )
    path = tmp_path / "state.sqlite"
    stores = SqliteStore(path), Overtaken(path)
    one, other = (
        ResultDesk(client, store, Wire(store, seconds=60), CallCounter(store))
        for store in stores
    )
    return one, other, stores[1]


def a_visit() -> Visit:
    """Begun this moment."""
    return Visit("a" * 16, time.time(), (), ("LookFront",), "T-0123456789")


def test_a_result_that_another_machine_was_just_told_is_not_bought_again(
    tmp_path: Path, vendor: Vendor
) -> None:
    """It asked, kept the answer and let go while this one was about to ask."""
    vendor.result = envelope(202)
    one, other, store = two_desks(tmp_path, vendor)
    visit = a_visit()
    store.overtake = lambda: one.ask(visit)

    standing = other.ask(visit)

    assert standing.is_final
    assert standing == one.standing(visit)
    assert vendor.calls("result") == 1


def test_a_second_way_back_at_the_same_moment_leaves_the_answer_standing(
    tmp_path: Path, vendor: Vendor
) -> None:
    """It notes its claim when the first one has been answered: nothing is paid twice."""
    vendor.result = envelope(202)
    one, other, store = two_desks(tmp_path, vendor)
    visit = a_visit()
    row = browser_row("back", "GET", "/return/a", ())
    store.overtake = lambda: one.came_back(visit, row, ("true",))

    before = other.came_back(visit, row, ("false",))

    assert before.finding is None
    standing = one.standing(visit)
    assert standing.is_final
    assert (standing.asked, standing.claims) == (1, ("false",))
    assert vendor.calls("result") == 1


def test_what_an_earlier_version_has_noted_of_a_check_is_read(
    tmp_path: Path, vendor: Vendor
) -> None:
    """It kept what the way back claimed, and no finding yet, when it was replaced."""
    vendor.result = envelope(202)
    desk, _other, store = two_desks(tmp_path, vendor)
    visit = a_visit()
    store.put(f"standing:{visit.id}", {"finding": None, "asked": 0, "claims": ["true"]}, 60)

    assert desk.standing(visit).finding is None
    assert desk.ask(visit).is_final


@pytest.mark.parametrize("moment", ["before it asks", "before it keeps the answer"])
def test_of_a_check_that_is_forgotten_at_that_moment_nothing_is_kept(
    tmp_path: Path, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Another machine, or another tab, forgets it when this one has just looked."""
    vendor.result = envelope(202)
    one, other, store = two_desks(tmp_path, vendor)
    visit, change = a_visit(), store.change

    def overtaken(changes: Changes) -> list[int]:
        if bool(changes.lease) == (moment == "before it asks"):
            one.forget(visit)
        return change(changes)

    monkeypatch.setattr(store, "change", overtaken)
    other.came_back(visit, browser_row("back", "GET", "/return/a", ()), ("true",))

    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as db:
        keys = [key for (key,) in db.execute("SELECT key FROM records")]
    assert [key for key in keys if visit.id in key] == [f"forgotten:{visit.id}"]
    assert vendor.calls("result") == (moment != "before it asks")
