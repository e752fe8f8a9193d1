"""How often a page flashes, measured in pictures of it taken while it runs."""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import CDPSession, Error, Page

from tests.flashes import Light
from tools.film import Pixels

# A busy machine may draw a colour three frames late, at thirty frames a second.
SECOND = 1.0 - 3 / 30


@contextmanager
def recorded(page: Page) -> Iterator[list[Light]]:
    """What the page looked like, frame by frame as the browser drew it.

    In that order once the recording is over.
    """
    looks: list[Light] = []
    session = page.context.new_cdp_session(page)

    def keep(frame: dict[str, Any]) -> None:
        _acknowledge(session, frame)
        codes = np.frombuffer(b64decode(frame["data"]), np.uint8)
        picture = cv2.imdecode(codes, cv2.IMREAD_COLOR)
        looks.append(Light(frame["metadata"]["timestamp"], _luminance(picture)))

    session.on("Page.screencastFrame", keep)
    small = {"format": "jpeg", "quality": 60, "maxWidth": 160, "maxHeight": 120}
    session.send("Page.startScreencast", small)
    yield looks
    session.send("Page.stopScreencast")
    # While one is acknowledged the next may be looked at first.
    looks.sort(key=lambda look: look.at)


def most_in_a_second(turns: Sequence[float]) -> int:
    """How many fall into the worst second; two opposing ones are one flash."""
    return max(sum(start <= at < start + SECOND for at in turns) for start in turns)


def _acknowledge(session: CDPSession, frame: dict[str, Any]) -> None:
    """Ask for the next picture, unless the recording is over."""
    with suppress(Error):
        session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})


def _luminance(picture: Pixels) -> float:
    """Mean relative luminance of a blue, green, red picture."""
    codes = picture.astype(np.float32) / 255
    linear = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    return float(linear.mean(axis=(0, 1)) @ (0.0722, 0.7152, 0.2126))
