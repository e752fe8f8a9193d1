"""Lighthouse's word on the form, the camera page and the result, on a phone and a desk.

It comes from npm into a folder of its own, and runs only where Node is; one Chromium at a
time, before a gunicorn of this machine. Every number is the median of the rounds.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tools.find_browser import FLAGS
from tools.serving import serving
from tools.weighing import weigh

LIGHTHOUSE = "lighthouse@12"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lifecheck-bench"
INSTALL_SECONDS = 300
RUN_SECONDS = 180
TARGET = 100
MOST_OF_FORM = 40 * 1024
SHAPES = {"phone": (), "desk": ("--preset=desktop",)}
# What is told beside the score: its name here, Lighthouse's, and what to divide by.
TOLD = {
    "FCP s": ("first-contentful-paint", 1000),
    "LCP s": ("largest-contentful-paint", 1000),
    "TBT ms": ("total-blocking-time", 1),
    "CLS": ("cumulative-layout-shift", 1),
}
CHECK = "**/sandbox/lifecheck/v2/check/index**"

Row = dict[str, Any]


def main() -> None:
    """Print a table, and write it as JSON when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found = rows(rounds=asked.rounds)
    for row in found:
        verdict = {True: "met", False: "NOT MET", None: ""}[row["met"]]
        print(
            f"{row['name']:34}  {row['target']!s:>10}  {row['measured']!s:>10}  {verdict}"
        )
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


def rows(rounds: int = 3) -> list[Row]:
    """A row for each score, and rows without a target for what it is made of."""
    chromium = os.environ.get("LIFECHECK_BROWSER")
    with serving(workers=2, threads=16) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        pages = list(places(browser, address))
        found = list(weights(browser, address))
        path = chromium or playwright.chromium.executable_path
        browser.close()
        lighthouse = installed()
        if lighthouse is None:
            print("  Lighthouse is left out: it needs node and npm, and its package")
            return found
        for name, place, cookie in pages:
            for shape, options in SHAPES.items():
                runs = [
                    audited(lighthouse, path, place, cookie, options) for _ in range(rounds)
                ]
                found += told(f"{name}, {shape}", [run for run in runs if run])
    return found


def places(browser: Browser, address: str) -> Iterator[tuple[str, str, str]]:
    """Name, address and cookie of each page of a journey through the outcome chooser."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    yield "form", address, ""
    page.goto(f"{address}/?colors=&actions=LookFront,BlinkEye")
    page.click("[data-start]")
    page.wait_for_url(CHECK)
    camera_page = page.url
    page.click("[value='passed']")
    page.wait_for_selector("[data-outcome=passed]")
    cookies = "; ".join(f"{c['name']}={c['value']}" for c in context.cookies())
    yield "result", page.url, cookies
    # Another check, which is still open: a camera page is shown for no other.
    page.goto(f"{address}/?colors=FFFFFF,000000&actions=LookFront,BlinkEye")
    page.click("[data-start]")
    page.click("[data-gate-choice=with]")
    page.wait_for_url(CHECK)
    assert page.url != camera_page
    yield "camera page", page.url, ""
    context.close()


def weights(browser: Browser, address: str) -> Iterator[Row]:
    """What the form weighs on the wire, in both languages, and what its paint asks for."""
    for language in ("zh", "en"):
        page = browser.new_context().new_page()
        weight = weigh(
            page, lambda page=page, lang=language: page.goto(f"{address}/?lang={lang}")
        )
        yield row(f"form, {language}: bytes on the wire", f"≤ {MOST_OF_FORM}", weight.bytes)
        yield row(f"form, {language}: blocks the paint", "≤ 1", len(weight.blocking))
        page.context.close()


def installed() -> Path | None:
    """Lighthouse's program, fetched from npm the first time; None where that cannot be."""
    program = CACHE / "node_modules" / ".bin" / "lighthouse"
    if program.exists() and shutil.which("node"):
        return program
    npm = shutil.which("npm")
    if npm is None:
        return None
    CACHE.mkdir(parents=True, exist_ok=True)
    command = [
        npm,
        "install",
        "--prefix",
        str(CACHE),
        "--no-audit",
        "--no-fund",
        LIGHTHOUSE,
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return None
    return program if program.exists() else None


def audited(
    lighthouse: Path, chromium: str, place: str, cookie: str, options: tuple[str, ...]
) -> dict[str, Any]:
    """One run's report, or nothing when it failed."""
    with tempfile.TemporaryDirectory() as folder:
        report, headers = Path(folder) / "report.json", Path(folder) / "headers.json"
        headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}))
        command = [
            str(lighthouse),
            place,
            "--quiet",
            "--only-categories=performance",
            "--output=json",
            f"--output-path={report}",
            f"--extra-headers={headers}",
            "--chrome-flags=--headless=new --no-sandbox",
            *options,
        ]
        environment = {**os.environ, "CHROME_PATH": chromium}
        try:
            subprocess.run(
                command,
                check=True,
                capture_output=True,
                timeout=RUN_SECONDS,
                env=environment,
            )
            told: dict[str, Any] = json.loads(report.read_text())
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            print(f"  {place}: no report ({type(error).__name__})")
            return {}
    # A page that is not shown to this visitor is an error of its own: it has status 404.
    if told.get("runtimeError"):
        print(f"  {place}: {told['runtimeError'].get('code')}")
        return {}
    if urlpath(told.get("finalDisplayedUrl", "")) != urlpath(place):
        print(f"  {place}: it was led to {told.get('finalDisplayedUrl')}")
        return {}
    return told


def urlpath(address: str) -> str:
    """An address without its query."""
    return address.partition("?")[0].rstrip("/")


def told(name: str, runs: list[dict[str, Any]]) -> list[Row]:
    """The rows of one page in one shape."""
    if not runs:
        return [row(f"{name}: Lighthouse", f"= {TARGET}", None)]
    score = median(100 * run["categories"]["performance"]["score"] for run in runs)
    found = [row(f"{name}: Lighthouse", f"= {TARGET}", round(score))]
    for metric, (audit, unit) in TOLD.items():
        value = median(run["audits"][audit]["numericValue"] for run in runs) / unit
        found.append(row(f"{name}: {metric}", "", round(value, 3)))
    return found


def row(name: str, target: str, measured: float | None) -> Row:
    """What was measured, and whether it is what was wanted."""
    met = None
    if target:
        limit = float(target.split()[1])
        enough = measured is not None and (
            measured >= limit if target.startswith("=") else measured <= limit
        )
        met = enough
    return {
        "part": "pages",
        "name": name,
        "target": target,
        "measured": "nothing" if measured is None else measured,
        "met": met,
    }


if __name__ == "__main__":
    main()
