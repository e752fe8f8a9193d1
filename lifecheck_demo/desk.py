"""Asks the vendor for a result once, and keeps what it said."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from .calls import CallCounter
from .cases import auth_to_provoke
from .client import Exchange, LifecheckClient, LifecheckError
from .logs import new_reference
from .outcomes import Finding, Outcome, finding_of, finding_of_failure
from .store import Changes, Held, Put, Record, Store
from .visit import LIFETIME, Visit, forgotten_key
from .wire import Row, Wire, row_of

log = logging.getLogger(__name__)

# An answer is shown again for this long after the check itself is over, in seconds.
KEPT: Final = 2 * LIFETIME
# Longer than any call to the vendor may take, in seconds.
ASKING: Final = 12


@dataclass(frozen=True)
class Standing:
    """How a check stands: what was found, how often it was asked, what the return said.

    `finding` is None while nothing is known. `claims` are the values of `success` in
    the address the browser came back with: shown, never believed.
    """

    finding: Finding | None = None
    asked: int = 0
    claims: tuple[str, ...] | None = None

    @property
    def is_final(self) -> bool:
        """Whether the vendor has said its last word."""
        return self.finding is not None and self.finding.is_terminal


class ResultDesk:
    """The one place that spends result calls; raises `StoreUnavailable` and `Crowded`."""

    def __init__(
        self,
        client: LifecheckClient,
        store: Store,
        wire: Wire,
        counter: CallCounter,
        *,
        forget_at_vendor: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._store = store
        self._wire = wire
        self._counter = counter
        self._forget_at_vendor = forget_at_vendor
        self._clock = clock

    def standing(self, visit: Visit) -> Standing:
        """What is known, without asking anybody."""
        return self._read(visit, *self._store.get_all(*_keys(visit)))

    def came_back(self, visit: Visit, row: Row, claims: tuple[str, ...] | None) -> Standing:
        """Keep how the browser came back, and what its address claimed if it said
        anything, and ask; the answer is how the check stood before.
        """
        before, gone, messages = self._look(visit)
        if not gone:
            puts = [self._wire.put(visit.id, messages, row)]
            if claims is not None:
                puts.append((f"claims:{visit.id}", {"claims": claims}, KEPT))
            if before.is_final or not visit.token:
                self._note(visit, puts)
            else:
                self._ask(visit, puts)
        return before

    def ask(self, visit: Visit) -> Standing:
        """Ask the vendor, unless the answer is known, or being fetched this moment.

        Raises `Crowded`: then nothing was asked, and what is known stays.
        """
        standing, gone, _messages = self._look(visit)
        if standing.is_final or gone or not visit.token:
            return standing
        return self._ask(visit) or standing

    def _ask(self, visit: Visit, puts: Sequence[Put] = ()) -> Standing | None:
        """Put *puts*, and ask if nobody does; None where somebody does."""
        lease = f"asking:{visit.id}"
        unless = [forgotten_key(visit.id)]
        try:
            self._store.change(Changes(puts, lease=(lease, ASKING), unless=unless))
        except Held:
            if puts:
                self._note(visit, puts)
            return None
        told: list[Exchange] = []
        try:
            # Whoever held the lease before may have been told since.
            standing = self.standing(visit)
            if not standing.is_final:
                finding = self._asked(visit, told)
                return self._keep(visit, finding, standing.asked + 1, told, lease)
        except BaseException:
            self._store.delete(lease)
            raise
        self._store.delete(lease)
        return standing

    def _keep(
        self,
        visit: Visit,
        finding: Finding,
        asked: int,
        told: list[Exchange],
        lease: str,
    ) -> Standing:
        """Keep what was found, and how; give *lease* back."""
        # It may have come back, or been forgotten, while the vendor was asked.
        standing, _gone, messages = self._look(visit)
        puts = [_put(visit, finding, asked)]
        if told:
            puts.append(self._wire.put(visit.id, messages, *map(row_of, told)))
        always = Changes(deletes=[lease], counts=self._counter.counts(told))
        try:
            unless = [forgotten_key(visit.id)]
            self._store.change(replace(always, puts=puts, unless=unless))
        except Held:
            self._store.change(always)
        return replace(standing, finding=finding, asked=asked)

    def _note(self, visit: Visit, puts: Sequence[Put]) -> None:
        """Put *puts*; nothing of a check that was forgotten meanwhile."""
        self._store.put_unless([forgotten_key(visit.id)], puts)

    def _asked(self, visit: Visit, told: list[Exchange]) -> Finding:
        auth = auth_to_provoke(visit.what_if)
        try:
            return finding_of(self._client.result(visit.token, auth=auth, tell=told.append))
        except LifecheckError as error:
            finding = finding_of_failure(error, new_reference())
            log.warning(
                "result call failed",
                extra={"reference": finding.reference, "failure": repr(error)},
            )
            return finding

    def forget(self, visit: Visit) -> None:
        """Take away all that is kept of a check, here and in an embedded sandbox."""
        # A phone may still come back with it, or a call be under way.
        self._store.put(forgotten_key(visit.id), {"at": self._clock()}, KEPT)
        self.end_handoff(visit)
        names = ("standing", "claims", "asking", "begun", "consent")
        self._store.wipe(*(f"{name}:{visit.id}" for name in names))
        self._wire.forget(visit.id)
        if self._forget_at_vendor and visit.token:
            self._forget_at_vendor(visit.token)

    def end_handoff(self, visit: Visit) -> None:
        """Let the code for a phone count no longer, whoever has opened it."""
        phone = self._store.get(f"phone:{visit.id}") or {}
        keys = [f"{name}:{visit.id}" for name in ("phone", "taken", "opened")]
        self._store.wipe(*keys, f"key:{phone.get('key', '')}")

    def is_forgotten(self, visit: Visit) -> bool:
        """Whether nothing may be kept of it any more, though a cookie still names it."""
        return self._store.get(forgotten_key(visit.id)) is not None

    def _read(self, visit: Visit, found: Record | None, claimed: Record | None) -> Standing:
        standing = Standing()
        # An earlier version kept claims there as well, when nothing was found yet.
        if found and found["finding"]:
            finding = Finding.from_record(found["finding"])
            standing = Standing(finding, found["asked"])
        if claimed:
            standing = replace(standing, claims=tuple(claimed["claims"]))
        if visit.token and not standing.is_final and self._is_over(visit):
            # Known beforehand: the vendor would only answer 301.
            return replace(standing, finding=Finding(Outcome.EXPIRED))
        return standing

    def _look(self, visit: Visit) -> tuple[Standing, bool, Record | None]:
        """How a check stands, whether it is forgotten, and its messages as kept."""
        keys = (*_keys(visit), forgotten_key(visit.id), f"wire:{visit.id}")
        *known, gone, messages = self._store.get_all(*keys)
        return self._read(visit, *known), gone is not None, messages

    def _is_over(self, visit: Visit) -> bool:
        return self._clock() >= visit.deadline


def put_failure(visit: Visit, finding: Finding) -> Put:
    """What keeps why a check could not be started."""
    return _put(visit, finding, 0)


def _put(visit: Visit, finding: Finding, asked: int) -> Put:
    return f"standing:{visit.id}", {"finding": finding.to_record(), "asked": asked}, KEPT


def _keys(visit: Visit) -> tuple[str, str]:
    """Of what was found and of what was claimed: who notes one leaves the other alone."""
    return f"standing:{visit.id}", f"claims:{visit.id}"
