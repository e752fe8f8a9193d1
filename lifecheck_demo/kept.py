"""What is kept of a visitor, where and for how long: the truth behind page and README."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import lazy_gettext as _


class With(StrEnum):
    """Which service has to answer for a row to be true."""

    BOTH = "both"
    SANDBOX = "sandbox"
    LIVE = "live"


@dataclass(frozen=True)
class Kept:
    """One thing that is kept; `tests/test_privacy.py` holds each row true."""

    service: With
    what: LazyString
    where: LazyString
    until: LazyString


_SANDBOX: Final = _("the sandbox’s store")
_DEMO: Final = _("the demo’s store")

KEPT: Final = (
    Kept(
        With.SANDBOX,
        _("the frames of a run"),
        _("nowhere: they are measured and dropped"),
        _("at once"),
    ),
    Kept(
        With.SANDBOX,
        _("numbers of each frame, the best portrait so far"),
        _SANDBOX,
        _(
            "the verdict, or the run is stopped; ten minutes after the check began at the "
            "latest"
        ),
    ),
    Kept(
        With.SANDBOX,
        _("the face photo of a check that passed"),
        _SANDBOX,
        _("ten minutes, or *forget this check*"),
    ),
    Kept(
        With.SANDBOX,
        _("how a run was judged (numbers only)"),
        _SANDBOX,
        _("ten minutes, or *forget this check*"),
    ),
    Kept(
        With.SANDBOX,
        _(
            "token, settings, return address and outcome; when the visitor consented, and "
            "to which text"
        ),
        _SANDBOX,
        _("a day, or *forget this check*"),
    ),
    Kept(
        With.SANDBOX,
        _("the place in the line before the camera: a digest of the token, and times"),
        _SANDBOX,
        _(
            "the run ends or the visitor leaves; where the page could not say so, until "
            "somebody else comes"
        ),
    ),
    Kept(
        With.LIVE,
        _("the pictures that the camera page takes, and the face photo"),
        _("the service: this demo passes the photo on and keeps no copy"),
        _("as the service’s own terms say; *forget this check* does not reach it"),
    ),
    Kept(
        With.LIVE,
        _("settings, return address, token, and each time the result is asked for"),
        _("the service"),
        _("as the service’s own terms say"),
    ),
    Kept(
        With.LIVE,
        _("when the visitor consented, and to which text"),
        _DEMO,
        _("twenty minutes, or *forget this check*"),
    ),
    Kept(
        With.BOTH,
        _(
            "outcome, code, message, address of the photo; the messages that went over the "
            "wire, secrets masked"
        ),
        _DEMO,
        _("twenty minutes, or *forget this check*"),
    ),
    Kept(
        With.BOTH,
        _("for a phone: token and settings of the check, and that it was opened there"),
        _DEMO,
        _("ten minutes, or *forget this check*"),
    ),
    Kept(
        With.BOTH,
        _("token and settings of a check just begun, in case its answer gets lost"),
        _DEMO,
        _("a minute, or *forget this check*"),
    ),
    Kept(
        With.BOTH,
        _("the number of a check that was begun or forgotten, so that none comes back"),
        _DEMO,
        _("twenty minutes"),
    ),
    Kept(
        With.BOTH,
        _(
            "where checks or wrong access codes are limited: how many there were, under a "
            "number made of the caller’s address or of this browser’s cookie; the address "
            "itself is not kept"
        ),
        _DEMO,
        _("an hour at most"),
    ),
    Kept(
        With.BOTH,
        _(
            "how many calls were made to the service, and how they ended; nothing about "
            "whom"
        ),
        _DEMO,
        _("eight days"),
    ),
    Kept(
        With.BOTH,
        _(
            "token, settings, time of the start, of the latest four checks; how far the "
            "tutorial is"
        ),
        _("a signed cookie"),
        _(
            "twelve hours after it was last written, or *forget this check*; a check that "
            "has no room there any more is forgotten"
        ),
    ),
    Kept(
        With.BOTH,
        _(
            "that the access code was typed; a name for this browser, under which its "
            "checks are counted"
        ),
        _("a signed cookie"),
        _("twelve hours after it was last written"),
    ),
    Kept(
        With.BOTH,
        _("the token, in the addresses of the camera page and of the way back"),
        _("the browser’s history"),
        _("it is cleared in the browser; nobody can use it once the check is over"),
    ),
    Kept(
        With.BOTH,
        _("the chosen language; single keys on or off; that presenter mode is on"),
        _("three cookies"),
        _("a year; a year; twelve hours"),
    ),
    Kept(
        With.BOTH,
        _("which drawers are open, the language of the code"),
        _("the browser’s own storage, never sent"),
        _("it is cleared in the browser"),
    ),
    Kept(
        With.BOTH,
        _("failures and calls: code, duration, a reference number, the token masked"),
        _("the server’s log"),
        _("as long as its operator keeps it"),
    ),
)


def create_privacy(*, sandboxed: bool) -> Blueprint:
    """The page of what is kept here, with the service that answers here."""
    privacy = Blueprint("privacy", __name__)
    here = {With.BOTH, With.SANDBOX if sandboxed else With.LIVE}

    @privacy.get("/privacy")
    def page() -> ResponseReturnValue:
        rows = [row for row in KEPT if row.service in here]
        return render_template("privacy.html", rows=rows, sandboxed=sandboxed)

    return privacy
