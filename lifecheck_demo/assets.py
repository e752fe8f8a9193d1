"""Static files: read and packed once, kept by browsers until their content changes."""

import gzip
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flask import Flask, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOUNT: Final = "/static/"
FOR_GOOD: Final = "public, max-age=31536000, immutable"
# What is asked for under another print, or under none, may be another file tomorrow.
ASK_FIRST: Final = "no-cache"
# A kind that is not named here is not served.
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".jpg": "image/jpeg",
}
PICTURES_ALREADY_PACKED: Final = frozenset({".jpg"})
# Opened by itself, an SVG is a document.
NOTHING_ELSE: Final = "default-src 'none'; frame-ancestors 'none'"

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class _Form:
    """A file as it is sent, plain or packed."""

    body: bytes
    tag: str
    headers: Headers


class Assets:
    """The files of *folder*, under one print of them all: `/static/PRINT/js/live.js`.

    One print and not one for each file, because modules and style sheets name each other
    by relative addresses: these stay inside the same print, whatever the browser has kept.
    When a file changes, all of them are fetched anew; together they are small.

    An older print gets the file of today, and so does a newer one, of another machine
    that was upgraded first: a page that is open then goes on. Neither is kept.
    *more* headers go with every file.
    """

    def __init__(self, folder: Path, more: Mapping[str, str]) -> None:
        files = {
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.suffix in TYPES
        }
        bodies = {name: path.read_bytes() for name, path in files.items()}
        prints = {name: _print_of(body) for name, body in bodies.items()}
        self.print = _print_of(str(prints).encode())
        self._plain = {n: _plain(n, body, more) for n, body in bodies.items()}
        self._packed = {n: _packed(n, body, more) for n, body in bodies.items()}

    def init_app(self, app: Flask) -> None:
        """Answer before *app* does, and tell its templates the addresses: `asset(name)`."""
        app.wsgi_app = self.before(app.wsgi_app)  # type: ignore[assignment,method-assign]
        app.jinja_env.globals["asset"] = self.url

    def url(self, name: str) -> str:
        """The address of a file; raises `KeyError` where there is none."""
        if name not in self._plain:
            raise KeyError(name)
        return f"{request.script_root}{MOUNT}{self.print}/{name}"

    def before(self, app: "WSGIApplication") -> "WSGIApplication":
        """*app*, which is asked only for what is no static file.

        A page asks for twenty of them: cookies, languages and sessions are none of theirs.
        """

        def called(
            environ: "WSGIEnvironment", start_response: "StartResponse"
        ) -> Iterable[bytes]:
            path = environ.get("PATH_INFO", "")
            if path.startswith(MOUNT) and environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
                told, name = self._find(path.removeprefix(MOUNT))
                if name:
                    return self._answer(environ, start_response, name, told == self.print)
            return app(environ, start_response)

        return called

    def _find(self, path: str) -> tuple[str, str]:
        """The print and the name that *path* has; an empty name where no file is meant."""
        if path in self._plain:
            return "", path
        told, _, name = path.partition("/")
        return told, name if name in self._plain else ""

    def _answer(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        name: str,
        for_good: bool,
    ) -> Iterable[bytes]:
        wants_gzip = takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        form = (self._packed[name] if wants_gzip else None) or self._plain[name]
        kept = ("Cache-Control", FOR_GOOD if for_good else ASK_FIRST)
        if form.tag in environ.get("HTTP_IF_NONE_MATCH", ""):
            short = [(n, value) for n, value in form.headers if n in {"ETag", "Vary"}]
            start_response("304 Not Modified", [kept, *short])
            return []
        length = ("Content-Length", str(len(form.body)))
        start_response("200 OK", [kept, length, *form.headers])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [form.body]


@lru_cache(maxsize=256)
def takes_gzip(accepted: str) -> bool:
    """Whether a browser takes gzip, by its Accept-Encoding."""
    return parse_accept_header(accepted, Accept).quality("gzip") > 0


def _plain(name: str, body: bytes, more: Mapping[str, str]) -> _Form:
    suffix = Path(name).suffix
    tag = f'"{_print_of(body)}"'
    headers = [("Content-Type", TYPES[suffix]), ("ETag", tag), *more.items()]
    if suffix == ".svg":
        headers.append(("Content-Security-Policy", NOTHING_ELSE))
    if suffix not in PICTURES_ALREADY_PACKED:
        headers.append(("Vary", "Accept-Encoding"))
    return _Form(body, tag, headers)


def _packed(name: str, body: bytes, more: Mapping[str, str]) -> _Form | None:
    """None where that would not be smaller.

    Gzip alone: brotli would take 3 KB off the form's 20 of styles and scripts, once, and
    would be a package with native code in every deployment.
    """
    if Path(name).suffix in PICTURES_ALREADY_PACKED:
        return None
    packed = gzip.compress(body, 9, mtime=0)
    if len(packed) >= len(body):
        return None
    plain = _plain(name, body, more)
    tag = f'"{_print_of(body)}-gzip"'
    headers = [(n, tag if n == "ETag" else value) for n, value in plain.headers]
    return _Form(packed, tag, [*headers, ("Content-Encoding", "gzip")])


def _print_of(content: bytes) -> str:
    return sha256(content).hexdigest()[:12]
