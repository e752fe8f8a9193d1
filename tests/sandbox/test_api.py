"""The vendor's wire: what the document says, and nothing else."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import Clock

pytestmark = pytest.mark.everywhere

INIT = "/lifecheck/v2/init"
RESULT = "/lifecheck/v2/result"
OUTCOME = "/lifecheck/v2/check/outcome"
BACK = "https://demo.example.com/return/x"


def ask(wire: FlaskClient, address: str, **form: Any) -> dict[str, Any]:
    """Ask the API, and hold every answer to the document's shape."""
    answer = wire.post(address, data=form)
    body = answer.get_json()
    assert answer.status_code == 200
    assert isinstance(body["code"], int)
    assert isinstance(body["msg"], str)
    assert re.fullmatch(r"\d{24}", body["taskNo"])
    assert ("data" in body) == (body["code"] == 200)
    return body


def start(wire: FlaskClient, **form: Any) -> str:
    """Begin a check; the answer is its token."""
    body = ask(wire, INIT, **{"returnUrl": BACK, **form})
    assert body["code"] == 200, body
    return body["data"]["token"]


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ({}, "returnUrl"),
        ({"returnUrl": ""}, "returnUrl"),
        ({"returnUrl": "https://a.example/" + "a" * 111}, "returnUrl"),
        ({"returnUrl": "ftp://a.example/"}, "returnUrl"),
        ({"returnUrl": "javascript:alert(1)"}, "returnUrl"),
        ({"returnUrl": "//a.example"}, "returnUrl"),
        ({"returnUrl": "https://a.example/\r\nX: y"}, "returnUrl"),
        ({"returnUrl": "/\\a.example"}, "returnUrl"),
        ({"returnUrl": "http://user@a.example/"}, "returnUrl"),
        ({"returnUrl": "http://a.example:99999/"}, "returnUrl"),
        ({"returnUrl": "http://a.example:x/"}, "returnUrl"),
        ({"returnUrl": "http://a.example:0/"}, "returnUrl"),
        ({"returnUrl": "http://a;script-src/"}, "returnUrl"),
        ({"returnUrl": "http://a,b/"}, "returnUrl"),
        ({"returnUrl": "http://a..b/"}, "returnUrl"),
        ({"returnUrl": "http://[::1/"}, "returnUrl"),
        ({"returnUrl": "http://[1.2.3]/"}, "returnUrl"),
        ({"returnUrl": "http://例子.example/"}, "returnUrl"),
        ({"returnUrl": "http://a\\b/"}, "returnUrl"),
        ({"returnUrl": [BACK, BACK]}, "returnUrl"),
        ({"returnUrl": BACK, "colors": "#123456"}, "colors"),
        ({"returnUrl": BACK, "colors": "#FFFFFF，#000000"}, "colors"),
        ({"returnUrl": BACK, "colors": "#FFFFFF,#FFD9E3"}, "colors"),
        ({"returnUrl": BACK, "colors": "#000000,#3B3C04"}, "colors"),
        ({"returnUrl": BACK, "colors": "#FFFFFF,#FFFFFF"}, "colors"),
        ({"returnUrl": BACK, "colors": "#" * 3000}, "colors"),
        ({"returnUrl": BACK, "actions": "Nodhead"}, "actions"),
        ({"returnUrl": BACK, "actions": "LookFront,,NodHead"}, "actions"),
        ({"returnUrl": BACK, "actions": ",".join(["NodHead"] * 13)}, "actions"),
        (
            {"returnUrl": BACK, "colors": "#FFFFFF,#000000", "actions": "NodHead"},
            "LookFront",
        ),
    ],
)
def test_init_refuses_what_breaks_a_rule_and_names_it(
    wire: FlaskClient, form: dict[str, Any], named: str
) -> None:
    """Code 400, in Chinese, with the parameter's name in it."""
    body = ask(wire, INIT, **form)

    assert body["code"] == 400
    assert named in body["msg"]
    assert body["msg"].startswith("参数错误")


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"colors": "", "actions": ""},
        {"colors": "#ffffff"},
        {"colors": "#FFFFFF,#000000"},
        {"actions": "NodHead,LookFront,NodHead"},
        {"colors": "#FFFFFF,#000000", "actions": "NodHead,LookFront"},
        {"returnUrl": "/pages/x/y"},
        {"returnUrl": "http://localhost:3000"},
        {"returnUrl": "http://[::1]:3000/x"},
        {"returnUrl": "https://xn--fsqu00a.example/x?a=1#/r"},
        {"returnUrl": "http://127.0.0.1:3000/" + "a" * 106},
    ],
)
def test_init_takes_what_the_document_allows(
    wire: FlaskClient, form: dict[str, Any]
) -> None:
    """An empty parameter is an absent one."""
    assert len(start(wire, **form)) >= 20


@pytest.mark.parametrize("address", [INIT, RESULT])
@pytest.mark.parametrize(
    "method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]
)
def test_other_methods_are_refused_in_the_envelope(
    wire: FlaskClient, address: str, method: str
) -> None:
    """405 with Allow, and the vendor's 400 inside."""
    answer = wire.open(address, method=method)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert answer.get_json()["code"] == 400


@pytest.mark.parametrize("address", [INIT, RESULT])
def test_other_content_types_and_large_bodies_are_refused(
    wire: FlaskClient, address: str
) -> None:
    """The document asks for a form."""
    as_json = wire.post(address, json={"returnUrl": BACK, "token": "x"})
    too_large = wire.post(address, data={"token": "x" * 20_000})

    assert (as_json.status_code, as_json.get_json()["code"]) == (415, 400)
    assert too_large.get_json()["code"] == 400


@pytest.mark.parametrize(
    "form", [{}, {"token": ""}, {"token": ["a", "b"]}, {"token": "a" * 2001}]
)
def test_result_refuses_a_token_that_is_none(
    wire: FlaskClient, form: dict[str, Any]
) -> None:
    """Missing, empty, repeated, too long."""
    body = ask(wire, RESULT, **form)

    assert body["code"] == 400
    assert "token" in body["msg"]


def test_result_before_the_end_and_of_an_unknown_token_is_201(wire: FlaskClient) -> None:
    """The document has no other code for a token it never gave out."""
    for token in (start(wire), "never-given-out"):
        body = ask(wire, RESULT, token=token)
        assert (body["code"], body["msg"]) == (201, "未查询到检测结果")


@pytest.mark.parametrize(
    ("outcome", "code", "msg", "success"),
    [
        ("passed", 200, "实人认证通过", "true"),
        ("202-hijack", 202, "实人认证未通过", "false"),
        ("202-actions", 202, "实人认证未通过", "false"),
        ("202-face", 202, "实人认证未通过", "false"),
        ("203-browser", 203, "检测失败", "false"),
        ("203-permission", 203, "检测失败", "false"),
        ("203-actions", 203, "检测失败", "false"),
        ("203-other", 203, "检测失败", "false"),
    ],
)
def test_each_outcome_redirects_and_is_told(
    wire: FlaskClient, outcome: str, code: int, msg: str, success: str
) -> None:
    """The redirect and the result say the same, as the document has it."""
    token = start(wire)

    answer = wire.post(OUTCOME, data={"token": token, "outcome": outcome})
    body = ask(wire, RESULT, token=token)

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{BACK}?token={token}&success={success}"
    assert (body["code"], body["msg"]) == (code, msg)


def test_the_result_can_be_asked_again_until_ten_minutes_are_over(
    wire: FlaskClient, clock: Clock
) -> None:
    """The ten minutes cover the result query: a late one loses a pass."""
    token = start(wire)
    wire.post(OUTCOME, data={"token": token, "outcome": "passed"})
    clock.move(599)
    assert ask(wire, RESULT, token=token)["code"] == 200

    clock.move(1)

    body = ask(wire, RESULT, token=token)
    assert (body["code"], body["msg"]) == (301, "token已过期")


def test_a_check_ends_once(wire: FlaskClient) -> None:
    """The first outcome stays."""
    token = start(wire)
    wire.post(OUTCOME, data={"token": token, "outcome": "202-face"})
    wire.post(OUTCOME, data={"token": token, "outcome": "passed"})

    assert ask(wire, RESULT, token=token)["code"] == 202


def test_the_photo_has_a_signed_address_that_ends(wire: FlaskClient, clock: Clock) -> None:
    """On the origin where the page was opened; nobody can guess or keep it."""
    token = start(wire)
    wire.get(f"/lifecheck/v2/check/index?token={token}", base_url="https://h5.example")
    wire.post(OUTCOME, data={"token": token, "outcome": "passed"})
    address = ask(wire, RESULT, token=token)["data"]["faceImageUrl"]
    path = urlsplit(address).path

    assert address.startswith("https://h5.example/")
    assert wire.get(path).mimetype == "image/jpeg"
    assert wire.get(path[:-2] + "xx").status_code == 404
    clock.move(601)
    assert wire.get(path).status_code == 404


def test_forget_takes_the_check_and_its_photo(wire: FlaskClient, sandbox: Flask) -> None:
    """At once, for the app that embeds the sandbox."""
    token = start(wire)
    wire.post(OUTCOME, data={"token": token, "outcome": "passed"})
    path = urlsplit(ask(wire, RESULT, token=token)["data"]["faceImageUrl"]).path

    sandbox.extensions["sandbox"].forget(token)

    assert wire.get(path).status_code == 404
    assert ask(wire, RESULT, token=token)["code"] == 201


def test_it_sets_no_cookies(wire: FlaskClient) -> None:
    """It may stand under the host of an app that has one."""
    token = start(wire)
    page = wire.get(f"/lifecheck/v2/check/index?token={token}&lang=en")

    assert "Set-Cookie" not in page.headers


def test_an_answer_has_its_fields_in_the_documents_order(wire: FlaskClient) -> None:
    """Whoever compares it with the document reads the same thing."""
    assert list(ask(wire, INIT, returnUrl=BACK)) == ["code", "msg", "taskNo", "data"]
