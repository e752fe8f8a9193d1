"""The first judge: passes whoever holds still before a working camera, and no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from ..plan import Kind, Plan, Step

if TYPE_CHECKING:
    from ..frames import Pixels

SETTLE_SECONDS: Final = 1.5
LOOK_SECONDS: Final = 4.0
ACTION_SECONDS: Final = 3.0
FEWEST_FRAMES: Final = 6
# Shares of the full scale; a frame darker or brighter than this shows no face.
TOO_DARK: Final = 0.10
TOO_BRIGHT: Final = 0.95
# Variance of the Laplacian of a grey picture 160 wide, 8-bit steps.
TOO_BLURRED: Final = 12.0
# Mean change between neighbouring frames, light taken out, 8-bit steps.
MOVING: Final = 14.0


@dataclass(frozen=True)
class Measurement:
    """What one frame says: brightness (0 to 1), sharpness, a 16 x 12 grey thumbnail."""

    brightness: float
    sharpness: float
    thumbnail: tuple[int, ...]

    def to_record(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return {
            "b": self.brightness,
            "s": self.sharpness,
            "t": bytes(self.thumbnail).hex(),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Measurement":
        """Back from what `to_record` wrote."""
        return cls(record["b"], record["s"], tuple(bytes.fromhex(record["t"])))


@dataclass(frozen=True)
class Sample:
    """A measurement and when its frame arrived, in seconds."""

    at: float
    measurement: Measurement


@dataclass(frozen=True)
class Progress:
    """What is to be shown now; `colour` is empty outside of a flash."""

    step: int
    colour: str
    guidance: str
    seconds_left: float
    finished: bool


@dataclass(frozen=True)
class Verdict:
    """How a run ended: the vendor's code and our reason for it."""

    passed: bool
    code: int
    reason: str


def measure(pixels: "Pixels") -> Measurement:
    """Measure a frame, shape (height, width, 3), blue, green, red."""
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (160, max(1, 160 * grey.shape[0] // grey.shape[1])))
    thumbnail = cv2.resize(grey, (16, 12), interpolation=cv2.INTER_AREA)
    return Measurement(
        brightness=round(float(grey.mean()) / 255, 4),
        sharpness=round(float(cv2.Laplacian(small, cv2.CV_64F).var()), 2),
        thumbnail=tuple(int(value) for value in thumbnail.flatten()),
    )


def follow(plan: Plan, samples: Sequence[Sample]) -> Progress:
    """Where a run stands after *samples*; the clock starts with the first frame."""
    elapsed = samples[-1].at - samples[0].at if samples else 0.0
    total = sum(seconds_of(step) for step in plan.steps)
    left = max(0.0, total - elapsed)
    guidance = _guidance(samples)
    start = 0.0
    for number, step in enumerate(plan.steps):
        seconds = seconds_of(step)
        if elapsed < start + seconds:
            colour = _colour_at(step, elapsed - start)
            return Progress(number, colour, guidance, left, False)
        start += seconds
    return Progress(len(plan.steps) - 1, "", guidance, 0.0, True)


def judge(plan: Plan, samples: Sequence[Sample]) -> Verdict:
    """Pass who held still before a working camera; 203 when no picture is usable."""
    usable = [s for s in samples if TOO_DARK < s.measurement.brightness < TOO_BRIGHT]
    if len(usable) < FEWEST_FRAMES or len(usable) < len(samples) / 2:
        return Verdict(False, 203, "no usable picture")
    # Actions ask for movement; they are not judged yet.
    acting = any(step.kind is Kind.ACTION for step in plan.steps)
    if not acting and median(_changes(usable)) > MOVING:
        return Verdict(False, 202, "never still")
    return Verdict(True, 200, "held still")


def seconds_of(step: Step) -> float:
    """How long a step takes."""
    if step.kind is Kind.FLASH:
        return sum(segment.seconds for segment in step.attempts[0])
    return {
        Kind.SETTLE: SETTLE_SECONDS,
        Kind.LOOK: LOOK_SECONDS,
        Kind.ACTION: ACTION_SECONDS,
    }[step.kind]


def _colour_at(step: Step, elapsed: float) -> str:
    if step.kind is not Kind.FLASH:
        return ""
    for segment in step.attempts[0]:
        if elapsed < segment.seconds:
            return segment.colour
        elapsed -= segment.seconds
    return ""


def _guidance(samples: Sequence[Sample]) -> str:
    if not samples:
        return ""
    newest = samples[-1].measurement
    if newest.brightness <= TOO_DARK:
        return "too-dark"
    if newest.brightness >= TOO_BRIGHT:
        return "too-bright"
    if newest.sharpness < TOO_BLURRED:
        return "blurred"
    recent = _changes(samples[-4:])
    return "hold" if recent and min(recent) > MOVING else ""


def _changes(samples: Sequence[Sample]) -> list[float]:
    """Mean change of the picture from frame to frame, its own brightness taken out."""
    pictures = [s.measurement.thumbnail for s in samples]
    means = [sum(picture) / len(picture) for picture in pictures]
    return [
        sum(abs((a - m) - (b - n)) for a, b in zip(one, two, strict=True)) / len(one)
        for one, two, m, n in zip(pictures, pictures[1:], means, means[1:], strict=False)
    ]
