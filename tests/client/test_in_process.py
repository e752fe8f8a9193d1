"""The same client over a WSGI app in this process."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lifecheck_demo.client import (
    CheckState,
    InitRequest,
    InProcess,
    LifecheckClient,
    LifecheckError,
    NoAuth,
    PhotoRefused,
    Unintelligible,
    Unreachable,
)

ORIGIN = "http://127.0.0.1"
BASE = "/sandbox/lifecheck/v2"
PHOTO = f"http://127.0.0.1:8000{BASE}/photo/signed.abc-1"
JPEG = b"\xff\xd8\xff\xe0 a face"
REQUEST = InitRequest("http://127.0.0.1:8000/return/甲", ("#FFFFFF",), ("LookFront",))

App = Callable[[dict[str, Any], Any], Any]


class Sandbox:
    """A WSGI app that answers like a sandbox and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, bytes, dict[str, Any]]] = []
        self.closed = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        path = environ["PATH_INFO"]
        self.asked.append((environ["REQUEST_METHOD"], path, body, environ))
        if path == f"{BASE}/init":
            return self.say(start_response, b'{"code":200,"data":{"token":"abc"}}')
        if path == f"{BASE}/result":
            face = f'{{"code":200,"data":{{"faceImageUrl":"{PHOTO}"}}}}'
            return self.say(start_response, face.encode())
        if path == f"{BASE}/photo/signed.abc-1":
            return self.say(start_response, JPEG)
        return self.say(start_response, b"gone", "404 NOT FOUND")

    def say(self, start_response: Any, body: bytes, status: str = "200 OK") -> Any:
        """Answer in three pieces, the first of them empty."""
        sandbox = self

        class Pieces:
            def __iter__(self) -> Iterator[bytes]:
                yield b""
                start_response(status, [("Content-Type", "application/json")])
                yield body[:5]
                yield body[5:]

            def close(self) -> None:
                sandbox.closed += 1

        return Pieces()


def client_of(app: App, **options: Any) -> LifecheckClient:
    """A client that speaks to *app*."""
    return LifecheckClient(
        f"{ORIGIN}{BASE}/init",
        f"{ORIGIN}{BASE}/result",
        auth=NoAuth(),
        transport=InProcess(app),
        **options,
    )


def test_the_whole_conversation_stays_in_the_process() -> None:
    """Init, result and photo reach the app as a server would hand them over."""
    sandbox = Sandbox()
    client = client_of(sandbox)

    assert client.start(REQUEST).token == "abc"
    result = client.result("abc")
    assert result.state is CheckState.PASSED
    assert result.face_image_url == PHOTO
    assert client.photo(PHOTO).data == JPEG

    init, asked, photo = sandbox.asked
    assert init[:2] == ("POST", f"{BASE}/init")
    assert init[2] == (
        b"returnUrl=http%3A%2F%2F127.0.0.1%3A8000%2Freturn%2F%E7%94%B2"
        b"&colors=%23FFFFFF&actions=LookFront"
    )
    assert init[3]["CONTENT_TYPE"].startswith("application/x-www-form-urlencoded")
    assert init[3]["HTTP_ACCEPT"] == "application/json"
    assert init[3]["HTTP_HOST"] == "127.0.0.1"
    assert asked[2] == b"token=abc"
    assert photo[:3] == ("GET", f"{BASE}/photo/signed.abc-1", b"")
    assert sandbox.closed == 3


def test_an_app_that_raises_is_unreachable() -> None:
    """Its exception is the cause, so that a developer finds it."""

    def broken(environ: dict[str, Any], start_response: Any) -> Any:
        raise RuntimeError("the sandbox has a bug")

    with pytest.raises(Unreachable, match="ConnectionError") as caught:
        client_of(broken).start(REQUEST)
    assert isinstance(caught.value.__cause__.__cause__, RuntimeError)  # type: ignore[union-attr]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_an_app_that_raises_midway_is_unreachable(at: int) -> None:
    """Before the first piece, between two, or while it puts its things away."""

    class Pieces:
        def __iter__(self) -> Iterator[bytes]:
            for number in range(2):
                if number == at:
                    raise RuntimeError("the sandbox has a bug")
                yield b"{"

        def close(self) -> None:
            if at == 2:
                raise RuntimeError("the sandbox has a bug")

    def broken(environ: dict[str, Any], start_response: Any) -> Any:
        start_response("200 OK", [])
        return Pieces()

    with pytest.raises(Unreachable):
        client_of(broken).start(REQUEST)


def test_an_app_without_a_status_is_unreachable() -> None:
    """That is no answer."""
    with pytest.raises(Unreachable):
        client_of(lambda environ, start_response: [b"hello"]).start(REQUEST)


def test_an_endless_app_is_stopped_at_the_limit() -> None:
    """And is told to put its things away."""

    class Endless:
        closed = 0

        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b" " * 10_000

        def close(self) -> None:
            self.closed += 1

    pieces = Endless()

    def endless(environ: dict[str, Any], start_response: Any) -> Endless:
        start_response("200 OK", [])
        return pieces

    with pytest.raises(Unintelligible, match="more than 256 KB"):
        client_of(endless).start(REQUEST)
    assert pieces.closed == 1


def test_a_dripping_app_is_stopped_at_the_deadline() -> None:
    """The clock is looked at between two pieces."""
    now = [0.0]

    def dripping(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        while True:
            now[0] += 1
            yield b" "

    with pytest.raises(Unreachable):
        client_of(dripping, total=8.0, clock=lambda: now[0]).start(REQUEST)
    assert now[0] < 10


def test_a_redirect_of_the_app_is_not_followed() -> None:
    """In the process no more than on the network."""
    asked = []

    def elsewhere(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        asked.append(environ["PATH_INFO"])
        start_response("303 SEE OTHER", [("Location", f"{BASE}/result")])
        return [b""]

    with pytest.raises(LifecheckError):
        client_of(elsewhere).start(REQUEST)
    assert asked == [f"{BASE}/init"]


@pytest.mark.parametrize(
    "url",
    [
        "https://img2.jumdata.com/a.jpg",
        "http://127.0.0.1:8000/",
        f"http://127.0.0.1:8000{BASE}/photo/../../../../healthz",
    ],
)
def test_nothing_but_its_photos_is_fetched(url: str) -> None:
    """Neither another host nor another page of the same process."""
    sandbox = Sandbox()
    with pytest.raises(PhotoRefused):
        client_of(sandbox).photo(url)
    assert sandbox.asked == []


@pytest.mark.parametrize(
    ("init", "result"),
    [
        ("https://jm.market.alicloudapi.com/i", "https://jm.market.alicloudapi.com/r"),
        ("http://jm.example.com/i", "http://jm.example.com/r"),
        ("http://127.0.0.1/i", "https://jm.market.alicloudapi.com/r"),
        ("http://127.0.0.1/i", "http://127.0.0.1:8000/r"),
    ],
)
def test_a_live_vendor_cannot_be_answered_in_process(init: str, result: str) -> None:
    """Whoever configures a vendor must not get the sandbox's passes."""
    with pytest.raises(ValueError, match="loopback"):
        LifecheckClient(init, result, auth=NoAuth(), transport=InProcess(Sandbox()))


def test_without_a_transport_the_sandbox_is_out_of_reach() -> None:
    """Its photo paths mean nothing to a client of a live vendor."""
    client = LifecheckClient("https://v.example/i", "https://v.example/r", auth=NoAuth())
    with pytest.raises(PhotoRefused):
        client.photo(PHOTO)
    client.close()
