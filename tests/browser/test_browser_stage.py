"""Presenter mode in a real browser: by key, by link, and at the size of a projector."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

CHECK = re.compile("/sandbox/lifecheck/v2/check/index")
PROJECTOR = {"width": 1280, "height": 720}


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the focus is on *wanted*."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"Tab never reached {wanted}")


def press_p(page: Page) -> None:
    """Press it once the page listens: all of its behaviours start in one go."""
    page.wait_for_selector("[data-module=single-keys]:not([hidden])")
    page.keyboard.press("p")


def scene(page: Page, at: str) -> None:
    """Wait for a scene, and for its keys to be there."""
    page.wait_for_url(at)
    page.wait_for_selector("[data-stage-keys]:not([hidden])")


def veil(page: Page) -> str:
    """What the face is seen through."""
    return str(
        page.locator("[data-face-photo]").evaluate("face => getComputedStyle(face).filter")
    )


def test_a_presentation_with_the_keyboard_alone(page: Page, address: str) -> None:
    """From the form to the next guest, through the sandbox's chooser."""
    page.goto(address)
    press_p(page)
    scene(page, "**/stage")
    page.keyboard.press("ArrowRight")
    scene(page, "**/stage/choose")
    page.keyboard.press("1")
    scene(page, "**/stage/ready?scenario=silent")
    page.keyboard.press("ArrowLeft")
    scene(page, "**/stage/choose")
    page.keyboard.press("PageDown")
    scene(page, "**/stage/ready?scenario=actions")
    page.keyboard.press("PageDown")
    page.wait_for_url(CHECK)
    tab_to(page, "[data-chooser] summary")
    page.keyboard.press("Enter")
    tab_to(page, ".chooser [value=passed]")
    page.keyboard.press("Enter")

    scene(page, "**/check/*")
    expect(page.locator("[data-face-photo]")).to_be_visible()
    assert veil(page).startswith("blur(")
    page.keyboard.press("f")
    assert veil(page) == "none"
    page.keyboard.press("f")
    assert veil(page).startswith("blur(")
    result = page.url
    page.keyboard.press("ArrowRight")
    scene(page, "**/trust")
    page.keyboard.press("PageUp")
    scene(page, result)
    page.keyboard.press("r")
    scene(page, "**/stage")
    expect(page.get_by_role("status")).to_contain_text("are gone")
    page.keyboard.press("p")
    page.wait_for_selector("[data-module~=live]")
    expect(page.locator("[data-history]")).to_have_count(0)
    page.goto(result)
    expect(page.locator("[data-face-photo]")).to_have_count(0)


def test_a_face_once_shown_is_veiled_when_it_is_come_back_to(
    page: Page, address: str
) -> None:
    """By a reload, and by the browser's own way back."""
    page.goto(f"{address}/codes")
    page.click("[data-case=passed] button")
    page.wait_for_selector("main[data-outcome=passed]")
    press_p(page)
    scene(page, "**/check/*")
    page.keyboard.press("f")
    assert veil(page) == "none"
    page.reload()
    scene(page, "**/check/*")
    assert veil(page).startswith("blur(")
    page.keyboard.press("f")
    # As from a browser that keeps whole pages in memory.
    page.evaluate(
        "window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    )
    assert veil(page).startswith("blur(")
    page.keyboard.press("f")
    page.keyboard.press("ArrowRight")
    scene(page, "**/trust")
    page.go_back()
    scene(page, "**/check/*")

    assert veil(page).startswith("blur(")


def test_single_keys_can_be_turned_off_and_leave_fields_alone(
    page: Page, address: str
) -> None:
    """WCAG 2.1.4: speech input would press them by accident."""
    page.goto(address)
    page.click("summary:has-text('Where the visitor returns to')")
    page.fill("#return_path", "")
    page.locator("#return_path").press_sequentially("/p/r")
    expect(page.locator("#return_path")).to_have_value("/p/r")
    page.click("text=Turn single keys off")
    expect(page.locator("footer kbd")).to_be_hidden()
    page.locator("h1").click()
    page.keyboard.press("p")
    page.goto(f"{address}/stage")
    page.keyboard.press("p")
    expect(page.locator("[data-stage-next]")).to_be_visible()
    page.keyboard.press("ArrowRight")
    scene(page, "**/stage/choose")
    page.keyboard.press("1")
    expect(page.locator(".stage-choice kbd").first).to_be_hidden()
    page.click("summary:has-text('Keys')")
    page.click("text=Turn single keys on")
    page.keyboard.press("1")

    scene(page, "**/stage/ready?scenario=silent")


def test_a_shortcut_of_the_browser_stays_its_own(page: Page, address: str) -> None:
    """Ctrl+P prints, Ctrl+R reloads."""
    page.goto(f"{address}/stage")
    for key in ("Control+f", "Meta+r", "Alt+ArrowRight"):
        page.keyboard.press(key)
        expect(page.locator("h1")).to_have_text("Is somebody really there?")


def test_the_gate_before_a_flash_is_not_walked_past(page: Page, address: str) -> None:
    """While it asks, the keys that lead on lead nowhere."""
    page.goto(f"{address}/stage/ready?scenario=flash")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-gate-choice=without]")).to_be_focused()
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("p")
    expect(page.locator("dialog[open]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert page.url.endswith("/stage/ready?scenario=flash")


def test_the_screen_is_kept_awake_on_every_scene(page: Page, address: str) -> None:
    """And asked for again when the page comes back into sight."""
    page.add_init_script(
        "window.held = []; Object.defineProperty(navigator, 'wakeLock', "
        "{ value: { request: async (kind) => held.push(kind) } })"
    )
    for name in ("/stage", "/stage/choose", "/stage/ready", "/stage/end"):
        page.goto(address + name)
        page.wait_for_function("held.length === 1 && held[0] === 'screen'")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_function("held.length === 2")
    page.goto(f"{address}/codes")
    assert page.evaluate("held.length") == 0


@pytest.mark.parametrize("wishes", [{"java_script_enabled": False}])
def test_the_stage_works_without_javascript(
    page: Page, address: str, wishes: dict[str, Any]
) -> None:
    """By links and buttons; the face shows by its box."""
    page.goto(address)
    page.get_by_role("link", name="Presenter mode").click()
    page.get_by_role("link", name="Begin").click()
    page.get_by_role("link", name="Silent").click()
    page.get_by_role("button", name="Start the check").click()
    page.get_by_role("button", name="Pass the check").click()
    expect(page.locator("main[data-outcome=passed]")).to_be_visible()
    assert veil(page).startswith("blur(")
    page.get_by_label("Show the face").check()
    assert veil(page) == "none"
    page.get_by_role("link", name="Next").click()
    page.get_by_role("link", name="Next").click()
    page.get_by_role("button", name="Reset for the next guest").click()
    expect(page.get_by_role("status")).to_contain_text("are gone")
    expect(page.get_by_text("Keys")).to_be_hidden()
    page.get_by_role("button", name="Leave presenter mode").click()
    expect(page.locator("#form")).to_be_visible()


@pytest.mark.parametrize(
    "wishes",
    [{"viewport": PROJECTOR, "locale": locale} for locale in ("zh-CN", "en-GB")],
    ids=["zh", "en"],
)
def test_no_scene_has_to_be_scrolled_on_a_projector(
    page: Page, address: str, wishes: dict[str, Any]
) -> None:
    """1280 x 720 is the least that one shows; a real run, so that every scene is there."""
    for name in ("", "/choose", "/ready?scenario=flash-actions", "/ready?scenario=silent"):
        page.goto(f"{address}/stage{name}")
        page.wait_for_load_state("networkidle")
        assert overflow(page) <= 0, name
    page.click("[data-start]")
    page.wait_for_url(CHECK)
    page.check("[data-consent]")
    page.click("[data-start]")
    page.wait_for_selector("main[data-outcome=passed]", timeout=40_000)
    seen = []
    while page.locator("a[data-stage-next]").count():
        assert overflow(page) <= 0, page.url
        before = page.url
        page.click("a[data-stage-next]")
        page.wait_for_function("before => location.href !== before", arg=before)
        page.wait_for_load_state("networkidle")
        seen.append(page.url.rpartition("/")[2])

    assert seen == ["judged", "trust", "end"]


def overflow(page: Page) -> float:
    """By how many pixels the page is taller than the screen."""
    return float(
        page.evaluate("document.documentElement.scrollHeight - window.innerHeight")
    )
