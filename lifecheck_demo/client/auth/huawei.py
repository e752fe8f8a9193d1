"""The Huawei Cloud store: an AppCode, or a signature with AppKey and AppSecret.

Sources: support.huaweicloud.com/usermanual-apig/apig_03_0058.md (AppCode) and
/devg-apisign/api-sign-algorithm-002.html (signature).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from requests import PreparedRequest

from .base import CodeAuth, KeyAuth, body_of, fields_of, hmac_hex, host_of, sha256_hex

ALGORITHM: Final = "SDK-HMAC-SHA256"


class HuaweiAppCodeAuth(CodeAuth):
    """The header `X-Apig-AppCode`; the listing must have simple authentication on."""

    name = "huawei-appcode"

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Add the header."""
        r.headers["X-Apig-AppCode"] = self._appcode
        return r


class HuaweiSignatureAuth(KeyAuth):
    """`SDK-HMAC-SHA256` over method, path, query, host, time and body.

    Only `host` and `x-sdk-date` are signed of the headers: the time must be, and what
    a proxy may rewrite had better not be.
    """

    name = "huawei-signature"

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Add the time, the host as it is signed, and the signature."""
        date = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y%m%dT%H%M%SZ")
        signed = {"host": host_of(str(r.url)), "x-sdk-date": date}
        r.headers["Host"] = signed["host"]
        r.headers["X-Sdk-Date"] = date
        canonical = canonical_request(str(r.method), str(r.url), signed, body_of(r))
        signature = hmac_hex("sha256", self._secret, string_to_sign(canonical, date))
        r.headers["Authorization"] = (
            f"{ALGORITHM} Access={self._key}, SignedHeaders={';'.join(sorted(signed))}, "
            f"Signature={signature}"
        )
        return r

    def proof(self, sent: PreparedRequest) -> tuple[str, ...]:
        """The signature."""
        return (sent.headers["Authorization"].rpartition("Signature=")[2],)


def canonical_request(
    method: str, url: str, signed: Mapping[str, str], body: bytes = b""
) -> str:
    """The request in the one form in which both sides hash it; *signed* are headers."""
    parts = urlsplit(url)
    path = "/".join(_encoded(unquote(part)) for part in parts.path.split("/"))
    pairs = sorted((_encoded(k), _encoded(v)) for k, v in fields_of(parts.query))
    headers = sorted((name.lower(), value.strip()) for name, value in signed.items())
    return "\n".join(
        (
            method.upper(),
            path if path.endswith("/") else f"{path}/",
            "&".join(f"{name}={value}" for name, value in pairs),
            "".join(f"{name}:{value}\n" for name, value in headers),
            ";".join(name for name, _ in headers),
            sha256_hex(body),
        )
    )


def string_to_sign(canonical: str, date: str) -> str:
    """What is signed: the algorithm, the time and the hash of the canonical request."""
    return f"{ALGORITHM}\n{date}\n{sha256_hex(canonical.encode())}"


def _encoded(text: str) -> str:
    return quote(text, safe="~")
