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
EVERY, LONGEST_SECONDS = 0.05, 15.0
# The deadline of a call, a second in the waiting room, and the pages around it.
NAMED_WITHIN = 9.5


def rows() -> list[dict[str, Any]]:
    """Every trouble, each on a server of its own that was healthy just before."""
    return [row for trouble in TROUBLES for row in told(trouble, run(trouble))]


def run(trouble: str) -> dict[str, Any]:
    """400 visitors press the button within four seconds; others open pages all along."""
    with a_vendor() as vendor, the_demo(vendor, workers=2) as demo:
        crowd(do="journeys", at=demo.address, visitors=16, seconds=1.0)
        return crowd(
            do="trouble",
            at=demo.address,
            visitors=VISITORS,
            over=OVER_SECONDS,
            paths=PATHS,
            every=EVERY,
            seconds=LONGEST_SECONDS,
            set=vendor.order(trouble=trouble),
            heal=vendor.order(),
        )


def told(trouble: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    """What that trouble did."""
    troubled = found["troubled"]
    pages = [troubled["pages"][path] for path in PATHS]
    asked = sum(page["asked"] for page in pages)
    answered = sum(len(page["seconds"]) for page in pages)
    slower = p99(troubled) / p99(found["healthy"])
    ends = Counter(kind for kind, _ in troubled["starts"])
    failures = sum((Counter(page["failures"]) for page in pages), Counter[str]())
    print(f"  {trouble}: {dict(ends)} {dict(failures) or ''}", flush=True)
    unnamed = sum(count for kind, count in ends.items() if kind.startswith("failed"))
    longest = max(seconds for _, seconds in troubled["starts"])
    surplus = [s for kind, s in troubled["starts"] if kind == "told to come back"]
    rows = [
        row(PART, f"{trouble}: pages answered", answered / asked, at_least=1.0),
        row(PART, f"{trouble}: p99 of pages / healthy", slower, at_most=3.0),
        row(PART, f"{trouble}: starts without a named end", unnamed, at_most=0),
        row(PART, f"{trouble}: slowest start, s", longest, at_most=NAMED_WITHIN),
        row(PART, f"{trouble}: recovery, s", found["recovery"], at_most=2.0),
    ]
    if surplus:
        rows.append(row(PART, f"{trouble}: 503 after, s", median(surplus), at_most=1.0))
    return rows


def p99(throng: dict[str, Any]) -> float:
    """Of the answers to all paths while the throng lasted, in seconds."""
    seconds = (s for path in PATHS for s in throng["pages"][path]["seconds"])
    return percentile(seconds, 99)
