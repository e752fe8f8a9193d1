"""Judges a run: frames are measured once, then the numbers give a verdict."""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

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

if TYPE_CHECKING:
    from .follow import walk
    from .measure import Meter, cut_portrait
    from .verdict import judge

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
    "judge",
    "walk",
]

# What brings numpy or OpenCV, and the module that has it.
HEAVY: Final = {
    "walk": "follow",
    "Meter": "measure",
    "cut_portrait": "measure",
    "judge": "verdict",
}

# Each worker has threads of its own that judge, one for each of its cores: a library that
# opens more would have them fight over the same cores, and spin while they wait. BLAS
# reads these once, when numpy is first imported: in this process that is below here.
# OpenCV is told in `measure`.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.putenv(_name, "1")


def __getattr__(name: str) -> Any:
    """The heavy parts only when asked for: nobody needs them before a camera runs."""
    if name in HEAVY:
        found = getattr(import_module(f".{HEAVY[name]}", __name__), name)
        globals()[name] = found
        return found
    raise AttributeError(name)
