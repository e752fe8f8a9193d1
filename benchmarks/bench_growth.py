"""What does not grow: a journey's cost with the checks kept, memory with those made."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.contenders import LoopbackVendor, a_vendor, crowd, row, the_demo
from benchmarks.crowd import percentile
from benchmarks.processes import cpu_seconds, megabytes

PART = "growth"
FEW, MANY = 10, 10_000
ROUNDS, JOURNEYS = 3, 150
# A tenth more or less is to be told from chance here.
COST_ROUNDS, COST_JOURNEYS = 5, 400


def rows(most_journeys: int = 10_000) -> list[dict[str, Any]]:
    """Memory is compared between a tenth of *most_journeys* and all of them."""
    with a_vendor() as vendor:
        return [
            *with_many_kept(vendor),
            *while_cleaning(vendor),
            *memory(vendor, most_journeys),
        ]


def with_many_kept(vendor: LoopbackVendor) -> list[dict[str, Any]]:
    """Each round on fresh state, so that few stay few."""
    costs: dict[int, list[float]] = {FEW: [], MANY: []}
    for _ in range(COST_ROUNDS):
        for kept, found in costs.items():
            with (
                state_with(vendor, kept) as folder,
                the_demo(vendor, folder=folder) as demo,
            ):
                crowd(do="journeys", at=demo.address, visitors=16, journeys=50)
                before = cpu_seconds(demo.process.pid)
                crowd(do="journeys", at=demo.address, visitors=16, journeys=COST_JOURNEYS)
                found.append(cpu_seconds(demo.process.pid) - before)
    ratio = median(many / few for few, many in zip(*costs.values(), strict=True))
    name = f"CPU a journey, {MANY} checks kept / {FEW}"
    return [
        row(PART, name, ratio, at_most=1.10),
    ]


def while_cleaning(vendor: LoopbackVendor) -> list[dict[str, Any]]:
    """Pages while journeys clear 10,000 checks away, against pages when there are none."""
    found: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(ROUNDS):
        for cleaning, seen in found.items():
            kept = MANY if cleaning else FEW
            with state_with(vendor, kept, over=cleaning) as folder:
                seen.append(slowest_page(vendor, folder))
    ratio = median(a / b for a, b in zip(found[True], found[False], strict=True))
    return [row(PART, "p99 of GET / while the store is cleaned / else", ratio, at_most=1.5)]


def slowest_page(vendor: LoopbackVendor, folder: Path) -> float:
    """The 99th percentile of the form under a little traffic."""
    with the_demo(vendor, folder=folder) as demo:
        crowd(do="journeys", at=demo.address, visitors=4, journeys=20)
        found = crowd(do="journeys", at=demo.address, visitors=4, journeys=JOURNEYS)
    return percentile(found["times"]["form"], 99)


def memory(vendor: LoopbackVendor, most: int) -> list[dict[str, Any]]:
    """All processes of the server together, what they share counted once."""
    with the_demo(vendor) as demo:
        first = most // 10
        crowd(do="journeys", at=demo.address, visitors=32, journeys=first)
        early = megabytes(demo.process.pid)
        crowd(do="journeys", at=demo.address, visitors=32, journeys=most - first)
        late = megabytes(demo.process.pid)
    name = f"memory after {most} journeys / after {first}"
    return [
        row(PART, name, late / early, at_most=1.05),
        row(PART, f"memory after {most} journeys, MB", late),
    ]


@contextmanager
def state_with(
    vendor: LoopbackVendor, checks: int, *, over: bool = False
) -> Iterator[Path]:
    """A folder in which so many checks are kept, copied from ten real ones.

    *over* says that their time is over.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        with the_demo(vendor, workers=1, folder=folder) as demo:
            crowd(do="journeys", at=demo.address, visitors=FEW, journeys=FEW)
        with closing(sqlite3.connect(folder / "state.sqlite")) as db, db:
            rows = db.execute("SELECT key, value, until FROM records").fetchall()
            for copy in range(checks // FEW - 1):
                copies = [(f"{key}:{copy}", value, until) for key, value, until in rows]
                db.executemany("INSERT INTO records VALUES (?, ?, ?)", copies)
            if over:
                db.execute("UPDATE records SET until = 1")
        yield folder
