"""A little HTTP server on loopback that misbehaves on purpose."""

import gzip
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

JSON = b"Content-Type: application/json\r\n"


class Visit:
    """One connection to the server, and what came over it."""

    def __init__(
        self, connection: socket.socket, over: threading.Event, *, keep_alive: bool
    ) -> None:
        self.connection = connection
        self.over = over
        self.keep_alive = keep_alive
        self.request = b""

    def read_request(self) -> bool:
        """Read one request, body included; false when the other side has gone."""
        head, _, body = b"", b"", b""
        while b"\r\n\r\n" not in head:
            piece = self.connection.recv(65536)
            if not piece:
                return False
            head += piece
        head, _, body = head.partition(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        while len(body) < length:
            body += self.connection.recv(65536)
        self.request = head + b"\r\n\r\n" + body
        return True

    def send(self, data: bytes) -> None:
        """Send all of *data*."""
        self.connection.sendall(data)

    def drip(self, data: bytes, pause: float = 0.05) -> None:
        """Send *data* byte by byte until it or the test is over."""
        for byte in data:
            self.send(bytes([byte]))
            if self.over.wait(pause):
                return


class Server:
    """Where it listens, and every request it has read."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.requests: list[bytes] = []
        self.connections = 0

    @property
    def url(self) -> str:
        """The origin."""
        return f"http://127.0.0.1:{self.port}"


Behaviour = Callable[[Visit], None]


@contextmanager
def serving(behaviour: Behaviour, *, keep_alive: bool = False) -> Iterator[Server]:
    """A server that does *behaviour* to everybody."""
    over = threading.Event()
    threads = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(listener.getsockname()[1])

        def attend(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                visit = Visit(connection, over, keep_alive=keep_alive)
                while visit.read_request():
                    server.requests.append(visit.request)
                    behaviour(visit)
                    if not keep_alive:
                        break

        def listen() -> None:
            with suppress(OSError):
                while not over.is_set():
                    connection, _ = listener.accept()
                    server.connections += 1
                    thread = threading.Thread(target=attend, args=(connection,))
                    thread.start()
                    threads.append(thread)

        listening = threading.Thread(target=listen)
        listening.start()
        try:
            yield server
        finally:
            over.set()
            with socket.create_connection(("127.0.0.1", server.port)):
                pass
            listening.join()
            for thread in threads:
                thread.join()


def answer(body: bytes | str, status: str = "200 OK", headers: bytes = JSON) -> Behaviour:
    """An honest answer."""
    sent = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(sent)}\r\n".encode()

    def behave(visit: Visit) -> None:
        ending = b"" if visit.keep_alive else b"Connection: close\r\n"
        visit.send(head + headers + ending + b"\r\n" + sent)

    return behave


def hang(visit: Visit) -> None:
    """Read the request and say nothing."""
    visit.over.wait()


def reset(visit: Visit) -> None:
    """Slam the door."""
    now = struct.pack("ii", 1, 0)
    visit.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)


def hang_up(visit: Visit) -> None:
    """Close without a word."""


def drip_headers(visit: Visit) -> None:
    """Send headers for ever, a byte now and then."""
    visit.send(b"HTTP/1.1 200 OK\r\n")
    visit.drip(b"X-Slow: " + b"a" * 1000)


def drip_continues(visit: Visit) -> None:
    """Promise an answer again and again."""
    while not visit.over.wait(0.02):
        visit.send(b"HTTP/1.1 100 Continue\r\n\r\n")


def drip_body(visit: Visit) -> None:
    """Send a body a byte at a time."""
    visit.send(b"HTTP/1.1 200 OK\r\n" + JSON + b"Content-Length: 1000\r\n\r\n")
    visit.drip(b" " * 1000)


def drip_chunks(visit: Visit) -> None:
    """Send a chunked body a chunk at a time."""
    visit.send(b"HTTP/1.1 200 OK\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\n")
    while not visit.over.wait(0.03):
        visit.send(b"1\r\n \r\n")


def half_a_body(visit: Visit) -> None:
    """Promise a hundred bytes and send a few."""
    visit.send(b"HTTP/1.1 200 OK\r\n" + JSON + b"Content-Length: 100\r\n\r\n")
    visit.send(b'{"code": 200, "data": {"tok')


def half_a_chunk(visit: Visit) -> None:
    """Break off within a chunk."""
    visit.send(b"HTTP/1.1 200 OK\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\n")
    visit.send(b'ff\r\n{"code": 200, ')


def cut_without_a_length(visit: Visit) -> None:
    """Break off where only the JSON shows that something is missing."""
    visit.send(b"HTTP/1.1 200 OK\r\n" + JSON + b"Connection: close\r\n\r\n")
    visit.send(b'{"code": 200, "data": {"token": "abcdefghijklmnop')


def endless(visit: Visit) -> None:
    """Never stop."""
    visit.send(b"HTTP/1.1 200 OK\r\n" + JSON + b"Connection: close\r\n\r\n")
    while not visit.over.is_set():
        visit.send(b" " * 65536)


def endless_redirect(visit: Visit) -> None:
    """Point elsewhere, and never stop explaining."""
    visit.send(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n")
    while not visit.over.is_set():
        visit.send(b" " * 65536)


def lie_small(visit: Visit) -> None:
    """Declare two bytes and send more."""
    visit.send(b"HTTP/1.1 200 OK\r\n" + JSON + b"Content-Length: 2\r\n\r\n")
    visit.send(b'{"code": 200, "data": {"token": "abc"}}')


def lie_large(visit: Visit) -> None:
    """Declare a gigabyte and send a sound answer, then wait."""
    visit.send(b"HTTP/1.1 200 OK\r\n" + JSON + b"Content-Length: 1073741824\r\n\r\n")
    visit.send(b'{"code": 200, "data": {"token": "abc"}}')
    visit.over.wait()


def gzip_bomb(visit: Visit) -> None:
    """A few kilobytes that unpack to sixty megabytes."""
    bomb = gzip.compress(b" " * 60_000_000)
    head = f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    visit.send(b"HTTP/1.1 200 OK\r\n" + JSON + head + bomb)


def broken_gzip(visit: Visit) -> None:
    """Say gzip and send something else."""
    head = b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n"
    visit.send(b"HTTP/1.1 200 OK\r\n" + JSON + head + b"hello")


def thousand_headers(visit: Visit) -> None:
    """More headers than anybody reads."""
    visit.send(b"HTTP/1.1 200 OK\r\n" + b"X-More: yes\r\n" * 1000 + b"\r\n")


def not_http(visit: Visit) -> None:
    """Another protocol altogether."""
    visit.send(b"SSH-2.0-OpenSSH_9.6\r\n")
