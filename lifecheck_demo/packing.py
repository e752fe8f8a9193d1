"""Pages packed with gzip on their way to the browser."""

import gzip
import secrets
from io import BytesIO
from typing import Final

from flask import Flask, Response, request

PACKED: Final = frozenset({"text/html", "image/svg+xml"})
# What is smaller travels in one network packet as it is.
LEAST_BYTES: Final = 1000
# The form's 54 KB become 12 in a fifth of a millisecond; level 6 would take five times
# as long for one KB less.
LEVEL: Final = 3
MOST_PADDING: Final = 100


def init_app(*apps: Flask) -> None:
    """Pack the pages of *apps* for browsers that take it.

    The length of a packed page says a little about what it repeats: whoever can make a
    browser fetch it again and again, with guesses in the address, and can see the lengths,
    may guess a secret in it letter by letter (BREACH). It is packed all the same:

    - a token against forged forms is signed anew with every page and second, and its
      constant part is worth nothing without that signature;
    - our cookies are `SameSite=Lax`, so that another site's pictures and scripts get pages
      without anybody's checks in them;
    - a check's token and number stand only in pages whose address holds them already, or
      behind that cookie;
    - every length is blurred by up to 100 random bytes.

    Answers to scripts and programs are small, and left as they are.
    """
    for app in apps:
        app.after_request(pack)


def pack(response: Response) -> Response:
    """The answer packed, if it is a page of some length and the browser takes that."""
    if response.mimetype not in PACKED or response.is_streamed:
        return response
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if len(body) < LEAST_BYTES or response.content_encoding:
        return response
    if request.accept_encodings.quality("gzip") > 0:
        response.set_data(packed(body))
        response.content_encoding = "gzip"
    return response


def packed(body: bytes) -> bytes:
    """As gzip, of a length that is a little random: its header has room for a name."""
    name = "x" * secrets.randbelow(MOST_PADDING)
    into = BytesIO()
    with gzip.GzipFile(name, "wb", LEVEL, into, mtime=0) as file:
        file.write(body)
    return into.getvalue()
