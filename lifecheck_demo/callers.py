"""Where a request comes from: an address, told by known proxies only and never kept."""

import hashlib
import hmac
import ipaddress
import re
from typing import Final

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

# One customer of a provider has that many bits of an IPv6 address to himself.
SHARED_V6_BITS: Final = 64
# Some proxies add the port: 192.0.2.1:1234, [2001:db8::1]:1234.
WITH_PORT: Final = re.compile(r"\[(?P<six>[^\]]*)\](?::\d+)?|(?P<four>[\d.]+):\d+")
MARK_CHARACTERS: Final = 32


def init_app(app: Flask, trusted_proxies: int) -> None:
    """Take the caller's address from the last *trusted_proxies* entries, or from nobody.

    The address alone: host and scheme are PUBLIC_URL's to say.
    """
    if trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=trusted_proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0
        )


def caller_mark(secret_key: str) -> str:
    """A name for this request's network that says nothing without *secret_key*."""
    return mark(secret_key, "address", network_of(request.remote_addr or ""))


def mark(secret_key: str, purpose: str, text: str) -> str:
    """*text* as 32 hex digits, which only *secret_key* can make again (HMAC-SHA256)."""
    said = f"{purpose}\0{text}".encode()
    made = hmac.new(secret_key.encode(), said, hashlib.sha256)
    return made.hexdigest()[:MARK_CHARACTERS]


def network_of(address: str) -> str:
    """Whom *address* stands for: itself in IPv4, its /64 in IPv6, else as it was said."""
    found = WITH_PORT.fullmatch(address)
    bare = (found["six"] or found["four"]) if found else address
    try:
        known = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, SHARED_V6_BITS), strict=False))
