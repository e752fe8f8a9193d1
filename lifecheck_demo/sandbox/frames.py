"""Reads a posted picture: its limits before anything is decoded, then its pixels."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

# Bytes of a frame, and of the larger picture that the photo is cut from.
LARGEST: Final = 200 * 1024
LARGEST_STILL: Final = 400 * 1024
SMALLEST_SIDE: Final = 64
LONGEST_SIDE: Final = 1280
# A browser writes one scan, or ten when progressive; thousands would cost seconds.
MOST_SCANS: Final = 32
SCAN: Final = b"\xff\xda"
# Huffman tables, arithmetic conditioning and JPG stand in the same row of markers.
FRAME_HEADERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Tables, restart interval, application data, comments: each says how long it is.
BEFORE_THE_FRAME: Final = frozenset({0xC4, 0xCC, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)})


class BadFrame(ValueError):
    """The picture is not one that a camera page sends; the message is a short name."""


@dataclass(frozen=True)
class Size:
    """Width and height in pixels, as the header says."""

    width: int
    height: int


def read_frame(data: bytes, largest: int = LARGEST) -> "Pixels":
    """The picture as blue, green, red bytes, shape (height, width, 3).

    Raises `BadFrame` (`too-big`, `not-a-jpeg`, `too-many-scans`, `wrong-size`, `broken`).
    A size is read from the header first, so that a small file cannot unfold into a
    huge picture.
    """
    if len(data) > largest:
        raise BadFrame("too-big")
    size = jpeg_size(data)
    if size is None:
        raise BadFrame("not-a-jpeg")
    if data.count(SCAN) > MOST_SCANS:
        raise BadFrame("too-many-scans")
    sides = (size.width, size.height)
    if min(sides) < SMALLEST_SIDE or max(sides) > LONGEST_SIDE:
        raise BadFrame("wrong-size")
    import cv2
    import numpy as np

    try:
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        pixels = None
    if pixels is None or pixels.shape[:2] != (size.height, size.width):
        raise BadFrame("broken")
    return pixels  # type: ignore[return-value]


def jpeg_size(data: bytes) -> Size | None:
    """The size in a JPEG's frame header (ITU-T T.81, B.2.2), None when there is none.

    Strict on purpose: a decoder skips fill bytes and stray markers, and whoever may add
    them could show this function another header than the decoder's.
    """
    if data[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker in FRAME_HEADERS:
            height = int.from_bytes(data[at + 5 : at + 7])
            return Size(int.from_bytes(data[at + 7 : at + 9]), height)
        if marker not in BEFORE_THE_FRAME or length < 2:
            return None
        at += 2 + length
    return None
