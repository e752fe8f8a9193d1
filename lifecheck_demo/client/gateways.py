"""How gateways say no: their codes and words, each with what it comes down to; data.

Sources, named by letter in the rows:

* A  Alibaba Cloud API Gateway, error codes: help.aliyun.com/document_detail/43906.htm
* B  Alibaba Cloud, older gateways: developer.aliyun.com/ask/278260
* H  Huawei Cloud APIG, error codes: support.huaweicloud.com, apig_03_0048.html
"""

from typing import Final, NamedTuple

from .errors import GatewayKind as Kind


class Row(NamedTuple):
    """The beginning of a code or of a message, what it means, and who says so."""

    start: str
    kind: Kind
    source: str


# The first row whose start fits decides, so the exact codes stand before families.
CODES: Final = (
    Row("A400AC", Kind.BAD_KEY, "A"),
    Row("A401AC", Kind.BAD_KEY, "A"),
    Row("A400MA", Kind.BAD_KEY, "A"),
    Row("A400IK", Kind.BAD_KEY, "A"),
    Row("A403IS", Kind.BAD_SIGNATURE, "A"),
    Row("I403AA", Kind.NOT_BOUGHT, "A"),
    Row("B403MI", Kind.NOT_BOUGHT, "A"),
    Row("B403MQ", Kind.USED_UP, "A"),
    Row("B403ME", Kind.EXPIRED, "A"),
    # The *seller* has not paid: nothing that a setting or a payment of ours would mend.
    Row("B403OD", Kind.BACKEND_DOWN, "A"),
    Row("B403MO", Kind.BACKEND_DOWN, "A"),
    Row("I404NF", Kind.WRONG_URL, "A"),
    Row("I404DO", Kind.WRONG_URL, "A"),
    Row("I405UM", Kind.WRONG_URL, "A"),
    Row("I400SG", Kind.WRONG_URL, "A"),
    Row("I400CT", Kind.WRONG_PARAMETERS, "A"),
    Row("I400MP", Kind.WRONG_PARAMETERS, "A"),
    Row("I400IP", Kind.WRONG_PARAMETERS, "A"),
    Row("T429", Kind.THROTTLED, "A"),
    Row("D502", Kind.BACKEND_DOWN, "A"),
    Row("D503", Kind.BACKEND_DOWN, "A"),
    Row("D504", Kind.BACKEND_DOWN, "A"),
    Row("APIG.0101", Kind.WRONG_URL, "H"),
    Row("APIG.0303", Kind.BAD_KEY, "H"),
    Row("APIG.0304", Kind.NOT_BOUGHT, "H"),
    Row("APIG.0308", Kind.THROTTLED, "H"),
    Row("APIG.0202", Kind.BACKEND_DOWN, "H"),
    Row("APIG.0203", Kind.BACKEND_DOWN, "H"),
    Row("APIGW.0501", Kind.USED_UP, "H"),
)

# For gateways that send words alone; compared without regard to case.
MESSAGES: Final = (
    # Current gateways append `not exists` to it, older ones do not.
    Row("Invalid AppCode", Kind.BAD_KEY, "B"),
    Row("Invalid AppKey", Kind.BAD_KEY, "B"),
    Row("Invalid Signature", Kind.BAD_SIGNATURE, "A"),
    Row("Unauthorized", Kind.NOT_BOUGHT, "B"),
    Row("Quota Exhausted", Kind.USED_UP, "B"),
    Row("Api Market Subscription quota exhausted", Kind.USED_UP, "A"),
    Row("Quota Expired", Kind.EXPIRED, "B"),
    Row("Api Market Subscription expired", Kind.EXPIRED, "A"),
    Row("User Arrears", Kind.ARREARS, "B"),
    Row("Provider Account Overdue", Kind.BACKEND_DOWN, "A"),
    Row("Throttled by", Kind.THROTTLED, "B"),
    Row("Invalid Url", Kind.WRONG_URL, "B"),
    Row("Invalid Param Location", Kind.WRONG_PARAMETERS, "B"),
)

# Holds the parameters of the call, for whoever mends a signature; never shown.
STRING_TO_SIGN: Final = "Server StringToSign"


def kind_of(code: str, message: str, status: int) -> Kind:
    """What a refusal comes down to: by its code, else its words, else its status."""
    for row in CODES:
        if code.startswith(row.start):
            return row.kind
    if STRING_TO_SIGN.lower() in message.lower():
        return Kind.BAD_SIGNATURE
    for row in MESSAGES:
        if message.lower().startswith(row.start.lower()):
            return row.kind
    if status == 429:
        return Kind.THROTTLED
    return Kind.BACKEND_DOWN if status >= 500 else Kind.OTHER


def without_parameters(text: str) -> str:
    """*text* up to where a gateway quotes what it has signed."""
    found = text.lower().find(STRING_TO_SIGN.lower())
    return text if found < 0 else text[:found].rstrip(" ,:;")
