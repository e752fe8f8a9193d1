"""How soon a visitor is told: from a frame's sending to its guidance on the screen.

A gunicorn and a Chromium on this machine, before a filmed face: everything between the
canvas and the words is in it, and the browser takes its share of the processor. Every
run is a silent check; `--visitors` pages do one at the same time.
"""

import argparse
import json
import os
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from tools.film import write_film
from tools.find_browser import FLAGS
from tools.serving import serving

# What the sandbox is to keep for one visitor, in milliseconds.
LIMIT = 300.0

# From the call that sends a frame to the first picture after its answer was shown.
WATCH = """
window.told = []
const send = window.fetch
window.fetch = async (address, options) => {
  if (!String(address).endsWith("/frame")) return send(address, options)
  const began = performance.now()
  const answer = await send(address, options)
  const read = answer.json.bind(answer)
  answer.json = async () => {
    const said = await read()
    if (said.state === "running") {
      requestAnimationFrame(() => window.told.push(performance.now() - began))
    }
    sessionStorage.setItem("told", JSON.stringify(window.told))
    return said
  }
  return answer
}
"""


def main() -> None:
    """Print a table, and write it as JSON when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    rows = []
    with TemporaryDirectory() as folder, serving(workers=wanted.workers) as address:
        film = Path(folder) / "face.mjpeg"
        write_film(film)
        flags = [*FLAGS, f"--use-file-for-fake-video-capture={film}"]
        with sync_playwright() as playwright:
            path = os.environ.get("LIFECHECK_BROWSER")
            browser = playwright.chromium.launch(executable_path=path, args=flags)
            for visitors in wanted.visitors:
                times = [
                    time
                    for _ in range(wanted.rounds)
                    for time in check_together(browser, address, visitors)
                ]
                rows.append(row_of(visitors, times))
            browser.close()
    print("visitors  frames  median ms  p95 ms  p95 / limit of 300 ms")
    for row in rows:
        print(
            f"{row['visitors']:8}  {row['frames']:6}  {row['median']:9.0f}  "
            f"{row['p95']:6.0f}  {row['p95_over_limit']:.2f}"
        )
    if wanted.json:
        wanted.json.write_text(json.dumps(rows, indent=2))


def row_of(visitors: int, times: list[float]) -> dict[str, float]:
    """The figures of one number of visitors."""
    p95 = quantiles(times, n=20)[-1]
    return {
        "visitors": visitors,
        "frames": len(times),
        "median": median(times),
        "p95": p95,
        "p95_over_limit": p95 / LIMIT,
    }


def check_together(browser: Browser, address: str, visitors: int) -> list[float]:
    """Let that many pages do a silent check at once; milliseconds, one a frame."""
    contexts = [browser.new_context(permissions=["camera"]) for _ in range(visitors)]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        page.add_init_script(WATCH)
        page.goto(f"{address}/?colors=&actions=")
        page.click("[data-start]")
        page.check("[data-consent]")
    for page in pages:
        page.click("[data-start]")
    times = [time for page in pages for time in told_in(page)]
    for context in contexts:
        context.close()
    return times


def told_in(page: Page) -> list[float]:
    """The times of a page, once its check has led back."""
    page.wait_for_selector("main[data-outcome]", timeout=90_000)
    return list(json.loads(page.evaluate("sessionStorage.getItem('told')")))


if __name__ == "__main__":
    main()
