"""A pytest fixture: `pytest_plugins = ["lifecheck_demo.sandbox.pytest_plugin"]`."""

from collections.abc import Iterator

import pytest

from .testing import RunningSandbox, running_sandbox


@pytest.fixture(name="_lifecheck_sandbox_server", scope="session")
def _server() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(name="lifecheck_sandbox")
def lifecheck_sandbox(_lifecheck_sandbox_server: RunningSandbox) -> RunningSandbox:
    """A sandbox that runs, empty at the beginning of every test."""
    _lifecheck_sandbox_server.reset()
    return _lifecheck_sandbox_server
