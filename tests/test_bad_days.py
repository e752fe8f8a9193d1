"""Every market's bad day through the whole stack: demo, client, real HTTP, sandbox.

Client and sandbox were written apart, from the markets' documents: where one has misread
them, the two disagree here.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lifecheck_demo import create_app
from lifecheck_demo.sandbox.markets import STATES, Keys
from lifecheck_demo.sandbox.testing import RunningSandbox, running_sandbox
from lifecheck_demo.settings import MARKETS, Settings
from tests.conftest import Visitor, no_pause, outcome_of, token_of
from tests.examine import examine

KEYS = Keys("the-right-appcode", "the-right-key", "the-right-secret")
SIGNING = [name for name in MARKETS if "LIFECHECK_SECRET" in MARKETS[name].credentials]
WITH_A_GATEWAY = [name for name in MARKETS if name != "none"]
# What the visitor's page is to be about, whichever market says it.
EXPECTED = {
    "not-bought": "set-up-problem",
    "used-up": "set-up-problem",
    "expired": "set-up-problem",
    "arrears": "set-up-problem",
    "throttled": "too-many-calls",
    "wrong-url": "set-up-problem",
    "wrong-parameters": "set-up-problem",
    "502": "service-trouble",
    "504": "service-trouble",
    "html-502": "service-trouble",
}
# Sold directly there is no gateway: the vendor itself refuses, in codes of which its
# document knows 400 alone. What it says is shown, and nothing is read into it.
EXPECTED_DIRECT = {
    **EXPECTED,
    "not-bought": "other",
    "used-up": "other",
    "expired": "other",
    "arrears": "other",
    "wrong-parameters": "refused",
}


def expected(market: str, state: str) -> str:
    """The outcome that the page has to tell."""
    return (EXPECTED_DIRECT if market == "jumdata" else EXPECTED)[state]


def expected_of_wrong_keys(market: str) -> str:
    """Likewise."""
    return "refused" if market == "jumdata" else "set-up-problem"


@pytest.fixture(name="gateway", params=WITH_A_GATEWAY, scope="module")
def _gateway(request: pytest.FixtureRequest) -> Iterator[tuple[str, RunningSandbox]]:
    with running_sandbox(market=request.param, credentials=KEYS) as sandbox:
        yield request.param, sandbox


def demo_of(
    tmp_path: Path, market: str, sandbox: RunningSandbox, keys: Keys = KEYS, **more: str
) -> Visitor:
    """The demo, live as far as it knows, with these credentials."""
    environ = {
        "LIFECHECK_INSTANCE": str(tmp_path),
        "LIFECHECK_INIT_URL": sandbox.init_url,
        "LIFECHECK_RESULT_URL": sandbox.result_url,
        "LIFECHECK_H5_URL": sandbox.h5_url,
        "LIFECHECK_AUTH": market,
        "LIFECHECK_APPCODE": keys.appcode,
        "LIFECHECK_KEY": keys.key,
        "LIFECHECK_SECRET": keys.secret,
        **more,
    }
    app = create_app(Settings.from_environment(environ), sleep=no_pause)
    return Visitor(app.test_client())


def told(visitor: Visitor) -> str:
    """The page that a start leads to when it does not lead to the camera."""
    form = {"csrf_token": visitor.csrf(), "actions": "LookFront"}
    answer = visitor.post("/", form)
    assert answer.status_code == 303
    page = visitor.get(answer.headers["Location"])
    assert examine(page.text) == []
    assert KEYS.secret not in page.text
    return page.text


def outcome(page: str) -> str:
    """The outcome that a page tells."""
    return page.partition('data-outcome="')[2].partition('"')[0]


@pytest.mark.parametrize("where", ["form", "query"])
def test_a_check_passes_behind_every_gateway(
    tmp_path: Path, gateway: tuple[str, RunningSandbox], where: str
) -> None:
    """From the form to the photo, signed by one hand and verified by another."""
    market, sandbox = gateway
    visitor = demo_of(tmp_path, market, sandbox, LIFECHECK_PARAMS=where)
    camera_page = visitor.start()
    back = sandbox.finish(token_of(camera_page), "passed")
    assert back

    page = visitor.come_back(back.partition("localhost")[2] or back)

    assert outcome_of(page) == "passed"
    assert visitor.get(f"{page.request.path}/photo").status_code == 200


@pytest.mark.parametrize("state", [name for name, *_ in STATES])
def test_each_state_of_the_account_is_named(
    tmp_path: Path, gateway: tuple[str, RunningSandbox], state: str
) -> None:
    """In the gateway's own shape on the wire, in the visitor's words on the page."""
    market, sandbox = gateway
    keys = Keys(f"sandbox-{state}", f"sandbox-{state}", KEYS.secret)

    page = told(demo_of(tmp_path, market, sandbox, keys))

    assert outcome(page) == expected(market, state), market
    assert 'class="advice"' in page or outcome(page) != "set-up-problem"


def test_a_wrong_key_is_a_set_up_problem(
    tmp_path: Path, gateway: tuple[str, RunningSandbox]
) -> None:
    """The mistake of the first day; the page names the setting to look at."""
    market, sandbox = gateway
    wrong = Keys("another-appcode", "another-key", KEYS.secret)

    page = told(demo_of(tmp_path, market, sandbox, wrong))

    assert outcome(page) == expected_of_wrong_keys(market)
    assert any(name in page for name in MARKETS[market].credentials)


def test_a_wrong_secret_is_a_set_up_problem(
    tmp_path: Path, gateway: tuple[str, RunningSandbox]
) -> None:
    """Where one signs."""
    market, sandbox = gateway
    if market not in SIGNING:
        assert MARKETS[market].credentials.keys() == {"LIFECHECK_APPCODE"}
        return
    wrong = Keys(KEYS.appcode, KEYS.key, "another-secret")

    page = told(demo_of(tmp_path, market, sandbox, wrong))

    assert outcome(page) == expected_of_wrong_keys(market)
    assert "LIFECHECK_SECRET" in page


def test_another_markets_name_is_a_set_up_problem(
    tmp_path: Path, gateway: tuple[str, RunningSandbox]
) -> None:
    """LIFECHECK_AUTH names one market, the addresses are another's."""
    market, sandbox = gateway
    other = "huawei-appcode" if market != "huawei-appcode" else "appcode"

    page = told(demo_of(tmp_path, other, sandbox))

    assert outcome(page) == expected_of_wrong_keys(market), market


def test_every_state_has_an_expectation() -> None:
    """A new one has to say what the visitor reads."""
    assert EXPECTED.keys() == {name for name, *_ in STATES}
