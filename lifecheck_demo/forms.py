"""The challenge form; hands over a challenge and an InitRequest."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, HiddenField, StringField
from wtforms.validators import AnyOf

from .cases import CASES
from .challenge import SCENARIOS, Challenge, Remark, parse_challenge, remarks_on
from .client import InitRequest
from .snippets import DEFAULT, LANGUAGES, Language

MOST_RETURN_CHARACTERS: Final = 128
DEFAULT_SCENARIO: Final = "actions"
DEFAULT_RETURN_PATH: Final = "/pages/lifecheck/result"
RETURN_MODES: Final = {"web": _("This page"), "mini-program": _("A mini-program")}
# An in-app path: from the root, one slash, no host, nothing invisible.
APP_PATH: Final = re.compile(r"/(?!/)[\x21-\x7e]*")


class NamesField(Field):  # type: ignore[misc]  # WTForms has no types
    """Names said by repeating the field, or in one value with commas."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep the values as they came; `ChallengeForm.challenge` reads them."""
        self.data = valuelist


class _Tokens(FlaskForm.Meta.csrf_class):  # type: ignore[misc]
    """Checks the token that came; the page's own is made where the page shows it."""

    def generate_csrf_token(self, csrf_token_field: Field) -> str:
        """None: most forms that come are never shown again."""
        del csrf_token_field
        return ""


class ChallengeForm(FlaskForm):  # type: ignore[misc]
    """What to ask of the visitor, and where to send them afterwards."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """How its token is handled."""

        csrf_class = _Tokens

    colors = NamesField(default=())
    actions = NamesField(default=())
    flash_ok = BooleanField()
    without_flashing = BooleanField()
    on_phone = BooleanField()
    ticket = HiddenField()
    what_if = HiddenField(default="", validators=[AnyOf(("", *CASES))])
    return_mode = StringField(default="web", validators=[AnyOf(tuple(RETURN_MODES))])
    return_path = StringField(default=DEFAULT_RETURN_PATH)
    code = HiddenField(default="")

    @classmethod
    def preset(cls, query: MultiDict[str, str]) -> "ChallengeForm":
        """The form as a link asks for it; without wishes, the default scenario."""
        return cls(formdata=None, data=_wishes(query))

    @cached_property
    def challenge(self) -> Challenge:
        """What was chosen; colours are gone when *without flashing* was pressed."""
        challenge = parse_challenge(self.colors.data or (), self.actions.data or ())
        if self.without_flashing.data:
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
        return self.challenge.flashes and not self.flash_ok.data

    @property
    def app_path(self) -> str:
        """The mini-program path to return to, or empty for this page."""
        if self.return_mode.data != "mini-program":
            return ""
        return (self.return_path.data or "").strip()

    @property
    def path_problem(self) -> str:
        """What is wrong with the mini-program path: a word for the page, or empty."""
        if self.return_mode.data != "mini-program":
            return ""
        if len(self.app_path) > MOST_RETURN_CHARACTERS:
            return "too-long"
        return "" if APP_PATH.fullmatch(self.app_path) else "not-a-path"

    @property
    def code_language(self) -> Language:
        """The language that the page's code is written in."""
        return LANGUAGES.get(self.code.data or "", LANGUAGES[DEFAULT])

    def can_start(self, *, can_provoke: bool) -> bool:
        """Whether everything needed to begin has been said, and rightly.

        Only a sandbox can be made to go wrong: the live service has no magic
        credentials, and every call to it may be charged.
        """
        more = {} if can_provoke else {"what_if": [AnyOf(("",))]}
        return (
            bool(self.validate_on_submit(extra_validators=more))
            and not self.has_faults
            and not self.path_problem
            and not self.awaits_gate
        )

    def to_request(self, return_url: str) -> InitRequest:
        """What the vendor is asked for."""
        challenge = self.challenge
        return InitRequest(return_url, challenge.colours, challenge.actions)


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
