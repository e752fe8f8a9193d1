"""Faults on purpose: what a magic credential makes the sandbox answer; data, mostly.

A credential `sandbox-<name>` provokes the fault of that name. It travels where the
market's own credential travels, so that a client in any language meets a fault without
changing its request, and two visitors never disturb each other.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from werkzeug.datastructures import Headers

PREFIX: Final = "sandbox-"
# Where each market's simple credential stands.
CREDENTIALS: Final = (
    ("Authorization", re.compile(r"APPCODE\s+(\S+)", re.IGNORECASE)),
    ("X-Apig-AppCode", re.compile(r"(\S+)")),
    ("X-Bce-Signature", re.compile(r"AppCode/(\S+)", re.IGNORECASE)),
)
MOST_LATE: Final = 9


class Part(StrEnum):
    """Which part of a check goes wrong."""

    INIT = "init"
    RESULT = "result"
    CHECK = "check"
    RETURN = "return"


class Wire(StrEnum):
    """How an answer can go wrong on its way."""

    SLOW = "slow"
    NEVER = "never"
    RESET = "reset"
    HALF = "half-body"


@dataclass(frozen=True)
class Said:
    """An answer as it goes out, whatever was asked."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Fault:
    """One thing that can go wrong, under the name that asks for it.

    Only what is set applies: an answer that is `said` in place of the real one, a fault
    on the `wire`, the `outcome` that the check ends with by itself, the `query` that the
    browser is sent back with (empty: it is not sent back), or how many result queries
    are too `early`.
    """

    name: str
    part: Part
    zh: str
    en: str
    said: Said | None = None
    wire: Wire | None = None
    outcome: str = ""
    query: str | None = None
    early: int = 0

    @property
    def credential(self) -> str:
        """The AppCode that asks for it."""
        return PREFIX + self.name


def chosen(headers: Headers) -> str:
    """The name of the fault that a request's credential asks for; empty for none."""
    for header, shape in CREDENTIALS:
        found = shape.fullmatch(headers.get(header, "").strip())
        if found and found.group(1).startswith(PREFIX):
            return found.group(1).removeprefix(PREFIX)
    return ""


def find(name: str) -> Fault | None:
    """The fault of that name; None when there is none."""
    return FAULTS.get(name)


def _envelope(code: object, msg: str, **more: object) -> str:
    task_no = "202601010000000000000000"
    return json.dumps(
        {"code": code, "msg": msg, "taskNo": task_no, **more}, ensure_ascii=False
    )


# As the vendor's document has them, for both of its interfaces.
CODES: Final = (
    (400, "参数错误", "参数错误", "a parameter was refused"),
    (500, "系统维护，请稍候再试", "系统维护", "the vendor is being maintained"),
    (604, "接口停用", "接口停用", "the interface is switched off"),
    (606, "调用超限，请稍候再试", "调用超限", "the limit of calls is reached"),
    (609, "请求过于频繁，请稍候再试", "请求过于频繁", "calls come too often"),
    (610, "请求超时", "请求超时", "the vendor's own request timed out"),
    (999, "其他错误", "其他", "something else, as the vendor words it"),
    (701, "templateId 无效", "文档中没有的返回码", "a code that is not in the document"),
)

HTML_502: Final = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    "<body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>\r\n"
)


def _aliyun(status: int, code: str, message: str, **more: str) -> Said:
    """Alibaba's gateway speaks in headers, over an empty body."""
    headers = {"X-Ca-Error-Code": code, "X-Ca-Error-Message": message}
    headers = {name: value for name, value in headers.items() if value}
    request_id = {"X-Ca-Request-Id": "7AD052CB-EE8B-4DFD-BBAF-EFB340E0A5AF"}
    return Said(status, headers={**headers, **request_id, **more}, content_type="")


def _huawei(status: int, code: str, message: str) -> Said:
    body = {"error_msg": message, "error_code": code, "request_id": "7c4a7b5e6a0d4e6f"}
    return Said(status, json.dumps(body))


def _tencent(status: int, message: str) -> Said:
    """Its words are documented, the shape of the body is not: this one was assumed."""
    return Said(status, json.dumps({"message": message}))


def _baidu(status: int, code: str, message: str) -> Said:
    """As for Tencent: the codes are documented, the shape was assumed."""
    return Said(status, json.dumps({"code": code, "message": message}))


# name, what is said, Chinese, English. From the markets' own documents:
# Alibaba help.aliyun.com/document_detail/43906.htm and developer.aliyun.com/ask/278260,
# Huawei support.huaweicloud.com (apig_03_0048.html),
# Tencent cloud.tencent.com/document/faq/628/34086,
# Baidu cloud.baidu.com/doc/APIGW/s/Ljx2m1qc4.
GATEWAYS: Final = (
    (
        "aliyun-bad-appcode",
        _aliyun(400, "A400AC", "Invalid AppCode `not exists`"),
        "AppCode 错误",
        "a wrong AppCode",
    ),
    (
        "aliyun-not-bought",
        _aliyun(403, "I403AA", "Unauthorized"),
        "未购买，或地址属于其他商品",
        "not bought with this key, or another listing's address",
    ),
    (
        "aliyun-used-up",
        _aliyun(403, "B403MQ", "Api Market Subscription quota exhausted"),
        "套餐次数用完",
        "the package is used up",
    ),
    (
        "aliyun-expired",
        _aliyun(403, "B403ME", "Api Market Subscription expired"),
        "套餐已过期",
        "the package has expired",
    ),
    ("aliyun-arrears", _aliyun(403, "", "User Arrears"), "账户欠费", "you are in arrears"),
    (
        "aliyun-seller-arrears",
        _aliyun(403, "B403OD", "Provider Account Overdue"),
        "服务商欠费",
        "the seller is in arrears",
    ),
    (
        "aliyun-throttled",
        _aliyun(429, "T429AP", "Throttled by APP Flow Control", **{"Retry-After": "12"}),
        "被限流",
        "throttled",
    ),
    (
        "aliyun-throttled-old",
        _aliyun(403, "", "Throttled by USER Flow Control"),
        "被限流（旧网关）",
        "throttled by an older gateway",
    ),
    (
        "aliyun-wrong-url",
        _aliyun(404, "I404NF", "Invalid Url"),
        "地址错误",
        "a wrong address",
    ),
    (
        "aliyun-wrong-parameters",
        _aliyun(400, "I400IP", "Invalid Param Location"),
        "参数位置错误",
        "parameters in the wrong place",
    ),
    (
        "aliyun-bad-signature",
        _aliyun(
            400,
            "A400IS",
            "Invalid Signature, Server StringToSign:`POST#application/json##/init`",
        ),
        "签名错误",
        "a wrong signature",
    ),
    ("aliyun-502", _aliyun(502, "D502FC", ""), "后端连接失败", "the back end is down"),
    ("aliyun-503", _aliyun(503, "D503BB", ""), "后端熔断", "the back end is cut off"),
    ("aliyun-504", _aliyun(504, "D504TO", ""), "后端超时", "the back end timed out"),
    (
        "huawei-bad-key",
        _huawei(401, "APIG.0303", "Incorrect app authentication information"),
        "AppCode 或签名错误",
        "a wrong AppCode or signature",
    ),
    (
        "huawei-not-bought",
        _huawei(403, "APIG.0304", "The app is not authorized to access the API"),
        "未授权",
        "not authorised",
    ),
    (
        "huawei-throttled",
        _huawei(429, "APIG.0308", "The throttling threshold has been reached"),
        "被限流",
        "throttled",
    ),
    (
        "huawei-wrong-url",
        _huawei(404, "APIG.0101", "The API does not exist"),
        "接口不存在",
        "no such interface",
    ),
    (
        "huawei-502",
        _huawei(502, "APIG.0202", "Backend unavailable"),
        "后端不可用",
        "the back end is down",
    ),
    (
        "huawei-504",
        _huawei(504, "APIG.0203", "Backend timeout"),
        "后端超时",
        "the back end timed out",
    ),
    (
        "huawei-used-up",
        _huawei(405, "APIGW.0501", "The quota has been used up"),
        "套餐次数用完",
        "the package is used up",
    ),
    (
        "tencent-bad-signature",
        _tencent(401, "HMAC signature does not match"),
        "签名错误",
        "a wrong signature",
    ),
    (
        "tencent-clock-skew",
        _tencent(
            403,
            "HMAC signature cannot be verified, the x-date header is out of date for "
            "HMAC signature authentication",
        ),
        "服务器时钟偏差",
        "a clock that is off",
    ),
    (
        "tencent-not-bought",
        _tencent(403, "Found no validate usage plan"),
        "未购买",
        "not bought",
    ),
    ("tencent-wrong-url", _tencent(404, "Not Found Host"), "地址错误", "a wrong address"),
    (
        "baidu-no-signature",
        _baidu(403, "EmptySignature", "Signature is empty"),
        "缺少签名",
        "no signature",
    ),
    (
        "baidu-bad-key",
        _baidu(403, "SignatureAppInvalid", "App of the signature is invalid"),
        "AppCode 错误",
        "a wrong AppCode",
    ),
    (
        "baidu-clock-skew",
        _baidu(403, "RequestTimeTooSkewed", "Request time is too skewed"),
        "服务器时钟偏差",
        "a clock that is off",
    ),
)

# name, what is said or how it travels, Chinese, English.
TRANSPORT: Final = (
    ("slow", Wire.SLOW, "三秒后才回答", "answers after three seconds"),
    ("never", Wire.NEVER, "一直不回答", "never answers"),
    ("reset", Wire.RESET, "连接被断开", "closes the connection without an answer"),
    ("half-body", Wire.HALF, "回答只到一半", "sends half of its answer"),
    ("html-502", Said(502, HTML_502, content_type="text/html"), "HTML 502", "HTML 502"),
    ("empty", Said(200, ""), "空的回答", "an empty answer"),
    ("not-json", Said(200, "{'code': 200}"), "不是 JSON", "no valid JSON"),
    ("no-code", Said(200, '{"msg": "成功"}'), "没有返回码", "JSON without a code"),
)

ENDINGS: Final = (
    ("passed", "检测通过", "passes at once, without a camera"),
    ("202-hijack", "视频劫持攻击", "a hijacked camera"),
    ("202-actions", "动作不符合给定序列", "actions that did not match"),
    ("202-face", "人脸未通过判断", "a face that could not be confirmed"),
    ("203-browser", "浏览器或硬件故障", "a browser or device that could not"),
    ("203-permission", "摄像头权限被拒绝", "a camera that was not allowed"),
    ("203-actions", "动作参数错误", "an action list that was not accepted"),
    ("203-other", "其他错误", "another fault"),
)

RETURNS: Final = (
    ("no-success", "token={token}", "返回地址没有 success", "comes back without success"),
    (
        "odd-success",
        "token={token}&success=True",
        "返回 success=True（大写）",
        "comes back with success=True, in capitals",
    ),
    (
        "false-on-pass",
        "token={token}&success=false",
        "通过了，却返回 success=false",
        "passed, and comes back with success=false",
    ),
    (
        "other-token",
        "token=AnotherVisitorsToken0123456789&success=true",
        "返回的是别人的 token",
        "comes back with another visitor's token",
    ),
    (
        "repeated",
        "token={token}&success=true&token={token}&success=false",
        "参数重复出现",
        "comes back with every parameter twice",
    ),
    ("never", "", "不返回", "never comes back, though there is a result"),
)


def _of_both_calls() -> Iterator[Fault]:
    """What init and result have in common; to ask for a result, the check has ended."""
    for part, cn, gb, outcome in (
        (Part.INIT, "初始化：", "Init: ", ""),
        (Part.RESULT, "查询结果：", "Result: ", "passed"),
    ):
        for code, msg, zh, en in CODES:
            said = Said(200, _envelope(code, msg))
            yield Fault(f"{part}-{code}", part, cn + zh, gb + en, said, outcome=outcome)
        for name, how, zh, en in (*GATEWAYS, *TRANSPORT):
            yield Fault(
                f"{part}-{name}",
                part,
                cn + zh,
                gb + en,
                how if isinstance(how, Said) else None,
                how if isinstance(how, Wire) else None,
                outcome,
            )


def _of_the_result() -> Iterator[Fault]:
    answers = (
        (
            "200-no-photo",
            Said(200, _envelope(200, "实人认证通过", data={})),
            "查询结果：通过，但没有照片",
            "Result: passed, but without a photo",
        ),
        (
            "201-as-text",
            Said(200, _envelope("201", "未查询到检测结果")),
            "查询结果：返回码是字符串",
            "Result: a code in quotes",
        ),
        (
            "http-450",
            Said(450, _envelope(202, "实人认证未通过")),
            "查询结果：HTTP 450，正文是未通过",
            "Result: HTTP 450, with the vendor's own refusal as its body",
        ),
    )
    for name, said, zh, en in answers:
        yield Fault(f"result-{name}", Part.RESULT, zh, en, said, outcome="passed")
    for n in range(1, MOST_LATE + 1):
        zh, en = f"查询结果：前 {n} 次是 201", f"Result: 201 for the first {n} queries"
        yield Fault(f"result-late-{n}", Part.RESULT, zh, en, outcome="passed", early=n)


def _of_the_check() -> Iterator[Fault]:
    for name, zh, en in ENDINGS:
        yield Fault(name, Part.CHECK, f"检测：{zh}", f"Check: {en}", outcome=name)
    back = "token={token}&success=false"
    zh, en = (
        "检测：没有完成就返回，查询得到 201",
        "Check: comes back unfinished, result 201",
    )
    yield Fault("201", Part.CHECK, zh, en, query=back)
    zh, en = (
        "检测：令牌立即过期，查询得到 301",
        "Check: the token expires at once, result 301",
    )
    yield Fault("301", Part.CHECK, zh, en, outcome="expire", query=back)
    for name, query, zh, en in RETURNS:
        yield Fault(
            f"return-{name}",
            Part.RETURN,
            f"返回：{zh}",
            f"Return: {en}",
            outcome="passed",
            query=query,
        )


FAULTS: Final = {
    fault.name: fault for fault in (*_of_both_calls(), *_of_the_result(), *_of_the_check())
}
