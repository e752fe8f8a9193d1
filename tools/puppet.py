"""A puppet of a real photograph: it turns, lifts and shakes its head, opens its mouth.

The photograph is laid over a rough model of a head, which is turned in space; what lies
behind it and the shoulders stretch a little where a camera would see new things. That is
enough for a face mesh to read a head that no flat picture could show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from functools import cache
from math import sin

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.film import HEIGHT, WIDTH, Pixels, portrait, with_lids

Floats = NDArray[np.float32]

# The head in the picture, in pixels: its middle, and half of its width, height, depth.
HEAD_X, HEAD_Y = 323, 165
HEAD_WIDE, HEAD_TALL, HEAD_DEEP = 118, 150, 120
# The neck joint, about which it turns.
JOINT_X, JOINT_Y = 322, 185
NOSE_X, NOSE_Y, NOSE_WIDE, NOSE_TALL, NOSE_DEEP = 319, 197, 13, 17, 26
# How far out of the head, in its radii, the picture gives way.
GIVES_WAY = 1.55
# The lower edge of the teeth is a parabola between the corners of the mouth.
MOUTH_X, MOUTH_Y, MOUTH_HALF, SMILE = 316, 240, 35, 15
TEETH, JAW_DROP, JAW_HALF, CHIN_Y, COLLAR_Y = 12, 30, 66, 285, 335
INSIDE = (52, 42, 130)
# The poses that are drawn; between two of them nobody sees a difference.
STEPS = (3.0, 3.0, 0.125, 0.2)
# Beyond its edge a picture goes on as it ends.
EDGE = cv2.BORDER_REPLICATE
# A display's gamma: light that adds up, in the codes of a picture.
GAMMA = 2.2


@dataclass(frozen=True)
class Pose:
    """A face: degrees of the head's model, then shares of wide open and quite shut.

    The subject's own left and up count as more than 0.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    mouth: float = 0.0
    shut: float = 0.0

    def drawn(self) -> "Pose":
        """The nearest of the poses that are drawn."""
        pairs = zip(astuple(self), STEPS, strict=True)
        return Pose(*(round(value / step) * step for value, step in pairs))


# What is played when an action is asked: moments in seconds since the prompt came, and
# the pose by then. After the last moment the part begins again, for a second try.
Part = Sequence[tuple[float, Pose]]
REACTS = 0.4


def _held(pose: Pose, *, slowly: float = 0.35, held: float = 0.8) -> Part:
    there = REACTS + slowly
    back = there + held + slowly
    return (
        (REACTS, Pose()),
        (there, pose),
        (there + held, pose),
        (back, Pose()),
        (back + 1.5, Pose()),
    )


def _swings(one: Pose, other: Pose, *, each: float = 0.36) -> Part:
    ends = [one, other] * 3
    swings = [(REACTS + each * (n + 0.5), pose) for n, pose in enumerate(ends)]
    over = REACTS + each * len(ends)
    return ((REACTS, Pose()), *swings, (over, Pose()), (over + 1.5, Pose()))


PARTS: Mapping[str, Part] = {
    "LookLeft": _held(Pose(yaw=33)),
    "LookRight": _held(Pose(yaw=-33)),
    "LookUp": _held(Pose(pitch=21)),
    "LookDown": _held(Pose(pitch=-24)),
    "OpenMouth": _held(Pose(mouth=1)),
    "BlinkEye": _held(Pose(shut=1), slowly=0.1, held=0.25),
    "ShakeHead": _swings(Pose(yaw=27), Pose(yaw=-27)),
    "NodHead": _swings(Pose(pitch=15), Pose(pitch=-21)),
    "LookFront": ((1.0, Pose()),),
}
# People blink whatever they are asked.
BLINKS: Part = (
    (1.0, Pose()),
    (1.1, Pose(shut=1)),
    (1.25, Pose(shut=1)),
    (1.35, Pose()),
    (2.9, Pose()),
)


def played(part: Part, seconds: float) -> Pose:
    """The pose so long after the prompt, from moment to moment in a straight line."""
    seconds %= part[-1][0]
    at = [0.0, *(moment for moment, _ in part)]
    rows = np.array([astuple(Pose()), *(astuple(pose) for _, pose in part)])
    return Pose(*(float(np.interp(seconds, at, column)) for column in rows.T))


@dataclass
class Puppet:
    """Answers prompts as they come, and is lit by the screen a little later.

    *parts* may be exchanged (a puppet that mistakes left for right). *reflects* is the
    light of a white screen on its face, as a share of the room's; *delay* is how many
    seconds later the camera shows it; *size* is width and height in pixels.
    """

    parts: Mapping[str, Part] = field(default_factory=lambda: PARTS)
    reflects: float = 0.0
    delay: float = 0.15
    size: tuple[int, int] = (WIDTH, HEIGHT)
    lights: list[tuple[float, str]] = field(default_factory=list)
    _asked: tuple[float, object, str] = field(default=(0.0, None, ""), init=False)
    _pose: Pose = field(default=Pose(), init=False)
    _seen: float = field(default=0.0, init=False)

    def ask(self, at: float, step: object, action: str) -> None:
        """From *at* on (seconds) the page asks for *action*, "" for nothing."""
        if (step, action) != self._asked[1:]:
            self._asked = (at, step, action)

    def light(self, at: float, colour: str) -> None:
        """From *at* on (seconds) the screen shows *colour*, "" for none."""
        self.lights.append((at, colour))

    def __call__(self, at: float) -> Pixels:
        """What the camera sees at that time, in seconds; times may only grow."""
        since, _, action = self._asked
        part = self.parts.get(action, PARTS["LookFront"])
        wanted = played(part, at - since)
        shut = max(wanted.shut, played(BLINKS, at).shut)
        wanted = replace(wanted, shut=shut)
        self._pose = _nearer(self._pose, wanted, at - self._seen)
        self._seen = at
        shown = [colour for since, colour in self.lights if since <= at - self.delay]
        picture = swayed(posed(self._pose.drawn(), self.size), at)
        if self.reflects:
            picture = lit(picture, shown[-1] if shown else "", self.reflects)
        return grained(picture, at)


# Nobody moves faster than this: degrees and shares a second.
FASTEST = (170.0, 150.0, 8.0, 14.0)


def _nearer(now: Pose, wanted: Pose, seconds: float) -> Pose:
    """Towards the wanted pose as far as one comes in that time."""
    rows = zip(astuple(now), astuple(wanted), FASTEST, strict=True)
    return Pose(
        *(a + min(max(b - a, -v * seconds), v * seconds) for a, b, v in rows),
    )


@cache
def posed(pose: Pose, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Pixels:
    """The photograph in that pose, width and height as asked."""
    if size != (WIDTH, HEIGHT):
        resized = cv2.resize(posed(pose), size, interpolation=cv2.INTER_AREA)
        return np.asarray(resized, np.uint8)
    return turned(with_mouth(with_lids(portrait(), pose.shut), pose.mouth), pose)


def turned(picture: Pixels, pose: Pose) -> Pixels:
    """The picture with its head turned about the neck's joint."""
    if not (pose.yaw or pose.pitch):
        return picture
    depth, gives_way = _head()
    xs, ys = _grid()
    across, down = xs - JOINT_X, ys - JOINT_Y
    yaw, pitch = np.radians(pose.yaw), np.radians(pose.pitch)
    near = depth * np.cos(yaw) - across * np.sin(yaw)
    move_x = across * np.cos(yaw) + depth * np.sin(yaw) - across
    move_y = down * np.cos(pitch) - near * np.sin(pitch) - down
    return _moved(picture, move_x * gives_way, move_y * gives_way)


def with_mouth(picture: Pixels, share: float) -> Pixels:
    """The picture with its mouth opened: 0 for closed lips, 1 for a dropped jaw.

    She smiles, and the mesh reads half of an open mouth in that: hence the lips are
    closed over the teeth first.
    """
    xs, ys = _grid()
    along = np.clip((xs - MOUTH_X) / MOUTH_HALF, -1, 1)
    teeth = MOUTH_Y - SMILE * along**2
    lip = share * JAW_DROP * np.sqrt(1 - along**2) - (1 - share) * TEETH * (1 - along**2)
    jaw = share * JAW_DROP * np.clip(1 - ((xs - MOUTH_X) / JAW_HALF) ** 2, 0, 1) ** 2
    below = np.clip((ys - teeth) / 25, 0, 1)
    drop = lip * (1 - below) + jaw * below
    drop *= _smooth((COLLAR_Y - ys) / (COLLAR_Y - CHIN_Y))
    dropped = _moved(picture, np.zeros_like(drop), drop)
    lower = _soft(ys > teeth + np.minimum(lip, 0))
    hole = _soft((ys > teeth) & (ys < teeth + lip))
    opened = picture + (dropped - picture.astype(np.float32)) * lower
    return np.asarray(opened * (1 - hole) + np.array(INSIDE) * hole, np.uint8)


def swayed(picture: Pixels, seconds: float) -> Pixels:
    """The picture as a head that holds still as well as people can."""
    height, width = picture.shape[:2]
    scale = height / HEIGHT
    middle = (HEAD_X * scale, HEAD_Y * scale)
    roll = 0.8 * sin(seconds * 0.9) + 0.3 * sin(seconds * 2.3 + 1)
    sway = cv2.getRotationMatrix2D(middle, roll, 1 + 0.008 * sin(seconds * 0.7))
    sway[0, 2] += scale * (2.5 * sin(seconds * 1.1 + 0.3) + 1.0 * sin(seconds * 2.9))
    sway[1, 2] += scale * 2 * sin(seconds * 0.83)
    size = (width, height)
    moved = cv2.warpAffine(picture, sway, size, borderMode=EDGE)
    return np.asarray(moved, np.uint8)


def lit(picture: Pixels, colour: str, share: float) -> Pixels:
    """The picture in a screen's light, *share* of the room's where the head is.

    Light adds up before the camera's curve is laid over it; the wall behind is further
    from the screen.
    """
    if not colour:
        return picture
    height, width = picture.shape[:2]
    codes = [int(colour[n : n + 2], 16) / 255 for n in (5, 3, 1)]
    light = np.array([code**GAMMA for code in codes], np.float32)
    near = 0.2 + 0.8 * cv2.resize(_head()[1], (width, height))[..., None]
    brighter = picture * (1 + share * near * light) ** (1 / GAMMA)
    return np.clip(brighter, 0, 255).astype(np.uint8)


def grained(picture: Pixels, seconds: float) -> Pixels:
    """The picture with a camera's noise, another one at every time."""
    draw = np.random.default_rng(round(seconds * 1000))
    y, x = draw.integers(0, 64, 2)
    height, width = picture.shape[:2]
    noise = _noise()[y : y + height, x : x + width]
    return cv2.add(picture, noise, dtype=cv2.CV_8U).astype(np.uint8)


@cache
def _noise() -> NDArray[np.int16]:
    shape = (HEIGHT + 64, WIDTH + 64, 3)
    return np.random.default_rng(8).normal(0, 2.5, shape).round().astype(np.int16)


@cache
def _grid() -> tuple[Floats, Floats]:
    ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    return xs, ys


@cache
def _head() -> tuple[Floats, Floats]:
    """How near each pixel is to the camera, in pixels, and how much it goes along."""
    xs, ys = _grid()
    out = np.hypot((xs - HEAD_X) / HEAD_WIDE, (ys - HEAD_Y) / HEAD_TALL)
    skull = HEAD_DEEP * np.sqrt(np.clip(1 - out**2, 0, 1))
    nose = np.exp(-(((xs - NOSE_X) / NOSE_WIDE) ** 2) - ((ys - NOSE_Y) / NOSE_TALL) ** 2)
    return skull + NOSE_DEEP * nose, _smooth((GIVES_WAY - out) / (GIVES_WAY - 1))


def _smooth(share: Floats) -> Floats:
    """0 to 1 without a corner at either end."""
    inside = np.clip(share, 0, 1)
    return inside * inside * (3 - 2 * inside)


def _soft(mask: NDArray[np.bool_]) -> Floats:
    """A mask with an edge as blurred as the photograph's, one channel."""
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.2)[..., None]


def _moved(picture: Pixels, move_x: Floats, move_y: Floats) -> Pixels:
    """The picture with each pixel moved so far, and nothing torn.

    Where a pixel comes from is the place whose move leads here: found by steps that
    are shorter than the whole error, or they would swing at the edge of the head.
    """
    moves = cv2.GaussianBlur(np.dstack([move_x, move_y]), (0, 0), 1.5)
    here = np.dstack(_grid())
    origin = here.copy()
    for _ in range(12):
        there = cv2.remap(moves, origin, None, cv2.INTER_LINEAR, borderMode=EDGE)
        origin += 0.6 * (here - there - origin)
    return np.asarray(
        cv2.remap(picture, origin, None, cv2.INTER_LINEAR, borderMode=EDGE), np.uint8
    )
