"""Makes a face that blinks and sways, from a free photograph, for cameras of tests."""

from functools import cache
from math import sin
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

Pixels = NDArray[np.uint8]

WIDTH, HEIGHT = 640, 480
FRAMES_A_SECOND = 30
# Longer than any run: a film that comes round again is told as a loop.
SECONDS = 16
# Where the eyes are in the picture below, and how far around them the lids reach.
EYES = ((285.5, 161.5), (354.0, 164.8))
LIDS_X, LIDS_UP, LIDS_DOWN = 24.0, 11.0, 8.0
BLINK_EVERY, BLINK_SECONDS = 2.2, 0.44


@cache
def portrait() -> Pixels:
    """Astronaut Eileen Collins (NASA, public domain), as scikit-image carries her."""
    face = cv2.cvtColor(data.astronaut()[0:300, 25:425], cv2.COLOR_RGB2BGR)
    size = (WIDTH, HEIGHT)
    return np.asarray(cv2.resize(face, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def frame(seconds: float, seed: int = 0) -> Pixels:
    """What the camera sees after *seconds*: blinks, a little sway, a camera's grain."""
    away = abs((seconds - 1.5) % BLINK_EVERY - BLINK_SECONDS / 2)
    shut = min(1.0, max(0.0, 1 - away / (BLINK_SECONDS / 2)) * 1.8)
    turn = 1.2 * sin(seconds * 0.9) + 0.5 * sin(seconds * 2.3 + 1)
    sway = cv2.getRotationMatrix2D((320, 200), turn, 1 + 0.01 * sin(seconds * 0.7))
    sway[:, 2] += (
        3 * sin(seconds * 1.1 + 0.3) + 1.2 * sin(seconds * 2.9),
        2 * sin(seconds * 0.8),
    )
    moved = cv2.warpAffine(
        with_lids(portrait(), shut), sway, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE
    )
    return grained(moved, round(seconds * 1000) + 100_000 * seed)


def with_lids(picture: Pixels, shut: float) -> Pixels:
    """The picture with the upper lids drawn down, 0 for open, 1 for shut."""
    if not shut:
        return picture
    ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    from_y = ys.copy()
    for x, y in EYES:
        dx, dy = np.abs(xs - x) / LIDS_X, ys - y
        edges = (1.6 - 1.6 * dx, (dy + LIDS_UP) / 3, (LIDS_DOWN - dy) / 3)
        inside = np.prod([np.clip(edge, 0, 1) for edge in edges], axis=0) * shut
        skin = y - 9.5 + (dy + LIDS_UP) * 0.12
        from_y = from_y * (1 - inside) + skin * inside
    from_y = from_y.astype(np.float32)
    return np.asarray(cv2.remap(picture, xs, from_y, cv2.INTER_LINEAR), np.uint8)


def grained(picture: Pixels, seed: int) -> Pixels:
    """The picture with a camera's noise."""
    grain = np.random.default_rng(seed).normal(0, 2.5, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def write_film(path: Path, *, alive: bool = True) -> None:
    """The film as MJPEG for Chromium's camera; not *alive*, a photograph held still."""
    with path.open("wb") as film:
        for number in range(SECONDS * FRAMES_A_SECOND):
            seconds = number / FRAMES_A_SECOND
            picture = frame(seconds) if alive else grained(portrait(), number)
            _done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
            film.write(jpeg.tobytes())
