"""More calls than there are places: the surplus is told at once, other pages go on."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import pytest
import requests
from flask import Flask
from werkzeug.wrappers import Response

from lifecheck_demo import create_app
from lifecheck_demo.client import (
    MOST_AT_ONCE,
    Crowded,
    InitRequest,
    LifecheckClient,
    LifecheckError,
    auth_for,
)
from lifecheck_demo.settings import Settings
from tests.conftest import Visitor, hidden, no_pause, token_of
from tests.vendor import Vendor, envelope
from tools.serving import a_server

WISH = InitRequest("https://demo.example.com/return/crowd")
PATIENCE_SECONDS = 30


@dataclass
class Held:
    """A vendor that keeps everybody waiting until it is let go."""

    places: int
    answer: Response | None
    go: threading.Event = field(default_factory=threading.Event)
    full: threading.Event = field(default_factory=threading.Event)
    waiting: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> Response | None:
        with self.lock:
            self.waiting += 1
            if self.waiting == self.places:
                self.full.set()
        self.go.wait(PATIENCE_SECONDS)
        return self.answer


@contextmanager
def held(vendor: Vendor, places: int, *, name: str = "result") -> Iterator[Held]:
    """Answers that do not come, as long as this lasts."""
    holding = Held(places, envelope(201) if name == "result" else None)
    vendor.script, vendor.scripted = holding, name
    try:
        yield holding
    finally:
        holding.go.set()
        vendor.script = None


def client_of(vendor: Vendor, most: int) -> LifecheckClient:
    """One with so many places."""
    return LifecheckClient(
        f"{vendor.address}/init",
        f"{vendor.address}/result",
        auth=auth_for("none"),
        most_at_once=most,
        sleep=no_pause,
    )


def test_one_more_than_the_places_is_told_at_once(vendor: Vendor) -> None:
    """Nothing is sent for it; with a place free again it goes through."""
    client = client_of(vendor, 2)
    with held(vendor, 2) as holding, ThreadPoolExecutor() as pool:
        waiting = [pool.submit(client.result, "T") for _ in range(2)]
        assert holding.full.wait(PATIENCE_SECONDS)

        with pytest.raises(Crowded) as refused:
            client.start(WISH)

        assert vendor.calls("init") == 0
        assert refused.value.retry_after
        holding.go.set()
        assert all(found.result().answer.code == 201 for found in waiting)
    assert client.start(WISH).answer.code == 200


def test_a_call_that_fails_gives_its_place_back(vendor: Vendor) -> None:
    """However it fails, and however often."""
    client = client_of(vendor, 1)
    for answer in (envelope(604), envelope(500), Response("no", 502), Response("{")):
        vendor.init = answer
        with pytest.raises(LifecheckError) as failed:
            client.start(WISH)
        assert not isinstance(failed.value, Crowded)
    vendor.init = None

    assert client.start(WISH).answer.code == 200


def live(tmp_path: Path, vendor: Vendor, most: int) -> Flask:
    """The demo of that vendor, with so many places."""
    environ = {
        "LIFECHECK_INSTANCE": str(tmp_path),
        "LIFECHECK_INIT_URL": f"{vendor.address}/init",
        "LIFECHECK_RESULT_URL": f"{vendor.address}/result",
        "LIFECHECK_H5_URL": f"{vendor.address}/h5",
        "LIFECHECK_AUTH": "none",
    }
    settings = Settings.from_environment(environ)
    return create_app(settings, sleep=no_pause, most_at_once=most)


def way_back(visitor: Visitor, vendor: Vendor) -> str:
    """Start a check; where the camera page would send the browser back to."""
    token = token_of(visitor.start())
    _, parameters, _ = next(sent for sent in vendor.asked[::-1] if sent[0] == "init")
    path = parameters["returnUrl"][0].partition("localhost")[2]
    return f"{path}?token={token}&success=true"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_in_a_crowd_pages_go_on_and_the_surplus_keeps_what_it_has(
    tmp_path: Path, vendor: Vendor, language: str
) -> None:
    """503 with the seconds to wait: the form as it was, the way back as it is."""
    app = live(tmp_path, vendor, 1)
    first, second = (Visitor(app.test_client(), language) for _ in range(2))
    ways = [way_back(visitor, vendor) for visitor in (first, second)]
    form = {"csrf_token": second.csrf(), "actions": "NodHead"}
    calls = len(vendor.asked)
    with held(vendor, 1) as holding, ThreadPoolExecutor() as pool:
        asked = pool.submit(first.get, ways[0])
        assert holding.full.wait(PATIENCE_SECONDS)

        started = second.post("/", dict(form))
        back = second.get(ways[1])
        pages = [second.get(path).status_code for path in ("/", "/healthz", "/codes")]

        assert len(vendor.asked) == calls + 1
        holding.go.set()
        assert asked.result().status_code == 303
    for answer in (started, back):
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
    assert 'id="crowded"' in started.text
    assert '<option value="NodHead" selected>' in started.text
    assert f'href="{escape(ways[1])}"' in back.text
    assert pages == [200, 200, 200]
    assert second.get(ways[1]).status_code == 303
    assert vendor.calls("result") == 2


def test_a_vendor_that_hangs_takes_no_other_page_along(
    tmp_path: Path, vendor: Vendor
) -> None:
    """In one worker as deployed: more visitors than its places are waiting for a start."""
    more = {
        "LIFECHECK_INIT_URL": f"{vendor.address}/init",
        "LIFECHECK_RESULT_URL": f"{vendor.address}/result",
        "LIFECHECK_H5_URL": f"{vendor.address}/h5",
        "LIFECHECK_AUTH": "none",
        # All of them come from this computer.
        "LIMIT_PER_ADDRESS": "off",
    }
    crowd = MOST_AT_ONCE + 16
    with a_server(more, workers=1) as server, ThreadPoolExecutor(crowd) as pool:
        address = server.address
        visitors = list(pool.map(lambda _: arrived(address), range(crowd)))
        calls = len(vendor.asked)
        with held(vendor, MOST_AT_ONCE, name="init") as holding:
            asked = [pool.submit(start, visitor, address) for visitor in visitors]
            assert holding.full.wait(PATIENCE_SECONDS)
            for path in ("/", "/healthz", "/static/css/demo.css"):
                assert requests.get(address + path, timeout=PATIENCE_SECONDS).ok
            surplus = wait_for(asked, crowd - MOST_AT_ONCE)
            assert {answer.status_code for answer in surplus} == {503}
            assert all(int(a.headers["Retry-After"]) > 0 for a in surplus)
            assert len(vendor.asked) == calls + MOST_AT_ONCE
            holding.go.set()
        codes = Counter(future.result().status_code for future in asked)

    assert codes == {303: MOST_AT_ONCE, 503: crowd - MOST_AT_ONCE}


def arrived(address: str) -> tuple[requests.Session, str]:
    """A browser with the form open."""
    session = requests.Session()
    page = session.get(address, timeout=PATIENCE_SECONDS).text
    return session, hidden(page, "csrf_token")


def start(visitor: tuple[requests.Session, str], address: str) -> requests.Response:
    """Press its button."""
    session, token = visitor
    form = {"csrf_token": token, "actions": "LookFront"}
    return session.post(address, form, allow_redirects=False, timeout=PATIENCE_SECONDS)


def wait_for(asked: list[Future[requests.Response]], count: int) -> list[requests.Response]:
    """The answers of those that are told first."""
    finished = as_completed(asked, timeout=PATIENCE_SECONDS)
    return [next(finished).result() for _ in range(count)]
