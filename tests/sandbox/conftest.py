"""The sandbox as an integrator meets it: over its wire, with a clock to move."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from numpy.typing import NDArray
from skimage import data

from lifecheck_demo.sandbox import aside, create_sandbox
from tests.conftest import Clock

Pixels = NDArray[np.uint8]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that runs other tests beside these may take its time for a picture."""
    monkeypatch.setattr(aside, "PATIENCE", 60.0)


@pytest.fixture(name="sandbox")
def _sandbox(tmp_path: Path, state_url: str, clock: Clock) -> Flask:
    return create_sandbox(data=tmp_path, state_url=state_url, clock=clock)


@pytest.fixture(name="wire")
def _wire(sandbox: Flask) -> FlaskClient:
    return sandbox.test_client()


@pytest.fixture(name="face", scope="session")
def _face() -> Pixels:
    """A real face, 320 x 240: astronaut Eileen Collins, NASA, public domain."""
    picture = cv2.cvtColor(data.astronaut()[0:300, 60:400], cv2.COLOR_RGB2BGR)
    return np.asarray(cv2.resize(picture, (320, 240)), np.uint8)


def jpeg(pixels: Pixels) -> bytes:
    """As the page's canvas would encode it."""
    done, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 80])
    assert done
    return encoded.tobytes()
