"""Chinese and English: which one a page speaks, and how a person changes it."""

from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from flask import Flask, Response, g, request
from flask_babel import Babel
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from . import keepsakes

LANGUAGES = {"zh": "中文", "en": "English"}
COOKIE = "lang"
ONE_YEAR = 365 * 24 * 3600
LONGEST_KEPT = 200


def init_app(app: Flask) -> None:
    """Choose a language for every request; remember it when a person chose it."""
    Babel(
        app,
        locale_selector=language,
        default_translation_directories="translations",
    )

    app.jinja_env.globals.update(languages=LANGUAGES, address_in=address_in)

    @app.after_request
    def remember(response: Response) -> Response:
        if request.args.get("lang") in LANGUAGES:
            keepsakes.keep(response, COOKIE, language(), ONE_YEAR)
        response.headers.add("Content-Language", language())
        response.vary.update(("Accept-Language", "Cookie"))
        return response


def language() -> str:
    """The language of this request: asked for, remembered, or the browser's."""
    chosen: str | None = g.get("language")
    if chosen is None:
        wishes = (request.args.get("lang"), keepsakes.read(COOKIE))
        chosen = next((wish for wish in wishes if wish in LANGUAGES), None)
        chosen = chosen or _preferred(request.headers.get("Accept-Language", ""))
        g.language = chosen
    return chosen


def address_in(language: str, address: str = "") -> str:
    """This page's address (or *address*) with *language* chosen.

    A page that answers a button cannot be opened again: its switch leads to the start.
    """
    here = request.full_path if request.method == "GET" else "/"
    parts = urlsplit(address or here)
    kept = [(n, v) for n, v in parse_qsl(parts.query, True) if n != "lang"]
    # The path alone, written out: no switch can lead to another site. Browsers take \
    # for / and leave tabs out.
    path = "/" + quote(parts.path.lstrip("/"))
    return f"{path}?{urlencode([*kept, ('lang', language)])}"


def _preferred(wishes: str) -> str:
    """The language that suits an Accept-Language header best."""
    # Browsers say the same few; whoever makes up long ones is read each time.
    return _read(wishes) if len(wishes) <= LONGEST_KEPT else _read.__wrapped__(wishes)


@lru_cache(maxsize=64)
def _read(wishes: str) -> str:
    accepted = parse_accept_header(wishes, LanguageAccept)
    return accepted.best_match(LANGUAGES, "en") or "en"


def other_than(language: str) -> str:
    """The language that a page offers beside its own."""
    return next(code for code in LANGUAGES if code != language)
