"""The sandbox alone behind a market's gateway: what it prints is all that is needed."""

import subprocess
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from lifecheck_demo import create_app
from lifecheck_demo.sandbox.markets import MARKETS
from lifecheck_demo.settings import Settings
from tests.conftest import Visitor, outcome_of, token_of
from tests.sandbox.signers import SIGNERS, Call
from tests.sandbox.test_alone import alone as running_alone

ALONE = [sys.executable, "-m", "lifecheck_demo.sandbox", "--port", "0"]


def alone(market: str, *options: str) -> AbstractContextManager[dict[str, str]]:
    """In a process of its own; the settings that it prints."""
    lines = 4 + len(MARKETS[market].settings)
    return running_alone("--market", market, *options, lines=lines)


def call(said: dict[str, str], address: str, where: str, **parameters: str) -> Call:
    """A call signed with nothing but what was printed."""
    keys = {
        name.removeprefix("LIFECHECK_").lower(): value
        for name, value in said.items()
        if name in ("LIFECHECK_APPCODE", "LIFECHECK_KEY", "LIFECHECK_SECRET")
    }
    parts = urlsplit(said[address])
    return SIGNERS[said["LIFECHECK_AUTH"]](
        Call(
            parts.path,
            parameters,
            where=where,
            host=parts.netloc,
            now=time.time(),
            nonce=f"{time.monotonic_ns()}",
            **keys,
        )
    )


def post(said: dict[str, str], address: str, where: str, **parameters: str) -> object:
    """Over real HTTP; the answer is its JSON."""
    sent = call(said, address, where, **parameters)
    to = f"{said[address]}?{sent.query}"
    answer = requests.post(to, data=sent.body, headers=sent.headers, timeout=5)
    assert answer.status_code == 200, (answer.headers, answer.text)
    return answer.json()


@pytest.mark.parametrize("market", MARKETS)
def test_the_settings_that_it_prints_speak_to_it(market: str) -> None:
    """Real HTTP, its own path and port signed where the market wants that."""
    with alone(market) as said:
        for where in ("form", "query"):
            wish = {"returnUrl": "http://127.0.0.1/x"}
            init = post(said, "LIFECHECK_INIT_URL", where, **wish)
            token = init["data"]["token"]  # type: ignore[index]
            result = post(said, "LIFECHECK_RESULT_URL", where, token=token)
            assert result["code"] == 201  # type: ignore[index]
        refused = requests.post(said["LIFECHECK_INIT_URL"], wish, timeout=5)

    assert said["LIFECHECK_AUTH"] == market
    assert "demo" in said[MARKETS[market].settings[-1]]
    assert refused.status_code >= 400 or refused.json()["code"] == 400
    # A caller whose clock is off can take the time from it.
    assert refused.headers["Date"].endswith(" GMT")


def test_keys_can_be_given_and_version_2_1_chosen() -> None:
    """Those of a real account, say, to rehearse with."""
    options = ("--key", "my-id", "--secret", "s3cret", "--vendor-version", "2.1")
    with alone("tencent", *options) as said:
        given = {"LIFECHECK_KEY": "my-id", "LIFECHECK_SECRET": "s3cret"}
        assert given.keys().isdisjoint(said)
        said |= given
        wish = {"returnUrl": "http://127.0.0.1/x"}
        init = post(said, "LIFECHECK_INIT_URL", "form", **wish)
        page = requests.get(init["data"]["url"], timeout=5)  # type: ignore[index]

    assert page.status_code == 200


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--market", "alibaba"), "aliyun-signature"),
        (("--appcode", "sandbox-x"), "asks for faults"),
        (("--key", "with space"), "no spaces"),
        (("--secret", ""), "no spaces"),
        (("--vendor-version", "3"), "2.1"),
    ],
)
def test_options_that_cannot_be_meant_say_what_can(
    options: tuple[str, str], named: str
) -> None:
    """Before it serves."""
    ended = subprocess.run([*ALONE, *options], capture_output=True, text=True, timeout=30)

    assert ended.returncode == 2
    assert named in ended.stderr


def test_the_demo_walks_through_alibabas_gateway(tmp_path: Path) -> None:
    """With the settings that were printed, and nothing else."""
    with alone("appcode") as said:
        environ = {**said, "LIFECHECK_INSTANCE": str(tmp_path)}
        app = create_app(Settings.from_environment(environ))
        visitor = Visitor(app.test_client())
        camera_page = visitor.start()
        answer = requests.post(
            said["LIFECHECK_H5_URL"].replace("index", "outcome"),
            {"token": token_of(camera_page), "outcome": "passed"},
            allow_redirects=False,
            timeout=5,
        )
        page = visitor.come_back(answer.headers["Location"])

    assert outcome_of(page) == "passed"


def test_two_processes_on_one_folder_share_what_may_come_once(tmp_path: Path) -> None:
    """A call that one of them took is a replay at the other."""
    options = ("aliyun-signature", "--data", str(tmp_path))
    with alone(*options) as one, alone(*options) as other:
        sent = call(one, "LIFECHECK_INIT_URL", "form", returnUrl="http://127.0.0.1/x")
        answers = [
            requests.post(
                said["LIFECHECK_INIT_URL"], data=sent.body, headers=sent.headers, timeout=5
            )
            for said in (one, other)
        ]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[1].headers["X-Ca-Error-Message"] == "Nonce Used"
