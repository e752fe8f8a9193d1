"""Security headers of every answer of the demo; the sandbox sets its own."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from flask import Flask, Response

from .settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

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
# Not for subdomains: the demo may stand on a name whose others are not the operator's.
HSTS: Final = {"Strict-Transport-Security": f"max-age={TWO_YEARS}"}
# A style sheet or a script opens no page: what concerns pages would only weigh.
FILES: Final = ("X-Content-Type-Options", "Cross-Origin-Resource-Policy")


def init_app(app: Flask, settings: Settings) -> None:
    """Put the headers on every answer, and keep pages out of caches.

    What *app* mounts or serves beside its own pages later has headers of its own.
    """
    policy = content_security_policy(settings)
    always = {**ALWAYS, "Cache-Control": "no-store", **(HSTS if settings.https else {})}
    answer = app.wsgi_app

    @app.after_request
    def add_policy(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    def with_headers(
        environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            return start_response(status, [*headers, *always.items()], exc_info)

        return answer(environ, start)

    # Added on the way out: among Flask's headers each would be looked for, then copied.
    app.wsgi_app = with_headers  # type: ignore[method-assign]


def of_files(settings: Settings) -> dict[str, str]:
    """The headers that every static file has."""
    return {**{n: ALWAYS[n] for n in FILES}, **(HSTS if settings.https else {})}


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
            "object-src 'none'",
            # No script turns text into markup, and none may allow itself to.
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
            f"form-action 'self'{camera}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
