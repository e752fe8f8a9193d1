"""What a page weighs, and that it asks nobody else for anything."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.browser.test_accessibility import CHECK, PAGES
from tools.weighing import Weight, weigh

# The whole form with its styles and scripts, as it comes over the wire.
MOST_OF_FORM = 40 * 1024
MOST_BYTES = 150 * 1024
# The photo of a face is what a page is for, and weighs what the camera made of it.
FACE = re.compile(r"/photo(/|$)")
# As the browser has counted: from a cache or not, bodies as unpacked.
FETCHED = """["navigation", "resource"]
    .flatMap((kind) => performance.getEntriesByType(kind))
    .map((entry) => [entry.name, entry.decodedBodySize, entry.renderBlockingStatus])"""

# What came over the wire for each file; nothing for one from the cache.
SENT = """performance.getEntriesByType("resource").map((e) => [e.name, e.transferSize])"""


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


WIDTHS = [
    {"viewport": {"width": 390, "height": 844}},
    {"viewport": {"width": 1280, "height": 960}},
]
LANGUAGES = ("zh", "en")
PAINTED = """new Promise((then) =>
    new PerformanceObserver(() => then()).observe({ type: "paint", buffered: true }))"""


def weighed(context: BrowserContext, address: str) -> Weight:
    """What a visitor's first page weighs, with nothing fetched before."""
    page = context.new_page()
    weight = weigh(page, lambda: page.goto(address))
    page.close()
    return weight


def led_through(page: Page, address: str) -> Iterator[str]:
    """The addresses of a journey: form, with a flash and without, camera page, result."""
    yield f"{address}/?colors=FFFFFF,000000&actions=LookFront,BlinkEye"
    page.goto(f"{address}/?colors=&actions=")
    yield page.url
    page.click("[data-start]")
    page.wait_for_url(CHECK)
    yield page.url
    page.click("[value='passed']")
    page.wait_for_selector("[data-outcome=passed]")
    yield page.url


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_is_forty_kilobytes_on_the_wire(
    context: BrowserContext, address: str, language: str
) -> None:
    """HTML, styles and scripts together; two requests bring the first paint."""
    weight = weighed(context, f"{address}/?lang={language}")
    print(language, weight.bytes, weight.fetched)

    assert 20_000 < weight.bytes <= MOST_OF_FORM
    assert weight.count("Document") == 1
    assert weight.count("Stylesheet") == 1
    assert weight.errors == []


def open_slowly(page: Page, place: str) -> None:
    """Open a page whose scripts arrive after it was painted, as on a slow network."""
    held: list[Route] = []
    painted = False

    def arrive(route: Route) -> None:
        if painted:
            route.continue_()
        else:
            held.append(route)

    page.route("**/*.js", arrive)
    page.goto(place, wait_until="commit")
    page.evaluate(PAINTED)
    painted = True
    for route in held:
        route.continue_()


@pytest.mark.parametrize("wishes", WIDTHS)
def test_nothing_moves_and_nothing_blocks_while_a_page_arrives(
    context: BrowserContext, address: str, wishes: dict[str, Any]
) -> None:
    """Form, camera page and result: no shift of the layout, no error, one style sheet.

    Farther down the form the list of actions does move, where nobody sees it yet.
    """
    walker = context.new_page()
    for place in led_through(walker, address):
        page = context.new_page()
        weight = weigh(page, lambda page=page, place=place: open_slowly(page, place))
        page.close()
        assert weight.jumps == [], place
        assert weight.errors == [], place
        assert [url.rpartition(".")[2] for url in weight.blocking] == ["css"], place


def test_a_second_page_asks_for_no_file_again(page: Page, address: str) -> None:
    """They were fetched with the first, for good; its reload costs one request."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.goto(f"{address}/?lang=en")
    page.wait_for_load_state("networkidle")
    sent = page.evaluate(SENT)

    assert len(sent) > 14
    assert [url for url, size in sent if size] == []
