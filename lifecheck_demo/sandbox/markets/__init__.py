"""The clouds' markets at the front door: who asks, and how each says no.

Each module knows one gateway, written from its public documents. A verifier is a pure
function of the request, the right keys and the time; what it cannot know from those (a
nonce that was used before) is left to `door.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from . import aliyun, baidu, huawei, jumdata, tencent
from .types import EXAMPLE_ID, PREFIX, Asked, Keys, Refusal, Said

__all__ = [
    "EXAMPLE_ID",
    "MARKETS",
    "PREFIX",
    "STATES",
    "Asked",
    "Gateway",
    "Keys",
    "Refusal",
    "Said",
]

Verify = Callable[[Asked, Keys, float], Said | None]


def _nothing(_asked: Asked) -> str:
    return ""


@dataclass(frozen=True)
class Gateway:
    """One market: the `settings` that speak to it, and what it does with a request.

    `credential` is the AppCode or key id that a request carries. `nonce` is what it may
    carry once only within `remembered` seconds; empty where there is none. Every kind of
    refusal in `STATES` can be asked of `say`, and "wrong-url" and "too-large".
    """

    settings: tuple[str, ...]
    verify: Verify
    credential: Callable[[Asked], str]
    say: Callable[[str, str], Said]
    nonce: Callable[[Asked], str] = _nothing
    remembered: int = 0


APPCODE: Final = ("LIFECHECK_APPCODE",)
PAIR: Final = ("LIFECHECK_KEY", "LIFECHECK_SECRET")

# By the names that LIFECHECK_AUTH has for them.
MARKETS: Final = {
    "appcode": Gateway(APPCODE, aliyun.verify_appcode, aliyun.appcode_of, aliyun.say),
    "aliyun-signature": Gateway(
        PAIR,
        aliyun.verify_signature,
        aliyun.key_of,
        aliyun.say,
        aliyun.nonce_of,
        # The timestamp may lie as much ahead as behind.
        2 * aliyun.WINDOW,
    ),
    "tencent": Gateway(PAIR, tencent.verify, tencent.id_of, tencent.say),
    "tencent-legacy": Gateway(
        PAIR, tencent.verify_legacy, tencent.legacy_id_of, tencent.say_legacy
    ),
    "huawei-appcode": Gateway(
        APPCODE, huawei.verify_appcode, huawei.appcode_of, huawei.say
    ),
    "huawei-signature": Gateway(PAIR, huawei.verify_signature, huawei.key_of, huawei.say),
    "baidu-appcode": Gateway(APPCODE, baidu.verify, baidu.credential_of, baidu.say),
    "jumdata": Gateway(PAIR, jumdata.verify, jumdata.id_of, jumdata.say),
}

# What an account, or the way behind the gateway, can be like: name, Chinese, English. A
# right credential of that name is verified, and then answered so.
STATES: Final = (
    ("not-bought", "未购买，或未授权", "not bought, or not authorised"),
    ("used-up", "套餐次数用完", "the package is used up"),
    ("expired", "套餐已过期", "the package has expired"),
    ("arrears", "账户欠费", "the account is in arrears"),
    ("throttled", "被限流", "throttled"),
    ("wrong-url", "地址错误", "a wrong address"),
    ("wrong-parameters", "参数位置错误", "parameters in the wrong place"),
    ("502", "后端连接失败", "the back end is down"),
    ("504", "后端超时", "the back end timed out"),
    ("html-502", "整个网关不可用，返回 HTML 502", "the whole gateway is down: HTML 502"),
)
