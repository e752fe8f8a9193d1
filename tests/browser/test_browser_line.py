"""More visitors than places: the later one waits in the line, in two real pages."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_browser_puppet import begin, come, outcome
from tests.browser.test_camera_failures import CHECK_AT, failed, origin, token_of
from tools.serving import serving

# A run that sends no picture and goes on all the same, as far as the line can see.
GOES_ON = """async (address, token) => {
  const post = async (name, more) => {
    const form = new FormData()
    for (const [key, value] of Object.entries({ token, ...more })) form.append(key, value)
    return (await fetch(`${address}/${name}`, { method: "POST", body: form })).json()
  }
  const { run } = await post("begin", { consent: "1" })
  setInterval(() => post("frame", { run, seq: 0 }), 1000)
  return run
}"""

SEEN = """(seen) => {
  Object.defineProperty(document, "hidden", { value: !seen, configurable: true })
  document.dispatchEvent(new Event("visibilitychange"))
}"""


@pytest.fixture(name="one_place", scope="module")
def _one_place() -> Iterator[str]:
    """A demo of two workers before whose camera one may stand."""
    with serving(workers=2, threads=8, SANDBOX_PLACES="1") as address:
        yield address


@pytest.fixture(name="taken")
def _taken(context: BrowserContext, one_place: str) -> Iterator[Page]:
    """A page whose check has the only place, and keeps it until it is told to stop."""
    page = context.new_page()
    come(page, one_place, "", "LookFront")
    assert page.evaluate(f"({GOES_ON})('{CHECK_AT}', '{token_of(page)}')")
    yield page
    stop(page)


def hold(page: Page) -> dict[str, str]:
    """Ask for a place for the page's check."""
    form = {"token": token_of(page)}
    return dict(page.request.post(f"{origin(page)}{CHECK_AT}/place", form=form).json())


def stop(page: Page) -> None:
    """Leave the place of the page's check."""
    form = {"token": token_of(page), "run": ""}
    assert page.request.post(f"{origin(page)}{CHECK_AT}/stop", form=form).ok


def waits(page: Page) -> None:
    """The page says so, with about how long, and films nobody."""
    expect(page.locator("[data-stage]")).to_have_attribute("data-state", "waiting")
    expect(page.locator("[data-instruction]")).to_have_text(
        re.compile(r"^Starting in about \d+ s$")
    )
    assert page.evaluate("document.querySelector('[data-video]').srcObject") is None


def stands_in_line(page: Page, address: str) -> None:
    """Begin a check there, where the place is taken."""
    come(page, address, "", "LookFront")
    begin(page)
    waits(page)


def test_who_comes_later_waits_and_then_is_led_on(
    page: Page, taken: Page, one_place: str
) -> None:
    """The camera opens by itself when the place is there."""
    stands_in_line(page, one_place)
    expect(page.locator("[data-guidance-words]")).to_contain_text("You are next")
    stop(taken)

    assert outcome(page)


def test_who_stops_waiting_has_left_the_line(
    page: Page, taken: Page, one_place: str, context: BrowserContext
) -> None:
    """The one behind moves up at once."""
    stands_in_line(page, one_place)
    behind = context.new_page()
    come(behind, one_place, "", "LookFront")
    assert hold(behind)["ahead"] == 1
    page.click("[data-stop-button]")

    failed(page, "stopped")
    expect(page.locator("[data-stage]")).to_be_hidden()
    assert hold(behind)["ahead"] == 0
    stop(behind)


def test_nobody_is_put_before_the_camera_who_looks_at_something_else(
    page: Page, taken: Page, one_place: str
) -> None:
    """The place is used when the page is seen again."""
    stands_in_line(page, one_place)
    page.evaluate(f"({SEEN})(false)")
    with page.expect_response(lambda answer: answer.url.endswith("/place")) as asked:
        stop(taken)
    for _ in range(3):
        if asked.value.json()["state"] == "yours":
            break
        with page.expect_response(lambda answer: answer.url.endswith("/place")) as asked:
            pass
    assert asked.value.json()["state"] == "yours"
    waits(page)
    page.evaluate(f"({SEEN})(true)")

    expect(page.locator("[data-stage]")).not_to_have_attribute("data-state", "waiting")


def test_a_check_that_would_expire_in_the_line_says_so(
    page: Page, taken: Page, one_place: str
) -> None:
    """And when it has expired, the server's own page does."""
    come(page, one_place, "", "LookFront")
    address, token = f"{one_place}/sandbox/control/checks", token_of(page)
    age = {"seconds": 590}
    assert page.request.post(f"{address}/{token}/age", data=age).ok
    begin(page)
    waits(page)
    expect(page.locator("[data-guidance-words]")).to_contain_text("may expire")
    page.request.post(f"{address}/{token}/finish", data={"outcome": "expire"})

    expect(page.get_by_role("heading", level=1)).to_have_text("This check has expired")
