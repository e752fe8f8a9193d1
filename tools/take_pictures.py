"""Takes the README's screenshots from a demo that it starts itself, on the sandbox."""

import os
import re
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tools.find_browser import FLAGS
from tools.puppet_camera import stand_before
from tools.serving import serving

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
WIDTHS = {"desktop": 1280, "phone": 390}
FLASH = "/?colors=FFFFFF,D8D6FF,000000&actions=LookFront,LookLeft,OpenMouth"


def main() -> None:
    """Write docs/pictures; with `--all`, every language, width and scheme."""
    every = "--all" in sys.argv
    folder = Path(sys.argv[-1]) if len(sys.argv) > 2 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    languages = ("zh-CN", "en-GB") if every else ("en-GB",)
    schemes = ("light", "dark") if every else ("light",)
    with serving() as address, sync_playwright() as playwright:
        path = os.environ.get("LIFECHECK_BROWSER")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for language in languages:
            for scheme in schemes:
                for device, width in WIDTHS.items():
                    if not every and device == "phone":
                        continue
                    name = f"-{language[:2]}-{scheme}-{device}" if every else ""
                    visit(browser, address, folder, name, language, scheme, width)
        browser.close()


def visit(
    browser: Browser,
    address: str,
    folder: Path,
    name: str,
    language: str,
    scheme: str,
    width: int,
) -> None:
    """Walk the journey once and keep a picture of each step."""
    context = browser.new_context(
        locale=language,
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 844},
        permissions=["camera"],
    )
    page = context.new_page()
    stand_before(page, size=(1280, 960))

    def keep(step: str, *, whole: bool = True) -> None:
        page.screenshot(path=folder / f"{step}{name}.png", full_page=whole)

    page.goto(address + FLASH)
    page.wait_for_selector(".storyboard")
    keep("1-form")
    page.click("[data-start]")
    page.wait_for_selector("dialog[open]")
    keep("2-gate", whole=False)
    page.click("[data-gate-choice=with]")
    page.wait_for_url(re.compile("check/index"))
    keep("3-camera-page")
    page.check("[data-consent]")
    page.click("[data-start]")
    page.wait_for_selector("[data-stage][data-step-kind=flash]")
    keep("4-running", whole=False)
    page.wait_for_selector("[data-outcome=passed]", timeout=60_000)
    page.wait_for_load_state("networkidle")
    keep("5-result")
    page.click("[data-explained]")
    keep("6-judged")
    page.goto(address + "/?colors=&actions=LookFront")
    page.click("[data-start]")
    page.wait_for_url(re.compile("check/index"))
    if not page.locator(".chooser [value='202-face']").is_visible():
        page.click("[data-chooser] summary")
    page.click(".chooser [value='202-face']")
    page.wait_for_selector("[data-outcome]")
    keep("7-not-passed")
    page.goto(address + "/?colors=FFFFFF,FFD9E3&actions=LookLeft,LookLeft")
    page.wait_for_selector(".storyboard")
    keep("8-rules")
    page.goto(address + "/codes")
    keep("9-codes", whole=False)
    page.goto(address + "/?colors=&actions=LookFront")
    page.click("[data-start-phone]")
    page.wait_for_selector(".qr")
    keep("10-phone", whole=False)
    page.goto(address + "/learn/return")
    page.locator("#live button").first.click()
    page.wait_for_selector("[data-outcome]")
    page.goto(address + "/learn/return")
    keep("11-tutorial")
    page.goto(address + "/stage/choose")
    keep("12-stage-choose", whole=False)
    page.goto(address + "/stage/ready?scenario=silent")
    page.click("[data-start]")
    page.wait_for_url(re.compile("check/index"))
    page.check("[data-consent]")
    page.click("[data-start]")
    page.wait_for_selector("[data-outcome=passed]", timeout=60_000)
    page.wait_for_load_state("networkidle")
    keep("13-stage-result", whole=False)
    context.close()


if __name__ == "__main__":
    main()
