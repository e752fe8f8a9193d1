"""`flask --app wsgi record-samples`: three real calls, held against the document."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
from flask import Flask

from .calls import CallCounter
from .client import Exchange, InitRequest, LifecheckClient, LifecheckError
from .settings import Settings
from .visit import new_id

CALLS: Final = 3
ELSEWHERE: Final = "https://demo.example.com"
# One bright and one dark colour, actions with LookFront: all that the document asks for.
ACCEPTED: Final = (("#FFFFFF", "#000000"), ("LookFront", "BlinkEye"))
# Two bright ones: the document wants both kinds.
REFUSED: Final = (("#FFFFFF", "#FFD9E3"), ())
# As in the document's examples.
TASK_NO: Final = re.compile(r"[0-9]{24}")


@dataclass(frozen=True)
class Sample:
    """One call as it went, with every secret masked; `body` is {} where it was no JSON."""

    name: str
    exchange: Exchange

    @property
    def body(self) -> Mapping[str, Any]:
        """The answer's object."""
        try:
            found = json.loads(self.exchange.came.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def data(self) -> Mapping[str, Any]:
        """What it carries."""
        found = self.body.get("data")
        return found if isinstance(found, dict) else {}

    def record(self, settings: Settings, now: float) -> dict[str, Any]:
        """As it is written down: without the addresses, which name a seller's listing."""
        where = "address" if settings.in_query else "form"
        sent, came = self.exchange.sent, self.exchange.came
        day = datetime.fromtimestamp(now, UTC).date().isoformat()
        service = "the sandbox" if settings.sandboxed else "the live service"
        return {
            "source": (
                f"recorded from {service} on {day}, LIFECHECK_AUTH={settings.auth}, "
                f"parameters in the {where}; secrets are masked"
            ),
            "call": self.exchange.call,
            "sent": {"headers": dict(sent.headers), "parameters": dict(sent.parameters)},
            "status": self.exchange.status,
            "milliseconds": self.exchange.milliseconds,
            "headers": dict(came.headers),
            "body": self.body or came.body,
        }


Samples = Mapping[str, Sample]


@dataclass(frozen=True)
class Question:
    """Something that the document, or the sandbox where it is silent, says of answers."""

    text: str
    holds: Callable[[Samples], bool]


def _every(holds: Callable[[Sample], bool]) -> Callable[[Samples], bool]:
    return lambda samples: all(map(holds, samples.values()))


def _one(name: str, holds: Callable[[Sample], bool]) -> Callable[[Samples], bool]:
    return lambda samples: holds(samples[name])


QUESTIONS: Final = (
    Question(
        "every answer is HTTP 200, whatever its code (assumed)",
        _every(lambda sample: sample.exchange.status == 200),
    ),
    Question(
        "every answer calls itself JSON",
        _every(
            lambda sample: (
                dict(sample.exchange.came.headers)
                .get("content-type", "")
                .startswith("application/json")
            )
        ),
    ),
    Question(
        "code is a number, never a text",
        _every(lambda sample: type(sample.body.get("code")) is int),
    ),
    Question(
        "every answer has a msg in words",
        _every(lambda sample: bool(sample.body.get("msg"))),
    ),
    Question(
        "taskNo is a text of 24 digits, another one for every call",
        lambda samples: (
            all(TASK_NO.fullmatch(str(s.body.get("taskNo"))) for s in samples.values())
            and len({s.body["taskNo"] for s in samples.values()}) == len(samples)
        ),
    ),
    Question(
        "init answers 200 with a token",
        _one(
            "init-accepted",
            lambda sample: (
                sample.body.get("code") == 200 and bool(sample.data.get("token"))
            ),
        ),
    ),
    Question(
        "beside code, msg, taskNo and data there is nothing (assumed)",
        _every(lambda sample: sample.body.keys() <= {"code", "msg", "taskNo", "data"}),
    ),
    Question(
        "before anybody was checked the result is 201, without data",
        _one(
            "result-not-there-yet",
            lambda sample: sample.body.get("code") == 201 and not sample.data,
        ),
    ),
    Question(
        "colours of one kind only are refused with 400, without a token",
        _one(
            "init-refused",
            lambda sample: sample.body.get("code") == 400 and not sample.data,
        ),
    ),
)


def ask(
    client: LifecheckClient,
    origin: str = ELSEWHERE,
    *,
    tell: Callable[[Exchange], None] = lambda _exchange: None,
) -> Samples:
    """Three calls and no more, none of them made again; each may be billed.

    *tell* is told of each. Raises `LifecheckError` when init brings no token: then there
    is nothing to go on with, and one call was made.
    """
    heard: list[Exchange] = []

    def hear(exchange: Exchange) -> None:
        heard.append(exchange)
        tell(exchange)

    back = f"{origin}/return/{new_id()}"
    started = client.start(InitRequest(back, *ACCEPTED), tell=hear, once=True)
    for call in (
        lambda: client.result(started.token, tell=hear, once=True),
        lambda: client.start(InitRequest(back, *REFUSED), tell=hear, once=True),
    ):
        try:
            call()
        except LifecheckError:
            # How it was answered is what is asked about.
            continue
    names = ("init-accepted", "result-not-there-yet", "init-refused")
    samples = map(Sample, names, heard)
    return {sample.name: sample for sample in samples}


def verdicts(samples: Samples) -> Iterator[tuple[Question, bool]]:
    """Each question, and whether the samples say yes."""
    for question in QUESTIONS:
        yield question, question.holds(samples)


def init_app(
    app: Flask,
    settings: Settings,
    client: LifecheckClient,
    counter: CallCounter,
    *,
    clock: Callable[[], float] = time.time,
) -> None:
    """Add the command."""

    @app.cli.command("record-samples")
    @click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
    @click.option(
        "--spend-three-calls",
        is_flag=True,
        help="Make three real calls, which may be billed; the sandbox's cost nothing.",
    )
    def record_samples(folder: Path, *, spend_three_calls: bool) -> None:
        """Ask the service three questions, write its answers into FOLDER, masked.

        Says as well where they differ from what the sandbox answers.
        """
        if not settings.sandboxed and not spend_three_calls:
            raise click.UsageError(
                f"This makes {CALLS} calls to the live service, which may be billed: add "
                "--spend-three-calls."
            )
        try:
            origin = settings.public_url or ELSEWHERE
            samples = ask(client, origin, tell=counter.note)
        except LifecheckError as error:
            raise click.ClickException(
                f"init brought no token ({type(error).__name__}), so nothing was written. "
                "Run  flask --app wsgi doctor  to see what is in the way."
            ) from error
        write(samples, folder, settings, clock())
        differs = False
        for question, holds in verdicts(samples):
            differs |= not holds
            click.echo(f"{'ok     ' if holds else 'DIFFERS'}  {question.text}")
        click.echo(f"{len(samples)} answers are in {folder}, their secrets masked.")
        sys.exit(differs)


def write(samples: Samples, folder: Path, settings: Settings, now: float) -> None:
    """One file for each; raises `click.ClickException` where none can be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for sample in samples.values():
            text = json.dumps(sample.record(settings, now), ensure_ascii=False, indent=2)
            (folder / f"{sample.name}.json").write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise click.ClickException(
            f"{folder} cannot be written ({error.strerror}): name another folder."
        ) from error
