"""What a posted picture must be before anything is decoded."""

from random import Random

import cv2
import numpy as np
import pytest

from lifecheck_demo.sandbox.frames import LARGEST, BadFrame, Size, jpeg_size, read_frame
from tests.sandbox.conftest import Pixels, jpeg


def with_many_scans(picture: bytes) -> bytes:
    """A picture that asks to be gone over thousands of times."""
    at = picture.rindex(b"\xff\xda")
    scan = picture[at:-2]
    room = (LARGEST - len(picture)) // len(scan)
    return picture[:-2] + scan * room + picture[-2:]


def progressive(pixels: Pixels) -> bytes:
    """As some browsers encode it."""
    done, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    assert done
    return encoded.tobytes()


def test_a_picture_of_thousands_of_scans_is_not_decoded() -> None:
    """Each scan costs a pass over all pixels, in a few bytes."""
    picture = with_many_scans(progressive(np.zeros((480, 640, 3), np.uint8)))

    with pytest.raises(BadFrame, match="too-many-scans"):
        read_frame(picture)


def test_a_progressive_picture_is_read(face: Pixels) -> None:
    """It is a JPEG like any other."""
    assert read_frame(progressive(face)).shape == face.shape


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_picture_cut_short_is_broken(face: Pixels, share: float) -> None:
    """A grey half is no frame of a camera."""
    picture = jpeg(face)

    with pytest.raises(BadFrame, match=r"broken|not-a-jpeg"):
        read_frame(picture[: int(len(picture) * share)])


@pytest.mark.parametrize("size", [(240, 320), (480, 640), (640, 480), (720, 1280)])
def test_the_size_is_read_without_decoding(size: tuple[int, int]) -> None:
    """Phones send it upright, computers lying."""
    picture = jpeg(np.zeros((*size, 3), np.uint8))
    read = jpeg_size(picture)

    assert read is not None
    assert (read.height, read.width) == size
    assert read_frame(picture).shape == (*size, 3)


@pytest.mark.parametrize("seed", range(20))
def test_damage_is_read_or_named_and_never_worse(face: Pixels, seed: int) -> None:
    """Whatever bytes come, the answer is pixels or `BadFrame`."""
    random = Random(seed)
    whole = jpeg(face)
    for _ in range(20):
        picture = bytearray(whole)
        for _ in range(random.randint(1, 12)):
            # The head is where a reader can be led astray.
            picture[random.randrange(2, 700)] = random.randrange(256)
        try:
            assert read_frame(bytes(picture)).ndim == 3
        except BadFrame:
            continue


@pytest.mark.parametrize(
    "stray",
    [b"\xff", b"\xff\xff\xff", b"\x00", b"\xff\x01", b"\xff\xd0", b"\xff\xd8"],
    ids=["fill", "much fill", "gap", "TEM", "restart", "another start"],
)
def test_another_header_cannot_be_hidden_from_the_decoder(stray: bytes) -> None:
    """What a decoder skips is refused, so that both see the same size."""
    large = jpeg(np.zeros((1200, 1200, 3), np.uint8))
    fake = b"\xff\xc0\x00\x11\x08\x00\xf0\x01\x40\x03" + bytes(9)
    comment = b"\xff\xfe" + (2 + len(fake)).to_bytes(2) + fake
    data = large[:2] + stray + comment + large[2:]

    with pytest.raises(BadFrame):
        read_frame(data)


def test_a_header_behind_a_fill_byte_is_not_believed() -> None:
    """Read as a marker, the fill byte would make a length of what follows it."""
    large = jpeg(np.zeros((1200, 1200, 3), np.uint8))
    fake = b"\xff\xc0\x00\x11\x08\x00\xf0\x01\x40\x03" + bytes(9)
    comment = bytearray(0xFFF0 - 2)
    # Where a reader lands that takes FF FF FE FF for a marker and its length.
    lands = 2 + 2 + 0xFEFF
    comment[lands - 7 : lands - 7 + len(fake)] = fake
    data = large[:2] + b"\xff\xff\xfe\xff\xf0" + bytes(comment) + large[2:]

    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)

    assert decoded.shape[:2] == (1200, 1200)
    assert data[lands : lands + 2] == b"\xff\xc0"
    assert jpeg_size(data) is None


def test_a_picture_of_another_size_than_it_says_is_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Should a decoder and we ever read two headers in one file."""
    monkeypatch.setattr("lifecheck_demo.sandbox.frames.jpeg_size", lambda _: Size(320, 240))

    with pytest.raises(BadFrame, match="broken"):
        read_frame(jpeg(np.zeros((480, 640, 3), np.uint8)))
