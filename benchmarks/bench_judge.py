"""How well the judge judges: a table over a folder of labelled videos.

    python benchmarks/bench_judge.py DIR [--json FILE] [--trials N] [--replays N]

DIR holds `labels.json` and the videos it names; `benchmarks/README.md` has the format.
"""

import argparse
import json
import subprocess
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
from screen_light import Timed, draw_camera, frame_times, lit_samples, paint_times

from lifecheck_demo.sandbox.judge import (
    CameraFacts,
    Measurement,
    Meter,
    Sample,
    Verdict,
    judge,
)
from lifecheck_demo.sandbox.judge.actions import Neutral, detector
from lifecheck_demo.sandbox.judge.flash import Answer, Reflection, reflection, together
from lifecheck_demo.sandbox.judge.follow import TOO_FAR, WRONG, Walk, lit
from lifecheck_demo.sandbox.judge.passive import LEAST_FRAMES as LEAST_FRONT
from lifecheck_demo.sandbox.judge.passive import life, loop_period, turned_round
from lifecheck_demo.sandbox.plan import BRIGHT, DARK, draw_plan, draw_segments

ASKED = (
    *("LookLeft", "LookRight", "LookUp", "LookDown"),
    *("OpenMouth", "BlinkEye", "ShakeHead", "NodHead"),
)
SWAPPED = {"LookLeft": "LookRight", "LookRight": "LookLeft"}
# What a movement consists of is not taken for another one.
PARTS_OF = {
    "ShakeHead": ("LookLeft", "LookRight"),
    "NodHead": ("LookUp", "LookDown"),
}
FPS = {"BlinkEye": 15.0}
AROUND = 0.4  # seconds before and after a label
WINDOW = 3.0
WIDTH, HEIGHT, QUALITY = 320, 240, 70
STILLS = 4  # of each clip
ALL, PLAIN = BRIGHT + DARK, ("#FFFFFF", "#000000")


@dataclass(frozen=True)
class Label:
    action: str
    start: float
    end: float


@dataclass(frozen=True)
class Clip:
    name: str
    frames: list[Timed]
    labels: list[Label]
    pictures: list[Any]

    @property
    def neutral(self) -> Neutral:
        """From the dozen frames nearest to the median pose outside of the labels."""
        faces = [(t, m) for t, m in self.frames if m.faces]
        free = [
            m for t, m in faces if not any(s.start < t < s.end for s in self.labels)
        ] or [m for _, m in faces]
        yaw = np.median([m.yaw for m in free])
        pitch = np.median([m.pitch for m in free])
        mouth = np.percentile([m.mouth for m in free], 25)

        def away(m: Measurement) -> float:
            opened = 100 * max(0.0, m.mouth - mouth)
            return float(abs(m.yaw - yaw) + abs(m.pitch - pitch) + opened)

        return Neutral.of(sorted(free, key=away)[:12])


def read_clips(folder: Path, meter: Meter) -> list[Clip]:
    """Every video and its mirror image, measured once at its own rate."""
    clips = []
    for entry in json.loads((folder / "labels.json").read_text())["videos"]:
        labels = [Label(**part) for part in entry["segments"]]
        pictures = list(posted_frames(folder / entry["file"]))
        for mirrored in (False, True):
            frames = []
            for at, picture in pictures:
                picture = picture[:, ::-1].copy() if mirrored else picture
                measurement = meter.measure(picture, eyes=True)
                frames.append((at, measurement))
            swapped = [
                Label(SWAPPED.get(s.action, s.action), s.start, s.end) for s in labels
            ]
            name = entry["file"] + (" mirrored" if mirrored else "")
            clips.append(
                Clip(
                    name,
                    frames,
                    swapped if mirrored else labels,
                    [p for _, p in pictures[:: max(1, len(pictures) // STILLS)]],
                )
            )
    return clips


def posted_frames(path: Path) -> Iterator[tuple[float, Any]]:
    """Frames as the page would post them: 320 x 240, JPEG."""
    video = cv2.VideoCapture(str(path))
    rate = video.get(cv2.CAP_PROP_FPS) or 25.0
    n = 0
    while True:
        good, picture = video.read()
        if not good:
            return
        height, width = picture.shape[:2]
        scale = min(WIDTH / width, HEIGHT / height)
        small = cv2.resize(
            picture,
            (round(width * scale), round(height * scale)),
            interpolation=cv2.INTER_AREA,
        )
        canvas = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        top, left = (HEIGHT - small.shape[0]) // 2, (WIDTH - small.shape[1]) // 2
        canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
        yield n / rate, as_jpeg(canvas)
        n += 1


def as_jpeg(picture: Any) -> Any:
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def sampled(frames: Sequence[Timed], fps: float, phase: int) -> list[Timed]:
    """Frames as a page at this rate would have caught them."""
    out, due = [], frames[min(phase, len(frames) - 1)][0]
    for at, measurement in frames:
        if at >= due - 1e-6:
            out.append((at, measurement))
            due += 1 / fps
    return out


def fires(
    action: str, frames: Sequence[Timed], neutral: Neutral, start: float, end: float
) -> bool:
    one = detector(action, neutral)
    for at, measurement in frames:
        if start <= at <= end and measurement.faces:
            one.feed(at, measurement)
    return one.done


def step(
    asked: str, frames: Sequence[Timed], neutral: Neutral, start: float, end: float
) -> str:
    """What a step that asks for *asked* makes of these frames, as the product does.

    The try begins when the head faces the front. The name of the action that ends it
    (the asked one, or a wrong one), "" for none, "no try" if it could not begin.
    """
    detectors = None
    for at, m in frames:
        if not (start <= at <= end and m.faces):
            continue
        if detectors is None:
            if not neutral.faces_front(m) or m.mouth - neutral.mouth >= 0.1:
                continue
            detectors = {name: detector(name, neutral) for name in (asked, *WRONG[asked])}
        seen = [name for name, one in detectors.items() if one.feed(at, m)]
        if seen:
            return asked if asked in seen else seen[0]
    return "" if detectors else "no try"


def bench_actions(clips: Sequence[Clip]) -> dict[str, Any]:
    detected: Counter[str] = Counter()
    trials: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    unprompted: Counter[str] = Counter()
    windows: Counter[str] = Counter()
    asked_done: dict[str, Counter[str]] = {action: Counter() for action in ASKED}
    others: Counter[str] = Counter()
    for clip in clips:
        neutral = clip.neutral
        for phase in range(3):
            at_rate = {fps: sampled(clip.frames, fps, phase) for fps in (10.0, 15.0)}
            for label in [*clip.labels, *to_and_fro(clip)]:
                start, end = label.start - AROUND, label.end + AROUND
                beside = {
                    other.action
                    for other in clip.labels
                    if other is not label
                    and other.start - AROUND < end
                    and other.end + AROUND > start
                }
                trials[label.action] += 1
                for action in ASKED:
                    frames = at_rate[FPS.get(action, 10.0)]
                    if isinstance(label, Replay):
                        frames = sampled(label.frames, FPS.get(action, 10.0), phase)
                        start, end, beside = 0.0, 99.0, set()
                    fired = fires(action, frames, neutral, start, end)
                    ended = step(action, frames, neutral, start, end)
                    if action == label.action:
                        detected[action] += fired
                        asked_done[action][_how(action, ended, beside)] += 1
                    elif action not in (*PARTS_OF.get(label.action, ()), *beside):
                        taken[f"{label.action} as {action}"] += fired
                        others[f"{label.action} as {action}"] += ended == action
            for start in np.arange(0, clip.frames[-1][0] - WINDOW, 1.0):
                for action in ASKED:
                    if any(
                        s.action == action and s.start < start + WINDOW and s.end > start
                        for s in clip.labels
                    ):
                        continue
                    windows[action] += 1
                    unprompted[action] += fires(
                        action,
                        at_rate[FPS.get(action, 10.0)],
                        neutral,
                        start,
                        start + WINDOW,
                    )
    return {
        "trials": dict(trials),
        "detected": dict(detected),
        "unprompted": {a: [unprompted[a], windows[a]] for a in ASKED},
        "step_asks_for_it": {a: dict(asked_done[a]) for a in ASKED},
        "step_asks_for_another": {k: n for k, n in sorted(others.items()) if n},
        "detectors_alone": {k: n for k, n in sorted(taken.items()) if n},
    }


def _how(asked: str, ended: str, beside: set[str]) -> str:
    if ended == asked:
        return "done"
    if ended in ("", "no try"):
        return ended or "nothing"
    # That one was done as well, says the label: the person's mistake, not ours.
    return "another label's" if ended in beside else f"wrongly {ended}"


def print_actions(found: dict[str, Any]) -> None:
    trials = found["trials"]
    print("Detectors at 10 frames a second (blink at 15): recall; unprompted in 3 s")
    for action in ASKED:
        stray, windows = found["unprompted"][action]
        of = trials.get(action, 0)
        hit = found["detected"].get(action, 0)
        print(f"  {action:10s} {hit:3d}/{of:<3d}   {stray:3d}/{windows}")
    print("A step that asks for what is done, as the product ends its try")
    for action, ends in found["step_asks_for_it"].items():
        print(f"  {action:10s} {ends}")
    for name, title in (
        ("step_asks_for_another", "A step that asks for another action and counts it"),
        ("detectors_alone", "The same by the detectors alone (no wrong action ends it)"),
    ):
        print(title)
        for pair, n in found[name].items():
            print(f"  {pair:24s} {n:3d}/{trials[pair.split()[0]]}")


@dataclass(frozen=True)
class Replay(Label):
    """A shake or nod made of a real turn, played to and fro."""

    frames: list[Timed]


def to_and_fro(clip: Clip) -> list[Replay]:
    made = []
    neutral = clip.neutral
    for label in clip.labels:
        nods = label.action in ("LookUp", "LookDown")
        if not nods and label.action not in ("LookLeft", "LookRight"):
            continue
        inside = [
            (t, m)
            for t, m in clip.frames
            if label.start - 0.5 <= t <= label.end + 0.5 and m.faces
        ]

        def away(m: Measurement, nods: bool = nods) -> float:
            moved = m.pitch - neutral.pitch if nods else m.yaw - neutral.yaw
            return abs(moved)

        peak = max(range(len(inside)), key=lambda n: away(inside[n][1]))
        rest = min(range(peak + 1), key=lambda n: away(inside[n][1]))
        way = [m for _, m in inside[rest : peak + 1]]
        yaw, pitch = np.ptp([m.yaw for m in way]), np.ptp([m.pitch for m in way])
        own, other = (pitch, yaw) if nods else (yaw, pitch)
        # A turn that leans to the side as well makes neither a shake nor a nod, and one
        # that began elsewhere than at the front no step.
        if len(way) < 3 or other > 0.5 * own or not neutral.faces_front(way[0]):
            continue
        # Half a second at rest, then 0.4 s each way, twice to and fro.
        rest_frames = [(0.05 * n, way[0]) for n in range(10)]
        order = [*way, *way[::-1]] * 2
        each = 0.4 / len(way)
        frames = rest_frames + [(0.5 + n * each, m) for n, m in enumerate(order)]
        made.append(Replay("NodHead" if nods else "ShakeHead", 0, 99, frames))
    return made


def windows_of(clips: Sequence[Clip], *, still: bool) -> list[list[Timed]]:
    """Four seconds each (or a whole shorter clip), by how much the head turns."""
    out = []
    for clip in clips:
        if "mirrored" in clip.name:
            continue
        length = clip.frames[-1][0]
        for start in np.arange(0, max(length - 4, 0) + 0.1, 2.0):
            part = [(t, m) for t, m in clip.frames if start <= t < start + 4]
            seen = [m for _, m in part if m.faces and min(m.skin) > 0]
            if len(seen) < len(part) or len(part) < 40:
                continue
            calm = np.ptp([m.yaw for m in seen]) < 6 and np.ptp([m.pitch for m in seen]) < 8
            if calm == still:
                out.append(part)
    return out


def flash_run(
    parts: Sequence[list[Timed]],
    colours: Sequence[str],
    strength: float,
    random: Random,
    *,
    replayed: bool = False,
    fps: float = 10.0,
) -> list[Reflection]:
    """The tries of a run: a second one where the page would have asked for it."""
    clip, camera = random.choice(parts), draw_camera(random)
    tries: list[Reflection] = []
    for start in (100.0, 140.0):
        frames = frame_times(start, 14, fps, random)
        paints = paint_times(draw_segments(colours, random), frames, random)
        frames = [t for t in frames if t < paints[-1].at + 0.4]
        earlier = None
        if replayed:
            own = frame_times(start, 14, fps, random)
            earlier = paint_times(draw_segments(colours, random), own, random)
        samples = lit_samples(
            clip,
            random.uniform(0, 20),
            frames,
            paints,
            strength,
            camera,
            random,
            lit_by=earlier,
        )
        tries.append(reflection(samples, paints, random))
        if lit(samples):
            break
    return tries


def flash_cell(runs: Sequence[list[Reflection]]) -> dict[str, float]:
    """Shares of the runs, and of their first tries that were accepted."""
    answers = Counter(together(tries) for tries in runs)
    first = sum(tries[0].answer is Answer.FOLLOWS for tries in runs)
    shares = {answer.value: answers[answer] / len(runs) for answer in Answer}
    return {**shares, "first": first / len(runs), "runs": len(runs)}


def bench_flash(clips: Sequence[Clip], trials: int, random: Random) -> dict[str, Any]:
    """Faces that are lit by the run's own colours."""
    still, moving = windows_of(clips, still=True), windows_of(clips, still=False)
    found: dict[str, Any] = {"windows": {"still": len(still), "moving": len(moving)}}
    for kind, parts in (("still", still), ("moving", moving)):
        for palette, colours in (("14 colours", ALL), ("white/black", PLAIN)):
            for strength in (0.004, 0.009, 0.018, 0.036, 0.07):
                runs = [flash_run(parts, colours, strength, random) for _ in range(trials)]
                cell = f"{kind}, {palette}, {strength:.1%}"
                found[cell] = flash_cell(runs)
                print(f"  {cell:44s} {rates(found[cell])}", flush=True)
    return found


def bench_replays(clips: Sequence[Clip], replays: int, random: Random) -> dict[str, Any]:
    """Recordings: un-lit ones, and ones that were lit by another sequence."""
    parts = windows_of(clips, still=True) + windows_of(clips, still=False)
    found: dict[str, Any] = {}
    for name, strength in (
        ("replay without reflection", 0.0),
        ("replay lit by another sequence", 0.05),
    ):
        for palette, colours in (("14 colours", ALL), ("white/black", PLAIN)):
            runs = [
                flash_run(parts, colours, strength, random, replayed=strength > 0)
                for _ in range(replays)
            ]
            cell = f"{name}, {palette}"
            found[cell] = flash_cell(runs)
            print(f"  {cell:44s} {rates(found[cell])}", flush=True)
    return found


def rates(cell: dict[str, float]) -> str:
    shares = "  ".join(f"{name} {cell[name]:.4f}" for name in (*Answer, "first"))
    return f"{shares}  of {cell['runs']}"


def bench_photos(clips: Sequence[Clip], meter: Meter, random: Random) -> dict[str, Any]:
    """Real stills moved as a plane: held, tilted to and fro; judged as whole runs."""
    found: dict[str, Any] = {}
    for tilt in (0, 8, 20, 40, 50):
        passed: Counter[str] = Counter()
        trials = 0
        for clip in clips:
            if "mirrored" in clip.name:
                continue
            for picture in clip.pictures:
                frames = list(waved(picture, tilt, meter, random))
                faces = [m for _, m in frames if m.faces]
                # Smaller ones are sent nearer by the guidance.
                if len(faces) < 0.9 * len(frames) or faces[0].size < TOO_FAR:
                    continue
                trials += 1
                samples = [Sample(n, t, t, 1, "", m) for n, (t, m) in enumerate(frames)]
                # Its paper is lit by the screen like a face: only life is in the way.
                passed["flash"] += life(samples[:90], Neutral.of(faces[:10])).lives
                passed["silent"] += photo_run((), samples).passed
                for action in ("LookFront", *ASKED):
                    passed[action] += photo_run((action,), samples).passed
        found[f"{tilt} degrees"] = {"trials": trials, **passed}
    return found


def photo_run(actions: Sequence[str], samples: Sequence[Sample]) -> Verdict:
    plan = draw_plan((), actions, Random(1))
    walk = Walk(plan)
    for n, sample in enumerate(samples):
        walk.feed(sample)
        if walk.progress.finished:
            samples = samples[: n + 1]
            break
    return judge(plan, samples, (), CameraFacts(), random=Random(1))


def as_samples(frames: Sequence[Timed]) -> list[Sample]:
    return [Sample(n, t, t, 1, "", m) for n, (t, m) in enumerate(frames)]


def windows_at(clip: Clip, seconds: float) -> Iterator[list[Timed]]:
    """Every half second, at ten frames a second; nine frames in ten with a face."""
    frames = sampled(clip.frames, 10.0, 0)
    for start in np.arange(0, clip.frames[-1][0] - seconds + 0.1, 0.5):
        part = [(t, m) for t, m in frames if start <= t < start + seconds]
        if len(part) > 20 and sum(m.faces > 0 for _, m in part) > 0.9 * len(part):
            yield part


def without_blinks(clip: Clip) -> Clip:
    """The clip with a quarter of a second around every shut eye left out."""
    usual = np.median([m.eyes for _, m in clip.frames if m.eyes])
    shut = np.array([t for t, m in clip.frames if m.eyes and m.eyes < 0.7 * usual])
    marked = [s for s in clip.labels if s.action == "BlinkEye"]
    frames = [
        (t, m)
        for t, m in clip.frames
        if not (np.abs(shut - t) < 0.25).any()
        and not any(s.start <= t <= s.end for s in marked)
    ]
    return Clip(clip.name, frames or clip.frames, clip.labels, [])


def bench_life(clips: Sequence[Clip], random: Random) -> dict[str, Any]:
    """Windows of live clips: alive by what they do of themselves; none is a loop."""
    found: dict[str, Any] = {}
    for seconds in (5.0, 9.0):
        for name, change in (("as filmed", None), ("blinks cut out", without_blinks)):
            alive = [
                life(as_samples(part), clip.neutral)
                for clip in clips
                for part in windows_at(change(clip) if change else clip, seconds)
            ]
            enough = [one.lives for one in alive if one.frames >= LEAST_FRONT]
            found[f"alive in {seconds:.0f} s, {name}"] = [sum(enough), len(enough)]
    parts = [
        as_samples(part)
        for clip in clips
        for seconds in (6.0, 9.0, 12.0)
        for part in windows_at(clip, seconds)
    ]
    looped = sum(bool(loop_period(p) or turned_round(p)) for p in parts)
    found["live, told as a loop"] = [looped, len(parts)]
    for name, there_and_back in (("played round", False), ("played to and fro", True)):
        for seconds in (9.0, 12.0):
            for length in (3.0, 4.0, 5.0):
                films = [
                    as_samples(film(clip, length, seconds, random, there_and_back))
                    for clip in clips
                    if clip.frames[-1][0] > 6
                    for _ in range(8)
                ]
                told = sum(bool(loop_period(p) or turned_round(p)) for p in films)
                cell = f"{length:.0f} s {name}, seen for {seconds:.0f} s: told"
                found[cell] = [told, len(films)]
    return found


# What measuring the same picture twice may differ by, with a camera's noise on it.
AGAIN = {
    "yaw": 0.4,
    "pitch": 0.4,
    "roll": 0.2,
    "x": 0.001,
    "y": 0.001,
    "size": 0.0015,
    "mouth": 0.004,
    "lids": 0.005,
    "eye_left": 0.01,
    "eye_right": 0.01,
}


def film(
    clip: Clip, length: float, seconds: float, random: Random, there_and_back: bool
) -> list[Timed]:
    """A piece of the clip, again and again, from anywhere in it, with fresh noise."""
    start = random.uniform(0, clip.frames[-1][0] - length)
    piece = [(t, m) for t, m in clip.frames if start <= t < start + length and m.faces]
    at = np.array([t for t, _ in piece])
    begin, out = random.uniform(0, 2 * length), []
    for n in range(round(seconds * 10)):
        now = n / 10 + random.uniform(-0.01, 0.01)
        phase = (begin + now) % (2 * length if there_and_back else length)
        phase = 2 * length - phase if phase > length else phase
        m = piece[int(np.abs(at - start - phase).argmin())][1]
        noise = {k: getattr(m, k) + random.gauss(0, s) for k, s in AGAIN.items()}
        out.append((now, replace(m, **noise)))
    return out


def bench_mirror(clips: Sequence[Clip]) -> dict[str, list[float]]:
    """Each frame against its mirror image: median and 95th percentile of the gap.

    Angles from the clip's own neutral, in degrees; eyes as a share of their opening.
    """
    gaps: dict[str, list[float]] = {"yaw": [], "pitch": [], "roll": [], "x": [], "eyes": []}
    for one, other in zip(clips[::2], clips[1::2], strict=True):
        both = [(a, b) for (_, a), (_, b) in zip(one.frames, other.frames, strict=True)]
        both = [(a, b) for a, b in both if a.faces and b.faces]
        for name, sign in (("yaw", -1), ("pitch", 1), ("roll", -1), ("x", -1)):
            apart = np.array([getattr(a, name) - sign * getattr(b, name) for a, b in both])
            gaps[name] += list(np.abs(apart - np.median(apart)))
        for a, b in both:
            for left, right in ((a.eye_left, b.eye_right), (a.eye_right, b.eye_left)):
                if left and right:
                    gaps["eyes"].append(abs(left - right) / max(left, right))
    return {
        name: [float(np.percentile(v, q)) for q in (50, 95)] for name, v in gaps.items()
    }


def waved(picture: Any, tilt: float, meter: Meter, random: Random) -> Iterator[Timed]:
    """Sixteen seconds of a flat picture: two of them held, then tilted about two axes."""
    height, width = picture.shape[:2]
    speed = random.uniform(0.5, 1.6), random.uniform(0.5, 1.6)
    share = random.choice(((1, 0.2), (0.2, 1), (0.7, 0.7)))
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32) * (
        width / 2,
        height / 2,
    )
    for n in range(160):
        at = n / 10
        grown = min(1.0, max(0.0, at - 2))
        yaw = np.radians(tilt * share[0] * grown * np.sin(6.28 * speed[0] * at))
        pitch = np.radians(tilt * share[1] * grown * np.sin(6.28 * speed[1] * at + 1))
        shake = np.array([random.gauss(0, 0.5), random.gauss(0, 0.5)])
        depth = 1 + (corners[:, 0] * np.sin(yaw) + corners[:, 1] * np.sin(pitch)) / (
            1.6 * width
        )
        there = corners * (np.cos(yaw), np.cos(pitch)) / depth[:, None]
        there += np.array([width / 2, height / 2]) + shake
        flat = cv2.getPerspectiveTransform(
            (corners + np.array([width / 2, height / 2])).astype(np.float32),
            there.astype(np.float32),
        )
        moved = cv2.warpPerspective(
            picture, flat, (width, height), borderValue=(90, 90, 90)
        ).astype(np.float32)
        grain = np.random.default_rng(random.getrandbits(32))
        moved += grain.normal(0, 2, moved.shape)
        frame = as_jpeg(np.clip(moved, 0, 255).astype(np.uint8))
        yield at, meter.measure(frame, eyes=True)


def bench_cost(folder: Path, meter: Meter) -> dict[str, Any]:
    """Processor time of one core; the worker's in a process of its own."""
    first = json.loads((folder / "labels.json").read_text())["videos"][0]["file"]
    pictures = [p for _, p in posted_frames(folder / first)][:180:3]
    data = [cv2.imencode(".jpg", p, [cv2.IMWRITE_JPEG_QUALITY, 70])[1] for p in pictures]
    out: dict[str, Any] = {}
    for name, eyes in (("measure_ms", False), ("measure_ms_with_eyes", True)):
        costs = []
        for one in data * 3:
            start = time.process_time()
            meter.measure(cv2.imdecode(one, cv2.IMREAD_COLOR), eyes=eyes)
            costs.append((time.process_time() - start) * 1000)
        median, p95 = np.percentile(costs, [50, 95])
        out[name] = {"median": float(median), "p95": float(p95)}
    lines = "\n".join(b64encode(one.tobytes()).decode() for one in data)
    worker = Path(__file__).with_name("worker.py")
    done = subprocess.run(
        [sys.executable, worker], input=lines, text=True, capture_output=True, check=True
    )
    return {**out, "a flash run in a worker": json.loads(done.stdout)}


PARTS = ("cost", "mirror", "actions", "life", "photos", "flash", "replays")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--trials", type=int, default=400, help="runs a cell, flash")
    parser.add_argument("--replays", type=int, default=2000, help="runs a cell, replays")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parts", nargs="*", default=PARTS, choices=PARTS)
    asked = parser.parse_args()

    meter, random = Meter(), Random(asked.seed)
    clips = read_clips(asked.folder, meter)
    found: dict[str, Any] = {}
    if "cost" in asked.parts:
        print("Cost of a 320 x 240 frame, JPEG decoding included")
        found["cost"] = bench_cost(asked.folder, meter)
        print_all(found["cost"])
    if "mirror" in asked.parts:
        print("Frames against their mirror images: median and 95th percentile of the gap")
        found["mirror"] = bench_mirror(clips)
        print_all(found["mirror"])
    if "actions" in asked.parts:
        found["actions"] = bench_actions(clips)
        print_actions(found["actions"])
    if "life" in asked.parts:
        print("Life and loops")
        found["life"] = bench_life(clips, random)
        print_all(found["life"])
    if "photos" in asked.parts:
        print("Stills, held and tilted: passed, by what was asked")
        found["photos"] = bench_photos(clips, meter, random)
        print_all(found["photos"])
    if {"flash", "replays"} & set(asked.parts):
        print("Flash, 8 segments, 10 frames a second, runs of at most two tries")
    if "flash" in asked.parts:
        found["flash"] = bench_flash(clips, asked.trials, Random(asked.seed))
    if "replays" in asked.parts:
        found["replays"] = bench_replays(clips, asked.replays, Random(asked.seed))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1))


def print_all(found: dict[str, Any]) -> None:
    for name, value in found.items():
        shown = value
        if isinstance(value, dict):
            shown = "  ".join(f"{k} {short(v)}" for k, v in value.items())
        print(f"  {name:40s} {short(shown)}", flush=True)


def short(value: Any) -> str:
    if isinstance(value, dict):
        return " / ".join(map(short, value.values()))
    if isinstance(value, list):
        return (" of " if isinstance(value[0], int) else " / ").join(map(short, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
