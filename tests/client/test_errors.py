"""The exception tree and the public door, as drawn."""

import ast
import importlib
import inspect
import re
import types
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3
from requests.adapters import BaseAdapter

import lifecheck_demo.client as package
from lifecheck_demo.client import (
    InitRequest,
    LifecheckClient,
    LifecheckError,
    NoAuth,
    Unreachable,
    errors,
)

REQUEST = InitRequest("http://127.0.0.1:8000/return/1")
FOLDER = Path(inspect.getfile(package)).parent


def all_below(cls: type) -> set[type]:
    """Every class that derives from *cls*."""
    return {cls}.union(*(all_below(sub) for sub in cls.__subclasses__()))


def in_order(root: type[BaseException]) -> list[type[BaseException]]:
    """The same, in one order for every process that runs the tests."""
    return sorted(all_below(root), key=lambda c: (c.__module__, c.__qualname__))


def drawn_tree() -> dict[str, str]:
    """Each class of the drawing with the one it hangs under."""
    parents, found = {-2: "Exception"}, {}
    for indent, name in re.findall(r"^( *)[*+-] (\w+)", errors.__doc__ or "", re.M):
        parents[len(indent)] = name
        found[name] = parents[len(indent) - 2]
    return found


def test_the_tree_is_the_one_that_is_drawn() -> None:
    """A reader may rely on the drawing."""
    real = {c.__name__: c.__bases__[0].__name__ for c in all_below(LifecheckError)}
    assert drawn_tree() == real


def test_every_exception_is_public_and_says_when_it_is_raised() -> None:
    """Whoever catches one needs its name and its reason."""
    for cls in all_below(LifecheckError):
        assert cls.__name__ in package.__all__
        assert cls is LifecheckError or (cls.__doc__ or "").startswith("Raised")


def test_the_public_door_is_exactly_what_it_names() -> None:
    """Nothing else can be imported from the package by accident."""
    public = {
        name
        for name, value in vars(package).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert public == set(package.__all__)


class Raising(BaseAdapter):
    """A transport that fails with a given exception."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        raise self.error

    def close(self) -> None:
        """Nothing to close."""


def made(cls: type) -> Any:
    """An instance of *cls*, whatever its constructor wants."""
    error = cls.__new__(cls)
    error.args = ("something",)
    return error


@pytest.mark.parametrize(
    "error",
    [
        *(made(c) for c in in_order(requests.RequestException)),
        *(made(c) for c in in_order(urllib3.exceptions.HTTPError)),
        *(c("something") for c in (OSError, TimeoutError, ConnectionError, ValueError)),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_exception_from_below_is_translated(error: BaseException) -> None:
    """Whoever uses the client needs to catch one kind of exception only."""
    client = LifecheckClient(
        "http://127.0.0.1/init",
        "http://127.0.0.1/result",
        auth=NoAuth(),
        transport=Raising(error),
    )
    with pytest.raises(LifecheckError) as caught:
        client.start(REQUEST)

    assert caught.value.__cause__ is error


def test_a_failure_names_its_kinds_from_the_outermost_to_the_root() -> None:
    """An operator sees a refused connection from a silent one."""
    root = ConnectionResetError(104, "secret words")
    error = requests.ConnectionError(urllib3.exceptions.ProtocolError("x", root))
    client = LifecheckClient(
        "http://127.0.0.1/init",
        "http://127.0.0.1/result",
        auth=NoAuth(),
        transport=Raising(error),
    )
    with pytest.raises(Unreachable) as caught:
        client.start(REQUEST)

    said = "no answer: ConnectionError, ProtocolError, ConnectionResetError"
    assert str(caught.value) == said


def test_only_some_modules_know_of_requests() -> None:
    """The reading of an answer is pure: no library, no socket, no clock."""
    for name in ("models", "errors", "masking", "gateways", "reading", "photos"):
        tree = ast.parse((FOLDER / f"{name}.py").read_text())
        imported = {
            alias.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        } | {
            (node.module or "").partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and not node.level
        }
        assert not imported & {"requests", "urllib3", "socket", "time", "flask"}


def test_every_module_says_in_one_line_what_it_is() -> None:
    """The first line of a module is its line on the map."""
    for path in FOLDER.glob("*.py"):
        module = importlib.import_module(
            f"lifecheck_demo.client.{path.stem}".removesuffix(".__init__")
        )
        first = (module.__doc__ or "").splitlines()[0]
        assert first.endswith((".", ";", "pure")) or ":" in first
