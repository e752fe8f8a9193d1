"""Faults on purpose: what a magic credential makes the sandbox answer; data, mostly.

A credential `sandbox-<name>` provokes the fault of that name. It travels where the
market's own credential travels, so that a client in any language meets a fault without
changing its request, and two visitors never disturb each other.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from werkzeug.datastructures import Headers

from .markets import PREFIX, STATES, Refusal, Said, aliyun, baidu, huawei, jumdata, tencent
from .markets.types import HTML_502

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
    ACCOUNT = "account"


class Wire(StrEnum):
    """How an answer can go wrong on its way."""

    SLOW = "slow"
    NEVER = "never"
    RESET = "reset"
    HALF = "half-body"


@dataclass(frozen=True)
class Fault:
    """One thing that can go wrong, under the name that asks for it.

    Only what is set applies: an answer that is `said` in place of the real one, a fault
    on the `wire`, the `outcome` that the check ends with by itself, the `query` that the
    browser is sent back with (empty: it is not sent back) behind this `joint`, how many
    result queries are too `early`, what stands `besides` in the true answer, or which
    `version` of the API begins the check.
    """

    name: str
    part: Part
    zh: str
    en: str
    said: Said | None = None
    wire: Wire | None = None
    outcome: str = ""
    query: str | None = None
    joint: str = ""
    early: int = 0
    besides: Mapping[str, object] = field(default_factory=dict)
    version: str = ""

    @property
    def credential(self) -> str:
        """The AppCode, or the key id of a pair, that asks for it."""
        return PREFIX + self.name


def chosen(headers: Headers) -> str | None:
    """The name of the fault that a request's credential asks for; None for none.

    Where no market stands before the API, simple credentials of any market are looked
    at, and nothing is verified.
    """
    for header, shape in CREDENTIALS:
        found = shape.fullmatch(headers.get(header, "").strip())
        name = named(found.group(1)) if found else None
        if name is not None:
            return name
    return None


def named(credential: str) -> str | None:
    """The name of the fault in an AppCode or key id, known or not; None for none."""
    asks = credential.startswith(PREFIX)
    return credential.removeprefix(PREFIX) if asks else None


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
    (502, "网络不稳定", "文档中没有的 502", "502 as a code, which is not in the document"),
)
# As the vendor's other products were seen to answer: a message and a code alone.
NO_TASK_NO: Final = Said(200, '{"msg": "关键字不能为空", "code": 400}')

# What stands besides in a true answer: name, fields, Chinese, English.
BESIDES: Final = (
    (
        "extra-fields",
        {"success": True, "charge": True},
        "多出 success 和 charge 字段",
        "more fields than documented: success and charge",
    ),
    ("200-as-text", {"code": "200"}, "返回码是字符串 200", "200 in quotes"),
)


def _refusals(
    name: str, refusals: Mapping[str, Refusal], say: Callable[[str], Said]
) -> Iterator[tuple[str, Said, str, str]]:
    """What a gateway can say: name, what is said, Chinese, English; each thing once."""
    said: list[Said] = []
    for kind, refusal in refusals.items():
        answer = say(kind)
        if answer not in said and not refusal.html:
            said.append(answer)
            yield f"{name}-{kind}", answer, refusal.zh, refusal.en


GATEWAYS: Final = (
    *_refusals("aliyun", aliyun.REFUSALS, aliyun.say),
    *_refusals("huawei", huawei.REFUSALS, huawei.say),
    *_refusals("tencent", tencent.REFUSALS, tencent.say_legacy),
    *_refusals("tencent-new", tencent.OF_THE_NEW, tencent.say),
    *_refusals("baidu", baidu.REFUSALS, baidu.say),
    *_refusals("jumdata", jumdata.REFUSALS, jumdata.say),
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
    ("no-task-no", NO_TASK_NO, "没有 taskNo 和 data", "an error without taskNo and data"),
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
        for name, besides, zh, en in BESIDES:
            yield Fault(
                f"{part}-{name}",
                part,
                cn + zh,
                gb + en,
                outcome=outcome,
                besides=besides,
            )


def _of_init() -> Iterator[Fault]:
    said = Said(450, _envelope(400, "参数错误"))
    zh, en = "初始化：HTTP 450，正文是参数错误", "Init: HTTP 450, with a code in its body"
    yield Fault("init-http-450", Part.INIT, zh, en, said)
    zh, en = (
        "初始化：按 V2.1 回答（返回检测页面地址，跳转时不带 success）",
        "Init: as V2.1 has it, with the page's address, and no success on the way back",
    )
    yield Fault("init-v2.1", Part.INIT, zh, en, version="2.1")


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
    zh, en = (
        "返回：returnUrl 自带参数时仍用 ? 连接",
        "Return: joined with ? though the return address has a query already",
    )
    yield Fault("return-joint", Part.RETURN, zh, en, outcome="passed", joint="?")


def _of_the_account() -> Iterator[Fault]:
    for name, zh, en in STATES:
        yield Fault(name, Part.ACCOUNT, f"账户：{zh}", f"Account: {en}")


FAULTS: Final = {
    fault.name: fault
    for fault in (
        *_of_both_calls(),
        *_of_init(),
        *_of_the_result(),
        *_of_the_check(),
        *_of_the_account(),
    )
}
