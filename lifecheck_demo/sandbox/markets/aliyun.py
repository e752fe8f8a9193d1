"""Alibaba Cloud's market: an AppCode, or a signature over everything that matters.

Signing: help.aliyun.com/document_detail/143207.htm. Codes and messages: …/43906.htm, and
developer.aliyun.com/ask/278260 for those that are given without a code.

Assumed: names are taken as X-Ca-Signature-Headers spells them, separated by commas (one
page of the documents says colons, every example has commas); a time or nonce that was
not sent is not missed; a signature that is missing is answered with 401 (sources have 401
and 404). Only HmacSHA256 is spoken.
"""

import base64
import hashlib
import hmac
import re
from typing import Final
from urllib.parse import quote

from .types import EXAMPLE_ID, Asked, Keys, Refusal, Said, html_502, same

# Of X-Ca-Timestamp, in seconds; a nonce is remembered as long.
WINDOW: Final = 15 * 60
APPCODE: Final = re.compile(r"APPCODE (\S+)")
IN_QUERY: Final = ("AppCode", "appcode", "appCode", "APPCODE", "APPCode")
NEVER_SIGNED: Final = frozenset(
    {
        "x-ca-signature",
        "x-ca-signature-headers",
        "accept",
        "content-md5",
        "content-type",
        "date",
    }
)
# What a header can hold as it is.
PLAIN: Final = "".join(map(chr, range(32, 127)))
LONGEST_MESSAGE: Final = 6000

REFUSALS: Final = {
    "no-credential": Refusal(
        400,
        "A400MA",
        "Need authorization, `X-Ca-Key` or `Authorization: APPCODE ...` is required",
        "缺少认证信息",
        "no credential",
    ),
    "bad-appcode": Refusal(
        400, "A400AC", "Invalid AppCode `not exists`", "AppCode 错误", "a wrong AppCode"
    ),
    "bad-key": Refusal(400, "A400IK", "Invalid AppKey", "AppKey 错误", "a wrong AppKey"),
    "no-signature": Refusal(401, "", "Empty Signature", "缺少签名", "no signature"),
    "bad-signature": Refusal(
        403,
        "A403IS",
        "Invalid Signature, Server StringToSign:`{detail}`",
        "签名错误",
        "a wrong signature",
    ),
    "bad-signature-old": Refusal(
        400,
        "",
        "Invalid Signature, Server StringToSign:`{detail}`",
        "签名错误（旧网关）",
        "a wrong signature, to an older gateway",
    ),
    "bad-method": Refusal(
        400,
        "I400HD",
        "Invalid Header `X-Ca-Signature-Method` {detail}",
        "签名算法不支持",
        "a way of signing that is not spoken",
    ),
    "bad-timestamp": Refusal(
        400, "", "Invalid Timestamp", "时间戳格式错误", "a time that is none"
    ),
    "clock-skew": Refusal(
        400, "", "Timestamp Expired", "服务器时钟偏差", "a clock that is off"
    ),
    "replayed": Refusal(
        400, "", "Nonce Used", "X-Ca-Nonce 重复使用", "a nonce that was used before"
    ),
    "bad-md5": Refusal(
        400, "", "Invalid Content-MD5", "Content-MD5 错误", "a wrong Content-MD5"
    ),
    "too-large": Refusal(
        413, "I413RL", "Request body too Large", "请求体过大", "a body that is too large"
    ),
    "not-bought": Refusal(
        403,
        "I403AA",
        "Unauthorized",
        "未购买，或地址属于其他商品",
        "not bought with this key, or another listing's address",
    ),
    "used-up": Refusal(
        403,
        "B403MQ",
        "Api Market Subscription quota exhausted",
        "套餐次数用完",
        "the package is used up",
    ),
    "expired": Refusal(
        403,
        "B403ME",
        "Api Market Subscription expired",
        "套餐已过期",
        "the package has expired",
    ),
    "arrears": Refusal(403, "", "User Arrears", "账户欠费", "you are in arrears"),
    "seller-arrears": Refusal(
        403, "B403OD", "Provider Account Overdue", "服务商欠费", "the seller is in arrears"
    ),
    "throttled": Refusal(
        429,
        "T429PA",
        "Throttled by API Flow Control",
        "被限流",
        "throttled",
        {"Retry-After": "12"},
    ),
    "throttled-old": Refusal(
        403,
        "",
        "Throttled by USER Flow Control",
        "被限流（旧网关）",
        "throttled by an older gateway",
    ),
    "wrong-url": Refusal(404, "I404NF", "API not found", "地址错误", "a wrong address"),
    "wrong-url-old": Refusal(
        400, "", "Invalid Url", "地址错误（旧网关）", "a wrong address, to an older gateway"
    ),
    "wrong-parameters": Refusal(
        400,
        "I400IP",
        "Invalid Param Location",
        "参数位置错误",
        "parameters in the wrong place",
    ),
    "502": Refusal(502, "D502FC", "", "后端连接失败", "the back end is down"),
    "503": Refusal(503, "D503BB", "", "后端熔断", "the back end is cut off"),
    "504": Refusal(504, "D504TO", "", "后端超时", "the back end timed out"),
    "html-502": Refusal(502, "", "", "HTML 502", "HTML 502", html=True),
}
EXAMPLE_DETAIL: Final = "POST#application/json##application/json##/init"


def say(kind: str, request_id: str = EXAMPLE_ID, detail: str = EXAMPLE_DETAIL) -> Said:
    """A refusal in headers, over an empty body."""
    refusal = REFUSALS[kind]
    if refusal.html:
        return html_502()
    message = refusal.message.replace("{detail}", detail)
    headers = {"X-Ca-Error-Code": refusal.code, "X-Ca-Error-Message": message}
    headers = {name: value for name, value in headers.items() if value}
    headers |= {"X-Ca-Request-Id": request_id.upper(), **refusal.headers}
    return Said(refusal.status, headers=headers, content_type="")


def appcode_of(asked: Asked) -> str:
    """The AppCode, of the header or of the query; empty when it was not sent.

    One half-width space and capitals, as the document has it.
    """
    found = APPCODE.fullmatch(asked.header("Authorization"))
    if found:
        return found.group(1)
    return next((value for name, value in asked.query if name in IN_QUERY), "")


def verify_appcode(asked: Asked, keys: Keys, _now: float) -> Said | None:
    """None, or why the AppCode is refused."""
    appcode = appcode_of(asked)
    if not appcode:
        return say("no-credential", asked.request_id)
    if not keys.has_appcode(appcode):
        return say("bad-appcode", asked.request_id)
    return None


def key_of(asked: Asked) -> str:
    """The AppKey; empty when it was not sent."""
    return asked.header("X-Ca-Key")


def nonce_of(asked: Asked) -> str:
    """What may come once only, with one AppKey; empty when it was not sent."""
    return asked.header("X-Ca-Nonce")


def verify_signature(asked: Asked, keys: Keys, now: float) -> Said | None:
    """None, or why the signature is refused; the nonce is left to who remembers."""
    key = key_of(asked)
    if not key:
        return say("no-credential", asked.request_id)
    secret = keys.secret_of(key)
    if secret is None:
        return say("bad-key", asked.request_id)
    signature = asked.header("X-Ca-Signature")
    if not signature:
        return say("no-signature", asked.request_id)
    method = asked.header("X-Ca-Signature-Method")
    if method not in {"", "HmacSHA256"}:
        return say("bad-method", asked.request_id, shown(method))
    signed = string_to_sign(asked)
    if not same(signature, _sign(signed, secret)):
        return say("bad-signature", asked.request_id, shown(signed))
    return _refused_time(asked, now) or _refused_md5(asked)


def string_to_sign(asked: Asked) -> str:
    """What the signature is over, in the order and spelling of the document."""
    names = asked.header("X-Ca-Signature-Headers").split(",")
    names = sorted({name.strip() for name in names} - {""})
    headers = "".join(
        f"{name}:{asked.header(name)}\n"
        for name in names
        if name.lower() not in NEVER_SIGNED
    )
    first = ("Accept", "Content-MD5", "Content-Type", "Date")
    lines = (asked.method, *(asked.header(name) for name in first))
    return "\n".join(lines) + "\n" + headers + _path_and_parameters(asked)


def _path_and_parameters(asked: Asked) -> str:
    """Query and form together, sorted, unencoded; of a repeated one the first value."""
    first: dict[str, str] = {}
    for name, value in (*asked.query, *asked.form):
        first.setdefault(name, value)
    pairs = [f"{name}={first[name]}" if first[name] else name for name in sorted(first)]
    return f"{asked.path}?{'&'.join(pairs)}" if pairs else asked.path


def _sign(text: str, secret: str) -> str:
    digest = hmac.digest(secret.encode(), text.encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


def _refused_time(asked: Asked, now: float) -> Said | None:
    stamp = asked.header("X-Ca-Timestamp")
    if not stamp:
        return None
    if not re.fullmatch(r"[0-9]{1,15}", stamp):
        return say("bad-timestamp", asked.request_id)
    if abs(now - int(stamp) / 1000) > WINDOW:
        return say("clock-skew", asked.request_id)
    return None


def _refused_md5(asked: Asked) -> Said | None:
    told = asked.header("Content-MD5")
    # Not a safeguard here: it is what the market's document asks for.
    found = base64.b64encode(hashlib.md5(asked.body, usedforsecurity=False).digest())
    if told and (not asked.body or not same(told, found.decode())):
        return say("bad-md5", asked.request_id)
    return None


def shown(text: str) -> str:
    """*text* in a header: newlines as #, and what a header cannot hold encoded."""
    return quote(text.replace("\n", "#"), safe=PLAIN)[:LONGEST_MESSAGE]
