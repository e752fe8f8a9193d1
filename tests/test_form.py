"""The form: rules explained in place, presets by link, input kept, the gate."""

import re
from pathlib import Path

import pytest

from lifecheck_demo.challenge import ACTIONS, PALETTE, Rule, parse_challenge, remarks_on
from tests.conftest import Visitor, hidden

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("colours", "actions", "rule", "mended"),
    [
        ("FFFFFF,FFD9E3", "", Rule.NEEDS_DARK, ("#FFFFFF,#FFD9E3,#000000", "")),
        ("000000,3B3C04", "", Rule.NEEDS_BRIGHT, ("#FFFFFF,#000000,#3B3C04", "")),
        (
            "FFFFFF,000000",
            "NodHead",
            Rule.NEEDS_LOOK_FRONT,
            ("#FFFFFF,#000000", "LookFront,NodHead"),
        ),
        ("FFFFFF", "", Rule.SINGLE_COLOUR, ("#FFFFFF,#000000", "")),
        ("123456", "", Rule.UNKNOWN_COLOUR, ("", "")),
        ("", "Nodhead", Rule.UNKNOWN_ACTION, ("", "")),
        ("", "NodHead,NodHead", Rule.REPEATED_ACTION, ("", "NodHead")),
        (
            "",
            "LookFront,LookUp,LookDown,NodHead,BlinkEye",
            Rule.LONG_SEQUENCE,
            ("", "LookFront,LookUp,LookDown,NodHead"),
        ),
    ],
)
def test_each_rule_is_named_and_its_fix_mends_it(
    colours: str, actions: str, rule: Rule, mended: tuple[str, str]
) -> None:
    """One tap is enough: the mended challenge no longer breaks that rule."""
    challenge = parse_challenge([colours], [actions])

    remark = next(r for r in remarks_on(challenge) if r.rule is rule)

    assert (",".join(remark.mended.colours), ",".join(remark.mended.actions)) == mended
    assert rule not in {r.rule for r in remarks_on(remark.mended)}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(
    "query", ["colors=FFFFFF,FFD9E3", "actions=Nodhead", "colors=FFFFFF"]
)
def test_a_broken_rule_is_explained_beside_its_fix(
    visitor: Visitor, language: str, query: str
) -> None:
    """The page offers the fix as a link, so that it works without a script."""
    visitor.language = language
    page = visitor.get(f"/?{query}").text

    remark = re.search(
        r'data-rule="[^"]+"[^>]*>\s*<p>([^<]+)</p>\s*<a [^>]*href="([^"]+)"', page
    )
    assert remark
    fixed = visitor.get(remark.group(2).replace("&amp;", "&").split("#")[0]).text
    assert "data-rule" not in fixed


@pytest.mark.parametrize("scenario", ["silent", "actions", "flash", "flash-actions"])
def test_a_scenario_presets_the_form(visitor: Visitor, scenario: str) -> None:
    """Its card is the current one, and no other."""
    page = visitor.get(f"/?scenario={scenario}").text

    current = re.findall(r'aria-current="true"\s+data-scenario="([^"]+)"', page)
    assert current == [scenario]


def test_the_query_presets_colours_and_ordered_actions(visitor: Visitor) -> None:
    """Every state of the form is a link."""
    page = visitor.get("/?colors=FFFFFF，000000&actions=NodHead,LookFront").text

    assert re.findall(r'name="colors" value="(#\w+)" checked', page) == [
        "#FFFFFF",
        "#000000",
    ]
    assert re.findall(r'<option value="(\w+)" selected', page) == ["NodHead", "LookFront"]


def test_an_error_keeps_what_was_chosen(visitor: Visitor) -> None:
    """Nothing is lost, and nothing was started."""
    form = {
        "csrf_token": visitor.csrf(),
        "colors": ["#FFFFFF", "#FFD9E3"],
        "actions": ["NodHead"],
        "return_mode": "mini-program",
        "return_path": "no path",
    }

    answer = visitor.post("/", form)

    assert answer.status_code == 422
    checked = re.findall(r'name="colors" value="(#\w+)" checked', answer.text)
    assert checked == ["#FFFFFF", "#FFD9E3"]
    assert 'value="NodHead" selected' in answer.text
    assert 'value="no path"' in answer.text
    assert 'href="#colours"' in answer.text
    assert 'href="#return_path"' in answer.text


def test_an_outdated_page_keeps_its_choice_and_asks_again(visitor: Visitor) -> None:
    """A lost session costs one more press."""
    answer = visitor.post("/", {"csrf_token": "old", "actions": "NodHead"})

    assert answer.status_code == 422
    assert "press the button once more" in answer.text
    assert 'value="NodHead" selected' in answer.text


def test_no_flash_before_somebody_said_yes(visitor: Visitor) -> None:
    """The gate holds without a script too."""
    form = {"csrf_token": visitor.csrf(), "colors": "FFFFFF,000000"}

    asked = visitor.post("/", form)
    agreed = visitor.post("/", {**form, "flash_ok": "1"})
    without = visitor.post("/", {**form, "without_flashing": "1"})

    assert asked.status_code == 422
    assert "gate-asked" in asked.text
    assert agreed.status_code == without.status_code == 303
    assert 'data-hex="#FFFFFF"' in visitor.get(agreed.headers["Location"]).text
    assert 'data-hex="#FFFFFF"' not in visitor.get(without.headers["Location"]).text


def test_the_readout_is_what_is_sent(visitor: Visitor) -> None:
    """The return address that the form shows is the one that the check gets."""
    page = visitor.get("/?actions=LookFront").text
    ticket = hidden(page, "ticket")
    form = {
        "csrf_token": hidden(page, "csrf_token"),
        "ticket": ticket,
        "actions": "LookFront",
    }

    camera_page = visitor.post("/", form).headers["Location"]

    assert f"/return/{ticket}" in page
    assert f"/return/{ticket}" in visitor.get(camera_page).text


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/a b", "/" + "a" * 128]
)
def test_a_mini_program_path_is_inside_the_mini_program(
    visitor: Visitor, path: str
) -> None:
    """No host, nothing invisible, not too long."""
    form = {
        "csrf_token": visitor.csrf(),
        "return_mode": "mini-program",
        "return_path": path,
    }

    assert visitor.post("/", form).status_code == 422


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"return_mode": "elsewhere"}, "not one of the two"),
        ({"what_if": "elsewhere"}, "not one of the known cases"),
    ],
)
def test_a_choice_that_the_form_does_not_offer_is_named(
    visitor: Visitor, wish: dict[str, str], sentence: str
) -> None:
    """And that one alone: nothing is started."""
    visitor.language = "en"
    form = {"csrf_token": visitor.csrf(), "actions": "LookFront"}

    answer = visitor.post("/", {**form, **wish})

    summary = answer.text.partition('id="summary"')[2].partition("</div>")[0]
    assert answer.status_code == 422
    assert sentence in summary
    assert summary.count("<li>") == 1


@pytest.mark.parametrize(
    "form",
    [
        {"return_mode": "elsewhere"},
        {"ticket": "../../etc"},
        {"colors": "\x00\ufffe" * 500},
        {"actions": ["LookFront"] * 500},
        {"actions": "<script>alert(1)</script>"},
    ],
)
def test_no_input_breaks_the_form(visitor: Visitor, form: dict[str, object]) -> None:
    """Whatever a browser sends gets a page or a redirect, never a 500."""
    answer = visitor.post("/", {"csrf_token": visitor.csrf(), **form})

    assert answer.status_code in {303, 422}
    assert "<script>alert" not in answer.text


def test_the_language_follows_the_browser_and_is_remembered(visitor: Visitor) -> None:
    """Chinese for Chinese browsers; a choice outlives the page."""
    visitor.language = "zh-CN,zh;q=0.9"
    assert 'lang="zh-CN"' in visitor.get("/").text
    assert "设置一次活体检测" in visitor.get("/").text

    visitor.get("/?lang=en")

    assert "Set up a liveness check" in visitor.get("/").text
    visitor.language = "fr"
    assert "Set up a liveness check" in visitor.get("/").text


def test_the_styles_know_the_whole_palette() -> None:
    """A colour that a style sheet lacks would be an empty swatch."""
    for sheet in ("static/css/demo.css", "lifecheck_demo/sandbox/static/check.css"):
        styles = (ROOT / sheet).read_text()
        for colour in PALETTE:
            assert f'[data-hex="{colour.hex}"]' in styles, sheet


def test_every_action_has_its_drawing() -> None:
    """The storyboard refers to drawings by name."""
    drawings = (ROOT / "templates/_drawings.html").read_text()

    for action in ACTIONS:
        assert f'id="head-{action.name}"' in drawings
