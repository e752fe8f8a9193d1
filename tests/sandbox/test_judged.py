"""The page that tells how a run was judged, from the wire to the plots."""

import re
from base64 import b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lifecheck_demo.sandbox.judge.flash import ALTERNATIVES, BEATEN
from tests.conftest import Clock
from tests.examine import examine
from tests.sandbox.test_api import RESULT, start
from tests.sandbox.test_camera import CHECK, lit, play
from tools.film import frame, grained, portrait


def explained(wire: FlaskClient, token: str) -> list[str]:
    """The paths that the result's `Link` names: the page, then the picture."""
    answer = wire.post(RESULT, data={"token": token})
    return [
        urlsplit(url).path
        for url in re.findall(
            r'<([^>]+)>; rel="describedby"', answer.headers.get("Link", "")
        )
    ]


def page_of(wire: FlaskClient, token: str, lang: str = "en") -> str:
    """The report's page."""
    answer = wire.get(f"{explained(wire, token)[0]}?lang={lang}")
    assert answer.status_code == 200
    return answer.text


def reasons_in(page: str) -> list[str]:
    """What speaks for and against, in the order in which the page tells it."""
    return re.findall(r'data-reason="([^"]+)"', page)


def tones_in(page: str) -> set[str]:
    """Whether the reasons speak for, against, or leave it open."""
    return set(re.findall(r'reason-(\w+)" data-reason', page))


@pytest.fixture(name="passed")
def _passed(wire: FlaskClient, clock: Clock) -> str:
    """The token of a check that a living face passed."""
    token = start(wire, actions="LookFront,BlinkEye")
    play(wire, clock, token, frame)
    return token


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_pass_is_explained_in_words_steps_and_plots(
    wire: FlaskClient, passed: str, lang: str
) -> None:
    """Reasons, the steps with their times, and four curves."""
    page = page_of(wire, passed, lang)

    assert not examine(page)
    assert f'lang="{"zh-CN" if lang == "zh" else "en"}"' in page
    assert set(reasons_in(page)) == {"face-seen", "moves-like-a-face", "actions-done"}
    assert tones_in(page) == {"good"}
    assert re.findall(r'course-(\w+)" data-step="(\w+)"', page) == [
        ("good", "settle"),
        ("good", "LookFront"),
        ("good", "BlinkEye"),
    ]
    assert re.findall(r'class="plot plot-(\w+)"', page) == ["yaw", "pitch", "mouth", "eyes"]
    # A blink is asked for in the third step: the plot of the eyes marks it.
    assert page.count("plot-band-asked") >= 3


def test_a_refusal_names_what_was_missing(wire: FlaskClient, clock: Clock) -> None:
    """A photograph that was asked to blink: the step, and why it is no living face."""
    token = start(wire, actions="LookFront,BlinkEye")
    play(wire, clock, token, lambda t: grained(portrait(), round(t * 1000)))
    page = page_of(wire, token)

    assert reasons_in(page)[:2] == ["action-missing", "still-picture"]
    assert tones_in(page) == {"against", "good"}
    assert 'course-against" data-step="BlinkEye"' in page
    assert "<b>Blink</b>" in page


@pytest.mark.parametrize(
    ("share", "reason"), [(0.16, "flash-followed"), (0.0, None)], ids=["lit", "not lit"]
)
def test_the_light_is_drawn_against_the_colours_that_were_shown(
    wire: FlaskClient, clock: Clock, share: float, reason: str | None
) -> None:
    """Every colour as a swatch, the screen's stair, and the curve of the face."""
    token = start(wire, colors="#FFFFFF,#D8D6FF,#000000")
    lit(wire, clock, token, share)
    page = page_of(wire, token)

    swatches = re.findall(r'plot-swatch"[^>]* fill="(#\w{6})"', page)
    assert not examine(page)
    assert len(swatches) % 8 == 0
    assert set(swatches) <= {"#FFFFFF", "#D8D6FF", "#000000"}
    assert page.count('class="plot-screen"') == len(swatches) // 8
    assert ("flash-followed" in reasons_in(page)) == (reason is not None)
    if reason:
        nearly = "|".join(str(ALTERNATIVES - n) for n in range(BEATEN + 1))
        assert re.search(rf"better than\s+({nearly}) of\s+{ALTERNATIVES} ", page)


def test_the_style_of_the_plots_is_allowed_by_its_hash_alone(
    wire: FlaskClient, passed: str
) -> None:
    """It stands in the page, so that the page waits for one sheet only."""
    answer = wire.get(explained(wire, passed)[0])
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style
    digest = b64encode(sha256(style[1].encode()).digest()).decode()

    policy = answer.headers["Content-Security-Policy"]
    assert f"style-src 'self' 'sha256-{digest}';" in policy
    assert "unsafe" not in policy


def test_the_picture_is_svg_of_its_own(wire: FlaskClient, passed: str) -> None:
    """An `<img>` can show it: well-formed, with its style inside and nothing fetched."""
    answer = wire.get(explained(wire, passed)[1])

    assert answer.mimetype == "image/svg+xml"
    root = ElementTree.fromstring(answer.data)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "url(" not in answer.text
    assert "href" not in answer.text
    style = root.findtext("{http://www.w3.org/2000/svg}style") or ""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "unsafe" not in policy


def test_only_small_numbers_are_kept(
    sandbox: Flask, wire: FlaskClient, passed: str
) -> None:
    """No picture, and nothing from which a face could be drawn or known again."""
    name = explained(wire, passed)[0].rsplit("/", 1)[1]
    found = sandbox.extensions["sandbox"].report(name)
    assert found

    def leaves(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [leaf for each in value.values() for leaf in leaves(each)]
        if isinstance(value, list):
            return [leaf for each in value for leaf in leaves(each)]
        return [value]

    texts = [leaf for leaf in leaves(found[1]) if isinstance(leaf, str)]
    assert found[1]["series"].keys() == {"at", "yaw", "pitch", "mouth", "eyes"}
    assert max(map(len, texts)) <= 100
    assert passed not in name


def test_a_choice_without_a_camera_has_nothing_to_explain(wire: FlaskClient) -> None:
    """Nothing was measured."""
    token = start(wire)
    wire.post(f"{CHECK}/outcome", data={"token": token, "outcome": "passed"})

    assert explained(wire, token) == []


@pytest.mark.parametrize("end", ["forgotten", "ten minutes"])
def test_a_report_goes_with_its_check(
    sandbox: Flask, wire: FlaskClient, clock: Clock, passed: str, end: str
) -> None:
    """The page then says so, and what the state file held of it is gone."""
    addresses = explained(wire, passed)
    if end == "forgotten":
        sandbox.extensions["sandbox"].forget(passed)
    else:
        clock.move(600)

    page, picture = map(wire.get, addresses)

    assert (page.status_code, picture.status_code) == (404, 404)
    assert not examine(page.text)
    assert explained(wire, passed) == []


def test_whoever_is_shown_the_report_does_not_get_the_token(
    wire: FlaskClient, passed: str
) -> None:
    """With it, the result and the photo could be asked for."""
    page = page_of(wire, passed)

    assert passed not in page
    assert 'href="https://demo.example.com/return/x"' in page


def test_the_other_language_is_the_same_page(wire: FlaskClient, passed: str) -> None:
    """Switching does not lead back to the camera."""
    page = page_of(wire, passed)
    found = re.search(r'data-language href="([^"]+)"', page)
    assert found

    other = wire.get(found.group(1))

    assert other.status_code == 200
    assert reasons_in(other.text) == reasons_in(page)
    assert 'lang="zh-CN"' in other.text
