"""Tencent Cloud's market: two generations of gateways that sign a date, not the body.

The new one (`*.cloudmarket-apigw.com`) takes an Authorization that is a JSON object; its
callers' code is public, a list of its errors is not. The older one
(`*.apigw.tencentcs.com`, `*.apigateway.myqcloud.com`) signs the headers that are named:
cloud.tencent.com/document/product/628/11819, its errors /document/faq/628/34086.

Assumed: the body of a refusal is `{"message": …}`. Of the new gateway's words only those
of a wrong clock are known; for the rest it speaks like the older one. The older one
answers with 401 where its two pages disagree (401 and 403). Used up, expired and arrears
are not told apart by either: the words of the usage plan and of the quota were taken.
"""

import base64
import hashlib
import hmac
import json
import re
from typing import Final

from .types import EXAMPLE_ID, Asked, Keys, Refusal, Said, html_502, same, seconds_of

# Of the date, in seconds.
WINDOW: Final = 900
GMT: Final = "%a, %d %b %Y %H:%M:%S GMT"
CANNOT: Final = "HMAC signature cannot be verified"
ALGORITHMS: Final = {
    "hmac-sha1": hashlib.sha1,
    "hmac-sha256": hashlib.sha256,
    "hmac-sha384": hashlib.sha384,
    "hmac-sha512": hashlib.sha512,
}
FIELD: Final = re.compile(r'\s*([a-z]+)="([^"]*)"\s*')
EXAMPLE_DETAIL: Final = "x-source"

REFUSALS: Final = {
    "no-credential": Refusal(
        401,
        "",
        f"{CANNOT}, a validate authorization header is required",
        "缺少认证信息",
        "no credential",
    ),
    "bad-format": Refusal(
        401, "", "HMAC authorization format error.", "签名格式错误", "an odd credential"
    ),
    "no-signature": Refusal(
        401, "", "HMAC id or signature missing.", "缺少密钥 ID 或签名", "no id or signature"
    ),
    "no-date": Refusal(
        401,
        "",
        f"{CANNOT}, a valid date or x-date header is required for HMAC Authentication",
        "缺少日期，或日期未参与签名",
        "no date, or one that is not signed",
    ),
    "no-header": Refusal(
        401,
        "",
        f"{CANNOT}, a valid {{detail}} header is required",
        "参与签名的请求头没有发送",
        "a signed header that was not sent",
    ),
    "bad-algorithm": Refusal(
        401,
        "",
        "HMAC algorithm {detail} not supported.",
        "签名算法不支持",
        "a way of signing that is not spoken",
    ),
    "bad-key": Refusal(401, "", f"{CANNOT}.", "密钥 ID 错误", "a wrong id"),
    "other-key": Refusal(
        401,
        "",
        "HMAC apikey is invalid for API.",
        "密钥不属于该接口",
        "a key that is not bound to this interface",
    ),
    "bad-signature": Refusal(
        401, "", "HMAC signature does not match", "签名错误", "a wrong signature"
    ),
    "clock-skew": Refusal(
        401,
        "",
        f"{CANNOT}, the x-date header is out of date for HMAC Authentication",
        "服务器时钟偏差",
        "a clock that is off",
    ),
    "too-large": Refusal(
        413, "", "Request Entity Too Large", "请求体过大", "a body that is too large"
    ),
    "not-bought": Refusal(403, "", "Found no validate usage plan", "未购买", "not bought"),
    "used-up": Refusal(
        429, "", "API quota exceeded.", "套餐次数用完", "the package is used up"
    ),
    "expired": Refusal(
        403, "", "Found no validate usage plan", "套餐已过期", "the package has expired"
    ),
    "arrears": Refusal(
        403, "", "Found no validate usage plan", "账户欠费", "you are in arrears"
    ),
    "throttled": Refusal(429, "", "API rate limit exceeded.", "被限流", "throttled"),
    "wrong-url": Refusal(404, "", "Not Found Host", "地址错误", "a wrong address"),
    "wrong-parameters": Refusal(
        403,
        "",
        "req content type need application/x-www-form-urlencoded.",
        "参数位置错误",
        "parameters in the wrong place",
    ),
    "502": Refusal(502, "", "Bad Gateway.", "后端连接失败", "the back end is down"),
    "504": Refusal(504, "", "Gateway Time-out.", "后端超时", "the back end timed out"),
    "html-502": Refusal(502, "", "", "HTML 502", "HTML 502", html=True),
}
# What the new gateway words otherwise.
OF_THE_NEW: Final = {
    "clock-skew": Refusal(
        403,
        "",
        "签名时间已超时，请使用当前时间重新签名",
        "服务器时钟偏差（新网关）",
        "a clock that is off, to the new gateway",
    ),
}


def say_legacy(
    kind: str, request_id: str = EXAMPLE_ID, detail: str = EXAMPLE_DETAIL
) -> Said:
    """A refusal of the older gateway."""
    return _say(REFUSALS[kind], request_id, detail)


def say(kind: str, request_id: str = EXAMPLE_ID, detail: str = EXAMPLE_DETAIL) -> Said:
    """A refusal of the new gateway."""
    return _say(OF_THE_NEW.get(kind) or REFUSALS[kind], request_id, detail)


def _say(refusal: Refusal, request_id: str, detail: str) -> Said:
    if refusal.html:
        return html_502()
    message = refusal.message.replace("{detail}", detail)
    body = json.dumps({"message": message}, ensure_ascii=False)
    return Said(refusal.status, body, {"X-Api-RequestId": request_id})


def id_of(asked: Asked) -> str:
    """The SecretId for the new gateway; empty when there is none."""
    return (_object(asked) or {}).get("id", "")


def verify(asked: Asked, keys: Keys, now: float) -> Said | None:
    """None, or why the new gateway refuses: it looks at one line, the date."""
    if not asked.header("Authorization"):
        return say("no-credential", asked.request_id)
    told = _object(asked)
    if told is None:
        return say("bad-format", asked.request_id)
    if not told.get("id") or not told.get("signature"):
        return say("no-signature", asked.request_id)
    secret = keys.secret_of(told["id"])
    if secret is None:
        return say("bad-key", asked.request_id)
    date = told.get("x-date", "")
    seconds = seconds_of(date, GMT)
    if seconds is None:
        return say("no-date", asked.request_id)
    if abs(now - seconds) > WINDOW:
        return say("clock-skew", asked.request_id)
    signature = _sign(f"x-date: {date}", secret, "hmac-sha1")
    if not same(told["signature"], signature):
        return say("bad-signature", asked.request_id)
    return None


def legacy_id_of(asked: Asked) -> str:
    """The SecretId for the older gateway; empty when there is none."""
    return (_fields(asked) or {}).get("id", "")


def verify_legacy(asked: Asked, keys: Keys, now: float) -> Said | None:
    """None, or why the older gateway refuses: it looks at the headers that are named."""
    if not asked.header("Authorization"):
        return say_legacy("no-credential", asked.request_id)
    told = _fields(asked)
    if told is None:
        return say_legacy("bad-format", asked.request_id)
    if not told.get("id") or not told.get("signature"):
        return say_legacy("no-signature", asked.request_id)
    algorithm = told.get("algorithm", "").lower()
    if algorithm not in ALGORITHMS:
        return say_legacy("bad-algorithm", asked.request_id, algorithm[:40])
    secret = keys.secret_of(told["id"])
    if secret is None:
        return say_legacy("bad-key", asked.request_id)
    names = told.get("headers", "").lower().split()
    dated = next((name for name in ("x-date", "date") if name in names), "")
    seconds = seconds_of(asked.header(dated), GMT) if dated else None
    if seconds is None:
        return say_legacy("no-date", asked.request_id)
    missing = next((name for name in names if not asked.header(name)), "")
    if missing:
        return say_legacy("no-header", asked.request_id, missing[:40])
    if abs(now - seconds) > WINDOW:
        return say_legacy("clock-skew", asked.request_id)
    text = "\n".join(f"{name}: {asked.header(name)}" for name in names)
    if not same(told["signature"], _sign(text, secret, algorithm)):
        return say_legacy("bad-signature", asked.request_id)
    return None


def _object(asked: Asked) -> dict[str, str] | None:
    """The Authorization that is JSON; None when it is anything else."""
    try:
        told = json.loads(asked.header("Authorization"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not all(isinstance(v, str) for v in told.values()):
        return None
    return told


def _fields(asked: Asked) -> dict[str, str] | None:
    """The Authorization of `hmac name="value", …`; None when it is anything else."""
    scheme, _, rest = asked.header("Authorization").partition(" ")
    found = [FIELD.fullmatch(part) for part in rest.split(",")]
    if scheme != "hmac" or not all(found):
        return None
    return {field.group(1): field.group(2) for field in found if field}


def _sign(text: str, secret: str, algorithm: str) -> str:
    digest = hmac.new(secret.encode(), text.encode(), ALGORITHMS[algorithm]).digest()
    return base64.b64encode(digest).decode()
