"""Callers of each market, written from the markets' documents and nothing of ours.

Each signs what it is about to send and hands it over as it goes out: query string, body
and headers. The sandbox's verifiers are held against these.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from urllib.parse import quote, urlencode

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Call:
    """A request as it goes out; `where` says where its parameters travel."""

    path: str
    parameters: dict[str, str]
    where: str = "form"
    host: str = "localhost"
    now: float = 1_800_000_000.0
    appcode: str = "the-right-appcode"
    key: str = "the-key"
    secret: str = "the-secret"
    nonce: str = "5b1f3a50-0000-4000-8000-000000000001"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> str:
        return urlencode(self.parameters) if self.where == "query" else ""

    @property
    def body(self) -> str:
        return "" if self.where == "query" else urlencode(self.parameters)

    def with_headers(self, **headers: str) -> "Call":
        """The same, with these headers instead; underscores stand for dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})


def b64(secret: str, text: str, algorithm: str) -> str:
    """An HMAC in Base64."""
    digest = hmac.new(secret.encode(), text.encode(), algorithm).digest()
    return base64.b64encode(digest).decode()


def utc(now: float, form: str) -> str:
    """A time of day in UTC."""
    return time.strftime(form, time.gmtime(now))


def aliyun_appcode(call: Call) -> Call:
    return call.with_headers(Content_Type=FORM, Authorization=f"APPCODE {call.appcode}")


def aliyun_signature(call: Call) -> Call:
    signed = {
        "x-ca-key": call.key,
        "x-ca-nonce": call.nonce,
        "x-ca-signature-method": "HmacSHA256",
        "x-ca-timestamp": str(int(call.now * 1000)),
    }
    pairs = [f"{k}={v}" if v else k for k, v in sorted(call.parameters.items())]
    lines = ["POST", "application/json", "", FORM, ""]
    lines += [f"{name}:{value}" for name, value in sorted(signed.items())]
    lines += [f"{call.path}?{'&'.join(pairs)}" if pairs else call.path]
    return call.with_headers(
        Accept="application/json",
        Content_Type=FORM,
        X_Ca_Signature=b64(call.secret, "\n".join(lines), "sha256"),
        X_Ca_Signature_Headers=",".join(sorted(signed)),
        **{name.replace("-", "_"): value for name, value in signed.items()},
    )


def tencent(call: Call) -> Call:
    date = formatdate(call.now, usegmt=True)
    signature = b64(call.secret, f"x-date: {date}", "sha1")
    told = {"id": call.key, "x-date": date, "signature": signature}
    return call.with_headers(
        Content_Type=FORM, Authorization=json.dumps(told), request_id=call.nonce
    )


def tencent_legacy(call: Call) -> Call:
    date = formatdate(call.now, usegmt=True)
    signature = b64(call.secret, f"x-date: {date}\nx-source: market", "sha1")
    return call.with_headers(
        Content_Type=FORM,
        X_Date=date,
        X_Source="market",
        Authorization=f'hmac id="{call.key}", algorithm="hmac-sha1", '
        f'headers="x-date x-source", signature="{signature}"',
    )


def huawei_appcode(call: Call) -> Call:
    return call.with_headers(Content_Type=FORM, X_Apig_AppCode=call.appcode)


def huawei_signature(call: Call) -> Call:
    date = utc(call.now, "%Y%m%dT%H%M%SZ")
    pairs = sorted(call.parameters.items()) if call.where == "query" else []
    canonical = "\n".join(
        [
            "POST",
            f"{call.path}/",
            "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in pairs),
            f"host:{call.host}",
            f"x-sdk-date:{date}",
            "",
            "host;x-sdk-date",
            hashlib.sha256(call.body.encode()).hexdigest(),
        ]
    )
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"SDK-HMAC-SHA256\n{date}\n{hashed}"
    signature = hmac.new(call.secret.encode(), text.encode(), "sha256").hexdigest()
    return call.with_headers(
        Content_Type="application/json" if call.where == "query" else FORM,
        Host=call.host,
        X_Sdk_Date=date,
        Authorization=f"SDK-HMAC-SHA256 Access={call.key}, "
        f"SignedHeaders=host;x-sdk-date, Signature={signature}",
    )


def baidu_appcode(call: Call) -> Call:
    return call.with_headers(Content_Type=FORM, X_Bce_Signature=f"AppCode/{call.appcode}")


def baidu_signature(call: Call, lifetime: int = 1800) -> Call:
    prefix = f"bce-auth-v1/{call.key}/{utc(call.now, '%Y-%m-%dT%H:%M:%SZ')}/{lifetime}"
    pairs = sorted(call.parameters.items()) if call.where == "query" else []
    canonical = "\n".join(
        [
            "POST",
            call.path,
            "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in pairs),
            f"content-type:{quote(FORM, safe='')}",
            f"host:{quote(call.host, safe='')}",
        ]
    )
    key = hmac.new(call.secret.encode(), prefix.encode(), "sha256").hexdigest()
    signature = hmac.new(key.encode(), canonical.encode(), "sha256").hexdigest()
    return call.with_headers(
        Content_Type=FORM,
        Host=call.host,
        X_Bce_Signature=f"{prefix}/content-type;host/{signature}",
    )


def jumdata(call: Call) -> Call:
    stamp = str(int(call.now * 1000))
    sign = hashlib.sha256(f"{call.key}{call.secret}{stamp}".encode()).hexdigest()
    four = {
        "appId": call.key,
        "timestamp": stamp,
        "sign": sign,
        "productCode": "life_check_v2",
    }
    return replace(call, parameters={**call.parameters, **four}).with_headers(
        Content_Type=FORM
    )


SIGNERS: dict[str, Callable[[Call], Call]] = {
    "appcode": aliyun_appcode,
    "aliyun-signature": aliyun_signature,
    "tencent": tencent,
    "tencent-legacy": tencent_legacy,
    "huawei-appcode": huawei_appcode,
    "huawei-signature": huawei_signature,
    "baidu-appcode": baidu_appcode,
    "jumdata": jumdata,
}
# The gateway of the same market, spoken to otherwise.
OTHERWISE = {"baidu-appcode": baidu_signature}
