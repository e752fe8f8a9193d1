"""`make bench`: what the whole costs, as ratios within one run; tells, and fails no one.

python -m benchmarks.bench [--parts PART …] [--json FILE] [--journeys N]
"""

import argparse
import json
import os
import platform
import time
import traceback
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Part → the module whose `rows()` measures it, in the order in which they run.
PARTS = {
    "start": "bench_start",
    "journey": "bench_journey",
    "trouble": "bench_trouble",
    "growth": "bench_growth",
    "state": "bench_state",
    "judge": "bench_judge_load",
    "pages": "bench_pages",
    "soak": "bench_soak",
}
MARKS = {True: "met", False: "NOT MET", None: ""}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=[])
    parser.add_argument("--json", type=Path, default=Path("bench.json"))
    parser.add_argument(
        "--journeys", type=int, default=10_000, help="of the memory's comparison, in growth"
    )
    asked = parser.parse_args()

    found: list[dict[str, Any]] = []
    spent: dict[str, float] = {}
    for part in asked.parts or PARTS:
        options = {"most_journeys": asked.journeys} if part == "growth" else {}
        began = time.monotonic()
        print(f"{part} ...", flush=True)
        rows = rows_of(part, **options)
        spent[part] = time.monotonic() - began
        print_table(rows)
        print(f"{part} took {spent[part]:.0f} s\n", flush=True)
        found += rows
        # After each part, so that a run that is broken off has told something.
        told = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "load": os.getloadavg(),
            "seconds": spent,
            "rows": found,
        }
        asked.json.write_text(json.dumps(told, indent=1) + "\n")
    print_table(found)
    print(f"{sum(spent.values()):.0f} s in all; written to {asked.json}")


def rows_of(part: str, **options: Any) -> list[dict[str, Any]]:
    """What that part measured; nothing, and a reason on the screen, if it could not."""
    name = f"benchmarks.{PARTS[part]}"
    if find_spec(name) is None:
        print(f"  skipped: there is no {name}", flush=True)
        return []
    try:
        return list(import_module(name).rows(**options))
    except ImportError as error:
        print(f"  skipped: {error}", flush=True)
    except Exception:
        traceback.print_exc()
        print(f"  {part} could not be measured", flush=True)
    return []


def print_table(found: list[dict[str, Any]]) -> None:
    """One line a row: part, what, target, measured, verdict."""
    lines = [("part", "what", "target", "measured", "verdict")]
    for each in found:
        measured = each["measured"]
        shown = f"{measured:.3g}" if isinstance(measured, float) else str(measured)
        verdict = MARKS[each["met"]]
        lines.append((each["part"], each["name"], str(each["target"]), shown, verdict))
    widths = [max(len(line[n]) for line in lines) for n in range(5)]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip(), flush=True)


if __name__ == "__main__":
    main()
