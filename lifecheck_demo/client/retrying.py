"""Which failures are worth another attempt, and after what pause; pure."""

from collections.abc import Callable
from typing import Final

from .errors import (
    GatewayKind,
    GatewayRefused,
    LifecheckError,
    TooManyCalls,
    Unintelligible,
    Unreachable,
    VendorTrouble,
)

# A second init makes a spare token and may be billed; a result query changes nothing.
MOST_ATTEMPTS: Final = {"init": 2, "result": 3}
# All in seconds.
FIRST_PAUSE: Final = 0.4
LONGEST_PAUSE: Final = 2.0
# Asked to wait longer than this, a visitor had better see the seconds counted down.
LONGEST_ASKED: Final = 3
# An attempt with less time than this could not bring an answer.
LEAST_LEFT: Final = 1.0


def pause_before_another(
    call: str,
    attempt: int,
    error: LifecheckError,
    left: float,
    random: Callable[[], float],
) -> float | None:
    """The seconds to wait after the failed *attempt* (from 1), or None for no more.

    *left* are the seconds until the whole call's time is over. Pauses grow, are drawn
    from *random* (0 to 1) so that many callers do not come back at once, and are never
    shorter than what the other side asks for.
    """
    if attempt >= MOST_ATTEMPTS.get(call, 1) or not is_worth_another(error):
        return None
    if (error.retry_after or 0) > LONGEST_ASKED:
        return None
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1))
    pause = max(longest * (1 + random()) / 2, error.retry_after or 0)
    return pause if left - pause >= LEAST_LEFT else None


def is_worth_another(error: LifecheckError) -> bool:
    """Whether asking the same again may end otherwise.

    Never for a key, a package, a wrong address or the vendor's word on a check: each
    would only be refused, and perhaps charged, once more.
    """
    match error:
        case GatewayRefused(kind=GatewayKind.THROTTLED):
            return True
        case GatewayRefused(kind=GatewayKind.BACKEND_DOWN) | Unintelligible():
            return (error.http_status or 0) >= 500
        case Unreachable() | VendorTrouble() | TooManyCalls():
            return True
    return False
