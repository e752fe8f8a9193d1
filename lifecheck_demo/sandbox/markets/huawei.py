"""Huawei Cloud's store (APIG): an AppCode, or a signature over the whole request.

support.huaweicloud.com: usermanual-apig/apig_03_0058.md (AppCode),
devg-apisign/api-sign-algorithm-002.html (signing), apig_03_0048.html and
devg-apisign/api-sign-0003.html (what it answers).

Assumed: the words for a credential that is missing, or shaped otherwise. An AppCode in
the query, which the store's page mentions without its name, is not taken.
"""

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from .types import EXAMPLE_ID, Asked, Keys, Refusal, Said, html_502, same, seconds_of

# Of X-Sdk-Date, in seconds.
WINDOW: Final = 15 * 60
DATE: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z")
FORM: Final = "%Y%m%dT%H%M%SZ"
ALGORITHM: Final = "SDK-HMAC-SHA256"
SIGNED: Final = re.compile(
    rf"{ALGORITHM} Access=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([^,\s]+)"
)
WRONG: Final = "Incorrect app authentication information"

REFUSALS: Final = {
    "no-credential": Refusal(
        401,
        "APIG.0303",
        f"{WRONG}: authorization header not found",
        "缺少认证信息",
        "no credential",
    ),
    "bad-key": Refusal(
        401, "APIG.0303", f"{WRONG}: {{detail}}", "AppCode 或 AppKey 错误", "a wrong key"
    ),
    "bad-format": Refusal(
        401,
        "APIG.0303",
        f"{WRONG}: authorization format is incorrect",
        "签名格式错误",
        "an odd credential",
    ),
    "no-date": Refusal(
        401,
        "APIG.0303",
        f"{WRONG}: x-sdk-date must be sent and signed",
        "缺少 X-Sdk-Date，或未参与签名",
        "no X-Sdk-Date, or one that is not signed",
    ),
    "bad-signature": Refusal(
        401,
        "APIG.0303",
        f"{WRONG}: verify signature fail, canonicalRequest:{{detail}}",
        "签名错误",
        "a wrong signature",
    ),
    "clock-skew": Refusal(
        401,
        "APIG.0303",
        f"{WRONG}: signature expired, {{detail}}",
        "服务器时钟偏差",
        "a clock that is off",
    ),
    "too-large": Refusal(
        413,
        "APIG.0201",
        "Request entity too large",
        "请求体过大",
        "a body that is too large",
    ),
    "not-bought": Refusal(
        403,
        "APIG.0304",
        "The app is not authorized to access the API",
        "未授权",
        "not authorised",
    ),
    "used-up": Refusal(
        405,
        "APIGW.0501",
        "The quota has been used up",
        "套餐次数用完",
        "the package is used up",
    ),
    "expired": Refusal(
        403,
        "APIG.0304",
        "The app is not authorized to access the API",
        "套餐已过期",
        "the package has expired",
    ),
    "arrears": Refusal(
        405, "APIGW.0502", "The app has been frozen", "账户欠费", "you are in arrears"
    ),
    "throttled": Refusal(
        429,
        "APIG.0308",
        "The throttling threshold has been reached",
        "被限流",
        "throttled",
    ),
    "wrong-url": Refusal(
        404, "APIG.0101", "The API does not exist", "接口不存在", "no such interface"
    ),
    "wrong-parameters": Refusal(
        400,
        "APIG.0106",
        "Invalid query parameter: returnUrl required",
        "参数位置错误",
        "parameters in the wrong place",
    ),
    "502": Refusal(
        502, "APIG.0202", "Backend unavailable", "后端不可用", "the back end is down"
    ),
    "504": Refusal(
        504, "APIG.0203", "Backend timeout", "后端超时", "the back end timed out"
    ),
    "html-502": Refusal(502, "", "", "HTML 502", "HTML 502", html=True),
}
EXAMPLE_DETAIL: Final = "app not found, appkey 01177c425f71487ea362ba84dc4abe5e"
EXAMPLE_DETAILS: Final = {
    "bad-signature": "POST|/init/||x-sdk-date:20230527T015431Z||x-sdk-date|e3b0c442",
    "clock-skew": "signature time:20230527T000431Z,server time:20230527T020608Z",
}


def say(kind: str, request_id: str = EXAMPLE_ID, detail: str = "") -> Said:
    """A refusal as JSON of three fields."""
    refusal = REFUSALS[kind]
    if refusal.html:
        return html_502()
    detail = detail or EXAMPLE_DETAILS.get(kind, EXAMPLE_DETAIL)
    body = {
        "error_msg": refusal.message.replace("{detail}", detail),
        "error_code": refusal.code,
        "request_id": request_id.replace("-", ""),
    }
    return Said(refusal.status, json.dumps(body, ensure_ascii=False))


def appcode_of(asked: Asked) -> str:
    """The AppCode; empty when it was not sent."""
    return asked.header("X-Apig-AppCode")


def verify_appcode(asked: Asked, keys: Keys, _now: float) -> Said | None:
    """None, or why the AppCode is refused."""
    appcode = appcode_of(asked)
    if not appcode:
        return say("no-credential", asked.request_id)
    if not keys.has_appcode(appcode):
        return say("bad-key", asked.request_id, "app not found")
    return None


def key_of(asked: Asked) -> str:
    """The AppKey; empty when it was not sent."""
    found = SIGNED.fullmatch(asked.header("Authorization"))
    return found.group(1) if found else ""


def verify_signature(asked: Asked, keys: Keys, now: float) -> Said | None:
    """None, or why the signature is refused."""
    told = asked.header("Authorization")
    if not told:
        return say("no-credential", asked.request_id)
    found = SIGNED.fullmatch(told)
    if not found:
        return say("bad-format", asked.request_id)
    key, signed_headers, signature = found.groups()
    secret = keys.secret_of(key)
    if secret is None:
        return say("bad-key", asked.request_id, f"app not found, appkey {key[:80]}")
    date = asked.header("X-Sdk-Date")
    seconds = seconds_of(date, FORM) if DATE.fullmatch(date) else None
    if seconds is None or "x-sdk-date" not in signed_headers.split(";"):
        return say("no-date", asked.request_id)
    if abs(now - seconds) > WINDOW:
        ours = datetime.fromtimestamp(now, UTC).strftime(FORM)
        detail = f"signature time:{date},server time:{ours}"
        return say("clock-skew", asked.request_id, detail)
    canonical = canonical_request(asked, signed_headers)
    if not same(signature, _sign(canonical, date, secret)):
        detail = canonical.replace("\n", "|")
        return say("bad-signature", asked.request_id, detail)
    return None


def canonical_request(asked: Asked, signed_headers: str) -> str:
    """The whole request in one form, whichever way it was sent."""
    path = quote(asked.path, safe="/~")
    query = "&".join(
        f"{name}={value}"
        for name, value in sorted(
            (quote(name, safe="~"), quote(value, safe="~")) for name, value in asked.query
        )
    )
    headers = "".join(
        f"{name}:{asked.header(name)}\n" for name in sorted(signed_headers.split(";"))
    )
    return "\n".join(
        (
            asked.method,
            path if path.endswith("/") else f"{path}/",
            query,
            headers,
            signed_headers,
            hashlib.sha256(asked.body).hexdigest(),
        )
    )


def _sign(canonical: str, date: str, secret: str) -> str:
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{ALGORITHM}\n{date}\n{digest}"
    return hmac.digest(secret.encode(), text.encode(), hashlib.sha256).hex()
