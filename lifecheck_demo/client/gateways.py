"""How gateways say no: their codes and words, each with what it comes down to; data.

Sources, named by letter in the rows:

* A  Alibaba Cloud API Gateway, error codes: help.aliyun.com/document_detail/43906.htm
* B  Alibaba Cloud, older gateways: developer.aliyun.com/ask/278260
* T  Tencent Cloud API Gateway, error codes: cloud.tencent.com/document/product/628/42188
  and its questions, /document/faq/628/34086
* N  Tencent Cloud market's new gateway: seen by clients; no list of its words is known
* H  Huawei Cloud APIG, error codes: support.huaweicloud.com, apig_03_0048.html, and
  its questions about app authentication, apig_faq/apig-faq-0009.html
* C  Baidu API gateway, error codes: cloud.baidu.com/doc/APIGW/s/Ljx2m1qc4, some of them
  under other names in cloud.baidu.com/doc/CSC/s/xmojpcctn
"""

import re
from typing import Final, NamedTuple

from .errors import GatewayKind as Kind


class Row(NamedTuple):
    """The beginning of a code, or words, what they mean, and who says so.

    `words` narrows a code that one gateway gives for several things.
    """

    start: str
    kind: Kind
    source: str
    words: str = ""


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
    Row("APIG.0303", Kind.CLOCK_SKEW, "H", "signature expired"),
    Row("APIG.0303", Kind.BAD_SIGNATURE, "H", "verify signature fail"),
    Row("APIG.0303", Kind.BAD_KEY, "H"),
    Row("APIG.0304", Kind.NOT_BOUGHT, "H"),
    Row("APIG.0308", Kind.THROTTLED, "H"),
    Row("APIG.0202", Kind.BACKEND_DOWN, "H"),
    Row("APIG.0203", Kind.BACKEND_DOWN, "H"),
    Row("APIG.0501", Kind.USED_UP, "H"),
    Row("APIG.0502", Kind.FROZEN, "H"),
)

# Baidu's codes are words in the field `code`, where the vendor has numbers. Its table
# pairs some of them with the texts of others, so that the texts decide nothing.
NAMES: Final = {
    "EmptySignature": Kind.BAD_KEY,
    "SignatureEmpty": Kind.BAD_KEY,
    "SignatureFormatInvalid": Kind.BAD_KEY,
    "SignatureInvalid": Kind.BAD_KEY,
    "SignatureAppInvalid": Kind.BAD_KEY,
    "SignatureMismatch": Kind.BAD_SIGNATURE,
    "SignatureTimestampInvalid": Kind.CLOCK_SKEW,
    "SignatureTimestampExpired": Kind.CLOCK_SKEW,
    "RequestTimeTooSkewed": Kind.CLOCK_SKEW,
    "ResourceNotFound": Kind.WRONG_URL,
    "OverRateLimit": Kind.THROTTLED,
    "BadGateway": Kind.BACKEND_DOWN,
    "GatewayTimeout": Kind.BACKEND_DOWN,
}

# For gateways that send words alone; compared without regard to case.
MESSAGES: Final = (
    # Current gateways append `not exists` to it, older ones do not.
    Row("Invalid AppCode", Kind.BAD_KEY, "B"),
    Row("Invalid AppKey", Kind.BAD_KEY, "B"),
    Row("Invalid AppSecret", Kind.BAD_SIGNATURE, "B"),
    Row("Invalid Signature", Kind.BAD_SIGNATURE, "A"),
    Row("Timestamp Expired", Kind.CLOCK_SKEW, "B"),
    Row("Invalid Timestamp", Kind.CLOCK_SKEW, "B"),
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
    # Huawei's gateway gives this no code of its own that is known.
    Row("Invalid query parameter", Kind.WRONG_PARAMETERS, "H"),
)

# Words that nobody but a gateway says, wherever in an answer they stand: Tencent's have
# neither a header nor a code that is documented. The first that is found decides.
ANYWHERE: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        # The old gateway (T).
        (r"x?-?date header is out of date", Kind.CLOCK_SKEW),
        (r"HMAC signature does not match", Kind.BAD_SIGNATURE),
        (r"HMAC signature cannot be verified", Kind.BAD_KEY),
        (r"HMAC apikey is invalid for API", Kind.BAD_KEY),
        (r"HMAC id or signature missing", Kind.BAD_KEY),
        (r"authorization headers is invalidate", Kind.BAD_KEY),
        (r"Found no validate (?:usage plan|apiapp)", Kind.NOT_BOUGHT),
        (r"API quota exceeded", Kind.USED_UP),
        (r"Not Found Host|There is no api match", Kind.WRONG_URL),
        (r"(?:body param|querystring) \S+ is required", Kind.WRONG_PARAMETERS),
        (r"req content type need", Kind.WRONG_PARAMETERS),
        # The new one (N); its clock is the only failure that has been seen.
        (r"签名时间.{0,80}超时", Kind.CLOCK_SKEW),
    )
)

# From here on a gateway quotes the parameters of the call, for whoever mends a
# signature; never shown.
QUOTES: Final = re.compile(r"Server StringToSign|canonicalRequest", re.IGNORECASE)


def kind_of(code: str, message: str, status: int) -> Kind:
    """What a refusal comes down to: by its code, else its words, else its status."""
    said, plain = message.lower(), code.replace("APIGW.", "APIG.")
    for row in CODES:
        if plain.startswith(row.start) and row.words in said:
            return row.kind
    if code in NAMES:
        return NAMES[code]
    for row in MESSAGES:
        if said.startswith(row.start.lower()):
            return row.kind
    known = kind_of_words(message)
    if known:
        return known
    if QUOTES.search(message):
        return Kind.BAD_SIGNATURE
    if status == 429:
        return Kind.THROTTLED
    # Whoever answers, in a shape of nobody's: at this address there is nothing.
    if status == 404:
        return Kind.WRONG_URL
    return Kind.BACKEND_DOWN if status >= 500 else Kind.OTHER


def kind_of_words(text: str) -> Kind | None:
    """What a refusal comes down to by words that only a gateway says, or None."""
    return next((kind for words, kind in ANYWHERE if words.search(text)), None)


def without_parameters(text: str) -> str:
    """*text* up to where a gateway quotes what it has signed."""
    found = QUOTES.search(text)
    return text[: found.start()].rstrip(" ,:;") if found else text
