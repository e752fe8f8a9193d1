"""Odd pictures and floods of them: a name for each, and neither memory nor state grows."""

import io
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lifecheck_demo.sandbox import runs
from lifecheck_demo.sandbox.eye import Eye
from lifecheck_demo.sandbox.frames import (
    LARGEST,
    LONGEST_SIDE,
    SMALLEST_SIDE,
    BadFrame,
    read_frame,
)
from lifecheck_demo.sandbox.judge import Measurement
from tests.conftest import Clock
from tests.sandbox.conftest import jpeg
from tests.sandbox.test_api import start
from tests.sandbox.test_camera import CHECK, begin, bomb, send

ROOT = Path(__file__).parents[2]
NAMES = {"too-big", "not-a-jpeg", "too-many-scans", "wrong-size", "broken"}
PLAIN = jpeg(np.zeros((96, 128, 3), np.uint8))
NOISE = jpeg(np.random.default_rng(1).integers(0, 256, (240, 320, 3)).astype(np.uint8))
SMALL = jpeg(np.full((SMALLEST_SIDE, SMALLEST_SIDE, 3), 90, np.uint8))
HEAD = PLAIN.index(b"\xff\xc0")


def with_header(kind: int, bits: int, height: int, width: int, parts: int) -> bytes:
    """A picture that says so of itself in its frame header."""
    said = bytes([0xFF, kind, 0, 8 + 3 * parts, bits, *height.to_bytes(2)])
    said += bytes([*width.to_bytes(2), parts]) + bytes([1, 0x22, 0] * parts)
    return PLAIN[:HEAD] + said + PLAIN[HEAD + 19 :]


def with_changes(picture: bytes, changes: list[tuple[int, int]]) -> bytes:
    """The picture with other bytes at some places."""
    changed = bytearray(picture)
    for place, byte in changes:
        changed[place % len(changed)] = byte
    return bytes(changed)


byte = st.integers(0, 255)
side = st.one_of(
    st.integers(0, 65_535), st.sampled_from([0, 1, 63, 64, 1280, 1281, 20_000, 65_535])
)
few = st.integers(1, 2 * SMALLEST_SIDE)
changes = st.lists(st.tuples(st.integers(0, 700), byte), min_size=1, max_size=20)
whole = st.sampled_from([PLAIN, NOISE, SMALL])
other_kinds = st.sampled_from(
    [b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF....WEBP", b"BM", b"\x00\x00\x00\x18ftypheic"]
)
PICTURES = st.one_of(
    st.binary(max_size=400),
    st.builds(bytes.__add__, other_kinds, st.binary(max_size=200)),
    st.builds(
        with_header,
        st.integers(0xC0, 0xCF),
        st.sampled_from([8, 12, 16]),
        side,
        side,
        st.integers(0, 5),
    ),
    st.builds(lambda *sides: jpeg(np.zeros((*sides, 3), np.uint8)), few, few),
    st.builds(with_changes, whole, changes),
    st.builds(lambda picture, at: picture[: at % len(picture)], whole, st.integers(0)),
    st.builds(lambda one, other: one + other, whole, whole),
    st.builds(lambda picture, more: picture + bytes(more), whole, st.integers(0, LARGEST)),
)


@settings(max_examples=400, deadline=None)
@given(picture=PICTURES)
def test_whatever_comes_is_pixels_or_has_a_name(picture: bytes) -> None:
    """Never another error, and never more pixels than a camera page sends."""
    try:
        pixels = read_frame(picture)
    except BadFrame as error:
        name = str(error)
    else:
        name = ""
    if name:
        assert name in NAMES
        return
    height, width, colours = pixels.shape
    assert colours == 3
    assert min(height, width) >= SMALLEST_SIDE
    assert max(height, width) <= LONGEST_SIDE


# In a process of its own: what a decoder has taken, no tool of Python's sees.
MEMORY = """
import json, resource, sys
from lifecheck_demo.sandbox.frames import BadFrame, read_frame
from tests.sandbox import test_odd_frames as odd

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

names, before = [], 0.0
for picture in [odd.NOISE, *odd.bombs()]:
    try:
        names.append(str(read_frame(picture).shape))
    except BadFrame as error:
        names.append(str(error))
    before = before or peak()
print(json.dumps({"grown": peak() - before, "names": names}))
"""


def bombs() -> list[bytes]:
    """Small files that promise many pixels, in every kind of header."""
    kinds = [k for k in range(0xC0, 0xD0) if k not in {0xC4, 0xC8, 0xCC}]
    sizes = [(20_000, 20_000), (65_535, 65_535), (65_535, 64), (1280, 1280)]
    made = [with_header(k, 8, *size, parts=3) for k in kinds for size in sizes]
    return [*made, *(bomb() for _ in range(20)), b"\xff\xd8\xff" + bytes(LARGEST)]


@pytest.mark.skipif(sys.platform == "win32", reason="memory is read otherwise there")
def test_bombs_take_no_memory() -> None:
    """A picture of 20,000 by 20,000 would take 1.2 GB; the largest that is read, 5 MB."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert not done.returncode, done.stderr
    found = json.loads(done.stdout)

    assert found["grown"] < 40
    assert Counter(found["names"])["wrong-size"] >= 3 * 13 + 20
    assert set(found["names"][1:]) <= {*NAMES, "(1280, 1280, 3)"}


text = st.text(max_size=30)
numbers = st.one_of(
    text,
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(["", "0", "-0", "1e9", "nan", "inf", "-1", "٣", "0x10", "1_0"]),
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    told=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("seq", "captured", "shown", "painted"), numbers),
    ),
    picture=st.one_of(PICTURES, st.none()),
    still=st.one_of(PICTURES, st.none()),
    as_text=st.booleans(),
)
def test_a_frame_with_anything_in_its_form_is_answered(
    sandbox: Flask,
    wire: FlaskClient,
    told: dict[str, str],
    picture: bytes | None,
    still: bytes | None,
    as_text: bool,
) -> None:
    """A refusal with a name, in JSON; never the server's own trouble."""
    token = start(wire)
    form: dict[str, Any] = {"token": token, "run": begin(wire, token), **told}
    for name, data in (("frame", picture), ("still", still)):
        if data is not None:
            form[name] = data.decode("latin-1") if as_text else (io.BytesIO(data), "f.jpg")
    answer = wire.post(f"{CHECK}/frame", data=form)
    kept = sandbox.extensions["sandbox"].peek(token, form["run"])
    wire.post(f"{CHECK}/stop", data={"token": token, "run": form["run"]})
    said = answer.get_json()

    assert answer.status_code in {200, 400, 409, 413, 429}, said
    assert ("error" in said) == (answer.status_code != 200)
    # No number that is none stands in the state: JSON has no word for it.
    json.dumps(kept, allow_nan=False)


class Blind(Eye):
    """Measures nothing, and counts how often it was asked to."""

    asked = 0

    def open(self) -> Any:
        return None

    def measure(self, pixels: Any, *, eyes: bool) -> Measurement:
        Blind.asked += 1
        return Measurement(*pixels.shape[1::-1], 0.3, "00000000", "")


@pytest.mark.parametrize(("captured", "frames"), [("stands", 10_000), ("grows", 1_000)])
def test_ten_thousand_frames_are_too_many(
    sandbox: Flask,
    wire: FlaskClient,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    captured: str,
    frames: int,
) -> None:
    """After the limit each is refused unmeasured, and what is kept grows no more."""
    monkeypatch.setattr(runs, "MOST_FRAMES", 200)
    monkeypatch.setattr(Eye, "measure", Blind.measure)
    monkeypatch.setattr(Blind, "asked", 0)
    token = start(wire, actions="LookLeft")
    run = begin(wire, token)
    statuses: Counter[tuple[int, str]] = Counter()
    for seq in range(frames):
        clock.move(0.001)
        at = str(seq) if captured == "grows" else "1"
        # Of one moment and one number: none of them moves the run.
        number = seq if captured == "grows" else min(seq, 1)
        answer = send(wire, token, run, number, SMALL, captured=at)
        statuses[answer.status_code, answer.get_json().get("error", "")] += 1

    assert statuses == {(200, ""): 200, (429, "too-many-frames"): frames - 200}
    assert Blind.asked == 200
    book = sandbox.extensions["sandbox"]
    with book.run(token, run) as kept:
        assert len(kept.records_after(-1)) <= 200
        assert len(json.dumps(kept.state)) < 3000


def test_frames_of_another_token_of_the_same_visitor_are_refused(wire: FlaskClient) -> None:
    """A run belongs to one check, whoever began it: nothing of either moves."""
    one, other = start(wire), start(wire)
    runs_of = {token: begin(wire, token) for token in (one, other)}
    mixed = [
        send(wire, one, runs_of[other], 0, SMALL).get_json()["error"],
        send(wire, other, runs_of[one], 0, SMALL).get_json()["error"],
    ]
    right = [send(wire, token, run, 0, SMALL) for token, run in runs_of.items()]

    assert mixed == ["no-such-run"] * 2
    assert [answer.status_code for answer in right] == [200, 200]
