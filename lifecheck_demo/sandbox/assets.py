"""The sandbox's own static files: read and packed once, named by their content."""

import gzip
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from flask import Flask, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

MOUNT: Final = "/static/"
FOR_GOOD: Final = "public, max-age=31536000, immutable"
ASK_FIRST: Final = "no-cache"
# Each kind, and whether it gets smaller; a kind that is not named here is not served.
TYPES: Final = {
    ".css": ("text/css; charset=utf-8", True),
    ".js": ("text/javascript; charset=utf-8", True),
    ".svg": ("image/svg+xml", True),
    ".jpg": ("image/jpeg", False),
}
NOTHING_ELSE: Final = "default-src 'none'; frame-ancestors 'none'"

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]


class Assets:
    """The files of *folder* under one print of them all, so that modules find each other.

    Under another print, or none, the file of today is sent and has to be asked for again:
    a page that was open during an upgrade goes on. *more* headers go with every file.
    """

    def __init__(self, folder: Path, more: dict[str, str]) -> None:
        files = {p.name: p for p in sorted(folder.iterdir()) if p.suffix in TYPES}
        self._bodies = {name: path.read_bytes() for name, path in files.items()}
        self._packed = {
            name: gzip.compress(body, 9, mtime=0)
            for name, body in self._bodies.items()
            if TYPES[files[name].suffix][1]
        }
        self._prints = {name: _print_of(body) for name, body in self._bodies.items()}
        self._more = more
        self.print = _print_of(str(self._prints).encode())

    def init_app(self, app: Flask) -> None:
        """Answer before *app* does, and tell its templates the addresses: `asset(name)`."""
        app.wsgi_app = self.before(app.wsgi_app)  # type: ignore[assignment,method-assign]
        app.jinja_env.globals["asset"] = self.url

    def url(self, name: str) -> str:
        """The address of a file; raises `KeyError` where there is none."""
        if name not in self._bodies:
            raise KeyError(name)
        return f"{request.script_root}{MOUNT}{self.print}/{name}"

    def before(self, app: Wsgi) -> Wsgi:
        """*app*, which is asked only for what is no static file."""

        def called(environ: Environ, start: Any) -> Iterable[bytes]:
            path = environ.get("PATH_INFO", "")
            told, _, name = path.removeprefix(MOUNT).rpartition("/")
            ours = path.startswith(MOUNT) and name in self._bodies and "/" not in told
            if not ours or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
                return app(environ, start)
            return self._answer(environ, start, name, told == self.print)

        return called

    def _answer(
        self, environ: Environ, start: Any, name: str, for_good: bool
    ) -> Iterable[bytes]:
        content_type, shrinks = TYPES[Path(name).suffix]
        accepted = parse_accept_header(environ.get("HTTP_ACCEPT_ENCODING", ""), Accept)
        packs = shrinks and accepted.quality("gzip") > 0
        body = self._packed[name] if packs else self._bodies[name]
        tag = f'"{self._prints[name]}{"-gzip" if packs else ""}"'
        headers = {"ETag": tag, "Cache-Control": FOR_GOOD if for_good else ASK_FIRST}
        if shrinks:
            headers["Vary"] = "Accept-Encoding"
        if tag in environ.get("HTTP_IF_NONE_MATCH", ""):
            start("304 Not Modified", list(headers.items()))
            return []
        headers |= {"Content-Type": content_type, "Content-Length": str(len(body))}
        headers |= {"Content-Encoding": "gzip"} if packs else {}
        if name.endswith(".svg"):
            # Opened by itself, it is a document.
            headers["Content-Security-Policy"] = NOTHING_ELSE
        start("200 OK", list((headers | self._more).items()))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _print_of(content: bytes) -> str:
    return sha256(content).hexdigest()[:12]
