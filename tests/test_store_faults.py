"""On a real gunicorn: the state is full, locked, read-only, gone, silent, empty again."""

import re
import resource
import shutil
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path

import pytest
import requests

from tests.conftest import hidden, token_of
from tests.redis_server import RedisServer, a_redis
from tests.test_faults import Browser, outcome_of, page_after
from tools.serving import Server, a_server

OUTCOME = "/sandbox/lifecheck/v2/check/outcome"
KEY = "0123456789abcdef0123456789abcdef"


def camera_page_of(browser: Browser) -> str:
    """Begin a check; where it leads."""
    begun = browser.start()
    assert begun.status_code == 303, begun.text
    return begun.headers["Location"]


def finish(browser: Browser, camera_page: str) -> str:
    """End it on the camera page; the way back."""
    chosen = browser.post(OUTCOME, token=token_of(camera_page), outcome="passed")
    assert chosen.status_code == 303, chosen.text
    return chosen.headers["Location"].removeprefix(browser.address)


def passes(browser: Browser) -> bool:
    """Whether a whole check can be walked."""
    back = finish(browser, camera_page_of(browser))
    return outcome_of(page_after(browser, browser.get(back))) == "passed"


def is_named(answer: requests.Response) -> bool:
    """Whether it is a page, a step further, or 503 that says when to come back."""
    if answer.status_code == 503:
        told = answer.headers.get("Retry-After", "").isdigit()
        return told and "<h1" in answer.text
    return answer.status_code in {200, 303}


class Before:
    """What stood when the trouble began: a form, checks under way, one that is over."""

    def __init__(self, server: Server) -> None:
        self.browser = Browser(server.address)
        self.camera_page = camera_page_of(self.browser)
        self.ended = finish(self.browser, camera_page_of(self.browser))
        self.over = finish(self.browser, camera_page_of(self.browser))
        page = page_after(self.browser, self.browser.get(self.over))
        assert outcome_of(page) == "passed"
        self.result = self.over.partition("?")[0].replace("/return/", "/check/")
        self.forget = {"csrf_token": hidden(page.text, "csrf_token")}
        self.form = {"actions": "LookFront", **self.browser.form()}

    def is_served(self, *, healthy: bool) -> None:
        """Every step has a named answer; pages that need no state are there."""
        browser = self.browser
        answers = [
            browser.post("/", **self.form),
            browser.get(self.camera_page),
            browser.post(OUTCOME, token=token_of(self.camera_page), outcome="passed"),
            browser.get(self.ended),
            browser.get(self.result),
            browser.get(f"{self.result}/photo"),
        ]
        assert [a.status_code for a in answers if not is_named(a)] in ([], [404])
        guest = Browser(browser.address)
        for path in ("/", "/learn", "/codes", "/privacy"):
            assert guest.get(path).status_code == 200, path
        health = guest.get("/healthz")
        assert health.status_code == (200 if healthy else 503)
        assert health.json()["status"] == ("ok" if healthy else "trouble")

    def goes_on(self) -> None:
        """After it, on the same server: nothing that was kept is lost."""
        assert passes(self.browser)
        assert self.browser.get("/healthz").status_code == 200
        for back in (self.over, self.ended):
            page = page_after(self.browser, self.browser.get(back))
            assert outcome_of(page) == "passed"


@contextmanager
def full(server: Server) -> Iterator[None]:
    """No file may grow beyond what it has."""
    workers = server.workers()
    before = [resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in workers]
    for pid, (_, hard) in zip(workers, before, strict=True):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1024, hard))
    yield
    for pid, limits in zip(workers, before, strict=True):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def locked(server: Server) -> Iterator[None]:
    """Another process writes, and does not end."""
    with ExitStack() as stack:
        for name in ("state.sqlite", "sandbox/checks.sqlite"):
            db = stack.enter_context(
                closing(sqlite3.connect(server.folder / name, isolation_level=None))
            )
            db.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.parametrize("trouble", [full, locked])
def test_a_file_that_takes_nothing_is_named_and_mended_without_a_start(
    trouble: Callable[[Server], AbstractContextManager[None]],
) -> None:
    """Pages that need no state go on; what was kept before is there afterwards."""
    with a_server({"SECRET_KEY": KEY}, workers=1, threads=16) as server:
        before = Before(server)
        with trouble(server):
            before.is_served(healthy=False)
        wait_until_healthy(server)
        before.goes_on()
        assert "Traceback" not in server.log


def test_while_a_file_is_locked_nobody_else_has_to_wait(tmp_path: Path) -> None:
    """Few threads, many who wait for the file: the page of the form is there for all."""
    with a_server({"SECRET_KEY": KEY}, workers=1, threads=6) as server:
        before = Before(server)
        with locked(server), ThreadPoolExecutor(12) as pool:
            visitors = [Browser(server.address) for _ in range(12)]
            tried = [pool.submit(before.browser.get, before.ended) for _ in visitors]
            pages = [visitor.get("/").status_code for visitor in visitors]
            health = visitors[0].get("/healthz").status_code
            named = [is_named(one.result()) for one in tried]

    assert pages == [200] * 12
    assert health == 503
    assert all(named)


def test_a_folder_that_is_read_only_is_named_until_it_is_not(tmp_path: Path) -> None:
    """As a volume is that was mounted so by mistake."""
    folders = (tmp_path / "x", tmp_path / "x" / "sandbox")
    for folder in folders:
        folder.mkdir()
    for folder in folders:
        folder.chmod(0o555)
    with a_server(
        {"SECRET_KEY": KEY},
        workers=1,
        threads=16,
        folder=folders[0],
        app="tests.powerless:app",
        ready_at="/codes",
    ) as server:
        browser = Browser(server.address)
        refused = browser.start()
        health = browser.get("/healthz")
        for folder in folders:
            folder.chmod(0o755)

        assert refused.status_code == health.status_code == 503
        assert is_named(refused)
        assert str(tmp_path) not in health.text
        assert passes(browser)
        assert browser.get("/healthz").status_code == 200


def test_a_folder_that_was_taken_away_is_made_anew(tmp_path: Path) -> None:
    """What was in it is lost; every step has a named answer, and a new check passes."""
    with a_server(
        {"SECRET_KEY": KEY}, workers=2, threads=8, folder=tmp_path / "x"
    ) as server:
        before = Before(server)
        shutil.rmtree(server.folder)

        for path in ("/", before.result, before.ended):
            assert is_named(before.browser.get(path)), path
        assert all(passes(before.browser) for _ in range(6))
        assert before.browser.get("/healthz").status_code == 200
        assert "Traceback" not in server.log


# Redis


@pytest.fixture(name="shared")
def _shared() -> Iterator[RedisServer]:
    with a_redis("a-word-of-its-own") as server:
        yield server


@pytest.fixture(name="server")
def _server(shared: RedisServer) -> Iterator[Server]:
    settings = {"SECRET_KEY": KEY, "STATE_URL": shared.url}
    with a_server(settings, workers=1, threads=16) as server:
        yield server


def test_a_redis_that_is_silent_is_named_and_asked_again(
    server: Server, shared: RedisServer
) -> None:
    """It takes connections and answers nothing; what it holds is there afterwards."""
    assert shared.process
    before = Before(server)
    shared.process.send_signal(signal.SIGSTOP)
    before.is_served(healthy=False)
    shared.process.send_signal(signal.SIGCONT)

    wait_until_healthy(server)
    before.goes_on()
    assert "Traceback" not in server.log
    assert "a-word-of-its-own" not in server.log


def test_a_redis_that_is_gone_is_named_and_found_again_empty(
    server: Server, shared: RedisServer
) -> None:
    """Whoever comes back to a check that it had is told how that stands."""
    before = Before(server)
    shared.stop()
    before.is_served(healthy=False)
    shared.start()

    wait_until_healthy(server)
    page = page_after(before.browser, before.browser.get(before.ended))
    assert re.fullmatch("no-result-yet|expired|passed", outcome_of(page))
    assert passes(before.browser)
    assert "Traceback" not in server.log
    assert "a-word-of-its-own" not in server.log


def wait_until_healthy(server: Server) -> None:
    """Silence is remembered for a moment; the page of health says when it is over."""
    for _ in range(200):
        if Browser(server.address).get("/healthz").status_code == 200:
            return
        threading.Event().wait(0.05)
    raise AssertionError("it is never healthy again")
