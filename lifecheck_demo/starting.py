"""Begins a check: asks for its token, and notes what was said on the way."""

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from flask import request, session

from .addresses import Addresses, PublicUrlMissing
from .cases import auth_to_provoke
from .client import Crowded, Exchange, InitRequest, LifecheckClient, LifecheckError, mask
from .desk import ASKING, KEPT, ResultDesk
from .limits import OverLimit, StartLimits
from .logs import new_reference
from .outcomes import Finding, Outcome, finding_of_failure
from .store import Record, Store, StoreUnavailable
from .visit import Visit, is_id, new_id, recall, remember
from .wire import Party, Row, Wire, browser_row, row_of

log = logging.getLogger(__name__)

# How long a press whose answer was lost can be made up for, in seconds.
MADE_UP_FOR: Final = 60


class UnderWay(RuntimeError):
    """The same press is being answered at this moment, by another thread or worker."""


class Starter:
    """The one place that spends init calls.

    Raises `StoreUnavailable`, `OverLimit`, `Crowded` and `UnderWay`.
    """

    def __init__(
        self,
        client: LifecheckClient,
        store: Store,
        desk: ResultDesk,
        wire: Wire,
        addresses: Addresses,
        limits: StartLimits,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._store = store
        self._desk = desk
        self._wire = wire
        self._addresses = addresses
        self._limits = limits
        self._clock = clock

    def id_for(self, ticket: str) -> str:
        """The id that a page has shown, unless a check was started under it.

        Raises `UnderWay` while nobody knows what became of that one.
        """
        if not is_id(ticket):
            return new_id()
        if self._store.lease(f"ticket:{ticket}", KEPT):
            return ticket
        if recall(ticket) or self._store.get(f"begun:{ticket}"):
            return new_id()
        # Its worker was killed, or has not ended yet: by then it has.
        again = self._store.get(f"again:{ticket}")
        if again is None:
            self._store.put(f"again:{ticket}", {"at": self._clock()}, KEPT)
            raise UnderWay
        if 0 <= self._clock() - again["at"] < ASKING:
            raise UnderWay
        return new_id()

    def made_up_for(self, ticket: str) -> Visit | None:
        """The check that this browser has begun with *ticket* and never heard of, if any.

        A browser sends a press again by itself when its connection dies over it, and
        people press twice: neither shall be paid twice. Raises `UnderWay`.
        """
        # Whoever knows of that check, and presses again, wants another one.
        if not is_id(ticket) or recall(ticket):
            return None
        record = self._store.get(f"begun:{ticket}")
        if record is None:
            return None
        try:
            return Visit.from_record(record["visit"]) if _is_ours(record) else None
        except (KeyError, TypeError):
            # Of an earlier version of this demo.
            return None

    def begin(self, visit: Visit, wish: InitRequest | None = None) -> Visit:
        """*visit* with the token that it got; without one, the desk knows why.

        *wish* is sent in place of what the visit asks for, rules broken or not. Raises
        `OverLimit` and `Crowded`: then nothing was sent, and nothing is known.
        """
        try:
            with self._limits.one() as sent:
                visit = self._begin(visit, wish, sent)
        except (Crowded, OverLimit):
            self._store.delete(f"ticket:{visit.id}")
            raise
        self._note_begun(visit)
        return visit

    def _begin(self, visit: Visit, wish: InitRequest | None, sent: list[object]) -> Visit:
        rows = [_start_of(visit)]

        def tell(exchange: Exchange) -> None:
            sent.append(exchange)
            rows.append(row_of(exchange))

        try:
            started = self._client.start(
                wish or self._wish_of(visit),
                auth=auth_to_provoke(visit.what_if),
                tell=tell,
            )
        except PublicUrlMissing:
            finding = Finding(Outcome.SET_UP_PROBLEM, cause="public-url")
            self._note_failure(visit, rows, finding)
            return visit
        except LifecheckError as error:
            finding = finding_of_failure(error, new_reference())
            self._note_failure(visit, rows, finding, error)
            return visit
        visit = replace(visit, token=started.token, page=self._addresses.page_of(started))
        self._wire.note(visit.id, *rows, self._way_out_of(visit))
        return visit

    def keep(self, visit: Visit) -> None:
        """Let this browser come back to *visit*; what it can no longer reach is forgotten.

        Its cookie has room for a few checks. A face must not outlast the way to it.
        """
        for displaced in remember(visit):
            if not displaced.guest:
                self._desk.forget(displaced)

    def _wish_of(self, visit: Visit) -> InitRequest:
        back = visit.return_path or self._addresses.return_url(visit.id)
        return InitRequest(back, visit.colours, visit.actions)

    def _way_out_of(self, visit: Visit) -> Row:
        """The camera page, which this server does not see."""
        page = (visit.page or self._addresses.h5_url).partition("?")[0]
        page += f"?token={mask(visit.token)}"
        return Row("camera", Party.BROWSER, Party.SERVICE, "GET", page)

    def _note_begun(self, visit: Visit) -> None:
        """Keep *visit* for a moment: the browser may not get the answer to its press."""
        record = {"by": _this_browser(), "visit": visit.to_record()}
        try:
            self._store.put(f"begun:{visit.id}", record, MADE_UP_FOR)
        except StoreUnavailable:
            log.warning("begun check not noted")

    def _note_failure(
        self,
        visit: Visit,
        rows: list[Row],
        finding: Finding,
        error: LifecheckError | None = None,
    ) -> None:
        self._wire.note(visit.id, *rows)
        log.warning(
            "check not started",
            extra={"reference": finding.reference, "failure": repr(error)},
        )
        self._desk.note_failure(visit, finding)


def _is_ours(record: Record) -> bool:
    return bool(record["by"] == _this_browser())


def _this_browser() -> str:
    """A name for it, by the secret that its forms' tokens are made of."""
    return hashlib.sha256(str(session.get("csrf_token")).encode()).hexdigest()


def _start_of(visit: Visit) -> Row:
    sent = (("colors", ",".join(visit.colours)), ("actions", ",".join(visit.actions)))
    said = tuple((name, value) for name, value in sent if value)
    return browser_row("start", "POST", request.path, said)
