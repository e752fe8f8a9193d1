"""Makes the film that stands before Chromium's camera, from a free photograph."""

from pathlib import Path

import cv2
import numpy as np
from skimage import data

SECOND = 30


def write_film(path: Path) -> None:
    """A second of a face held still, with a camera's grain, as YUV4MPEG2 (640 x 480).

    The photograph is of astronaut Eileen Collins (NASA, public domain), as it comes
    inside scikit-image. Chromium plays the film round and round.
    """
    face = cv2.cvtColor(data.astronaut()[0:300, 25:425], cv2.COLOR_RGB2BGR)
    picture = cv2.resize(face, (640, 480), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(1)
    with path.open("wb") as film:
        film.write(b"YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg\n")
        for _ in range(SECOND):
            grain = noise.normal(0, 2, picture.shape)
            frame = np.clip(picture + grain, 0, 255).astype(np.uint8)
            film.write(b"FRAME\n" + cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes())
