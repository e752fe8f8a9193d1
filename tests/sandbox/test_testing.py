"""The helper for an integrator's own tests, and the README's examples of it, executed."""

import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
import requests

from lifecheck_demo import sandbox as package
from lifecheck_demo.sandbox.testing import (
    THREAD,
    ControlRefused,
    RunningSandbox,
    running_sandbox,
)
from tests.conftest import Clock
from tests.sandbox.test_alone import alone

ROOT = Path(__file__).parents[2]
README = (Path(package.__file__).parent / "README.md").read_text()
BACK = "http://127.0.0.1:8080/back"
KEY = "a-key-of-more-than-16"


@pytest.fixture(name="running")
def _running() -> RunningSandbox:
    with running_sandbox() as sandbox:
        yield sandbox


def begin(sandbox: RunningSandbox) -> str:
    """Begin a check as any server would."""
    answer = requests.post(sandbox.init_url, {"returnUrl": BACK}, timeout=5).json()
    return str(answer["data"]["token"])


def code_of(sandbox: RunningSandbox, token: str) -> int:
    """What its result query is answered with."""
    answer = requests.post(sandbox.result_url, {"token": token}, timeout=5)
    return int(answer.json()["code"])


def test_a_check_is_walked_through_without_a_browser(running: RunningSandbox) -> None:
    """Init, its end, the result, and what that would have cost."""
    token = begin(running)
    before = code_of(running, token)
    back = running.finish(token, "202-face")

    assert back == f"{BACK}?token={token}&success=false"
    assert (before, code_of(running, token)) == (201, 202)
    assert running.check(token)["queries"] == 2
    assert [check["token"] for check in running.checks()] == [token]
    assert running.meter()["init"]["calls"] == 1
    assert running.meter()["result"]["calls"] == 2
    assert requests.get(running.openapi_url, timeout=5).json()["servers"] == [
        {"url": running.base}
    ]


def test_nobody_is_sent_back_by_some_endings(running: RunningSandbox) -> None:
    """None, and no address made up."""
    assert running.finish(begin(running), "leave") is None
    assert running.finish(begin(running), "expire") is None


def test_time_passes_for_one_check_or_for_all(running: RunningSandbox) -> None:
    """And a reset empties it."""
    one, other = begin(running), begin(running)
    running.age(one, 600)
    assert (code_of(running, one), code_of(running, other)) == (301, 201)
    running.move_clock(600)
    assert code_of(running, other) == 301

    running.reset()

    assert running.checks() == []
    assert running.meter()["result"] == {"calls": 0, "answers": []}


def test_a_control_that_says_no_fails_the_test_with_its_words(
    running: RunningSandbox,
) -> None:
    """What to do next stands in the output of the test."""
    token = begin(running)
    running.finish(token)

    with pytest.raises(ControlRefused, match=r"409 finished: .* Begin another") as caught:
        running.finish(token)
    assert caught.value.answer["redirect"].endswith("success=true")
    with pytest.raises(ControlRefused, match="404 unknown"):
        running.check("nobody?x=#")


def test_what_the_sandbox_takes_is_handed_on(clock: Clock) -> None:
    """A clock of the test's own, for one."""
    with running_sandbox(clock=clock) as sandbox:
        token = begin(sandbox)
        clock.move(600)

        assert sandbox.check(token)["age_seconds"] == 600.0
        assert code_of(sandbox, token) == 301


def test_a_key_is_asked_of_this_computer_too() -> None:
    """And sent along by whoever was given it."""
    with running_sandbox(control_key=KEY) as keyed:
        assert keyed.meter()["init"]["calls"] == 0
        with pytest.raises(ControlRefused, match="401 key-needed"):
            RunningSandbox(keyed.base).meter()


def test_a_sandbox_that_runs_elsewhere_is_controlled_in_the_same_way() -> None:
    """Its address is enough."""
    with alone() as said:
        elsewhere = RunningSandbox(said["LIFECHECK_INIT_URL"].partition("/lifecheck/")[0])
        token = begin(elsewhere)

        assert elsewhere.finish(token) == f"{BACK}?token={token}&success=true"


def test_a_proxy_of_the_environment_is_left_out(
    running: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no way to this computer."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)

    assert running.checks() == []


def test_nothing_of_it_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its folder nor its thread nor its port; and two do not meet."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with running_sandbox() as one, running_sandbox() as other:
        begin(one)
        assert other.checks() == []
        assert len([*tmp_path.glob("*/checks.sqlite")]) == 2
        assert threads() == 2

    assert not [*tmp_path.iterdir()]
    assert threads() == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(one.h5_url, timeout=5)


def threads() -> int:
    """How many sandboxes are being served in this process."""
    return sum(thread.name == THREAD for thread in threading.enumerate())


def test_its_requests_are_not_written_into_the_tests_output(
    running: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """Only what fails is to be read there."""
    with caplog.at_level("INFO", "werkzeug"):
        begin(running)

    assert not caplog.records


# The README's examples


def blocks(language: str) -> list[str]:
    """The README's examples in a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


# What the fixture promises to a test that comes after others.
THEREAFTER = """
def test_it_is_empty_at_the_beginning(lifecheck_sandbox):
    assert lifecheck_sandbox.checks() == []
    assert lifecheck_sandbox.meter()["init"]["calls"] == 0
"""


def test_the_readmes_tests_pass_and_would_fail(tmp_path: Path) -> None:
    """As an integrator would run them, in a folder of their own."""
    conftest, tests = blocks("python")
    (tmp_path / "conftest.py").write_text(conftest)
    (tmp_path / "test_liveness.py").write_text(tests)
    (tmp_path / "test_thereafter.py").write_text(THEREAFTER)
    passed = run_pytest(tmp_path)
    (tmp_path / "test_liveness.py").write_text(tests.replace("== 301", "== 200"))
    failed = run_pytest(tmp_path)

    assert re.search(r"\b4 passed", passed), passed
    assert re.search(r"\b1 failed, 3 passed", failed), failed


def run_pytest(folder: Path) -> str:
    """What pytest says of the tests there."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=60
    )
    return done.stdout


def test_the_readmes_commands_say_what_is_written_beside_them(
    running: RunningSandbox,
) -> None:
    """With curl, line by line."""
    (script,) = [block for block in blocks("sh") if "TOKEN=" in block]
    script = re.sub(r"BASE=\S+", f"BASE={running.base}", script)
    promised = re.findall(r"^# → (.*)$", script, re.MULTILINE)
    done = subprocess.run(
        ["sh", "-eu"], input=script, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert len(promised) == len(said) == 6
    for promise, line in zip(promised, said, strict=True):
        assert promise in line


def test_the_readme_names_every_control(running: RunningSandbox) -> None:
    """With its method, as the description has it."""
    document = requests.get(running.openapi_url, timeout=5).json()
    for path, methods in document["paths"].items():
        if not path.startswith("/control/"):
            continue
        for method in {"get", "post"} & methods.keys():
            line = f"{method.upper()} {path.removeprefix('/control')}".replace(
                "{token}", "<token>"
            )
            assert f"`{line}`" in README, line
