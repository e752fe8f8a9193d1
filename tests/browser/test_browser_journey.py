"""The journey as a person walks it."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

CHECK = re.compile("/sandbox/lifecheck/v2/check/index")


@pytest.mark.parametrize("wishes", [{"locale": "zh-CN"}, {"locale": "en-GB"}])
def test_form_camera_return_photo(page: Page, address: str, wishes: dict[str, Any]) -> None:
    """The main job, with a real camera page and a real face before it."""
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}/?colors=&actions=LookFront,BlinkEye")
    page.click("[data-start]")
    page.wait_for_url(CHECK)
    page.check("[data-consent]")
    page.click("[data-start]")
    expect(page.locator("[data-stage][data-action=LookFront]")).to_be_visible(
        timeout=15_000
    )

    page.wait_for_selector("[data-outcome=passed]", timeout=30_000)

    assert "token=" not in page.url
    photo = page.locator("[data-face-photo]")
    expect(photo).to_be_visible()
    assert photo.evaluate("image => image.naturalHeight") >= 300
    heading = "检测到真人" if wishes["locale"] == "zh-CN" else "A live person was seen"
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert complaints == []


@pytest.mark.parametrize("wishes", [{"java_script_enabled": False}])
def test_without_javascript_the_chooser_leads_to_the_photo(
    page: Page, address: str, wishes: dict[str, Any]
) -> None:
    """The form posts, the selects work, the chooser is a plain form."""
    page.goto(address)
    page.select_option("#action-0", "NodHead")
    page.select_option("#action-1", "LookFront")
    page.get_by_role("button", name="Start the check").click()
    expect(page.locator("main")).to_contain_text("Nod")
    page.get_by_role("button", name="Pass the check").click()

    expect(page.locator("[data-outcome=passed]")).to_be_visible()
    expect(page.locator("[data-face-photo]")).to_be_visible()


@pytest.mark.parametrize("wishes", [{"reduced_motion": "reduce"}])
def test_the_gate_makes_the_version_without_flashing_the_easy_one(
    page: Page, address: str, wishes: dict[str, Any]
) -> None:
    """It has the focus, so that Enter takes it."""
    page.goto(f"{address}/?colors=FFFFFF,000000&actions=LookFront")
    page.click("[data-start]")
    expect(page.locator("[data-gate-choice=without]")).to_be_focused()
    expect(page.locator(".dialog-motion")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(CHECK)

    expect(page.locator(".colours")).to_have_count(0)
    expect(page.locator(".asked li")).to_have_count(1)


def test_escape_stops_a_run_and_it_can_begin_again(page: Page, address: str) -> None:
    """The screen is neutral at once, and the focus goes to what to do."""
    page.goto(f"{address}/?colors=FFFFFF,000000&actions=")
    page.click("[data-start]")
    page.click("[data-gate-choice=with]")
    page.check("[data-consent]")
    page.click("[data-start]")
    page.wait_for_selector("[data-stage][data-step-kind=flash]", timeout=20_000)
    page.keyboard.press("Escape")

    expect(page.locator("[data-stage]")).to_be_hidden()
    assert page.get_attribute("[data-stage]", "data-colour") == ""
    expect(page.locator("[data-failure]")).to_be_focused()
    page.click("[data-again]")
    page.wait_for_selector("[data-stage][data-step-kind=settle]")


def test_the_form_with_the_keyboard_alone(page: Page, address: str) -> None:
    """Append, move, remove, with every change said; the readout follows."""
    page.goto(f"{address}/?colors=&actions=")
    for words in ("Nod", "Blink"):
        group = page.get_by_role("group", name="Add an action")
        group.get_by_role("button", name=words, exact=True).focus()
        page.keyboard.press("Enter")
    expect(page.locator("[data-sequence-status]")).to_have_text("Blink added at place 2")
    page.get_by_role("button", name="Move Blink, place 2, up").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-parameter=actions]")).to_have_text(
        "actions=BlinkEye,NodHead"
    )
    expect(page.locator("[data-sequence-status]")).to_have_text(
        "Blink moved to place 1 of 2"
    )
    page.get_by_role("button", name="Remove Nod, place 2").focus()
    page.keyboard.press("Enter")

    expect(page.locator("[data-parameter=actions]")).to_have_text("actions=BlinkEye")
    assert page.url.endswith("actions=BlinkEye")


def test_rules_are_told_while_choosing_and_mended_by_one_tap(
    page: Page, address: str
) -> None:
    """The server's own words, without a reload."""
    page.goto(f"{address}/?colors=FFFFFF&actions=")
    page.check("[value='#FFD9E3']", force=True)
    page.click("[data-rule=needs-dark] a")

    expect(page.locator("[data-rule]")).to_have_count(0)
    expect(page.locator("[value='#000000']")).to_be_checked()


@pytest.mark.parametrize("wishes", [{"viewport": {"width": 320, "height": 740}}])
def test_nothing_is_wider_than_the_smallest_phone(
    page: Page, address: str, wishes: dict[str, Any]
) -> None:
    """No page scrolls sideways at 320 px (WCAG 1.4.10)."""

    def width() -> int:
        return int(page.evaluate("document.documentElement.scrollWidth"))

    page.goto(f"{address}/?colors=FFFFFF,FFD9E3&actions=NodHead,NodHead")
    assert width() <= 320
    page.goto(f"{address}/?colors=&actions=LookFront")
    page.click("[data-start]")
    page.wait_for_url(CHECK)
    assert width() <= 320
    page.click("[value='passed']")
    page.wait_for_selector("[data-outcome=passed]")
    assert width() <= 320


def test_a_phone_does_the_check_and_the_first_screen_turns_to_the_result(
    page: Page, browser: Browser, address: str
) -> None:
    """Two browsers: within two seconds of the phone's return, without a key pressed."""
    page.goto(f"{address}/?colors=&actions=LookFront")
    page.click("[data-start-phone]")
    code = page.inner_text(".handoff .wire-line")
    expect(page.locator("svg.qr")).to_be_visible()
    phone = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    hand = phone.new_page()
    hand.goto(code)
    hand.get_by_role("button", name="Open the camera page").click()
    expect(page.locator("[data-news-status]")).to_have_text("A phone has opened the check.")
    hand.get_by_role("button", name="Pass the check").click()
    expect(hand.locator("[data-handed-back]")).to_be_visible()

    expect(page.locator("[data-outcome=passed]")).to_be_visible(timeout=2_000)
    expect(page.locator("[data-face-photo]")).to_be_visible()
    phone.close()


def test_the_wire_stays_open_where_it_was_opened(page: Page, address: str) -> None:
    """From the form to the result, and a message opens with the keyboard."""
    page.goto(f"{address}/?colors=&actions=LookFront")
    page.click("#wire > summary")
    page.click("[data-start]")
    page.wait_for_url(CHECK)
    page.click("[value='passed']")
    page.wait_for_selector("[data-outcome=passed]")

    expect(page.locator("#wire")).to_have_attribute("open", "")
    page.locator("[data-message=init] summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-message=init] pre").first).to_be_visible()


def test_a_fault_is_seen_happening_with_one_button(page: Page, address: str) -> None:
    """From the form's *What if…*, without a camera."""
    page.goto(address)
    page.select_option("#what_if", "init-aliyun-used-up")
    page.get_by_role("button", name="See it happen").click()

    expect(page.locator("[data-outcome=set-up-problem]")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("The package is used up")


def rows(page: Page) -> dict[str, str]:
    """What the form says of the camera before anybody leaves for it."""
    page.wait_for_selector("[data-module=preflight]:not([hidden])")
    page.wait_for_selector(
        "[data-row=camera][data-state], [data-row=api][data-state=fault]"
    )
    found = page.locator("[data-row]:not([hidden])").all()
    return {
        str(row.get_attribute("data-row")): str(row.get_attribute("data-state"))
        for row in found
    }


def test_the_form_looks_at_the_camera_beforehand(page: Page, address: str) -> None:
    """All is well: nothing is asked for, and no camera is opened."""
    page.goto(f"{address}/?colors=&actions=LookFront")
    page.wait_for_selector("[data-row=permission][data-state]")

    assert rows(page) == dict.fromkeys(("secure", "api", "camera", "permission"), "good")


@pytest.mark.parametrize(
    ("script", "row", "state"),
    [
        ("navigator.mediaDevices.enumerateDevices = async () => []", "camera", "fault"),
        (
            "Object.defineProperty(navigator, 'mediaDevices', { value: undefined })",
            "api",
            "fault",
        ),
        (
            "navigator.permissions.query = async () => ({ state: 'denied' })",
            "permission",
            "fault",
        ),
        (
            "navigator.permissions.query = async () => ({ state: 'prompt' })",
            "permission",
            "caution",
        ),
        (
            "Object.defineProperty(navigator, 'userAgent', { value: 'MicroMessenger/8' })",
            "app",
            "caution",
        ),
    ],
)
def test_what_is_in_the_way_of_the_camera_is_told_on_the_form(
    page: Page, address: str, script: str, row: str, state: str
) -> None:
    """With what to do, and the way on is never shut."""
    page.add_init_script(script)
    page.goto(f"{address}/?colors=&actions=LookFront")
    page.wait_for_selector(f"[data-row={row}][data-state={state}]")

    assert len(page.inner_text(f"[data-row={row}]")) > 40
    expect(page.locator("[data-start]")).to_be_enabled()
