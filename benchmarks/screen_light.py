"""Screen light added to the skin traces of real, un-lit clips: a flash, simulated."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from lifecheck_demo.sandbox.judge import Measurement, Paint, Sample
from lifecheck_demo.sandbox.plan import Segment, linear_light

Timed = tuple[float, Measurement]


@dataclass(frozen=True)
class Camera:
    """What a camera does to the light, drawn anew for each trial."""

    latency: float  # from the paint to the picture, seconds
    exposure_time: float  # of the automatic exposure, seconds; 0 = none
    exposure_share: float  # how much of a change it takes back
    balance: float  # size of the white balance's slow drift
    tint: tuple[float, float, float]  # screen's white against the room's
    behind: float  # how strongly the background is lit, against the face


def draw_camera(random: Random) -> Camera:
    return Camera(
        latency=random.uniform(0.1, 0.4),
        exposure_time=random.choice((0, 0.3, 0.6, 1.0)),
        exposure_share=0.9,
        balance=random.uniform(0, 0.01),
        tint=(random.uniform(0.8, 1.2), 1.0, random.uniform(0.8, 1.3)),
        behind=random.uniform(0.0, 0.3),
    )


def frame_times(start: float, seconds: float, fps: float, random: Random) -> list[float]:
    """A camera's frames: jitter of 15 ms, three in a hundred lost."""
    times, n = [], 0
    while n / fps < seconds:
        if random.random() >= 0.03:
            times.append(start + n / fps + random.gauss(0, 0.015))
        n += 1
    return sorted(times)


def paint_times(
    segments: Sequence[Segment], frames: Sequence[float], random: Random
) -> list[Paint]:
    """The page's paints: the next colour is asked for by the frame that is due.

    A colour counts from the first frame that saw it painted; the reply to a frame
    reaches the screen 30 to 90 ms later.
    """
    at = frames[2] + random.uniform(0.03, 0.09)
    paints = [Paint(segments[0].colour, at)]
    for n, segment in enumerate(segments):
        seen = next((t for t in frames if t >= at), at)
        due = next((t for t in frames if t >= seen + segment.seconds), None)
        at = (due or seen + segment.seconds) + random.uniform(0.03, 0.09)
        following = segments[n + 1].colour if n + 1 < len(segments) else ""
        paints.append(Paint(following, at))
    return paints


def trace_at(clip: Sequence[Timed], offset: float, times: np.ndarray) -> list[Measurement]:
    """The clip's measurements at these times, played to and fro without an end.

    To and fro keeps the motion continuous; the nearest measured frame is taken.
    """
    at = np.array([t for t, _ in clip])
    span = at[-1] - at[0]
    phase = (offset + times - times[0]) % (2 * span)
    folded = at[0] + np.where(phase > span, 2 * span - phase, phase)
    nearest = np.abs(at[None, :] - folded[:, None]).argmin(axis=1)
    return [clip[n][1] for n in nearest]


def lit_samples(
    clip: Sequence[Timed],
    offset: float,
    frames: Sequence[float],
    paints: Sequence[Paint],
    strength: float,
    camera: Camera,
    random: Random,
    *,
    lit_by: Sequence[Paint] | None = None,
) -> list[Sample]:
    """Samples of a flash; *lit_by* are the paints that light the face, if others.

    *strength* is the change of the skin's 8-bit luma between white and black, as a
    share of it, before the exposure control answers.
    """
    times = np.array(frames)
    measured = trace_at(clip, offset, times)
    skin = np.array([m.skin for m in measured])
    behind = np.array([m.background for m in measured])
    lighting = lit_by if lit_by is not None else paints
    light = screen(lighting, times - camera.latency) * np.array(camera.tint)
    added = (1 + strength) ** 2.2 - 1
    face_gain = 1 + added * light
    behind_gain = 1 + camera.behind * added * light
    exposure = _exposure(face_gain @ [0.2126, 0.7152, 0.0722], times, camera)
    drift = np.cumsum(
        np.array([[random.gauss(0, 1) for _ in range(3)] for _ in times]), axis=0
    )
    drift *= camera.balance / max(np.sqrt(len(times)), 1)
    skin = skin * face_gain * exposure[:, None] * np.exp(drift)
    behind = behind * behind_gain * exposure[:, None] * np.exp(drift)
    # Noise of the sensor and the codec that the mean over the skin does not remove.
    noise = np.array([[random.gauss(0, 0.001) for _ in range(3)] for _ in times])
    factor = face_gain * exposure[:, None] * np.exp(drift + noise)
    skin = np.clip(skin * np.exp(noise), 1e-5, 1)
    patches = np.array([m.patches for m in measured]) * factor[:, 1:2]
    patches *= np.exp(np.array([[random.gauss(0, 0.001) for _ in range(3)] for _ in times]))
    shown = {round(p.at, 6): p.colour for p in paints}
    samples = []
    for n, (t, m) in enumerate(zip(times, measured, strict=True)):
        colour = ""
        for at, painted in shown.items():
            if at <= t:
                colour = painted
        lit = replace(
            m,
            skin=tuple(float(v) for v in skin[n]),
            patches=tuple(float(v) for v in np.clip(patches[n], 1e-5, 1)),
            background=tuple(float(v) for v in np.clip(behind[n], 1e-5, 1)),
        )
        samples.append(Sample(n, float(t), float(t) + 0.05, 1, colour, lit))
    return samples


def screen(paints: Sequence[Paint], times: np.ndarray) -> np.ndarray:
    """The screen's linear light at these times; before and after: none."""
    light = np.zeros((len(times), 3))
    for paint in paints:
        value = np.array(linear_light(paint.colour)) if paint.colour else np.zeros(3)
        # The exposure of a frame (33 ms) spreads the change.
        share = np.clip((times - paint.at) / 0.033, 0, 1)[:, None]
        light = light * (1 - share) + value * share
    return light


def _exposure(level: np.ndarray, times: np.ndarray, camera: Camera) -> np.ndarray:
    if not camera.exposure_time:
        return np.ones(len(times))
    slow = np.empty(len(times))
    state = level[0]
    for n in range(len(times)):
        step = times[n] - times[n - 1] if n else 0.0
        keep = np.exp(-max(step, 0) / camera.exposure_time)
        state = keep * state + (1 - keep) * level[n]
        slow[n] = state
    return slow**-camera.exposure_share
