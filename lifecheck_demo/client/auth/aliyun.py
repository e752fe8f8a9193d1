"""The Alibaba Cloud market: an AppCode, or a signature with AppKey and AppSecret.

Sources: help.aliyun.com/document_detail/157953.html (AppCode) and 143207.htm (signature).
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from requests import PreparedRequest

from .base import CodeAuth, KeyAuth, body_of, fields_of, hmac_base64, is_form

# What the string to sign has a line for anyway, and what the signature itself is in.
NEVER_SIGNED: Final = frozenset(
    {
        "x-ca-signature",
        "x-ca-signature-headers",
        "accept",
        "content-md5",
        "content-type",
        "date",
    }
)


class AppCodeAuth(CodeAuth):
    """The header `Authorization: APPCODE …`.

    The query parameter that the market offers as well would end up in access logs.
    """

    name = "appcode"

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Add the header."""
        r.headers["Authorization"] = f"APPCODE {self._appcode}"
        return r


class AliyunSignatureAuth(KeyAuth):
    """The headers `X-Ca-*`: HMAC-SHA256 over method, headers, path and parameters.

    The names of the signed headers are joined by commas, as in every worked example;
    one page says colons. `Date` stays out: `X-Ca-Timestamp` does its work. So does
    `X-Ca-Stage`: without it a call goes to RELEASE, which is what a market sells.
    """

    name = "aliyun-signature"

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Add the headers; `Accept` must be there already, since it is signed."""
        said = {name.lower(): str(value) for name, value in r.headers.items()}
        if body_of(r) and not is_form(said):
            r.headers["Content-MD5"] = content_md5(body_of(r))
        signed = {
            "x-ca-key": self._key,
            "x-ca-nonce": self._nonce(),
            "x-ca-signature-method": "HmacSHA256",
            "x-ca-timestamp": str(int(self._clock() * 1000)),
        }
        r.headers.update({name.title(): value for name, value in signed.items()})
        r.headers["X-Ca-Signature-Headers"] = ",".join(signed)
        text = string_to_sign(
            str(r.method), str(r.url), r.headers, body_of(r).decode(), signed=signed
        )
        r.headers["X-Ca-Signature"] = hmac_base64("sha256", self._secret, text)
        return r

    def proof(self, sent: PreparedRequest) -> tuple[str, ...]:
        """The signature."""
        return (sent.headers["X-Ca-Signature"],)


def string_to_sign(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: str = "",
    *,
    signed: Iterable[str],
) -> str:
    """What the market signs of a request; *signed* names headers, in any case.

    Parameters of query and form stand together, sorted, as they were before encoding;
    of a repeated one the first counts, and an empty one is its name alone. The path
    stands as it travels: nothing says otherwise, and no known path needs encoding.
    """
    said = {name.lower(): str(value) for name, value in headers.items()}
    lines = [method.upper()]
    lines += [said.get(n, "") for n in ("accept", "content-md5", "content-type", "date")]
    names = sorted({name.lower() for name in signed} - NEVER_SIGNED)
    lines += [f"{name}:{said.get(name, '')}" for name in names]
    parts = urlsplit(url)
    fields: dict[str, str] = {}
    for name, value in fields_of(parts.query) + (fields_of(body) if is_form(said) else []):
        fields.setdefault(name, value)
    pairs = (f"{name}={value}" if value else name for name, value in sorted(fields.items()))
    text = "&".join(pairs)
    lines.append(f"{parts.path or '/'}?{text}" if text else parts.path or "/")
    return "\n".join(lines)


def content_md5(body: bytes) -> str:
    """The header for a body that is no form; a form's fields are signed one by one."""
    made = hashlib.md5(body, usedforsecurity=False)
    return base64.b64encode(made.digest()).decode()
