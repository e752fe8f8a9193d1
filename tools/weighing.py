"""What a page weighs on the wire, what it waits for, and whether it jumps about."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

# What a page is made of; a photo of a face weighs what the camera made of it.
MADE_OF = ("Document", "Stylesheet", "Script")
JUMPS = """window.__jumps = []
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const moved = entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 120) ?? "?")
    if (!entry.hadRecentInput) window.__jumps.push([entry.value, moved])
  }
}).observe({ type: "layout-shift", buffered: true })"""
BLOCKING = """["navigation", "resource"]
    .flatMap((kind) => performance.getEntriesByType(kind))
    .filter((entry) => entry.renderBlockingStatus === "blocking")
    .map((entry) => entry.name)"""

NEXT_FRAME = """new Promise((then) =>
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(then))))"""


@dataclass
class Weight:
    """The requests of one page as they came over the wire."""

    # (kind, address, bytes with headers) in the order in which they ended
    fetched: list[tuple[str, str, int]] = field(default_factory=list)
    blocking: list[str] = field(default_factory=list)
    # (how far, what moved): their sum is the page's cumulative layout shift
    jumps: list[tuple[float, list[str]]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        """HTML, style sheets and scripts together, headers included."""
        return sum(size for kind, _, size in self.fetched if kind in MADE_OF)

    @property
    def shift(self) -> float:
        """Every shift added up: the CLS, which is that of the worst window, or more."""
        return sum(value for value, _ in self.jumps)

    def count(self, kind: str) -> int:
        """How many of a kind: `Document`, `Stylesheet`, `Script`, `Image`, …"""
        return sum(one == kind for one, _, _ in self.fetched)


def weigh(page: Page, visit: Callable[[], Any]) -> Weight:
    """Watch *page* while *visit* opens one address on it, with nothing in its cache.

    By Chromium's own protocol: `encodedDataLength` is what came over the wire.
    """
    weight = Weight()
    kinds: dict[str, tuple[str, str]] = {}
    wire = page.context.new_cdp_session(page)

    def answered(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = (event["type"], event["response"]["url"])

    def ended(event: dict[str, Any]) -> None:
        kind, url = kinds.get(event["requestId"], ("Other", "?"))
        weight.fetched.append((kind, url, int(event["encodedDataLength"])))

    wire.on("Network.responseReceived", answered)
    wire.on("Network.loadingFinished", ended)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.on("console", lambda said: _note(weight, said.type, said.text))
    page.on("pageerror", lambda error: weight.errors.append(str(error)))
    page.add_init_script(JUMPS)
    visit()
    page.wait_for_load_state("networkidle")
    # What the last script has moved is told with the next frame.
    page.evaluate(NEXT_FRAME)
    weight.blocking = page.evaluate(BLOCKING)
    weight.jumps = page.evaluate("window.__jumps")
    wire.detach()
    return weight


def _note(weight: Weight, kind: str, text: str) -> None:
    if kind == "error":
        weight.errors.append(text)
