"""How a call proves who pays for it: one small `requests` auth object per market."""

import time
from collections.abc import Callable
from typing import Final

from .aliyun import AliyunSignatureAuth, AppCodeAuth
from .baidu import BaiduAppCodeAuth
from .base import CodeAuth, KeyAuth, NoAuth, VendorAuth, new_nonce
from .huawei import HuaweiAppCodeAuth, HuaweiSignatureAuth
from .jumdata import JumDataAuth
from .tencent import TencentAuth, TencentLegacyAuth

__all__ = [
    "AUTH_NAMES",
    "AliyunSignatureAuth",
    "AppCodeAuth",
    "BaiduAppCodeAuth",
    "CodeAuth",
    "HuaweiAppCodeAuth",
    "HuaweiSignatureAuth",
    "JumDataAuth",
    "KeyAuth",
    "NoAuth",
    "TencentAuth",
    "TencentLegacyAuth",
    "VendorAuth",
    "auth_for",
]

BY_CODE: Final[dict[str, type[CodeAuth]]] = {
    auth.name: auth for auth in (AppCodeAuth, HuaweiAppCodeAuth, BaiduAppCodeAuth)
}
BY_KEY: Final[dict[str, type[KeyAuth]]] = {
    auth.name: auth
    for auth in (
        AliyunSignatureAuth,
        TencentAuth,
        TencentLegacyAuth,
        HuaweiSignatureAuth,
        JumDataAuth,
    )
}
AUTH_NAMES: Final = (*BY_CODE, *BY_KEY, NoAuth.name)


def auth_for(
    name: str,
    appcode: str = "",
    *,
    key: str = "",
    secret: str = "",
    clock: Callable[[], float] = time.time,
    nonce: Callable[[], str] = new_nonce,
) -> VendorAuth:
    """The auth object that the setting *name* asks for.

    Raises `ValueError` for an unknown name, and for a credential that cannot travel.
    """
    if name in BY_CODE:
        return BY_CODE[name](appcode)
    if name in BY_KEY:
        return BY_KEY[name](key, secret, clock=clock, nonce=nonce)
    if name == NoAuth.name:
        return NoAuth()
    raise ValueError(f"no auth is called {name!r}: use one of {', '.join(AUTH_NAMES)}")
