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


def may_try_again(call: str, attempt: int, left: float) -> bool:
    """Whether *attempt* (from 1) was not the last one, with *left* seconds to go."""
    return attempt < MOST_ATTEMPTS.get(call, 1) and left >= LEAST_LEFT


def pause_before_another(
    attempt: int, asked: int | None, random: Callable[[], float]
) -> float:
    """The seconds to wait after *attempt*; many, when no visitor should sit them out.

    Pauses grow, are drawn from *random* (0 to 1) so that many callers do not come back
    at once, and are never shorter than the seconds that the other side has *asked* for.
    """
    if asked and asked > LONGEST_ASKED:
        return float("inf")
    longest: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1))
    return max(longest * (1 + random()) / 2, asked or 0)


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
