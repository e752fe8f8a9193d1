"""Asks the vendor for a result once, and keeps what it said."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from .cases import auth_to_provoke
from .client import LifecheckClient, LifecheckError
from .logs import new_reference
from .outcomes import Finding, Outcome, finding_of, finding_of_failure
from .store import Store
from .visit import LIFETIME, Visit
from .wire import Wire

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
        *,
        forget_at_vendor: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._store = store
        self._wire = wire
        self._forget_at_vendor = forget_at_vendor
        self._clock = clock

    def standing(self, visit: Visit) -> Standing:
        """What is known, without asking anybody."""
        record = self._store.get(f"standing:{visit.id}")
        standing = Standing()
        if record:
            finding = record["finding"]
            claims = record["claims"]
            standing = Standing(
                Finding.from_record(finding) if finding else None,
                record["asked"],
                None if claims is None else tuple(claims),
            )
        if visit.token and not standing.is_final and self._is_over(visit):
            # Known beforehand: the vendor would only answer 301.
            return replace(standing, finding=Finding(Outcome.EXPIRED))
        return standing

    def note_claims(self, visit: Visit, claims: tuple[str, ...]) -> None:
        """Keep what the return address claimed."""
        self._keep(visit, replace(self.standing(visit), claims=claims))

    def note_failure(self, visit: Visit, finding: Finding) -> None:
        """Keep why a check could not be started."""
        self._keep(visit, Standing(finding))

    def ask(self, visit: Visit) -> Standing:
        """Ask the vendor, unless the answer is known, or being fetched this moment.

        Raises `Crowded`: then nothing was asked, and what is known stays.
        """
        standing = self.standing(visit)
        if standing.is_final or self.is_forgotten(visit):
            return standing
        if not visit.token or not self._store.lease(f"asking:{visit.id}", ASKING):
            return standing
        try:
            # Whoever held the lease before may have been told since.
            standing = self.standing(visit)
            if standing.is_final:
                return standing
            finding = self._asked(visit)
            standing = replace(
                self.standing(visit), finding=finding, asked=standing.asked + 1
            )
            self._keep(visit, standing)
        finally:
            self._store.delete(f"asking:{visit.id}")
        return standing

    def _asked(self, visit: Visit) -> Finding:
        auth = auth_to_provoke(visit.what_if)
        tell = self._wire.listener(visit.id)
        try:
            return finding_of(self._client.result(visit.token, auth=auth, tell=tell))
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
        self._store.put(f"forgotten:{visit.id}", {"at": self._clock()}, KEPT)
        self.end_handoff(visit)
        names = ("standing", "asking", "begun", "consent")
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
        return self._store.get(f"forgotten:{visit.id}") is not None

    def _keep(self, visit: Visit, standing: Standing) -> None:
        if self.is_forgotten(visit):
            return
        record = {
            "finding": standing.finding and standing.finding.to_record(),
            "asked": standing.asked,
            "claims": standing.claims,
        }
        self._store.put(f"standing:{visit.id}", record, KEPT)

    def _is_over(self, visit: Visit) -> bool:
        return self._clock() >= visit.deadline
