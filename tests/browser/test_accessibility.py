"""Every page held against WCAG 2.2 A and AA by axe-core, in four kinds of browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from lifecheck_demo.access import WRONG_FROM_ADDRESS
from tools.serving import serving

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MODES = [
    {"locale": locale, "color_scheme": scheme, "viewport": {"width": width, "height": 844}}
    for locale, scheme, width in (
        ("zh-CN", "light", 1280),
        ("zh-CN", "dark", 390),
        ("en-GB", "dark", 1280),
        ("en-GB", "light", 390),
    )
]
CHECK = re.compile("/sandbox/lifecheck/v2/check/index")


def open_all(page: Page) -> None:
    """Open every drawer, once the page's script has left each as it was remembered."""
    page.wait_for_selector("[data-module=single-keys]:not([hidden])")
    page.evaluate(
        "() => document.querySelectorAll('main details').forEach((d) => d.open = true)"
    )
    assert page.locator("main details:not([open])").count() == 0


def form_with_faults(page: Page, address: str) -> None:
    """Broken rules, each with its fix, and all drawers open."""
    page.goto(f"{address}/?colors=FFFFFF,FFD9E3&actions=LookLeft,LookLeft")
    page.wait_for_selector(".storyboard")
    open_all(page)


def gate(page: Page, address: str) -> None:
    """The question before a flash."""
    page.goto(f"{address}/?colors=FFFFFF,000000&actions=LookFront")
    page.click("[data-start]")
    page.wait_for_selector("dialog[open]")


def refused(page: Page, address: str) -> None:
    """The form after the server has refused it, without its script."""
    page.goto(f"{address}/?colors=FFFFFF,FFD9E3&actions=LookLeft")
    page.click("[data-start]")
    page.wait_for_selector("#summary")


def phone_code(page: Page, address: str) -> None:
    """The code for a phone."""
    page.goto(f"{address}/?colors=&actions=LookFront")
    page.click("[data-start-phone]")
    page.wait_for_selector(".qr")


def phone_ready(page: Page, address: str) -> None:
    """What the phone shows."""
    phone_code(page, address)
    page.goto(page.inner_text(".handoff .wire-line"))


def camera_page(page: Page, address: str) -> None:
    """The sandbox's page with a flash to come, its chooser open."""
    gate(page, address)
    page.click("[data-gate-choice=with]")
    page.wait_for_url(CHECK)


def camera_blocked(page: Page, address: str) -> None:
    """A failure of the camera, told."""
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = "
        "async () => { throw new DOMException('', 'NotAllowedError') }"
    )
    page.goto(f"{address}/?colors=&actions=LookFront")
    page.click("[data-start]")
    page.check("[data-consent]")
    page.click("[data-start]")
    page.wait_for_selector("[data-failure]:not([hidden])")


def result_of(name: str) -> Callable[[Page, str], None]:
    """The result page of a case, drawers open."""

    def visit(page: Page, address: str) -> None:
        page.goto(f"{address}/codes")
        page.click(f"[data-case='{name}'] button")
        page.wait_for_selector("main[data-outcome]")
        open_all(page)

    return visit


def waiting(page: Page, address: str) -> None:
    """No result yet, and none asked for, so that the page stays as it is."""
    phone_code(page, address)
    page.get_by_role("link", name=re.compile("Show the result|显示结果")).click()
    page.wait_for_selector("main[data-outcome=no-result-yet]")


def judged(page: Page, address: str) -> None:
    """How a run was judged."""
    page.goto(f"{address}/?colors=&actions=LookFront,BlinkEye")
    page.click("[data-start]")
    page.check("[data-consent]")
    page.click("[data-start]")
    page.wait_for_selector("main[data-outcome]", timeout=40_000)
    page.click("[data-explained]")
    page.wait_for_selector("[data-judged]")


def stage_after_a_run(scene: str) -> Callable[[Page, str], None]:
    """A scene about the newest check, which is the one that was judged."""

    def visit(page: Page, address: str) -> None:
        page.goto(f"{address}/stage")
        page.click("[data-stage-leave]")
        check = page.locator("[data-history]").first.get_attribute("data-history")
        page.goto(f"{address}/stage/check/{check}{scene}")
        page.wait_for_selector(".stage")

    return visit


def at(path: str) -> Callable[[Page, str], None]:
    """A page of its own."""
    return lambda page, address: page.goto(address + path) and None


def tutorial_with(name: str, press: str) -> Callable[[Page, str], None]:
    """A step of the tutorial after its call has been made, all of it open."""

    def visit(page: Page, address: str) -> None:
        page.goto(f"{address}/learn/{name}")
        page.locator(press).first.click()
        page.wait_for_selector("#live .happened")
        open_all(page)

    return visit


def tutorial_way_back(page: Page, address: str) -> None:
    """The claim beside the truth."""
    page.goto(f"{address}/learn/return")
    page.locator("#live button").first.click()
    page.wait_for_selector("main[data-outcome]")
    page.click("[data-tutorial]")
    page.wait_for_selector("#live .versus")


PAGES: dict[str, Callable[[Page, str], None]] = {
    "form": at("/?colors=FFFFFF,000000&actions=LookFront,NodHead"),
    "form with faults": form_with_faults,
    "gate": gate,
    "refused": refused,
    "codes": at("/codes"),
    "faults": at("/sandbox/control/faults"),
    "doctor": at("/doctor"),
    "privacy": at("/privacy"),
    "not found": at("/nothing"),
    "foreign": at("/check/AAAAAAAAAAAAAAAA"),
    "phone code": phone_code,
    "phone ready": phone_ready,
    "phone over": at("/phone/AAAAAAAAAAAAAAAAAAAAAA"),
    "tutorial": at("/learn"),
    "tutorial, set-up": tutorial_with("set-up", "#live button"),
    "tutorial, refused": tutorial_with("init", "[value=long-return]"),
    "tutorial, flash": tutorial_with("init", "[value=flash]"),
    "tutorial, camera page": at("/learn/camera"),
    "tutorial, way back": tutorial_way_back,
    "tutorial, result": tutorial_with("result", "#live button"),
    "tutorial, drawing": at("/learn"),
    "tutorial, fault": tutorial_with("faults", "#live .what-if-form button"),
    "tutorial, program": at("/learn/program?code=java"),
    "camera page": camera_page,
    "camera unknown": at("/sandbox/lifecheck/v2/check/index?token=x"),
    "passed": result_of("passed"),
    "not passed": result_of("202-face"),
    "waiting": waiting,
    "set-up problem": result_of("init-aliyun-bad-appcode"),
    "too many calls": result_of("init-aliyun-throttled"),
    "judged": judged,
    "stage: result": stage_after_a_run(""),
    "stage: judged": stage_after_a_run("/judged"),
    "stage: trust": stage_after_a_run("/trust"),
    "stage: welcome": at("/stage"),
    "stage: choose": at("/stage/choose"),
    "stage: ready": at("/stage/ready?scenario=flash-actions"),
    "stage: end": at("/stage/end"),
    "form on the stage": at("/?colors=FFFFFF,000000&actions=LookFront"),
    "phone code on the stage": phone_code,
    # The last: its camera stays broken.
    "camera blocked": camera_blocked,
}


def wrong_code(page: Page, address: str) -> None:
    """What is said to a code that is none."""
    page.goto(f"{address}/access")
    page.fill("#code", "no such code")
    page.press("#code", "Enter")
    page.wait_for_selector("#code-problem")


def no_more_codes(page: Page, address: str) -> None:
    """What is said after too many of them."""
    page.goto(f"{address}/access")
    token = page.get_attribute("[name=csrf_token]", "value") or ""
    for _ in range(WRONG_FROM_ADDRESS.many):
        page.request.post(f"{address}/access", form={"csrf_token": token, "code": "x"})
    wrong_code(page, address)
    page.wait_for_selector("#code-problem [data-module=countdown]")


def too_many_checks(page: Page, address: str) -> None:
    """The form when one check is the limit; it keeps the choice, and counts the hours."""
    for _ in range(2):
        page.goto(f"{address}/?colors=&actions=NodHead")
        page.click("[data-start]")
        page.wait_for_load_state()
    page.wait_for_selector("main[data-outcome=too-many-calls]")
    assert page.locator("[name=actions]").first.input_value() == "NodHead"
    assert re.fullmatch(r"\d+(:\d\d)+", page.inner_text("#over .countdown"))


def too_many_for_the_tutorial(page: Page, address: str) -> None:
    """The page for its button."""
    page.goto(f"{address}/learn/set-up")
    page.click("#live button")
    page.wait_for_selector("main[data-outcome=too-many-calls]")


AT_THE_DOOR = {"access code": at("/codes"), "wrong code": wrong_code}
OVER_THE_LIMIT = {
    "too many checks": too_many_checks,
    "too many for the tutorial": too_many_for_the_tutorial,
    "doctor's counts": at("/doctor"),
}


@pytest.mark.parametrize(
    "wishes", MODES, ids=lambda wishes: "-".join(map(str, wishes.values()))
)
def test_no_page_breaks_a_rule(page: Page, address: str, wishes: dict[str, Any]) -> None:
    """One visitor of each kind walks through all of them."""
    faults = faults_of(page, address, PAGES)
    assert faults == [], "\n".join(faults)


@pytest.mark.parametrize(
    "wishes", MODES, ids=lambda wishes: "-".join(map(str, wishes.values()))
)
def test_no_page_that_turns_somebody_away_breaks_one(
    page: Page, wishes: dict[str, Any]
) -> None:
    """Nor does a keyboard stop at them: Enter is the button."""
    del wishes
    with serving(DEMO_ACCESS_CODE="open sesame", LIMIT_PER_DAY="1") as address:
        faults = faults_of(page, address, AT_THE_DOOR)
        page.fill("#code", "open sesame")
        page.press("#code", "Enter")
        page.wait_for_selector("#form")
        faults += faults_of(page, address, OVER_THE_LIMIT)
        page.context.clear_cookies()
        faults += faults_of(page, address, {"no more codes": no_more_codes})
    assert faults == [], "\n".join(faults)


def faults_of(
    page: Page, address: str, pages: dict[str, Callable[[Page, str], None]]
) -> list[str]:
    """What axe objects to on each of them."""
    axe, faults = Axe(), []
    for name, visit in pages.items():
        visit(page, address)
        found = axe.run(page, options={"runOnly": {"type": "tag", "values": RULES}})
        for violation in found.response["violations"]:
            for node in violation["nodes"]:
                told = node["any"][0]["message"] if node["any"] else violation["help"]
                faults.append(f"{name}: {violation['id']} {node['target']} {told}")
    return faults
