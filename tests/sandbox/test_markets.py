"""The sandbox behind each market's gateway: who is let in, and what the others hear."""

import json
import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lifecheck_demo.sandbox import create_sandbox, faults
from lifecheck_demo.sandbox.checks import sqlite
from lifecheck_demo.sandbox.faults import FAULTS, Part
from lifecheck_demo.sandbox.markets import MARKETS, STATES, Keys, baidu
from tests.conftest import Clock
from tests.examine import examine
from tests.sandbox.signers import (
    FORM,
    OTHERWISE,
    SIGNERS,
    Call,
    aliyun_signature,
    b64,
    baidu_signature,
)
from tests.sandbox.test_api import BACK, INIT, OUTCOME, RESULT

KEYS = Keys("the-right-appcode", "the-key", "the-secret")
PAIRS = [name for name in SIGNERS if name not in ("appcode", "huawei-appcode")]
every = pytest.mark.parametrize("market", SIGNERS)
Open = Callable[..., FlaskClient]


@pytest.fixture(name="open_market")
def _open_market(tmp_path: Path, clock: Clock) -> Open:
    """A sandbox behind the gateway of that name."""

    def opened(market: str, **more: Any) -> FlaskClient:
        app = create_sandbox(
            data=tmp_path, clock=clock, market=market, credentials=KEYS, **more
        )
        return app.test_client()

    return opened


def send(wire: FlaskClient, call: Call, **changes: Any) -> TestResponse:
    """A call as it goes out, with parts of it changed on the way."""
    sent = {"query_string": call.query, "data": call.body, "headers": call.headers}
    method = changes.pop("method", "POST")
    path = changes.pop("path", call.path)
    return wire.open(path, method=method, **{**sent, **changes})


def ask(
    wire: FlaskClient, market: str, path: str, parameters: dict[str, str], **more: Any
) -> TestResponse:
    """A call that is right, but for *more*."""
    sign = more.pop("sign", SIGNERS[market])
    nonce = more.pop("nonce", next(nonces))
    return send(wire, sign(Call(path, parameters, nonce=nonce, **more)))


AN_ID = "0c9f8f1e-5a3b-4c1d-8e2f-001122334455"
ANY_ID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
nonces = iter(f"nonce-{number}" for number in range(1_000_000))


def reason(answer: TestResponse) -> str:
    """All that a gateway says, wherever it says it."""
    said = {name: v for name, v in answer.headers if name.startswith(("X-Ca", "X-Bce"))}
    return f"{answer.status_code} {json.dumps(said)} {answer.text}"


def test_the_names_are_those_of_the_setting() -> None:
    """What LIFECHECK_AUTH can be, but for none."""
    assert set(MARKETS) == {
        "appcode",
        "aliyun-signature",
        "tencent",
        "tencent-legacy",
        "huawei-appcode",
        "huawei-signature",
        "baidu-appcode",
        "jumdata",
    }
    assert set(SIGNERS) == set(MARKETS)


@pytest.mark.parametrize("where", ["form", "query"])
@every
def test_a_right_caller_walks_through_a_whole_check(
    open_market: Open, market: str, where: str
) -> None:
    """Init and result, with the parameters in the form or in the query."""
    wire = open_market(market)
    wish = {"returnUrl": BACK, "colors": "#FFFFFF,#000000", "actions": ""}
    init = ask(wire, market, INIT, wish, where=where)
    assert init.status_code == 200, reason(init)
    token = init.get_json()["data"]["token"]
    wire.post(OUTCOME, data={"token": token, "outcome": "passed"})

    result = ask(wire, market, RESULT, {"token": token}, where=where).get_json()

    assert result["code"] == 200
    assert result["data"]["faceImageUrl"]


@pytest.mark.parametrize("where", ["form", "query"])
@pytest.mark.parametrize("market", ["aliyun-signature", "huawei-signature"])
def test_parameters_that_need_encoding_are_signed_as_they_mean(
    open_market: Open, market: str, where: str
) -> None:
    """Spaces, Chinese, percent, plus, tilde, an empty one."""
    wire = open_market(market)
    odd = {"returnUrl": BACK, "z": "a b+c%20~/é检", "actions": "", "A": "=&"}

    answer = ask(wire, market, INIT, odd, where=where)

    assert answer.get_json()["code"] == 200, reason(answer)


@pytest.mark.parametrize("where", ["form", "query"])
def test_a_market_of_baidu_takes_a_signature_too(open_market: Open, where: str) -> None:
    """In the header that else has the AppCode."""
    wire = open_market("baidu-appcode")
    wish = {"returnUrl": BACK}

    answer = ask(wire, "baidu-appcode", INIT, wish, where=where, sign=baidu_signature)

    assert answer.get_json()["code"] == 200, reason(answer)


def test_an_appcode_may_stand_in_the_query_at_alibabas(open_market: Open) -> None:
    """Its document allows it, though it lands in logs."""
    wire = open_market("appcode")
    right = wire.post(f"{INIT}?AppCode=the-right-appcode", data={"returnUrl": BACK})
    wrong = wire.post(f"{INIT}?AppCode=another", data={"returnUrl": BACK})

    assert right.get_json()["code"] == 200
    assert "Invalid AppCode" in wrong.headers["X-Ca-Error-Message"]


@pytest.mark.parametrize(
    "told",
    [
        "APPCODE  the-right-appcode",
        "appcode the-right-appcode",
        "APPCODEthe-right-appcode",
        "APPCODE\tthe-right-appcode",
        "the-right-appcode",
    ],
)
def test_alibabas_appcode_has_to_be_spelled_as_documented(
    open_market: Open, told: str
) -> None:
    """One half-width space, capitals."""
    headers = {"Authorization": told}
    answer = open_market("appcode").post(INIT, data={"returnUrl": BACK}, headers=headers)

    assert answer.headers["X-Ca-Error-Code"] == "A400MA"


@pytest.mark.parametrize("where", ["form", "query"])
@every
def test_the_vendors_rules_hold_behind_the_gateway(
    open_market: Open, market: str, where: str
) -> None:
    """A right caller hears the vendor."""
    wire = open_market(market)
    init = ask(wire, market, INIT, {"actions": "NodHead"}, where=where).get_json()
    result = ask(wire, market, RESULT, {"token": ""}, where=where).get_json()

    assert (init["code"], init["msg"]) == (400, "参数错误：缺少 returnUrl")
    assert (result["code"], result["msg"]) == (400, "参数错误：缺少 token")


@pytest.mark.parametrize("market", ["appcode", "tencent", "baidu-appcode", "jumdata"])
def test_a_parameter_in_both_places_is_one_too_many(open_market: Open, market: str) -> None:
    """Whichever of the two was meant."""
    call = SIGNERS[market](Call(RESULT, {"token": "x"}))
    answer = send(open_market(market), call, query_string="token=x").get_json()

    assert (answer["code"], answer["msg"]) == (400, "参数错误：token 重复")


def test_a_repeated_parameter_cannot_be_slipped_past_alibabas_signature(
    open_market: Open,
) -> None:
    """The signature covers the first value only; the vendor refuses the second."""
    wire = open_market("aliyun-signature")
    call = aliyun_signature(Call(RESULT, {"token": "x"}))

    answer = send(wire, call, data=f"{call.body}&token=another").get_json()

    assert (answer["code"], answer["msg"]) == (400, "参数错误：token 重复")


# The failures that §3 of the facts lists: how the call is twisted, then what is heard.
Twist = Callable[[Call], Call]


def without(*names: str) -> Twist:
    """Some headers are left out after signing."""

    def twist(call: Call) -> Call:
        kept = {k: v for k, v in call.headers.items() if k not in names}
        return replace(call, headers=kept)

    return twist


REFUSED = [
    (
        "appcode",
        {},
        without("Authorization"),
        400,
        {"X-Ca-Error-Code": "A400MA"},
        "Need authorization",
    ),
    (
        "appcode",
        {"appcode": "another"},
        None,
        400,
        {"X-Ca-Error-Code": "A400AC", "X-Ca-Error-Message": "Invalid AppCode `not exists`"},
        "",
    ),
    ("aliyun-signature", {}, without("x-ca-key"), 400, {"X-Ca-Error-Code": "A400MA"}, ""),
    (
        "aliyun-signature",
        {"key": "another"},
        None,
        400,
        {"X-Ca-Error-Code": "A400IK", "X-Ca-Error-Message": "Invalid AppKey"},
        "",
    ),
    (
        "aliyun-signature",
        {},
        without("X-Ca-Signature"),
        401,
        {"X-Ca-Error-Message": "Empty Signature"},
        "",
    ),
    (
        "aliyun-signature",
        {"secret": "another"},
        None,
        403,
        {"X-Ca-Error-Code": "A403IS"},
        "Invalid Signature, Server StringToSign:`POST#application/json##" + FORM + "##x-ca",
    ),
    (
        "aliyun-signature",
        {"now": 1_800_000_000 - 901},
        None,
        400,
        {"X-Ca-Error-Message": "Timestamp Expired"},
        "",
    ),
    ("tencent", {}, without("Authorization"), 401, {}, "HMAC signature cannot be verified"),
    ("tencent", {"key": "another"}, None, 401, {}, "HMAC signature cannot be verified."),
    ("tencent", {"secret": "another"}, None, 401, {}, "HMAC signature does not match"),
    ("tencent", {"now": 1_800_000_901}, None, 403, {}, "签名时间"),
    ("tencent", {"now": 1_800_000_901}, None, 403, {}, "超时"),
    (
        "tencent-legacy",
        {},
        without("Authorization"),
        401,
        {},
        "HMAC signature cannot be verified",
    ),
    ("tencent-legacy", {}, without("X-Date"), 401, {}, "a valid date or x-date header"),
    ("tencent-legacy", {}, without("X-Source"), 401, {}, "a valid x-source header"),
    (
        "tencent-legacy",
        {"secret": "another"},
        None,
        401,
        {},
        "HMAC signature does not match",
    ),
    (
        "tencent-legacy",
        {"now": 1_800_000_000 - 901},
        None,
        401,
        {},
        "the x-date header is out of date",
    ),
    (
        "huawei-appcode",
        {},
        without("X-Apig-AppCode"),
        401,
        {},
        "APIG.0303",
    ),
    ("huawei-appcode", {"appcode": "another"}, None, 401, {}, "APIG.0303"),
    (
        "huawei-signature",
        {"key": "another"},
        None,
        401,
        {},
        "app not found, appkey another",
    ),
    (
        "huawei-signature",
        {"secret": "another"},
        None,
        401,
        {},
        "verify signature fail, canonicalRequest:POST|/lifecheck/v2/init/||host:localhost|",
    ),
    (
        "huawei-signature",
        {"now": 1_800_000_901},
        None,
        401,
        {},
        "signature expired, signature time:20270115T081501Z,server time:20270115T080000Z",
    ),
    ("huawei-signature", {}, without("X-Sdk-Date"), 401, {}, "x-sdk-date must be"),
    (
        "baidu-appcode",
        {},
        without("X-Bce-Signature"),
        400,
        {"X-Bce-Error-Code": "EmptySignature"},
        '"code": "EmptySignature"',
    ),
    (
        "baidu-appcode",
        {"appcode": "another"},
        None,
        400,
        {"X-Bce-Error-Code": "SignatureAppInvalid"},
        "Signature is invalid",
    ),
    ("jumdata", {"key": "another"}, None, 200, {}, '"msg": "appId 无效", "code": 400'),
    ("jumdata", {"secret": "another"}, None, 200, {}, '"msg": "sign 错误", "code": 400'),
    ("jumdata", {"now": 1_800_000_901}, None, 200, {}, "timestamp 已过期"),
]


@pytest.mark.parametrize(
    ("market", "twisted", "twist", "status", "headers", "said"), REFUSED
)
def test_a_wrong_caller_hears_what_the_gateway_says(
    open_market: Open,
    market: str,
    twisted: dict[str, Any],
    twist: Twist | None,
    status: int,
    headers: dict[str, str],
    said: str,
) -> None:
    """In the gateway's own shape, and the vendor hears nothing of it."""
    wire = open_market(market)
    call = SIGNERS[market](Call(INIT, {"returnUrl": BACK}, **twisted))
    answer = send(wire, twist(call) if twist else call)

    assert answer.status_code == status
    for name, value in headers.items():
        assert answer.headers[name] == value
    if market in ("appcode", "aliyun-signature"):
        assert answer.data == b""
        assert "Content-Type" not in answer.headers
        assert answer.headers["X-Ca-Request-Id"]
        assert said in answer.headers["X-Ca-Error-Message"]
    else:
        body = answer.get_json()
        assert said in answer.text.replace("\\n", "|")
        assert set(body) == SHAPES[market.split("-")[0]]


SHAPES = {
    "tencent": {"message"},
    "huawei": {"error_code", "error_msg", "request_id"},
    "baidu": {"requestId", "code", "message"},
    "jumdata": {"msg", "code"},
}


@pytest.mark.parametrize(
    ("seconds", "lifetime", "code", "status"),
    [
        (1801, 1800, "RequestTimeTooSkewed", 403),
        (-1801, 1800, "RequestTimeTooSkewed", 403),
        (61, 60, "SignatureTimestampExpired", 400),
        (0, 1800, "SignatureMismatch", 400),
    ],
)
def test_a_wrong_signature_for_baidu(
    open_market: Open, clock: Clock, seconds: int, lifetime: int, code: str, status: int
) -> None:
    """Its codes, and the texts that they mean."""
    wire = open_market("baidu-appcode")
    secret = "another" if code == "SignatureMismatch" else "the-secret"
    call = Call(INIT, {"returnUrl": BACK}, now=clock.now, secret=secret)
    signed = baidu_signature(call, lifetime)
    clock.move(seconds)
    answer = send(wire, signed)

    assert answer.status_code == status
    assert answer.get_json()["code"] == code


def test_each_answer_of_a_gateway_has_an_id_of_its_own(open_market: Open) -> None:
    """Support asks for it."""
    wire = open_market("appcode")
    ids = {wire.post(INIT).headers["X-Ca-Request-Id"] for _ in range(3)}

    assert len(ids) == 3


@pytest.mark.parametrize(
    ("body", "md5", "said"),
    [
        (b"hello", "XUFAKrxLKna5cZ2REBfFkg==", ""),
        (b"hello", "XUFAKrxLKna5cZ2REBfFkA==", "Invalid Content-MD5"),
        (b"", "1B2M2Y8AsgTpgAmY7PhCfg==", "Invalid Content-MD5"),
    ],
)
def test_a_content_md5_has_to_be_the_bodys(
    open_market: Open, body: bytes, md5: str, said: str
) -> None:
    """Of a body that is no form; signed rightly, so that it is the MD5 that counts."""
    wire = open_market("aliyun-signature")
    text = f"POST\n\n{md5}\ntext/plain\n\nx-ca-key:the-key\n{INIT}"
    headers = {
        "Content-MD5": md5,
        "Content-Type": "text/plain",
        "X-Ca-Key": "the-key",
        "X-Ca-Signature-Headers": "x-ca-key",
        "X-Ca-Signature": b64("the-secret", text, "sha256"),
    }
    answer = wire.post(INIT, data=body, headers=headers)

    assert answer.headers.get("X-Ca-Error-Message", "") == said
    assert answer.status_code == (400 if said else 415)


@pytest.mark.parametrize("name", [name for name, _, _ in STATES])
@every
def test_the_state_of_an_account_is_asked_for_by_its_credential(
    open_market: Open, market: str, name: str
) -> None:
    """Verified like any other, then answered as that market answers such an account."""
    wire = open_market(market)
    who = {"appcode": f"sandbox-{name}", "key": f"sandbox-{name}"}
    wish = {"returnUrl": BACK}
    answer = ask(wire, market, INIT, wish, **who)
    result = ask(wire, market, RESULT, {"token": "x"}, **who)
    expected = MARKETS[market].say(name, AN_ID)

    assert answer.status_code == result.status_code == expected.status
    assert ANY_ID.sub("", answer.text) == ANY_ID.sub("", expected.body)
    for header, value in expected.headers.items():
        assert ANY_ID.sub("", answer.headers[header]) == ANY_ID.sub("", value)
    if market in PAIRS and market != "baidu-appcode":
        wrong = ask(wire, market, INIT, wish, **who, secret="another")
        assert reason(wrong) != reason(answer)


@pytest.mark.parametrize("name", [name for name, _, _ in STATES])
def test_a_signed_key_of_baidu_has_states_too(open_market: Open, name: str) -> None:
    """The same gateway, spoken to otherwise."""
    wire = open_market("baidu-appcode")
    sign = OTHERWISE["baidu-appcode"]
    call = sign(Call(INIT, {"returnUrl": BACK}, key=f"sandbox-{name}"))

    assert send(wire, call).status_code == baidu.say(name).status


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("used-up", "403 B403MQ Api Market Subscription quota exhausted"),
        ("expired", "403 B403ME Api Market Subscription expired"),
        ("not-bought", "403 I403AA Unauthorized"),
        ("throttled", "429 T429PA Throttled by API Flow Control"),
        ("wrong-url", "404 I404NF API not found"),
        ("502", "502 D502FC "),
        ("504", "504 D504TO "),
    ],
)
@pytest.mark.parametrize("market", ["appcode", "aliyun-signature"])
def test_alibabas_states_word_for_word(
    open_market: Open, market: str, state: str, said: str
) -> None:
    """As its table has them: a code of six characters, no body."""
    who = {"appcode": f"sandbox-{state}", "key": f"sandbox-{state}"}
    answer = ask(open_market(market), market, INIT, {"returnUrl": BACK}, **who)
    code, message = (answer.headers.get(f"X-Ca-Error-{n}", "") for n in ("Code", "Message"))

    assert f"{answer.status_code} {code} {message}" == said
    assert answer.data == b""


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        ("not-bought", 403, "APIG.0304"),
        ("throttled", 429, "APIG.0308"),
        ("wrong-url", 404, "APIG.0101"),
        ("used-up", 405, "APIGW.0501"),
        ("arrears", 405, "APIGW.0502"),
        ("502", 502, "APIG.0202"),
        ("504", 504, "APIG.0203"),
    ],
)
@pytest.mark.parametrize("market", ["huawei-appcode", "huawei-signature"])
def test_huaweis_states_by_their_codes(
    open_market: Open, market: str, state: str, status: int, code: str
) -> None:
    """In JSON, with its own field names."""
    who = {"appcode": f"sandbox-{state}", "key": f"sandbox-{state}"}
    answer = ask(open_market(market), market, INIT, {"returnUrl": BACK}, **who)

    assert answer.status_code == status
    assert answer.get_json()["error_code"] == code


@every
def test_a_whole_gateway_can_be_down(open_market: Open, market: str) -> None:
    """A web server's page, and no word of the gateway."""
    who = {"appcode": "sandbox-html-502", "key": "sandbox-html-502"}
    answer = ask(open_market(market), market, INIT, {"returnUrl": BACK}, **who)

    assert answer.status_code == 502
    assert answer.mimetype == "text/html"
    assert "<h1>502 Bad Gateway</h1>" in answer.text


@every
def test_every_other_fault_works_behind_every_gateway(
    open_market: Open, market: str
) -> None:
    """The key id, or the AppCode, names it; one nobody knows is refused."""
    wire = open_market(market)

    def begin(name: str) -> Any:
        who = {"appcode": f"sandbox-{name}", "key": f"sandbox-{name}"}
        return ask(wire, market, INIT, {"returnUrl": BACK}, **who).get_json()

    ended = begin("202-face")["data"]["token"]

    assert begin("init-604")["code"] == 604
    assert begin("init-huawei-used-up")["error_code"] == "APIGW.0501"
    assert "/control/faults" in begin("no-such")["msg"]
    assert ask(wire, market, RESULT, {"token": ended}).get_json()["code"] == 202


@every
def test_an_address_that_is_not_there_is_answered_by_the_gateway(
    open_market: Open, market: str
) -> None:
    """A wrong path and a wrong method, to programs; a browser reads a page.

    So does whoever asks for a file that is gone: that is no address of the gateway.
    """
    wire = open_market(market)
    wrong = MARKETS[market].say("wrong-url", AN_ID)
    call = SIGNERS[market](Call(INIT, {"returnUrl": BACK}))
    for answer in (
        send(wire, call, path=f"{INIT}ialise"),
        send(wire, call, method="GET"),
        wire.open(INIT, method="TRACE"),
        wire.get("/anything"),
    ):
        assert answer.status_code == wrong.status
        assert answer.headers.get("Content-Type", "") == wrong.content_type
        assert ANY_ID.sub("", answer.text) == ANY_ID.sub("", wrong.body)
    page = wire.get("/anything", headers={"Accept": "text/html"})
    gone = wire.get("/static/gone.css")
    assert not examine(page.text)
    assert not examine(gone.text)
    assert gone.status_code == 404


@every
def test_a_body_that_is_too_large_is_refused_at_the_door(
    open_market: Open, market: str
) -> None:
    """Unread, and so unverified: it must not pass."""
    wire = open_market(market)
    answer = ask(wire, market, INIT, {"returnUrl": BACK, "more": "x" * 20_000})
    said = MARKETS[market].say("too-large", AN_ID)

    assert answer.status_code == said.status
    assert "data" not in (answer.get_json(silent=True) or {})


@every
def test_the_camera_page_asks_for_no_credential(open_market: Open, market: str) -> None:
    """Browsers open it; so is the photo, and the list of faults."""
    wire = open_market(market)
    token = ask(wire, market, INIT, {"returnUrl": BACK}).get_json()["data"]["token"]

    assert wire.get(f"/lifecheck/v2/check/index?token={token}").status_code == 200
    assert wire.get("/control/faults.json").status_code == 200


@every
def test_hostile_parameters_cannot_break_an_answer(open_market: Open, market: str) -> None:
    """They stand in Alibaba's header and in Huawei's message when the secret is wrong."""
    wire = open_market(market)
    for where in ("form", "query"):
        odd = {"returnUrl": "a\r\nSet-Cookie: x=1\x00`检`", "\r\nX: y": "\x7f" * 9000}
        answer = ask(wire, market, INIT, odd, secret="another", where=where)
        assert answer.status_code < 500
        assert "系统维护" not in answer.text
        assert "Set-Cookie" not in answer.headers
        assert all(len(value) < 8000 for _, value in answer.headers)


# What may come once only


def test_a_replayed_nonce_is_refused_by_every_worker(
    tmp_path: Path, clock: Clock, open_market: Open
) -> None:
    """They share one file; the same request is good once."""
    one, other = open_market("aliyun-signature"), open_market("aliyun-signature")
    call = aliyun_signature(Call(INIT, {"returnUrl": BACK}))

    assert send(one, call).get_json()["code"] == 200
    for wire in (one, other):
        answer = send(wire, call)
        assert answer.status_code == 400
        assert answer.headers["X-Ca-Error-Message"] == "Nonce Used"
    assert ask(other, "aliyun-signature", INIT, {"returnUrl": BACK}).status_code == 200


def test_a_nonce_is_good_again_for_another_key_and_after_its_time(
    open_market: Open, clock: Clock
) -> None:
    """Only as long as its timestamp could be: then the timestamp keeps it out."""
    wire = open_market("aliyun-signature")

    def code(key: str = "the-key") -> int:
        call = Call(INIT, {"returnUrl": BACK}, now=clock.now, key=key)
        return send(wire, aliyun_signature(call)).status_code

    early = aliyun_signature(
        Call(INIT, {"returnUrl": BACK}, now=clock.now + 900, nonce="n")
    )
    assert [code(), code(), code("sandbox-passed")] == [200, 400, 200]
    assert send(wire, early).status_code == 200
    clock.move(1799)
    assert send(wire, early).headers["X-Ca-Error-Message"] == "Nonce Used"
    clock.move(2)
    assert send(wire, early).headers["X-Ca-Error-Message"] == "Timestamp Expired"
    assert code() == 200


def test_a_refused_call_spends_no_nonce(open_market: Open) -> None:
    """Else anybody could spend those of others."""
    wire = open_market("aliyun-signature")
    call = Call(INIT, {"returnUrl": BACK})

    assert send(wire, aliyun_signature(replace(call, secret="another"))).status_code == 403
    assert send(wire, aliyun_signature(call)).status_code == 200


def test_nonces_are_remembered_up_to_a_limit(
    open_market: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest are forgotten first, and what is kept of one is short."""
    monkeypatch.setattr(sqlite, "MOST_NONCES", 3)
    wire = open_market("aliyun-signature")
    for number in range(6):
        nonce = f"{number}" * 5000
        ask(wire, "aliyun-signature", INIT, {"returnUrl": BACK}, nonce=nonce)
    with sqlite3.connect(tmp_path / "checks.sqlite") as db:
        kept = [row[0] for row in db.execute("SELECT nonce FROM nonces")]

    assert len(kept) == 3
    assert max(map(len, kept)) == 64


# The vendor's V2.1, and what else can be different


def test_version_2_1_gives_the_pages_address_and_takes_success_away(
    open_market: Open,
) -> None:
    """Init answers both; the browser brings back the token alone."""
    wire = open_market("none", version="2.1")
    data = wire.post(INIT, data={"returnUrl": BACK}).get_json()["data"]
    address = urlsplit(data["url"])
    page = wire.get(f"{address.path}?{address.query}")
    back = wire.post(OUTCOME, data={"token": data["token"], "outcome": "passed"})

    assert list(data) == ["token", "url"]
    assert data["url"].startswith("http://localhost/")
    assert page.status_code == 200
    assert back.headers["Location"] == f"{BACK}?token={data['token']}"
    assert wire.post(RESULT, data={"token": data["token"]}).get_json()["code"] == 200


def test_version_2_1_tells_an_app_of_the_token_alone(open_market: Open) -> None:
    """A page says what a mini-program is opened with."""
    for version, told in (("2", True), ("2.1", False)):
        wire = open_market("none", version=version)
        data = wire.post(INIT, data={"returnUrl": "/pages/x"}).get_json()["data"]
        form = {"token": data["token"], "outcome": "passed"}
        page = wire.get(wire.post(OUTCOME, data=form).headers["Location"])
        assert ("success" in page.text) is told


def test_one_check_can_be_of_version_2_1(open_market: Open) -> None:
    """By its credential, while others go on as before."""
    wire = open_market("none")
    headers = {"Authorization": "APPCODE sandbox-init-v2.1"}
    new = wire.post(INIT, data={"returnUrl": BACK}, headers=headers).get_json()["data"]
    old = wire.post(INIT, data={"returnUrl": BACK}).get_json()["data"]
    ways = [
        wire.post(OUTCOME, data={"token": token, "outcome": "202-face"}).headers["Location"]
        for token in (new["token"], old["token"])
    ]

    assert "url" in new
    assert "url" not in old
    assert ["success" in way for way in ways] == [False, True]


@pytest.mark.parametrize(("value", "name"), [("alibaba", "market"), ("3", "version")])
def test_an_unknown_market_or_version_is_refused(
    tmp_path: Path, value: str, name: str
) -> None:
    """With the names that there are."""
    with pytest.raises(ValueError, match="one of"):
        create_sandbox(data=tmp_path, **{name: value})


@pytest.mark.parametrize("part", ["init", "result"])
@pytest.mark.parametrize(
    ("name", "besides"),
    [
        ("extra-fields", {"code": 200, "success": True, "charge": True}),
        ("200-as-text", {"code": "200"}),
    ],
)
def test_a_true_answer_can_have_more_or_other_fields(
    open_market: Open, part: str, name: str, besides: dict[str, object]
) -> None:
    """Its token and its photo are real all the same."""
    wire = open_market("none")
    headers = {"Authorization": f"APPCODE sandbox-{part}-{name}"}
    init = wire.post(INIT, data={"returnUrl": BACK}, headers=headers).get_json()
    token = init["data"]["token"]
    wire.get(f"/lifecheck/v2/check/index?token={token}")
    result = wire.post(RESULT, data={"token": token}, headers=headers).get_json()
    answer = init if part == "init" else result

    assert besides.items() <= answer.items()
    assert "data" in answer
    assert ("success" in (result if part == "init" else init)) is False


def test_an_answer_can_lack_its_task_number(open_market: Open) -> None:
    """And an error can come with a status of its own."""
    wire = open_market("none")

    def said(name: str) -> TestResponse:
        headers = {"Authorization": f"APPCODE sandbox-{name}"}
        return wire.post(INIT, data={"returnUrl": BACK}, headers=headers)

    assert said("init-no-task-no").get_json() == {"msg": "关键字不能为空", "code": 400}
    assert said("init-http-450").status_code == 450
    assert said("init-http-450").get_json()["code"] == 400
    assert said("init-502").get_json()["msg"] == "网络不稳定"


@pytest.mark.parametrize(("name", "joint"), [("passed", "&"), ("return-joint", "?")])
def test_a_return_address_with_a_query_is_joined_either_way(
    open_market: Open, name: str, joint: str
) -> None:
    """How the vendor does it is not known."""
    wire = open_market("none")
    headers = {"Authorization": f"APPCODE sandbox-{name}"}
    wish = {"returnUrl": f"{BACK}?a=1"}
    token = wire.post(INIT, data=wish, headers=headers).get_json()["data"]["token"]
    page = wire.get(f"/lifecheck/v2/check/index?token={token}")

    assert page.headers["Location"] == f"{BACK}?a=1{joint}token={token}&success=true"


# Without a market


def test_without_a_market_parameters_belong_into_the_form(open_market: Open) -> None:
    """As the document has it, and the answer says so."""
    wire = open_market("none")
    answer = wire.post(f"{INIT}?returnUrl={BACK}").get_json()
    besides = wire.post(f"{INIT}?returnUrl=x", data={"returnUrl": BACK}).get_json()

    assert (answer["code"], "查询串" in answer["msg"]) == (400, True)
    assert besides["code"] == 200


@pytest.mark.parametrize("name", [name for name, _, _ in STATES])
def test_without_a_market_no_account_has_a_state(open_market: Open, name: str) -> None:
    """A name that does nothing must not look like a pass."""
    headers = {"Authorization": f"APPCODE sandbox-{name}"}
    answer = open_market("none").post(INIT, data={"returnUrl": BACK}, headers=headers)

    assert answer.get_json()["code"] == 400
    assert "--market" in answer.get_json()["msg"]


def test_every_state_is_in_the_table_and_of_every_market() -> None:
    """One table, for people and programs."""
    names = {name for name, _, _ in STATES}

    assert names == {f.name for f in FAULTS.values() if f.part is Part.ACCOUNT}
    for gateway in MARKETS.values():
        for name in (*names, "too-large"):
            assert gateway.say(name, AN_ID).status
    assert faults.named("sandbox-used-up") == "used-up"
    assert faults.named("another") is None
