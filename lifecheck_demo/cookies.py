"""The signed session cookie, read with patience for clocks that differ."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadData, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

# What other modules keep in it: checks, how far the tutorial is, the forms' token.
SHAPES: Final = {"visits": list, "learn": dict, "csrf_token": str}


class PatientSession(SecureCookieSessionInterface):
    """Flask's own session on *clock*; a cookie that cannot be read is an empty one.

    itsdangerous throws away what was signed a second from now. A clock that was set
    back, or another machine's that is ahead, must not cost a visitor the check: such a
    cookie counts as long as one of the same age.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._made: tuple[object, URLSafeTimedSerializer] | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Flask's, with a signer that is as patient; made once for its keys."""
        keys = (app.secret_key, app.config["SECRET_KEY_FALLBACKS"])
        made = self._made
        if made and made[0] == keys:
            return made[1]
        serializer = super().get_signing_serializer(app)
        if serializer:
            serializer.signer = _PatientSigner
            serializer.signer_kwargs["clock"] = self._clock
            self._made = (keys, serializer)
        return serializer

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie holds in the shapes that we give it; anything else is left."""
        try:
            opened = super().open_session(app, request)
        except (BadData, ValueError, TypeError, RecursionError):
            # Signed, but by something else than this version.
            return self.session_class()
        for name in list(opened or ()):
            if opened and not _fits(name, opened[name]):
                del opened[name]
        return opened


def _fits(name: object, value: object) -> bool:
    if name == "_flashes":
        return isinstance(value, list) and all(map(_is_pair, value))
    return isinstance(name, str) and isinstance(value, SHAPES.get(name, object))


def _is_pair(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2


class _PatientSigner(TimestampSigner):
    def __init__(self, *args: Any, clock: Callable[[], float], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock())

    def unsign(  # type: ignore[override]
        self,
        signed_value: str | bytes,
        max_age: int | None = None,
        return_timestamp: bool = False,
    ) -> tuple[bytes, datetime] | bytes:
        value, made = super().unsign(signed_value, return_timestamp=True)
        off = abs(self.get_timestamp() - made.timestamp())
        if max_age is not None and off > max_age:
            raise SignatureExpired("signed too long ago", payload=value, date_signed=made)
        return (value, made) if return_timestamp else value
