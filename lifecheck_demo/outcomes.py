"""Turns an answer or a failure into the words a person reads; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

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


def N_(sentence: str) -> str:  # noqa: N802  # gettext's own name for it
    """A sentence to be translated later, once its values are known."""
    return sentence


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
    narrows the outcome for the advice, `scheme` is the LIFECHECK_AUTH of a call that a
    gateway refused. `wait` is in seconds. `explained` and `explained_picture` are where
    a sandbox shows how it judged.
    """

    outcome: Outcome
    code: str = ""
    msg: str = ""
    task_no: str = ""
    cause: str = ""
    scheme: str = ""
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
        return {**vars(self)}

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
        scheme=getattr(error, "scheme", ""),
        reference=reference,
        wait=wait,
    )


def _outcome_of(error: LifecheckError) -> tuple[Outcome, str]:
    match error:
        case VendorRefused(answer=answer):
            return Outcome.REFUSED, "direct" if _OF_THE_DIRECT.search(answer.msg) else ""
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
        return _set_up_words(finding.cause, finding.scheme)
    if finding.outcome is Outcome.SERVICE_TROUBLE and finding.cause == "network":
        return _UNREACHABLE
    words = _WORDS[finding.outcome]
    if finding.outcome is Outcome.REFUSED and finding.cause == "direct":
        return replace(words, advice=(_DIRECT_KEYS,))
    return words


# Parameters that only the vendor's own direct edition has; they are made of the keys.
_OF_THE_DIRECT: Final = re.compile(r"appId|sign\b|timestamp|productCode")
_DIRECT_KEYS: Final = _(
    "It names a parameter of the direct edition: look at LIFECHECK_KEY (appId), "
    "LIFECHECK_SECRET (appSecret) and this server's clock."
)
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


class _Credential(NamedTuple):
    """What a market calls its credential, and the settings that hold it."""

    names: str
    settings: str
    secret: str = ""
    secret_setting: str = ""


_CODE: Final = _Credential("AppCode", "LIFECHECK_APPCODE")
_KEY_SETTINGS: Final = "LIFECHECK_KEY, LIFECHECK_SECRET"


def _pair(key: str, secret: str) -> _Credential:
    return _Credential(f"{key}, {secret}", _KEY_SETTINGS, secret, "LIFECHECK_SECRET")


# By LIFECHECK_AUTH; the usual one where a finding names none.
_CREDENTIALS: Final = {
    "appcode": _CODE,
    "huawei-appcode": _CODE,
    "baidu-appcode": _CODE,
    "aliyun-signature": _pair("AppKey", "AppSecret"),
    "huawei-signature": _pair("AppKey", "AppSecret"),
    "tencent": _pair("SecretId", "SecretKey"),
    "tencent-legacy": _pair("SecretId", "SecretKey"),
    "jumdata": _pair("appId", "appSecret"),
}


def _set_up_words(cause: str, scheme: str) -> Words:
    """The words for a refusal, with the settings of the market that it came from."""
    known = _CREDENTIALS.get(scheme, _CODE)
    title = _SET_UP_TITLES.get(cause, _SET_UP_TITLES[""])
    if cause == "bad-signature" and not known.secret:
        cause = "bad-key"
    advice = [
        sentence
        for about, schemes, sentence in _SET_UP_ADVICE
        if about == (cause if cause in _SET_UP_TITLES else "")
        and (not schemes or scheme in schemes)
    ]
    return Words(
        "fault",
        title,
        _("Nothing is wrong on your side: this demo is not set up rightly yet."),
        tuple(_filled(sentence, known, scheme) for sentence in advice),
    )


def _filled(sentence: str, known: _Credential, scheme: str) -> LazyString:
    return _(sentence, **known._asdict(), auth=scheme or "appcode")


_SET_UP_TITLES: Final = {
    "": _("The set-up needs a look"),
    "bad-key": _("The key was not accepted"),
    "bad-signature": _("The signature was not accepted"),
    "not-bought": _("The service has not been bought with this key"),
    "used-up": _("The package is used up"),
    "expired": _("The package has expired"),
    "arrears": _("The market account is in arrears"),
    "frozen": _("The application is frozen"),
    "clock-skew": _("This server's clock is wrong"),
    "wrong-url": _("The address of the service is wrong"),
    "wrong-parameters": _("The market refused the form of the request"),
    "public-url": _("This demo does not know its own address"),
}

_SIGNED_FIELDS: Final = ("aliyun-signature", "huawei-signature")
_TENCENTS: Final = ("tencent", "tencent-legacy")

# Each sentence with the cause it is about and, where it is not for all, the markets.
_SET_UP_ADVICE: Final = (
    (
        "",
        (),
        N_("For the operator: compare the settings with the market's console."),
    ),
    (
        "bad-key",
        (),
        N_("Look at %(settings)s: copy %(names)s again from the market's console."),
    ),
    (
        "bad-key",
        (),
        N_(
            "Look at LIFECHECK_AUTH: it is %(auth)s, and must name the market where the "
            "key is from."
        ),
    ),
    (
        "bad-key",
        ("huawei-appcode",),
        N_(
            "An AppCode works only where the listing allows simple authentication; "
            "where it does not, set LIFECHECK_AUTH=huawei-signature with its key pair."
        ),
    ),
    (
        "bad-signature",
        (),
        N_(
            "Look at %(secret_setting)s: the key is known, so copy %(secret)s again from "
            "the market's console."
        ),
    ),
    (
        "bad-signature",
        _SIGNED_FIELDS,
        N_(
            "A proxy that changes the address or the parameters on the way breaks the "
            "signature: call the market directly."
        ),
    ),
    (
        "bad-signature",
        _TENCENTS,
        N_(
            "Look at LIFECHECK_AUTH: addresses of cloudmarket-apigw.com take tencent, "
            "those of apigw.tencentcs.com and apigateway.myqcloud.com tencent-legacy."
        ),
    ),
    (
        "not-bought",
        (),
        N_("Buy the listing with the account whose %(names)s is in %(settings)s."),
    ),
    (
        "not-bought",
        (),
        N_("Or LIFECHECK_INIT_URL belongs to another listing: copy it again."),
    ),
    (
        "used-up",
        (),
        N_("Buy more calls for the listing, then try again: no setting needs changing."),
    ),
    (
        "expired",
        (),
        N_("Renew the listing, then try again: no setting needs changing."),
    ),
    (
        "arrears",
        (),
        N_("Settle the account in the market's console, then try again."),
    ),
    (
        "frozen",
        (),
        N_(
            "The market has frozen the application whose %(names)s is in %(settings)s: "
            "ask it why, or put in another one's."
        ),
    ),
    (
        "clock-skew",
        (),
        N_("The market refuses requests whose time is off: set the clock (NTP)."),
    ),
    (
        "clock-skew",
        (),
        N_("No setting of this demo needs changing."),
    ),
    (
        "wrong-url",
        (),
        N_(
            "Copy LIFECHECK_INIT_URL and LIFECHECK_RESULT_URL again from the listing's "
            "page, path included."
        ),
    ),
    (
        "wrong-parameters",
        (),
        N_(
            "Look at LIFECHECK_PARAMS: where it is form set it to query, where it is "
            "query set it to form."
        ),
    ),
    (
        "public-url",
        (),
        N_(
            "Set PUBLIC_URL to the address in the browser, for example "
            "https://demo.example.com, so that the camera page can find its way back."
        ),
    ),
)
