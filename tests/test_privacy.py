"""What is kept of a visitor: the table, the page, and that both are true."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from lifecheck_demo.kept import KEPT, With
from tests.conftest import Visitor

README = Path(__file__).parent.parent / "README.md"


def rows_of_the_readme() -> list[tuple[str, ...]]:
    """The cells of its table, in order."""
    part = (
        README.read_text().split("## What is kept, and for how long\n")[1].split("\n## ")[0]
    )
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [
        tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines[2:]
    ]


def rows_of_the_code(app: Flask, language: str) -> list[tuple[str, ...]]:
    """The same, from where they are written."""
    with app.test_request_context(), force_locale(language):
        return [
            (row.service.value, str(row.what), str(row.where), str(row.until))
            for row in KEPT
        ]


def test_readme_and_page_tell_the_same(app: Flask) -> None:
    """There is one truth, and it is data."""
    assert rows_of_the_readme() == rows_of_the_code(app, "en")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["visitor", "live"])
def test_the_page_shows_what_is_true_of_the_service_that_answers(
    request: pytest.FixtureRequest, language: str, name: str
) -> None:
    """Row by row, and none of the other service."""
    visitor: Visitor = request.getfixturevalue(name)
    visitor.language = language
    page = re.sub(r"</?em>", "*", visitor.get("/privacy").text)
    here = {With.BOTH, With.SANDBOX if name == "visitor" else With.LIVE}

    for row, words in zip(
        KEPT, rows_of_the_code(visitor.client.application, language), strict=True
    ):
        shown = [f">{cell}<" in page for cell in words[1:]]
        assert all(shown) if row.service in here else not shown[0], words


@pytest.mark.parametrize(
    "address", ["/", "/codes", "/learn", "/nothing", "/privacy", "/stage", "/doctor"]
)
def test_every_page_leads_there(visitor: Visitor, address: str) -> None:
    """At its foot, in presenter mode too."""
    foot = visitor.get(address).text.split("<footer")[1]

    assert 'href="/privacy"' in foot
