"""A `requests` adapter that calls a WSGI app in this process instead of a network.

A server that calls its own sandbox over HTTP needs a second free thread for every
visitor, and locks itself up when there is none.
"""

import io
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

from requests import ConnectionError as NoConnection
from requests import PreparedRequest, ReadTimeout, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class InProcess(BaseAdapter):
    """Answers requests from *app*; what the app raises is a lost connection.

    The body is handed on as the app makes it, so that the client's limit ends an app
    that never does.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        super().__init__()
        self._app = app

    def send(
        self, request: PreparedRequest, *_args: Any, timeout: Any = None, **_kwargs: Any
    ) -> Response:
        """Run the app on *request*; TLS has no meaning here.

        An app cannot be stopped from outside. One that wants to take for ever is told
        how long the caller would wait, and raises a TimeoutError then.
        """
        start = _Start()
        environ = _environ(request)
        if isinstance(timeout, tuple) and timeout[1] is not None:
            environ["in_process.patience"] = timeout[1]
        try:
            made = self._app(environ, start)
        except TimeoutError as error:
            raise ReadTimeout("the app took too long", request=request) from error
        except Exception as error:
            raise NoConnection("the app failed", request=request) from error
        body = _Body(made)
        # An app may wait with its status until the first piece is asked for.
        body.peek()
        if not start.status:
            body.close()
            raise NoConnection("the app sent no status", request=request)
        response = Response()
        number, _, response.reason = start.status.partition(" ")
        response.status_code = int(number)
        response.headers = CaseInsensitiveDict(start.headers)
        response.raw = body
        response.url = request.url or ""
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is held open between calls."""


class _Start:
    """The `start_response` of one call, and what was said to it."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: list[tuple[str, str]] = []

    def __call__(
        self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None, /
    ) -> Any:
        self.status, self.headers = status, headers
        return _refuse_to_write


def _refuse_to_write(_data: bytes) -> None:
    raise NotImplementedError("an app in this process returns what it has to say")


class _Body(io.RawIOBase):
    """What an app makes, as a file that asks for it piece by piece."""

    def __init__(self, made: Iterable[bytes]) -> None:
        self._made = made
        self._pieces: Iterator[bytes] = iter(made)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def peek(self) -> bytes:
        """What comes next, without taking it; empty at the end."""
        try:
            while not self._rest:
                self._rest = next(self._pieces)
        except StopIteration:
            self._end()
        except Exception as error:
            self.close()
            raise NoConnection("the app failed in its answer") from error
        return self._rest

    def readinto(self, buffer: Any, /) -> int:
        """Take what comes next, as much of it as fits."""
        piece = self.peek()[: len(buffer)]
        buffer[: len(piece)] = piece
        self._rest = self._rest[len(piece) :]
        return len(piece)

    def close(self) -> None:
        """Let the app put away what it has opened."""
        self._end()
        super().close()

    def _end(self) -> None:
        made, self._made = self._made, ()
        try:
            getattr(made, "close", lambda: None)()
        except Exception as error:
            raise NoConnection("the app failed after its answer") from error


def _environ(request: PreparedRequest) -> "WSGIEnvironment":
    parts = urlsplit(request.url or "")
    body = request.body or b""
    sent = body.encode() if isinstance(body, str) else bytes(body)
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": parts.netloc,
        "CONTENT_LENGTH": str(len(sent)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(sent),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        shown = value.decode("latin-1") if isinstance(value, bytes) else value
        environ[key if key.startswith("CONTENT_") else f"HTTP_{key}"] = shown
    return environ
