"""What a page weighs, and that it asks nobody else for anything."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import Page

from tests.browser.test_accessibility import PAGES

MOST_BYTES = 150 * 1024
# The photo of a face is what a page is for, and weighs what the camera made of it.
FACE = re.compile(r"/photo(/|$)")
# As the browser has counted: from a cache or not, bodies as unpacked.
FETCHED = """["navigation", "resource"]
    .flatMap((kind) => performance.getEntriesByType(kind))
    .map((entry) => [entry.name, entry.decodedBodySize, entry.renderBlockingStatus])"""


def test_every_page_is_light_and_asks_nobody_else(page: Page, address: str) -> None:
    """At most 150 KB as unpacked, without the photo; one style sheet before the paint."""
    weights, faults = {}, []
    for name, visit in PAGES.items():
        visit(page, address)
        page.wait_for_load_state("networkidle")
        fetched = page.evaluate(FETCHED)
        weights[name] = sum(
            size for url, size, _ in fetched if not FACE.search(urlsplit(url).path)
        )
        if weights[name] > MOST_BYTES:
            faults.append(f"{name} weighs {weights[name] // 1024} KB")
        ours = (address, "data:", "blob:")
        faults += [f"{name} asks {url}" for url, *_ in fetched if not url.startswith(ours)]
        blocking = [url for url, _, status in fetched if status == "blocking"]
        if len(blocking) != 1 or not blocking[0].endswith(".css"):
            faults.append(f"{name} waits for {blocking}")
    print({name: f"{weight // 1024} KB" for name, weight in weights.items()})

    assert faults == [], "\n".join(faults)
    assert weights["form"] > 50_000, "the browser has not counted"
