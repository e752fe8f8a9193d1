"""Turns what came over the wire into an answer or an exception; pure.

The order decides who spoke: a gateway that names itself, then the vendor, then nobody
we know. The HTTP status is the last thing believed, since sellers on the same market
send business failures with 200 as well as with 450.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from .errors import (
    GatewayRefused,
    LifecheckError,
    SwitchedOff,
    TooManyCalls,
    Unintelligible,
    UnknownAnswer,
    VendorRefused,
    VendorTrouble,
)
from .gateways import NAMES, kind_of, kind_of_words, without_parameters
from .masking import Secrets
from .models import Answer, CheckResult, CheckState, Envelope, Reply, StartedCheck

MOST_MSG: Final = 200
MOST_TASK_NO: Final = 64
MOST_EXCERPT: Final = 200
MOST_GATEWAY_CODE: Final = 32
# A longer token would not fit into the session cookie beside others.
MOST_TOKEN: Final = 640
LONGEST_WAIT: Final = 3600
MOST_PAGE_URL: Final = 512
PAGE_URL: Final = re.compile(r"https?://[\x21-\x5b\x5d-\x7e]+")
# Under which a gateway names the call, for whoever asks its seller about it.
REQUEST_ID_HEADERS: Final = (
    "x-ca-request-id",
    "x-api-requestid",
    "x-request-id",
    "x-bce-request-id",
)
REQUEST_ID_FIELDS: Final = ("request_id", "requestId")
# The codes that the document has: whoever sends one is the vendor, whatever it says.
DOCUMENTED: Final = frozenset({200, 201, 202, 203, 301, 400, 500, 604, 606, 609, 610, 999})
TOKEN: Final = re.compile(r"[\x21-\x7e]+")
# Not "0200", not "２００", not "2e2": only what a vendor's own code looks like.
CODE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,8})")
TRAILING_COMMA: Final = re.compile(r",(?=\s*[}\]])")

STATES: Final = {
    201: CheckState.NO_RESULT_YET,
    202: CheckState.NOT_PASSED,
    203: CheckState.COULD_NOT_FINISH,
    301: CheckState.EXPIRED,
}


def read_started(reply: Reply, secrets: Secrets) -> StartedCheck:
    """The answer to init: a start only if it is 200 and brings a token.

    Version 2.1 of the vendor brings the camera page's address as well. It is read from
    `url`, the one name that is known for it; without it the configured page serves.
    """
    envelope = read_envelope(reply, secrets)
    token = envelope.data.get("token")
    if envelope.answer.code == 200 and _is_token(token):
        return StartedCheck(
            str(token), envelope.answer, _page_url(envelope.data.get("url"))
        )
    raise _refusal(envelope.answer, reply, secrets)


def read_result(
    reply: Reply, secrets: Secrets, is_photo: Callable[[str], bool]
) -> CheckResult:
    """The answer to a result query.

    An address that *is_photo* does not accept counts as none: the pass stands, and
    nobody is led to it.
    """
    envelope = read_envelope(reply, secrets)
    answer = envelope.answer
    if answer.code in STATES:
        return CheckResult(STATES[answer.code], answer)
    if answer.code != 200:
        raise _refusal(answer, reply, secrets)
    url = envelope.data.get("faceImageUrl")
    if isinstance(url, str) and is_photo(url):
        return CheckResult(CheckState.PASSED, answer, url)
    # Under rate limiting a product of this vendor answers 200 with empty data.
    return CheckResult(CheckState.PASSED_WITHOUT_PHOTO, answer)


def read_envelope(reply: Reply, secrets: Secrets) -> Envelope:
    """The vendor's envelope in *reply*; raises when somebody else has answered.

    A success that another field of the same answer denies is an UnknownAnswer.
    """
    code = reply.headers.get("x-ca-error-code", "").strip()
    message = _text_of_header(reply.headers.get("x-ca-error-message", "")).strip()
    if code:
        raise _gateway(code, message, reply, secrets)
    if 300 <= reply.status < 400:
        raise _unintelligible("a redirect, which is not followed", reply, secrets)

    found, why = _parse(reply.body)
    said = _gateways_words(found, reply)
    if said:
        raise _gateway(*said, reply, secrets, found)
    if isinstance(found, dict):
        envelope = _envelope(found, secrets)
        if envelope:
            if _is_denied(envelope):
                raise UnknownAnswer(envelope.answer, **_facts(reply, secrets))
            return envelope
        why = "JSON without a code"
    if message or reply.status == 404:
        raise _gateway(code, message, reply, secrets)
    if reply.status == 429:
        raise TooManyCalls(None, excerpt=_excerpt(reply, secrets), **_facts(reply, secrets))
    raise _unintelligible(why, reply, secrets)


def _refusal(answer: Answer, reply: Reply, secrets: Secrets) -> LifecheckError:
    facts = _facts(reply, secrets)
    match answer.code:
        case 400:
            return VendorRefused(answer, **facts)
        case 604:
            return SwitchedOff(answer, **facts)
        case 606 | 609:
            return TooManyCalls(answer, **facts)
        case 610:
            return VendorTrouble(answer, **facts)
        case code if 500 <= code <= 599:
            return VendorTrouble(answer, **facts)
    return UnknownAnswer(answer, **facts)


def _gateways_words(found: object, reply: Reply) -> tuple[str, str] | None:
    """The code and the message of a gateway that answers in its body, or None.

    Huawei's names itself in `error_code`, Baidu's by a word in `code`, and Tencent's by
    words alone, in JSON or in plain text: of its body nothing is documented.
    """
    if isinstance(found, dict):
        said = str(found.get("error_code", ""))
        if said.startswith(("APIG.", "APIGW.")):
            return said, str(found.get("error_msg", ""))
        name = found.get("code")
        if isinstance(name, str) and name in NAMES:
            return name, _message(found)
        if reply.status < 400 or _code(found.get("code")) in DOCUMENTED:
            return None
        text = json.dumps(found, ensure_ascii=False)
        return ("", _message(found) or text) if kind_of_words(text) else None
    text = next(_texts(reply.body))
    return ("", text) if reply.status >= 400 and kind_of_words(text) else None


def _message(found: Mapping[str, object]) -> str:
    """What an answer says in words, under whichever name."""
    texts = (found.get(name) for name in ("message", "msg", "errorMsg", "error_msg"))
    return next((text for text in texts if isinstance(text, str)), "")


def _gateway(
    code: str, message: str, reply: Reply, secrets: Secrets, found: object = None
) -> LifecheckError:
    facts = _facts(reply, secrets)
    if isinstance(found, dict) and not facts["request_id"]:
        names = (_name(found.get(name)) for name in REQUEST_ID_FIELDS)
        facts["request_id"] = secrets.text(next(filter(None, names), ""), MOST_TASK_NO)
    return GatewayRefused(
        kind_of(code, message, reply.status),
        code=secrets.text(code, MOST_GATEWAY_CODE),
        message=secrets.text(without_parameters(message), MOST_MSG),
        excerpt=_excerpt(reply, secrets),
        answered_at=_moment(reply.headers.get("date", "")),
        **facts,
    )


def _unintelligible(why: str, reply: Reply, secrets: Secrets) -> LifecheckError:
    return Unintelligible(
        f"HTTP {reply.status} with {why}",
        excerpt=_excerpt(reply, secrets),
        **_facts(reply, secrets),
    )


def _facts(reply: Reply, secrets: Secrets) -> dict[str, Any]:
    ids = (reply.headers.get(name, "") for name in REQUEST_ID_HEADERS)
    return {
        "http_status": reply.status,
        "request_id": secrets.text(next(filter(None, ids), ""), MOST_TASK_NO),
        "retry_after": _retry_after(reply),
    }


def _envelope(found: Mapping[str, object], secrets: Secrets) -> Envelope | None:
    code = _code(found.get("code"))
    if code is None:
        return None
    msg = found.get("msg")
    if not isinstance(msg, str):
        msg = found.get("message")
    task_no = found.get("taskNo")
    answer = Answer(
        code,
        secrets.text(msg, MOST_MSG) if isinstance(msg, str) else "",
        secrets.text(_name(task_no), MOST_TASK_NO),
    )
    return Envelope(answer, _data(found.get("data")), found)


def _code(value: object) -> int | None:
    """*value* as a code: 200, "200" and 200.0 (JSON knows no difference) are alike."""
    if isinstance(value, str) and CODE.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < 10**9 else None
    return None


def _name(value: object) -> str:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if isinstance(value, str) or is_number else ""


def _data(value: object) -> Mapping[str, object]:
    """The object in `data`, even where a gateway has made a string of it."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value, _ = _parse(value.encode(errors="replace"))
    return value if isinstance(value, dict) else {}


def _is_token(value: object) -> bool:
    return (
        isinstance(value, str)
        and len(value) <= MOST_TOKEN
        and TOKEN.fullmatch(value) is not None
    )


def _page_url(value: object) -> str:
    """The camera page's address, or "" when it cannot be one."""
    if not isinstance(value, str) or len(value) > MOST_PAGE_URL:
        return ""
    try:
        whole = PAGE_URL.fullmatch(value) and urlsplit(value).port != 0
    except ValueError:
        return ""
    return value if whole else ""


def _is_denied(envelope: Envelope) -> bool:
    """Whether a 200 comes with a field that says the opposite.

    `success` stands beside the code in live answers, `passed` in the data of an older
    version of this API; neither is needed, and neither may be false.
    """
    claims = [
        fields[name]
        for fields, name in ((envelope.beside, "success"), (envelope.data, "passed"))
        if name in fields
    ]
    return envelope.answer.code == 200 and any(
        claim not in (True, None, "true", "True", 1) for claim in claims
    )


def _parse(body: bytes) -> tuple[object, str]:
    """The JSON in *body*, or None and what stands there instead."""
    if not body.strip():
        return None, "an empty body"
    for text in _texts(body):
        for attempt in (text, TRAILING_COMMA.sub("", text)):
            try:
                found = json.loads(
                    attempt, object_pairs_hook=_object, parse_constant=_refuse
                )
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                return found, ""
            return None, "JSON that is no object"
    return None, "a body that is not JSON"


def _texts(body: bytes) -> Iterator[str]:
    """*body* as text in every likely way; a declared charset is often wrong."""
    for encoding in ("utf-8-sig", json.detect_encoding(body), "gb18030"):
        try:
            yield body.decode(encoding)
        except UnicodeDecodeError:
            continue
    yield body.decode("utf-8", errors="replace")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object, unless it says two different things under one name."""
    found: dict[str, object] = {}
    for name, value in pairs:
        if found.setdefault(name, value) != value:
            raise ValueError(f"two values for {name[:20]!r}")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _excerpt(reply: Reply, secrets: Secrets) -> str:
    text = without_parameters(next(_texts(reply.body)))
    return secrets.excerpt(text, MOST_EXCERPT)


def _text_of_header(value: str) -> str:
    """A header as its sender meant it; HTTP reads the bytes as Latin-1."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _retry_after(reply: Reply) -> int | None:
    """The seconds that the other side asks for, said as such or as a date (RFC 9110)."""
    value = reply.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return min(int(value), LONGEST_WAIT)
    until = _moment(value)
    if until is None:
        return None
    # By the other side's own clock, which ours need not agree with.
    now = _moment(reply.headers.get("date", "")) or reply.came_at
    return min(max(0, math.ceil(until - now)), LONGEST_WAIT)


def _moment(value: str) -> float | None:
    """A date of HTTP in seconds since the epoch."""
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
