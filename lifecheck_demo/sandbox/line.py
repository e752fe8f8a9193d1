"""The line before the camera: who is there, who waits, and about how long; pure.

The line is a small JSON object that all workers share: `{"tickets": [[…], …]}`, in the
order in which people came. Whoever has come first goes first; nobody is overtaken, and
nobody loses the turn but by leaving. Times are seconds of the sandbox's clock.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from hashlib import sha256
from heapq import heappop, heappush
from math import ceil
from typing import Any, Final

Line = dict[str, Any]

# From when a place is given until the run has to begin: a camera opens meanwhile.
BEGINS_WITHIN: Final = 20.0
# A run that sends nothing for so long has been left; the page gives up sooner.
IDLE: Final = 10.0
# Whoever waits is asked to ask again after so long. Who misses that three times, and is
# not only late, has left.
SOONEST: Final = 1.0
LATEST: Final = 5.0
MISSES: Final = 3
LATE: Final = 5.0
# Getting ready, beside the run itself.
BETWEEN: Final = 2.0
# What a run is always said to take yet, however long it has lasted.
OVERTIME: Final = 3.0
# Further ones are asked to come back: within its ten minutes no check would get its turn.
MOST_WAITING: Final = 300
FULL_SECONDS: Final = 10


@dataclass(frozen=True)
class Ticket:
    """One check in the line; `began` is when it got its place, None while it waits.

    `who` is what `name_of` makes of its token; unless it is heard of `until` then, it has
    left. `needs` is how long its run usually takes.
    """

    who: str
    until: float
    needs: float
    began: float | None = None


@dataclass(frozen=True)
class Place:
    """Where a check stands: `yours`, or so many `ahead` and so many `seconds` to go.

    `again` is after how many seconds to ask the next time. `full` says that it is not
    even in the line.
    """

    yours: bool
    seconds: int = 0
    ahead: int = 0
    again: float = SOONEST
    full: bool = False


def name_of(token: str) -> str:
    """What the line knows a token by: nobody can make a token of it."""
    return sha256(token.encode()).hexdigest()[:20]


def ask(line: Mapping[str, Any], who: str, needs: float, now: float, places: int) -> Line:
    """The line after *who* has asked for one of the *places*; `place_in` is the answer.

    Whoever has a place already keeps it for as long as it was given.
    """
    tickets = _present(line, now)
    mine = _find(tickets, who)
    if mine is None:
        if sum(ticket.began is None for ticket in tickets) >= MOST_WAITING:
            return _line(tickets)
        mine = Ticket(who, now, needs)
        tickets.append(mine)
    if mine.began is None:
        place = _place(tickets, who, now, places)
        if place.yours:
            later = replace(mine, needs=needs, began=now, until=now + BEGINS_WITHIN)
        else:
            patience = MISSES * place.again + LATE
            later = replace(mine, needs=needs, until=now + patience)
        tickets[tickets.index(mine)] = later
    return _line(tickets)


def place_in(line: Mapping[str, Any], who: str, now: float, places: int) -> Place:
    """Where *who* stands in *line* (that which `ask` has made)."""
    return _place(_tickets(line), who, now, places)


def begin(line: Mapping[str, Any], who: str, needs: float, now: float, places: int) -> Line:
    """The line after *who* has asked and, having a place, has begun a run there."""
    return stay(ask(line, who, needs, now, places), who, now, begins=True)


def stay(line: Mapping[str, Any], who: str, now: float, *, begins: bool = False) -> Line:
    """The line after a sign that the run of *who* goes on."""
    return _line(
        [
            replace(ticket, until=now + IDLE, began=now if begins else ticket.began)
            if ticket.who == who and ticket.began is not None
            else ticket
            for ticket in _present(line, now)
        ]
    )


def leave(line: Mapping[str, Any], who: str, now: float) -> Line:
    """The line without *who*."""
    return _line([ticket for ticket in _present(line, now) if ticket.who != who])


def _place(tickets: list[Ticket], who: str, now: float, places: int) -> Place:
    mine = _find(tickets, who)
    if mine is None:
        return Place(False, ahead=MOST_WAITING, again=FULL_SECONDS, full=True)
    if mine.began is not None:
        return Place(True)
    taken = [ticket for ticket in tickets if ticket.began is not None]
    waiting = [ticket for ticket in tickets if ticket.began is None]
    ahead = waiting[: waiting.index(mine)]
    if len(taken) + len(ahead) < places:
        return Place(True)
    # When each place will be free: those who wait take the soonest, one after another.
    free = [_rest(ticket, now) for ticket in taken]
    free += [0.0] * (places - len(free))
    # With fewer places than before, the first that become free are none any more.
    free = sorted(free)[max(0, len(free) - places) :]
    for ticket in ahead:
        heappush(free, heappop(free) + ticket.needs + BETWEEN)
    seconds = max(1, ceil(heappop(free)))
    again = min(max(seconds / 10, SOONEST), LATEST)
    return Place(False, seconds, len(ahead), round(again, 1))


def _rest(ticket: Ticket, now: float) -> float:
    """How long the run before the camera still takes, as far as one can know."""
    rest = (ticket.began or 0.0) + ticket.needs + BETWEEN - now
    return max(rest, OVERTIME)


def _present(line: Mapping[str, Any], now: float) -> list[Ticket]:
    """Those who have not left."""
    return [ticket for ticket in _tickets(line) if now < ticket.until]


def _tickets(line: Mapping[str, Any]) -> list[Ticket]:
    return [Ticket(*ticket) for ticket in line.get("tickets", ())]


def _find(tickets: list[Ticket], who: str) -> Ticket | None:
    return next((ticket for ticket in tickets if ticket.who == who), None)


def _line(tickets: list[Ticket]) -> Line:
    return {"tickets": [list(astuple(ticket)) for ticket in tickets]}
