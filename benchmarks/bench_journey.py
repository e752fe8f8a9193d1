"""The whole journey against a loopback vendor: the demo beside the bare yardstick."""

from statistics import median
from typing import Any

from benchmarks.contenders import (
    LoopbackVendor,
    a_vendor,
    crowd,
    row,
    the_demo,
    the_yardstick,
)
from benchmarks.crowd import percentile
from benchmarks.processes import cpu_seconds
from tools.serving import Server

PART = "journey"
ROUNDS, SECONDS = 5, 3.0
HALL_ROUNDS, HALL_SECONDS, HALL_VISITORS, HALL_DELAY = 3, 6.0, 200, 0.5


def rows() -> list[dict[str, Any]]:
    """16 visitors and a vendor that answers at once; 200 and one that takes 500 ms."""
    with a_vendor() as vendor:
        return [*at_work(vendor), *in_a_hall(vendor)]


def at_work(vendor: LoopbackVendor) -> list[dict[str, Any]]:
    """The same workers and threads for both, no waiting: what the code costs."""
    with the_demo(vendor) as demo:
        # By then all of them have been begun.
        crowd(do="journeys", at=demo.address, visitors=16, seconds=1.0)
        workers = len(demo.workers())
        with the_yardstick(vendor, workers=workers, threads=256) as yardstick:
            for server in (demo, yardstick):
                crowd(do="journeys", at=server.address, visitors=16, seconds=2.0)
            rounds = [
                [measured(server, 16, SECONDS) for server in (demo, yardstick)]
                for _ in range(ROUNDS)
            ]
    rate = median(ours["rate"] / theirs["rate"] for ours, theirs in rounds)
    cost = median(ours["cpu"] / theirs["cpu"] for ours, theirs in rounds)
    own = median(ours["cpu"] for ours, _ in rounds)
    failed = max(ours["failed"] for ours, _ in rounds)
    return [
        row(PART, "16 visitors: rate / yardstick's", rate, at_least=0.90),
        row(PART, "16 visitors: CPU a journey / yardstick's", cost, at_most=1.25),
        row(PART, "16 visitors: CPU a journey, ms", own),
        row(PART, "16 visitors: share that failed", failed, at_most=0.0),
    ]


def in_a_hall(vendor: LoopbackVendor) -> list[dict[str, Any]]:
    """The demo as deployed, the yardstick with one worker of 64 threads."""
    vendor.set(delay=HALL_DELAY)
    with the_demo(vendor) as demo, the_yardstick(vendor) as yardstick:
        for server in (demo, yardstick):
            crowd(do="journeys", at=server.address, visitors=32, seconds=2.0)
        rounds = [
            [
                measured(server, HALL_VISITORS, HALL_SECONDS, HALL_DELAY)
                for server in (demo, yardstick)
            ]
            for _ in range(HALL_ROUNDS)
        ]
    vendor.set()
    rate = median(ours["rate"] / theirs["rate"] for ours, theirs in rounds)
    added = median(ours["added"] / theirs["added"] for ours, theirs in rounds)
    failed = max(ours["failed"] for ours, _ in rounds)
    return [
        row(PART, "hall: rate / yardstick's, 1 worker of 64", rate, at_least=1.5),
        row(PART, "hall: p99 added to the vendor's / yardstick's", added, at_most=1.0),
        row(PART, "hall: share that failed", failed, at_most=0.0),
    ]


def measured(
    server: Server, visitors: int, seconds: float, delay: float = 0.0
) -> dict[str, float]:
    """Journeys a second, CPU ms of each, p99 beyond the vendor's two delays, failures."""
    before = cpu_seconds(server.process.pid)
    found = crowd(do="journeys", at=server.address, visitors=visitors, seconds=seconds)
    spent = cpu_seconds(server.process.pid) - before
    passed, failed = found["passed"], sum(found["failures"].values())
    if failed:
        print(f"  failed: {found['failures']}", flush=True)
    totals = map(sum, zip(*found["times"].values(), strict=True))
    return {
        "rate": passed / found["seconds"],
        "cpu": 1000 * spent / max(passed, 1),
        "added": percentile(totals, 99) - 2 * delay,
        "failed": failed / max(passed + failed, 1),
    }
