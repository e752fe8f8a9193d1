"""How many calls were made to the service, and how they were answered: `make calls`."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import click
from flask import Flask

from .client import Exchange
from .limits import DAY, HOUR
from .settings import Limits, Settings
from .store import Changes, Count, Store, StoreUnavailable

log = logging.getLogger(__name__)

CALLS: Final = ("init", "result")
ANSWERED, REFUSED, FAILED = "answered", "refused", "failed"
ENDS: Final = (ANSWERED, REFUSED, FAILED)
# Failures by which somebody has said no; with any other there was no usable answer.
SAID_NO: Final = frozenset(
    {"VendorRefused", "GatewayRefused", "SwitchedOff", "TooManyCalls"}
)
DAYS: Final = 7
# How long an hour's and a day's counts are kept. The day is not over when they begin.
KEPT: Final = {HOUR: HOUR, DAY: (DAYS + 1) * DAY}


@dataclass(frozen=True)
class Tale:
    """The calls of one day or hour: for each of `CALLS`, how many ended in each way."""

    title: str
    counts: dict[str, dict[str, int]]

    def total(self, call: str) -> int:
        """However they ended."""
        return sum(self.counts[call].values())


class CallCounter:
    """Counts every attempt at init and result, in all workers together, by UTC's clock."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    def note(self, exchange: Exchange) -> None:
        """Count a call that was made; never raises: a call must not fail of it."""
        try:
            self._store.change(Changes(counts=self.counts([exchange])))
        except StoreUnavailable as error:
            log.warning("call not counted: %s", error, extra={"call": exchange.call})

    def counts(self, exchanges: Iterable[Exchange]) -> list[Count]:
        """What `note` adds for each of them, for whoever changes something else as well."""
        now = self._clock()
        spans = [(seconds, int(now // seconds)) for seconds in KEPT]
        return [
            (_key(exchange.call, how_it_ended(exchange), *span), 1, KEPT[span[0]])
            for exchange in exchanges
            if exchange.call in CALLS
            for span in spans
        ]

    def this_hour(self) -> Tale:
        """Since the full hour; raises `StoreUnavailable`."""
        return self._tale("this hour", HOUR, int(self._clock() // HOUR))

    def days(self) -> list[Tale]:
        """Today and the six days before it; raises `StoreUnavailable`."""
        today = int(self._clock() // DAY)
        return [
            self._tale(datetime.fromtimestamp(day * DAY, UTC).date().isoformat(), DAY, day)
            for day in range(today, today - DAYS, -1)
        ]

    def _tale(self, title: str, seconds: int, number: int) -> Tale:
        counts = {
            call: {end: self._add(0, call, end, seconds, number) for end in ENDS}
            for call in CALLS
        }
        return Tale(title, counts)

    def _add(self, many: int, call: str, end: str, seconds: int, number: int) -> int:
        return self._store.count(_key(call, end, seconds, number), many, KEPT[seconds])


def _key(call: str, end: str, seconds: int, number: int) -> str:
    return f"calls:{call}:{end}:{seconds}:{number}"


def how_it_ended(exchange: Exchange) -> str:
    """One of `ENDS`."""
    if not exchange.failure:
        return ANSWERED
    return REFUSED if exchange.failure in SAID_NO else FAILED


def limits_in_words(limits: Limits) -> str:
    """Each by the name of its setting, as it would be typed."""
    named = {
        "LIMIT_PER_VISITOR": limits.visitor,
        "LIMIT_PER_ADDRESS": limits.address,
        "LIMIT_PER_HOUR": limits.hour,
        "LIMIT_PER_DAY": limits.day,
    }
    return ", ".join(f"{name}={many or 'off'}" for name, many in named.items())


def init_app(app: Flask, settings: Settings, counter: CallCounter) -> None:
    """Add the command that prints the counts."""

    @app.cli.command("calls")
    def calls() -> None:
        """Print how many calls were made to the service, today and in the week."""
        try:
            tales = [counter.this_hour(), *counter.days()]
        except StoreUnavailable as error:
            place = "STATE_URL" if settings.state_url else f"the folder {settings.instance}"
            raise click.ClickException(
                f"the counts cannot be read ({error}): look at {place}."
            ) from error
        service = (
            "the sandbox, which costs nothing" if settings.sandboxed else "the service"
        )
        click.echo(f"Calls to {service}; hours and days by UTC.\n")
        for line in table(tales):
            click.echo(line)
        click.echo(f"\nLimits of init: {limits_in_words(settings.limits)}")


def table(tales: list[Tale]) -> Iterator[str]:
    """The counts as lines of text, in columns."""
    yield " " * 10 + "".join(f"{call:>12}{'':20}" for call in CALLS).rstrip()
    yield " " * 10 + "".join(f"{end:>10}" for end in ENDS * len(CALLS))
    for tale in tales:
        told = (tale.counts[call][end] for call in CALLS for end in ENDS)
        yield f"{tale.title:<10}" + "".join(f"{many:>10}" for many in told)
