"""All evidence of a run together: what was done, what was seen, and why; pure."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from ..plan import Kind, Plan
from . import flash
from .flash import Answer, Reflection
from .follow import Course, Walk, walk
from .types import CameraFacts, Paint, Reason, Sample, Verdict

LEAST_FRAMES: Final = 8
BLACK: Final = 0.02
