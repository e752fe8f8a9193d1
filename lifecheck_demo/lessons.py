"""The tutorial as data: its steps, what to try in them, and the mistakes that bite."""

from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from .forms import APP_PATH, MOST_RETURN_CHARACTERS
from .outcomes import Outcome


@dataclass(frozen=True)
class Lesson:
    """One step; `name` is its address below the tutorial's own, empty for the first.

    `then` is where to go on when a check that was begun in this step has come back.
    """

    name: str
    title: LazyString
    lead: LazyString
    then: str = ""


LESSONS: Final = (
    Lesson(
        "",
        _("What a check is"),
        _(
            "Somebody looks into a camera, and the service says whether a live person "
            "was there. Three parties take part, and one token holds them together."
        ),
    ),
    Lesson(
        "set-up",
        _("What you need"),
        _(
            "Two addresses and a key, all three kept on your server; for the visitor’s "
            "browser, the address of the camera page."
        ),
        "set-up",
    ),
    Lesson(
        "init",
        _("Ask for a token"),
        _(
            "Your server says what the visitor shall do and where to send them "
            "afterwards. The answer is a token, good for this one check."
        ),
        "init",
    ),
    Lesson(
        "camera",
        _("Go to the camera page"),
        _(
            "Send the whole browser to the service’s page with the token in its address. "
            "All that happens there is between the visitor and the service."
        ),
        "return",
    ),
    Lesson(
        "return",
        _("The way back proves nothing"),
        _(
            "The service sends the browser to your returnUrl and adds token and success. "
            "Both come through the visitor’s hands, and anybody can type them."
        ),
        "return",
    ),
    Lesson(
        "result",
        _("Ask for the result"),
        _(
            "From your server, at once when the visitor is back, with the token of their "
            "own session. This answer alone decides."
        ),
        "result",
    ),
    Lesson(
        "faults",
        _("When it goes wrong"),
        _(
            "Gateways refuse, networks break, services rest. Decide beforehand what is "
            "asked again, what is mended first, and that none of it ever counts as a pass."
        ),
        "faults",
    ),
    Lesson(
        "program",
        _("The whole program"),
        _(
            "All of it in one file, for the language you use. It runs against a sandbox "
            "as it stands; going live changes the addresses and adds the key."
        ),
        "program",
    ),
)
BY_NAME: Final = {lesson.name: lesson for lesson in LESSONS}


@dataclass(frozen=True)
class Example:
    """Parameters of init to send with one tap; `back` names the kind of returnUrl."""

    name: str
    title: LazyString
    colours: str = ""
    actions: str = ""
    back: str = "own"
    is_broken: bool = True

    def return_url(self, own: str) -> str:
        """The returnUrl to send, where this demo's is *own*."""
        if self.back == "missing":
            return ""
        if self.back == "too-long":
            return own.ljust(MOST_RETURN_CHARACTERS + 1, "x")
        return own


EXAMPLES: Final = (
    Example("silent", _("Silent"), is_broken=False),
    Example("actions", _("Two actions"), actions="LookFront,BlinkEye", is_broken=False),
    Example(
        "flash",
        _("Flash and an action"),
        colours="#FFFFFF,#000000",
        actions="LookFront,NodHead",
        is_broken=False,
    ),
    Example("no-return", _("No returnUrl"), back="missing"),
    Example("long-return", _("129 characters"), back="too-long"),
    Example("two-bright", _("Bright colours only"), colours="#FFFFFF,#FFD9E3"),
    Example(
        "no-look-front",
        _("Flash without LookFront"),
        colours="#FFFFFF,#000000",
        actions="NodHead",
    ),
    Example("other-colour", _("A colour of your own"), colours="#FF0000"),
    Example("wrong-case", _("Nodhead with a small h"), actions="LookFront,Nodhead"),
)
EXAMPLE_BY_NAME: Final = {example.name: example for example in EXAMPLES}
# A form of this tutorial sends no value longer than that.
MOST_TYPED: Final = 250


def return_problem(back: str) -> str:
    """The rule of the document that *back* breaks as a returnUrl: a word, or empty."""
    if not back:
        return "missing"
    if len(back) > MOST_RETURN_CHARACTERS:
        return "too-long"
    if back.startswith(("http://", "https://")) or APP_PATH.fullmatch(back):
        return ""
    return "no-address"


# What to do after an answer, by what it came to; the document says nothing of it.
AGAIN, LATER, MEND, OVER, DOUBT = "again", "later", "mend", "over", "doubt"
NEXT: Final = {
    Outcome.PASSED: OVER,
    Outcome.PASSED_WITHOUT_PHOTO: OVER,
    Outcome.NOT_PASSED: OVER,
    Outcome.COULD_NOT_FINISH: OVER,
    Outcome.EXPIRED: OVER,
    Outcome.NO_RESULT_YET: AGAIN,
    Outcome.SERVICE_TROUBLE: LATER,
    Outcome.TOO_MANY_CALLS: LATER,
    Outcome.REFUSED: MEND,
    Outcome.SWITCHED_OFF: MEND,
    Outcome.SET_UP_PROBLEM: MEND,
    Outcome.OTHER: DOUBT,
}


@dataclass(frozen=True)
class Mistake:
    """Something that integrations get wrong, what is right, and the step about it."""

    name: str
    wrong: LazyString
    right: LazyString
    lesson: str


@dataclass(frozen=True)
class Topic:
    """Mistakes of the same kind."""

    title: LazyString
    mistakes: tuple[Mistake, ...]


TOPICS: Final = (
    Topic(
        _("Whom you believe"),
        (
            Mistake(
                "success",
                _("Letting success from the address decide"),
                _(
                    "It is a claim that anybody can type, and in JavaScript the text "
                    "“false” counts as true. Ask for the result from your server."
                ),
                "return",
            ),
            Mistake(
                "session",
                _("Asking with whatever token the address brings"),
                _(
                    "Somebody else’s passed token would do. Keep the token in the "
                    "visitor’s session at init, and refuse any other."
                ),
                "return",
            ),
            Mistake(
                "fail-open",
                _("Letting people through when something fails"),
                _(
                    "Only code 200 in an answer you could read is a pass. Time-outs, "
                    "unknown codes and broken answers are none."
                ),
                "faults",
            ),
            Mistake(
                "identity",
                _("Taking a pass for an identity"),
                _(
                    "No name and no document goes in. A pass says that a live person "
                    "was there; who it was, another check has to say."
                ),
                "",
            ),
            Mistake(
                "key",
                _("Putting the key, or the two calls, into a page or an app"),
                _("Whoever opens it can take them. Both calls belong on your server."),
                "set-up",
            ),
        ),
    ),
    Topic(
        _("What you send"),
        (
            Mistake(
                "return-url",
                _("State in the query of returnUrl, or a returnUrl over 128 characters"),
                _(
                    "The service appends ?token=…, and nothing says how it joins that "
                    "to a query of yours. Put state into the path or the session."
                ),
                "init",
            ),
            Mistake(
                "colours",
                _("Several colours, all bright or all dark"),
                _("Two or more need at least one of each kind, out of the 14 listed."),
                "init",
            ),
            Mistake(
                "look-front",
                _("Colours with actions, but without LookFront"),
                _("The flash starts while the visitor looks straight at the camera."),
                "init",
            ),
            Mistake(
                "names",
                _("Nodhead, or the full-width comma of the document’s colour list"),
                _(
                    "Names as they are printed, capitals included, and a plain comma "
                    "between them; the order of actions counts, that of colours does not."
                ),
                "init",
            ),
        ),
    ),
    Topic(
        _("Time and money"),
        (
            Mistake(
                "ten-minutes",
                _("Thinking that ten minutes are for the camera page alone"),
                _(
                    "They run from init to the result query: later the answer is 301, "
                    "even for a pass. Ask at once on the way back."
                ),
                "result",
            ),
            Mistake(
                "polling",
                _("Polling for the result from the start"),
                _(
                    "Which calls are charged is not documented. Ask when the visitor is "
                    "back; after 201 a few times more, with growing pauses."
                ),
                "result",
            ),
            Mistake(
                "keep",
                _("Asking again on every reload"),
                _(
                    "Keep the final answer with your session. Whether a result can be "
                    "asked for twice, and at what price, is not documented."
                ),
                "result",
            ),
            Mistake(
                "retry",
                _("Retrying everything, or nothing"),
                _(
                    "Network failures and 500, 606, 609, 610: a second time after a "
                    "pause. Refusals of parameters or keys: never; mend them first."
                ),
                "faults",
            ),
        ),
    ),
    Topic(
        _("How you read the answer"),
        (
            Mistake(
                "no-photo",
                _("Expecting a photo with every 200"),
                _(
                    "Under load another interface of this vendor has answered 200 with "
                    "empty data. It is a case of its own: decide what you do then."
                ),
                "result",
            ),
            Mistake(
                "technical",
                _("Telling somebody with a blocked camera that they are fake"),
                _(
                    "202 is not passed; 203 could not finish: browser, permission, "
                    "action list. Say which, and how to mend it."
                ),
                "result",
            ),
            Mistake(
                "gateway",
                _("Reading JSON only, or the HTTP status only"),
                _(
                    "The code in the body decides. But gateways answer in their own "
                    "way, with an empty body and the reason in a header."
                ),
                "set-up",
            ),
        ),
    ),
    Topic(
        _("The visitor and their face"),
        (
            Mistake(
                "cookie",
                _("A session cookie with SameSite=Strict"),
                _(
                    "It stays behind when the visitor comes back from another site. Use "
                    "Lax, and one host name: localhost is not 127.0.0.1."
                ),
                "return",
            ),
            Mistake(
                "leaks",
                _("Leaving token and photo address lying about"),
                _(
                    "Whoever has the photo’s address sees the face. Send "
                    "Referrer-Policy: no-referrer, redirect to a clean address, fetch "
                    "the photo on your server."
                ),
                "return",
            ),
            Mistake(
                "flashing",
                _("Starting a flash without having asked"),
                _(
                    "Flashing light can trigger seizures. Warn before it, and offer a "
                    "version without."
                ),
                "camera",
            ),
            Mistake(
                "camera",
                _("Opening the camera page in a frame, or in just any app’s browser"),
                _(
                    "Cameras need https, and not every app’s browser has one. Go there "
                    "with the whole window, and try the phones that your visitors have."
                ),
                "camera",
            ),
        ),
    ),
)
