"""Checks a credential as a market's gateway would; shares nothing with what makes them.

Written from the markets' pages in the plainest way, for one request as it came.
"""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

CODE, KEY, SECRET = "0123456789abcdef", "key-0123456789", "s3cret/01+23=456789"


@dataclass(frozen=True)
class Raw:
    """A request as it came; header names in lower case, the rest undecoded."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str


def refusal(auth: str, raw: Raw, *, now: float, secret: str = SECRET) -> str:
    """Why a gateway would turn *raw* away; empty when it would let it through."""
    said = raw.headers
    match auth:
        case "none":
            names = {"authorization", "x-apig-appcode", "x-bce-signature", "x-ca-key"}
            return "a credential" if names & set(said) or "appId" in raw.body else ""
        case "appcode":
            return _differs(said.get("authorization"), f"APPCODE {CODE}")
        case "huawei-appcode":
            return _differs(said.get("x-apig-appcode"), CODE)
        case "baidu-appcode":
            if "authorization" in said:
                return "an Authorization as well"
            return _differs(said.get("x-bce-signature"), f"AppCode/{CODE}")
        case "aliyun-signature":
            return _aliyun(raw, now, secret)
        case "tencent":
            return _tencent(raw, now, secret)
        case "tencent-legacy":
            return _tencent_legacy(raw, now, secret)
        case "huawei-signature":
            return _huawei(raw, now, secret)
        case "jumdata":
            return _jumdata(raw, now, secret)
    return f"no market is called {auth}"


def _differs(came: str | None, wanted: str) -> str:
    return "" if came == wanted else f"{came!r} in place of {wanted!r}"


def _stale(moment: float, now: float) -> str:
    return "" if abs(moment - now) < 60 else f"signed for {moment}, and it is {now}"


def _pairs(raw: Raw) -> list[tuple[str, str]]:
    pairs = parse_qsl(raw.query, keep_blank_values=True)
    if raw.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        pairs += parse_qsl(raw.body, keep_blank_values=True)
    return pairs


def _aliyun(raw: Raw, now: float, secret: str) -> str:
    said = raw.headers
    names = said.get("x-ca-signature-headers", "").split(",")
    if not {"x-ca-key", "x-ca-nonce", "x-ca-timestamp"} <= set(names):
        return f"signed headers {names}"
    lines = [raw.method, said.get("accept", ""), said.get("content-md5", "")]
    lines += [said.get("content-type", ""), said.get("date", "")]
    lines += [f"{name}:{said[name]}" for name in sorted(names)]
    first: dict[str, str] = {}
    for name, value in _pairs(raw):
        first.setdefault(name, value)
    shown = [n if first[n] == "" else f"{n}={first[n]}" for n in sorted(first)]
    lines.append(raw.path + ("?" + "&".join(shown) if shown else ""))
    digest = hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).digest()
    wanted = base64.b64encode(digest).decode()
    return (
        _differs(said.get("x-ca-key"), KEY)
        or _differs(said.get("x-ca-signature"), wanted)
        or _stale(int(said["x-ca-timestamp"]) / 1000, now)
    )


def _gmt(date: str) -> float:
    moment = datetime.strptime(date, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    return moment.timestamp()


def _sha1(secret: str, text: str) -> str:
    return base64.b64encode(
        hmac.new(secret.encode(), text.encode(), "sha1").digest()
    ).decode()


def _tencent(raw: Raw, now: float, secret: str) -> str:
    said = json.loads(raw.headers["authorization"])
    if set(said) != {"id", "x-date", "signature"} or not raw.headers.get("request-id"):
        return f"an Authorization of {sorted(said)}"
    return (
        _differs(said["id"], KEY)
        or _differs(said["signature"], _sha1(secret, "x-date: " + said["x-date"]))
        or _stale(_gmt(said["x-date"]), now)
    )


def _tencent_legacy(raw: Raw, now: float, secret: str) -> str:
    date, source = raw.headers.get("x-date", ""), raw.headers.get("x-source", "")
    wanted = (
        f'hmac id="{KEY}", algorithm="hmac-sha1", headers="x-date x-source", '
        f'signature="{_sha1(secret, f"x-date: {date}{chr(10)}x-source: {source}")}"'
    )
    return (
        _differs(source, "market")
        or _differs(raw.headers.get("authorization"), wanted)
        or _stale(_gmt(date), now)
    )


def _huawei(raw: Raw, now: float, secret: str) -> str:
    found = re.fullmatch(
        r"SDK-HMAC-SHA256 Access=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})",
        raw.headers.get("authorization", ""),
    )
    if not found:
        return f"an Authorization of {raw.headers.get('authorization')}"
    access, names, signature = found.groups()
    if not {"host", "x-sdk-date"} <= set(names.split(";")):
        return f"signed headers {names}"
    date = raw.headers["x-sdk-date"]
    query = sorted(
        quote(k, safe="-_.~") + "=" + quote(v, safe="-_.~")
        for k, v in parse_qsl(raw.query, keep_blank_values=True)
    )
    canonical = raw.method + "\n"
    canonical += (
        quote(raw.path, safe="/-_.~") + ("" if raw.path.endswith("/") else "/") + "\n"
    )
    canonical += "&".join(query) + "\n"
    for name in names.split(";"):
        canonical += name + ":" + raw.headers[name].strip() + "\n"
    canonical += "\n" + names + "\n" + hashlib.sha256(raw.body.encode()).hexdigest()
    text = f"SDK-HMAC-SHA256\n{date}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    wanted = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    moment = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    return _differs(access, KEY) or _differs(signature, wanted) or _stale(moment, now)


def _jumdata(raw: Raw, now: float, secret: str) -> str:
    fields = dict(parse_qsl(raw.body or raw.query, keep_blank_values=True))
    stamp = fields.get("timestamp", "0")
    wanted = hashlib.sha256((KEY + secret + stamp).encode()).hexdigest()
    return (
        _differs(fields.get("appId"), KEY)
        or _differs(fields.get("productCode"), "life_check_v2")
        or _differs(fields.get("sign"), wanted)
        or _stale(int(stamp) / 1000, now)
    )
