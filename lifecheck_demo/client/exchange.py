"""What went over the wire: one small record per call, without anything secret."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .gateways import without_parameters
from .masking import DOTS, Secrets, mask, tidy
from .models import Reply

MOST_BODY: Final = 2000
MOST_HEADER: Final = 200
# A signature's header says by which rules it was made.
MOST_CREDENTIAL: Final = 300
MOST_VALUE: Final = 300
MOST_NAME: Final = 60
MOST_HEADERS: Final = 40
# Of an answer's headers only these say something about the call.
TELLING: Final = ("content-type", "date", "retry-after", "www-authenticate")
TELLING_BEGINNINGS: Final = ("x-ca-", "x-apig-", "x-bce-")
CREDENTIAL_HEADERS: Final = frozenset(
    {"authorization", "x-apig-appcode", "x-bce-signature", "x-ca-key", "x-ca-signature"}
)
# Values under these names, in any case, open a check or show a face.
SECRET_NAMES: Final = frozenset({"token", "faceimageurl"})
# Values under these prove who calls.
CREDENTIAL_NAMES: Final = frozenset({"sign", "appid", "appcode"})
PLAIN_NAMES: Final = frozenset({"code", "msg", "taskNo", "request_id"})

LOGGED: Final = (
    "call",
    "method",
    "path",
    "status",
    "milliseconds",
    "size",
    "failure",
    "attempt",
)

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Message:
    """What one side said: headers and body with every secret masked, and bounded.

    `parameters` stand in the form, or `in_query` of the address.
    """

    headers: Pairs = ()
    parameters: Pairs = ()
    body: str = ""
    in_query: bool = False


@dataclass(frozen=True)
class Exchange:
    """One call as it went.

    `path` has no query (a market lets credentials travel there) and is empty for a
    photo (whoever has the address sees the face). `status` is None when none arrived,
    `size` counts the bytes of the body after decoding, `failure` names the exception.
    `attempt` counts from 1: every attempt is an exchange of its own.
    """

    call: str
    method: str
    path: str
    status: int | None
    milliseconds: int
    size: int
    failure: str = ""
    origin: str = ""
    sent: Message = field(default_factory=Message, repr=False)
    came: Message = field(default_factory=Message, repr=False)
    attempt: int = 1

    def for_log(self) -> dict[str, Any]:
        """The facts without what was said, for a log line."""
        return {name: getattr(self, name) for name in LOGGED}


def sent_message(
    headers: Mapping[str, str],
    parameters: Iterable[tuple[str, str]],
    secrets: Secrets,
    *,
    in_query: bool = False,
) -> Message:
    """Our request, as it may be shown."""
    return Message(
        headers=tuple((k, _shown_header(k, v, secrets)) for k, v in headers.items()),
        parameters=tuple((k, _shown(k, v, secrets)) for k, v in parameters),
        in_query=in_query,
    )


def _shown_header(name: str, value: str, secrets: Secrets) -> str:
    shown = secrets.text(value, MOST_CREDENTIAL)
    if name.lower() in CREDENTIAL_HEADERS and DOTS not in shown:
        # Nothing in it is known to be secret, so all of it may be.
        return DOTS
    return shown


def came_message(reply: Reply, secrets: Secrets, *, is_photo: bool) -> Message:
    """The answer, as it may be shown; where a photo was asked for, nothing of its body.

    Neither the declared type nor the status says that no face is in it, or its address.
    """
    headers = tuple(
        (name[:MOST_NAME], secrets.excerpt(without_parameters(value), MOST_HEADER))
        for name, value in sorted(reply.headers.items())[:MOST_HEADERS]
        if name in TELLING or name.startswith(TELLING_BEGINNINGS)
    )
    if is_photo:
        return Message(headers)
    return Message(headers, body=_shown_body(reply.body, secrets))


def _shown_body(body: bytes, secrets: Secrets) -> str:
    """JSON is set out with its secrets masked; anything else is an excerpt."""
    text = body[: 8 * MOST_BODY].decode(errors="replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return secrets.excerpt(text, MOST_BODY)
    try:
        shown = json.dumps(_masked(found, secrets), ensure_ascii=False, indent=2)
    except RecursionError:
        return ""
    return shown[:MOST_BODY]


def _masked(value: object, secrets: Secrets, name: str = "") -> object:
    if isinstance(value, dict):
        return {
            secrets.text(str(key), MOST_HEADER): _masked(inner, secrets, str(key))
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_masked(inner, secrets) for inner in value]
    if not isinstance(value, str):
        return value
    if name in PLAIN_NAMES or name.lower() in SECRET_NAMES:
        return _shown(name, value, secrets)
    # Whatever else an answer says may hold a token or a face's address.
    return secrets.excerpt(value, MOST_VALUE)


def _shown(name: str, value: str, secrets: Secrets) -> str:
    if name.lower() in SECRET_NAMES:
        return mask(tidy(value))
    if name.lower() in CREDENTIAL_NAMES:
        return DOTS
    return secrets.text(value, MOST_VALUE)
