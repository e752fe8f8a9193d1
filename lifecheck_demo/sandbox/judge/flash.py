"""Whether a face was lit by the colours that this run showed, and by no others; pure.

A rank test: the statistic of the true sequence against the statistics of sequences that
might have been drawn instead, all on the same frames. For a recording that knows
nothing of the challenge the true sequence is one among equals, whatever is in the
recording: the share of false accepts follows from the construction, not from training.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from math import log, sqrt
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt

from .. import plan
from ..plan import MAX_SECONDS, MIN_SECONDS, linear_light
from .types import Paint, Sample

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

ALTERNATIVES: Final = 999
# So many of them may beat the true sequence: p = 2/1000, in two tries 1/250.
BEATEN: Final = 1
LEAST_CORRELATION: Final = 0.2
# The strength must stand out of its error, or rank alone would speak.
LEAST_ERRORS: Final = 2.0
# Another sequence that fits so much better was on the screen when this was taken.
FOREIGN_ERRORS, FOREIGN_SCORE = 5.0, 25.0
# Both tries together: ranks as chance gives them, and at most this much light. Of faces
# lit by 1.8 % that leaves out 99 in 100; less may have drowned in the sun's light.
AT_RANDOM: Final = 0.17
LEAST_STRENGTH: Final = 0.014
LAGS: Final = tuple(round(0.025 * n, 3) for n in range(25))
FINE_LAGS: Final = np.array([-0.015, -0.01, -0.005, 0.0, 0.005, 0.01, 0.015])
REFINED: Final = 40
# Sequences scored at once: a matter of memory, not of the result.
BLOCK: Final = 100
# How much of a disturbance is still there in the next frame, 0.1 s later.
MEMORY: Final = 0.5
EXPOSURE: Final = 0.03
GRID: Final = 0.005
# Automatic exposure follows the light within about this time.
SLOW: Final = (0.5,)
LEAST_FRAMES: Final = 30
CLIP: Final = 3.5


class Answer(StrEnum):
    """What the light on the face says."""

    FOLLOWS = "follows"
    DIFFERS = "differs"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Fit:
    """How well the face followed one sequence.

    `strength` is the change of the skin's 8-bit luma between a white and a black
    screen, as a share; `error` its standard error; `lag` in seconds.
    """

    score: float
    correlation: float
    strength: float
    error: float
    lag: float

    @property
    def stands_out(self) -> bool:
        """Whether there was light from the screen at all."""
        return (
            self.correlation > LEAST_CORRELATION
            and self.strength > LEAST_ERRORS * self.error
        )


@dataclass(frozen=True)
class Reflection:
    """The answer, the fit of the true sequence, and its rank among the alternatives.

    `frames` are those that could be used, 0 when they were too few.
    """

    answer: Answer
    fit: Fit
    p: float
    frames: int


@dataclass(frozen=True)
class _Trace:
    """Frames of a flash, with what motion explains taken out; columns are features."""

    start: float  # of the first frame; all other times count from there
    at: Array
    features: Array
    nuisance: Array  # orthonormal columns
    keep: Array  # how much of a disturbance lives on in the next frame


@dataclass(frozen=True)
class _Scores:
    score: Array
    correlation: Array
    strength: Array
    error: Array
    lag: Array


def reflection(
    samples: Sequence[Sample], paints: Sequence[Paint], random: Random
) -> Reflection:
    """Rank the painted sequence among others that chance might have drawn."""
    trace = _trace(samples)
    if trace is None or len(paints) < 3:
        return Reflection(Answer.UNCLEAR, Fit(0, 0, 0, 1, 0), 1.0, 0)
    times, colours = _schedule(paints, trace)
    truth = _refined(trace, times[None], colours[None])
    other_times, other_colours = alternatives(times, colours, ALTERNATIVES, random)
    others = _refined(trace, other_times, other_colours)
    fit = _fit(truth, 0)
    rank = int((others.score >= fit.score).sum())
    p = (1 + rank) / (1 + ALTERNATIVES)
    best = _fit(others, int(others.score.argmax()))
    return Reflection(_answer(fit, rank, p, best), fit, p, len(trace.at))


def quick_fit(samples: Sequence[Sample]) -> Fit:
    """The true sequence's fit alone, by the colours that the samples say were shown."""
    trace = _trace(samples)
    paints = painted(samples)
    if trace is None or len(paints) < 3:
        return Fit(0, 0, 0, 1, 0)
    times, colours = _schedule(paints, trace)
    return _fit(_score(trace, times[None], colours[None], np.array(LAGS)), 0)


def painted(samples: Sequence[Sample]) -> list[Paint]:
    """When each colour came on, as near as the frames tell: half a frame early."""
    paints: list[Paint] = []
    before: float | None = None
    for sample in samples:
        if sample.colour and (not paints or paints[-1].colour != sample.colour):
            at = sample.captured_at
            paints.append(Paint(sample.colour, at if before is None else (at + before) / 2))
        before = sample.captured_at
    return paints


def together(tries: Sequence[Reflection]) -> Answer:
    """What all tries say: none can be told from no light, but two of them can."""
    answers = {one.answer for one in tries}
    if Answer.FOLLOWS in answers:
        return Answer.FOLLOWS
    usable = [one for one in tries if one.frames]
    unlit = bool(usable) and _unlit(usable)
    return Answer.DIFFERS if unlit or Answer.DIFFERS in answers else Answer.UNCLEAR


def _unlit(tries: Sequence[Reflection]) -> bool:
    """Whether there was no light, rather than too little to be told from none.

    The geometric mean of the ranks (Fisher's method), and the strengths by their weight.
    """
    if sum(log(one.p) for one in tries) < len(tries) * log(AT_RANDOM):
        return False
    weights = [1 / max(one.fit.error, 1e-6) ** 2 for one in tries]
    pairs = zip(weights, tries, strict=True)
    strength = sum(weight * one.fit.strength for weight, one in pairs) / sum(weights)
    return strength + 2 / sqrt(sum(weights)) < LEAST_STRENGTH


def _answer(fit: Fit, rank: int, p: float, best_other: Fit) -> Answer:
    """What one try says by itself."""
    if rank <= BEATEN and fit.stands_out:
        return Answer.FOLLOWS
    # Light there was, but another sequence's.
    lit = best_other.strength > FOREIGN_ERRORS * best_other.error
    if lit and best_other.score > fit.score + FOREIGN_SCORE and p > 0.05:
        return Answer.DIFFERS
    return Answer.UNCLEAR


def _trace(samples: Sequence[Sample]) -> _Trace | None:
    used = [s for s in samples if s.measurement.faces and min(s.measurement.skin) > 0]
    if len(used) < LEAST_FRAMES:
        return None
    start = used[0].captured_at
    at = np.array([s.captured_at - start for s in used])
    pose = np.array([_pose(s) for s in used])
    skin = np.log(np.array([s.measurement.skin for s in used]))
    behind = np.maximum([s.measurement.background for s in used], 1e-5)
    # Each part of the face against the whole: the light from one side moves with it.
    parts = np.log(np.maximum([s.measurement.patches for s in used], 1e-5))
    features = np.c_[skin, parts - skin[:, 1:2], np.log(behind @ LUMA)]
    time = (at - at.mean()) / (np.ptp(at) or 1)
    spread = pose.std(axis=0)
    moving = pose[:, spread > 1e-9]
    nuisance = np.c_[np.ones(len(at)), time, time**2, moving]
    nuisance /= np.linalg.norm(nuisance, axis=0)
    basis, weight, _ = np.linalg.svd(nuisance, full_matrices=False)
    basis = basis[:, weight > 1e-6 * weight[0]]
    left = features - basis @ (basis.T @ features)
    spread = 1.4826 * np.median(np.abs(left - np.median(left, axis=0)), axis=0)
    limit = CLIP * np.maximum(spread, 1e-6)
    left = np.clip(left, -limit, limit)
    keep = MEMORY ** np.maximum(np.diff(at) / 0.1, 0.1)
    basis, _ = np.linalg.qr(_fresh(basis, keep))
    left = _fresh(left, keep)
    left -= basis @ (basis.T @ left)
    return _Trace(start, at, left, basis, keep)


def _fresh(columns: Array, keep: Array) -> Array:
    """What is new in each frame, the last one's disturbance taken out."""
    new = columns.copy()
    new[1:] -= keep.reshape(-1, *[1] * (columns.ndim - 1)) * columns[:-1]
    return new


LUMA: Final = np.array(plan.LUMA)


def _pose(sample: Sample) -> tuple[float, ...]:
    m = sample.measurement
    return (m.yaw, m.pitch, m.roll, m.x, m.y, m.size, m.mouth, m.lids)


def _schedule(paints: Sequence[Paint], trace: _Trace) -> tuple[Array, Array]:
    """Change times (with the end) and linear colours of what was painted."""
    shown = [paint for paint in paints if paint.colour]
    after = [paint.at for paint in paints if not paint.colour and paint.at > shown[-1].at]
    end = min(after, default=trace.start + float(trace.at[-1]))
    times = [paint.at - trace.start for paint in shown] + [end - trace.start]
    return np.array(times), np.array([linear_light(paint.colour) for paint in shown])


def alternatives(
    times: Array, colours: Array, count: int, random: Random
) -> tuple[Array, Array]:
    """Other sequences, as likely as the true one given what all of them share.

    Shared are the colours of each half (in any order), the whole time to half a second
    (unless it is extreme: there would be too few others), and by how much each paint
    came later than was asked. Which half begins, the order of the colours and the
    durations are drawn anew.
    """
    draw = np.random.default_rng(random.getrandbits(64))
    segments = len(colours)
    lasted = np.diff(times)
    asked = np.clip(np.floor(lasted * 10 + 1e-6) / 10, MIN_SECONDS, MAX_SECONDS)
    late = lasted - asked
    low, high = round(MIN_SECONDS * 10), round(MAX_SECONDS * 10)
    typical = segments * (low + high) / 2
    total = float(np.clip(asked.sum() * 10, typical - 8, typical + 8))
    durations = np.empty((0, segments))
    while len(durations) < count:
        drawn = draw.integers(low, high + 1, (4 * count, segments))
        close = np.abs(drawn.sum(axis=1) - total) <= 5
        durations = np.concatenate([durations, drawn[close] / 10])
    lengths = durations[:count] + late
    starts = np.cumsum(np.c_[np.full(count, times[0]), lengths], axis=1)
    first, second = colours[0::2], colours[1::2]
    sequences = np.empty((count, segments, 3))
    for n in range(count):
        halves = [draw.permutation(first), draw.permutation(second)]
        if len(first) == len(second) and draw.random() < 0.5:
            halves.reverse()
        sequences[n, 0::2], sequences[n, 1::2] = halves
    return starts, sequences


def _refined(trace: _Trace, times: Array, colours: Array) -> _Scores:
    """The best fit over all lags, to 5 ms for the best of the sequences.

    Those that come next to nothing on the coarse lags are left there: no shift of a
    few milliseconds would bring them to the top.
    """
    blocks = [
        _score(trace, times[n : n + BLOCK], colours[n : n + BLOCK], np.array(LAGS))
        for n in range(0, len(times), BLOCK)
    ]
    rough = _Scores(
        *(
            np.concatenate([getattr(block, field.name) for block in blocks])
            for field in fields(_Scores)
        )
    )
    for n in np.argsort(-rough.score)[:REFINED]:
        lags = rough.lag[n] + FINE_LAGS
        fine = _score(trace, times[n : n + 1], colours[n : n + 1], lags[lags >= 0])
        for field in fields(_Scores):
            getattr(rough, field.name)[n] = getattr(fine, field.name)[0]
    return rough


def _score(trace: _Trace, times: Array, colours: Array, lags: Array) -> _Scores:
    """The best fit over the *lags*, for each sequence.

    Wilks' lambda of a multivariate regression: common disturbances of the channels
    (shade, exposure) are allowed for by the channels' own covariance.
    """
    light = _light(trace.at, times, colours, lags)  # sequence, lag, regressor, frame
    light[..., 1:] -= trace.keep.astype(np.float32) * light[..., :-1]
    n = light.shape[-1]
    known = np.c_[trace.nuisance, trace.features].astype(np.float32)
    products = (light.reshape(-1, n) @ known).reshape(*light.shape[:-1], -1)
    taken = trace.nuisance.shape[1]
    shared, cross = products[..., :taken], products[..., taken:].astype(float)
    gram = (light @ light.swapaxes(-1, -2) - shared @ shared.swapaxes(-1, -2)).astype(float)
    # A sequence without chroma leaves two regressors empty.
    largest = np.einsum("slrr->slr", gram).max(axis=-1)
    gram += np.eye(gram.shape[-1]) * (1e-3 * largest + 1e-9)[..., None, None]
    explained = cross.swapaxes(-1, -2) @ np.linalg.solve(gram, cross)
    whole = trace.features.T @ trace.features
    whole += np.eye(len(whole)) * 1e-9 * np.trace(whole)
    score = np.linalg.slogdet(whole)[1] - np.linalg.slogdet(whole - explained)[1]
    luma = LUMA @ whole[:3, :3] @ LUMA
    parts = 1 + len(SLOW)
    small = np.linalg.inv(gram[..., :parts, :parts])
    on_luma = cross[..., :parts, :3] @ LUMA
    weights = (small @ on_luma[..., None])[..., 0]
    r2 = np.clip((on_luma * weights).sum(axis=-1) / luma, 0, 1)
    # Log light to 8-bit codes: the sRGB curve is about a power of 1/2.2.
    strength = weights[..., 0] / 2.2
    noise = luma * (1 - r2) / max(n - taken - parts, 1)
    error = np.sqrt(noise * small[..., 0, 0]) / 2.2
    sign = np.sign(strength)
    signed = n / 2 * score * sign
    best = (np.arange(len(signed)), signed.argmax(axis=1))
    return _Scores(
        signed[best],
        (np.sqrt(r2) * sign)[best],
        strength[best],
        error[best],
        lags[best[1]],
    )


def _light(at: Array, times: Array, colours: Array, lags: Array) -> Floats:
    """The screen's light in each frame: luminance, its slow part, and two chromas."""
    # Whole milliseconds lie between the points: no rounding decides on which side.
    start = float(at[0]) - float(lags[-1]) - 2 * EXPOSURE - 0.00137
    size = round((float(at[-1]) - start) / GRID) + 2
    grid = start + GRID * np.arange(size)
    # What the screen shows at each point of the grid; dark before and after.
    shown = np.concatenate([np.zeros((len(colours), 1, 3)), colours], axis=1)
    shown = np.concatenate([shown, np.zeros((len(colours), 1, 3))], axis=1)
    parts = np.stack(
        [shown @ LUMA, shown[..., 0] - shown[..., 1], shown[..., 2] - shown[..., 1]],
        axis=1,
    ).astype(np.float32)
    wide = round(EXPOSURE / GRID)
    seen = at[None, :] - lags[:, None]
    last = np.clip(np.round((seen - start) / GRID).astype(int), wide, size - 1)
    out = np.empty((len(times), len(lags), 3 + len(SLOW), len(at)), np.float32)
    for n in range(len(times)):
        # An exposure sums the light of its time: a difference of running sums.
        which = np.searchsorted(times[n], grid, side="right")
        sums = np.cumsum(parts[n].take(which, axis=1), axis=1)
        exposed = (sums[:, wide:] - sums[:, :-wide]) / wide
        for row, column in zip(exposed, (0, -2, -1), strict=True):
            out[n, :, column] = row.take(last - wide)
    for n, seconds in enumerate(SLOW):
        out[:, :, 1 + n] = _slow(out[:, :, 0], at, seconds)
    return out


def _slow(light: Floats, at: Array, seconds: float) -> Floats:
    """A first-order low-pass of the light, as exposure control would follow it."""
    steps = np.diff(at, prepend=at[0])
    keep = np.exp(-steps / seconds).astype(np.float32)
    slow = np.empty_like(light)
    state = light[..., 0].copy()
    for n in range(light.shape[-1]):
        state = keep[n] * state + (1 - keep[n]) * light[..., n]
        slow[..., n] = state
    return slow


def _fit(scores: _Scores, n: int) -> Fit:
    return Fit(
        float(scores.score[n]),
        float(scores.correlation[n]),
        float(scores.strength[n]),
        float(scores.error[n]),
        float(scores.lag[n]),
    )
