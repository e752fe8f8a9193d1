"""What every gateway speaks in: a request as it arrives, keys, and refusals."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from werkzeug.datastructures import Headers

# A credential that begins so asks for something to go wrong on purpose.
PREFIX: Final = "sandbox-"
# Stands in answers that are written down beforehand; a real one is made for each.
EXAMPLE_ID: Final = "7ad052cb-ee8b-4dfd-bbaf-efb340e0a5af"
JSON: Final = "application/json; charset=utf-8"
# A reverse proxy's own page, when what is behind it cannot be reached.
HTML_502: Final = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    "<body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>\r\n"
)

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Said:
    """An answer as it goes out, whatever was asked."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON


@dataclass(frozen=True)
class Refusal:
    """One way in which a gateway says no: its code and message, and what it means.

    `headers` go out beside it. An `html` page stands in place of all of it.
    """

    status: int
    code: str
    message: str
    zh: str
    en: str
    headers: Mapping[str, str] = field(default_factory=dict)
    html: bool = False


@dataclass(frozen=True)
class Asked:
    """A request as a gateway sees it: decoded, but for the body.

    `path` is whole, with the prefix that the sandbox is mounted under. `request_id` is
    what this gateway calls the request, a lower-case UUID.
    """

    method: str
    path: str
    query: Pairs
    form: Pairs
    headers: Headers
    body: bytes = b""
    request_id: str = EXAMPLE_ID

    def header(self, name: str) -> str:
        """The value of a header field, trimmed; empty when it was not sent."""
        return (self.headers.get(name) or "").strip()

    def parameter(self, name: str) -> str:
        """The first value of a parameter, of the query or of the form; or empty."""
        return next((v for key, v in (*self.query, *self.form) if key == name), "")


@dataclass(frozen=True)
class Keys:
    """The credentials that are right: the simple one, and a pair for signing."""

    appcode: str = "demo-appcode-0000-not-a-real-one"
    key: str = "demo-key-0000"
    secret: str = "demo-secret-0000-not-a-real-one"  # noqa: S105

    def __repr__(self) -> str:
        return "Keys(…)"

    def has_appcode(self, appcode: str) -> bool:
        """Whether *appcode* is ours, or asks for a fault."""
        return same(appcode, self.appcode) or appcode.startswith(PREFIX)

    def secret_of(self, key: str) -> str | None:
        """What *key* signs with; every key that asks for a fault has the one secret."""
        known = same(key, self.key) or key.startswith(PREFIX)
        return self.secret if known else None


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing."""
    # JSON can hold half a character, which no encoding takes as it is.
    parts = (text.encode(errors="surrogatepass") for text in (one, other))
    return hmac.compare_digest(*parts)


def seconds_of(date: str, form: str) -> float | None:
    """Since the epoch, of a date in UTC; None when it has not that form."""
    try:
        return datetime.strptime(date, form).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def html_502() -> Said:
    """What stands where the whole gateway is down."""
    return Said(502, HTML_502, content_type="text/html")
