"""A `requests` adapter under which a whole answer has one deadline.

A read time-out starts anew at every byte, so a server that sends one now and then could
hold a thread for ever: in the headers just as well as in the body. Here every wait for
bytes of an answer is cut to what is left of the call's time.
"""

import io
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any, cast

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


@dataclass(frozen=True)
class Deadline:
    """A moment on *clock* after which nobody waits any longer."""

    at: float
    clock: Callable[[], float]

    def left(self) -> float:
        """The seconds that remain; negative when it has passed."""
        return self.at - self.clock()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let every answer that begins in this block be read under this deadline."""
        token = _running.set(self)
        try:
            yield
        finally:
            _running.reset(token)


_running: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class DeadlineAdapter(HTTPAdapter):
    """Sends over pooled connections, and reads under the running deadline.

    The name's look-up is the system's affair and has the system's time-out; a name
    with several dead addresses costs one connect time-out for each.
    """

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Put connections into the pools that read under a deadline."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:
        """The path and the query: there is no proxy to be told the rest."""
        del proxies
        return request.path_url

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """What is read of an answer: nobody asks for its cookies or its encoding."""
        response = Response()
        response.status_code = resp.status
        response.headers = CaseInsensitiveDict(resp.headers)
        response.raw = resp
        response.url = req.url or ""
        response.request = req
        return response


class _TimedReader(io.RawIOBase):
    """The bytes of a socket, each waited for no longer than the deadline allows."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline
        self._patience = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        left = self._deadline.left()
        if left <= 0:
            raise TimeoutError("the call's time is over")
        self._sock.settimeout(left if self._patience is None else min(self._patience, left))
        return cast("int | None", self._raw.readinto(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        deadline = _running.get()
        if deadline:
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_TimedReader(raw, sock, deadline))


class _Connection(HTTPConnection):
    """Sends the head of a request and its body in one piece, since both are small."""

    response_class = _Response
    _held: list[bytes] | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        held = self._held = list[bytes]()
        super().request(*args, **kwargs)
        self._held = None
        self.send(b"".join(held))

    def send(self, data: Any) -> None:
        if self._held is None:
            super().send(data)
        else:
            self._held.append(data)


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
