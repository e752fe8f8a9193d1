"""Every ending as a case: told on one page, and seen happening with one button."""

import re

import pytest
from werkzeug.test import TestResponse

from lifecheck_demo.cases import CASES
from lifecheck_demo.outcomes import Outcome
from lifecheck_demo.sandbox.faults import FAULTS
from tests.conftest import Visitor, hidden, outcome_of
from tests.vendor import Vendor

# As gateways write them: a letter and digits, a dotted number, a word.
GATEWAYS_CODE = re.compile(r"[A-Z]\d{3}[A-Z]{2}|APIGW?\.\d+|[A-Z][a-z]\w+")
SLOW = {"init-never", "result-slow"}


def press(visitor: Visitor, name: str) -> TestResponse:
    """Press *See it happen*, and go wherever the browser is sent, to the end."""
    token = hidden(visitor.get("/codes").text, "csrf_token")
    form = {"csrf_token": token, "actions": "LookFront", "what_if": name}
    answer = visitor.post("/", dict(form))
    while answer.status_code == 303:
        answer = visitor.get(answer.headers["Location"].replace("http://localhost", ""))
    return answer


@pytest.mark.parametrize("name", [name for name in CASES if name not in SLOW])
def test_each_case_happens_as_the_page_says(visitor: Visitor, name: str) -> None:
    """Through the real client: client, sandbox, return, result page."""
    page = press(visitor, name)

    assert outcome_of(page) == CASES[name].outcome
    assert str(CASES[name].words.title) in page.text
    assert f'data-provoked="{name}"' in page.text
    if GATEWAYS_CODE.fullmatch(CASES[name].code):
        assert f"<code>{CASES[name].code}</code>" in page.text


@pytest.mark.parametrize("name", sorted(SLOW))
def test_slow_cases_happen_too(visitor: Visitor, name: str) -> None:
    """They take the seconds that they are about."""
    assert outcome_of(press(visitor, name)) == CASES[name].outcome


def test_a_late_result_comes_when_it_is_asked_for_again(visitor: Visitor) -> None:
    """The third query finds it."""
    page = press(visitor, "result-late-2")
    for outcome in ("no-result-yet", "passed"):
        ask = re.search(r'action="(/check/[^"]+/ask)"', page.text)
        assert ask
        form = {"csrf_token": hidden(page.text, "csrf_token")}
        page = visitor.come_back_from_button(ask.group(1), form)
        assert outcome_of(page) == outcome


def test_a_way_back_with_another_token_shows_nothing(visitor: Visitor) -> None:
    """Nobody is handed somebody else's pass; offered by credential, not on the page."""
    answer = visitor.post(
        "/",
        {
            "csrf_token": visitor.csrf(),
            "actions": "LookFront",
            "what_if": "return-other-token",
        },
    )

    assert answer.status_code == 422


def test_every_outcome_has_a_case_and_every_case_a_fault() -> None:
    """The demo and the sandbox name them alike, though they share no code."""
    assert {case.outcome for case in CASES.values()} == set(Outcome)
    assert CASES.keys() <= FAULTS.keys()
    for name, case in CASES.items():
        assert FAULTS[name].credential == case.credential


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_tells_every_case(visitor: Visitor, language: str) -> None:
    """In both languages, with a button that says what it does."""
    visitor.language = language
    page = visitor.get("/codes").text

    assert set(re.findall(r'data-case="([^"]+)"', page)) == CASES.keys()
    labels = re.findall(r'<button[^>]* aria-label="([^"]+)"', page)
    assert len(labels) == len(set(labels)) == len(CASES)
    assert bool(re.search(r"[\u4e00-\u9fff]", labels[0])) == (language == "zh")


def test_with_the_live_service_nothing_is_provoked(live: Visitor, vendor: Vendor) -> None:
    """Its calls may be charged, and it knows no magic credentials."""
    page = live.get("/codes").text
    form = {"csrf_token": live.csrf(), "actions": "LookFront", "what_if": "init-500"}
    answer = live.post("/", dict(form))

    assert "what_if" not in page
    assert 'name="what_if"' not in live.get("/").text
    assert answer.status_code == 422
    assert "Start an ordinary check" in answer.text
    assert vendor.asked == []


def test_an_unknown_case_is_refused_in_words(visitor: Visitor) -> None:
    """And nothing has been started."""
    form = {"csrf_token": visitor.csrf(), "actions": "LookFront", "what_if": "init-700"}
    answer = visitor.post("/", dict(form))

    assert answer.status_code == 422
    assert "not one of the known cases" in answer.text


def test_trying_again_provokes_nothing(visitor: Visitor) -> None:
    """The button on the result page starts an ordinary check with the same settings."""
    page = press(visitor, "202-face")

    assert 'name="what_if"' not in page.text
