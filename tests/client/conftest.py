"""Clients with short time-outs, closed after the test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lifecheck_demo.client import AppCodeAuth, LifecheckClient

APPCODE = "83359fd73fe94948385f570e3c139105"
TOKEN = "tkn-5d1f0c2b9e8a47f6b3"

MakeClient = Callable[..., LifecheckClient]


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine is set to must not matter."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def make_client() -> Iterator[MakeClient]:
    """Makes a client for a server's origin."""
    made: list[LifecheckClient] = []

    def make(origin: str, **options: Any) -> LifecheckClient:
        short: dict[str, Any] = {"connect": 0.3, "read": 0.3, "total": 0.5}
        client = LifecheckClient(
            f"{origin}/init",
            f"{origin}/result",
            auth=options.pop("auth", None) or AppCodeAuth(APPCODE),
            **{**short, **options},
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()
