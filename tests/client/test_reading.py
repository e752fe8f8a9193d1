"""What an answer means, whoever sent it and in whatever state it arrives."""

import json
from pathlib import Path
from typing import Any

import pytest

from lifecheck_demo.client import (
    CheckResult,
    CheckState,
    GatewayRefused,
    LifecheckError,
    SwitchedOff,
    TooManyCalls,
    Unintelligible,
    UnknownAnswer,
    VendorRefused,
    VendorTrouble,
)
from lifecheck_demo.client.masking import Secrets
from lifecheck_demo.client.models import Reply
from lifecheck_demo.client.reading import read_result, read_started

SAMPLES = Path(__file__).parent / "samples"
TASK = "043439882226367117195632"
PHOTO = "https://img2.jumdata.com/lifecheck-face/1.jpg"


def reply(body: Any, status: int = 200, **headers: str) -> Reply:
    """An answer with *body* as bytes, text, or something to make JSON of."""
    if not isinstance(body, bytes | str):
        body = json.dumps(body, ensure_ascii=False)
    sent = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    return Reply(status, named, sent)


def sample(name: str) -> Reply:
    """An answer transcribed from where its `source` says."""
    record = json.loads((SAMPLES / f"{name}.json").read_text())
    body = record["body"]
    if isinstance(body, list):
        body = "\n".join(body)
    return reply(body, record.get("status", 200), **record.get("headers", {}))


def result_of(answer: Reply) -> CheckResult:
    """The answer read as one to a result query."""
    return read_result(answer, Secrets(), lambda url: url.startswith("https://"))


def failure_of(answer: Reply) -> LifecheckError:
    """What *answer* fails with, alike for both calls."""
    with pytest.raises(LifecheckError) as at_start:
        read_started(answer, Secrets())
    with pytest.raises(LifecheckError) as at_result:
        result_of(answer)
    assert type(at_start.value) is type(at_result.value)
    return at_result.value


# The vendor.


@pytest.mark.parametrize(
    ("name", "state", "msg"),
    [
        ("result-200", CheckState.PASSED, "实人认证通过"),
        ("result-201", CheckState.NO_RESULT_YET, "未查询到检测结果"),
        ("result-202", CheckState.NOT_PASSED, "实人认证未通过"),
        ("result-203", CheckState.COULD_NOT_FINISH, "检测失败"),
        ("result-301", CheckState.EXPIRED, "token已过期"),
    ],
)
def test_every_result_of_the_document_is_a_state(
    name: str, state: CheckState, msg: str
) -> None:
    """Three of them are read as printed, with a comma too many."""
    result = result_of(sample(name))

    assert (result.state, result.answer.msg, result.answer.task_no) == (
        state,
        msg,
        TASK,
    )
    assert bool(result.face_image_url) is (state is CheckState.PASSED)


@pytest.mark.parametrize("name", ["init-200", "market-200"])
def test_init_brings_a_token(name: str) -> None:
    """Extra fields such as `success` do no harm."""
    started = read_started(sample(name), Secrets())

    assert (started.token, started.answer.code) == ("xxx", 200)
    assert (started.answer.msg, started.answer.task_no) == ("成功", TASK)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("common-400", VendorRefused),
        ("bare-400", VendorRefused),
        ("common-500", VendorTrouble),
        ("common-604", SwitchedOff),
        ("common-606", TooManyCalls),
        ("common-609", TooManyCalls),
        ("common-610", VendorTrouble),
        ("common-999", UnknownAnswer),
        ("bare-701", UnknownAnswer),
        ("gateway-used-up", GatewayRefused),
    ],
)
@pytest.mark.parametrize("status", [None, 400, 429, 450, 500])
def test_every_failure_is_an_exception_whatever_the_status(
    name: str, error: type[LifecheckError], status: int | None
) -> None:
    """The HTTP status does not say what went wrong; the answer does."""
    answer = sample(name)
    if status:
        answer = Reply(status, answer.headers, answer.body)

    failure = failure_of(answer)
    assert type(failure) is error
    assert failure.http_status == answer.status


@pytest.mark.parametrize("code", [502, 503, 504, 599])
def test_codes_in_the_five_hundreds_are_the_vendors_trouble(code: int) -> None:
    """502 「网络不稳定」 was seen from another product of the vendor."""
    failure = failure_of(reply({"code": code, "msg": "网络不稳定"}))

    assert isinstance(failure, VendorTrouble)
    assert (failure.code, failure.msg, failure.task_no) == (code, "网络不稳定", "")


@pytest.mark.parametrize("code", [0, -1, 100, 204, 411, 412, 601, 701, 1001, 20000])
def test_an_unknown_code_keeps_what_the_vendor_said(code: int) -> None:
    """It is never a pass, and the code, msg and taskNo reach the page."""
    failure = failure_of(reply({"code": code, "msg": "怎么回事", "taskNo": TASK}))

    assert isinstance(failure, UnknownAnswer)
    assert (failure.code, failure.msg, failure.task_no) == (code, "怎么回事", TASK)


@pytest.mark.parametrize("code", [201, 202, 203, 301])
def test_a_result_code_is_no_start(code: int) -> None:
    """Init knows no such answers."""
    with pytest.raises(UnknownAnswer):
        read_started(reply({"code": code, "data": {"token": "abc"}}), Secrets())


@pytest.mark.parametrize(
    "data",
    [
        *(None, {}, [], "", "abc", 5, [{"token": "abc"}]),
        *({"token": bad} for bad in (None, "", 5, True, ["abc"], {"a": 1}, "a b", "a\n")),
        {"token": "x" * 641},
        {"token": "令牌"},
        {"Token": "abc"},
    ],
)
def test_success_without_a_token_is_no_start(data: object) -> None:
    """Under rate limiting the code may be 200 and the data empty."""
    with pytest.raises(UnknownAnswer) as caught:
        read_started(reply({"code": 200, "msg": "成功", "data": data}), Secrets())

    assert (caught.value.code, caught.value.msg) == (200, "成功")


@pytest.mark.parametrize("code", ["200", " 200 ", 200.0])
def test_a_code_may_be_a_string_or_a_decimal(code: object) -> None:
    """Some gateways quote it, and JSON itself knows one kind of number."""
    answer = reply({"code": code, "data": {"token": "abc"}})
    assert read_started(answer, Secrets()).token == "abc"


@pytest.mark.parametrize(
    "code",
    [
        *(True, None, [200], {"a": 1}, 200.5, 10**12),
        *("", "OK", "0200", "+200", "2e2", "200.0", "２００", "1" * 12),
    ],
)
def test_what_is_no_code_makes_no_answer(code: object) -> None:
    """Nothing is stretched until it means 200."""
    answer = reply({"code": code, "data": {"token": "abc", "faceImageUrl": PHOTO}})
    assert isinstance(failure_of(answer), Unintelligible)


@pytest.mark.parametrize(
    "data",
    [
        *(None, {}, [], "", "abc", 5),
        *({"faceImageUrl": bad} for bad in (None, "", 5, [PHOTO], {"u": PHOTO})),
        {"faceImageUrl": "javascript:alert(1)"},
        {"faceImageUrl": "http://img2.jumdata.com/1.jpg"},
        {"url": PHOTO},
    ],
)
def test_a_pass_without_a_usable_photo_is_its_own_state(data: object) -> None:
    """The pass stands; no photo is made up, and no other address is followed."""
    result = result_of(reply({"code": 200, "msg": "实人认证通过", "data": data}))

    assert result.state is CheckState.PASSED_WITHOUT_PHOTO
    assert result.face_image_url is None


def test_data_is_read_from_a_string_as_well() -> None:
    """A gateway in between may have encoded it twice."""
    answer = reply({"code": 200, "data": json.dumps({"faceImageUrl": PHOTO})})
    assert result_of(answer).face_image_url == PHOTO


@pytest.mark.parametrize(
    "denial",
    [{"success": False}, {"success": "false"}, {"data": {"passed": False}}],
)
def test_a_success_that_denies_itself_is_no_pass(denial: dict[str, object]) -> None:
    """An older version of this API says 200 and then `passed: false`."""
    failure = failure_of(
        reply({"code": 200, "data": {"faceImageUrl": PHOTO, "token": "abc"}, **denial})
    )
    assert isinstance(failure, UnknownAnswer)


def test_message_stands_in_for_msg() -> None:
    """The older version of this API calls it so."""
    failure = failure_of(reply({"code": 400, "message": "参数错误"}))
    assert isinstance(failure, VendorRefused)
    assert failure.msg == "参数错误"


def test_a_task_number_may_be_a_number() -> None:
    """It is kept as text, digits and all."""
    assert result_of(reply({"code": 202, "taskNo": int("9" * 24)})).answer.task_no == (
        "9" * 24
    )


def test_texts_are_bounded_and_on_one_line() -> None:
    """Neither a log nor a page can be torn open by what the vendor says."""
    nasty = "a\r\nb\x00\x1b[31m\u202e\u2028\ud800" + "c" * 500
    body = json.dumps({"code": 202, "msg": nasty, "taskNo": nasty})
    answer = result_of(reply(body)).answer

    assert answer.msg == "a b[31m " + "c" * 192
    assert len(answer.task_no) == 64
    assert answer.msg.isprintable()
    assert answer.task_no.isprintable()


# Charsets and broken JSON.


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "application/json"),
        ("utf-8", "application/json; charset=ISO-8859-1"),
        ("utf-8", "text/html; charset=gbk"),
        ("utf-8", "application/json; charset=no-such-thing"),
        ("utf-8-sig", "application/json"),
        ("gbk", "application/json; charset=GBK"),
        ("gbk", "application/json; charset=utf-8"),
        ("gb18030", "text/plain"),
        ("utf-16", "application/json"),
        ("utf-16-le", "application/json"),
        ("utf-32", "application/json"),
    ],
)
def test_the_bytes_decide_the_charset(encoding: str, declared: str) -> None:
    """What is declared beside them is often wrong."""
    body = json.dumps({"code": 202, "msg": "实人认证未通过"}, ensure_ascii=False)
    result = result_of(reply(body.encode(encoding), content_type=declared))

    assert result.state is CheckState.NOT_PASSED
    assert result.answer.msg == "实人认证未通过"


def test_one_bad_byte_does_not_cost_the_answer() -> None:
    """A message cut within a character is still an answer."""
    body = '{"code": 202, "msg": "未通'.encode()[:-1] + b'"}'
    assert result_of(reply(body)).state is CheckState.NOT_PASSED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \r\n ",
        b"\xef\xbb\xbf",
        b"\x00" * 64,
        b"\xff\xfe\xff\xfe\xff",
        b"<html><body>502 Bad Gateway</body></html>",
        b"OK",
        b"null",
        b"true",
        b"200",
        b'"200"',
        b"[]",
        b'[{"code": 200, "data": {"token": "abc"}}]',
        b"{}",
        b'{"data": {"token": "abc"}}',
        b'{"code": 200, "data": {"token": "abc"',
        b'{"code": 200, "data": {"token": "abc"}} trailing',
        b"{'code': 200, 'data': {'token': 'abc'}}",
        b'{"code": NaN, "data": {"token": "abc"}}',
        b'{"code": 200, "score": NaN, "data": {"token": "abc"}}',
        b'{"code": 1e999, "data": {"token": "abc"}}',
        b'{"code": 200, "code": 202, "data": {"token": "abc"}}',
        b'{"code": 202, "code": 200, "data": {"token": "abc"}}',
        b'{"code": ' + b"2" * 5000 + b', "data": {"token": "abc"}}',
        b'{"code": 200, "data": ' + b"[" * 100_000,
        b'{"code": 200, "data": ' + b'{"a":' * 40_000,
        b'{"code": 200, "more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda body: body[:40].decode("latin-1"),
)
def test_what_cannot_be_read_is_unintelligible(body: bytes) -> None:
    """Neither a guess nor a crash."""
    failure = failure_of(reply(body))

    assert isinstance(failure, Unintelligible)
    assert len(failure.excerpt) <= 200


def test_a_page_is_quoted_in_the_excerpt() -> None:
    """The first words of a proxy's error page tell whose it is."""
    failure = failure_of(reply("<html>\n<h1>502 Bad Gateway</h1>\n" * 99, 502))

    assert isinstance(failure, Unintelligible)
    assert failure.http_status == 502
    assert failure.excerpt.startswith("<html> <h1>502 Bad Gateway</h1>")
    assert len(failure.excerpt) == 200


# Gateways.


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (400, "A400AC", "Invalid AppCode", "bad-key"),
        (400, "A400AC", "Invalid AppCode `not exists`", "bad-key"),
        (401, "A401AC", "Invalid AppCode `not exists`", "bad-key"),
        (400, "", "Invalid AppCode", "bad-key"),
        (403, "I403AA", "Unauthorized", "not-bought"),
        (403, "", "Unauthorized", "not-bought"),
        (403, "B403MQ", "Api Market Subscription quota exhausted", "used-up"),
        (403, "", "Quota Exhausted", "used-up"),
        (403, "", "Api Market Subscription quota exhausted", "used-up"),
        (403, "B403ME", "Api Market Subscription expired", "expired"),
        (403, "", "Quota Expired", "expired"),
        (403, "", "User Arrears", "arrears"),
        (403, "B403OD", "Provider Account Overdue", "backend-down"),
        (403, "B403MO", "Provider Account Overdue", "backend-down"),
        (403, "", "Throttled by USER Flow Control", "throttled"),
        (403, "", "Throttled by DOMAIN Flow Control", "throttled"),
        (429, "T429ID", "Throttled by API Flow Control", "throttled"),
        (429, "T429GR", "", "throttled"),
        (400, "", "Invalid Url", "wrong-url"),
        (404, "I404NF", "API not found", "wrong-url"),
        (404, "I404DO", "Invalid Domain", "wrong-url"),
        (400, "", "Invalid Param Location", "wrong-parameters"),
        (400, "A400XX", "Invalid Signature, Server StringToSign:`x`", "bad-signature"),
        (403, "A403IS", "Invalid Signature", "bad-signature"),
        (502, "D502FC", "", "backend-down"),
        (503, "D503BB", "", "backend-down"),
        (504, "D504TO", "", "backend-down"),
        (504, "D504CO", "", "backend-down"),
        (400, "A400AC", "", "bad-key"),
        (403, "A403IS", "", "bad-signature"),
        (403, "I403AA", "", "not-bought"),
        (403, "B403MQ", "", "used-up"),
        (403, "B403ME", "", "expired"),
        (403, "B403MO", "", "backend-down"),
        (404, "I404NF", "", "wrong-url"),
        # The code alone, where neither words nor status would say the same.
        (400, "A401AC", "", "bad-key"),
        (400, "B403OD", "", "backend-down"),
        (400, "T429ID", "", "throttled"),
        (400, "D502FC", "", "backend-down"),
        (400, "D503BB", "", "backend-down"),
        (400, "D504TO", "", "backend-down"),
        (400, "Z400ZZ", "Something New", "other"),
        (500, "Z500ZZ", "Something New", "backend-down"),
    ],
)
def test_the_alibaba_gateway_names_its_reason_in_headers(
    status: int, code: str, message: str, kind: str
) -> None:
    """The body is empty; an older gateway sends the words without a code."""
    answer = reply(
        b"",
        status,
        x_ca_error_code=code,
        x_ca_error_message=message,
        x_ca_request_id="A77CDCA5",
    )
    failure = failure_of(answer)

    assert isinstance(failure, GatewayRefused)
    assert failure.kind == kind
    assert (failure.code, failure.http_status) == (code, status)
    assert failure.request_id == "A77CDCA5"
    assert message.startswith(failure.message)


def test_a_gateway_is_believed_before_the_body() -> None:
    """Its code in the header means that the vendor has not been asked at all."""
    answer = reply({"code": 200, "data": {"token": "abc"}}, x_ca_error_code="B403MQ")
    assert isinstance(failure_of(answer), GatewayRefused)


def test_an_empty_error_code_means_that_the_vendor_answered() -> None:
    """The gateway says so itself, and passes the vendor's message on as its own."""
    answer = reply(
        {"code": 400, "msg": "参数错误"},
        450,
        x_ca_error_code="",
        x_ca_error_message="backend said 450",
    )
    assert isinstance(failure_of(answer), VendorRefused)


def test_what_a_gateway_has_signed_is_not_shown() -> None:
    """It quotes all parameters of the call."""
    signed = "Invalid Signature, Server StringToSign:`POST#returnUrl=https://secret`"
    failure = failure_of(reply(signed, 400, x_ca_error_message=signed))

    assert isinstance(failure, GatewayRefused)
    assert failure.kind == "bad-signature"
    assert failure.message == "Invalid Signature"
    assert "secret" not in f"{failure} {failure.excerpt}"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "APIG.0101", "wrong-url"),
        (401, "APIG.0303", "bad-key"),
        (403, "APIG.0304", "not-bought"),
        (429, "APIG.0308", "throttled"),
        (502, "APIG.0202", "backend-down"),
        (504, "APIG.0203", "backend-down"),
        (405, "APIGW.0501", "used-up"),
        (405, "APIGW.0502", "frozen"),
        (401, "APIGW.0303", "bad-key"),
        (400, "APIG.0308", "throttled"),
        (400, "APIG.0202", "backend-down"),
        (400, "APIG.0203", "backend-down"),
        (400, "APIG.9999", "other"),
    ],
)
def test_the_huawei_gateway_names_its_reason_in_json(
    status: int, code: str, kind: str
) -> None:
    """No `code` in it, so it cannot be taken for the vendor's."""
    body = {"error_code": code, "error_msg": "Incorrect app", "request_id": "7b3"}
    failure = failure_of(reply(body, status))

    assert isinstance(failure, GatewayRefused)
    assert (failure.kind, failure.code) == (kind, code)
    assert (failure.request_id, failure.http_status) == ("7b3", status)


@pytest.mark.parametrize(
    ("words", "kind", "shown"),
    [
        ("app not found, appkey 0117", "bad-key", "app not found, appkey 0117"),
        (
            "verify signature fail, canonicalRequest:POST|/x/|token=secret|host:a",
            "bad-signature",
            "verify signature fail",
        ),
        (
            "signature expired, signature time:20230527T000431Z",
            "clock-skew",
            "signature expired, signature time:20230527T000431Z",
        ),
    ],
)
def test_one_code_of_huawei_stands_for_three_things(
    words: str, kind: str, shown: str
) -> None:
    """Told apart by their words; what was signed holds parameters and is not shown."""
    beginning = "Incorrect app authentication information: "
    body = {"error_code": "APIG.0303", "error_msg": beginning + words, "request_id": "1"}
    failure = failure_of(reply(body, 401))

    assert isinstance(failure, GatewayRefused)
    assert failure.kind == kind
    assert failure.message == beginning + shown
    assert "secret" not in f"{failure} {failure.excerpt}"


def test_huawei_names_a_parameter_in_the_wrong_place() -> None:
    """Without a code of its own that is known."""
    body = {
        "error_code": "APIG.0106",
        "error_msg": "Invalid query parameter: expressNo required",
        "request_id": "1",
    }
    failure = failure_of(reply(body, 400))

    assert isinstance(failure, GatewayRefused)
    assert failure.kind == "wrong-parameters"


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (401, "HMAC signature does not match", "bad-signature"),
        (403, "HMAC signature does not match, Authorization", "bad-signature"),
        (403, "HMAC signature cannot be verified", "bad-key"),
        (401, "HMAC signature cannot be verified, a validate authorization", "bad-key"),
        (403, "HMAC apikey is invalid for API.", "bad-key"),
        (403, "HMAC id or signature missing in authorization", "bad-key"),
        (403, "authorization headers is invalidate", "bad-key"),
        (
            403,
            "HMAC signature cannot be verified, the x-date header is out of date for HMAC",
            "clock-skew",
        ),
        (403, "Found no validate usage plan", "not-bought"),
        (403, "Found no validate apiapp.", "not-bought"),
        (404, "Not Found Host", "wrong-url"),
        (404, "There is no api match host[a.example]", "wrong-url"),
        (400, "body param returnUrl is required.", "wrong-parameters"),
        (400, "querystring returnUrl is required.", "wrong-parameters"),
        (
            400,
            "req content type need application/x-www-form-urlencoded.",
            "wrong-parameters",
        ),
        (403, "签名时间 Mon, 19 Mar 2018 12:08:40 GMT 已超时", "clock-skew"),
    ],
)
@pytest.mark.parametrize("shape", ["message", "msg", "error", "numbered", "text", "html"])
def test_tencents_gateways_are_known_by_their_words(
    status: int, words: str, kind: str, shape: str
) -> None:
    """Nothing documents the body around them, so any will do."""
    body: object = {shape: words, "more": 1}
    if shape == "numbered":
        # Not one of the vendor's codes.
        body = {"code": status + 4000, "message": words}
    elif shape in {"text", "html"}:
        body = words if shape == "text" else f"<html><p>{words}</p></html>"
    failure = failure_of(reply(body, status, x_api_requestid="5d1f0c"))

    assert isinstance(failure, GatewayRefused)
    assert (failure.kind, failure.code, failure.http_status) == (kind, "", status)
    assert words[:20] in failure.message
    assert failure.request_id == "5d1f0c"


@pytest.mark.parametrize(
    "answer",
    [
        reply({"code": 400, "msg": "body param returnUrl is required"}, 400),
        reply({"code": "400", "msg": "签名时间超时"}, 403),
    ],
)
def test_a_documented_code_is_the_vendors_whatever_its_words(answer: Reply) -> None:
    """It may well say what is missing in the same way."""
    assert isinstance(failure_of(answer), VendorRefused)


def test_a_gateways_words_in_a_good_answer_are_just_words() -> None:
    """Under a status of success nobody was refused by one."""
    failure = failure_of(reply({"code": 701, "msg": "HMAC signature does not match"}))
    assert isinstance(failure, UnknownAnswer)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "EmptySignature", "bad-key"),
        (400, "SignatureEmpty", "bad-key"),
        (400, "SignatureFormatInvalid", "bad-key"),
        (400, "SignatureInvalid", "bad-key"),
        (400, "SignatureAppInvalid", "bad-key"),
        (400, "SignatureMismatch", "bad-signature"),
        (400, "SignatureTimestampInvalid", "clock-skew"),
        (400, "SignatureTimestampExpired", "clock-skew"),
        (403, "RequestTimeTooSkewed", "clock-skew"),
        (404, "ResourceNotFound", "wrong-url"),
        (429, "OverRateLimit", "throttled"),
        (502, "BadGateway", "backend-down"),
        (504, "GatewayTimeout", "backend-down"),
    ],
)
def test_baidus_gateway_says_a_word_for_a_code(status: int, code: str, kind: str) -> None:
    """Its texts are shuffled in its own table, so they decide nothing."""
    body = {
        "requestId": "ae2225f7",
        "code": code,
        "message": "Signature is invalid: Timestamp is expired.",
    }
    failure = failure_of(reply(body, status))

    assert isinstance(failure, GatewayRefused)
    assert (failure.kind, failure.code) == (kind, code)
    assert (failure.request_id, failure.http_status) == ("ae2225f7", status)


def test_a_word_for_a_code_that_nobody_knows_is_unintelligible() -> None:
    """It is not stretched into a gateway's."""
    assert isinstance(failure_of(reply({"code": "NoSuchThing"}, 400)), Unintelligible)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        *(("7", 7), ("0", 0), ("999999", 3600), ("-1", None), ("soon", None), ("", None)),
        ("Mon, 19 Mar 2018 12:08:47 GMT", 7),
        ("Mon, 19 Mar 2018 12:08:40 GMT", 0),
        ("Sun, 18 Mar 2018 12:08:40 GMT", 0),
        ("Mon, 19 Mar 2018 23:59:59 GMT", 3600),
        ("Mon, 99 Mar 2018 12:08:47 GMT", None),
    ],
)
def test_the_wait_that_is_asked_for_is_kept(value: str, seconds: int | None) -> None:
    """By the vendor, by a gateway, by whoever sends a bare 429, and with any 5xx.

    A date is counted from the answer's own, which our clock need not agree with.
    """
    date = "Mon, 19 Mar 2018 12:08:40 GMT"
    answers = (
        reply({"code": 609}, retry_after=value, date=date),
        reply(b"", 429, retry_after=value, date=date),
        reply(b"", 429, retry_after=value, date=date, x_ca_error_code="T429ID"),
        reply({"code": 500}, retry_after=value, date=date),
        reply("<html>", 503, retry_after=value, date=date),
    )
    for answer in answers:
        assert failure_of(answer).retry_after == seconds


def test_without_its_date_a_wait_is_counted_from_when_it_came() -> None:
    """On our own clock, then."""
    headers = {"retry-after": "Mon, 19 Mar 2018 12:08:47 GMT"}
    answer = Reply(429, headers, b"", came_at=1521461320.5)
    assert failure_of(answer).retry_after == 7


# Version 2.1 of the vendor.


@pytest.mark.parametrize(
    ("data", "page"),
    [
        ({}, ""),
        ({"url": "https://h5.example/2-1?a=b"}, "https://h5.example/2-1?a=b"),
        ({"URL": "https://h5.example/"}, ""),
        ({"pageUrl": "https://h5.example/"}, ""),
        *(({"url": bad}, "") for bad in (None, 5, "", ["https://h5.example/"])),
        *(({"url": bad}, "") for bad in ("javascript:alert(1)", "//h5.example", "/x")),
        *(({"url": f"https://h5.example/{bad}"}, "") for bad in (" ", "\n", "\\", "检")),
        ({"url": "https://h5.example/" + "x" * 512}, ""),
        ({"url": "https://[::1/"}, ""),
        ({"url": "https://h5.example:port/"}, ""),
    ],
)
def test_init_may_name_the_camera_page(data: dict[str, object], page: str) -> None:
    """Under the one name that is known for it; what cannot be an address is none."""
    answer = reply({"code": 200, "data": {"token": "abc", **data}})
    started = read_started(answer, Secrets())

    assert (started.token, started.page_url) == ("abc", page)
    assert "h5.example" not in repr(started)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_an_answer(status: int) -> None:
    """Even if it carries one: nothing of this API redirects."""
    answer = reply({"code": 200, "data": {"token": "abc"}}, status)
    assert isinstance(failure_of(answer), Unintelligible)
