"""The tutorial as somebody works through it: by keyboard alone, and without script."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

CHECK = re.compile("/sandbox/lifecheck/v2/check/index")
TITLES = [
    "What a check is",
    "What you need",
    "Ask for a token",
    "Go to the camera page",
    "The way back proves nothing",
    "Ask for the result",
    "When it goes wrong",
    "The whole program",
]


class Hands:
    """How somebody presses things: by Tab and Enter, or with a pointer."""

    def __init__(self, page: Page, *, by_key: bool) -> None:
        self.page = page
        self.by_key = by_key

    def press(self, wanted: Locator) -> None:
        """Go to a control and press it."""
        wanted = wanted.first
        if not self.by_key:
            wanted.click()
            return
        self.go_to(wanted)
        expect(wanted).to_be_focused()
        self.page.keyboard.press("Enter")

    def select(self, field: Locator, beginning: str) -> None:
        """The choice that begins so."""
        if self.by_key:
            self.go_to(field)
            self.page.keyboard.type(beginning)
            return
        name = field.locator("option").filter(has_text=re.compile(f"^{beginning}"))
        field.select_option(name.first.get_attribute("value"))

    def go_to(self, wanted: Locator) -> None:
        """Tab until *wanted* has the focus, as far as the page goes."""
        handle = wanted.element_handle()
        assert handle
        for _ in range(150):
            self.page.keyboard.press("Tab")
            if handle.evaluate("e => e === document.activeElement"):
                return
        pytest.fail(f"the keyboard does not reach {wanted}")

    def on(self, title: str) -> None:
        """To the next step."""
        self.press(self.page.locator("[rel=next]"))
        expect(self.page.get_by_role("heading", level=1)).to_have_text(title)

    def choose(self, outcome: str) -> None:
        """An ending on the camera page, and from the result back to the tutorial."""
        self.page.wait_for_url(CHECK)
        ending = self.page.locator(f".chooser [value='{outcome}']")
        if not ending.is_visible():
            self.press(self.page.locator("[data-chooser] summary"))
        self.press(ending)
        self.page.wait_for_selector("main[data-outcome]")
        self.press(self.page.locator("[data-tutorial]"))


def walk(page: Page, address: str, hands: Hands) -> None:
    """All eight steps, each with its call."""
    live = page.locator("#live")
    heading = page.get_by_role("heading", level=1)
    page.goto(address)
    hands.press(page.locator("header").get_by_role("link", name="Tutorial"))
    expect(page.locator(".lessons-title")).to_have_text(TITLES)

    hands.press(live.get_by_role("button", name="Start a silent check"))
    hands.choose("passed")
    expect(page.locator("[data-leg=answer]")).to_contain_text("code 200")

    hands.on(TITLES[1])
    hands.press(live.get_by_role("button", name="Send init with a wrong key"))
    expect(live).to_contain_text("Invalid AppCode")

    hands.on(TITLES[2])
    hands.press(live.get_by_role("button", name="Bright colours only"))
    expect(live.locator("[data-code='400']")).to_be_visible()
    hands.press(live.get_by_role("button", name="Add #000000"))
    expect(live.locator("[data-code='200']")).to_be_visible()
    hands.press(live.get_by_role("button", name="Two actions"))
    expect(live.locator(".message details").first).to_contain_text(
        "actions=LookFront,BlinkEye"
    )

    hands.on(TITLES[3])
    hands.press(live.locator("[data-camera]"))
    hands.choose("202-face")
    expect(heading).to_have_text(TITLES[4])
    expect(live.locator("[data-truth]")).to_contain_text("202")
    hands.press(live.get_by_role("link", name="Come back with another’s token"))
    expect(heading).to_have_text("This check belongs to another browser")
    hands.press(page.locator("[data-tutorial]"))
    hands.press(live.get_by_role("button", name="Come back with success=true"))
    page.wait_for_selector("[data-outcome=no-result-yet]")
    hands.press(page.locator("[data-tutorial]"))
    expect(live.locator("[data-claim]")).to_have_text("success=true")
    expect(live.locator("[data-truth]")).to_contain_text("201")

    hands.on(TITLES[5])
    hands.press(live.get_by_role("button", name="Ask for the result"))
    expect(live.locator("[data-code='201']")).to_be_visible()
    hands.press(live.get_by_role("button", name="pass", exact=True))
    expect(page.locator("[data-face-photo]")).to_be_visible()
    hands.press(page.locator("[data-tutorial]"))
    expect(live.locator("[data-code='200']")).to_be_visible()

    hands.on(TITLES[6])
    hands.select(page.get_by_label("What goes wrong"), "609")
    hands.press(live.get_by_role("button", name="See it happen"))
    expect(live.locator("[data-next=later]")).to_be_visible()

    hands.on(TITLES[7])
    hands.press(live.get_by_role("link", name="Node.js"))
    expect(page.locator("#code-handler")).to_contain_text('"LookFront,BlinkEye"')
    expect(page.locator("[data-mistake]")).to_have_count(20)


def test_all_steps_with_the_keyboard_alone(page: Page, address: str) -> None:
    """Every control is reached by Tab and pressed by Enter, and no script complains."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    walk(page, address, Hands(page, by_key=True))

    assert complaints == []


@pytest.mark.parametrize("wishes", [{"java_script_enabled": False}])
def test_all_steps_without_javascript(
    page: Page, address: str, wishes: dict[str, Any]
) -> None:
    """Through the outcome chooser, from the first to the last."""
    walk(page, address, Hands(page, by_key=False))


@pytest.mark.parametrize("wishes", [{"viewport": {"width": 320, "height": 740}}])
def test_no_step_is_wider_than_a_phone(
    page: Page, address: str, wishes: dict[str, Any]
) -> None:
    """Only code scrolls, inside its block; in both languages."""
    page.goto(f"{address}/learn/init")
    page.locator("[value=long-return]").click()
    for language in ("en", "zh"):
        for name in ("", "/set-up", "/init", "/camera", "/return", "/result", "/faults"):
            page.goto(f"{address}/learn{name}?lang={language}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
        page.goto(f"{address}/learn/program?code=java&lang={language}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, "program"
