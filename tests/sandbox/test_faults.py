"""Faults on purpose: every magic credential, over the wire that it goes wrong on."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from flask.testing import FlaskClient

from lifecheck_demo.sandbox import faults
from lifecheck_demo.sandbox.faults import FAULTS, Part, Wire
from lifecheck_demo.sandbox.testing import running_sandbox
from tests.conftest import Clock
from tests.examine import examine
from tests.sandbox.test_api import BACK, INIT, RESULT

CHECK = "/lifecheck/v2/check/index"


def headers(name: str) -> dict[str, str]:
    """The credential as Alibaba's market has it."""
    return {"Authorization": f"APPCODE sandbox-{name}"}


def begin(wire: FlaskClient, name: str) -> str:
    """Begin a check with that credential; the answer is its token."""
    answer = wire.post(INIT, data={"returnUrl": BACK}, headers=headers(name)).get_json()
    assert answer["code"] == 200
    return answer["data"]["token"]


def said(part: Part) -> list[str]:
    """The names of the faults of *part* that say something else."""
    return [f.name for f in FAULTS.values() if f.part is part and f.said]


def test_there_is_a_fault_for_every_code_gateway_and_way() -> None:
    """Of both calls, with Chinese and English words; names are what a header can carry."""
    for part in ("init", "result"):
        for code in (400, 500, 604, 606, 609, 610, 999):
            assert f"{part}-{code}" in FAULTS
        for way in Wire:
            assert f"{part}-{way}" in FAULTS
        for market in ("aliyun", "huawei", "tencent", "baidu"):
            assert sum(f.name.startswith(f"{part}-{market}-") for f in FAULTS.values()) >= 3
    assert all(f.name.isascii() and f.zh and f.en for f in FAULTS.values())


@pytest.mark.parametrize("name", said(Part.INIT))
def test_init_answers_what_was_asked_for(wire: FlaskClient, name: str) -> None:
    """Status, headers and body, word for word."""
    answer = wire.post(INIT, data={"returnUrl": BACK}, headers=headers(name))
    wanted = FAULTS[name].said
    assert wanted

    assert answer.status_code == wanted.status
    assert answer.text == wanted.body
    for header, value in wanted.headers.items():
        assert answer.headers[header] == value
    assert ("Content-Type" in answer.headers) == bool(wanted.content_type)


@pytest.mark.parametrize("name", said(Part.RESULT))
def test_a_check_ends_by_itself_and_its_result_goes_wrong(
    wire: FlaskClient, name: str
) -> None:
    """One credential for both calls, as a client has it: init still works."""
    token = begin(wire, name)
    page = wire.get(f"{CHECK}?token={token}")
    answer = wire.post(RESULT, data={"token": token}, headers=headers(name))

    assert page.headers["Location"] == f"{BACK}?token={token}&success=true"
    assert answer.text == FAULTS[name].said.body  # type: ignore[union-attr]


@pytest.mark.parametrize("outcome", [name for name, _, _ in faults.ENDINGS])
def test_a_check_ends_as_was_asked_for(wire: FlaskClient, outcome: str) -> None:
    """Without a camera: the code, and what the browser comes back with."""
    token = begin(wire, outcome)
    back = wire.get(f"{CHECK}?token={token}").headers["Location"]
    code = wire.post(RESULT, data={"token": token}).get_json()["code"]

    assert code == (200 if outcome == "passed" else int(outcome[:3]))
    assert back.endswith(f"success={'true' if code == 200 else 'false'}")


@pytest.mark.parametrize("code", [201, 301])
def test_a_check_without_a_result_leads_back_all_the_same(
    wire: FlaskClient, code: int
) -> None:
    """Come back unfinished, or too late."""
    token = begin(wire, str(code))

    assert wire.get(f"{CHECK}?token={token}").status_code == 303
    assert wire.post(RESULT, data={"token": token}).get_json()["code"] == code


@pytest.mark.parametrize("early", [1, 3])
def test_a_result_can_come_late(wire: FlaskClient, early: int) -> None:
    """201 so many times, and then the pass."""
    name = f"result-late-{early}"
    token = begin(wire, name)

    codes = [
        wire.post(RESULT, data={"token": token}, headers=headers(name)).get_json()["code"]
        for _ in range(early + 2)
    ]

    assert codes == [201] * early + [200] * 2


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("no-success", ["token"]),
        ("odd-success", ["token", "success=True"]),
        ("false-on-pass", ["token", "success=false"]),
        ("repeated", ["token", "success=true", "token", "success=false"]),
    ],
)
def test_the_way_back_goes_wrong_and_the_result_stands(
    wire: FlaskClient, name: str, pairs: list[str]
) -> None:
    """Passed, whatever the address says."""
    token = begin(wire, f"return-{name}")
    back = urlsplit(wire.get(f"{CHECK}?token={token}").headers["Location"])
    query = [
        key if key == "token" else f"{key}={value}" for key, value in parse_qsl(back.query)
    ]

    assert query == pairs
    assert wire.post(RESULT, data={"token": token}).get_json()["code"] == 200


def test_the_way_back_may_carry_another_token_or_not_be_gone_at_all(
    wire: FlaskClient,
) -> None:
    """The second is told in words, for whoever sits before it."""
    mine, never = begin(wire, "return-other-token"), begin(wire, "return-never")
    page = wire.get(f"{CHECK}?token={never}")

    assert mine not in wire.get(f"{CHECK}?token={mine}").headers["Location"]
    assert page.status_code == 200
    assert not examine(page.text)
    assert 'data-problem="not-sent-back"' in page.text
    assert wire.post(RESULT, data={"token": never}).get_json()["code"] == 200


def test_two_visitors_do_not_disturb_each_other(wire: FlaskClient, clock: Clock) -> None:
    """The credential belongs to the request, and to the check it has begun."""
    token = begin(wire, "202-face")
    other = wire.post(INIT, data={"returnUrl": BACK}).get_json()["data"]["token"]

    assert wire.get(f"{CHECK}?token={other}").status_code == 200
    assert wire.post(RESULT, data={"token": other}).get_json()["code"] == 201
    assert wire.post(RESULT, data={"token": token}).get_json()["code"] == 202


@pytest.mark.parametrize(
    "sent",
    [
        {"Authorization": "APPCODE sandbox-init-604"},
        {"Authorization": "appcode  sandbox-init-604"},
        {"X-Apig-AppCode": "sandbox-init-604"},
        {"X-Bce-Signature": "AppCode/sandbox-init-604"},
    ],
)
def test_it_travels_where_the_markets_credential_does(
    wire: FlaskClient, sent: dict[str, str]
) -> None:
    """Alibaba, Huawei, Baidu."""
    assert wire.post(INIT, data={"returnUrl": BACK}, headers=sent).get_json()["code"] == 604


def test_an_unknown_name_says_where_the_names_are(wire: FlaskClient) -> None:
    """A typing mistake must not look like a pass."""
    answer = wire.post(
        INIT, data={"returnUrl": BACK}, headers=headers("init-700")
    ).get_json()

    assert answer["code"] == 400
    assert "/control/faults" in answer["msg"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_table_names_them_all(wire: FlaskClient, lang: str) -> None:
    """For people, and as JSON."""
    page = wire.get(f"/control/faults?lang={lang}")
    listed = {row["credential"] for row in wire.get("/control/faults.json").get_json()}

    assert not examine(page.text)
    assert listed == {f"sandbox-{name}" for name in FAULTS}
    assert all(f"<code>{credential}</code>" in page.text for credential in listed)


@pytest.fixture(name="address", scope="module")
def _address() -> Iterator[str]:
    with running_sandbox() as sandbox:
        yield sandbox.init_url


def post(address: str, name: str) -> Any:
    """Over real HTTP, with less patience than the sandbox has."""
    form = {"returnUrl": "http://127.0.0.1/x"}
    return requests.post(address, form, headers=headers(name), timeout=(1, 4))


def test_an_answer_can_be_slow(address: str) -> None:
    """Three seconds, and then it is right."""
    began = time.monotonic()

    assert post(address, "init-slow").json()["code"] == 200
    assert time.monotonic() - began >= 2.5


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("init-never", requests.ReadTimeout),
        ("init-reset", requests.ConnectionError),
        ("init-half-body", requests.exceptions.ChunkedEncodingError),
    ],
)
def test_an_answer_can_fail_on_its_way(
    address: str, name: str, error: type[Exception]
) -> None:
    """As a network fails: too late, cut off, half."""
    with pytest.raises(error):
        post(address, name)


def test_late_answers_cannot_hold_every_thread(address: str) -> None:
    """A few at once are late; more are cut off, and the page goes on answering."""

    def ask(_: int) -> float:
        began = time.monotonic()
        with suppress(requests.RequestException):
            post(address, "init-never")
        return time.monotonic() - began

    with ThreadPoolExecutor(12) as pool:
        spent = sorted(pool.map(ask, range(12)))

    assert spent[7] < 2.0
    assert spent[-1] > 3.5
