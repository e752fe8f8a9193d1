"""How well the judge judges: a table over a folder of labelled videos.

    python benchmarks/bench_judge.py DIR [--json FILE] [--trials N] [--replays N]

DIR holds `labels.json` and the videos it names; `benchmarks/README.md` has the format.
"""

import argparse
import json
import resource
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
from screen_light import Timed, draw_camera, frame_times, lit_samples, paint_times

from lifecheck_demo.sandbox.judge import Measurement, Meter, Sample
from lifecheck_demo.sandbox.judge.actions import Neutral, detector
from lifecheck_demo.sandbox.judge.flash import Answer, Reflection, reflection
from lifecheck_demo.sandbox.judge.follow import TOO_FAR
from lifecheck_demo.sandbox.judge.passive import life
from lifecheck_demo.sandbox.plan import BRIGHT, DARK, draw_segments

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


def read_clips(folder: Path, meter: Meter) -> tuple[list[Clip], list[float]]:
    """Every video and its mirror image, measured once at its own rate."""
    clips, costs = [], []
    for entry in json.loads((folder / "labels.json").read_text())["videos"]:
        labels = [Label(**part) for part in entry["segments"]]
        pictures = list(posted_frames(folder / entry["file"]))
        for mirrored in (False, True):
            frames = []
            for at, picture in pictures:
                picture = picture[:, ::-1].copy() if mirrored else picture
                start = time.perf_counter()
                measurement = meter.measure(picture, eyes=True)
                costs.append(time.perf_counter() - start)
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
                    [p for _, p in pictures[:: max(1, len(pictures) // 4)]],
                )
            )
    return clips, costs


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


def bench_actions(clips: Sequence[Clip]) -> dict[str, Any]:
    hits: Counter[str] = Counter()
    trials: Counter[str] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    unprompted: Counter[str] = Counter()
    windows: Counter[str] = Counter()
    for clip in clips:
        neutral = clip.neutral
        for phase in range(3):
            at_rate = {fps: sampled(clip.frames, fps, phase) for fps in (10.0, 15.0)}
            for label in [*clip.labels, *to_and_fro(clip)]:
                made = isinstance(label, Replay)
                start, end = label.start - AROUND, label.end + AROUND
                beside = {
                    other.action
                    for other in clip.labels
                    if other.start - AROUND < end and other.end + AROUND > start
                }
                for action in ASKED:
                    frames = at_rate[FPS.get(action, 10.0)]
                    if isinstance(label, Replay):
                        frames = sampled(label.frames, FPS.get(action, 10.0), phase)
                        start, end = 0.0, 99.0
                    fired = fires(action, frames, neutral, start, end)
                    if action == label.action:
                        trials[action] += 1
                        hits[action] += fired
                    elif action in PARTS_OF.get(label.action, ()):
                        continue
                    elif fired and (made or action not in beside):
                        taken[label.action, action] += 1
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
        "recall": {a: [hits[a], trials[a]] for a in ASKED},
        "taken_for": {f"{a} as {b}": n for (a, b), n in sorted(taken.items())},
        "unprompted": {a: [unprompted[a], windows[a]] for a in ASKED},
    }


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
        # A turn that leans to the side as well makes neither a shake nor a nod.
        if len(way) < 3 or other > 0.5 * own:
            continue
        # 0.4 s each way, twice to and fro, whatever the turn took.
        order = [*way, *way[::-1]] * 2
        step = 0.4 / len(way)
        frames = [(n * step, m) for n, m in enumerate(order)]
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


def flash_trial(
    parts: Sequence[list[Timed]],
    colours: Sequence[str],
    strength: float,
    random: Random,
    *,
    replayed: bool = False,
    fps: float = 10.0,
) -> Reflection:
    clip, camera = random.choice(parts), draw_camera(random)
    frames = frame_times(100, 14, fps, random)
    paints = paint_times(draw_segments(colours, random), frames, random)
    frames = [t for t in frames if t < paints[-1].at + 0.4]
    earlier = None
    if replayed:
        own = frame_times(100, 14, fps, random)
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
    return reflection(samples, paints, random)


def bench_flash(
    clips: Sequence[Clip], trials: int, replays: int, random: Random
) -> dict[str, Any]:
    still, moving = windows_of(clips, still=True), windows_of(clips, still=False)
    kinds = {"still": still, "moving": moving}
    found: dict[str, Any] = {"windows": {k: len(v) for k, v in kinds.items()}}
    for kind, parts in kinds.items():
        for palette, colours in (("14 colours", ALL), ("white/black", PLAIN)):
            for strength in (0.009, 0.018, 0.036, 0.07):
                answers = Counter(
                    flash_trial(parts, colours, strength, random).answer
                    for _ in range(trials)
                )
                cell = f"{kind}, {palette}, {strength:.1%}"
                found[cell] = {a: answers[a] / trials for a in Answer} if trials else {}
                if trials:
                    print(f"  {cell:34s} {rates(found[cell])}", flush=True)
    for name, strength, replayed in (
        ("replay without reflection", 0.0, False),
        ("replay lit by another sequence", 0.05, True),
    ):
        for palette, colours in (("14 colours", ALL), ("white/black", PLAIN)):
            answers = Counter(
                flash_trial(
                    still + moving, colours, strength, random, replayed=replayed
                ).answer
                for _ in range(replays)
            )
            if replays:
                cell = f"{name}, {palette}"
                found[cell] = {a: answers[a] / replays for a in Answer}
                print(f"  {cell:44s} {rates(found[cell])}", flush=True)
    return found


def rates(cell: dict[Any, float]) -> str:
    return "  ".join(f"{answer.value} {rate:.4f}" for answer, rate in cell.items())


def bench_photos(clips: Sequence[Clip], meter: Meter, random: Random) -> dict[str, Any]:
    """Real stills moved as a plane: held, tilted to and fro, waved."""
    accepted: Counter[str] = Counter()
    lives = trials = passed = 0
    for clip in clips:
        if "mirrored" in clip.name:
            continue
        for picture in clip.pictures:
            for tilt in (8, 20, 40):
                frames = list(waved(picture, tilt, meter, random))
                faces = [m for _, m in frames if m.faces]
                # Smaller ones are sent nearer by the guidance.
                if len(faces) < 30 or faces[0].size < TOO_FAR:
                    continue
                neutral = Neutral.of(faces[:8])
                trials += 1
                samples = [Sample(n, t, t, 1, "", m) for n, (t, m) in enumerate(frames)]
                alive = life(samples, neutral).lives
                lives += alive
                for action in ASKED:
                    done = fires(action, frames, neutral, 0.9, 99)
                    accepted[action] += done
                    # A run is passed by both together.
                    passed += done and alive
    return {
        "trials": trials,
        "lives": lives,
        "passed_any_action": passed,
        **{a: accepted[a] for a in ASKED},
    }


def waved(picture: Any, tilt: float, meter: Meter, random: Random) -> Iterator[Timed]:
    """Six seconds of a flat picture: a second held, then tilted about two axes."""
    height, width = picture.shape[:2]
    speed = random.uniform(0.5, 1.6), random.uniform(0.5, 1.6)
    share = random.choice(((1, 0.2), (0.2, 1), (0.7, 0.7)))
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32) * (
        width / 2,
        height / 2,
    )
    for n in range(60):
        at = n / 10
        grown = min(1.0, max(0.0, at - 0.8))
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


def bench_cost(clips: Sequence[Clip], meter: Meter) -> dict[str, float]:
    pictures = [p for clip in clips if "mirr" not in clip.name for p in clip.pictures]
    data = [cv2.imencode(".jpg", p, [cv2.IMWRITE_JPEG_QUALITY, 70])[1] for p in pictures]
    out = {}
    for name, eyes in (("ms", False), ("ms_with_eyes", True)):
        costs = []
        for _ in range(5):
            for one in data:
                start = time.perf_counter()
                meter.measure(cv2.imdecode(one, cv2.IMREAD_COLOR), eyes=eyes)
                costs.append((time.perf_counter() - start) * 1000)
        out[name] = float(np.median(costs))
        out[name + "_p95"] = float(np.percentile(costs, 95))
    return out


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--trials", type=int, default=200, help="a cell of the flash")
    parser.add_argument("--replays", type=int, default=2000, help="a cell of replays")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    random = Random(asked.seed)

    before = megabytes()
    meter = Meter()
    meter.measure(np.zeros((HEIGHT, WIDTH, 3), np.uint8), eyes=True)
    clips, _ = read_clips(asked.folder, meter)
    found: dict[str, Any] = {"cost": bench_cost(clips, meter)}
    found["cost"] |= {"mb_before_models": before, "mb_with_clips": megabytes()}
    print("Cost of a 320 x 240 frame, JPEG decoding included")
    for name, value in found["cost"].items():
        print(f"  {name:20s} {value:8.1f}")

    found["actions"] = bench_actions(clips)
    print("Actions at 10 frames a second (blink at 15): recall, unprompted in 3 s")
    for action in ASKED:
        hit, of = found["actions"]["recall"][action]
        stray, windows = found["actions"]["unprompted"][action]
        print(f"  {action:10s} {hit:3d}/{of:<3d}   {stray:3d}/{windows}")
    print("Taken for another:", found["actions"]["taken_for"])

    found["photos"] = bench_photos(clips, meter, random)
    print("Stills, tilted and waved:", found["photos"])

    print("Flash, 8 segments, 10 frames a second, one try")
    found["flash"] = bench_flash(clips, asked.trials, asked.replays, random)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
