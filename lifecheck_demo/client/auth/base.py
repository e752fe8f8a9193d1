"""What the markets' credentials have in common, and what a signature is made of."""

import base64
import copy
import hashlib
import hmac
import time
import uuid
from collections.abc import Callable, Mapping
from typing import ClassVar, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase

from ..masking import DOTS

Pairs = list[tuple[str, str]]

FORM = "application/x-www-form-urlencoded"


class VendorAuth(AuthBase):
    """Signs a prepared request, and names what must never be shown of it.

    The base for the markets: they see the final method, address, headers and body, so
    a signature can cover what really travels. It is called for every attempt, so a
    second attempt carries a new time and a new nonce.
    """

    name: ClassVar[str] = "none"

    @property
    def credentials(self) -> tuple[str, ...]:
        """Every text that an answer must not be allowed to echo."""
        return ()

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Add to *r* what the market asks for."""
        return r

    def proof(self, sent: PreparedRequest) -> tuple[str, ...]:
        """What *sent* alone proves: its signature, for as long as its time counts."""
        del sent
        return ()

    def added(self, sent: PreparedRequest) -> Pairs:
        """The parameters of *sent* that are this market's own."""
        del sent
        return []

    def at(self, moment: float) -> "VendorAuth | None":
        """The same, told what time it is there; None where no time is signed.

        *moment* is in seconds since the epoch.
        """
        del moment
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({DOTS if self.credentials else ''})"


class NoAuth(VendorAuth):
    """Proves nothing: for the sandbox, and for a proxy that adds the proof itself."""


class CodeAuth(VendorAuth):
    """A code that travels as it is, in one header: the base of the simple markets."""

    def __init__(self, appcode: str) -> None:
        demand_text_for_a_header("AppCode", appcode)
        self._appcode = appcode

    @property
    def credentials(self) -> tuple[str, ...]:
        """The AppCode."""
        return (self._appcode,)


class KeyAuth(VendorAuth):
    """A key that travels and a secret that does not: the base of the signing markets.

    *clock* tells seconds since the epoch; *nonce* gives a text that never comes twice.
    """

    def __init__(
        self,
        key: str,
        secret: str,
        *,
        clock: Callable[[], float] = time.time,
        nonce: Callable[[], str] | None = None,
    ) -> None:
        demand_text_for_a_header("key", key)
        demand_text_for_a_header("secret", secret)
        self._key = key
        self._secret = secret
        self._clock = clock
        self._nonce = nonce or new_nonce

    @property
    def credentials(self) -> tuple[str, ...]:
        """The secret, and the key too: it names the account."""
        return self._secret, self._key

    def at(self, moment: float) -> Self:
        """The same, with its clock put right."""
        clock, off = self._clock, moment - self._clock()
        other = copy.copy(self)
        other._clock = lambda: clock() + off
        return other


def demand_text_for_a_header(name: str, text: str) -> None:
    """Raise `ValueError` when *text* cannot be a credential.

    Checked beforehand, because http.client prints the header that it will not send.
    """
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError(f"the {name} of an account is printable ASCII and not empty")
    if " " in text:
        raise ValueError(f"the {name} of an account holds no space")


def new_nonce() -> str:
    """A text that never comes twice."""
    return str(uuid.uuid4())


def body_of(r: PreparedRequest) -> bytes:
    """The bytes that *r* sends."""
    body = r.body or b""
    return body.encode() if isinstance(body, str) else bytes(body)


def is_form(headers: Mapping[str, str]) -> bool:
    """Whether the body under *headers* is a form; names in lower case."""
    return headers.get("content-type", "").lower().startswith(FORM)


def host_of(url: str) -> str:
    """The host as its header says it: a port only where it is not the usual one."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    host = parts.netloc.rpartition("@")[2]
    return host.rpartition(":")[0] if parts.port == usual and parts.port else host


def fields_of(text: str) -> Pairs:
    """The pairs in a query or a form, as they were before they were encoded."""
    return parse_qsl(text, keep_blank_values=True)


def add_fields(r: PreparedRequest, fields: Mapping[str, str]) -> None:
    """Let *fields* travel where the others do: in the form, else in the query."""
    if body_of(r):
        r.body = f"{body_of(r).decode()}&{urlencode(fields)}"
    else:
        r.prepare_url(r.url, urlencode(fields))


def hmac_base64(digest: str, secret: str, text: str) -> str:
    """HMAC of *text*, in Base64."""
    made = hmac.new(secret.encode(), text.encode(), digest).digest()
    return base64.b64encode(made).decode()


def hmac_hex(digest: str, secret: str, text: str) -> str:
    """HMAC of *text*, in lower-case hexadecimal."""
    return hmac.new(secret.encode(), text.encode(), digest).hexdigest()


def sha256_hex(data: bytes) -> str:
    """The SHA-256 of *data*, in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()
