"""The threat table: every test that it names exists, and no row is without one."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "SECURITY.md").read_text()
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ") and "---" not in line]


def test_the_table_has_its_rows() -> None:
    """Else the tests below could not fail."""
    assert len(ROWS) > 25
    assert len(set(NAMED.findall(TEXT))) > 60


@pytest.mark.parametrize(
    "row", [row for row in ROWS if not row.startswith("| threat |")], ids=lambda r: r[2:40]
)
def test_every_threat_has_a_defence_and_a_test_that_exists(row: str) -> None:
    """A test that was renamed takes its row along."""
    threat, defence, held = (cell.strip() for cell in row.strip("|").split(" | "))
    tests = NAMED.findall(held)

    assert threat
    assert defence
    assert tests
    assert re.sub(NAMED, "", held).replace("<br>", "").strip() == ""
    for file, name in tests:
        path = ROOT / file
        assert path.exists(), file
        defined = {
            node.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.FunctionDef)
        }
        assert name in defined, f"{file} has no {name}"
