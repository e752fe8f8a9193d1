"""A puppet before the browser's camera, which answers the page in real time."""

import json
from dataclasses import astuple
from functools import cache
from pathlib import Path
from typing import Any

import cv2
from playwright.sync_api import Page, Route

from tools.film import HEIGHT, WIDTH
from tools.puppet import BLINKS, FASTEST, PARTS, STEPS, Part, Pose, posed

SCRIPT = (Path(__file__).parent / "puppet_camera.js").read_text()
PICTURES = "/sandbox/test-camera"
# As a white screen half a metre away lights a face indoors.
REFLECTS = 0.2


def stand_before(
    page: Page,
    *,
    answers: bool = True,
    reflects: float = REFLECTS,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> None:
    """Put a puppet before the page's camera, from its next address on.

    One that *answers* plays what is asked; *reflects* is how much a white screen adds to
    the light on its face; *size* is the camera's, width and height in pixels.
    """
    about = {
        "address": PICTURES,
        "answers": answers,
        "reflects": reflects,
        "delay": 0.15,
        "size": size,
        "poses": [astuple(pose) for pose in poses()],
        "parts": {name: _told(part) for name, part in {**PARTS, "blinks": BLINKS}.items()},
        "fastest": FASTEST,
        "steps": STEPS,
    }
    page.route(f"**{PICTURES}/*.jpg", _hand_out)
    page.add_init_script(f"({SCRIPT.rstrip()})({json.dumps(about)})")


@cache
def poses() -> list[Pose]:
    """Those that the parts come through: one thing moved at a time, at rest first."""
    return [
        Pose(),
        *(Pose(yaw=5.5 * n) for n in range(-6, 7) if n),
        *(Pose(pitch=6.0 * n) for n in range(-4, 4) if n),
        *(Pose(mouth=0.25 * n) for n in range(1, 5)),
        *(Pose(shut=0.25 * n) for n in range(1, 5)),
    ]


@cache
def _pictures() -> list[bytes]:
    quality = [cv2.IMWRITE_JPEG_QUALITY, 88]
    return [cv2.imencode(".jpg", posed(pose), quality)[1].tobytes() for pose in poses()]


def _hand_out(route: Route) -> None:
    number = int(route.request.url.rpartition("/")[2].removesuffix(".jpg"))
    route.fulfill(body=_pictures()[number], content_type="image/jpeg")


def _told(part: Part) -> list[tuple[float, Any]]:
    return [(moment, astuple(pose)) for moment, pose in part]
