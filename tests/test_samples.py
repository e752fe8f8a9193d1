"""Recording samples: three calls, what is written, and that every question can fail."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from werkzeug.wrappers import Response

from lifecheck_demo.client import Exchange, Message
from lifecheck_demo.samples import QUESTIONS, Question, Sample, Samples, verdicts
from tests.vendor import TASK_NO, Vendor, envelope

NAMES = ("init-accepted", "result-not-there-yet", "init-refused")


def record(app: Flask, *words: str) -> Result:
    """Run the command."""
    return app.test_cli_runner().invoke(args=["record-samples", *words])


def told(name: str, code: object, **more: object) -> Sample:
    """One answer, right in everything that is not said."""
    number = f"{NAMES.index(name):024d}"
    body = {"code": code, "msg": "成功", "taskNo": number, **more}
    headers = (("content-type", "application/json"),)
    came = Message(headers, body=json.dumps(body))
    return Sample(name, Exchange("init", "POST", "/init", 200, 9, 99, came=came))


def right() -> dict[str, Sample]:
    """What the document says."""
    return {
        "init-accepted": told("init-accepted", 200, data={"token": "T"}),
        "result-not-there-yet": told("result-not-there-yet", 201),
        "init-refused": told("init-refused", 400),
    }


def wrong(name: str, **changed: Any) -> Samples:
    """The same, with one answer's parts changed."""
    samples = right()
    exchange = samples[name].exchange
    status = changed.pop("status", exchange.status)
    headers = changed.pop("headers", exchange.came.headers)
    body = json.dumps({**samples[name].body, **changed})
    came = replace(exchange.came, headers=headers, body=body)
    samples[name] = Sample(name, replace(exchange, status=status, came=came))
    return samples


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.text)
def test_each_question_holds_of_the_document(question: Question) -> None:
    """And each is about something that could be otherwise: see below."""
    assert question.holds(right())


@pytest.mark.parametrize(
    ("about", "samples"),
    [
        ("HTTP 200", wrong("init-refused", status=400)),
        ("calls itself JSON", wrong("init-refused", headers=())),
        ("a number", wrong("result-not-there-yet", code="201")),
        ("a number", wrong("result-not-there-yet", code=True)),
        ("a msg", wrong("init-refused", msg="")),
        ("24 digits", wrong("init-refused", taskNo=7)),
        ("24 digits", wrong("init-refused", taskNo=f"{0:024d}")),
        ("with a token", wrong("init-accepted", data={})),
        ("with a token", wrong("init-accepted", code=999)),
        ("nothing", wrong("init-refused", charge=True)),
        ("is 201", wrong("result-not-there-yet", code=202)),
        ("is 201", wrong("result-not-there-yet", data={"faceImageUrl": "x"})),
        ("refused with 400", wrong("init-refused", code=200)),
        ("refused with 400", wrong("init-refused", data={"token": "T"})),
    ],
)
def test_a_service_that_differs_is_told_by_its_question(
    about: str, samples: Samples
) -> None:
    """By that one; a wrong code is wrong for one question only."""
    failed = [question.text for question, holds in verdicts(samples) if not holds]

    assert any(about in text for text in failed), failed


def test_the_sandbox_is_recorded_without_its_secrets(app: Flask, tmp_path: Path) -> None:
    """Three files, and nothing in them that opens a check."""
    folder = tmp_path / "samples"
    done = record(app, str(folder))
    files = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}

    assert done.exit_code == 0, done.output
    assert done.output.count("ok     ") == len(QUESTIONS)
    assert set(files) == set(NAMES)
    assert [files[name]["body"]["code"] for name in NAMES] == [200, 201, 400]
    assert "…" in files["init-accepted"]["body"]["data"]["token"]
    assert "…" in files["result-not-there-yet"]["sent"]["parameters"]["token"]
    assert "from the sandbox on 20" in files["init-accepted"]["source"]
    assert all("http" not in key for key in files["init-accepted"])


def test_no_call_is_made_that_nobody_asked_for(
    live_app: Flask, vendor: Vendor, tmp_path: Path
) -> None:
    """It says what it would cost, and what to type."""
    done = record(live_app, str(tmp_path / "samples"))

    assert done.exit_code == 2
    assert "add --spend-three-calls" in done.output
    assert vendor.asked == []


def test_three_calls_are_three_whatever_comes_back(
    live_app: Flask, vendor: Vendor, tmp_path: Path
) -> None:
    """A result of 500 would be asked for again by the demo itself."""
    vendor.result = envelope(500)
    done = record(live_app, str(tmp_path / "samples"), "--spend-three-calls")

    assert (vendor.calls("init"), vendor.calls("result")) == (2, 1)
    counted = live_app.test_cli_runner().invoke(args=["calls"]).output.splitlines()
    today = next(line for line in counted if line.startswith("2027-01-15"))
    assert [int(many) for many in today.split()[1:]] == [2, 0, 0, 0, 0, 1]
    assert done.exit_code == 1
    assert "DIFFERS  before anybody was checked" in done.output
    assert "DIFFERS  colours of one kind" in done.output
    written = (tmp_path / "samples" / "result-not-there-yet.json").read_text()
    assert json.loads(written)["body"]["code"] == 500
    assert TASK_NO in written
    assert "0123456789abcdef" not in "".join(
        path.read_text() for path in (tmp_path / "samples").iterdir()
    )


def test_an_answer_that_is_no_json_is_written_as_it_came(
    live_app: Flask, vendor: Vendor, tmp_path: Path
) -> None:
    """Whoever reads the sample sees what stood there."""
    vendor.result = Response("<html>502</html>", 502, content_type="text/html")
    record(live_app, str(tmp_path), "--spend-three-calls")
    written = json.loads((tmp_path / "result-not-there-yet.json").read_text())

    assert (written["status"], written["body"]) == (502, "<html>502</html>")


def test_without_a_token_nothing_is_written(
    live_app: Flask, vendor: Vendor, tmp_path: Path
) -> None:
    """One call was spent, and the doctor knows more."""
    vendor.init = envelope(604)
    done = record(live_app, str(tmp_path / "samples"), "--spend-three-calls")

    assert done.exit_code == 1
    assert "flask --app wsgi doctor" in done.output
    assert (vendor.calls("init"), vendor.calls("result")) == (1, 0)
    assert not (tmp_path / "samples").exists()


def test_a_folder_that_cannot_be_made_is_told(app: Flask, tmp_path: Path) -> None:
    """In a sentence, not a stack trace."""
    (tmp_path / "file").write_text("")
    done = record(app, str(tmp_path / "file" / "samples"))

    assert done.exit_code == 1
    assert "name another folder" in done.output
