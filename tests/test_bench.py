"""The bench's own parts, where a mistake in them would make the demo look better."""

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from benchmarks import bench, crowd
from benchmarks.contenders import LoopbackVendor, a_vendor, row
from benchmarks.processes import cpu_seconds, megabytes

FORM = '<input type="hidden" name="csrf_token" value="a&amp;b">'
# Longer than an answer takes on loopback, by far.
SILENCE = 0.4


@contextmanager
def site(broken: str = "", answer: Callable[[], Response] | None = None) -> Iterator[str]:
    """A site with a whole journey, of which one step answers otherwise."""

    @Request.application
    def app(request: Request) -> Response:
        name = request.path.strip("/") or ("form", "start")[request.method == "POST"]
        if name == broken and answer:
            return answer()
        if name == "form":
            page = Response(FORM, content_type="text/html")
            page.set_cookie("visit", "1")
            return page
        # The camera page is on another origin, which is this one by another name.
        there = f"http://localhost:{server.port}/camera"
        back = f"http://127.0.0.1:{server.port}/return"
        if name == "start":
            assert (request.form["csrf_token"], request.cookies["visit"]) == ("a&b", "1")
            return Response(status=303, headers={"Location": there})
        if name == "camera":
            assert not request.cookies
            return Response(status=302, headers={"Location": back})
        if name == "return":
            return Response(status=303, headers={"Location": "/result"})
        return Response('<main data-outcome="passed">')

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def found_by(work: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """In a thread of its own: a browser of other tests has a loop in this one."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, work).result()


def walk(address: str) -> dict[str, Any]:
    """Three journeys."""
    plan = {"at": address, "visitors": 1, "journeys": 3}
    return found_by(crowd.journeys(plan))


def test_a_whole_journey_counts() -> None:
    """With cookie and token, once each."""
    with site() as address:
        found = walk(address)

    assert (found["passed"], found["failures"]) == (3, {})
    assert all(len(times) == 3 for times in found["times"].values())


@pytest.mark.parametrize(
    ("step", "answer", "told"),
    [
        ("form", lambda: Response(status=500), "form: 500"),
        ("start", lambda: Response(status=503), "start: 503"),
        (
            "start",
            lambda: Response(status=303, headers={"Location": "/result"}),
            "start: not led to the camera page",
        ),
        ("return", lambda: Response("a page"), "return: 200"),
        ("result", lambda: Response(status=503), "result: 503"),
        ("result", lambda: Response('<p data-outcome="expired">'), "result: expired"),
        ("result", lambda: Response("nothing"), "result: no outcome"),
    ],
)
def test_whatever_is_no_pass_is_a_failure(
    step: str, answer: Callable[[], Response], told: str
) -> None:
    """A server that refuses quickly must not look fast."""
    with site(step, answer) as address:
        found = walk(address)

    assert (found["passed"], found["failures"]) == (0, {told: 3})


def test_a_server_that_is_not_there_is_a_failure() -> None:
    """And not a crowd that breaks off."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"

    assert walk(address)["failures"] == {"form: ConnectionRefusedError": 3}


def test_a_page_that_is_not_answered_is_counted() -> None:
    """Asked and answered are told apart."""
    plan = {"paths": ["/", "/result"], "every": 0.01, "seconds": 0.1}
    with site("result", lambda: Response(status=503)) as address:
        found = found_by(crowd.pages({**plan, "at": address}))

    assert found["/"]["asked"] == len(found["/"]["seconds"]) > 0
    assert found["/result"]["asked"] == found["/result"]["failures"]["/result: 503"]
    assert found["/result"]["seconds"] == []


@pytest.fixture(name="vendor", scope="module")
def _vendor() -> Iterator[LoopbackVendor]:
    """The one of the bench."""
    with a_vendor() as vendor:
        yield vendor


def ask(vendor: LoopbackVendor) -> bytes:
    """One init."""
    connection = HTTPConnection(urlsplit(vendor.address).netloc, timeout=SILENCE)
    try:
        connection.request("POST", "/init", "actions=LookFront&returnUrl=http://x/y")
        return connection.getresponse().read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("trouble", "raised"),
    [
        ("hang", TimeoutError),
        ("slow", TimeoutError),
        ("reset", ConnectionResetError),
        ("refuse", ConnectionRefusedError),
        ("half-a-body", IncompleteRead),
        ("full-queue", TimeoutError),
    ],
)
def test_a_trouble_is_what_it_is_called_and_passes(
    vendor: LoopbackVendor, trouble: str, raised: type[Exception]
) -> None:
    """Else the demo would be praised for bearing nothing."""
    assert b'"token"' in ask(vendor)
    vendor.set(trouble=trouble)
    try:
        with pytest.raises(raised):
            ask(vendor)
    finally:
        vendor.set()
    assert b'"token"' in ask(vendor)


def test_what_hangs_what_trickles_and_what_nobody_accepts_differ(
    vendor: LoopbackVendor,
) -> None:
    """All three are silence to a client that waits for the whole."""
    port = urlsplit(vendor.address).port
    came = {}
    for trouble in ("hang", "trickle", "full-queue"):
        vendor.set(trouble=trouble)
        with socket.socket() as caller:
            caller.settimeout(SILENCE)
            try:
                caller.connect(("127.0.0.1", port))
                caller.sendall(b"POST /init HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
                came[trouble] = caller.recv(10)
            except TimeoutError:
                came[trouble] = b""
                if trouble == "full-queue":
                    with pytest.raises(OSError, match="not connected"):
                        caller.getpeername()
    vendor.set()

    assert came == {"hang": b"", "trickle": b"H", "full-queue": b""}


def test_the_vendor_takes_its_time(vendor: LoopbackVendor) -> None:
    """The delay of a hall."""
    vendor.set(delay=10)
    with pytest.raises(TimeoutError):
        ask(vendor)
    vendor.set()


def test_what_children_use_is_counted(tmp_path: Path) -> None:
    """A server's work is done by its workers."""
    worker = tmp_path / "worker.py"
    worker.write_text(
        "import os, sys\n"
        "held = b'x' * 60_000_000\n"
        "while sum(os.times()[:2]) < 0.5: pass\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
    )
    # Something after it, so that the shell stays its parent.
    command = ["sh", "-c", f'"{sys.executable}" "{worker}"; true']
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdin
        process.stdout.readline()
        spent, held = cpu_seconds(process.pid), megabytes(process.pid)
        process.stdin.close()

    assert spent >= 0.4
    assert held > 60


def test_a_row_tells_its_verdict() -> None:
    """At the limit it is met."""
    met = [
        row("p", "n", measured, at_least=least, at_most=most)["met"]
        for measured, least, most in (
            (0.9, 0.9, None),
            (0.89, 0.9, None),
            (1.25, None, 1.25),
            (1.26, None, 1.25),
            (float("inf"), None, 1.0),
            (7.0, None, None),
        )
    ]

    assert met == [True, False, True, False, False, None]


def test_a_part_that_is_not_there_is_skipped_with_a_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are measured all the same."""
    monkeypatch.setitem(bench.PARTS, "lost", "bench_lost")

    assert bench.rows_of("lost") == []
    assert "skipped: there is no benchmarks.bench_lost" in capsys.readouterr().out
