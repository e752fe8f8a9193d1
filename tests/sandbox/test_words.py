"""The sandbox's words: both languages, the same blanks, every key that a page uses."""

import re
from pathlib import Path
from string import Formatter

import pytest

from lifecheck_demo.sandbox import camera, plots, words
from lifecheck_demo.sandbox.faults import Part
from lifecheck_demo.sandbox.judge import Guidance, Reason
from lifecheck_demo.sandbox.plan import Kind

FOLDER = Path(words.__file__).parent
TEMPLATES = sorted((FOLDER / "templates").iterdir())
SCRIPTS = sorted((FOLDER / "static").glob("*.js"))
ACTIONS = (
    "LookFront",
    "LookLeft",
    "LookRight",
    "LookUp",
    "LookDown",
    "OpenMouth",
    "BlinkEye",
    "ShakeHead",
    "NodHead",
)


def blanks(sentence: str) -> set[str]:
    """The names of what is filled in."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def spoken() -> set[str]:
    """The keys that the camera page hands to its script."""
    kinds = ("fail", "remedy")
    return {*words.SPOKEN} | {f"{kind}-{n}" for n in words.FAILURES for kind in kinds}


def test_every_sentence_is_there_twice_with_the_same_blanks() -> None:
    """A blank that one language lacks would be lost, or stop the page."""
    for key, pair in words.WORDS.items():
        assert len(pair) == len(words.LANGUAGES), key
        assert all(sentence.strip() for sentence in pair), key
        assert blanks(pair[0]) == blanks(pair[1]), key


def test_chinese_reads_chinese_and_english_reads_english() -> None:
    """The two were not swapped; each language's own name is the exception."""
    for key, (zh, en) in words.WORDS.items():
        if key != "other-language":
            assert re.search(r"[\u4e00-\u9fff]", zh), key
            assert not re.search(r"[\u4e00-\u9fff]", en), key


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_page_says_only_what_there_are_words_for(template: Path) -> None:
    """An unknown key would stop the page for whoever opens it."""
    used = set(re.findall(r"say\('([^']+)'(?=[,)])", template.read_text()))

    assert used <= words.WORDS.keys()


def test_every_kind_of_page_and_every_outcome_has_words() -> None:
    """These keys are put together when a page is made."""
    # A run that is not there is told to the script only.
    pages = {*camera.STATUS, "method", "too-big", "internal"} - {"no-such-run"}
    for kind in pages:
        assert {f"problem-{kind}", f"problem-{kind}-lead"} <= words.WORDS.keys()
    for outcome in (*camera.OUTCOMES, *camera.NO_REDIRECT):
        assert f"outcome-{outcome}" in words.WORDS


def test_a_report_has_words_for_every_reason_and_step_and_plot() -> None:
    """Whatever a run ends with."""
    keys = {f"reason-{reason}" for reason in Reason}
    keys |= {f"step-{kind}" for kind in Kind if kind is not Kind.ACTION}
    keys |= {f"plot-{name}{end}" for name in plots.ABOUT for end in ("", "-axis")}

    assert keys <= words.WORDS.keys()


def test_the_script_can_say_whatever_the_server_may_ask() -> None:
    """Steps, actions and guidance; each also known by its words."""
    asked = {kind.value for kind in Kind if kind is not Kind.ACTION}

    assert spoken() <= words.WORDS.keys()
    assert asked | {*ACTIONS, *Guidance} <= spoken()


def test_every_failure_that_a_script_names_has_a_sentence_and_a_remedy() -> None:
    """Each way in which a run can stop is told in words of its own."""
    calls = r'(?:fail|tell|stop|NoCamera|guide|instruct)\("([\w-]+)"\)'
    named = {
        name
        for script in SCRIPTS
        for name in re.findall(calls, script.read_text())
        if name not in words.WORDS
    }

    assert {"insecure", "no-api", "connection", "black", "ended", "stopped"} <= named
    for name in named:
        assert {f"fail-{name}", f"remedy-{name}"} <= spoken(), name


def test_no_sentence_is_left_over() -> None:
    """Words that no page uses would be kept in two languages for nothing."""
    pages = " ".join(path.read_text() for path in TEMPLATES)
    made = {f"reason-{reason}" for reason in Reason} | {"reason-frames-turned"}
    made |= {f"action-{action}" for action in ACTIONS}
    made |= {f"step-{kind}" for kind in Kind if kind is not Kind.ACTION}
    made |= {f"plot-{name}{end}" for name in plots.ABOUT for end in ("", "-axis")}
    made |= {"judged-202", "judged-203"}
    made |= {f"faults-{part}" for part in Part}
    made |= {f"number-{name}" for name in ("blinked", "eyes_vary", "mouth_varies", "bend")}
    unused = {
        key
        for key in words.WORDS.keys() - made - spoken()
        if f"'{key}'" not in pages and not key.startswith(("outcome-", "problem-"))
    }

    assert unused == set()
