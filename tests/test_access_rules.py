"""No one in where they do not belong: hosts, links, cookies, forms, texts of others."""

import re
import socket
from collections.abc import Iterator

import pytest

from tools.serving import Server, a_server

PATIENCE_SECONDS = 20


# What a request says of the server itself


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[Server]:
    with a_server(workers=1) as server:
        yield server


def sent(server: Server, first: str, *headers: str, host: str | None = "") -> str:
    """A raw request, answered; *host* is the server's own unless another is given."""
    name, _, port = server.address.rpartition("//")[2].partition(":")
    own = f"{name}:{port}"
    lines = [first, *([f"Host: {host or own}"] if host is not None else []), *headers]
    request = "\r\n".join((*lines, "Connection: close", "", "")).encode("latin-1")
    with socket.create_connection((name, int(port)), PATIENCE_SECONDS) as line:
        line.sendall(request)
        answer = b""
        while piece := line.recv(65536):
            answer += piece
    return answer.decode(errors="replace")


@pytest.mark.parametrize(
    "headers",
    [
        ("X-Forwarded-Proto: https",),
        ("X-Forwarded-Proto: https", "X-Forwarded-Ssl: off"),
        ("X-Forwarded-Host: evil.example", "X-Forwarded-Port: 81"),
        ("Forwarded: host=evil.example;proto=https",),
        ("X-Forwarded-Prefix: /evil", "X-Script-Name: /evil"),
        ("SCRIPT_NAME: /evil",),
        ("Script-Name: /evil",),
        ("PATH_INFO: /codes",),
        ("X-Original-URL: /codes", "X-Rewrite-URL: /codes"),
        ("X-HTTP-Method-Override: POST",),
    ],
)
def test_no_header_says_what_the_server_is(
    server: Server, headers: tuple[str, ...]
) -> None:
    """Sent from this computer too, where a proxy would be: the page stays as it is."""
    plain = sent(server, "GET /?lang=en HTTP/1.1")
    told = sent(server, "GET /?lang=en HTTP/1.1", *headers)

    assert told.startswith("HTTP/1.1 200 OK")
    assert addresses_in(told) == addresses_in(plain)
    assert "evil" not in told


def addresses_in(page: str) -> list[str]:
    """Every address of a page, with what is drawn anew each time taken out."""
    found = re.findall(r'(?:href|action|src)="([^"]*)"|(\S+://[^\s"<]+)', page)
    return [re.sub(r"/return/[\w-]+", "/return/…", "".join(pair)) for pair in found]


@pytest.mark.parametrize(
    ("first", "host"),
    [
        ("GET http://evil.example/?lang=en HTTP/1.1", ""),
        ("GET http://evil.example@127.0.0.1/?lang=en HTTP/1.1", ""),
        ("GET /?lang=en HTTP/1.0", None),
        ("GET /?lang=en HTTP/1.1", None),
        ("GET /?lang=en HTTP/1.1", "evil.example\\@localhost"),
        ("GET /?lang=en HTTP/1.1", "localhost@evil.example"),
        ("GET /?lang=en HTTP/1.1", "localhost, evil.example"),
        ("GET /?lang=en HTTP/1.1", "localhost/.evil.example"),
        ("GET /?lang=en HTTP/1.1", "localhost#evil.example"),
        ("GET /?lang=en HTTP/1.1", "l\xf6calhost.evil.example"),
    ],
)
def test_an_odd_target_or_host_is_in_no_address(
    server: Server, first: str, host: str | None
) -> None:
    """The absolute form's host is not ours either; no return address is made of one."""
    page = sent(server, first, host=host)

    assert page.startswith(("HTTP/1.1 200", "HTTP/1.0 200", "HTTP/1.1 400"))
    assert "evil" not in page


@pytest.mark.parametrize(
    ("first", "headers"),
    [
        ("GET / HTTP/1.1", ("Host: evil.example",)),
        ("POST / HTTP/1.1", ("Content-Length: 5", "Transfer-Encoding: chunked")),
        ("POST / HTTP/1.1", ("Content-Length: 5", "Content-Length: 6")),
        ("POST / HTTP/1.1", ("Content-Length: -1",)),
        ("POST / HTTP/1.1", ("Content-Length: +1",)),
        ("GET / HTTP/1.1", ("X: a\0b",)),
        ("GET / HTTP/1.1", ("X : a",)),
        ("GET /\x01 HTTP/1.1", ()),
        ("GET / HTTP/1.1", (f"Cookie: visit={'x' * 9000}",)),
        ("GET / HTTP/1.1", tuple(f"X-{n}: 1" for n in range(100))),
        (f"GET /?{'x' * 5000} HTTP/1.1", ()),
    ],
)
def test_what_two_servers_could_read_differently_is_refused(
    server: Server, first: str, headers: tuple[str, ...]
) -> None:
    """Two hosts, two lengths, control characters, more than anybody sends: before us."""
    assert re.match(r"HTTP/1.1 (400|414|431) ", sent(server, first, *headers))
