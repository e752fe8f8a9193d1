"""The repository tests itself: imports, settings, map, words."""

import ast
import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "lifecheck_demo"
README = ROOT / "README.md"


def imports_of(path: Path) -> set[str]:
    """The dotted names that a module imports, relative ones made absolute."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(parts[: -node.level]) if node.level else ""
            found.add(".".join(filter(None, (base, node.module or ""))))
            if not node.module:
                found |= {f"{base}.{name.name}" for name in node.names}
    return found


def test_the_sandbox_and_the_demo_share_only_the_wire() -> None:
    """Had they a name in common, no test could notice that it is wrong."""
    for path in PACKAGE.rglob("*.py"):
        inside = (PACKAGE / "sandbox") in path.parents
        ours = {name for name in imports_of(path) if name.startswith("lifecheck_demo")}
        foreign = {n for n in ours if n.startswith("lifecheck_demo.sandbox") is not inside}
        if path == PACKAGE / "__init__.py":
            continue
        assert not foreign, f"{path.name} imports {foreign}"


def test_requests_is_spoken_in_the_client_only_and_flask_never_there() -> None:
    """The seam that sandbox and tests hang on."""
    for path in PACKAGE.rglob("*.py"):
        top = {name.split(".")[0] for name in imports_of(path)}
        inside = (PACKAGE / "client") in path.parents
        assert inside or "requests" not in top, path
        assert not inside or "flask" not in top, path


def test_pytest_is_needed_by_its_plugin_only() -> None:
    """Nobody who runs the demo has it."""
    users = [p.name for p in PACKAGE.rglob("*.py") if "pytest" in imports_of(p)]

    assert users == ["pytest_plugin.py"]


def test_one_module_reads_the_environment() -> None:
    """Every setting is found in one place."""
    readers = [p.name for p in PACKAGE.rglob("*.py") if "os.environ" in p.read_text()]

    assert readers == ["settings.py"]


def test_every_setting_is_in_the_readme() -> None:
    """An undocumented setting does not exist."""
    names = set(re.findall(r'text\(\s*"([A-Z_]+)"', (PACKAGE / "settings.py").read_text()))

    assert len(names) > 8
    for name in names:
        assert f"`{name}`" in README.read_text(), name
        assert f"# {name}=" in (ROOT / ".env.example").read_text(), name


def test_the_map_names_every_module() -> None:
    """The README's map of the code has a line for each file of the package."""
    readme = README.read_text()
    for path in PACKAGE.glob("*.py"):
        assert path.name in readme, path.name
    for folder in ("client", "client/auth", "sandbox", "sandbox/checks", "store"):
        for path in (PACKAGE / folder).glob("*.py"):
            if not path.name.startswith("__"):
                assert path.stem in readme, path


def test_each_module_says_in_one_line_what_it_is_for() -> None:
    """Its first line is its line on the map."""
    for path in PACKAGE.rglob("*.py"):
        words = ast.get_docstring(ast.parse(path.read_text())) or ""
        assert words.split("\n")[0].endswith("."), path


def test_every_sentence_is_translated_and_compiled() -> None:
    """What a Chinese page reads is what the translations say."""
    folder = PACKAGE / "translations/zh/LC_MESSAGES"
    with (folder / "messages.po").open("rb") as file:
        source = sentences(read_po(file))
    with (folder / "messages.mo").open("rb") as file:
        compiled = sentences(read_mo(file))

    assert source == compiled
    assert all(source.values())
    wanted = set()
    templates = ROOT / "templates"
    for path in (*templates.rglob("*.html"), *templates.glob("snippets/*.txt")):
        wanted |= set(re.findall(r"_\('((?:[^'\\]|\\.)+)'", path.read_text()))
    assert {w.replace("\\'", "'") for w in wanted} <= set(source)


def sentences(catalog: Catalog) -> dict[str, str]:
    """Each sentence and its translation, of several forms the first."""

    def first(text: str | tuple[str, ...] | list[str]) -> str:
        return text if isinstance(text, str) else text[0]

    return {first(m.id): first(m.string) for m in catalog if m.id}
