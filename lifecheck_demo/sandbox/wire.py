"""Answers that go wrong on their way: late, never, cut off, half."""

import select
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, Final

from flask import Response

from .faults import Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SLOW_SECONDS: Final = 3.0
# Longer than a client should wait; then the connection is closed.
NEVER_SECONDS: Final = 20.0
SLICE: Final = 0.25
# So many answers may be late at once: each holds a thread that others need.
MOST_LATE: Final = 4
# How long whoever calls us in this process would wait, in seconds: there is no socket
# on which it could give up by itself.
PATIENCE: Final = "in_process.patience"
# Where servers hand over the connection: gunicorn, and the one of werkzeug.
SOCKETS: Final = ("gunicorn.socket", "werkzeug.socket")

_late = BoundedSemaphore(MOST_LATE)


def gone_wrong(answer: Response, way: Wire, environ: "WSGIEnvironment") -> Response:
    """*answer* as it arrives by that way."""
    if way is Wire.SLOW:
        _wait(SLOW_SECONDS, environ)
        return answer
    return _Wrong(answer, way)


def _wait(seconds: float, environ: "WSGIEnvironment") -> None:
    """Be late, unless too many are, or until whoever asked has gone."""
    if not _late.acquire(blocking=False):
        return
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not _has_gone(environ):
            time.sleep(SLICE)
    finally:
        _late.release()


def _has_gone(environ: "WSGIEnvironment") -> bool:
    for connection in _connections(environ):
        try:
            readable, _, _ = select.select([connection], [], [], 0)
            return bool(readable) and not connection.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            return True
    return False


class _Wrong(Response):
    """Told when the server sends it, outside of what turns exceptions into pages."""

    def __init__(self, answer: Response, way: Wire) -> None:
        super().__init__(answer.get_data(), answer.status_code, answer.headers)
        self._way = way

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        if self._way is Wire.NEVER:
            patience = environ.get(PATIENCE)
            _wait(NEVER_SECONDS if patience is None else patience, environ)
            _close(environ)
            raise TimeoutError("never answers, on purpose")
        if self._way is Wire.RESET:
            _close(environ)
            raise ConnectionResetError("closes the connection, on purpose")
        body = self.get_data()
        start_response(self.status, list(self.get_wsgi_headers(environ)))
        return _half(body, environ)


def _half(body: bytes, environ: "WSGIEnvironment") -> Iterator[bytes]:
    yield body[: len(body) // 2]
    _close(environ)


def _close(environ: "WSGIEnvironment") -> None:
    for connection in _connections(environ):
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def _connections(environ: "WSGIEnvironment") -> list[socket.socket]:
    return [environ[name] for name in SOCKETS if name in environ]
