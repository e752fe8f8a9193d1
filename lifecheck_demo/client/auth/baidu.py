"""The Baidu Cloud market: an AppCode in a header of its own.

Source: cloud.baidu.com/doc/APIGW/s/Ljx2m1qc4. Its signed form is not offered here: no
listing of this vendor is known there, and where one is, the AppCode serves.
"""

from requests import PreparedRequest

from .base import CodeAuth


class BaiduAppCodeAuth(CodeAuth):
    """The header `X-Bce-Signature: AppCode/…`, and no `Authorization`."""

    name = "baidu-appcode"

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Add the header."""
        r.headers["X-Bce-Signature"] = f"AppCode/{self._appcode}"
        return r
