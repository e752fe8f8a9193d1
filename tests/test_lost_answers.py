"""A press of the button whose answer is lost, or that is sent twice, is paid for once."""

from pathlib import Path

import pytest
from flask import Flask

from lifecheck_demo.desk import ASKING
from lifecheck_demo.starting import MADE_UP_FOR
from lifecheck_demo.store import Changes, Record, SqliteStore, StoreUnavailable
from tests.conftest import Clock, Visitor, hidden, outcome_of, token_of
from tests.vendor import Vendor, envelope


def the_form(visitor: Visitor, address: str = "/") -> dict[str, object]:
    """What a press of that page's first button sends."""
    page = visitor.get(address).text
    names = [n for n in ("csrf_token", "ticket", "consent") if f'name="{n}"' in page]
    return {"actions": "LookFront", **{name: hidden(page, name) for name in names}}


def as_before(app: Flask, visitor: Visitor) -> Visitor:
    """The same browser with the cookie that it has now: no later answer reaches it."""
    twin = Visitor(app.test_client())
    cookie = visitor.client.get_cookie("visit")
    assert cookie
    twin.client.set_cookie("visit", cookie.value)
    return twin


def test_a_press_that_is_sent_again_goes_on_with_the_check_it_began(
    live_app: Flask, live: Visitor, vendor: Vendor
) -> None:
    """The browser never got the first answer; it is led to the same camera page."""
    form = the_form(live)
    browser = as_before(live_app, live)
    lost = live.post("/", form)
    vendor.init = envelope(200, {"token": "T-another"})

    answer = browser.post("/", form)
    page = browser.get(f"/check/{form['ticket']}")

    assert answer.headers["Location"] == lost.headers["Location"]
    assert page.status_code == 200
    assert vendor.calls("init") == 1


def test_a_start_that_failed_is_told_again_and_not_tried_again(
    live_app: Flask, live: Visitor, vendor: Vendor
) -> None:
    """A refusal may have been billed too."""
    form = the_form(live)
    browser = as_before(live_app, live)
    vendor.init = envelope(604)
    live.post("/", form)

    page = browser.get(browser.post("/", form).headers["Location"])

    assert outcome_of(page) == "switched-off"
    assert vendor.calls("init") == 1


def test_a_reason_that_cannot_be_kept_is_not_lost_without_a_word(
    live: Visitor, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page of a check without a token has nothing else to say."""
    form = the_form(live)
    vendor.init = envelope(604)
    change = SqliteStore.change

    def fails_afterwards(store: SqliteStore, changes: Changes) -> list[int]:
        if vendor.calls("init"):
            raise StoreUnavailable("disk I/O error")
        return change(store, changes)

    monkeypatch.setattr(SqliteStore, "change", fails_afterwards)
    answer = live.post("/", form)

    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


def test_a_press_that_is_still_answered_is_not_answered_twice(
    live: Visitor, vendor: Vendor, clock: Clock, tmp_path: Path
) -> None:
    """Told so, with the choice kept; once its worker must be dead, it counts anew."""
    form = {**the_form(live), "actions": "NodHead"}
    elsewhere = SqliteStore(tmp_path / "state.sqlite", clock=clock)
    assert elsewhere.lease(f"ticket:{form['ticket']}", 1200)

    for _ in range(2):
        told = live.post("/", form)
        assert told.status_code == 503
        assert int(told.headers["Retry-After"]) > 0
        assert 'id="under-way"' in told.text
        assert '<option value="NodHead" selected>' in told.text
        assert hidden(told.text, "ticket") == form["ticket"]
    assert vendor.calls("init") == 0
    clock.move(ASKING)
    assert live.post("/", form).status_code == 303
    assert vendor.calls("init") == 1


def test_a_press_that_comes_while_the_first_one_ends_is_not_paid_again(
    live_app: Flask, live: Visitor, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it reads first is from before that one was noted."""
    form = the_form(live)
    browser = as_before(live_app, live)
    begun = live.post("/", form)
    get_all, reads = SqliteStore.get_all, iter((False, True))

    def too_early(store: SqliteStore, *keys: str) -> list[Record | None]:
        if f"begun:{form['ticket']}" in keys and not next(reads):
            return [None for _ in keys]
        return get_all(store, *keys)

    monkeypatch.setattr(SqliteStore, "get_all", too_early)
    told, answer = browser.post("/", form), browser.post("/", form)

    assert told.status_code == 503
    assert answer.headers["Location"] == begun.headers["Location"]
    assert vendor.calls("init") == 1


def test_another_browser_gets_nothing_by_that_press(
    live_app: Flask, live: Visitor, vendor: Vendor
) -> None:
    """The number of a check stands in addresses: it opens nobody's token."""
    form = the_form(live)
    live.post("/", form)
    vendor.init = envelope(200, {"token": "T-of-the-other"})
    other = Visitor(live_app.test_client())

    answer = other.post("/", {**the_form(other), "ticket": form["ticket"]})

    assert token_of(answer.headers["Location"]) == "T-of-the-other"
    assert other.get(f"/check/{form['ticket']}").status_code == 404


def test_who_knows_of_the_check_and_presses_again_gets_another(
    live: Visitor, vendor: Vendor
) -> None:
    """Back, and the button once more: a new check, as it says."""
    form = the_form(live)
    live.post("/", form)
    vendor.init = envelope(200, {"token": "T-another"})

    assert token_of(live.post("/", form).headers["Location"]) == "T-another"


def test_after_a_minute_or_forget_nothing_of_it_is_handed_out(
    live_app: Flask, live: Visitor, vendor: Vendor, clock: Clock
) -> None:
    """Its token is kept no longer than that."""
    for wait, forgets in ((MADE_UP_FOR + 1, False), (0, True)):
        form = the_form(live)
        browser = as_before(live_app, live)
        vendor.init = envelope(200, {"token": "T-first"})
        live.post("/", form)
        if forgets:
            live.post(f"/check/{form['ticket']}/forget", form)
        clock.move(wait)
        vendor.init = envelope(200, {"token": "T-second"})

        answer = browser.post("/", form)
        while answer.status_code == 503:
            clock.move(ASKING)
            answer = browser.post("/", form)
        assert token_of(answer.headers["Location"]) == "T-second"


@pytest.mark.parametrize("address", ["/", "/codes", "/stage/ready?actions=LookFront"])
def test_every_button_that_starts_a_check_has_its_number(
    visitor: Visitor, address: str
) -> None:
    """The form's own is that of its return address; every other button has another."""
    page = visitor.get(address).text
    forms = [part.partition("</form>")[0] for part in page.split("<form ")[1:]]
    starting = [form for form in forms if 'action="/"' in form.partition(">")[0]]
    tickets = [hidden(form, "ticket") for form in starting]

    assert tickets
    assert len(set(tickets)) == (1 if address == "/" else len(tickets))
