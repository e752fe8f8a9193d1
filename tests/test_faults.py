"""On a real gunicorn: a vendor that does its worst, and servers that die in between."""

import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import requests
from werkzeug.wrappers import Response

from tests.client import hostile
from tests.conftest import hidden
from tests.vendor import Vendor, envelope, running
from tools.serving import Server, a_server

# Longer than a call to the vendor may take (8 s), and a server of one thread to spare.
PATIENCE_SECONDS = 20
MEGABYTE = 1024 * 1024
GIGABYTE = 1024 * MEGABYTE


def vendor_settings(origin: str) -> dict[str, str]:
    """The demo on a vendor at *origin*, which is its photo host too."""
    return {
        "LIFECHECK_INIT_URL": f"{origin}/init",
        "LIFECHECK_RESULT_URL": f"{origin}/result",
        "LIFECHECK_H5_URL": f"{origin}/h5",
        "LIFECHECK_AUTH": "none",
    }


@dataclass
class Browser:
    """One person at *address*; follows no redirect by itself."""

    address: str
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str) -> requests.Response:
        """Open *path*, or the whole address that somebody was sent to."""
        return self.session.get(
            self.address + path, allow_redirects=False, timeout=PATIENCE_SECONDS
        )

    def post(self, path: str, **form: str) -> requests.Response:
        """Press a button of the page at *path*'s own."""
        return self.session.post(
            self.address + path, form, allow_redirects=False, timeout=PATIENCE_SECONDS
        )

    @property
    def check(self) -> str:
        """The id of the check that was begun last."""
        page = self.get("/").text
        return re.findall(r'href="/check/([\w-]{16})"', page)[0]

    def form(self) -> dict[str, str]:
        """The hidden fields of the form's page."""
        page = self.get("/").text
        names = ("csrf_token", "ticket", "consent")
        return {name: hidden(page, name) for name in names if f'name="{name}"' in page}

    def start(self, **wishes: str) -> requests.Response:
        """Begin a check."""
        return self.post("/", **{"actions": "LookFront", **self.form(), **wishes})


def outcome_of(page: requests.Response) -> str:
    """The outcome that a page tells."""
    found = re.search(r'data-outcome="([^"]+)"', page.text)
    return found[1] if found else f"none (HTTP {page.status_code})"


# A vendor that does its worst


def gigabyte(visit: hostile.Visit) -> None:
    """A gigabyte, and honest about it."""
    head = b"HTTP/1.1 200 OK\r\n" + hostile.JSON
    visit.send(head + f"Content-Length: {GIGABYTE}\r\n\r\n".encode())
    for _ in range(GIGABYTE // MEGABYTE):
        visit.send(b" " * MEGABYTE)


def gigabyte_in_chunks(visit: hostile.Visit) -> None:
    """A gigabyte, in chunks of a megabyte."""
    head = b"HTTP/1.1 200 OK\r\n" + hostile.JSON
    visit.send(head + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(GIGABYTE // MEGABYTE):
        visit.send(b"100000\r\n" + b" " * MEGABYTE + b"\r\n")
    visit.send(b"0\r\n\r\n")


def chunk_without_end(visit: hostile.Visit) -> None:
    """One chunk that says it is a terabyte."""
    head = b"HTTP/1.1 200 OK\r\n" + hostile.JSON
    visit.send(head + b"Transfer-Encoding: chunked\r\n\r\n10000000000\r\n")
    for _ in range(GIGABYTE // MEGABYTE):
        visit.send(b" " * MEGABYTE)


def redirect_to(location: str) -> hostile.Behaviour:
    """A redirect that keeps the method, to there."""
    head = f"Location: {location}\r\n".encode()
    return hostile.answer("", "307 Temporary Redirect", head)


def half_and_reset(visit: hostile.Visit) -> None:
    """Half a body, and the line is cut."""
    hostile.half_a_body(visit)
    hostile.reset(visit)


def photo_of(kind: str, body: bytes) -> hostile.Behaviour:
    """An honest answer of that type."""
    return hostile.answer(body, headers=f"Content-Type: {kind}\r\n".encode())


OWN_200 = '{"code":200,"msg":"","taskNo":"1","data":{"token":"stolen"}}'
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 100
SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
# What comes, and what the visitor reads where init or the result comes so.
FAULTS: dict[str, tuple[hostile.Behaviour, str]] = {
    "gigabyte": (gigabyte, "other"),
    "gigabyte-in-chunks": (gigabyte_in_chunks, "other"),
    "chunk-without-end": (chunk_without_end, "other"),
    "length-too-small": (hostile.lie_small, "other"),
    "length-too-large": (hostile.lie_large, "service-trouble"),
    "trickle": (hostile.drip_body, "service-trouble"),
    "hang": (hostile.hang, "service-trouble"),
    "reset": (hostile.reset, "service-trouble"),
    "half-and-reset": (half_and_reset, "service-trouble"),
    "not-http": (hostile.not_http, "service-trouble"),
}
PHOTO_FAULTS: dict[str, hostile.Behaviour] = {
    **{name: fault for name, (fault, _) in FAULTS.items()},
    "html": photo_of("image/jpeg", b"<html><script>alert(1)</script>"),
    "svg": photo_of("image/svg+xml", SCRIPT),
    "gif": photo_of("image/gif", b"GIF89a" + b"\0" * 50),
    "empty": photo_of("image/jpeg", b""),
    "missing": hostile.answer(JPEG, "404 Not Found"),
    "nothing-wrong": photo_of("application/octet-stream", JPEG),
    "too-large": photo_of("image/jpeg", JPEG + b"\0" * (6 * MEGABYTE)),
}


@dataclass
class Worst:
    """A vendor where each visitor has chosen what goes wrong, and where.

    The first action says where (`PLACES`), the others which: it knows of nothing else
    that belongs to one visitor from the first call on.
    """

    faults: dict[str, hostile.Behaviour]
    origin: str = ""

    def __call__(self, visit: hostile.Visit) -> None:
        line, _, rest = visit.request.partition(b"\r\n")
        path, body = line.split(b" ")[1].decode(), rest.rpartition(b"\r\n\r\n")[2].decode()
        if path == "/init":
            first, *others = parse_qs(body)["actions"][0].split(",")
            number = 6 * others.count("LookLeft") + others.count("LookRight")
            where, name = PLACES[first], list(self.faults)[number]
        elif path == "/result":
            where, _, name = body.removeprefix("token=").partition(".")
        else:
            where, name = path.strip("/").split("/")
        if path == f"/{where}" or where == path.split("/")[1] == "photo":
            return self.faults[name](visit)
        if path == "/init":
            return say(visit, f'"token":"{where}.{name}"')
        return say(visit, f'"faceImageUrl":"{self.origin}/photo/{name}"')


PLACES = {"ShakeHead": "init", "NodHead": "result", "BlinkEye": "photo"}


def say(visit: hostile.Visit, data: str) -> None:
    """An honest 200 with *data*."""
    hostile.answer(f'{{"code":200,"msg":"","taskNo":"1","data":{{{data}}}}}')(visit)


def most_memory(pid: int) -> int:
    """The most memory that a process has had so far, in bytes (Linux's VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def test_a_vendor_at_its_worst_is_named_and_costs_nobody_else_anything() -> None:
    """All at once, at init, at the result and at the photo; nobody follows a redirect.

    The memory is that of one worker for sixty such answers, a gigabyte in many of them.
    """
    with hostile.serving(hostile.answer(OWN_200)) as elsewhere:
        told = {name: outcome for name, (_, outcome) in FAULTS.items()}
        redirects = {
            "redirect-elsewhere": f"{elsewhere.url}/init",
            "redirect-to-itself": "",
            "redirect-to-a-file": "file:///etc/passwd",
        }
        told |= dict.fromkeys(redirects, "other")
        faults = {name: fault for name, (fault, _) in FAULTS.items()}
        faults |= {name: redirect_to(where) for name, where in redirects.items()}
        worst = Worst({**faults, **PHOTO_FAULTS})
        with (
            hostile.serving(worst) as vendor,
            a_server(vendor_settings(vendor.url), workers=1) as server,
            ThreadPoolExecutor(80) as pool,
        ):
            worst.origin = vendor.url
            passer_by = Browser(server.address)
            assert passer_by.get("/").ok
            before = most_memory(server.workers()[0])

            def walk(first: str, name: str) -> tuple[requests.Response, requests.Response]:
                """From the form to the result page, and the photo's address."""
                number = list(worst.faults).index(name)
                which = ["LookLeft"] * (number // 6) + ["LookRight"] * (number % 6)
                browser = Browser(server.address)
                begun = browser.start(actions=",".join([first, *which]))
                way = begun.headers["Location"]
                if "token=" in way:
                    back = f"/return/{browser.check}?{way.partition('?')[2]}&success=true"
                    way = browser.get(back).headers["Location"]
                return browser.get(way), browser.get(f"{way}/photo")

            walks = {
                (where, name): pool.submit(walk, first, name)
                for first, where in PLACES.items()
                for name in (worst.faults if where == "photo" else faults)
            }
            while not all(future.done() for future in walks.values()):
                for path in ("/", "/healthz", "/static/icon.svg"):
                    assert passer_by.get(path).status_code == 200
            found = {which: future.result() for which, future in walks.items()}
            grown = most_memory(server.workers()[0]) - before
            assert server.process.poll() is None

        for (where, name), (page, photo) in found.items():
            expected = "passed" if where == "photo" else told[name]
            assert outcome_of(page) == expected, (where, name)
            fetched = 200 if name == "nothing-wrong" else 404
            assert photo.status_code == fetched, (where, name)
        assert grown < 100 * MEGABYTE
        assert elsewhere.connections == 0


# A server that dies


@dataclass
class Held:
    """What keeps the vendor's answers to one interface until it is let go."""

    vendor: Vendor
    name: str
    asked: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> Response | None:
        self.asked.set()
        self.go.wait(PATIENCE_SECONDS)
        return self.vendor.result if self.name == "result" else None


@contextmanager
def held(vendor: Vendor, name: str) -> Iterator[Held]:
    """That interface asked, and no answer, until the block lets it go or ends."""
    holding = Held(vendor, name)
    vendor.script, vendor.scripted = holding, name
    try:
        yield holding
    finally:
        vendor.script = None
        holding.go.set()


def kill_the_worker(server: Server) -> None:
    """With a signal that nobody can answer; another takes its place."""
    (worker,) = server.workers()
    os.kill(worker, signal.SIGKILL)
    end = time.monotonic() + PATIENCE_SECONDS
    while server.workers() in ([], [worker]):
        assert time.monotonic() < end, server.log


@pytest.fixture(name="server", scope="module")
def _server(service: Vendor) -> Iterator[Server]:
    """One worker, so that it is the one that is killed."""
    with a_server(vendor_settings(service.address), workers=1) as server:
        yield server


@pytest.fixture(name="service", scope="module")
def _service() -> Iterator[Vendor]:
    with running() as vendor:
        vendor.result = envelope(202)
        yield vendor


def started(browser: Browser, vendor: Vendor) -> str:
    """Begin a check; the path by which the camera page sends the browser back."""
    begun = browser.start()
    assert begun.status_code == 303
    return way_back(vendor)


def way_back(vendor: Vendor) -> str:
    """That path of the check that was begun last."""
    sent = next(form for name, form, _ in vendor.asked[::-1] if name == "init")
    path = "/" + sent["returnUrl"][0].partition("//")[2].partition("/")[2]
    return f"{path}?token=T-0123456789&success=true"


def page_after(browser: Browser, answer: requests.Response) -> requests.Response:
    """Where an answer leads."""
    assert answer.status_code == 303, answer.text
    return browser.get(answer.headers["Location"])


def test_a_worker_killed_before_and_after_the_way_back_costs_nothing(
    server: Server, service: Vendor
) -> None:
    """The visitor goes on at the next worker; one init, one result."""
    browser, calls = Browser(server.address), len(service.asked)
    back = started(browser, service)
    kill_the_worker(server)
    answer = browser.get(back)
    kill_the_worker(server)
    page = page_after(browser, answer)
    again = page_after(browser, browser.get(back))

    assert outcome_of(page) == outcome_of(again) == "not-passed"
    assert len(service.asked) == calls + 2


def test_a_worker_killed_while_it_asks_for_the_result_is_made_up_for(
    server: Server, service: Vendor
) -> None:
    """The page says when it asks again by itself; the result is asked for once more."""
    browser, calls = Browser(server.address), service.calls("result")
    back = started(browser, service)
    with held(service, "result") as holding, ThreadPoolExecutor() as pool:
        lost = pool.submit(browser.get, back)
        assert holding.asked.wait(PATIENCE_SECONDS)
        kill_the_worker(server)
        assert isinstance(lost.exception(), requests.ConnectionError)
    page = page_after(browser, browser.get(back))
    assert outcome_of(page) == "no-result-yet"
    pause = re.search(r'data-pause="(\d+)"', page.text)
    assert pause

    # As the page's script does.
    threading.Event().wait(int(pause[1]))
    form = {"csrf_token": hidden(page.text, "csrf_token")}
    check = back.partition("?")[0].replace("/return/", "/check/")
    page = page_after(browser, browser.post(f"{check}/ask", **form))
    assert outcome_of(page) == "not-passed"
    assert service.calls("result") == calls + 2


def test_a_server_told_to_stop_ends_what_it_has_begun(
    tmp_path: Path, service: Vendor
) -> None:
    """SIGTERM during the result call: it is answered; the next server knows the check."""
    calls = service.calls("result")
    settings = vendor_settings(service.address)
    with a_server(settings, workers=1, folder=tmp_path) as server:
        browser = Browser(server.address)
        back = started(browser, service)
        with held(service, "result") as holding, ThreadPoolExecutor() as pool:
            answer = pool.submit(browser.get, back)
            assert holding.asked.wait(PATIENCE_SECONDS)
            server.process.send_signal(signal.SIGTERM)
            holding.go.set()
            assert answer.result().status_code == 303
        server.process.wait(PATIENCE_SECONDS)
    with a_server(settings, workers=1, folder=tmp_path) as server:
        browser.address = server.address
        page = page_after(browser, answer.result())

    assert outcome_of(page) == "not-passed"
    assert service.calls("result") == calls + 1


def test_a_worker_killed_while_it_starts_a_check_pays_for_one_start(
    server: Server, service: Vendor
) -> None:
    """The browser sends its press again by itself, and is told; a new one is a new one."""
    browser, calls = Browser(server.address), service.calls("init")
    form = {"actions": "LookFront", **browser.form()}
    with held(service, "init") as holding, ThreadPoolExecutor() as pool:
        lost = pool.submit(browser.post, "/", **form)
        assert holding.asked.wait(PATIENCE_SECONDS)
        kill_the_worker(server)
        assert isinstance(lost.exception(), requests.ConnectionError)
    again = browser.post("/", **form)

    assert again.status_code == 503
    assert 'id="under-way"' in again.text
    assert service.calls("init") == calls + 1
    back = started(browser, service)
    assert outcome_of(page_after(browser, browser.get(back))) == "not-passed"
    assert service.calls("init") == calls + 2
