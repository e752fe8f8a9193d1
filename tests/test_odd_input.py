"""Whatever is sent: a page of ours, a status that was meant, and nothing chosen is lost."""

import re
import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

import pytest
from flask import Flask
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from lifecheck_demo import create_app
from lifecheck_demo.cases import CASES
from lifecheck_demo.challenge import ACTIONS, PALETTE
from lifecheck_demo.settings import Settings
from lifecheck_demo.visit import Visit
from tests.conftest import hidden, no_pause
from tests.examine import examine

# The same in every run, so that a red one can be repeated.
tried = settings(max_examples=50, deadline=None, derandomize=True, database=None)

MEANT = {200, 302, 303, 304, 308, 400, 403, 404, 405, 409, 410, 413, 415, 416, 422, 503}
PAGE = "text/html"
ID = "0123456789abcdef"
INIT, RESULT = (f"/sandbox/lifecheck/v2/{name}" for name in ("init", "result"))

FIELDS = st.sampled_from(
    (
        *("colors", "actions", "flash_ok", "without_flashing", "on_phone", "ticket"),
        *("what_if", "return_mode", "return_path", "code", "scenario", "lang"),
        *("csrf_token", "returnUrl", "example", "late", "check", "veiled", "asked"),
    )
)
KNOWN = st.sampled_from(
    (
        *(colour.hex for colour in PALETTE),
        *(action.name for action in ACTIONS),
        *("1", "web", "mini-program", "/pages/x", "python", "zh", "en", ID, *CASES),
    )
)
ODD = st.sampled_from(
    (
        *("\0", "\ud800", "\u202e", "\r\nX: y", "%00", "//h", "/\\h", "[", "javascript:x"),
        *("𝓛" * 50, "é" * 200, "9" * 5000, "a" * 3000, "<script>alert(1)</script>"),
    )
)
TEXTS = st.one_of(KNOWN, st.lists(KNOWN, max_size=14).map(",".join), ODD, st.text())
PAIRS = st.lists(st.tuples(st.one_of(FIELDS, st.text(max_size=8)), TEXTS), max_size=12)
# What HTTP permits in a header's value, as WSGI hands it on.
HEADER = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"),
    max_size=80,
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=8),
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module", name="demo")
def _demo(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = tmp_path_factory.mktemp("odd")
    chosen = Settings.from_environment({"LIFECHECK_INSTANCE": str(folder)})
    return create_app(chosen, sleep=no_pause)


def sound(answer: TestResponse) -> None:
    """Its status was meant; where it is a page, it is one of ours in a language of ours."""
    assert answer.status_code in MEANT, answer.text
    whole = answer.request.method not in {"HEAD", "OPTIONS"}
    if whole and answer.mimetype == PAGE and answer.status_code not in range(300, 400):
        assert answer.headers["Content-Language"] in {"zh", "en"}
        assert examine(answer.text) == []
        assert "<script>alert" not in answer.text


def encoded(pairs: list[tuple[str, str]]) -> str:
    """As a form or a query; half a character travels as its bytes."""
    return urlencode(pairs, errors="surrogatepass")


@tried
@given(
    st.sampled_from(("/", "/stage/ready", "/learn/init", "/learn/program", "/codes")), PAIRS
)
def test_any_query_is_a_page(demo: Flask, path: str, pairs: list[tuple[str, str]]) -> None:
    """Presets, the language, and whatever a link may say beside them."""
    sound(demo.test_client().get(f"{path}?{encoded(pairs)}"))


@tried
@given(
    st.sampled_from(
        ("/", "/", "/learn/init", "/learn/faults", "/learn/result", "/stage/leave")
    ),
    PAIRS,
    st.booleans(),
)
def test_any_form_is_answered(
    demo: Flask, path: str, pairs: list[tuple[str, str]], pressed_here: bool
) -> None:
    """With the token of our own page or without."""
    client = demo.test_client()
    if pressed_here:
        token = hidden(client.get("/").text, "csrf_token")
        pairs = [("csrf_token", token), *pairs]
    form = "application/x-www-form-urlencoded"
    sound(client.post(path, data=encoded(pairs), content_type=form))


@tried
@given(
    st.sampled_from(("/", "/learn/init", INIT, RESULT, f"/check/{ID}/forget")),
    st.one_of(
        st.sampled_from(
            (
                "application/json",
                "multipart/form-data",
                "multipart/form-data; boundary=x",
                "application/x-www-form-urlencoded; charset=utf-16",
                "application/x-www-form-urlencoded; charset=\xff",
                "text/plain",
                "",
            )
        ),
        HEADER,
    ),
    st.one_of(
        st.binary(max_size=300),
        st.sampled_from((b"--x\r\n" * 2000, b"a=1&" * 16_000, b"x" * 70_000, b"%" * 999)),
    ),
)
def test_any_body_is_answered(demo: Flask, path: str, kind: str, body: bytes) -> None:
    """Of any type, and of more than any form has."""
    sound(demo.test_client().post(path, data=body, content_type=kind))


@tried
@given(
    st.lists(st.sampled_from(PALETTE), unique=True),
    st.lists(st.sampled_from(ACTIONS), max_size=12),
    st.sampled_from((",", "，", " , ", None)),
    PAIRS.map(
        lambda pairs: [
            (name, value)
            for name, value in pairs
            if name not in {"colors", "actions", "csrf_token", "without_flashing"}
        ]
    ),
    st.booleans(),
)
def test_what_was_chosen_is_kept(
    demo: Flask,
    colours: list[Any],
    actions: list[Any],
    comma: str | None,
    others: list[tuple[str, str]],
    posted: bool,
) -> None:
    """In a link as in a form that is refused, however the names are joined."""
    chosen = {"colors": [c.hex for c in colours], "actions": [a.name for a in actions]}
    pairs = [
        (name, value)
        for name, values in chosen.items()
        for value in ([comma.join(values)] if comma else values or [""])
    ] + others
    client = demo.test_client()
    answer = (
        client.post(
            "/", data=encoded(pairs), content_type="application/x-www-form-urlencoded"
        )
        if posted
        else client.get(f"/?{encoded(pairs)}")
    )

    assert answer.status_code == (422 if posted else 200)
    checked = re.findall(r'name="colors" value="(#\w+)" checked', answer.text)
    selected = re.findall(r'<option value="(\w+)" selected', answer.text)
    assert sorted(checked) == sorted(chosen["colors"])
    assert selected == chosen["actions"]


@tried
@given(
    st.sampled_from(
        ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
    ),
    st.lists(
        st.sampled_from(
            (
                *("/", "//", "/..", "/%2e%2e", "%ff", "%00", "[", "]", "\\", "@", "?", "&"),
                *("check", "return", "phone", "stage", "learn", "static", "doctor"),
                *("sandbox", "lifecheck", "v2", "photo", "judged", "control", "token=x"),
                *(ID, "news", "evidence.json", "lang=zh", "0" * 22, "init.py", "a" * 5000),
            )
        ),
        max_size=8,
    ).map("".join),
)
@example("GET", "//[")
@example("GET", "/return/[?lang=zh")
def test_any_address_is_answered(demo: Flask, method: str, rest: str) -> None:
    """Any path under any method, as a server hands it on."""
    path, _, query = f"/{rest}".partition("?")
    told = {"PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "QUERY_STRING": query}
    sound(
        demo.test_client().open("/", method=method, environ_overrides=told, buffered=True)
    )


@tried
@given(
    st.dictionaries(
        st.sampled_from(
            (
                *("HTTP_HOST", "HTTP_ACCEPT_LANGUAGE", "HTTP_COOKIE", "HTTP_ORIGIN"),
                *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED"),
                *("HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_PREFIX", "HTTP_REFERER"),
                *("HTTP_RANGE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"),
                *("HTTP_AUTHORIZATION", "HTTP_SEC_FETCH_SITE", "HTTP_ACCEPT", "HTTP_DATE"),
            )
        ),
        HEADER,
    ),
    st.sampled_from(
        (
            *("/", "/stage", "/learn/init", "/doctor", f"/check/{ID}", "/nowhere"),
            *("/static/icon.svg", "/healthz", "/sandbox/lifecheck/v2/check/index"),
            *("/sandbox/control/faults", "/sandbox/openapi.json"),
        )
    ),
)
@example({"HTTP_HOST": "x" * 300}, "/")
@example({"HTTP_HOST": "x" * 300}, "/sandbox/lifecheck/v2/check/index")
@example({"HTTP_HOST": "[::1"}, "/")
@example({"HTTP_COOKIE": "visit=" + "x" * 8000}, "/")
@example({"HTTP_COOKIE": "lang=zh;" * 1000}, "/stage")
@example({"HTTP_ACCEPT_LANGUAGE": "zh-" * 2000}, "/")
@example({"HTTP_ACCEPT_LANGUAGE": "zh;q=" + "9" * 5000}, "/")
def test_any_header_is_borne(demo: Flask, headers: dict[str, str], path: str) -> None:
    """Also a Host that can be none: its page is plain, and in both languages."""
    client = demo.test_client(use_cookies=False)
    sound(client.get(path, environ_overrides=headers, buffered=True))


WHOLE = {
    **asdict(Visit(ID, time.time(), ("#FFFFFF", "#000000"), ("LookFront",), "T" * 32)),
    "colours": ["#FFFFFF", "#000000"],
    "actions": ["LookFront"],
}
VISITS = st.dictionaries(st.sampled_from((*WHOLE, "more")), JSON, max_size=3).map(
    lambda changed: {**WHOLE, **changed}
)
SESSIONS = st.one_of(
    JSON,
    st.fixed_dictionaries(
        {},
        optional={
            "visits": st.one_of(st.lists(st.one_of(VISITS, JSON), max_size=3), JSON),
            "learn": st.one_of(
                JSON,
                st.dictionaries(
                    st.sampled_from(("step", "check", "init", "faults", "case")),
                    st.one_of(st.just(ID), JSON),
                ),
            ),
            "csrf_token": JSON,
            "_flashes": JSON,
        },
    ),
)
OF_A_CHECK = (
    *("/", f"/check/{ID}", f"/check/{ID}/phone", f"/check/{ID}/news", "/learn/result"),
    *(f"/check/{ID}/evidence.json", f"/return/{ID}?token={'T' * 32}&success=true"),
    *("/learn/init", "/learn/faults", "/stage/end", f"/stage/check/{ID}/camera"),
)


@tried
@given(SESSIONS, st.lists(st.sampled_from(OF_A_CHECK), min_size=1, max_size=3))
@example({"visits": 5}, OF_A_CHECK)
@example({"visits": [{**WHOLE, "token": 5}]}, OF_A_CHECK)
@example({"visits": [{**WHOLE, "started_at": float("nan")}]}, OF_A_CHECK)
@example({"visits": [{**WHOLE, "started_at": 10**400}]}, OF_A_CHECK)
@example({"visits": [{**WHOLE, "colours": [["#FFFFFF"]]}]}, OF_A_CHECK)
@example({"learn": ["step"]}, OF_A_CHECK)
@example({"_flashes": [None]}, OF_A_CHECK)
@example([[None, None]], OF_A_CHECK)
def test_a_session_of_any_shape_is_borne(
    demo: Flask, kept: Any, paths: Iterable[str]
) -> None:
    """Signed with our key, as an earlier version may have: what does not fit is left."""
    reader: Any = demo.session_interface
    cookie = reader.get_signing_serializer(demo).dumps(kept)
    for path in paths:
        client = demo.test_client()
        client.set_cookie("visit", cookie)
        sound(client.get(path))


@tried
@given(
    st.one_of(
        HEADER.map(lambda text: text.replace(";", "")),
        st.tuples(st.integers(0, 200), st.sampled_from(("", ".", "A", "\xff"))),
    )
)
def test_a_cookie_that_is_not_ours_is_an_empty_one(
    demo: Flask, change: str | tuple[int, str]
) -> None:
    """Made up, or one of ours with something cut out, put in or left off."""
    client = demo.test_client()
    with client.session_transaction() as session:
        session["visits"] = [WHOLE]
    cookie = client.get_cookie("visit")
    assert cookie
    assert client.get(f"/check/{ID}").status_code == 200
    value = cookie.value
    if isinstance(change, str):
        forged = change
    else:
        place, put = change
        place %= len(value)
        forged = value[:place] + put + value[place + 1 :]
    answer = demo.test_client(use_cookies=False).get(
        f"/check/{ID}", environ_overrides={"HTTP_COOKIE": f"visit={forged}"}
    )

    sound(answer)
    assert answer.status_code == (200 if forged == value else 404)


@tried
@given(
    st.lists(
        st.tuples(st.sampled_from(("token", "success", "a", "Token", "")), TEXTS),
        max_size=6,
    ),
    st.sampled_from(("", "?", "&", "%", ";", "%ff&", "token=%00&")),
)
def test_a_way_back_with_anything_in_it_decides_nothing(
    demo: Flask, pairs: list[tuple[str, str]], before: str
) -> None:
    """Another token is refused; no `success`, whatever it says, makes a pass."""
    client = demo.test_client()
    with client.session_transaction() as session:
        session["visits"] = [WHOLE]
    query = before + encoded(pairs)
    answer = client.get(f"/return/{ID}?{query}")

    sound(answer)
    page = client.get(f"/check/{ID}")
    assert 'data-outcome="passed' not in page.text
    named = [value for name, value in pairs if name == "token"]
    if named and named[0] and not before:
        assert answer.status_code == 403
