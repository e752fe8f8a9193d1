"""So many and no more in an hour or a day: counted where all workers see it."""

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from flask import session

from .callers import caller_mark, mark
from .client import Exchange
from .settings import Limits
from .store import Changes, Store, StoreUnavailable
from .visit import new_id

log = logging.getLogger(__name__)

HOUR: Final = 3600
DAY: Final = 24 * HOUR
NOTHING: Final = Changes()
# A name for this browser, so that its checks can be counted.
SESSION_KEY: Final = "visitor"


@dataclass(frozen=True)
class Quota:
    """At most so *many* in every *seconds* by the clock (UTC); 0 is no limit."""

    name: str
    many: int
    seconds: int


class Full(Exception):
    """Raised in place of one more; `retry_after` seconds later there is room again."""

    def __init__(self, quota: Quota, retry_after: int) -> None:
        super().__init__(f"no more {quota.name}")
        self.quota = quota
        self.retry_after = retry_after


class Taken:
    """One place in each of some quotas; `used` says how many it came to in the end."""

    def __init__(self, store: Store, places: list[tuple[str, int]]) -> None:
        self._store = store
        self._places = places

    def used(self, many: int) -> None:
        """Count *many* in place of the one; never raises."""
        if many == 1 or not self._places:
            return
        try:
            counts = [(key, many - 1, seconds) for key, seconds in self._places]
            self._store.change(Changes(counts=counts))
        except StoreUnavailable as error:
            # What was counted already stands: rather one too many than one unseen.
            log.warning("count not corrected: %s", error)


class Tally:
    """Counts against quotas; of callers at the same moment none gets too many."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    def take(self, *wanted: tuple[Quota, str], also: Changes = NOTHING) -> Taken:
        """A place in every quota for whom it counts, or in none.

        *also* is done with it, even where there is no place. Raises `Full`,
        `StoreUnavailable`, and what the lease in *also* raises: then nothing was counted.
        """
        now = self._clock()
        limited = [(quota, whose) for quota, whose in wanted if quota.many]
        places = [
            (f"quota:{quota.name}:{whose}:{int(now // quota.seconds)}", quota.seconds)
            for quota, whose in limited
        ]
        taken = Taken(self._store, places)
        # Counted before it is looked at, so that nobody comes in between.
        counts = [(key, 1, seconds) for key, seconds in places]
        totals = self._store.change(replace(also, counts=counts))
        for (quota, _whose), total in zip(limited, totals, strict=True):
            if total > quota.many:
                taken.used(0)
                left = math.ceil((int(now // quota.seconds) + 1) * quota.seconds - now)
                raise Full(quota, max(1, left))
        return taken


class OverLimit(Exception):
    """Raised before an init is spent that would be one too many.

    `limit` names it: `visitor`, `address`, `hour` or `day`; `many` is how many it
    allows. `retry_after` is in seconds.
    """

    def __init__(self, limit: str, many: int, retry_after: int) -> None:
        super().__init__(f"no more checks for now: {limit}")
        self.limit = limit
        self.many = many
        self.retry_after = retry_after


class StartLimits:
    """How many init calls this request's visitor may still spend, and everybody may."""

    def __init__(
        self, limits: Limits, secret_key: str, store: Store, clock: Callable[[], float]
    ) -> None:
        self._visitor = Quota("visitor", limits.visitor, HOUR)
        self._address = Quota("address", limits.address, HOUR)
        self._hour = Quota("hour", limits.hour, HOUR)
        self._day = Quota("day", limits.day, DAY)
        self._secret_key = secret_key
        self._tally = Tally(store, clock)

    @contextmanager
    def one(self, also: Changes = NOTHING) -> Iterator[list[Exchange]]:
        """Room for one init; what was really sent is put into the list, call by call.

        *also* is done at once with the count, over the limit or not. Raises `OverLimit`,
        `StoreUnavailable` and `Held`; then nothing may be sent.
        """
        try:
            taken = self._tally.take(
                (self._visitor, self._visitor_mark()),
                (self._address, self._address_mark()),
                (self._hour, ""),
                (self._day, ""),
                also=also,
            )
        except Full as full:
            quota = full.quota
            raise OverLimit(quota.name, quota.many, full.retry_after) from None
        sent: list[Exchange] = []
        try:
            yield sent
        finally:
            taken.used(len(sent))

    def _visitor_mark(self) -> str:
        if not self._visitor.many:
            return ""
        name = session.setdefault(SESSION_KEY, new_id())
        return mark(self._secret_key, "visitor", str(name))

    def _address_mark(self) -> str:
        return caller_mark(self._secret_key) if self._address.many else ""
