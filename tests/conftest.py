"""The demo as tests meet it: on its own sandbox, with a clock that tests can move."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lifecheck_demo import create_app
from lifecheck_demo.settings import Settings
from tests.examine import examine
from tests.redis_server import RedisServer, a_redis
from tests.vendor import Vendor, running


@dataclass
class Clock:
    """Seconds since the epoch, moved by hand."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@dataclass
class Visitor:
    """A browser of one person: fetches pages, and examines every one of them."""

    client: FlaskClient
    language: str = "en"
    seen: list[str] = field(default_factory=list)

    def get(self, address: str, query_string: dict[str, str] | None = None) -> TestResponse:
        """Open an address without following where it leads."""
        answer = self.client.get(
            address, query_string=query_string, headers=self._headers()
        )
        return self._examined(answer)

    def post(self, address: str, data: dict[str, object]) -> TestResponse:
        """Press a button."""
        answer = self.client.post(address, data=data, headers=self._headers())
        return self._examined(answer)

    def csrf(self) -> str:
        """The token of the form's page."""
        return hidden(self.get("/").text, "csrf_token")

    def start(self, **wishes: str) -> str:
        """Start a check; the answer is the address of the camera page."""
        form = {"csrf_token": self.csrf(), "actions": "LookFront", **wishes}
        answer = self.post("/", form)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def finish(self, camera_page: str, outcome: str) -> str:
        """Choose an outcome on the sandbox's page; the answer is the way back."""
        self.get(camera_page)
        form = {"token": token_of(camera_page), "outcome": outcome}
        answer = self.post("/sandbox/lifecheck/v2/check/outcome", form)
        return answer.headers.get("Location", "")

    def come_back(self, address: str) -> TestResponse:
        """Open the return address and the result page it leads to."""
        answer = self.get(address)
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["Location"])

    def come_back_from_button(self, address: str, data: dict[str, str]) -> TestResponse:
        """Press a button and open the page it leads to."""
        answer = self.post(address, dict(data))
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["Location"])

    def check(self, outcome: str, **wishes: str) -> TestResponse:
        """The whole journey, to the result page."""
        return self.come_back(self.finish(self.start(**wishes), outcome))

    def _headers(self) -> dict[str, str]:
        return {"Accept-Language": self.language}

    def _examined(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html" and answer.status_code not in range(300, 400):
            assert not examine(answer.text), f"{answer.request.path} is not a sound page"
        self.seen.append(answer.text if answer.mimetype == "text/html" else "")
        return answer


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name}"
    return found.group(1)


def token_of(address: str) -> str:
    """The token in an address."""
    found = re.search(r"token=([^&]+)", address)
    assert found, address
    return found.group(1)


def outcome_of(answer: TestResponse) -> str:
    """The outcome that a page tells."""
    found = re.search(r'data-outcome="([^"]+)"', answer.text)
    assert found, "the page tells no outcome"
    return found.group(1)


def no_pause(_seconds: float) -> None:
    """Between two attempts at a call: tests wait for nothing."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is marked `everywhere` is held true in SQLite and in Redis."""
    marked = metafunc.definition.get_closest_marker("everywhere")
    if marked and "state_url" in metafunc.fixturenames:
        metafunc.parametrize("state_url", ["sqlite", "redis"], indirect=True)


@pytest.fixture(name="redis_server", scope="session")
def _redis_server() -> Iterator[RedisServer]:
    with a_redis() as server:
        yield server


@pytest.fixture(name="state_url")
def _state_url(request: pytest.FixtureRequest) -> str:
    """Where the state is: empty in the instance folder, else an empty Redis."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return ""
    server: RedisServer = request.getfixturevalue("redis_server")
    with server.talk() as talk:
        talk.flushall()
    return server.url


@pytest.fixture(name="clock")
def _clock() -> Clock:
    return Clock()


@pytest.fixture(name="app")
def _app(tmp_path: Path, clock: Clock) -> Flask:
    settings = Settings.from_environment({"LIFECHECK_INSTANCE": str(tmp_path)})
    return create_app(settings, clock=clock, sleep=no_pause)


@pytest.fixture(name="visitor")
def _visitor(app: Flask) -> Visitor:
    return Visitor(app.test_client())


@pytest.fixture(name="vendor")
def _vendor() -> Iterator[Vendor]:
    with running() as vendor:
        yield vendor


@pytest.fixture(name="live_app")
def _live_app(tmp_path: Path, clock: Clock, vendor: Vendor) -> Flask:
    environ = {
        "LIFECHECK_INSTANCE": str(tmp_path),
        "LIFECHECK_INIT_URL": f"{vendor.address}/init",
        "LIFECHECK_RESULT_URL": f"{vendor.address}/result",
        "LIFECHECK_APPCODE": "0123456789abcdef",
        "LIFECHECK_H5_URL": f"{vendor.address}/h5",
    }
    return create_app(Settings.from_environment(environ), clock=clock, sleep=no_pause)


@pytest.fixture(name="live")
def _live(live_app: Flask) -> Visitor:
    return Visitor(live_app.test_client())
