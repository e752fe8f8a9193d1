"""Baidu's market: one header, X-Bce-Signature, with an AppCode or a signature in it.

cloud.baidu.com/doc/APIGW/s/Ljx2m1qc4 (calling, the codes of a signature),
…/jk7tybe56 (further codes), …/Xkagrvyek (signing). Two rows of the first table have the
texts of each other; here each code has the text that it means.

Assumed: a refusal stands in headers and as JSON, since pages of services behind this
gateway show either; the window is half an hour, and what a signature's own age exceeds
is expired; `host` has to be among the signed headers. There is no word for a package
that is used up or has expired, or for arrears: the word for a key that may not was taken.
"""

import hashlib
import hmac
import json
import re
from typing import Final
from urllib.parse import quote

from .types import EXAMPLE_ID, Asked, Keys, Refusal, Said, html_502, same, seconds_of

# Of the signature's time, in seconds.
WINDOW: Final = 1800
APPCODE: Final = re.compile(r"AppCode/(\S+)")
SIGNED: Final = re.compile(
    r"(bce-auth-v1/([^/\s]+)/([^/\s]+)/([0-9]{1,8}))/([^/\s]*)/([^/\s]+)"
)
HEADER: Final = "X-Bce-Signature"
BY_DEFAULT: Final = ("host", "content-length", "content-type", "content-md5")
INVALID: Final = "Signature is invalid"
DENIED: Final = f"{INVALID}: App authorization failed."

REFUSALS: Final = {
    "no-signature": Refusal(
        400, "EmptySignature", "Signature is empty", "缺少签名", "no signature"
    ),
    "bad-format": Refusal(
        400,
        "SignatureFormatInvalid",
        f"{INVALID}: invalid signature format.",
        "签名格式错误",
        "an odd credential",
    ),
    "bad-key": Refusal(
        400,
        "SignatureAppInvalid",
        f"{INVALID}: app key is invalid.",
        "AppCode 错误",
        "a wrong AppCode",
    ),
    "bad-timestamp": Refusal(
        400,
        "SignatureTimestampInvalid",
        f"{INVALID}: timestamp is invalid.",
        "时间戳格式错误",
        "a time that is none",
    ),
    "expired-signature": Refusal(
        400,
        "SignatureTimestampExpired",
        f"{INVALID}: timestamp is expired.",
        "签名已过期",
        "a signature that is too old",
    ),
    "bad-signature": Refusal(
        400,
        "SignatureMismatch",
        f"{INVALID}: signature is mismatched.",
        "签名错误",
        "a wrong signature",
    ),
    "clock-skew": Refusal(
        403,
        "RequestTimeTooSkewed",
        "The difference between the request time and the server's time is too large.",
        "服务器时钟偏差",
        "a clock that is off",
    ),
    "too-large": Refusal(
        413,
        "EntityTooLarge",
        "Request entity is too large.",
        "请求体过大",
        "a body that is too large",
    ),
    "not-bought": Refusal(400, "SignatureAppInvalid", DENIED, "未购买", "not bought"),
    "used-up": Refusal(
        400, "SignatureAppInvalid", DENIED, "套餐次数用完", "the package is used up"
    ),
    "expired": Refusal(
        400, "SignatureAppInvalid", DENIED, "套餐已过期", "the package has expired"
    ),
    "arrears": Refusal(
        400, "SignatureAppInvalid", DENIED, "账户欠费", "you are in arrears"
    ),
    "throttled": Refusal(429, "OverRateLimit", "Over rate limit.", "被限流", "throttled"),
    "wrong-url": Refusal(
        404, "ResourceNotFound", "Resource not found.", "接口不存在", "no such interface"
    ),
    "wrong-parameters": Refusal(
        404,
        "ResourceNotFound",
        "Resource not found.",
        "参数位置错误",
        "parameters in the wrong place",
    ),
    "502": Refusal(
        502, "BadGateway", "No available backend.", "后端连接失败", "the back end is down"
    ),
    "504": Refusal(
        504, "GatewayTimeout", "Backend timeout.", "后端超时", "the back end timed out"
    ),
    "html-502": Refusal(502, "", "", "HTML 502", "HTML 502", html=True),
}


def say(kind: str, request_id: str = EXAMPLE_ID) -> Said:
    """A refusal, in headers and as JSON."""
    refusal = REFUSALS[kind]
    if refusal.html:
        return html_502()
    body = {"requestId": request_id, "code": refusal.code, "message": refusal.message}
    headers = {
        "X-Bce-Exception-Point": "Gateway",
        "X-Bce-Request-Id": request_id,
        "X-Bce-Error-Code": refusal.code,
        "X-Bce-Error-Message": refusal.message,
    }
    return Said(refusal.status, json.dumps(body), headers)


def credential_of(asked: Asked) -> str:
    """The AppCode, or the AppKey of a signature; empty when there is neither."""
    told = asked.header(HEADER)
    simple, signed = APPCODE.fullmatch(told), SIGNED.fullmatch(told)
    if simple:
        return simple.group(1)
    return signed.group(2) if signed else ""


def verify(asked: Asked, keys: Keys, now: float) -> Said | None:
    """None, or why the AppCode or the signature is refused."""
    told = asked.header(HEADER)
    if not told:
        return say("no-signature", asked.request_id)
    simple = APPCODE.fullmatch(told)
    if simple:
        known = keys.has_appcode(simple.group(1))
        return None if known else say("bad-key", asked.request_id)
    signed = SIGNED.fullmatch(told)
    if not signed:
        return say("bad-format", asked.request_id)
    prefix, key, date, lifetime, names, signature = signed.groups()
    secret = keys.secret_of(key)
    if secret is None:
        return say("bad-key", asked.request_id)
    if names and "host" not in names.split(";"):
        return say("bad-format", asked.request_id)
    refused = _refused_time(date, int(lifetime), now)
    if refused:
        return say(refused, asked.request_id)
    if not same(signature, _sign(canonical_request(asked, names), prefix, secret)):
        return say("bad-signature", asked.request_id)
    return None


def canonical_request(asked: Asked, names: str) -> str:
    """Method, path, query and the signed headers; without names, the ones by default."""
    pairs = sorted(
        f"{quote(name, safe='~')}={quote(value, safe='~')}"
        for name, value in asked.query
        if name.lower() != "authorization"
    )
    signed = names.lower().split(";") if names else _by_default(asked)
    headers = sorted(
        f"{name}:{quote(asked.header(name), safe='~')}"
        for name in signed
        if asked.header(name)
    )
    path = quote(asked.path, safe="/~")
    return "\n".join((asked.method, path, "&".join(pairs), *headers))


def _by_default(asked: Asked) -> list[str]:
    own = [name.lower() for name, _ in asked.headers]
    more = {name for name in own if name.startswith("x-bce-")} - {HEADER.lower()}
    return [*BY_DEFAULT, *more]


def _sign(canonical: str, prefix: str, secret: str) -> str:
    """With the secret a key is made for this prefix, which signs as text."""
    key = hmac.digest(secret.encode(), prefix.encode(), hashlib.sha256).hex()
    return hmac.digest(key.encode(), canonical.encode(), hashlib.sha256).hex()


def _refused_time(date: str, lifetime: int, now: float) -> str:
    """The kind of refusal for the time of a signature; empty when it is in time."""
    seconds = seconds_of(date, "%Y-%m-%dT%H:%M:%SZ")
    if seconds is None:
        return "bad-timestamp"
    age = now - seconds
    if abs(age) > WINDOW:
        return "clock-skew"
    return "expired-signature" if age > lifetime else ""
