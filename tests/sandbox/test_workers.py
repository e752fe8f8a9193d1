"""Several workers on one folder: what they share, and who wins."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lifecheck_demo.sandbox import create_sandbox
from tests.conftest import Clock
from tests.sandbox.conftest import Pixels, jpeg
from tests.sandbox.test_api import INIT, OUTCOME, RESULT, ask, start
from tests.sandbox.test_camera import begin, send

pytestmark = pytest.mark.everywhere


def begin_a_check(folder: Path, state_url: str, ready: Any, tokens: Any) -> None:
    """What one worker process does, at the same moment as the others."""
    wire = create_sandbox(data=folder, state_url=state_url).test_client()
    ready.wait(30)
    answer = wire.post(INIT, data={"returnUrl": "https://a.example/"}).get_json()
    tokens.put(answer.get("data", {}).get("token", answer["msg"]))


def test_processes_that_open_a_new_folder_at_once_share_it(
    tmp_path: Path, state_url: str
) -> None:
    """None is locked out, and each knows the checks of the others."""
    context = multiprocessing.get_context("spawn")
    ready, tokens = context.Barrier(4), context.Queue()
    workers = [
        context.Process(target=begin_a_check, args=(tmp_path, state_url, ready, tokens))
        for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    begun = {tokens.get(timeout=60) for _ in workers}
    for worker in workers:
        worker.join(60)

    wire = create_sandbox(data=tmp_path, state_url=state_url).test_client()
    listed = {c["token"] for c in wire.get("/control/checks").get_json()["checks"]}
    meter = wire.get("/control/meter").get_json()
    assert len(begun) == 4
    assert listed == begun
    assert meter["init"]["calls"] == 4


def test_workers_have_one_clock_and_one_meter(tmp_path: Path, state_url: str) -> None:
    """Whichever of them is told to move it, and whichever is asked."""
    one, other = (
        create_sandbox(data=tmp_path, state_url=state_url).test_client() for _ in range(2)
    )
    token = start(one)
    assert ask(other, RESULT, token=token)["code"] == 201
    assert one.post("/control/clock", json={"seconds": 600}).status_code == 200

    assert ask(other, RESULT, token=token)["code"] == 301
    assert other.get("/control/clock").get_json()["moved_seconds"] == 600.0
    for wire in (one, other):
        meter = wire.get("/control/meter").get_json()
        assert (meter["init"]["calls"], meter["result"]["calls"]) == (1, 2)
    other.post("/control/reset", json={})
    assert one.get("/control/checks").get_json() == {"checks": []}


def test_no_call_is_lost_from_the_meter(tmp_path: Path, state_url: str) -> None:
    """Of many at once, through two workers."""
    apps = [create_sandbox(data=tmp_path, state_url=state_url) for _ in range(2)]

    def call(number: int) -> int:
        form = {"token": "nobody"}
        return apps[number % 2].test_client().post(RESULT, data=form).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(call, range(80))) == {200}

    meter = apps[0].test_client().get("/control/meter").get_json()
    assert meter["result"]["answers"] == [{"status": 200, "code": 201, "calls": 80}]


def test_of_two_outcomes_at_once_one_wins(
    tmp_path: Path, state_url: str, clock: Clock
) -> None:
    """The redirects of both say what the result says afterwards."""
    apps = [
        create_sandbox(data=tmp_path, state_url=state_url, clock=clock) for _ in range(2)
    ]
    wishes = ["passed", "202-face"] * 4

    def choose(number: int, token: str) -> str:
        form = {"token": token, "outcome": wishes[number]}
        return (
            apps[number % 2]
            .test_client()
            .post(OUTCOME, data=form)
            .headers.get("Location", "")
        )

    with ThreadPoolExecutor(len(wishes)) as pool:
        for _ in range(10):
            token = start(apps[0].test_client())
            ways = set(pool.map(choose, range(len(wishes)), [token] * len(wishes))) - {""}
            code = ask(apps[1].test_client(), RESULT, token=token)["code"]

            success = "true" if code == 200 else "false"
            assert len(ways) == 1
            assert ways.pop().endswith(f"success={success}")


def test_a_run_is_judged_once_whoever_gets_the_last_frames(
    tmp_path: Path, state_url: str, clock: Clock, face: Pixels
) -> None:
    """Frames of one run reach any worker; all are led back to the same place."""
    wires = [
        create_sandbox(data=tmp_path, state_url=state_url, clock=clock).test_client()
        for _ in range(2)
    ]
    token = start(wires[0])
    run, black = begin(wires[1], token), jpeg(np.zeros_like(face))

    def post(seq: int) -> Any:
        wire = wires[seq % 2].application.test_client()
        return send(wire, token, run, seq, black, captured=seq * 50).get_json()

    answers: list[Any] = []
    with ThreadPoolExecutor(2) as pool:
        for seq in range(0, 1800, 2):
            clock.move(0.1)
            answers = list(pool.map(post, (seq, seq + 1)))
            if any(answer["state"] == "done" for answer in answers):
                break
    answers += [post(2000), post(2001)]

    ends = [answer for answer in answers if answer["state"] == "done"]
    assert len(ends) >= 3
    assert {answer["redirect"] for answer in ends} == {
        f"https://demo.example.com/return/x?token={token}&success=false"
    }
    assert sum("opened" in answer for answer in ends) == 1
