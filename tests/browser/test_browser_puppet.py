"""Whole runs in a browser, before a camera that answers the page's prompts."""

import re
from collections.abc import Callable
from itertools import count

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.flashing import most_in_a_second, recorded
from tests.flashes import changes
from tools.puppet_camera import stand_before

CHECK = re.compile("/sandbox/lifecheck/v2/check/index")
WHITE, BLACK = "#FFFFFF", "#000000"
COLOURS = "FFFFFF,D8D6FF,FFCEFD,000000,060D3C"


def come(page: Page, address: str, colours: str, actions: str) -> None:
    """From the form to the camera page."""
    page.goto(f"{address}/?colors={colours}&actions={actions}")
    page.click("[data-start]")
    if colours:
        page.click("[data-gate-choice=with]")
    page.wait_for_url(CHECK)


def begin(page: Page) -> None:
    """Open the camera."""
    page.check("[data-consent]")
    page.click("[data-start]")


def outcome(page: Page) -> str:
    """The outcome on the result page, once the run has led there."""
    page.wait_for_selector("[data-outcome]", timeout=60_000)
    return page.get_attribute("[data-outcome]", "data-outcome") or ""


def reasons(page: Page) -> list[str]:
    """Why, as the page behind the result tells it; what speaks against it comes first."""
    page.click("[data-explained]")
    page.wait_for_selector("[data-judged]")
    told = page.locator("[data-reason]").all()
    return [str(reason.get_attribute("data-reason")) for reason in told]


@pytest.mark.parametrize(
    ("colours", "actions", "size", "reason"),
    [
        ("", "", (1280, 960), "moves-like-a-face"),
        ("", "LookFront,LookLeft,OpenMouth,NodHead", (640, 480), "actions-done"),
        (COLOURS, "LookFront,LookRight,BlinkEye", (640, 480), "flash-followed"),
    ],
    ids=["silent", "actions", "both"],
)
def test_a_face_that_answers_passes(
    page: Page,
    address: str,
    colours: str,
    actions: str,
    size: tuple[int, int],
    reason: str,
) -> None:
    """In real time, before a camera of either size, and the photo comes back."""
    stand_before(page, size=size)
    come(page, address, colours, actions)
    begin(page)

    assert outcome(page) == "passed", reasons(page)
    photo = page.locator("[data-face-photo]")
    expect(photo).to_be_visible()
    # Cut from a still at the camera's own size.
    assert photo.evaluate("image => image.naturalHeight") >= 0.6 * size[1]
    assert reason in reasons(page)


@pytest.mark.parametrize(
    ("wishes", "colours", "actions"),
    [
        ({"color_scheme": "light"}, COLOURS, ""),
        ({"color_scheme": "dark"}, "FFD9E3,CFF9FF,D8FFCD,3B3C04,3C0636", "LookFront"),
    ],
    ids=["light page", "dark page"],
)
def test_a_flash_passes_and_never_flashes_more_than_once_a_second(
    page: Page, address: str, wishes: dict[str, str], colours: str, actions: str
) -> None:
    """Measured in pictures of the page: the camera opens, flashes, and leads back.

    Each run draws a sequence of its own.
    """
    stand_before(page)
    come(page, address, colours, actions)
    with recorded(page) as looks:
        begin(page)
        assert outcome(page) == "passed", reasons(page)

    turns = changes(looks)
    assert "flash-followed" in reasons(page)
    # Eight colours, bright and dark by turns; the first or the last may be like the page.
    assert len(turns) >= 7
    assert most_in_a_second(turns) <= 2


def press_escape(page: Page) -> None:
    """Stop, by key."""
    page.keyboard.press("Escape")


def hide(page: Page) -> None:
    """Let the tab be hidden, as the page is told it."""
    page.evaluate("""() => {
      Object.defineProperty(document, "hidden", { get: () => true })
      document.dispatchEvent(new Event("visibilitychange"))
    }""")


@pytest.mark.parametrize("stop", [press_escape, hide], ids=["Esc", "hidden tab"])
def test_stopping_in_the_midst_of_a_flash_makes_no_further_flash(
    page: Page, address: str, stop: Callable[[Page], None]
) -> None:
    """It stays as it is for the rest of a second; then the page comes."""
    stand_before(page)
    change_colours_with_every_answer(page)
    come(page, address, COLOURS, "")
    with recorded(page) as looks:
        begin(page)
        # Each half a second after the last one: another change would be one too many.
        for colour in (BLACK, WHITE, BLACK, WHITE):
            page.wait_for_selector(f"[data-stage][data-colour='{colour}']")
        stop(page)
        page.wait_for_selector("[data-stage][data-state=halted]")
        expect(page.locator("[data-failure]")).to_be_focused()

    turns = changes(looks)
    assert len(turns) >= 4
    assert most_in_a_second(turns) <= 2


def test_a_face_that_does_not_answer_does_not_pass(page: Page, address: str) -> None:
    """The same face, alive, and deaf to every prompt."""
    stand_before(page, answers=False)
    come(page, address, "", "LookFront,LookLeft")
    begin(page)

    assert (outcome(page), reasons(page)[0]) == ("not-passed", "action-missing")


def test_a_face_that_is_not_lit_does_not_pass(page: Page, address: str) -> None:
    """The same face, and none of this screen's light on it; told to darken the room."""
    stand_before(page, reflects=0.0)
    come(page, address, COLOURS, "")
    begin(page)
    page.wait_for_selector("[data-guidance=more-screen-light]", timeout=30_000)

    assert outcome(page) in {"not-passed", "could-not-finish"}
    assert reasons(page)[0] in {"flash-not-followed", "too-little-light"}


def change_colours_with_every_answer(page: Page) -> Callable[[], int]:
    """Let each answer tell another colour; how often one was told."""
    number = count(1)

    def answer(route: Route) -> None:
        n = next(number)
        told = {
            "state": "running",
            "step": 1,
            "kind": "flash",
            "colour": (WHITE, BLACK)[n % 2],
        }
        progress = {"shown_id": n, "seconds_left": 5, "actions_done": 0, "fps": 15}
        route.fulfill(json={**told, **progress, "action": None, "guidance": None})

    page.route("**/check/frame", answer)
    return lambda: next(number)


def test_the_page_keeps_its_own_half_second_whatever_it_is_told(
    page: Page, address: str
) -> None:
    """A server that changes its mind with every answer cannot make the page flash."""
    stand_before(page)
    told = change_colours_with_every_answer(page)
    come(page, address, COLOURS, "")
    with recorded(page) as looks:
        begin(page)
        for colour in (WHITE, BLACK) * 4:
            page.wait_for_selector(f"[data-stage][data-colour='{colour}']")

    turns = changes(looks)
    assert most_in_a_second(turns) <= 2
    assert told() > 2 * len(turns) >= 14


# One picture takes far longer than those behind it, as on a phone between two cells.
HELD_UP = """
const send = window.fetch
let sent = 0
window.fetch = async (address, options) => {
  if (String(address).endsWith("/frame") && sent++ === 5) {
    await new Promise((done) => setTimeout(done, 1500))
  }
  return send(address, options)
}
"""


def test_a_picture_that_is_held_up_is_not_overtaken_too_far(
    page: Page, address: str
) -> None:
    """The server would refuse it; so the ones behind it wait, and the run passes."""
    stand_before(page)
    page.add_init_script(HELD_UP)
    refused: list[int] = []
    page.on("response", lambda r: refused.append(r.status) if r.status >= 400 else None)
    come(page, address, "", "LookFront,BlinkEye")
    begin(page)

    assert outcome(page) == "passed"
    assert refused == []
