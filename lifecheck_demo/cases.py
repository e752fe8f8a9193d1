"""Every way a check can end: what it means, where it comes from, what it may cost; data."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from .client import AppCodeAuth, VendorAuth
from .outcomes import Finding, Outcome, Words, words_for

# The sandbox's magic credentials begin so; what follows is a case's name.
CREDENTIAL: Final = "sandbox-"


class Cost(StrEnum):
    """What a call is likely to cost; the vendor documents none of it."""

    LIKELY = "likely"
    UNLIKELY = "unlikely"
    OPEN = "open"


@dataclass(frozen=True)
class Case:
    """One way to end: the code as it comes, its cause, and what the page makes of it.

    `name` is what the sandbox calls it; with it the case can be seen happening.
    """

    name: str
    code: str
    cause: LazyString
    outcome: Outcome
    cost: Cost
    kind: str = ""

    @property
    def words(self) -> Words:
        """What the result page says of it."""
        return words_for(Finding(self.outcome, cause=self.kind))

    @property
    def credential(self) -> str:
        """The AppCode with which the sandbox goes wrong in this way."""
        return f"{CREDENTIAL}{self.name}"


@dataclass(frozen=True)
class Group:
    """Cases that come from the same place."""

    name: str
    title: LazyString
    lead: LazyString
    cases: tuple[Case, ...]


LIKELY, UNLIKELY, OPEN = Cost.LIKELY, Cost.UNLIKELY, Cost.OPEN

GROUPS: Final = (
    Group(
        "result",
        _("Answers to the result query"),
        _("The service's verdict on a check, asked for from server to server."),
        (
            Case("passed", "200", _("The check passed."), Outcome.PASSED, LIKELY),
            Case(
                "result-200-no-photo",
                "200",
                _("Passed, with empty data: seen when the service is busy."),
                Outcome.PASSED_WITHOUT_PHOTO,
                LIKELY,
            ),
            Case(
                "201",
                "201",
                _("The visitor has not finished, or the result comes seconds late."),
                Outcome.NO_RESULT_YET,
                OPEN,
            ),
            Case(
                "result-late-2",
                "201 → 200",
                _("The result is there at the third query."),
                Outcome.NO_RESULT_YET,
                OPEN,
            ),
            Case(
                "202-hijack",
                "202",
                _("The picture did not come live from a camera."),
                Outcome.NOT_PASSED,
                LIKELY,
            ),
            Case(
                "202-actions",
                "202",
                _("The actions did not match what was asked."),
                Outcome.NOT_PASSED,
                LIKELY,
            ),
            Case(
                "202-face",
                "202",
                _("The face could not be confirmed."),
                Outcome.NOT_PASSED,
                LIKELY,
            ),
            Case(
                "203-browser",
                "203",
                _("The browser or the device could not."),
                Outcome.COULD_NOT_FINISH,
                OPEN,
            ),
            Case(
                "203-permission",
                "203",
                _("The camera was not allowed."),
                Outcome.COULD_NOT_FINISH,
                OPEN,
            ),
            Case(
                "203-actions",
                "203",
                _("The action list was not accepted."),
                Outcome.COULD_NOT_FINISH,
                OPEN,
            ),
            Case(
                "203-other",
                "203",
                _("Something else kept it from finishing."),
                Outcome.COULD_NOT_FINISH,
                OPEN,
            ),
            Case(
                "301",
                "301",
                _("Ten minutes passed between init and the result query."),
                Outcome.EXPIRED,
                OPEN,
            ),
            Case(
                "result-http-450",
                "HTTP 450",
                _("A refusal in the body of an unusual HTTP status: the body counts."),
                Outcome.NOT_PASSED,
                OPEN,
            ),
        ),
    ),
    Group(
        "codes",
        _("Codes of either call"),
        _("The service could not do what it was asked. Shown here on init."),
        (
            Case(
                "init-400",
                "400",
                _("A parameter is missing or breaks a rule."),
                Outcome.REFUSED,
                OPEN,
            ),
            Case(
                "init-500",
                "500",
                _("The service is being maintained."),
                Outcome.SERVICE_TROUBLE,
                OPEN,
                "vendor",
            ),
            Case(
                "init-604",
                "604",
                _("The interface has been switched off."),
                Outcome.SWITCHED_OFF,
                OPEN,
            ),
            Case(
                "init-606",
                "606",
                _("The limit of calls is reached."),
                Outcome.TOO_MANY_CALLS,
                OPEN,
            ),
            Case(
                "init-609",
                "609",
                _("Calls come too quickly one after another."),
                Outcome.TOO_MANY_CALLS,
                OPEN,
            ),
            Case(
                "result-610",
                "610",
                _("The service's own request timed out; here on the result."),
                Outcome.SERVICE_TROUBLE,
                OPEN,
                "vendor",
            ),
            Case(
                "init-999",
                "999",
                _("Anything else; the message says what."),
                Outcome.OTHER,
                OPEN,
            ),
            Case(
                "result-701",
                "701",
                _("A code that is not in the document; never a pass."),
                Outcome.OTHER,
                OPEN,
            ),
        ),
    ),
    Group(
        "gateway",
        _("The cloud market's gateway"),
        _("It answers in its own language before the service has heard of the call."),
        (
            Case(
                "init-aliyun-bad-appcode",
                "A400AC",
                _("The AppCode is wrong: the commonest mistake of the first day."),
                Outcome.SET_UP_PROBLEM,
                UNLIKELY,
                "bad-key",
            ),
            Case(
                "init-aliyun-not-bought",
                "I403AA",
                _("Not bought with this key, or the address of another listing."),
                Outcome.SET_UP_PROBLEM,
                UNLIKELY,
                "not-bought",
            ),
            Case(
                "init-aliyun-used-up",
                "B403MQ",
                _("The calls that were bought are used up."),
                Outcome.SET_UP_PROBLEM,
                UNLIKELY,
                "used-up",
            ),
            Case(
                "init-aliyun-expired",
                "B403ME",
                _("The package has expired."),
                Outcome.SET_UP_PROBLEM,
                UNLIKELY,
                "expired",
            ),
            Case(
                "init-aliyun-arrears",
                "HTTP 403",
                _("The account in the market is in arrears."),
                Outcome.SET_UP_PROBLEM,
                UNLIKELY,
                "arrears",
            ),
            Case(
                "init-aliyun-wrong-url",
                "I404NF",
                _("No interface stands at this address."),
                Outcome.SET_UP_PROBLEM,
                UNLIKELY,
                "wrong-url",
            ),
            Case(
                "init-aliyun-wrong-parameters",
                "I400IP",
                _("The parameters travelled where this market does not look for them."),
                Outcome.SET_UP_PROBLEM,
                UNLIKELY,
                "wrong-parameters",
            ),
            Case(
                "init-aliyun-throttled",
                "T429PA",
                _("Too many calls at once; it says how long to wait."),
                Outcome.TOO_MANY_CALLS,
                UNLIKELY,
                "gateway",
            ),
            Case(
                "init-aliyun-bad-signature",
                "A403IS",
                _("Signed with a wrong secret, or changed on the way."),
                Outcome.SET_UP_PROBLEM,
                UNLIKELY,
                "bad-signature",
            ),
            Case(
                "init-aliyun-clock-skew",
                "HTTP 400",
                _("The time that was signed is too far off."),
                Outcome.SET_UP_PROBLEM,
                UNLIKELY,
                "clock-skew",
            ),
            Case(
                "init-huawei-bad-key",
                "APIG.0303",
                _("Huawei: the AppCode or the AppKey is wrong."),
                Outcome.SET_UP_PROBLEM,
                UNLIKELY,
                "bad-key",
            ),
            Case(
                "init-huawei-not-bought",
                "APIG.0304",
                _("Huawei: the application may not use this interface."),
                Outcome.SET_UP_PROBLEM,
                UNLIKELY,
                "not-bought",
            ),
            Case(
                "init-huawei-used-up",
                "APIGW.0501",
                _("Huawei: the calls that were bought are used up."),
                Outcome.SET_UP_PROBLEM,
                UNLIKELY,
                "used-up",
            ),
            Case(
                "init-huawei-throttled",
                "APIG.0308",
                _("Huawei: too many calls at once."),
                Outcome.TOO_MANY_CALLS,
                UNLIKELY,
                "gateway",
            ),
            Case(
                "init-tencent-bad-signature",
                "HTTP 401",
                _("Tencent: the signature does not match; said in words, without a code."),
                Outcome.SET_UP_PROBLEM,
                UNLIKELY,
                "bad-signature",
            ),
            Case(
                "init-tencent-clock-skew",
                "HTTP 401",
                _("Tencent: the date that was signed is out of date."),
                Outcome.SET_UP_PROBLEM,
                UNLIKELY,
                "clock-skew",
            ),
            Case(
                "init-baidu-bad-key",
                "SignatureAppInvalid",
                _("Baidu: the AppCode is wrong; its codes are words."),
                Outcome.SET_UP_PROBLEM,
                UNLIKELY,
                "bad-key",
            ),
            Case(
                "result-aliyun-504",
                "D504TO",
                _("The service behind the gateway did not answer; here on the result."),
                Outcome.SERVICE_TROUBLE,
                OPEN,
                "gateway",
            ),
        ),
    ),
    Group(
        "network",
        _("On the way"),
        _("What networks and servers in between do to an answer."),
        (
            Case(
                "result-slow",
                "…",
                _("The answer takes three seconds, and then it is right."),
                Outcome.PASSED,
                LIKELY,
            ),
            Case(
                "init-never",
                "–",
                _("No answer comes. This takes some seconds."),
                Outcome.SERVICE_TROUBLE,
                OPEN,
                "network",
            ),
            Case(
                "init-reset",
                "–",
                _("The connection is closed before an answer."),
                Outcome.SERVICE_TROUBLE,
                OPEN,
                "network",
            ),
            Case(
                "result-html-502",
                "HTTP 502",
                _("A page of HTML in place of the answer."),
                Outcome.SERVICE_TROUBLE,
                OPEN,
                "gateway",
            ),
            Case(
                "result-half-body",
                "HTTP 200",
                _("The answer breaks off half way."),
                Outcome.OTHER,
                LIKELY,
            ),
            Case(
                "result-not-json",
                "HTTP 200",
                _("The answer is not JSON."),
                Outcome.OTHER,
                LIKELY,
            ),
            Case(
                "result-empty",
                "HTTP 200",
                _("The answer is empty."),
                Outcome.OTHER,
                LIKELY,
            ),
        ),
    ),
    Group(
        "return",
        _("The way back through the browser"),
        _("The address can say anything; the result query decides."),
        (
            Case(
                "return-no-success",
                "success –",
                _("No success in the address, as in a newer version of the service."),
                Outcome.PASSED,
                LIKELY,
            ),
            Case(
                "return-odd-success",
                "success=True",
                _("Written in another way than the document has it."),
                Outcome.PASSED,
                LIKELY,
            ),
            Case(
                "return-false-on-pass",
                "success=false",
                _("The address says no, and the service says yes."),
                Outcome.PASSED,
                LIKELY,
            ),
            Case(
                "return-repeated",
                "success ×2",
                _("Every parameter twice, and the two do not agree."),
                Outcome.PASSED,
                LIKELY,
            ),
        ),
    ),
)

CASES: Final = {case.name: case for group in GROUPS for case in group.cases}


def auth_to_provoke(name: str) -> VendorAuth | None:
    """The credential that makes the sandbox go wrong in that way; None for no name."""
    return AppCodeAuth(CREDENTIAL + name) if name else None
