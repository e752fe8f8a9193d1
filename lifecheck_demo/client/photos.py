"""Which addresses a face photo is fetched from, and which bytes are a photo; pure."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from .errors import PhotoRefused
from .models import Photo, Reply

MOST_ADDRESS_CHARACTERS: Final = 2048
# Nothing in an address that two parsers could read differently.
ADDRESS: Final = re.compile(r"https?://[\x21-\x5b\x5d-\x7e]+")
# A name with a dot whose last label is a word, so not 127.1 or 0x7f.1 either.
PUBLIC_NAME: Final = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?"
)
PRIVATE_ENDINGS: Final = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
# Where the sandbox serves its photos, on whatever origin the browser sees: one signed
# segment, so that no other page of the same process can be reached through it.
SANDBOX_PHOTO: Final = re.compile(r"/sandbox/lifecheck/v2/photo/[\w-][\w.~-]*", re.ASCII)


@dataclass(frozen=True)
class PhotoRules:
    """Which addresses are fetched.

    A vendor names the address and this server fetches it, so it may only lead to the
    public web: https, and no private host. `hosts` narrows that to hosts that end so;
    empty means any, because nobody has documented the vendor's image host. A sandbox
    that runs alone on http is served from the origin of `result_url`.
    """

    result_url: str
    in_process: bool = False
    hosts: tuple[str, ...] = ()

    def address(self, url: str) -> str | None:
        """The address to fetch for *url*, or None when it is not to be fetched."""
        parts = _split(url)
        if parts is None or "@" in parts.netloc:
            return None
        if self.in_process:
            own = SANDBOX_PHOTO.fullmatch(parts.path) and not parts.query
            return f"{_origin(self.result_url)}{parts.path}" if own else None
        if parts.scheme == "http":
            return url if self._is_beside_the_api(parts) else None
        return url if self._is_public(_host(parts)) else None

    def _is_beside_the_api(self, parts: SplitResult) -> bool:
        api = urlsplit(self.result_url)
        hosts = {"localhost" if is_loopback(h) else h for h in map(_host, (parts, api))}
        same_port = (parts.port or 80) == (api.port or 80)
        return api.scheme == "http" and len(hosts) == 1 and same_port

    def _is_public(self, host: str) -> bool:
        if self.hosts:
            endings = (h.lower().strip(".") for h in self.hosts)
            return any(host == end or host.endswith(f".{end}") for end in endings)
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            named = PUBLIC_NAME.fullmatch(host) is not None
            return named and not f".{host}".endswith(PRIVATE_ENDINGS)
        # Addresses of version 6 can hide one of version 4 in several ways.
        return address.version == 4 and address.is_global


def read_photo(reply: Reply) -> Photo:
    """The photo in *reply*; raises PhotoRefused when it holds none.

    The first bytes decide, not the declared type: storage hosts declare anything.
    """
    if reply.status != 200:
        raise PhotoRefused(
            f"the photo's address answered HTTP {reply.status}",
            http_status=reply.status,
        )
    kind = _kind(reply.body)
    if kind is None:
        raise PhotoRefused("what came is no photo", http_status=reply.status)
    return Photo(reply.body, kind)


def is_loopback(host: str) -> bool:
    """Whether *host* can only mean this computer."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _kind(body: bytes) -> str | None:
    if body.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if body.startswith(b"RIFF") and body[8:12] == b"WEBP":
        return "image/webp"
    return None


def _split(url: str) -> SplitResult | None:
    if len(url) > MOST_ADDRESS_CHARACTERS or not ADDRESS.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname else None


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").rstrip(".")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
