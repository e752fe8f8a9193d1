"""What axe cannot see: pages enlarged, spaced out, walked by key, in others' colours.

WCAG 2.2: 1.4.4 and 1.4.10 (enlarged to 200 and 400 %), 1.4.12 (text spacing), 2.4.3 and
2.4.7 (order and sight of the focus), 2.4.11 (nothing covers it), 2.5.8 (size of targets).
"""

from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.test_accessibility import PAGES

JOURNEY = (
    *(
        "form",
        "form with faults",
        "refused",
        "gate",
        "camera page",
        "passed",
        "not passed",
        "waiting",
    ),
    *("phone code", "phone ready", "privacy", "tutorial", "codes"),
    *("stage: welcome", "stage: choose", "stage: ready", "stage: end"),
)
SPACED = """* {
  line-height: 1.5 !important;
  letter-spacing: 0.12em !important;
  word-spacing: 0.16em !important;
}
p { margin-block-end: 2em !important }"""
SPACE_OUT = """css => {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  document.adoptedStyleSheets = [sheet]
}"""
# Words that are on the page and do not fit into their box, which hides the rest.
CUT = """() => [...document.querySelectorAll("body *")].filter((element) => {
  if (!element.checkVisibility()) return false
  if (element.matches("select, input, option, svg *")) return false
  const { width, height } = element.getBoundingClientRect()
  // What is there for screen readers alone is a pixel wide.
  if (width <= 1 || height <= 1) return false
  const texts = [...element.childNodes].filter((node) => node.nodeType === 3)
  const words = texts.some((node) => node.textContent.trim())
  const style = getComputedStyle(element)
  const hides = (way) => way === "hidden" || way === "clip"
  return words && (
    (hides(style.overflowX) && element.scrollWidth > element.clientWidth + 1) ||
    (hides(style.overflowY) && element.scrollHeight > element.clientHeight + 1))
}).map((element) => element.textContent.trim().slice(0, 40))"""
# Where the focus is: how it shows, whether anything covers it, its place in the page.
FOCUS = """() => {
  const element = document.activeElement
  if (!element || element === document.body) return null
  const named = `label[for="${element.id || "-"}"]`
  const label = element.closest("label") ?? document.querySelector(named)
  const box = (label ?? element).getBoundingClientRect()
  const parts = label?.querySelectorAll("*") ?? []
  const drawn = [element, label, element.nextElementSibling, ...parts]
  const outlined = drawn.some((one) => {
    if (!one) return false
    const style = getComputedStyle(one)
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
  })
  const within = (at, most) => Math.min(Math.max(at, 0), most - 1)
  const x = within(box.left + box.width / 2, innerWidth)
  const y = within(box.top + box.height / 2, innerHeight)
  const top = document.elementFromPoint(x, y)
  const holds = (one) => one && (one.contains(top) || top?.contains(one))
  const related = holds(element) || holds(label)
  const all = [...document.querySelectorAll("*")]
  return {
    name: `${element.tagName} ${element.id} ${element.className}`,
    place: all.indexOf(element),
    outlined,
    seen: related && box.bottom > 0 && box.top < innerHeight,
  }
}"""


@pytest.mark.parametrize(
    "wishes",
    [
        {"locale": "en-GB", "viewport": {"width": 320, "height": 256}},
        {"locale": "zh-CN", "viewport": {"width": 320, "height": 256}},
        {"locale": "en-GB", "viewport": {"width": 640, "height": 400}},
    ],
    ids=["400 %, en", "400 %, zh", "200 %, en"],
)
def test_enlarged_and_spaced_out_nothing_is_cut_or_runs_out_of_the_page(
    page: Page, address: str, wishes: dict[str, Any]
) -> None:
    """As on a screen of 1280 x 1024; a code that is a picture of lines may scroll."""
    faults = []
    for name in JOURNEY:
        PAGES[name](page, address)
        for spaced in ("", SPACED):
            page.evaluate(SPACE_OUT, spaced)
            how = f"{name}{', spaced out' if spaced else ''}"
            wide: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if wide > 0:
                faults.append(f"{how}: {wide} px too wide")
            faults += [f"{how}: {words!r} is cut" for words in page.evaluate(CUT)]
    assert faults == [], "\n".join(faults)


@pytest.mark.parametrize("wishes", [{"viewport": {"width": 1280, "height": 500}}])
def test_every_stop_of_the_tab_key_is_seen_and_comes_in_order(
    page: Page, address: str, wishes: dict[str, Any]
) -> None:
    """From the top of the page to its end, with an outline, and nothing above it."""
    for name in JOURNEY:
        PAGES[name](page, address)
        stops: list[dict[str, Any]] = []
        for _ in range(120):
            page.keyboard.press("Tab")
            stop = page.evaluate(FOCUS)
            if stop is None or (stops and stop["place"] == stops[0]["place"]):
                break
            stops.append(stop)
        assert stops, name
        assert [s["name"] for s in stops if not s["outlined"]] == [], name
        assert [s["name"] for s in stops if not s["seen"]] == [], name
        places = [stop["place"] for stop in stops]
        # Begun in the middle (a page may put the focus there), it comes round once.
        turns = sum(one > other for one, other in pairwise(places))
        assert turns <= 1, name


@pytest.mark.parametrize("wishes", [{"forced_colors": "active"}])
def test_in_forced_colours_what_is_shown_as_a_colour_still_is(
    page: Page, address: str, wishes: dict[str, Any]
) -> None:
    """The palette, and the light of the screen: another would be measured in vain."""
    PAGES["form"](page, address)
    assert page.locator(".swatch[data-hex='#FFD9E3'] .swatch-paint").evaluate(
        "one => getComputedStyle(one).backgroundColor"
    ) == ("rgb(255, 217, 227)")
    PAGES["camera page"](page, address)
    page.evaluate("""() => {
      document.querySelector("[data-stage]").hidden = false
      document.querySelector("[data-stage]").dataset.colour = "#FFD9E3"
      document.documentElement.style.setProperty("--flash", "#FFD9E3")
    }""")
    light = page.locator("[data-stage]").evaluate(
        "one => getComputedStyle(one).backgroundColor"
    )
    assert light == "rgb(255, 217, 227)"


@pytest.mark.parametrize("wishes", [{"reduced_motion": "reduce"}])
def test_with_reduced_motion_nothing_moves_by_itself(
    page: Page, address: str, wishes: dict[str, Any]
) -> None:
    """Neither when a page comes nor while it stands."""
    for name in JOURNEY:
        PAGES[name](page, address)
        moving = page.evaluate("""() => document.getAnimations()
          .filter((one) => one.effect.getComputedTiming().duration > 10)
          .map((one) => one.animationName ?? one.transitionProperty)""")
        assert moving == [], name


def test_the_size_of_targets_is_among_what_axe_looks_at(page: Page, address: str) -> None:
    """It is left out by default; the pages are held against it in `test_accessibility`."""
    PAGES["form"](page, address)
    options = {"runOnly": {"type": "tag", "values": ["wcag22aa"]}}
    found = Axe().run(page, options=options).response

    assert [rule["id"] for rule in found["passes"]] == ["target-size"]
