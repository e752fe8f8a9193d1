"""JumData itself, without a market: a sum in the parameters, answers in its own JSON.

jumdata.com/product/code/life_check_v2 and showdoc.com.cn/jumdata: `appId`, `timestamp`
(ms), `sign` and `productCode` stand among the parameters. An error may lack `taskNo` and
`data` (showdoc 6341640106398635).

Assumed: the codes and words (400 for what is wrong with the four; 601, 602, 603 as a
sister company has them; 609 as the document has it), the window of a quarter of an hour,
and that nothing keeps a sum from being sent twice: it says nothing of the rest of the
request either. Addresses that do not exist and what is behind are answered by the web
server, in HTML.
"""

import hashlib
import json
import re
from typing import Final

from .types import EXAMPLE_ID, Asked, Keys, Refusal, Said, html_502, same

# Of the timestamp, in seconds.
WINDOW: Final = 15 * 60
PRODUCT: Final = "life_check_v2"
HTML_404: Final = (
    "<html>\r\n<head><title>404 Not Found</title></head>\r\n"
    "<body><center><h1>404 Not Found</h1></center></body>\r\n</html>\r\n"
)

REFUSALS: Final = {
    "no-credential": Refusal(
        200, "400", "{detail}不能为空", "缺少公共参数", "one of the four is missing"
    ),
    "bad-key": Refusal(200, "400", "appId 无效", "appId 错误", "a wrong appId"),
    "bad-signature": Refusal(200, "400", "sign 错误", "签名错误", "a wrong sign"),
    "bad-timestamp": Refusal(
        200, "400", "timestamp 格式错误", "时间戳格式错误", "a time that is none"
    ),
    "clock-skew": Refusal(
        200, "400", "timestamp 已过期", "服务器时钟偏差", "a clock that is off"
    ),
    "bad-product": Refusal(
        200, "400", "productCode 无效", "productCode 错误", "a wrong productCode"
    ),
    "too-large": Refusal(
        200, "400", "参数错误：请求体过大", "请求体过大", "a body that is too large"
    ),
    "not-bought": Refusal(200, "601", "未开通权限", "未购买", "not bought"),
    "used-up": Refusal(200, "603", "余额不足", "套餐次数用完", "the package is used up"),
    "expired": Refusal(200, "601", "未开通权限", "套餐已过期", "the package has expired"),
    "arrears": Refusal(200, "602", "账号停用", "账户欠费", "you are in arrears"),
    "throttled": Refusal(200, "609", "请求过于频繁，请稍候再试", "被限流", "throttled"),
    "wrong-url": Refusal(404, "", "", "地址错误", "a wrong address", html=True),
    "wrong-parameters": Refusal(
        200, "400", "returnUrl不能为空", "参数位置错误", "parameters in the wrong place"
    ),
    "502": Refusal(502, "", "", "后端连接失败", "the back end is down", html=True),
    "504": Refusal(200, "610", "请求超时", "后端超时", "the back end timed out"),
    "html-502": Refusal(502, "", "", "HTML 502", "HTML 502", html=True),
}


def say(kind: str, _request_id: str = EXAMPLE_ID, detail: str = "appId") -> Said:
    """A refusal as the vendor words it: a message and a code, and nothing else."""
    refusal = REFUSALS[kind]
    if refusal.status == 404:
        return Said(404, HTML_404, content_type="text/html")
    if refusal.html:
        return html_502()
    message = refusal.message.replace("{detail}", detail)
    body = {"msg": message, "code": int(refusal.code)}
    return Said(refusal.status, json.dumps(body, ensure_ascii=False))


def id_of(asked: Asked) -> str:
    """The appId; empty when it was not sent."""
    return asked.parameter("appId")


def verify(asked: Asked, keys: Keys, now: float) -> Said | None:
    """None, or why the four parameters are refused."""
    for name in ("appId", "timestamp", "sign", "productCode"):
        if not asked.parameter(name):
            return say("no-credential", asked.request_id, name)
    secret = keys.secret_of(id_of(asked))
    if secret is None:
        return say("bad-key", asked.request_id)
    stamp = asked.parameter("timestamp")
    if not re.fullmatch(r"[0-9]{1,15}", stamp):
        return say("bad-timestamp", asked.request_id)
    if abs(now - int(stamp) / 1000) > WINDOW:
        return say("clock-skew", asked.request_id)
    wanted = hashlib.sha256(f"{id_of(asked)}{secret}{stamp}".encode()).hexdigest()
    if not same(asked.parameter("sign"), wanted):
        return say("bad-signature", asked.request_id)
    if asked.parameter("productCode") != PRODUCT:
        return say("bad-product", asked.request_id)
    return None
