"""The vendor in trouble: do other pages go on, and is everybody told how it ended?"""

from collections import Counter
from statistics import median
from typing import Any

from benchmarks.contenders import a_vendor, crowd, row, the_demo
from benchmarks.crowd import percentile
from benchmarks.loopback_vendor import TROUBLES

PART = "trouble"
# More than two workers have places for (288, and 48 who wait).
VISITORS, OVER_SECONDS = 400, 4.0
PATHS = ("/", "/static/css/demo.css", "/healthz")
EVERY, SECONDS = 0.05, 9.0
# The deadline of a call, a second in the waiting room, and the pages around it.
NAMED_WITHIN = 9.5


def rows() -> list[dict[str, Any]]:
    """Every trouble after the healthy run, each on a server of its own."""
    healthy = run("")
    usual = {path: p99(healthy, path) for path in PATHS}
    found = []
    for trouble in TROUBLES:
        found += told(trouble, run(trouble), usual)
    return found


def run(trouble: str) -> dict[str, Any]:
    """400 visitors press the button within four seconds; others open pages all along."""
    with a_vendor() as vendor, the_demo(vendor, workers=2) as demo:
        crowd(do="journeys", at=demo.address, visitors=16, seconds=2.0)
        return crowd(
            do="trouble",
            at=demo.address,
            visitors=VISITORS,
            over=OVER_SECONDS,
            paths=PATHS,
            every=EVERY,
            seconds=SECONDS,
            set=vendor.order(trouble=trouble),
            heal=vendor.order(),
        )


def told(
    trouble: str, found: dict[str, Any], usual: dict[str, float]
) -> list[dict[str, Any]]:
    """What that trouble did."""
    asked = sum(found["pages"][path]["asked"] for path in PATHS)
    answered = sum(len(found["pages"][path]["seconds"]) for path in PATHS)
    slowest = max(p99(found, path) / usual[path] for path in PATHS)
    ends = Counter(kind for kind, _ in found["starts"])
    kinds: Counter[str] = Counter()
    for path in PATHS:
        kinds.update(found["pages"][path]["failures"])
    print(f"  {trouble}: {dict(ends)} {dict(kinds) or ''}", flush=True)
    unnamed = sum(count for kind, count in ends.items() if kind.startswith("failed"))
    longest = max(seconds for _, seconds in found["starts"])
    surplus = [s for kind, s in found["starts"] if kind == "told to come back"]
    rows = [
        row(PART, f"{trouble}: pages answered", answered / asked, at_least=1.0),
        row(PART, f"{trouble}: p99 of pages / healthy", slowest, at_most=3.0),
        row(PART, f"{trouble}: starts without a named end", unnamed, at_most=0),
        row(PART, f"{trouble}: slowest start, s", longest, at_most=NAMED_WITHIN),
        row(PART, f"{trouble}: recovery, s", found["recovery"], at_most=2.0),
    ]
    if surplus:
        rows.append(row(PART, f"{trouble}: 503 after, s", median(surplus), at_most=1.0))
    return rows


def p99(found: dict[str, Any], path: str) -> float:
    """Of the answers to that path, in seconds."""
    return percentile(found["pages"][path]["seconds"], 99)
