# a name that says what happened needs no suffix
"""Everything that can go wrong between us and the vendor.

* LifecheckError
  - Unreachable          no answer, or not all of it, in time
  - GatewayRefused       the cloud market's gateway answered instead of the vendor
  - VendorAnswered       the vendor answered by its own rules, and it is no success
    + VendorRefused      400: it does not accept what was sent
    + VendorTrouble      500, 502, 610 and their like: try again later
    + SwitchedOff        604: the interface is disabled
    + UnknownAnswer      a code, or a shape, that is not in its document
  - TooManyCalls         606 or 609 of the vendor, or a bare HTTP 429
  - Unintelligible       an answer that is nobody's we know
  - PhotoRefused         an address we do not fetch from, or no photo behind it

    try:
        result = client.result(token)
    except Unreachable:
        ...  # nothing was decided; ask again
    except LifecheckError as error:
        ...  # str(error) is one line without secrets

Every text in them is bounded and masked before it gets here.

`Crowded` is none of them: it is raised in place of a call, and no call went wrong.
"""

from enum import StrEnum

from .models import Answer


class GatewayKind(StrEnum):
    """What a gateway's refusal comes down to, and so which setting to look at."""

    BAD_KEY = "bad-key"
    BAD_SIGNATURE = "bad-signature"
    NOT_BOUGHT = "not-bought"
    USED_UP = "used-up"
    EXPIRED = "expired"
    ARREARS = "arrears"
    CLOCK_SKEW = "clock-skew"
    FROZEN = "frozen"
    WRONG_URL = "wrong-url"
    WRONG_PARAMETERS = "wrong-parameters"
    THROTTLED = "throttled"
    BACKEND_DOWN = "backend-down"
    OTHER = "other"


class Crowded(Exception):
    """Raised before anything is sent, when the client's places are all taken.

    Whoever waits for the vendor holds a thread. With all of them waiting, a vendor that
    is slow would take this server's other pages along. `retry_after` is in seconds.
    """

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many calls are under way")
        self.retry_after = retry_after


class LifecheckError(Exception):
    """A call to the vendor that brought no usable answer.

    `http_status` is None when no status line arrived; `request_id` is the gateway's;
    `excerpt` is the beginning of an answer that could not be read; `retry_after` is how
    many seconds the other side asks us to wait, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        http_status: int | None = None,
        request_id: str = "",
        excerpt: str = "",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.request_id = request_id
        self.excerpt = excerpt
        self.retry_after = retry_after


class Unreachable(LifecheckError):
    """Raised when name, connection, TLS, time or half of the answer was lacking."""


class GatewayRefused(LifecheckError):
    """Raised when the market's gateway turned the call away before the vendor saw it.

    `code` and `message` are the gateway's own. `answered_at` is its clock, in seconds
    since the epoch, or None. `scheme` is the LIFECHECK_AUTH that the call was made
    with: it says which settings to look at.
    """

    def __init__(
        self,
        kind: GatewayKind,
        *,
        code: str,
        message: str,
        http_status: int,
        request_id: str = "",
        excerpt: str = "",
        retry_after: int | None = None,
        answered_at: float | None = None,
    ) -> None:
        said = " ".join(part for part in (code, message) if part)
        super().__init__(
            f"the gateway refused the call as {kind}: {said}",
            http_status=http_status,
            request_id=request_id,
            excerpt=excerpt,
            retry_after=retry_after,
        )
        self.kind = kind
        self.code = code
        self.message = message
        self.answered_at = answered_at
        self.scheme = ""


class VendorAnswered(LifecheckError):
    """Raised, as one of the four below, when the vendor answers without a success."""

    def __init__(
        self,
        answer: Answer,
        *,
        http_status: int,
        request_id: str = "",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(
            f"the vendor answered {answer.code}: {answer.msg}",
            http_status=http_status,
            request_id=request_id,
            retry_after=retry_after,
        )
        self.answer = answer
        self.code = answer.code
        self.msg = answer.msg
        self.task_no = answer.task_no


class VendorRefused(VendorAnswered):
    """Raised on 400: the vendor does not accept what we sent."""


class VendorTrouble(VendorAnswered):
    """Raised on 500, 610 and other codes by which the vendor owns up to its trouble."""


class SwitchedOff(VendorAnswered):
    """Raised on 604: the vendor has disabled the interface."""


class UnknownAnswer(VendorAnswered):
    """Raised on a code that is not in the document, or one without what it promises.

    Such an answer is readable, yet it is never taken for a success.
    """


class TooManyCalls(LifecheckError):
    """Raised on 606, 609 or a bare HTTP 429."""

    def __init__(
        self,
        answer: Answer | None,
        *,
        http_status: int,
        request_id: str = "",
        excerpt: str = "",
        retry_after: int | None = None,
    ) -> None:
        said = f"{answer.code}: {answer.msg}" if answer else f"HTTP {http_status}"
        super().__init__(
            f"too many calls, {said}",
            http_status=http_status,
            request_id=request_id,
            excerpt=excerpt,
            retry_after=retry_after,
        )
        self.answer = answer
        self.code: int | str = answer.code if answer else ""
        self.msg = answer.msg if answer else ""
        self.task_no = answer.task_no if answer else ""


class Unintelligible(LifecheckError):
    """Raised when an answer is neither the vendor's nor a gateway's we know."""


class PhotoRefused(LifecheckError):
    """Raised when a photo's address is not one we fetch, or no photo came from it."""
