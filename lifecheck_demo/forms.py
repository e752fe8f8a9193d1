"""The challenge form; hands over a challenge and an InitRequest."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from flask import request
from flask_babel import lazy_gettext as _
from flask_wtf.csrf import validate_csrf
from werkzeug.datastructures import MultiDict
from wtforms import ValidationError

from .cases import CASES
from .challenge import SCENARIOS, Challenge, Remark, parse_challenge, remarks_on
from .client import InitRequest
from .snippets import DEFAULT, LANGUAGES, Language

MOST_RETURN_CHARACTERS: Final = 128
DEFAULT_SCENARIO: Final = "actions"
DEFAULT_RETURN_PATH: Final = "/pages/lifecheck/result"
RETURN_MODES: Final = {"web": _("This page"), "mini-program": _("A mini-program")}
BOXES: Final = ("flash_ok", "without_flashing", "on_phone")
# What a box, or a button, says that is not pressed.
LEFT_OPEN: Final = frozenset({"", "false"})
TEXTS: Final = ("ticket", "what_if", "return_mode", "return_path", "code")
# An in-app path: from the root, one slash, no host, nothing invisible.
APP_PATH: Final = re.compile(r"/(?!/)[\x21-\x7e]*")


@dataclass
class ChallengeForm:
    """What to ask of the visitor, and where to send them afterwards: as it was said.

    A value of `colors` and `actions` is one name, or several with commas. `can_start`
    finds out whether the form is `is_outdated`, and `asks_too_much` of this vendor.
    """

    colors: Sequence[str] = ()
    actions: Sequence[str] = ()
    flash_ok: bool = False
    without_flashing: bool = False
    on_phone: bool = False
    ticket: str = ""
    what_if: str = ""
    return_mode: str = "web"
    return_path: str = DEFAULT_RETURN_PATH
    code: str = ""
    is_outdated: bool = False
    asks_too_much: bool = False

    @classmethod
    def sent(cls) -> "ChallengeForm":
        """The form that this request brings."""
        said = request.form
        told: dict[str, Any] = {n: said[n] for n in TEXTS if n in said}
        told |= {n: said.get(n, "") not in LEFT_OPEN for n in BOXES}
        return cls(said.getlist("colors"), said.getlist("actions"), **told)

    @classmethod
    def preset(cls, query: MultiDict[str, str]) -> "ChallengeForm":
        """The form as a link asks for it; without wishes, the default scenario."""
        return cls(**_wishes(query))

    @cached_property
    def challenge(self) -> Challenge:
        """What was chosen; colours are gone when *without flashing* was pressed."""
        challenge = parse_challenge(self.colors, self.actions)
        if self.without_flashing:
            return Challenge(actions=challenge.actions)
        return challenge

    @property
    def remarks(self) -> list[Remark]:
        """What the vendor's rules say to the choice."""
        return remarks_on(self.challenge)

    @property
    def has_faults(self) -> bool:
        """Whether the vendor would refuse the choice."""
        return any(not remark.is_warning for remark in self.remarks)

    @property
    def awaits_gate(self) -> bool:
        """Whether the screen would flash before anybody agreed to it."""
        return self.challenge.flashes and not self.flash_ok

    @property
    def has_unknown_mode(self) -> bool:
        """Whether the visitor is to return to neither a page nor a mini-program."""
        return self.return_mode not in RETURN_MODES

    @property
    def app_path(self) -> str:
        """The mini-program path to return to, or empty for this page."""
        if self.return_mode != "mini-program":
            return ""
        return self.return_path.strip()

    @property
    def path_problem(self) -> str:
        """What is wrong with the mini-program path: a word for the page, or empty."""
        if self.return_mode != "mini-program":
            return ""
        if len(self.app_path) > MOST_RETURN_CHARACTERS:
            return "too-long"
        return "" if APP_PATH.fullmatch(self.app_path) else "not-a-path"

    @property
    def code_language(self) -> Language:
        """The language that the page's code is written in."""
        return LANGUAGES.get(self.code, LANGUAGES[DEFAULT])

    def can_start(self, *, can_provoke: bool) -> bool:
        """Whether everything needed to begin has been said, and rightly.

        Only a sandbox can be made to go wrong: the live service has no magic
        credentials, and every call to it may be charged.
        """
        self.is_outdated = not _counts(request.form.get("csrf_token"))
        cases = CASES if can_provoke else {}
        self.asks_too_much = bool(self.what_if) and self.what_if not in cases
        return not (
            self.is_outdated
            or self.asks_too_much
            or self.has_unknown_mode
            or self.has_faults
            or self.path_problem
            or self.awaits_gate
        )

    def to_request(self, return_url: str) -> InitRequest:
        """What the vendor is asked for."""
        challenge = self.challenge
        return InitRequest(return_url, challenge.colours, challenge.actions)


def _counts(token: str | None) -> bool:
    """Whether a form's token is one of this browser's."""
    try:
        validate_csrf(token)
    except ValidationError:
        return False
    return True


def _wishes(query: MultiDict[str, str]) -> Mapping[str, Any]:
    wishes: dict[str, Any] = {}
    named = {scenario.name: scenario.challenge for scenario in SCENARIOS}
    if "colors" not in query and "actions" not in query:
        scenario = query.get("scenario", DEFAULT_SCENARIO)
        challenge = named.get(scenario, named[DEFAULT_SCENARIO])
        wishes = {"colors": challenge.colours, "actions": challenge.actions}
    else:
        wishes = {name: query.getlist(name) for name in ("colors", "actions")}
    wishes["code"] = query.get("code", "")
    if query.get("return_mode") == "mini-program":
        wishes["return_mode"] = "mini-program"
        wishes["return_path"] = query.get("return_path", DEFAULT_RETURN_PATH)
    return wishes
