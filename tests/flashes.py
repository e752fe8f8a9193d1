"""Changes of light that WCAG counts as halves of a flash, from light and time alone."""

from collections.abc import Sequence
from dataclasses import dataclass

# WCAG 2.3.1, general flash: a change of a tenth, with the darker side below this.
CHANGE, DARKER = 0.1, 0.8


@dataclass(frozen=True)
class Light:
    """What is seen from a moment on (seconds): relative luminance, 0 to 1."""

    at: float
    light: float


def changes(lights: Sequence[Light]) -> list[float]:
    """When the light turned, in seconds: brighter and darker by turns, by a tenth each."""
    turns: list[float] = []
    low = high = lights[0].light
    direction = 0
    for now in lights:
        low, high = min(low, now.light), max(high, now.light)
        if direction <= 0 and now.light - low >= CHANGE and low < DARKER:
            direction, high = 1, now.light
            turns.append(now.at)
        elif direction >= 0 and high - now.light >= CHANGE and now.light < DARKER:
            direction, low = -1, now.light
            turns.append(now.at)
    return turns
