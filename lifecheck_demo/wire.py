"""The messages of a check in the order they went, between browser, demo and service."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from .client import DOTS, Exchange, Message
from .snippets import in_shell
from .store import Put, Record, Store, StoreUnavailable
from .visit import forgotten_key

log = logging.getLogger(__name__)

# The beginning of a check and its latest messages are kept, however often it is asked.
MOST_FIRST, MOST_LAST = 8, 12


class Party(StrEnum):
    """Who speaks."""

    BROWSER = "browser"
    DEMO = "demo"
    SERVICE = "service"


@dataclass(frozen=True)
class Row:
    """One message and its answer; every secret in it is masked already.

    `status` is None where none came, `milliseconds` where it was not ours to measure.
    `attempt` counts the tries at a call from 1; each is a row of its own.
    """

    name: str
    source: Party
    target: Party
    method: str
    address: str
    status: int | None = None
    milliseconds: int | None = None
    size: int | None = None
    failure: str = ""
    sent: Message = field(default_factory=Message)
    came: Message = field(default_factory=Message)
    attempt: int = 1

    def to_record(self) -> dict[str, Any]:
        """As JSON-able values, for the store; `asdict` would copy every text in it."""
        return {**vars(self), "sent": {**vars(self.sent)}, "came": {**vars(self.came)}}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Row":
        """The inverse of `to_record`, after a trip through JSON."""
        read = {
            "source": Party(record["source"]),
            "target": Party(record["target"]),
            "sent": _message(record["sent"]),
            "came": _message(record["came"]),
        }
        return cls(**{**record, **read})


def _message(record: dict[str, Any]) -> Message:
    return Message(
        _pairs(record["headers"]),
        _pairs(record["parameters"]),
        record["body"],
        record["in_query"],
    )


def _pairs(lists: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple([(name, value) for name, value in lists])


def browser_row(
    name: str, method: str, address: str, sent: tuple[tuple[str, str], ...]
) -> Row:
    """A request of the browser, which this demo answers with a redirect."""
    return Row(
        name,
        Party.BROWSER,
        Party.DEMO,
        method,
        address,
        303,
        sent=Message(parameters=sent),
    )


def as_seen_outside(rows: Sequence[Row], origin: str) -> list[Row]:
    """*rows* with a sandbox of this process at *origin*, where an integrator calls it."""

    def shown(row: Row) -> Row:
        if row.source is not Party.DEMO or not row.address:
            return row
        return replace(row, address=origin + urlsplit(row.address).path)

    return [shown(row) for row in rows]


def row_of(exchange: Exchange) -> Row:
    """A call of ours to the service."""
    return Row(
        exchange.call,
        Party.DEMO,
        Party.SERVICE,
        exchange.method,
        f"{exchange.origin}{exchange.path}",
        exchange.status,
        exchange.milliseconds,
        exchange.size,
        exchange.failure,
        exchange.sent,
        exchange.came,
        exchange.attempt,
    )


class Wire:
    """What went over the wire for each check, kept as long as its answer is.

    A check goes on when nothing can be noted: nothing here raises.
    """

    def __init__(self, store: Store, *, seconds: float) -> None:
        self._store = store
        self._seconds = seconds

    def note(self, check_id: str, *rows: Row) -> None:
        """Add messages in their order."""
        try:
            put = self.put(check_id, self._store.get(f"wire:{check_id}"), *rows)
            self._store.put_unless([forgotten_key(check_id)], [put])
        except StoreUnavailable:
            log.warning("messages not noted", extra={"calls": [r.name for r in rows]})

    def put(self, check_id: str, kept: Record | None, *rows: Row) -> Put:
        """What `note` puts, for whoever writes something else with it.

        *kept* is what the store has under `wire:` and the check's id.
        """
        all_rows = [*(kept or {"rows": []})["rows"], *(row.to_record() for row in rows)]
        if len(all_rows) > MOST_FIRST + MOST_LAST:
            all_rows = [*all_rows[:MOST_FIRST], *all_rows[-MOST_LAST:]]
        return f"wire:{check_id}", {"rows": all_rows}, self._seconds

    def listener(self, check_id: str) -> Callable[[Exchange], None]:
        """Who is to be told of the service's calls for a check."""
        return lambda exchange: self.note(check_id, row_of(exchange))

    def rows(self, check_id: str) -> list[Row]:
        """All messages, in order; none when they are gone."""
        try:
            record = self._store.get(f"wire:{check_id}")
        except StoreUnavailable:
            return []
        try:
            return [Row.from_record(row) for row in record["rows"]] if record else []
        except (KeyError, TypeError, ValueError):
            # Of an earlier version of this demo.
            return []

    def forget(self, check_id: str) -> None:
        """Take the messages of a check away; raises `StoreUnavailable`."""
        self._store.wipe(f"wire:{check_id}")


def curl_of(row: Row) -> str:
    """A call of ours as a command to type; secrets are left to the shell's variables.

    `APPCODE` and `TOKEN` have to be set there. Empty for what a browser does, and for
    what only a program can sign: its time would be over before anybody has typed it.
    """
    sent = row.sent
    if row.source is not Party.DEMO or row.method != "POST" or _is_signed(sent):
        return ""
    parts = ["curl", "-sS", "-X", row.method, in_shell(row.address)]
    # Without a body curl says no length, which some servers demand of a POST.
    told = {"accept", "content-type", *(("content-length",) if sent.in_query else ())}
    for name, value in sent.headers:
        before, dots, after = value.partition(DOTS)
        if dots:
            # In double quotes, for the variable in it; markets' own words need no escape.
            parts += ["-H", f'"{name}: {before}$APPCODE{after}"']
        elif name.lower() in told:
            parts += ["-H", in_shell(f"{name}: {value}")]
    if sent.in_query:
        # Into the address, and by POST nevertheless.
        parts.append("-G")
    for name, value in sent.parameters:
        text = '"token=$TOKEN"' if name == "token" else in_shell(f"{name}={value}")
        parts += ["--data-urlencode", text]
    return " ".join(parts)


def _is_signed(sent: Message) -> bool:
    """Whether more than an AppCode is hidden in it."""
    fields = (*sent.headers, *sent.parameters)
    return sum(value.count(DOTS) for name, value in fields if name != "token") > 1
