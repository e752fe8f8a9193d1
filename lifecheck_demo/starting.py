"""Begins a check: asks for its token, and notes what was said on the way."""

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from flask import request, session

from .addresses import Addresses, PublicUrlMissing
from .calls import CallCounter
from .cases import auth_to_provoke
from .client import Crowded, Exchange, InitRequest, LifecheckClient, LifecheckError, mask
from .consent import Consent, put_of
from .desk import ASKING, KEPT, ResultDesk, put_failure
from .limits import OverLimit, StartLimits
from .logs import new_reference
from .outcomes import Finding, Outcome, finding_of_failure
from .store import Changes, Held, Put, Record, Store, StoreUnavailable
from .visit import Visit, new_id, recall, remember
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
        counter: CallCounter,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._store = store
        self._desk = desk
        self._wire = wire
        self._addresses = addresses
        self._limits = limits
        self._counter = counter
        self._clock = clock

    def begin(
        self,
        visit: Visit,
        wish: Callable[[Visit], InitRequest] | None = None,
        *,
        agreed: Consent | None = None,
    ) -> Visit:
        """*visit* with the token that it got; without one, the desk knows why.

        A check is begun once under an id. A browser sends a press again by itself when
        its connection dies over it, and people press twice: neither shall be paid twice,
        and both get the check that was begun. Whoever knows of that one wants another,
        which gets another id.

        *wish* makes what is sent in place of what the visit asks for, rules broken or
        not. Raises `OverLimit` and `Crowded`: then nothing was sent, and nothing is
        known; `UnderWay` while nobody knows what became of an earlier press.
        """
        first = Changes(
            lease=(f"ticket:{visit.id}", KEPT),
            puts=[put_of(visit, agreed)] if agreed else (),
        )
        try:
            with self._limits.one(first) as sent:
                begun, finding = self._asked(visit, wish or self._wish_of, sent)
        except Held:
            made_up = None if recall(visit.id) else self._made_up_for(visit.id)
            return made_up or self.begin(replace(visit, id=new_id()), wish, agreed=agreed)
        except (Crowded, OverLimit):
            self._store.delete(f"ticket:{visit.id}", f"consent:{visit.id}")
            raise
        self._note(begun, sent, finding)
        return begun

    def _made_up_for(self, ticket: str) -> Visit | None:
        """The check that this browser has begun with *ticket* and never heard of, if any.

        Raises `UnderWay` while nobody knows what became of that press.
        """
        # Read at once: it may be noted at this moment.
        begun, again = self._store.get_all(f"begun:{ticket}", f"again:{ticket}")
        if begun:
            return _ours(begun)
        # Its worker was killed, or has not ended yet: by then it has.
        if again is None:
            self._store.put(f"again:{ticket}", {"at": self._clock()}, KEPT)
            raise UnderWay
        if 0 <= self._clock() - again["at"] < ASKING:
            raise UnderWay
        return None

    def _asked(
        self, visit: Visit, wish: Callable[[Visit], InitRequest], sent: list[Exchange]
    ) -> tuple[Visit, Finding | None]:
        """*visit* with its token, or without one and with the reason."""
        try:
            started = self._client.start(
                wish(visit), auth=auth_to_provoke(visit.what_if), tell=sent.append
            )
        except PublicUrlMissing:
            return visit, Finding(Outcome.SET_UP_PROBLEM, cause="public-url")
        except LifecheckError as error:
            finding = finding_of_failure(error, new_reference())
            log.warning(
                "check not started",
                extra={"reference": finding.reference, "failure": repr(error)},
            )
            return visit, finding
        page = self._addresses.page_of(started)
        return replace(visit, token=started.token, page=page), None

    def _note(self, visit: Visit, sent: list[Exchange], finding: Finding | None) -> None:
        """Keep what was said; and for a moment *visit*, whose browser may not hear of it.

        Raises `StoreUnavailable` where there is nothing to go on with but the reason.
        """
        rows = [_start_of(visit), *map(row_of, sent)]
        puts: list[Put] = [(f"begun:{visit.id}", _begun(visit), MADE_UP_FOR)]
        if finding:
            puts.append(put_failure(visit, finding))
        else:
            rows.append(self._way_out_of(visit))
        puts.append(self._wire.put(visit.id, None, *rows))
        try:
            self._store.change(Changes(puts=puts, counts=self._counter.counts(sent)))
        except StoreUnavailable:
            if finding:
                raise
            log.warning("begun check not noted")

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


def _begun(visit: Visit) -> Record:
    return {"by": _this_browser(), "visit": visit.to_record()}


def _ours(record: Record) -> Visit | None:
    """The check in *record*, if it is this browser's."""
    if record.get("by") != _this_browser():
        return None
    try:
        return Visit.from_record(record["visit"])
    except (KeyError, TypeError):
        # Of an earlier version of this demo.
        return None


def _this_browser() -> str:
    """A name for it, by the secret that its forms' tokens are made of."""
    return hashlib.sha256(str(session.get("csrf_token")).encode()).hexdigest()


def _start_of(visit: Visit) -> Row:
    sent = (("colors", ",".join(visit.colours)), ("actions", ",".join(visit.actions)))
    said = tuple((name, value) for name, value in sent if value)
    return browser_row("start", "POST", request.path, said)
