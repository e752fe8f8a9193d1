"""Begins a check: asks for its token, and notes what was said on the way."""

import logging
from dataclasses import replace

from flask import request

from .addresses import Addresses, PublicUrlMissing
from .cases import auth_to_provoke
from .client import Exchange, InitRequest, LifecheckClient, LifecheckError, mask
from .desk import KEPT, ResultDesk
from .limits import StartLimits
from .logs import new_reference
from .outcomes import Finding, Outcome, finding_of_failure
from .store import Store
from .visit import Visit, is_id, new_id, remember
from .wire import Party, Row, Wire, browser_row

log = logging.getLogger(__name__)


class Starter:
    """The one place that spends init calls.

    Raises `StoreUnavailable`, `OverLimit` and `Crowded`.
    """

    def __init__(
        self,
        client: LifecheckClient,
        store: Store,
        desk: ResultDesk,
        wire: Wire,
        addresses: Addresses,
        limits: StartLimits,
    ) -> None:
        self._client = client
        self._store = store
        self._desk = desk
        self._wire = wire
        self._addresses = addresses
        self._limits = limits

    def id_for(self, ticket: str) -> str:
        """The id that a page has shown, unless a check was started under it."""
        fit = is_id(ticket) and self._store.lease(f"ticket:{ticket}", KEPT)
        return ticket if fit else new_id()

    def begin(self, visit: Visit, wish: InitRequest | None = None) -> Visit:
        """*visit* with the token that it got; without one, the desk knows why.

        *wish* is sent in place of what the visit asks for, rules broken or not. Raises
        `OverLimit` and `Crowded`: then nothing was sent, and nothing is known.
        """
        with self._limits.one() as sent:
            return self._begin(visit, wish, sent)

    def _begin(self, visit: Visit, wish: InitRequest | None, sent: list[object]) -> Visit:
        note = self._wire.listener(visit.id)

        def tell(exchange: Exchange) -> None:
            sent.append(exchange)
            note(exchange)

        self._note_the_start(visit)
        try:
            started = self._client.start(
                wish or self._wish_of(visit),
                auth=auth_to_provoke(visit.what_if),
                tell=tell,
            )
        except PublicUrlMissing:
            self._note_failure(visit, Finding(Outcome.SET_UP_PROBLEM, cause="public-url"))
            return visit
        except LifecheckError as error:
            finding = finding_of_failure(error, new_reference())
            self._note_failure(visit, finding, error)
            return visit
        visit = replace(visit, token=started.token, page=self._addresses.page_of(started))
        self._note_the_way_out(visit)
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

    def _note_the_start(self, visit: Visit) -> None:
        sent = (("colors", ",".join(visit.colours)), ("actions", ",".join(visit.actions)))
        said = tuple((name, value) for name, value in sent if value)
        self._wire.note(visit.id, browser_row("start", "POST", request.path, said))

    def _note_the_way_out(self, visit: Visit) -> None:
        """The camera page, which this server does not see."""
        page = (visit.page or self._addresses.h5_url).partition("?")[0]
        page += f"?token={mask(visit.token)}"
        camera = Row("camera", Party.BROWSER, Party.SERVICE, "GET", page)
        self._wire.note(visit.id, camera)

    def _note_failure(
        self, visit: Visit, finding: Finding, error: LifecheckError | None = None
    ) -> None:
        log.warning(
            "check not started",
            extra={"reference": finding.reference, "failure": repr(error)},
        )
        self._desk.note_failure(visit, finding)
