"""Draws the portrait that the sandbox shows for a pass without a camera."""

from pathlib import Path

import cv2
import numpy as np

FILE = Path(__file__).parent.parent / "lifecheck_demo/sandbox/static/portrait.jpg"
WIDTH, HEIGHT, FINER = 720, 960, 3


def main() -> None:
    """Write the picture; colours are blue, green, red."""
    top, foot = np.array([236, 222, 208]), np.array([212, 190, 168])
    share = np.linspace(0, 1, HEIGHT * FINER)[:, None, None]
    picture = np.broadcast_to(
        top * (1 - share) + foot * share, (HEIGHT * FINER, WIDTH * FINER, 3)
    ).astype(np.uint8)
    picture = np.ascontiguousarray(picture)

    def oval(x: int, y: int, a: int, b: int, colour: tuple[int, int, int]) -> None:
        centre, axes = (x * FINER, y * FINER), (a * FINER, b * FINER)
        cv2.ellipse(picture, centre, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)

    def arc(x: int, y: int, a: int, b: int, start: int, end: int, wide: int) -> None:
        centre, axes = (x * FINER, y * FINER), (a * FINER, b * FINER)
        colour = (74, 62, 58)
        cv2.ellipse(picture, centre, axes, 0, start, end, colour, wide * FINER, cv2.LINE_AA)

    skin, shade, hair, coat = (
        (178, 203, 232),
        (158, 184, 216),
        (66, 54, 50),
        (150, 86, 40),
    )
    oval(360, 400, 214, 262, hair)
    oval(360, 1010, 330, 260, coat)
    cv2.rectangle(
        picture,
        (290 * FINER, 600 * FINER),
        (430 * FINER, 770 * FINER),
        shade,
        -1,
        cv2.LINE_AA,
    )
    oval(360, 770, 70, 44, shade)
    oval(172, 450, 28, 46, shade)
    oval(548, 450, 28, 46, shade)
    oval(360, 440, 184, 236, skin)
    cv2.ellipse(
        picture,
        (360 * FINER, 330 * FINER),
        (190 * FINER, 150 * FINER),
        0,
        180,
        360,
        hair,
        -1,
        cv2.LINE_AA,
    )
    oval(300, 330, 120, 34, hair)
    oval(440, 334, 90, 26, hair)
    for x in (290, 430):
        oval(x, 440, 13, 15, (74, 62, 58))
        arc(x, 408, 34, 16, 200, 340, 7)
    arc(360, 490, 22, 20, 20, 110, 5)
    arc(360, 548, 52, 26, 25, 155, 7)

    small = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    cv2.rectangle(small, (0, 896), (WIDTH, HEIGHT), (21, 36, 42), -1)
    cv2.putText(
        small,
        "SANDBOX  -  NO CAMERA USED",
        (110, 938),
        cv2.FONT_HERSHEY_SIMPLEX,
        1.05,
        (148, 223, 255),
        2,
        cv2.LINE_AA,
    )
    cv2.imwrite(str(FILE), small, [cv2.IMWRITE_JPEG_QUALITY, 82])


if __name__ == "__main__":
    main()
