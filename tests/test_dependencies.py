"""What runs is what the lists name: imports, pins with hashes, licences."""

import ast
import re
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lifecheck_demo.sandbox.judge.models import REMEDY

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "lifecheck_demo"
LISTS = {
    "requirements.lock": ("requirements.txt",),
    "requirements-sandbox.lock": ("requirements.txt", "requirements-sandbox.txt"),
}
# For whoever tests, and for whoever checks types; neither is imported where it runs.
NEVER_RUN = {"pytest", "_typeshed"}


def wanted(*names: str) -> dict[str, Requirement]:
    """The requirements of those lists, by their canonical names."""
    lines = [line for name in names for line in (ROOT / name).read_text().splitlines()]
    found = [Requirement(line) for line in lines if line and line[0] not in "#-"]
    return {canonicalize_name(one.name): one for one in found}


def pinned(name: str) -> dict[str, list[tuple[str, int]]]:
    """Of a lock: each package, its versions, and how many hashes each has."""
    found: dict[str, list[tuple[str, int]]] = {}
    for part in re.split(r"\n(?=\S)", (ROOT / name).read_text()):
        pin = re.match(r"([a-z0-9-]+)==(\S+)", part)
        if pin:
            hashes = part.count("--hash=sha256:")
            found.setdefault(pin[1], []).append((pin[2], hashes))
    return found


def not_here() -> set[str]:
    """The packages that are pinned for another Python than this one."""
    lines = [line for lock in LISTS for line in (ROOT / lock).read_text().splitlines()]
    pins = [Requirement(line.rstrip("\\ ")) for line in lines if "==" in line]
    return {pin.name for pin in pins if pin.marker and not pin.marker.evaluate()}


@cache
def foreign_imports(path: Path) -> frozenset[str]:
    """The packages of others that a module imports, by their canonical names."""
    tops = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            tops |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            tops.add(node.module.split(".")[0])
    tops -= {*sys.stdlib_module_names, *NEVER_RUN, PACKAGE.name}
    packages = packages_distributions()
    return frozenset(
        canonicalize_name(name) for top in tops for name in packages.get(top, [top])
    )


@pytest.mark.parametrize("lock", LISTS)
def test_every_requirement_is_pinned_and_fits(lock: str) -> None:
    """`make lock` was run after the last change of a list."""
    pins = pinned(lock)
    for name, requirement in wanted(*LISTS[lock]).items():
        assert name in pins, f"{name} is not in {lock}: run make lock"
        for version, _ in pins[name]:
            assert requirement.specifier.contains(version), f"{name}=={version}"


@pytest.mark.parametrize("lock", LISTS)
def test_every_pin_has_its_hashes_and_names_no_host(lock: str) -> None:
    """So that a package which was exchanged on its way is refused."""
    pins = pinned(lock)

    assert len(pins) >= len(wanted(*LISTS[lock]))
    assert all(hashes for versions in pins.values() for _, hashes in versions)
    assert "//" not in (ROOT / lock).read_text()


def test_the_two_locks_agree() -> None:
    """A sandbox with a camera is the same demo, and its models are the expected ones."""
    small, large = (pinned(lock) for lock in LISTS)

    assert {name: large.get(name) for name in small} == small
    model, version = REMEDY.split()[-1].split("==")
    assert [v for v, _ in large[model]] == [version]
    assert f"{model}=={version}" in (ROOT / "Makefile").read_text()


def test_what_runs_imports_nothing_that_the_lists_do_not_name() -> None:
    """Not even what comes along with something else today."""
    everywhere = set(wanted("requirements.txt"))
    camera = set(wanted("requirements-sandbox.txt"))
    seen = set()
    for path in (*PACKAGE.rglob("*.py"), *ROOT.glob("*.py")):
        inside = PACKAGE / "sandbox" in path.parents
        allowed = everywhere | camera if inside else everywhere
        seen |= foreign_imports(path)
        assert foreign_imports(path) <= allowed, path
    assert {"flask", "requests", "numpy"} <= seen


def test_every_licence_is_listed_as_the_package_tells_it() -> None:
    """Nobody has to look for them before they deploy."""
    text = (ROOT / "docs/licences.md").read_text()
    parts = text.split("\nOnly where the sandbox")
    live, camera = (
        dict(
            re.findall(
                r"^\| (?!package )([a-z][a-z0-9-]+)(?: \(.+\))? \| (.+) \|$", part, re.M
            )
        )
        for part in parts
    )
    small, large = (pinned(lock) for lock in LISTS)

    assert set(live) == set(small)
    assert set(camera) == set(large) - set(small)
    for name, licence in {**live, **camera}.items():
        if name in not_here():
            continue
        try:
            said = metadata(name)
        except PackageNotFoundError:
            # Of older Pythons alone.
            assert name == "async-timeout", name
            continue
        expression = said.get("License-Expression")
        if expression:
            assert expression == licence, name
            continue
        kinds = said.get_all("Classifier") or []
        told = " ".join(k for k in kinds if k.startswith("License")) or said["License"]
        assert licence.split("-")[0] in told, f"{name}: {told}"
