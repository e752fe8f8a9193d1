"""Whatever comes: an answer or a LifecheckError, a pass only where 200 is said, bounded."""

import json
import math
import re
import tracemalloc
from typing import Any

import pytest
from hypothesis import example, given, note, settings
from hypothesis import strategies as st

from lifecheck_demo.client.errors import LifecheckError
from lifecheck_demo.client.exchange import came_message
from lifecheck_demo.client.masking import Secrets
from lifecheck_demo.client.models import CheckResult, CheckState, Reply, StartedCheck
from lifecheck_demo.client.reading import read_result, read_started

# The same in every run, so that a red one can be repeated.
tried = settings(max_examples=200, deadline=None, derandomize=True, database=None)

SECRETS = Secrets(("the-appcode",), ("the-token-of-a-check",))
MOST_BODY = 256 * 1024
PASSES = {CheckState.PASSED, CheckState.PASSED_WITHOUT_PHOTO}
# How a number is written that no hypothesis can hold: digits in place of a text.
HUGE = re.compile(r'"@(\d+)@"')

NAMES = st.one_of(
    st.sampled_from(
        (
            *("code", "msg", "message", "data", "taskNo", "token", "faceImageUrl", "url"),
            *("success", "passed", "error_code", "error_msg", "request_id", "x"),
        )
    ),
    st.text(max_size=4),
)
CODES = st.sampled_from(
    (
        *(200, 200.0, "200", 200, 201, 202, 203, 301, 400, 500, 604, 606, 999, 2000, -200),
        *("0200", "２００", "2e2", "200.0", True, None, [], {"code": 200}, "@4301@"),
    )
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    CODES,
    st.sampled_from(
        (
            *("@4299@", "@70000@", "\ud800", "\u202e", "\r\n", "T" * 641, "T-123", "true"),
            *("https://a.example/x.jpg", "javascript:alert(1)", "APIG.0101", "APIGW.1"),
            *("SignatureInvalid", "OverRateLimit", 1e308, 5e-324),
        )
    ),
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=5)
    ),
    max_leaves=12,
)
HEADERS = st.dictionaries(
    st.sampled_from(
        (
            *("x-ca-error-code", "x-ca-error-message", "content-type", "link", "date"),
            *("retry-after", "x-ca-request-id", "x-request-id"),
        )
    ),
    st.one_of(
        st.text(st.characters(max_codepoint=255), max_size=40),
        st.sampled_from(
            (
                *("0", "-1", "1e9", "9" * 30, "Thu, 01 Jan 1970 00:00:00 +9999"),
                *("Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2359"),
                *('<x>; rel="describedby', "<>;;=,", "A403IS", "text/html; charset=utf-99"),
            )
        ),
    ),
    max_size=3,
)
STATUSES = st.sampled_from(
    (*(200,) * 4, 201, 204, 301, 304, 400, 403, 404, 418, 429, 450, 500, 502, 504, 599)
)


def written(value: object) -> str:
    """*value* as JSON, NaN and numbers beyond all bounds included."""
    return HUGE.sub(lambda found: "9" * int(found[1]), json.dumps(value))


def read(reply: Reply) -> tuple[StartedCheck | None, CheckResult | None]:
    """What both interfaces make of it: nothing but a LifecheckError is raised."""
    answers: list[Any] = []
    refused: list[str] = []
    for reading in (
        lambda: read_started(reply, SECRETS),
        lambda: read_result(reply, SECRETS, lambda url: url.startswith("https://")),
    ):
        try:
            answers.append(reading())
        except LifecheckError as error:
            answers.append(None)
            refused.append(str(error))
    message = came_message(reply, SECRETS, is_photo=False)
    assert len(message.body) <= 2000
    assert all(map(str.isprintable, refused))
    return answers[0], answers[1]


def says_200(value: object) -> bool:
    """The number, or exactly its three digits: true is no number."""
    return value == "200" or (value == 200 and not isinstance(value, bool))


def denies(fields: Any, name: str) -> bool:
    """Whether a field that belongs to a success says anything but yes."""
    if not isinstance(fields, dict) or name not in fields:
        return False
    said = fields[name]
    return not (said is None or said is True or said in ("true", "True") or said == 1)


def is_json(value: object) -> bool:
    """Whether it can be said in JSON, with numbers that anybody holds."""
    if isinstance(value, dict):
        return all(is_json(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return all(map(is_json, value))
    return value not in ("@4301@", "@70000@") and not (
        isinstance(value, float) and not math.isfinite(value)
    )


@tried
@given(
    STATUSES,
    HEADERS,
    st.dictionaries(NAMES, JSON, max_size=5),
    st.one_of(CODES, st.just(200), st.just(200)),
)
@example(200, {}, {"x": "NaN"}, 200)
@example(200, {}, {"x": float("nan")}, 200)
@example(200, {}, {"success": "yes"}, 200)
@example(450, {}, {}, "200")
@example(302, {}, {}, 200)
@example(200, {"x-ca-error-code": "A403IS"}, {}, 200)
@example(200, {}, {"error_code": "APIG.0101"}, 200)
@example(200, {}, {"data": {"passed": False}}, 200)
def test_a_pass_is_200_said_by_the_vendor_and_nothing_else(
    status: int, headers: dict[str, str], others: dict[str, Any], code: object
) -> None:
    """Held against a rule of its own: the number, no gateway, no redirect, no denial."""
    found = {**others, "code": code}
    reply = Reply(status, headers, written(found).encode(), 1_800_000_000.0)
    started, result = read(reply)

    gateway = headers.get("x-ca-error-code", "").strip() or str(
        others.get("error_code", "")
    ).startswith(("APIG.", "APIGW."))
    claims = denies(others, "success") or denies(others.get("data"), "passed")
    by_the_vendor = is_json(found) and not gateway and not 300 <= status < 400
    wins = by_the_vendor and says_200(code) and not claims
    data = others.get("data")
    note(reply.body)
    assert (result is not None and result.state in PASSES) == wins
    if result and result.face_image_url:
        assert isinstance(data, dict)
        assert result.face_image_url == data["faceImageUrl"]
        assert result.face_image_url.startswith("https://")
    if started:
        assert wins
        assert isinstance(data, dict)
        assert started.token == data["token"]


DEEP = st.tuples(
    st.sampled_from(("[", '{"a":', '{"code":200,"data":', '[{"x":')),
    st.integers(1, 3000),
    st.sampled_from(("%s", '{"code":200,"data":%s}', '{"code":450,"error_code":%s}')),
    st.booleans(),
).map(
    lambda deep: (
        deep[2]
        % (
            deep[0] * deep[1]
            + "1"
            + ("".join("]}"[c == "{"] for c in reversed(deep[0]) if c in "[{") * deep[1])
            * deep[3]
        )
    ).encode()
)
TEXTS = st.tuples(
    st.dictionaries(NAMES, st.one_of(st.text(max_size=20), CODES), max_size=4),
    st.sampled_from(
        ("utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030", "big5", "latin-1")
    ),
).map(lambda said: json.dumps(said[0], ensure_ascii=False).encode(said[1], "replace"))


@tried
@given(STATUSES, HEADERS, st.one_of(st.binary(max_size=300), DEEP, TEXTS))
@example(200, {}, b'{"code": 202, "code": 200}')
@example(200, {}, b'{"code": 200, "code": 202}')
@example(200, {}, b'{"code": 200, "data": {"passed": true, "passed": false}}')
@example(200, {}, b'{"code": 200, "x": NaN}')
@example(200, {}, b'{"code": 200}{"code": 202}')
@example(200, {}, b'[{"code": 200}]')
@example(200, {}, b'callback({"code": 200})')
@example(200, {"content-encoding": "gzip"}, b'\x1f\x8b{"code": 200}')
def test_bytes_of_any_kind_are_read_or_refused(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    """Any charset, any depth; what says two things, or more than one object, says none."""
    started, result = read(Reply(status, headers, body, 1_800_000_000.0))

    if result and result.state in PASSES:
        said = body.replace(b"\0", b"")
        assert re.search(rb'"code": ?"?200(\.0)?"?[,}]', said) or b'"code":200' in said
        assert not re.search(rb'"code": ?(202|"?20[1-9])', said)
        assert not said.startswith((b"[", b"callback", b"\x1f"))
        assert b"NaN" not in said
        assert b"}{" not in said
        assert b"false" not in said
    if started:
        assert started.token.encode() in body.replace(b"\0", b"")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * MOST_BODY,
        b"[" + b"1," * (MOST_BODY // 2) + b"1]",
        b"[" + b"{}," * (MOST_BODY // 3) + b"1]",
        b"{" + b",".join(b'"%d":1' % n for n in range(MOST_BODY // 10)) + b"}",
        b'{"code":200,"data":"' + b"{" * MOST_BODY + b'"}',
        b"\xff" * MOST_BODY,
        "中".encode("gb18030") * (MOST_BODY // 2),
    ],
    ids=["open", "numbers", "objects", "names", "in-a-string", "no-text", "gb18030"],
)
@pytest.mark.parametrize("status", [450])
def test_reading_needs_little_memory(status: int, body: bytes) -> None:
    """Of the largest answer that is taken, whatever it is made of; 32 times its size."""
    tracemalloc.start()
    try:
        read(Reply(status, {}, body))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 32 * MOST_BODY
