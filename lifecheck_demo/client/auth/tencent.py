"""The Tencent Cloud market, on its new gateway and on the one it is switching off.

Sources: the samples on the market's listings (new gateway), and
cloud.tencent.com/document/product/296/11819 (old gateway). Bodies are never signed.
"""

import json
from email.utils import formatdate
from typing import Final

from requests import PreparedRequest

from .base import KeyAuth, hmac_base64

SOURCE: Final = "market"


class TencentAuth(KeyAuth):
    """The new gateway, `*.cloudmarket-apigw.com`: `Authorization` is a JSON object.

    One sample in PHP adds `X-Requested-With`; the others do without it, and so do we.
    """

    name = "tencent"

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Add the header, and the id by which the market finds a call."""
        date = formatdate(self._clock(), usegmt=True)
        signature = hmac_base64("sha1", self._secret, string_to_sign(date))
        said = {"id": self._key, "x-date": date, "signature": signature}
        r.headers["Authorization"] = json.dumps(said, separators=(",", ":"))
        r.headers["request-id"] = self._nonce()
        return r

    def proof(self, sent: PreparedRequest) -> tuple[str, ...]:
        """The signature."""
        return (str(json.loads(sent.headers["Authorization"])["signature"]),)


class TencentLegacyAuth(KeyAuth):
    """The old gateway, `*.apigw.tencentcs.com` and `*.apigateway.myqcloud.com`.

    It is being switched off; new subscriptions are on the new gateway.
    """

    name = "tencent-legacy"

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Add the three headers."""
        date = formatdate(self._clock(), usegmt=True)
        text = legacy_string_to_sign(date)
        r.headers["X-Date"] = date
        r.headers["X-Source"] = SOURCE
        r.headers["Authorization"] = (
            f'hmac id="{self._key}", algorithm="hmac-sha1", headers="x-date x-source", '
            f'signature="{hmac_base64("sha1", self._secret, text)}"'
        )
        return r

    def proof(self, sent: PreparedRequest) -> tuple[str, ...]:
        """The signature."""
        return (sent.headers["Authorization"].rpartition('signature="')[2].rstrip('"'),)


def string_to_sign(date: str) -> str:
    """What the new gateway signs: one line, without an end."""
    return f"x-date: {date}"


def legacy_string_to_sign(date: str, source: str = SOURCE) -> str:
    """What the old gateway signs: two lines, the second without an end."""
    return f"x-date: {date}\nx-source: {source}"
