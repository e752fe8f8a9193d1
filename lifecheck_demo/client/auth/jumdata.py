"""The vendor itself, without a market: four parameters that travel with the others.

Source: the vendor's public pages, showdoc.com.cn/jumdata.
"""

from typing import Final
from urllib.parse import urlsplit

from requests import PreparedRequest

from .base import KeyAuth, Pairs, add_fields, body_of, fields_of, sha256_hex

# What this service is called there: jumdata.com/product/code/life_check_v2.
PRODUCT_CODE: Final = "life_check_v2"


class JumDataAuth(KeyAuth):
    """`appId`, `timestamp` in milliseconds, `sign` and `productCode`.

    Nothing documents whether the sign's letters may be capitals: they are sent small,
    as public clients send them. The parameters themselves are not signed.
    """

    name = "jumdata"

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Add the parameters, to the form or to the query."""
        timestamp = str(int(self._clock() * 1000))
        text = string_to_sign(self._key, self._secret, timestamp)
        fields = {
            "appId": self._key,
            "timestamp": timestamp,
            "sign": sha256_hex(text.encode()),
            "productCode": PRODUCT_CODE,
        }
        add_fields(r, fields)
        return r

    def proof(self, sent: PreparedRequest) -> tuple[str, ...]:
        """The sign."""
        return (dict(self.added(sent))["sign"],)

    def added(self, sent: PreparedRequest) -> Pairs:
        """The four, which stand last."""
        text = body_of(sent).decode() or urlsplit(str(sent.url)).query
        return fields_of(text)[-4:]


def string_to_sign(app_id: str, app_secret: str, timestamp: str) -> str:
    """What is hashed; it holds the secret, so it is never shown."""
    return f"{app_id}{app_secret}{timestamp}"
