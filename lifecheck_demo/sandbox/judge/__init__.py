"""Judges a run: frames are measured once, then the numbers give a verdict."""

from typing import TYPE_CHECKING, Any

from .follow import follow, walk
from .models import Models, ModelsMissing, find_models
from .types import (
    CameraFacts,
    Guidance,
    Measurement,
    Paint,
    Progress,
    Reason,
    Sample,
    Verdict,
)
from .verdict import judge

if TYPE_CHECKING:
    from .measure import Meter, cut_portrait

__all__ = [
    "CameraFacts",
    "Guidance",
    "Measurement",
    "Meter",
    "Models",
    "ModelsMissing",
    "Paint",
    "Progress",
    "Reason",
    "Sample",
    "Verdict",
    "cut_portrait",
    "find_models",
    "follow",
    "judge",
    "walk",
]


def __getattr__(name: str) -> Any:
    """The measuring part only when asked for: it brings OpenCV, which is heavy."""
    if name in {"Meter", "cut_portrait"}:
        from . import measure

        return getattr(measure, name)
    raise AttributeError(name)
