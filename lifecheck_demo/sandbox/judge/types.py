"""What the judge speaks in: measurements, samples, guidance, reasons, the verdict."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Measurement:
    """What one frame says, in numbers small enough to keep between requests.

    Lengths are fractions of the frame's height, so that the size of the picture does
    not matter; angles are degrees; colours are means of linear light, 0 to 1.
    Everything about a face is 0 (or None, or "") when `faces` is 0.
    """

    width: int
    height: int
    # The whole frame.
    brightness: float  # mean of the 8-bit luma over 255
    print: str  # CRC of the pixels, hex: equal only for the same frame again
    thumbnail: str  # 16 x 12 grey values, base64
    # The face.
    faces: int = 0
    presence: float = 0.0  # the mesh net's own confidence, 0 to 1
    x: float = 0.0  # centre of the face from the frame's centre, in frame heights
    y: float = 0.0
    size: float = 0.0  # from the top of the forehead to the chin, frontal equivalent
    edge: float = 0.0  # the part of the face outside of the frame, 0 to 1
    yaw: float = 0.0  # > 0: to the subject's own left
    pitch: float = 0.0  # > 0: up
    roll: float = 0.0  # > 0: clockwise in the picture
    mouth: float = 0.0  # opening between the lips over the distance of the eyes
    lids: float = 0.0  # opening of the eyes over their width, by the mesh; mean of both
    eye_left: float | None = None  # the same by the eye net, subject's left
    eye_right: float | None = None
    skin: Triple = (0.0, 0.0, 0.0)  # forehead and cheeks; red, green, blue
    patches: Triple = (0.0, 0.0, 0.0)  # luminance of forehead and cheeks, one by one
    background: Triple = (0.0, 0.0, 0.0)
    face_brightness: float = 0.0  # mean of the skin's 8-bit luma over 255
    glare: float = 0.0  # share of the skin's pixels at the end of the scale
    evenness: float = 0.0  # darker over brighter half of the face, 0 to 1
    sharpness: float = 0.0  # variance of the Laplacian of a 160 x 160 face
    under_eyes: float = 0.0  # luma around the eyes over the luma of the cheeks
    rigid: str = ""  # 32 points of the skull's front, base64 of little-endian int16
    shape: str = ""  # 12 x 12 grey values of the face set upright, base64

    @property
    def eyes(self) -> float | None:
        """Opening of the eyes by the eye net, mean of both, when it was measured."""
        if self.eye_left is None or self.eye_right is None:
            return None
        return (self.eye_left + self.eye_right) / 2

    def to_record(self) -> dict[str, Any]:
        """As JSON can carry it, about one kilobyte; defaults are left out."""
        record = asdict(self)
        return {
            field.name: record[field.name]
            for field in fields(self)
            if record[field.name] != field.default
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Measurement":
        """Back from what `to_record` wrote."""
        values = dict(record)
        for name in ("skin", "patches", "background"):
            if name in values:
                values[name] = tuple(values[name])
        return cls(**values)


@dataclass(frozen=True)
class Sample:
    """A frame's measurement and when it was taken, on the server's clock (seconds).

    `colour` is what had been painted on the screen by then, "" for none.
    """

    seq: int
    captured_at: float
    arrived_at: float
    step: int
    colour: str
    measurement: Measurement


@dataclass(frozen=True)
class Paint:
    """A colour on the screen from this moment on, "" for none (server's clock)."""

    colour: str
    at: float


@dataclass(frozen=True)
class CameraFacts:
    """What the page told about the camera; told, not trusted."""

    label: str = ""
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0


class Guidance(StrEnum):
    """What to tell the person in front of the camera now."""

    NO_FACE = "no-face"
    MANY_FACES = "many-faces"
    TOO_FAR = "too-far"
    TOO_NEAR = "too-near"
    OFF_CENTRE = "off-centre"
    TOO_DARK = "too-dark"
    TOO_BRIGHT = "too-bright"
    BLURRED = "blurred"
    EYES_COVERED = "eyes-covered"
    TURN_MORE = "turn-more"
    TOO_FAST = "too-fast"
    HOLD = "hold"
    WRONG_ACTION = "wrong-action"
    BACK_TO_FRONT = "back-to-front"
    MORE_SCREEN_LIGHT = "more-screen-light"


@dataclass(frozen=True)
class Progress:
    """How far a run has come after its latest frame.

    `since` is when the step's clock started (None: it waits for a face), `colour` what
    the screen should show now, `eyes` whether the next frames are about the eyes, so that
    15 of them a second are needed rather than 10.
    """

    step: int
    attempt: int
    since: float | None
    guidance: Guidance | None
    finished: bool
    eyes: bool
    want_still: bool
    seconds_left: float
    colour: str = ""


class Reason(StrEnum):
    """Why a verdict is what it is; the page, the log and the tests read the same."""

    # 200
    FACE_SEEN = "face-seen"
    MOVES_LIKE_A_FACE = "moves-like-a-face"
    ACTIONS_DONE = "actions-done"
    FLASH_FOLLOWED = "flash-followed"
    # 202, first reason of the vendor: the camera's picture was not live
    FRAMES_REPEATED = "frames-repeated"
    FRAMES_LOOP = "frames-loop"
    TIME_JUMPS = "time-jumps"
    OLDER_THAN_CHALLENGE = "older-than-challenge"
    UNLIKELY_CAMERA = "unlikely-camera"
    VIRTUAL_CAMERA = "virtual-camera"
    CUT = "cut"
    FACE_SWAPPED = "face-swapped"
    FLASH_NOT_FOLLOWED = "flash-not-followed"
    # 202, second: not the actions that were asked, in their order
    WRONG_ORDER = "wrong-order"
    ACTION_MISSING = "action-missing"
    # 202, third: no live face by what could be seen
    NO_FACE = "no-face"
    STILL_PICTURE = "still-picture"
    # 203: could not be told
    TOO_FEW_FRAMES = "too-few-frames"
    BLACK_FRAMES = "black-frames"
    TOO_LITTLE_LIGHT = "too-little-light"
    NEVER_STILL = "never-still"  # a face, but no quiet second to begin with


@dataclass(frozen=True)
class Verdict:
    """How a run ended: the vendor's code, every reason, the numbers, the best frame."""

    passed: bool
    code: int
    reasons: tuple[Reason, ...]
    measurements: Mapping[str, float | list[float]]
    portrait: int | None
