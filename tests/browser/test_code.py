"""The code beside the form, in a browser."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect


def test_the_code_follows_the_form(page: Page, address: str) -> None:
    """An action is added, and the program asks for it; the chosen part stays open."""
    page.goto(f"{address}/?colors=&actions=LookFront")
    page.get_by_text("Return handler", exact=True).click()
    page.get_by_role("button", name="Nod", exact=True).click()

    expect(page.locator("#code-handler")).to_be_visible()
    expect(page.locator("#code-handler")).to_contain_text('"actions": "LookFront,NodHead"')
    expect(page.locator("#code-init")).to_contain_text('"actions": "LookFront,NodHead"')


def test_the_language_is_remembered(page: Page, address: str) -> None:
    """Chosen with the keyboard, it keeps the focus, follows the form, and comes back."""
    page.goto(f"{address}/?colors=&actions=LookFront")
    page.get_by_role("button", name="Blink", exact=True).click()
    page.get_by_role("link", name="Go", exact=True).focus()
    page.keyboard.press("Enter")

    expect(page.locator("#code-init")).to_contain_text('{"LookFront,BlinkEye"}')
    expect(page.get_by_role("link", name="Go", exact=True)).to_be_focused()
    expect(page.locator("#code-tested")).to_contain_text("Untested here")
    assert page.url.endswith("actions=LookFront%2CBlinkEye&code=go")

    page.goto(f"{address}/?colors=&actions=NodHead")

    expect(page.locator("#code-init")).to_contain_text('{"NodHead"}')
    expect(page.locator("[data-code=go]")).to_have_attribute("aria-current", "true")


def test_the_parts_change_with_the_arrow_keys_and_are_copied_whole(
    page: Page, address: str
) -> None:
    """One of the three is shown, and the button beside it takes all of it."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}/?code=curl")
    page.locator("#code-choice-init").focus()
    page.keyboard.press("ArrowRight")

    expect(page.locator("#code-init")).to_be_hidden()
    page.get_by_role("button", name="Copy Result").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#code-result").text_content()
    assert copied.startswith("#!/bin/sh\n")


@pytest.mark.parametrize("wishes", [{"java_script_enabled": False}])
def test_the_code_without_javascript(
    page: Page, address: str, wishes: dict[str, Any]
) -> None:
    """Languages are links that keep the choice, parts are radio buttons."""
    page.goto(f"{address}/?colors=&actions=OpenMouth")
    page.get_by_role("link", name="Java", exact=True).click()
    page.get_by_text("Result", exact=True).last.click()

    expect(page.locator("#code-result")).to_be_visible()
    expect(page.locator("#code-init")).to_contain_text('"OpenMouth"')
    expect(page.locator("#code-file-result")).to_have_text("Result.java")


@pytest.mark.parametrize("wishes", [{"viewport": {"width": 320, "height": 740}}])
def test_long_lines_scroll_inside_their_block(
    page: Page, address: str, wishes: dict[str, Any]
) -> None:
    """The page itself stays as wide as the phone."""
    page.goto(f"{address}/?code=java")

    wide = page.locator("#code-init").evaluate("e => e.scrollWidth > e.clientWidth")
    assert wide
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
