"""A vendor on loopback, in a process of its own: fast, with any delay, and with troubles.

    python -m benchmarks.loopback_vendor

speaks init, result and the camera page as the vendor does; every check passes at once. It
prints two ports, one for the vendor and one for its controls, and ends with its standard
input. The controls are `GET /set?delay=SECONDS&trouble=NAME` and `GET /counts`.
"""

import asyncio
import json
import secrets
import socket
import struct
import sys
from collections import Counter, OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

TROUBLES = (
    "hang",  # reads the request and says nothing
    "trickle",  # an answer, a byte every fifth of a second
    "slow",  # a sound answer after ten seconds
    "reset",  # reads the request and resets the connection
    "refuse",  # nobody listens any more
    "half-a-body",  # announces more than it sends, and closes
    "full-queue",  # listens, but accepts nobody
)
TRICKLE_SECONDS, SLOW_SECONDS = 0.2, 10.0
# So many tokens are remembered, for the way back from the camera page.
MOST_TOKENS = 50_000
TASK_NO = "043439882226367117195632"
PHOTO = "https://img2.jumdata.com/lifecheck-face/20240101/01/0123456789abcdef.jpg"
QUEUE = 1024


class Vendor:
    """What it does now, and what it has been asked."""

    def __init__(self) -> None:
        self.delay = 0.0
        self.trouble = ""
        self.counts: Counter[str] = Counter()
        self.returns: OrderedDict[str, str] = OrderedDict()
        self.open: set[Connection] = set()
        self.port = 0
        self._listener: socket.socket | None = None
        self._fillers: list[socket.socket] = []

    def listen(self) -> None:
        """Take callers, on the same port as ever."""
        self._close()
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(QUEUE)
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        self._listener = listener
        asyncio.get_running_loop().add_reader(listener, self._accept)

    def set(self, delay: float, trouble: str) -> None:
        """Change what it does; whoever is connected has to come again."""
        if trouble and trouble not in TROUBLES:
            raise ValueError(f"no such trouble: {trouble}")
        if trouble != self.trouble:
            for connection in tuple(self.open):
                connection.drop()
            if trouble == "refuse":
                self._close()
            elif trouble == "full-queue":
                self._fill()
            elif self.trouble in {"refuse", "full-queue"}:
                self.listen()
        self.delay, self.trouble = delay, trouble

    def answer(self, name: str, body: str) -> dict[str, Any]:
        """What init or result answers."""
        sent = dict(parse_qsl(body))
        data: dict[str, str] = {}
        if name == "init":
            token = secrets.token_urlsafe(18)
            self.returns[token] = sent.get("returnUrl", "")
            if len(self.returns) > MOST_TOKENS:
                self.returns.popitem(last=False)
            data = {"token": token}
        elif sent.get("token") in self.returns:
            data = {"faceImageUrl": PHOTO}
        code = 200 if data else 301
        return {"code": code, "msg": f"msg of {code}", "taskNo": TASK_NO, "data": data}

    def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while self._listener:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made = loop.connect_accepted_socket(lambda: Connection(self), caller)
            task = loop.create_task(made)
            task.add_done_callback(lambda done: done.exception())

    def _close(self) -> None:
        if self._listener:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
        for filler in self._fillers:
            filler.close()
        self._listener, self._fillers = None, []

    def _fill(self) -> None:
        """Keep listening with a queue so short that it is full of our own callers."""
        if self._listener is None:
            self.listen()
        assert self._listener
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.listen(0)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect(("127.0.0.1", self.port))
            self._fillers.append(filler)


class Connection(asyncio.Protocol):
    """One caller's connection, kept open between requests."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._came = b""
        self._transport: asyncio.Transport | None = None
        self._timers: list[asyncio.TimerHandle] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._vendor.open.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._vendor.open.discard(self)
        self._transport = None
        for timer in self._timers:
            timer.cancel()

    def drop(self) -> None:
        """End it without a word."""
        if self._transport:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._came += data
        while b"\r\n\r\n" in self._came:
            head, _, rest = self._came.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            length = 0
            for line in lines[1:]:
                name, _, value = line.partition(":")
                if name.lower() == "content-length":
                    length = int(value)
            if len(rest) < length:
                return
            self._came = rest[length:]
            self._asked(lines[0].split(" ")[1], rest[:length].decode())

    def _asked(self, target: str, body: str) -> None:
        parts = urlsplit(target)
        name, vendor = parts.path.rsplit("/", 1)[-1], self._vendor
        if name == "index":
            token = parse_qs(parts.query).get("token", [""])[0]
            back = f"{vendor.returns.get(token, '')}?token={quote(token)}&success=true"
            self._send(
                f"HTTP/1.1 302 Found\r\nLocation: {back}\r\nContent-Length: 0\r\n\r\n"
            )
            return
        vendor.counts[name] += 1
        self._trouble_or(lambda: self._answer(name, body))

    def _answer(self, name: str, body: str) -> None:
        self._send(whole(json.dumps(self._vendor.answer(name, body))))

    def _trouble_or(self, answer: Callable[[], None]) -> None:
        vendor = self._vendor
        match vendor.trouble:
            case "":
                if vendor.delay:
                    self._later(vendor.delay, answer)
                else:
                    answer()
            case "slow":
                self._later(SLOW_SECONDS, answer)
            case "reset":
                self._reset()
            case "half-a-body":
                self._send(whole('{"code": 200, "data"', announced=100))
                if self._transport:
                    self._transport.close()
            case "trickle":
                self._trickle(whole(" " * 1000).encode())
            case _:
                pass

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        self._timers = [asyncio.get_running_loop().call_later(seconds, do)]

    def _send(self, text: str) -> None:
        if self._transport:
            self._transport.write(text.encode())

    def _reset(self) -> None:
        if self._transport:
            caller = self._transport.get_extra_info("socket")
            now = struct.pack("ii", 1, 0)
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
            self._transport.abort()

    def _trickle(self, rest: bytes) -> None:
        if self._transport and rest:
            self._transport.write(rest[:1])
            self._later(TRICKLE_SECONDS, lambda: self._trickle(rest[1:]))


def whole(body: str, announced: int | None = None) -> str:
    """An answer with that body, all ASCII."""
    length = len(body) if announced is None else announced
    return (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\n"
        f"Content-Length: {length}\r\n\r\n{body}"
    )


async def control(
    vendor: Vendor, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """One order a connection, on the port of its own."""
    line = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ")[1]
    parts = urlsplit(line)
    told = dict(parse_qsl(parts.query))
    if parts.path == "/set":
        vendor.set(float(told.get("delay", 0)), told.get("trouble", ""))
    writer.write(whole(json.dumps(vendor.counts)).encode())
    await writer.drain()
    writer.close()


async def main() -> None:
    vendor = Vendor()
    vendor.listen()

    async def heard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await control(vendor, reader, writer)

    controls = await asyncio.start_server(heard, "127.0.0.1", 0)
    print(vendor.port, controls.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
