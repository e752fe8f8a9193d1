"""Judges a camera run: frames and prompts in, verdict with reasons out."""

from .stillness import Measurement, Progress, Sample, Verdict, follow, judge, measure

__all__ = [
    "Measurement",
    "Progress",
    "Sample",
    "Verdict",
    "follow",
    "judge",
    "measure",
]
