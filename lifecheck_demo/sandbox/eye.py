"""Measures frames, and says what to install where that cannot be done."""

import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .frames import Pixels
    from .judge import Measurement, Meter


class NoEye(RuntimeError):
    """What frames are measured with is not installed; the message mends it."""


class Eye:
    """Loads what it needs with the first frame, once for each thread that measures.

    Nothing here may import the judge before it is needed: a live deployment has
    neither numpy nor OpenCV, and a sandbox without them still has its chooser.
    """

    def __init__(self) -> None:
        self._own = threading.local()
        self._sound = False

    def remedy(self) -> str:
        """What to type so that frames can be measured; empty when they can be."""
        if self._sound:
            return ""
        if not (find_spec("cv2") and find_spec("numpy")):
            return "pip install -r requirements-sandbox.txt"
        from .judge import ModelsMissing, find_models

        try:
            find_models()
        except ModelsMissing as error:
            return str(error).partition("Type: ")[2]
        self._sound = True
        return ""

    def demand(self) -> None:
        """Raise `NoEye` where frames cannot be measured."""
        remedy = self.remedy()
        if remedy:
            raise NoEye(remedy)

    def open(self) -> "Meter":
        """What this thread measures with; raises `NoEye`.

        Each thread has its own: one serves one caller at a time.
        """
        if not hasattr(self._own, "meter"):
            self.demand()
            from .judge import Meter, find_models

            self._own.meter = Meter(find_models())
        return self._own.meter  # type: ignore[no-any-return]

    def measure(self, pixels: "Pixels", *, eyes: bool) -> "Measurement":
        """Measure a frame, shape (height, width, 3); raises `NoEye`."""
        return self.open().measure(pixels, eyes=eyes)
