"""What is left of a face in the data folder: nothing, once it is over."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lifecheck_demo.sandbox import create_sandbox
from lifecheck_demo.sandbox.checks import Ending, SqliteBook
from lifecheck_demo.sandbox.rules import Wish
from tests.conftest import Clock
from tests.sandbox.conftest import Pixels, jpeg
from tests.sandbox.test_api import RESULT, ask, start
from tests.sandbox.test_camera import CHECK, begin, play, send
from tools.film import frame


def kept_portrait(folder: Path) -> bytes:
    """The best picture so far of the only run that there is."""
    with closing(sqlite3.connect(folder / "checks.sqlite")) as db:
        return bytes(db.execute("SELECT portrait FROM runs").fetchone()[0])


def holds(folder: Path, picture: bytes) -> bool:
    """Whether a stretch from the midst of the picture is in any file."""
    piece = picture[len(picture) // 2 :][:64]
    return any(piece in path.read_bytes() for path in folder.iterdir())


@pytest.fixture(name="photo")
def _photo(wire: FlaskClient, clock: Clock) -> tuple[str, bytes]:
    """A check that passed, and its photo."""
    token = start(wire)
    play(wire, clock, token, frame)
    address = ask(wire, RESULT, token=token)["data"]["faceImageUrl"]
    return token, wire.get(urlsplit(address).path).data


def test_forget_leaves_no_trace_of_the_photo(
    tmp_path: Path, sandbox: Flask, photo: tuple[str, bytes]
) -> None:
    """Neither in the table nor in the log beside it."""
    token, picture = photo
    assert holds(tmp_path, picture)

    sandbox.extensions["sandbox"].forget(token)

    assert not holds(tmp_path, picture)


@pytest.mark.parametrize(
    "end",
    [
        lambda wire, token, run: wire.post(
            f"{CHECK}/stop", data={"token": token, "run": run}
        ),
        lambda wire, token, run: wire.post(
            f"{CHECK}/outcome", data={"token": token, "outcome": "202-face"}
        ),
        lambda wire, token, run: wire.post(
            f"{CHECK}/outcome", data={"token": token, "outcome": "expire"}
        ),
    ],
    ids=["stop", "another outcome", "expire"],
)
def test_a_run_that_ends_otherwise_leaves_no_frame(
    tmp_path: Path,
    wire: FlaskClient,
    face: Pixels,
    end: Callable[[FlaskClient, str, str], object],
) -> None:
    """The best frame so far goes with the run."""
    token = start(wire)
    run = begin(wire, token)
    send(wire, token, run, 0, jpeg(face))
    picture = kept_portrait(tmp_path)
    assert holds(tmp_path, picture)

    end(wire, token, run)

    assert not holds(tmp_path, picture)


def test_a_run_that_was_abandoned_goes_when_its_check_is_over(
    tmp_path: Path, wire: FlaskClient, clock: Clock, face: Pixels
) -> None:
    """Closing the tab is no way to leave a face behind."""
    token = start(wire)
    send(wire, token, begin(wire, token), 0, jpeg(face))
    picture = kept_portrait(tmp_path)
    clock.move(600)

    start(wire)

    assert not holds(tmp_path, picture)


def test_a_photo_goes_when_a_process_starts_after_its_time(
    tmp_path: Path, clock: Clock, photo: tuple[str, bytes]
) -> None:
    """Its own process may have been ended before."""
    clock.move(600)

    create_sandbox(data=tmp_path, clock=clock)

    assert not holds(tmp_path, photo[1])


def test_pictures_go_by_themselves_when_nobody_calls(tmp_path: Path, clock: Clock) -> None:
    """The visitor was promised ten minutes, however quiet the day is."""
    picture = b"a face" * 20
    book = SqliteBook(tmp_path, clock=clock, sweep_seconds=0.01)
    token = book.start(Wish("https://a.example/"))
    run_id = book.begin_run(token, {"seq": 0})
    with book.run(token, run_id) as run:
        assert run
        run.portrait = picture
    book.finish_run(token, run_id, Ending("passed", {"note": "a report"}))
    assert holds(tmp_path, picture)

    clock.move(600)

    patience = time.monotonic() + 10
    while holds(tmp_path, picture) and time.monotonic() < patience:
        time.sleep(0.01)
    assert not holds(tmp_path, picture)
