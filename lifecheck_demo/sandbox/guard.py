"""Who may press the sandbox's own controls: this computer, or whoever has the key."""

import hmac
import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

FIT_KEY: Final = re.compile("[!-~]{16,}")
# A proxy on this computer makes everybody look local; these say that there is one.
FORWARDED: Final = frozenset(
    {
        *("forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip"),
        *("true-client-ip", "cf-connecting-ip", "fastly-client-ip", "fly-client-ip"),
        *("x-original-host", "x-envoy-external-address"),
    }
)


class WeakKey(ValueError):
    """The control key is one that could be guessed, or that no header can carry."""


class Guard:
    """Decides about one request at a time; keeps nothing.

    Without a *key* only this computer may press, and *by_loopback* false closes that way
    too: behind a proxy everybody comes from this computer. Raises `WeakKey`.
    """

    def __init__(self, key: str, *, by_loopback: bool, origin: str | None = None) -> None:
        if key and not FIT_KEY.fullmatch(key):
            raise WeakKey(
                "The control key needs at least 16 ASCII characters without spaces: take "
                "the output of  python -c 'import secrets; print(secrets.token_urlsafe())'"
            )
        self._key = key
        self._by_loopback = by_loopback
        self._origin = origin

    def objection(self, request: Request) -> str:
        """Why the request is refused, as a short name; empty when it may go on.

        `other-site`, `wrong-key`, `key-needed`, `closed`.
        """
        if crosses_sites(request) or comes_from_elsewhere(request, self._origin):
            return "other-site"
        scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
        if sent and scheme.lower() == "bearer":
            given, wanted = sent.strip().encode(), self._key.encode()
            fits = bool(wanted) and hmac.compare_digest(given, wanted)
            return "" if fits else "wrong-key"
        if self._by_loopback and is_of_this_computer(request):
            return ""
        return "key-needed" if self._key else "closed"


def crosses_sites(request: Request) -> bool:
    """Whether a browser says that another site sends this."""
    return request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}


def comes_from_elsewhere(request: Request, ours: str | None) -> bool:
    """Whether a browser names another origin than *ours* as the one that sends this.

    None where ours is the one that it asks for.
    """
    origin = request.headers.get("Origin")
    if origin is None or (ours and origin == ours):
        return False
    return _netloc(origin) != request.host


def is_of_this_computer(request: Request) -> bool:
    """Whether it can only have been sent here: from here, by a local name, unforwarded.

    By a local name, since any web site may let its own name point to 127.0.0.1.
    """
    forwarded = any(
        name.lower() in FORWARDED or name.lower().startswith("x-forwarded")
        for name, _ in request.headers
    )
    name = _hostname(request.host)
    by_local_name = name == "localhost" or _is_loopback(name)
    return not forwarded and by_local_name and _is_loopback(request.remote_addr or "")


def _is_loopback(address: str) -> bool:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(known, "ipv4_mapped", None)
    return bool((mapped or known).is_loopback)


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
