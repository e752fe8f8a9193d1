"""Security headers of every answer of the demo; the sandbox sets its own."""

from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, request

from .settings import Settings

ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # A token may stand in the address; nobody else is told it.
    "Referrer-Policy": "no-referrer",
    # Our own pages only look whether there is a camera; the sandbox's page opens it.
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TWO_YEARS: Final = 2 * 365 * 24 * 3600


def init_app(app: Flask, settings: Settings) -> None:
    """Put the headers on every answer, and keep pages out of caches."""
    policy = content_security_policy(settings)

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(ALWAYS)
        response.headers.setdefault("Content-Security-Policy", policy)
        if settings.https:
            response.headers["Strict-Transport-Security"] = f"max-age={TWO_YEARS}"
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response


def content_security_policy(settings: Settings) -> str:
    """No inline script or style, nothing from elsewhere.

    A browser holds the redirect that answers a form against `form-action` too, so the
    origins of camera pages have to be named there.
    """
    # The brand's colours are two lines in the page: a second sheet would delay it.
    styles = " ".join(filter(None, ("'self'", settings.brand.style_hash)))
    pages = (_origin(settings.h5_url), *(f"https://{h}" for h in settings.h5_hosts))
    camera = "" if settings.sandboxed else f" {' '.join(pages)}"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src {styles}",
            "img-src 'self'",
            "connect-src 'self'",
            f"form-action 'self'{camera}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
