"""Pages packed with gzip on their way to the browser."""

import secrets
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, request

from .assets import takes_gzip

PACKED: Final = frozenset({"text/html", "image/svg+xml"})
# What is smaller travels in one network packet as it is.
LEAST_BYTES: Final = 1000
# A result's 20 KB become 5 in a twentieth of a millisecond; level 6 would take twice as
# long for half a KB less.
LEVEL: Final = 3
MOST_PADDING: Final = 100
# A block of DEFLATE (RFC 1951, 3.2.4) that says its text as it is has room for so much.
MOST_IN_BLOCK: Final = 0xFFFF
LAST_BLOCK: Final = b"\x03\x00"
# Of gzip (RFC 1952, 2.3): no time, no particular system, a name follows.
HEADER: Final = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff"


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
    if is_taken():
        response.set_data(joined([packed(body, LEVEL)]))
        response.content_encoding = "gzip"
    return response


def is_taken() -> bool:
    """Whether this request's browser takes a packed page."""
    return takes_gzip(request.headers.get("Accept-Encoding", ""))


@dataclass(frozen=True)
class Part:
    """Some of a page, and the blocks that say it; they refer to no other part."""

    text: bytes
    blocks: bytes


def packed(text: bytes, level: int) -> Part:
    """A part as short as that *level* of zlib makes it."""
    packer = zlib.compressobj(level, wbits=-zlib.MAX_WBITS)
    return Part(text, packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH))


def as_it_is(text: bytes) -> Part:
    """A part as long as *text*; raises `struct.error` where that has no room in a block."""
    size = len(text)
    return Part(text, struct.pack("<BHH", 0, size, MOST_IN_BLOCK - size) + text)


def joined(parts: Iterable[Part]) -> bytes:
    """One page as gzip, of a length that is a little random: a name has room in it."""
    name = b"x" * secrets.randbelow(MOST_PADDING) + b"\0"
    blocks, check, size = [HEADER, name], 0, 0
    for part in parts:
        blocks.append(part.blocks)
        check = zlib.crc32(part.text, check)
        size += len(part.text)
    return b"".join((*blocks, LAST_BLOCK, struct.pack("<LL", check, size)))
