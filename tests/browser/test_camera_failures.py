"""Every way in which a camera, a page or a server can fail a run in the browser."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.test_browser_puppet import begin, come, outcome
from tools.puppet_camera import stand_before

CHECK_AT = "/sandbox/lifecheck/v2/check"
NO_CAMERA = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined })"
# Streams that open and then show nothing, or nothing but black.
NOTHING = """
    navigator.mediaDevices.getUserMedia = async () =>
      document.createElement("canvas").captureStream(0)
"""
BLACK = """
    navigator.mediaDevices.getUserMedia = async () => {
      const canvas = document.createElement("canvas")
      const drawing = canvas.getContext("2d")
      setInterval(() => drawing.fillRect(0, 0, canvas.width, canvas.height), 50)
      return canvas.captureStream(30)
    }
"""


def refusing(name: str, message: str = "", *, then: str = "throw error") -> str:
    """A script by which the camera is refused with that error, each time or *then*."""
    return f"""
        const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
        window.asked = []
        navigator.mediaDevices.getUserMedia = async (wish) => {{
          window.asked.push(wish)
          const error = new DOMException("{message}", "{name}")
          if (window.asked.length === 1) throw error
          {then}
        }}
    """


def failed(page: Page, name: str) -> None:
    """The run is over: named, told with a remedy, focused, and a new one possible."""
    # An answer that was under way starts the page's five seconds of patience anew.
    expect(page.locator("[data-failure]")).to_be_focused(timeout=10_000)
    assert page.get_attribute("[data-failure]", "data-failure") == name
    for said in ("failure-name", "failure-remedy"):
        assert page.inner_text(f"[data-{said}]").strip()
    expect(page.locator("[data-stage]")).to_be_hidden()
    assert page.get_attribute("[data-stage]", "data-colour") == ""
    expect(page.locator("[data-again]")).to_be_visible()


@pytest.mark.parametrize(
    ("thrown", "message", "name", "report"),
    [
        ("NotAllowedError", "", "NotAllowedError", "203-permission"),
        ("NotAllowedError", "Permission dismissed", "dismissed", "203-permission"),
        ("NotAllowedError", "Permission denied by system", "system", "203-permission"),
        ("PermissionDeniedError", "", "NotAllowedError", "203-permission"),
        ("NotFoundError", "", "NotFoundError", "203-browser"),
        ("DevicesNotFoundError", "", "NotFoundError", "203-browser"),
        ("NotReadableError", "", "NotReadableError", "203-browser"),
        ("TrackStartError", "", "NotReadableError", "203-browser"),
        ("OverconstrainedError", "", "OverconstrainedError", "203-browser"),
        ("AbortError", "", "AbortError", "203-browser"),
        ("SecurityError", "", "SecurityError", "203-permission"),
        ("TypeError", "", "TypeError", "203-browser"),
        ("Unheard", "", "other", "203-browser"),
    ],
)
def test_a_camera_that_does_not_open_says_which_of_the_ways_it_was(
    page: Page, address: str, thrown: str, message: str, name: str, report: str
) -> None:
    """With the vendor's reason on the button that reports it."""
    page.add_init_script(refusing(thrown, message))
    come(page, address, "", "LookFront")
    begin(page)

    failed(page, name)
    assert page.get_attribute("[data-report]", "value") == report


def test_a_failure_can_be_reported_so_that_nobody_is_stuck(
    page: Page, address: str
) -> None:
    """The way back leads to a result, here of a browser without any camera."""
    page.add_init_script(NO_CAMERA)
    come(page, address, "", "LookFront")
    begin(page)

    failed(page, "no-api")
    page.click("[data-report]")
    assert outcome(page) == "could-not-finish"


def test_a_camera_that_cannot_give_the_wanted_size_is_taken_as_it_is(
    page: Page, address: str
) -> None:
    """Asked a second time, for any picture at all."""
    page.add_init_script(refusing("OverconstrainedError", then="return real(wish)"))
    come(page, address, "", "LookFront")
    begin(page)
    page.wait_for_selector("[data-stage][data-step-kind=settle]")

    assert page.evaluate("window.asked[1]") == {"video": True, "audio": False}
    assert page.evaluate("window.asked.length") == 2


def test_an_address_without_encryption_says_that_it_gives_no_camera(
    page: Page, address: str
) -> None:
    """Served as on a host of the local network: the browser hides the camera there."""

    def from_the_demo(route: Route) -> None:
        there = route.request.url.replace("http://demo.test", address)
        route.fulfill(response=route.fetch(url=there))

    page.route("http://demo.test/**", from_the_demo)
    come(page, address, "", "LookFront")
    page.goto(page.url.replace(address, "http://demo.test"))
    begin(page)

    assert page.evaluate("window.isSecureContext") is False
    failed(page, "insecure")


@pytest.mark.parametrize(
    ("name", "script", "ready", "milliseconds"),
    [
        ("no-picture", NOTHING, "srcObject", 6000),
        ("black", BLACK, "videoWidth", 4900),
    ],
)
def test_a_camera_without_a_picture_is_noticed(
    page: Page, address: str, name: str, script: str, ready: str, milliseconds: int
) -> None:
    """A privacy switch, a cover: the track lives and shows nothing."""
    page.clock.install()
    page.add_init_script(script)
    come(page, address, "", "LookFront")
    begin(page)
    # A function: an expression would be evaluated again, which the page's policy forbids.
    page.wait_for_function(f"() => document.querySelector('[data-video]').{ready}")
    page.clock.fast_forward(milliseconds)

    failed(page, name)


def pull_out(page: Page) -> None:
    """As the browser tells of a camera that is no longer there."""
    page.evaluate(
        """() => {
          const [track] = document.querySelector("[data-video]").srcObject.getTracks()
          track.dispatchEvent(new Event("ended"))
        }"""
    )


def hide(page: Page) -> None:
    """As the browser tells of a tab that another one covers."""
    page.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { value: true })
          document.dispatchEvent(new Event("visibilitychange"))
        }"""
    )


def lose_the_network(page: Page) -> None:
    """Nothing gets through for longer than the page is patient."""
    page.context.set_offline(True)
    page.clock.fast_forward(6000)


def start_in_another_window(page: Page) -> None:
    """The same check: its first run is over with that."""
    form = {"token": token_of(page), "consent": "1"}
    assert page.request.post(f"{origin(page)}{CHECK_AT}/begin", form=form).ok


def token_of(page: Page) -> str:
    """The check's token, from the page's address."""
    return re.search(r"token=([^&]+)", page.url)[1]  # type: ignore[index]


def origin(page: Page) -> str:
    """The demo's address."""
    return str(page.evaluate("location.origin"))


@pytest.mark.parametrize(
    ("name", "happens", "report"),
    [
        ("ended", pull_out, "203-browser"),
        ("hidden", hide, "203-other"),
        ("connection", lose_the_network, "203-browser"),
        ("gone", start_in_another_window, "203-browser"),
    ],
)
def test_what_breaks_a_run_off_has_its_own_name(
    page: Page, address: str, name: str, happens: Callable[[Page], None], report: str
) -> None:
    """In the midst of a flash: the light goes out with it."""
    page.clock.install()
    stand_before(page)
    come(page, address, "FFFFFF,000000", "")
    begin(page)
    page.wait_for_selector("[data-stage][data-colour^='#']", timeout=30_000)
    happens(page)

    failed(page, name)
    assert page.get_attribute("[data-report]", "value") == report
    assert page.evaluate("document.querySelector('[data-video]').srcObject") is None


@pytest.mark.parametrize("wishes", [{"user_agent": "Mozilla/5.0 MicroMessenger/8.0"}])
def test_an_apps_own_browser_is_told_to_hand_over(
    page: Page, address: str, wishes: dict[str, str]
) -> None:
    """Where its camera failed, and not where the visitor stopped."""
    page.add_init_script(refusing("NotFoundError"))
    come(page, address, "", "LookFront")
    begin(page)

    failed(page, "NotFoundError")
    expect(page.locator("[data-failure-app]")).to_be_visible()


def test_a_sandbox_that_lost_its_models_says_so(page: Page, address: str) -> None:
    """Between the page and the first picture."""
    refusal = {"error": "camera-not-installed"}
    page.route("**/check/begin", lambda route: route.fulfill(status=503, json=refusal))
    come(page, address, "", "LookFront")
    begin(page)

    failed(page, "camera-not-installed")


def test_a_check_that_is_used_up_says_so(page: Page, address: str) -> None:
    """A token opens the camera five times."""
    come(page, address, "", "LookFront")
    for _ in range(5):
        start_in_another_window(page)
    begin(page)

    failed(page, "too-many-runs")


def test_a_check_that_expires_meanwhile_leads_to_the_page_that_says_so(
    page: Page, address: str
) -> None:
    """Its failure is no camera's, so the server's own words are shown."""
    stand_before(page)
    come(page, address, "", "LookFront,LookLeft")
    begin(page)
    page.wait_for_selector("[data-stage][data-step-kind=settle]")
    form = {"token": token_of(page), "outcome": "expire"}
    page.request.post(f"{origin(page)}{CHECK_AT}/outcome", form=form)

    expect(page.get_by_role("heading", level=1)).to_have_text("This check has expired")


def test_a_check_that_is_finished_elsewhere_leads_to_its_result(
    page: Page, address: str
) -> None:
    """Chosen in another window while this one runs."""
    stand_before(page, answers=False)
    come(page, address, "", "LookFront,LookLeft")
    begin(page)
    page.wait_for_selector("[data-stage][data-step-kind=settle]")
    form = {"token": token_of(page), "outcome": "202-face"}
    page.request.post(f"{origin(page)}{CHECK_AT}/outcome", form=form, max_redirects=0)

    assert outcome(page) == "not-passed"


def test_a_sandbox_that_judges_many_is_given_time(page: Page, address: str) -> None:
    """Eight seconds without room: longer than the page waits for an answer."""
    sent: list[float] = []

    def refuse(route: Route) -> None:
        sent.append(time.monotonic())
        if sent[-1] - sent[0] < 8:
            busy = {"error": "busy", "retry_after": 1}
            return route.fulfill(status=503, headers={"Retry-After": "1"}, json=busy)
        return route.continue_()

    page.route("**/check/frame", refuse)
    stand_before(page)
    come(page, address, "", "LookFront")
    begin(page)

    said = page.locator("[data-guidance-words]")
    expect(said).to_have_text("Many are being checked: one moment", timeout=10_000)
    # The run goes on to its end, whatever that is.
    assert outcome(page)
    # Two may be under way when the first refusal comes; then it is about one a second.
    assert len([at for at in sent if at - sent[0] < 8]) < 16
