"""The client against a real server that misbehaves."""

import itertools
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from requests.adapters import BaseAdapter

from lifecheck_demo.client import (
    AppCodeAuth,
    CheckState,
    Exchange,
    InitRequest,
    LifecheckClient,
    LifecheckError,
    NoAuth,
    PhotoRefused,
    Unintelligible,
    Unreachable,
    VendorRefused,
)

from . import hostile
from .conftest import APPCODE, TOKEN, MakeClient

REQUEST = InitRequest("https://demo.example.com/return/1")
STARTED = f'{{"code": 200, "msg": "成功", "data": {{"token": "{TOKEN}"}}}}'
JPEG = b"\xff\xd8\xff\xe0 a face"


def test_init_travels_as_the_document_says(make_client: MakeClient) -> None:
    """A form-encoded POST, lists joined by commas, the AppCode in its header."""
    request = InitRequest(
        "https://demo.example.com/return/1", ("#FFFFFF", "#000000"), ("LookFront",)
    )
    with hostile.serving(hostile.answer(STARTED)) as server:
        started = make_client(server.url).start(request)

    head, _, body = server.requests[0].decode().partition("\r\n\r\n")
    assert started.token == TOKEN
    assert head.startswith("POST /init HTTP/1.1")
    assert f"Authorization: APPCODE {APPCODE}" in head
    assert "Content-Type: application/x-www-form-urlencoded" in head
    assert "Accept: application/json" in head
    assert parse_qs(body) == {
        "returnUrl": ["https://demo.example.com/return/1"],
        "colors": ["#FFFFFF,#000000"],
        "actions": ["LookFront"],
    }


def test_empty_parameters_are_left_out(make_client: MakeClient) -> None:
    """A silent check sends neither colours nor actions."""
    with hostile.serving(hostile.answer(STARTED)) as server:
        make_client(server.url).start(REQUEST)

    body = server.requests[0].decode().partition("\r\n\r\n")[2]
    assert list(parse_qs(body, keep_blank_values=True)) == ["returnUrl"]


class Noting(BaseAdapter):
    """Notes what it is to send, and sends nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> Any:
        """As said."""
        self.sent.append(request)
        raise requests.ConnectionError

    def close(self) -> None:
        """Nothing is open."""


PATHS = ["", "/", "/init", "/ä b/%7e%41", "/x?v=2&y=", "/x?a=ü b", "/#part"]


@given(
    st.sampled_from(PATHS),
    st.text(max_size=20),
    st.lists(st.text("#AF,é \ud800", max_size=9), max_size=3),
    st.booleans(),
)
def test_what_travels_is_what_the_library_would_make_of_it(
    path: str, back: str, colours: list[str], in_query: bool
) -> None:
    """The request is filled in here, and leaves nothing out."""
    noting, asked = Noting(), InitRequest(back, tuple(colours))
    url, auth = f"http://127.0.0.1:9{path}", AppCodeAuth(APPCODE)
    client = LifecheckClient(url, url, auth=auth, in_query=in_query, transport=noting)
    with pytest.raises(Unreachable):
        client.start(asked, once=True)

    encoded = urlencode(asked.parameters(), errors="replace")
    kind = "json" if in_query else "x-www-form-urlencoded; charset=UTF-8"
    made = requests.Request(
        "POST",
        url,
        {
            "User-Agent": "lifecheck-demo",
            "Accept-Encoding": "identity",
            "Accept": "application/json",
            "Content-Type": f"application/{kind}",
        },
        data=None if in_query else encoded,
        params=encoded if in_query else None,
        auth=auth,
    ).prepare()
    (sent,) = noting.sent
    assert (sent.method, sent.url, sent.body) == (made.method, made.url, made.body)
    assert list(sent.headers.items()) == list(made.headers.items())


def test_result_sends_the_token_alone(make_client: MakeClient) -> None:
    """The result query has one parameter."""
    answer = '{"code": 202, "msg": "实人认证未通过"}'
    with hostile.serving(hostile.answer(answer)) as server:
        result = make_client(server.url).result(TOKEN)

    assert result.state is CheckState.NOT_PASSED
    assert server.requests[0].startswith(b"POST /result ")
    assert server.requests[0].endswith(b"\r\n\r\ntoken=" + TOKEN.encode())


@pytest.mark.parametrize("query", ["", "?v=2"])
def test_parameters_may_travel_in_the_address(make_client: MakeClient, query: str) -> None:
    """With an empty body, and beside what the configured address has already."""
    request = InitRequest("https://demo.example.com/return/1", ("#FFFFFF",))
    told: list[Exchange] = []
    with hostile.serving(hostile.answer(STARTED)) as server:
        origin = f"{server.url}/x{query and query + '&x='}"
        client = make_client(origin, in_query=True)
        client.start(request, tell=told.append)

    head, _, body = server.requests[0].decode().partition("\r\n\r\n")
    address = head.split()[1]
    sent = parse_qs(address.partition("?")[2], keep_blank_values=True)
    assert head.startswith("POST /x")
    assert body == ""
    assert "Content-Length: 0" in head
    assert "Content-Type: application/json" in head
    assert sent.pop("returnUrl") == ["https://demo.example.com/return/1"]
    assert sent.pop("colors") == ["#FFFFFF"]
    assert list(sent) == (["v", "x"] if query else [])
    assert told[0].sent.in_query
    assert told[0].sent.parameters == (
        ("returnUrl", "https://demo.example.com/return/1"),
        ("colors", "#FFFFFF"),
    )
    assert "?" not in told[0].path


def test_no_auth_sends_no_credential(make_client: MakeClient) -> None:
    """The sandbox that runs alone is asked without an Authorization header."""
    with hostile.serving(hostile.answer(STARTED)) as server:
        make_client(server.url, auth=NoAuth()).start(REQUEST)

    assert b"authorization" not in server.requests[0].lower()


@pytest.mark.parametrize(
    "behaviour",
    [
        hostile.hang,
        hostile.reset,
        hostile.hang_up,
        hostile.drip_headers,
        hostile.drip_continues,
        hostile.drip_body,
        hostile.drip_chunks,
        hostile.half_a_body,
        hostile.half_a_chunk,
        hostile.lie_large,
        hostile.thousand_headers,
        hostile.not_http,
    ],
)
def test_whatever_brings_no_whole_answer_in_time_is_unreachable(
    behaviour: hostile.Behaviour, make_client: MakeClient
) -> None:
    """Each of these ends within the total deadline, however it keeps us waiting."""
    with hostile.serving(behaviour) as server:
        client = make_client(server.url)
        began = time.monotonic()
        with pytest.raises(Unreachable):
            client.start(REQUEST)
        spent = time.monotonic() - began

    assert spent < 0.8


@pytest.mark.parametrize(
    "behaviour",
    [
        hostile.endless,
        hostile.endless_redirect,
        hostile.gzip_bomb,
        hostile.broken_gzip,
        hostile.cut_without_a_length,
        hostile.lie_small,
        hostile.answer("<html>Hello</html>"),
        hostile.answer("", "302 Found", b"Location: https://elsewhere.example\r\n"),
        hostile.answer(STARTED, "302 Found", b"Location: https://elsewhere.example\r\n"),
        hostile.answer(""),
    ],
)
def test_whatever_is_nobodys_answer_is_unintelligible(
    behaviour: hostile.Behaviour, make_client: MakeClient
) -> None:
    """Bytes came, quickly enough, and they are not an answer; nor would the next be."""
    with hostile.serving(behaviour) as server, pytest.raises(Unintelligible):
        make_client(server.url, total=5.0, read=2.0).start(REQUEST)

    assert len(server.requests) == 1


def test_an_endless_body_is_given_up_at_the_limit(make_client: MakeClient) -> None:
    """The size of the body ends the call long before its time does."""
    told: list[Exchange] = []
    with hostile.serving(hostile.endless) as server:
        client = make_client(server.url, total=30.0)
        with pytest.raises(Unintelligible, match="more than 256 KB"):
            client.start(REQUEST, tell=told.append)

    assert told[0].milliseconds < 2000


def test_an_answer_under_the_limit_is_read_whole(make_client: MakeClient) -> None:
    """A large answer is still an answer."""
    large = STARTED[:-1] + ', "more": "' + "x" * 250_000 + '"}'
    with hostile.serving(hostile.answer(large)) as server:
        assert make_client(server.url).start(REQUEST).token == TOKEN


def test_a_closed_port_is_unreachable(make_client: MakeClient) -> None:
    """Nobody listens there."""
    with hostile.serving(hostile.hang_up) as server:
        pass
    with pytest.raises(Unreachable, match="NewConnectionError"):
        make_client(server.url).start(REQUEST)


def test_an_unknown_host_is_unreachable(make_client: MakeClient) -> None:
    """A name that cannot exist is looked up nowhere."""
    with pytest.raises(Unreachable):
        make_client("http://no..such.invalid").start(REQUEST)


def test_the_deadline_asks_the_clock_it_is_given(make_client: MakeClient) -> None:
    """A clock that leaps ends the call, although no time has really passed."""
    leaps = itertools.count(0.0, 100.0)
    with hostile.serving(hostile.answer(STARTED)) as server:
        client = make_client(server.url, clock=lambda: next(leaps))
        with pytest.raises(Unreachable):
            client.start(REQUEST)


def test_json_on_an_unusual_status_is_the_vendors(make_client: MakeClient) -> None:
    """Sellers of the same market send business failures as HTTP 450."""
    answer = hostile.answer('{"code": 400, "msg": "参数错误"}', "450 Business")
    with hostile.serving(answer) as server, pytest.raises(VendorRefused) as caught:
        make_client(server.url).start(REQUEST)

    assert (caught.value.code, caught.value.http_status) == (400, 450)


def test_connections_are_kept_for_the_next_call(make_client: MakeClient) -> None:
    """Ten calls, one connection."""
    answer = hostile.answer(STARTED)
    with hostile.serving(answer, keep_alive=True) as server:
        client = make_client(server.url)
        for _ in range(10):
            client.start(REQUEST)
        client.close()

        assert server.connections == 1


def test_a_request_goes_out_in_one_piece(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its head does not go ahead of its body, which would cost a packet more."""
    pieces: list[bytes] = []
    real, here = socket.socket.sendall, threading.get_ident()

    def sendall(self: socket.socket, data: bytes) -> None:
        if threading.get_ident() == here:
            pieces.append(data)
        real(self, data)

    monkeypatch.setattr(socket.socket, "sendall", sendall)
    with hostile.serving(hostile.answer(STARTED), keep_alive=True) as server:
        client = make_client(server.url)
        client.start(REQUEST)
        client.start(REQUEST)
        with pytest.raises(PhotoRefused):
            client.photo(f"{server.url}/photo/1")
        client.close()

    assert pieces == server.requests


def test_many_threads_share_one_client(make_client: MakeClient) -> None:
    """Every thread gets the answer to its own question."""

    def echo(visit: hostile.Visit) -> None:
        name = visit.request.rpartition(b"return%2F")[2].decode()
        hostile.answer(f'{{"code": 200, "data": {{"token": "t{name}"}}}}')(visit)

    with hostile.serving(echo, keep_alive=True) as server:
        client = make_client(server.url, total=5.0)

        def ask(number: int) -> str:
            return client.start(InitRequest(f"https://x.example/return/{number}")).token

        with ThreadPoolExecutor(8) as pool:
            tokens = list(pool.map(ask, range(64)))
        client.close()

    assert tokens == [f"t{number}" for number in range(64)]


def test_cookies_are_neither_kept_nor_sent(make_client: MakeClient) -> None:
    """One visitor's call leaves nothing for the next one's."""
    answer = hostile.answer(
        STARTED, headers=b"Set-Cookie: a=b; Path=/\r\nConnection: close\r\n"
    )
    with hostile.serving(answer) as server:
        client = make_client(server.url)
        client.start(REQUEST)
        client.start(REQUEST)

    assert b"cookie" not in server.requests[1].lower()


def test_the_environment_is_not_asked(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy of this machine does not get to see a token."""
    with hostile.serving(hostile.answer(STARTED)) as server:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        assert make_client(server.url).start(REQUEST).token == TOKEN


def test_every_call_is_told_once(make_client: MakeClient) -> None:
    """Path without query, status, size; a failure by its name."""
    told: list[Exchange] = []
    answer = hostile.answer('{"code": 500, "msg": "系统维护"}')
    with hostile.serving(answer) as server:
        client = make_client(server.url)
        with pytest.raises(LifecheckError):
            client.result(TOKEN, tell=told.append)

    assert [(e.call, e.method, e.path, e.status, e.failure) for e in told] == [
        ("result", "POST", "/result", 200, "VendorTrouble")
    ]
    assert told[0].size == len('{"code": 500, "msg": "系统维护"}'.encode())


def test_a_hanging_vendor_does_not_hold_up_another_call(
    make_client: MakeClient,
) -> None:
    """No lock is held while an answer is waited for."""
    waiting = threading.Event()

    def hang_results(visit: hostile.Visit) -> None:
        if visit.request.startswith(b"POST /result"):
            waiting.set()
            hostile.hang(visit)
        else:
            hostile.answer(STARTED)(visit)

    def hung(client: object) -> None:
        with pytest.raises(Unreachable):
            client.result(TOKEN)  # type: ignore[attr-defined]

    with hostile.serving(hang_results) as server:
        client = make_client(server.url)
        thread = threading.Thread(target=hung, args=(client,))
        thread.start()
        assert waiting.wait(2)
        assert client.start(REQUEST).token == TOKEN
        thread.join()


# The photo.


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (JPEG, "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n a face", "image/png"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 a face", "image/webp"),
    ],
)
def test_a_photo_is_what_its_first_bytes_say(
    body: bytes, content_type: str, make_client: MakeClient
) -> None:
    """The declared type is whatever the storage host declares."""
    answer = hostile.answer(body, headers=b"Content-Type: text/html\r\n")
    with hostile.serving(answer) as server:
        photo = make_client(server.url).photo(f"{server.url}/photo/1")

    assert (photo.data, photo.content_type) == (body, content_type)
    assert server.requests[0].startswith(b"GET /photo/1 ")
    assert b"authorization" not in server.requests[0].lower()
    assert APPCODE.encode() not in server.requests[0]


@pytest.mark.parametrize(
    "behaviour",
    [
        hostile.answer(b"<svg onload=alert(1)>", headers=b"Content-Type: image/jpeg\r\n"),
        hostile.answer(b"GIF89a"),
        hostile.answer(b""),
        hostile.answer(JPEG, "404 Not Found"),
        hostile.answer(JPEG, "302 Found", b"Location: http://127.0.0.1/\r\n"),
    ],
)
def test_whatever_is_no_photo_is_refused(
    behaviour: hostile.Behaviour, make_client: MakeClient
) -> None:
    """Only a whole JPEG, PNG or WebP under the status 200 is handed on."""
    with hostile.serving(behaviour) as server, pytest.raises(PhotoRefused):
        make_client(server.url).photo(f"{server.url}/photo/1")

    assert len(server.requests) == 1


def test_a_photo_has_a_limit_of_its_own(make_client: MakeClient) -> None:
    """Four megabytes pass, an endless one does not."""
    large = JPEG + b"x" * 4_000_000
    with hostile.serving(hostile.answer(large)) as server:
        client = make_client(server.url, total=5.0)
        assert client.photo(f"{server.url}/1").data == large
    with hostile.serving(hostile.endless) as server:
        client = make_client(server.url, total=5.0)
        with pytest.raises(Unintelligible, match="more than 5120 KB"):
            client.photo(f"{server.url}/1")


def test_a_hanging_photo_is_unreachable(make_client: MakeClient) -> None:
    """The photo has the same deadline as the calls."""
    with hostile.serving(hostile.drip_body) as server, pytest.raises(Unreachable):
        make_client(server.url).photo(f"{server.url}/1")


def test_text_that_cannot_be_encoded_does_not_break_the_call(
    make_client: MakeClient,
) -> None:
    """A cookie or a link may hold half a character; the vendor will refuse it."""
    answer = hostile.answer('{"code": 400, "msg": "参数错误"}')
    with hostile.serving(answer) as server, pytest.raises(VendorRefused):
        make_client(server.url).result("half\ud800")
