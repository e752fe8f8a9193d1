"""Small cookies beside the session: closed to scripts, and on https to other hosts."""

from flask import current_app, request
from werkzeug.wrappers import Response


def read(name: str) -> str | None:
    """What this browser was told to keep under *name*."""
    return request.cookies.get(_told(name))


def keep(response: Response, name: str, value: str, seconds: int) -> None:
    """Tell the browser to keep *value* for so many *seconds*."""
    response.set_cookie(
        _told(name),
        value,
        max_age=seconds,
        samesite="Lax",
        httponly=True,
        secure=_is_secure(),
    )


def drop(response: Response, name: str) -> None:
    """Tell the browser to forget it."""
    response.delete_cookie(_told(name), samesite="Lax", httponly=True, secure=_is_secure())


def _told(name: str) -> str:
    # A name like that no other host can set: not even one of the same site.
    return f"__Host-{name}" if _is_secure() else name


def _is_secure() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])
