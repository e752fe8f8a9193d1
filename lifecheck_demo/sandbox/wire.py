"""Answers that go wrong on their way: late, never, cut off, half."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from flask import Response

from .faults import Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SLOW_SECONDS: Final = 3.0
# Nobody waits longer than that for an answer; then the connection is closed.
NEVER_SECONDS: Final = 60.0
# How long whoever calls us in this process would wait, in seconds: there is no socket
# on which it could give up by itself.
PATIENCE: Final = "in_process.patience"
# Where servers hand over the connection: gunicorn, and the one of werkzeug.
SOCKETS: Final = ("gunicorn.socket", "werkzeug.socket")


def gone_wrong(answer: Response, way: Wire) -> Response:
    """*answer* as it arrives by that way."""
    if way is Wire.SLOW:
        time.sleep(SLOW_SECONDS)
        return answer
    return _Wrong(answer, way)


class _Wrong(Response):
    """Told when the server sends it, outside of what turns exceptions into pages."""

    def __init__(self, answer: Response, way: Wire) -> None:
        super().__init__(answer.get_data(), answer.status_code, answer.headers)
        self._way = way

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        if self._way is Wire.NEVER:
            patience = environ.get(PATIENCE)
            time.sleep(NEVER_SECONDS if patience is None else patience)
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
    for name in SOCKETS:
        if name in environ:
            with suppress(OSError):
                environ[name].shutdown(socket.SHUT_RDWR)
