"""Short-lived state: answers kept so that none is bought twice."""

from collections.abc import Callable

from ..settings import Settings
from .sqlite import SqliteStore
from .types import Changes, Count, Held, Put, Record, Store, StoreUnavailable

__all__ = [
    "Changes",
    "Count",
    "Held",
    "Put",
    "Record",
    "SqliteStore",
    "Store",
    "StoreUnavailable",
    "open_store",
]


def open_store(settings: Settings, clock: Callable[[], float]) -> Store:
    """The store that *settings* name; nothing is opened before it is used."""
    if settings.state_url:
        from .shared import RedisStore

        return RedisStore(settings.state_url, clock=clock)
    return SqliteStore(settings.instance / "state.sqlite", clock=clock)
