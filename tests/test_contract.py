"""The same questions for the sandbox and, when asked for, for the live vendor.

`LIFECHECK_LIVE_TESTS=1` with the settings of a live vendor asks it as well. That
spends three calls, which may be billed.
"""

import os
from collections.abc import Iterator
from functools import cache

import pytest

from lifecheck_demo.client import LifecheckClient, auth_for
from lifecheck_demo.samples import QUESTIONS, Question, Samples, ask
from lifecheck_demo.sandbox.markets import MARKETS, Keys
from lifecheck_demo.sandbox.testing import running_sandbox
from lifecheck_demo.settings import Settings

ASK_LIVE = os.environ.get("LIFECHECK_LIVE_TESTS") == "1"
KEYS = Keys("an-appcode", "a-key", "a-secret")
WAYS = [f"{market} {where}" for market in MARKETS for where in ("form", "query")]
WAYS.append("none form")


@cache
def answers_of_the_sandbox(way: str) -> Samples:
    """Behind the gateway of a market, over real HTTP, as its own client signs."""
    market, where = way.split()
    with running_sandbox(market=market, credentials=KEYS) as sandbox:
        client = LifecheckClient(
            sandbox.init_url,
            sandbox.result_url,
            auth=auth_for(market, KEYS.appcode, key=KEYS.key, secret=KEYS.secret),
            in_query=where == "query",
        )
        samples = ask(client)
        client.close()
        meter = sandbox.meter()
    assert (meter["init"]["calls"], meter["result"]["calls"]) == (2, 1)
    return samples


@cache
def answers_of_the_live_vendor() -> Samples:
    """Three calls, however many questions are asked about them."""
    settings = Settings.from_environment()
    if settings.sandboxed:
        pytest.fail("LIFECHECK_LIVE_TESTS=1 needs the settings of a live vendor")
    client = LifecheckClient(
        str(settings.init_url),
        str(settings.result_url),
        auth=auth_for(
            settings.auth, settings.appcode, key=settings.key, secret=settings.secret
        ),
        in_query=settings.in_query,
    )
    return ask(client)


@pytest.fixture(name="samples", params=[*WAYS, "live"], scope="module")
def _samples(request: pytest.FixtureRequest) -> Iterator[Samples]:
    if request.param != "live":
        yield answers_of_the_sandbox(request.param)
    elif ASK_LIVE:
        yield answers_of_the_live_vendor()
    else:
        pytest.skip("asks the live vendor only with LIFECHECK_LIVE_TESTS=1")


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.text[:40])
def test_it_answers_as_the_document_says(samples: Samples, question: Question) -> None:
    """Whoever has an account can hold the stand-in against the service."""
    shown = {name: sample.exchange.came for name, sample in samples.items()}

    assert question.holds(samples), f"{question.text}: {shown}"
