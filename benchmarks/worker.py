"""What judging costs a worker: its memory above the app's own, time for each frame.

    python benchmarks/worker.py < JPEGs, base64, one a line

Prints JSON. It runs in a process of its own, for memory that was used once stays.
"""

import json
import os
import resource
import sys
import tempfile
import time
from base64 import b64decode
from pathlib import Path
from random import Random
from typing import Any

FPS = 10.0


def megabytes() -> float:
    """The most this process has held so far."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(n for n in status.read_text().splitlines() if n.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def spread(costs: list[float]) -> dict[str, float]:
    """Median and 95th percentile, in milliseconds of the processor's time."""
    ordered = sorted(costs)
    return {
        "median": 1000 * ordered[len(ordered) // 2],
        "p95": 1000 * ordered[int(0.95 * len(ordered))],
    }


def run_a_flash(
    data: list[bytes], meter: Any, plan: Any
) -> tuple[list[tuple[float, float]], float]:
    """A whole run, frame by frame, kept between frames as records; then its verdict.

    Gives the seconds of each frame (to measure it, to follow the run) and the verdict's.
    """
    import cv2
    import numpy as np

    from lifecheck_demo.sandbox.judge import (
        CameraFacts,
        Measurement,
        Paint,
        Sample,
        judge,
    )
    from lifecheck_demo.sandbox.judge.follow import follow

    records: list[str] = []
    paints: list[Paint] = []
    costs: list[tuple[float, float]] = []
    times: list[tuple[float, str]] = []
    samples: list[Sample] = []
    shown = ""
    for n in range(400):
        start = time.process_time()
        picture = cv2.imdecode(np.frombuffer(data[n % len(data)], np.uint8), 1)
        measured = meter.measure(picture, eyes=True)
        seen = time.process_time()
        records.append(json.dumps(measured.to_record()))
        times.append((n / FPS, shown))
        samples = [
            Sample(k, at, at, 0, colour, Measurement.from_record(json.loads(record)))
            for k, ((at, colour), record) in enumerate(zip(times, records, strict=True))
        ]
        progress = follow(plan, samples)
        costs.append((seen - start, time.process_time() - seen))
        if progress.finished:
            break
        if progress.colour != shown:
            shown = progress.colour
            paints.append(Paint(shown, n / FPS + 0.05))
    start = time.process_time()
    judge(plan, samples, paints, CameraFacts(), random=Random(1))
    return costs, time.process_time() - start


def main() -> None:
    data = [b64decode(line) for line in sys.stdin]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LIFECHECK_INSTANCE"] = folder
        from lifecheck_demo import create_app

        create_app()
        app = megabytes()
        from lifecheck_demo.sandbox.judge import Meter
        from lifecheck_demo.sandbox.plan import BRIGHT, DARK, draw_plan

        meter = Meter()
        plan = draw_plan(BRIGHT + DARK, (), Random(2))
        costs, judged = run_a_flash(data, meter, plan)
        found = {
            "app_mb": app,
            "judging_mb": megabytes() - app,
            "frames": len(costs),
            "measure_ms": spread([measure for measure, _ in costs]),
            "follow_ms": spread([follow for _, follow in costs]),
            "frame_ms": spread([sum(both) for both in costs]),
            "verdict_ms": 1000 * judged,
        }
        for _ in range(3):
            run_a_flash(data, meter, plan)
        found["judging_mb_after_four_runs"] = megabytes() - app
    print(json.dumps(found))


if __name__ == "__main__":
    main()
