"""How every page of the sandbox is rendered: its language, its words, its policy."""

from base64 import b64encode
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from flask import (
    Response,
    current_app,
    make_response,
    render_template,
    request,
    url_for,
)
from werkzeug.exceptions import HTTPException

from . import words
from .checks import Check

# How the host's other pages name the language that was chosen: on https, and elsewhere.
REMEMBERED: Final = ("__Host-lang", "lang")
# Of every answer that says nothing else: opened by itself it may load and do nothing.
NO_PAGE: Final = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    ),
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def render(template: str, **context: Any) -> str:
    """A page in the visitor's language."""
    lang = language()
    other = "en" if lang == "zh" else "zh"
    token = _told("token")

    def say(key: str, **values: object) -> str:
        return words.say(lang, key, **values)

    return render_template(
        template,
        lang=lang,
        other_lang=other,
        say=say,
        token=token,
        switch_url=_switch(other, token),
        **context,
    )


def origin() -> str:
    """Where browsers reach the sandbox: told by its operator, or as they have asked."""
    told: str | None = current_app.config["PUBLIC_ORIGIN"]
    return told or request.host_url.rstrip("/")


def _told(name: str) -> str:
    """A value of the request; only of its address where its body was refused."""
    try:
        return request.values.get(name, "")
    except HTTPException:
        return request.args.get(name, "")


def _switch(lang: str, token: str) -> str:
    """The page at hand in another language; of one that was posted, the camera page."""
    if request.endpoint and request.method == "GET" and not token:
        return url_for(request.endpoint, **(request.view_args or {}), lang=lang)
    return url_for("camera.index", token=token, lang=lang)


def language() -> str:
    """Asked for, remembered by the host's other pages, or the browser's own."""
    wishes = (_told("lang"), *(request.cookies.get(name) for name in REMEMBERED))
    chosen = next((wish for wish in wishes if wish in words.LANGUAGES), None)
    return chosen or request.accept_languages.best_match(words.LANGUAGES) or "en"


def with_policy(page: str, check: Check | None, *, style: str = "") -> Response:
    """*page* with its headers; only what the sandbox serves may run in it.

    *style* is what stands inline in it; it is allowed by its hash alone.

    A browser holds the redirect that answers a form against `form-action` too, so the
    origin to return to has to be named there.
    """
    response = make_response(page)
    back = ""
    if check and not check.returns_to_app:
        parts = urlsplit(check.return_url)
        back = f" {parts.scheme}://{parts.netloc}"
    allowed = f" {name_of(style)}" if style else ""
    response.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self'{allowed}",
            "img-src 'self'",
            "connect-src 'self'",
            "media-src 'self' blob:",
            "object-src 'none'",
            # No script turns text into markup, and none may allow itself to.
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
            f"form-action 'self'{back}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )
    response.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    response.headers["Content-Language"] = language()
    response.vary.update(("Accept-Language", "Cookie"))
    return response


def name_of(style: str) -> str:
    """What a policy calls that inline style: its hash."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return f"'sha256-{digest}'"
