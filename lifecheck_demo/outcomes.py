"""Turns an answer or a failure into the words a person reads; pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from .client import (
    CheckResult,
    CheckState,
    GatewayRefused,
    LifecheckError,
    SwitchedOff,
    TooManyCalls,
    Unintelligible,
    Unreachable,
    VendorRefused,
    VendorTrouble,
)

# Codes 606 and 609 name no waiting time; the person is asked for this many seconds.
USUAL_WAIT: Final = 30


class Outcome(StrEnum):
    """How a check stands; the value is the page's `data-outcome`."""

    PASSED = "passed"
    PASSED_WITHOUT_PHOTO = "passed-without-photo"
    NOT_PASSED = "not-passed"
    COULD_NOT_FINISH = "could-not-finish"
    NO_RESULT_YET = "no-result-yet"
    EXPIRED = "expired"
    REFUSED = "refused"
    SERVICE_TROUBLE = "service-trouble"
    SWITCHED_OFF = "switched-off"
    TOO_MANY_CALLS = "too-many-calls"
    SET_UP_PROBLEM = "set-up-problem"
    OTHER = "other"


# The vendor's last word on a check; whatever else happened can be asked about again.
TERMINAL: Final = frozenset(
    {
        Outcome.PASSED,
        Outcome.PASSED_WITHOUT_PHOTO,
        Outcome.NOT_PASSED,
        Outcome.COULD_NOT_FINISH,
        Outcome.EXPIRED,
    }
)


@dataclass(frozen=True)
class Finding:
    """What is known of a check: small, and kept only in the short-lived store.

    `code`, `msg` and `task_no` stand as the vendor (or the gateway) sent them. `cause`
    narrows the outcome for the advice. `wait` is in seconds. `explained` and
    `explained_picture` are where a sandbox shows how it judged.
    """

    outcome: Outcome
    code: str = ""
    msg: str = ""
    task_no: str = ""
    cause: str = ""
    reference: str = ""
    wait: int = 0
    photo_url: str = field(default="", repr=False)
    explained: str = field(default="", repr=False)
    explained_picture: str = field(default="", repr=False)

    @property
    def is_terminal(self) -> bool:
        """Whether asking again would buy nothing new."""
        return self.outcome in TERMINAL

    def to_record(self) -> dict[str, Any]:
        """As JSON-able values, for the store."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Finding":
        """The inverse of `to_record`."""
        return cls(**{**record, "outcome": Outcome(record["outcome"])})


def finding_of(result: CheckResult) -> Finding:
    """What a result answer of the vendor means."""
    outcome = {
        CheckState.PASSED: Outcome.PASSED,
        CheckState.PASSED_WITHOUT_PHOTO: Outcome.PASSED_WITHOUT_PHOTO,
        CheckState.NOT_PASSED: Outcome.NOT_PASSED,
        CheckState.COULD_NOT_FINISH: Outcome.COULD_NOT_FINISH,
        CheckState.NO_RESULT_YET: Outcome.NO_RESULT_YET,
        CheckState.EXPIRED: Outcome.EXPIRED,
    }[result.state]
    explanation = result.explanation
    return Finding(
        outcome,
        code=str(result.answer.code),
        msg=result.answer.msg,
        task_no=result.answer.task_no,
        photo_url=result.face_image_url or "",
        explained=explanation.page if explanation else "",
        explained_picture=explanation.picture if explanation else "",
    )


def finding_of_failure(error: LifecheckError, reference: str) -> Finding:
    """What a failed call means; never a pass."""
    outcome, cause = _outcome_of(error)
    wait = 0
    if outcome is Outcome.TOO_MANY_CALLS:
        wait = int(getattr(error, "retry_after", None) or USUAL_WAIT)
    return Finding(
        outcome,
        code=str(getattr(error, "code", "") or error.http_status or ""),
        msg=getattr(error, "msg", "") or getattr(error, "message", "") or error.excerpt,
        task_no=getattr(error, "task_no", "") or error.request_id or "",
        cause=cause,
        reference=reference,
        wait=wait,
    )


def _outcome_of(error: LifecheckError) -> tuple[Outcome, str]:
    match error:
        case VendorRefused():
            return Outcome.REFUSED, ""
        case VendorTrouble():
            return Outcome.SERVICE_TROUBLE, "vendor"
        case SwitchedOff():
            return Outcome.SWITCHED_OFF, ""
        case TooManyCalls():
            return Outcome.TOO_MANY_CALLS, ""
        case GatewayRefused(kind="throttled"):
            return Outcome.TOO_MANY_CALLS, "gateway"
        case GatewayRefused(kind="backend-down"):
            return Outcome.SERVICE_TROUBLE, "gateway"
        case GatewayRefused(kind="other"):
            return Outcome.OTHER, "gateway"
        case GatewayRefused():
            return Outcome.SET_UP_PROBLEM, str(error.kind)
        case Unreachable():
            return Outcome.SERVICE_TROUBLE, "network"
        case Unintelligible() if (error.http_status or 0) >= 500:
            return Outcome.SERVICE_TROUBLE, "gateway"
    return Outcome.OTHER, ""


@dataclass(frozen=True)
class Words:
    """How an outcome is told: a tone, one sentence, why, and what to do."""

    tone: str
    title: LazyString
    lead: LazyString
    advice: tuple[LazyString, ...] = ()


def words_for(finding: Finding) -> Words:
    """The words for *finding*, in the language of the page they land on."""
    if finding.outcome is Outcome.SET_UP_PROBLEM:
        return _SET_UP_WORDS.get(finding.cause, _SET_UP_WORDS[""])
    if finding.outcome is Outcome.SERVICE_TROUBLE and finding.cause == "network":
        return _UNREACHABLE
    return _WORDS[finding.outcome]


_WORDS: Final = {
    Outcome.PASSED: Words(
        "good",
        _("A live person was seen"),
        _("The check passed. It shows that somebody was there, not who they are."),
    ),
    Outcome.PASSED_WITHOUT_PHOTO: Words(
        "caution",
        _("Passed, but without a photo"),
        _("The service passed the check and sent no photo with its answer."),
        (
            _("This can happen when the service is busy. The pass itself stands."),
            _("If you need the photo, start a new check in a minute."),
        ),
    ),
    Outcome.NOT_PASSED: Words(
        "neutral",
        _("Not passed this time"),
        _("The service gives one answer for three different reasons:"),
        (
            _(
                "The picture did not come straight from a camera. Use the device's own "
                "camera and close programs that change its picture."
            ),
            _(
                "The actions did not match the prompts. Follow them one at a time, in "
                "the order shown."
            ),
            _(
                "The face could not be confirmed. Face a soft light, take off a mask "
                "or cap, and fill the oval."
            ),
        ),
    ),
    Outcome.COULD_NOT_FINISH: Words(
        "caution",
        _("The check could not finish"),
        _("Nobody was judged. One of these usually helps:"),
        (
            _(
                "Camera blocked: allow the camera for the site in the browser's "
                "settings, then start again."
            ),
            _(
                "Browser too old or the camera busy: use a current Chrome, Safari or "
                "Edge, and close other programs that use the camera."
            ),
            _(
                "Action list not accepted: choose a different sequence, or leave it "
                "to one of the scenarios."
            ),
            _("Anything else: start again on a phone with a steady connection."),
        ),
    ),
    Outcome.NO_RESULT_YET: Words(
        "waiting",
        _("No result yet"),
        _("The service has no result for this check so far."),
    ),
    Outcome.EXPIRED: Words(
        "neutral",
        _("This check has expired"),
        _(
            "Ten minutes run from the start to the moment the result is asked for, and "
            "they are over. Start again; nothing was charged twice."
        ),
    ),
    Outcome.REFUSED: Words(
        "fault",
        _("Our request was refused"),
        _(
            "The service would not accept what this demo sent. What it said stands "
            "below, beside what was sent."
        ),
    ),
    Outcome.SERVICE_TROUBLE: Words(
        "fault",
        _("The service is in trouble"),
        _("It could not answer properly just now. Nothing is wrong on your side."),
        (_("Try again in a moment. If it stays so, pass on the reference below."),),
    ),
    Outcome.SWITCHED_OFF: Words(
        "fault",
        _("The interface is switched off"),
        _("The service says that this interface is disabled."),
        (
            _(
                "For the operator: ask the seller in the cloud market whether the "
                "listing has been suspended or replaced."
            ),
        ),
    ),
    Outcome.TOO_MANY_CALLS: Words(
        "caution",
        _("Too many calls just now"),
        _("The service limits how often it may be asked. Waiting is all it needs."),
    ),
    Outcome.OTHER: Words(
        "fault",
        _("An answer we do not know"),
        _(
            "The service answered something that is not in its document, so this does "
            "not count as a pass. The answer stands below as it came."
        ),
        (_("Try again. If it stays so, pass on the reference below."),),
    ),
}

_UNREACHABLE: Final = Words(
    "fault",
    _("The service did not answer"),
    _("No answer came in time. Nothing is wrong on your side."),
    (
        _("Try again in a moment. If it stays so, pass on the reference below."),
        _(
            "For the operator: check LIFECHECK_INIT_URL and LIFECHECK_RESULT_URL and "
            "that this server may reach them."
        ),
    ),
)


def _set_up(title: LazyString, *advice: LazyString) -> Words:
    lead = _("Nothing is wrong on your side: this demo is not set up rightly yet.")
    return Words("fault", title, lead, advice)


_SET_UP_WORDS: Final = {
    "": _set_up(
        _("The set-up needs a look"),
        _("For the operator: compare the settings with the market's console."),
    ),
    "bad-key": _set_up(
        _("The key was not accepted"),
        _("Look at LIFECHECK_APPCODE: copy the AppCode again from the console."),
        _("Look at LIFECHECK_AUTH: it must name the market where the key is from."),
    ),
    "bad-signature": _set_up(
        _("The key was not accepted"),
        _("Look at LIFECHECK_APPCODE: copy the AppCode again from the console."),
        _("Look at LIFECHECK_AUTH: it must name the market where the key is from."),
    ),
    "not-bought": _set_up(
        _("The service has not been bought with this key"),
        _("Buy the listing with the account whose AppCode is in LIFECHECK_APPCODE."),
        _("Or LIFECHECK_INIT_URL belongs to another listing: copy it again."),
    ),
    "used-up": _set_up(
        _("The package is used up"),
        _("Buy more calls for the listing, then try again: no setting needs changing."),
    ),
    "expired": _set_up(
        _("The package has expired"),
        _("Renew the listing, then try again: no setting needs changing."),
    ),
    "arrears": _set_up(
        _("The market account is in arrears"),
        _("Settle the account in the market's console, then try again."),
    ),
    "clock-skew": _set_up(
        _("This server's clock is wrong"),
        _("The market refuses requests whose time is off: set the clock (NTP)."),
    ),
    "wrong-url": _set_up(
        _("The address of the service is wrong"),
        _(
            "Copy LIFECHECK_INIT_URL and LIFECHECK_RESULT_URL again from the listing's "
            "page, path included."
        ),
    ),
    "wrong-parameters": _set_up(
        _("The market refused the form of the request"),
        _("Look at LIFECHECK_PARAMS: some markets want parameters elsewhere."),
    ),
    "public-url": _set_up(
        _("This demo does not know its own address"),
        _(
            "Set PUBLIC_URL to the address in the browser, for example "
            "https://demo.example.com, so that the camera page can find its way back."
        ),
    ),
}
