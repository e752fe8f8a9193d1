"""A server's clock is wrong, or jumps: every check has a named outcome, and an end."""

import re
from pathlib import Path

import pytest
from flask import Flask

from lifecheck_demo import create_app
from lifecheck_demo.desk import ASKING
from lifecheck_demo.sandbox import create_sandbox
from lifecheck_demo.settings import Settings
from lifecheck_demo.store import SqliteStore
from tests.conftest import Clock, Visitor, hidden, no_pause, outcome_of
from tests.sandbox.test_api import OUTCOME, RESULT, ask, start
from tests.vendor import Vendor, envelope

MINUTE, HOUR, DAY = 60, 3600, 86_400


def demo_on(folder: Path, vendor: Vendor, clock: Clock) -> Flask:
    """One machine of several that know the same key."""
    environ = {
        "LIFECHECK_INSTANCE": str(folder),
        "LIFECHECK_INIT_URL": f"{vendor.address}/init",
        "LIFECHECK_RESULT_URL": f"{vendor.address}/result",
        "LIFECHECK_H5_URL": f"{vendor.address}/h5",
        "LIFECHECK_AUTH": "none",
        "SECRET_KEY": "the same on both of them",
    }
    return create_app(Settings.from_environment(environ), clock=clock, sleep=no_pause)


@pytest.mark.parametrize("ahead", [1, 5, 5 * MINUTE])
def test_a_machine_whose_clock_is_behind_takes_up_the_check(
    tmp_path: Path, vendor: Vendor, ahead: int
) -> None:
    """A cookie signed a moment from now is as good as one signed a moment ago."""
    clocks = Clock(), Clock()
    clocks[0].move(ahead)
    first, second = (demo_on(tmp_path, vendor, clock) for clock in clocks)
    visitor = Visitor(first.test_client())
    visitor.start()
    back = vendor.asked[-1][1]["returnUrl"][0].partition("localhost")[2]
    cookie = visitor.client.get_cookie("visit")
    assert cookie
    vendor.result = envelope(202)

    elsewhere = Visitor(second.test_client())
    elsewhere.client.set_cookie("visit", cookie.value)
    page = elsewhere.come_back(f"{back}?token=T-0123456789&success=true")

    assert outcome_of(page) == "not-passed"


@pytest.mark.parametrize(
    ("jump", "returned"),
    [
        *((-DAY, False), (-HOUR, False), (-HOUR, True), (-1, True)),
        *((HOUR, False), (HOUR, True), (DAY, True)),
    ],
)
def test_a_jump_of_the_clock_during_a_check_has_a_named_outcome(
    live: Visitor, vendor: Vendor, clock: Clock, jump: int, returned: bool
) -> None:
    """No failure, no countdown below nothing or above ten minutes, no check for ever."""
    live.start()
    back = vendor.asked[-1][1]["returnUrl"][0].partition("localhost")[2]
    vendor.result = envelope(201)
    if returned:
        live.come_back(back)
    clock.move(jump)

    form, phone = live.get("/"), live.get(back.replace("/return/", "/check/") + "/phone")
    answer = live.get(f"{back}?token=T-0123456789&success=true")
    page = live.get(back.replace("/return/", "/check/"))

    for shown in (form, phone, page):
        counted = re.findall(r'data-seconds="(-?\d+)"', shown.text)
        assert all(0 <= int(seconds) <= 10 * MINUTE for seconds in counted), counted
    if abs(jump) >= DAY:
        # The cookie itself is over: told as such, and nothing is asked.
        assert (answer.status_code, page.status_code) == (403, 404)
    else:
        late = jump > 10 * MINUTE
        assert outcome_of(page) == ("expired" if late else "no-result-yet")
    # And the next one is as ever.
    assert live.start()


@pytest.mark.parametrize("jump", [0, -5 * MINUTE])
def test_what_a_killed_worker_was_asking_is_asked_again(
    live: Visitor, vendor: Vendor, clock: Clock, jump: int, tmp_path: Path
) -> None:
    """Its claim to be the only one that asks ends, even where the clock was set back."""
    live.start()
    back = vendor.asked[-1][1]["returnUrl"][0].partition("localhost")[2]
    vendor.result = envelope(202)
    check = back.rpartition("/")[2]
    left_behind = SqliteStore(tmp_path / "state.sqlite", clock=clock)
    assert left_behind.lease(f"asking:{check}", ASKING)

    page = live.come_back(f"{back}?success=so-it-says")
    assert outcome_of(page) == "no-result-yet"
    assert "success=so-it-says" in page.text
    assert vendor.calls("result") == 0
    clock.move(jump or ASKING + 1)
    form = {"csrf_token": hidden(page.text, "csrf_token")}
    page = live.come_back_from_button(f"/check/{check}/ask", form)

    assert outcome_of(page) == "not-passed"
    assert vendor.calls("result") == 1


@pytest.mark.parametrize("jump", [-DAY, -HOUR, -5 * MINUTE, -1, HOUR, DAY])
def test_a_jump_of_the_sandboxs_clock_leaves_no_check_and_no_face_behind(
    tmp_path: Path, clock: Clock, jump: int
) -> None:
    """Within ten minutes of its start a check goes on; else it is expired and empty."""
    sandbox = create_sandbox(data=tmp_path, clock=clock)
    wire = sandbox.test_client()
    tokens = [start(wire), start(wire)]
    wire.post(OUTCOME, data={"token": tokens[0], "outcome": "passed"})
    photo = ask(wire, RESULT, token=tokens[0])["data"]["faceImageUrl"]
    clock.move(jump)
    within = abs(jump) < 10 * MINUTE
    sandbox.extensions["sandbox"].sweep()

    assert ask(wire, RESULT, token=tokens[0])["code"] == (200 if within else 301)
    assert ask(wire, RESULT, token=tokens[1])["code"] == (201 if within else 301)
    assert wire.get(photo).status_code == (200 if within else 404)
    page = wire.get("/lifecheck/v2/check/index", query_string={"token": tokens[1]})
    assert page.status_code == (200 if within else 410)
    left = wire.get(f"/control/checks/{tokens[1]}").get_json()["seconds_left"]
    assert 0 <= left <= 10 * MINUTE
    assert ask(wire, RESULT, token=start(wire))["code"] == 201
