"""How often a page flashes, measured in pictures of it taken while it runs."""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import CDPSession, Error, Page

from tools.film import Pixels

# WCAG 2.3.1, general flash: a change of a tenth, with the darker side below this.
CHANGE, DARKER = 0.1, 0.8
# A busy machine may draw a colour three frames late, at thirty frames a second.
SECOND = 1.0 - 3 / 30


@dataclass(frozen=True)
class Look:
    """The page at one moment: seconds, and its mean relative luminance, 0 to 1."""

    at: float
    light: float


@contextmanager
def recorded(page: Page) -> Iterator[list[Look]]:
    """What the page looks like from now on, frame by frame as the browser draws it."""
    looks: list[Look] = []
    session = page.context.new_cdp_session(page)

    def keep(frame: dict[str, Any]) -> None:
        _acknowledge(session, frame)
        codes = np.frombuffer(b64decode(frame["data"]), np.uint8)
        picture = cv2.imdecode(codes, cv2.IMREAD_COLOR)
        looks.append(Look(frame["metadata"]["timestamp"], _luminance(picture)))

    session.on("Page.screencastFrame", keep)
    small = {"format": "jpeg", "quality": 60, "maxWidth": 160, "maxHeight": 120}
    session.send("Page.startScreencast", small)
    yield looks
    session.send("Page.stopScreencast")


def changes(looks: Sequence[Look]) -> list[float]:
    """When the light turned, in seconds: brighter and darker by turns, by a tenth each."""
    turns: list[float] = []
    low = high = looks[0].light
    direction = 0
    for look in looks:
        low, high = min(low, look.light), max(high, look.light)
        if direction <= 0 and look.light - low >= CHANGE and low < DARKER:
            direction, high = 1, look.light
            turns.append(look.at)
        elif direction >= 0 and high - look.light >= CHANGE and look.light < DARKER:
            direction, low = -1, look.light
            turns.append(look.at)
    return turns


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
