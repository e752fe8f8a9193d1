"""Colours, actions and the vendor's rules for combining them; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _


class Kind(StrEnum):
    """Which half of a flash a colour can be."""

    BRIGHT = "bright"
    DARK = "dark"


@dataclass(frozen=True)
class Colour:
    """A colour of the vendor's palette."""

    hex: str
    kind: Kind
    name: LazyString
    recommended: bool = False


# Two of these codes are broken across pages in the vendor's document; both are whole
# here, as its other customers send them.
PALETTE: Final = (
    Colour("#FFFFFF", Kind.BRIGHT, _("White"), recommended=True),
    Colour("#FFD9E3", Kind.BRIGHT, _("Rose")),
    Colour("#D8D6FF", Kind.BRIGHT, _("Lavender")),
    Colour("#CFF9FF", Kind.BRIGHT, _("Ice blue")),
    Colour("#FFCEFD", Kind.BRIGHT, _("Orchid")),
    Colour("#D8FFCD", Kind.BRIGHT, _("Mint")),
    Colour("#FFF4CB", Kind.BRIGHT, _("Cream")),
    Colour("#000000", Kind.DARK, _("Black"), recommended=True),
    Colour("#3B3C04", Kind.DARK, _("Olive")),
    Colour("#183C03", Kind.DARK, _("Forest")),
    Colour("#063C28", Kind.DARK, _("Pine")),
    Colour("#063C3A", Kind.DARK, _("Teal")),
    Colour("#060D3C", Kind.DARK, _("Navy")),
    Colour("#3C0636", Kind.DARK, _("Plum")),
)
COLOUR_BY_HEX: Final = {colour.hex: colour for colour in PALETTE}


@dataclass(frozen=True)
class Action:
    """An action the visitor can be asked for; left and right are the visitor's own."""

    name: str
    words: LazyString


ACTIONS: Final = (
    Action("LookFront", _("Look straight ahead")),
    Action("LookLeft", _("Turn left")),
    Action("LookRight", _("Turn right")),
    Action("LookUp", _("Look up")),
    Action("LookDown", _("Look down")),
    Action("OpenMouth", _("Open your mouth")),
    Action("BlinkEye", _("Blink")),
    Action("ShakeHead", _("Shake your head")),
    Action("NodHead", _("Nod")),
)
ACTION_BY_NAME: Final = {action.name: action for action in ACTIONS}


@dataclass(frozen=True)
class Challenge:
    """What a visitor will be asked to do: a set of colours and a sequence of actions."""

    colours: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()

    @property
    def flashes(self) -> bool:
        """Whether the screen will flash."""
        return bool(self.colours)

    def same_as(self, other: "Challenge") -> bool:
        """Whether both ask the same: the order of colours means nothing."""
        return set(self.colours) == set(other.colours) and self.actions == other.actions


@dataclass(frozen=True)
class Scenario:
    """A named challenge to start from."""

    name: str
    title: LazyString
    summary: LazyString
    seconds: int
    challenge: Challenge


SCENARIOS: Final = (
    Scenario(
        "silent",
        _("Silent"),
        _("The visitor only looks at the camera."),
        6,
        Challenge(),
    ),
    Scenario(
        "actions",
        _("Actions"),
        _("The visitor follows prompts in order."),
        12,
        Challenge(actions=("LookFront", "LookLeft", "BlinkEye")),
    ),
    Scenario(
        "flash",
        _("Flash"),
        _("The screen lights the face with colours."),
        10,
        Challenge(colours=("#FFFFFF", "#000000")),
    ),
    Scenario(
        "flash-actions",
        _("Flash + actions"),
        _("Colours while looking ahead, then prompts."),
        18,
        Challenge(
            colours=("#FFFFFF", "#D8D6FF", "#000000", "#060D3C"),
            actions=("LookFront", "LookLeft", "OpenMouth"),
        ),
    ),
)


class Rule(StrEnum):
    """A rule of the vendor's document, or (the last three) a reason to think twice."""

    NEEDS_DARK = "needs-dark"
    NEEDS_BRIGHT = "needs-bright"
    NEEDS_LOOK_FRONT = "needs-look-front"
    UNKNOWN_COLOUR = "unknown-colour"
    UNKNOWN_ACTION = "unknown-action"
    TOO_MANY_ACTIONS = "too-many-actions"
    SINGLE_COLOUR = "single-colour"
    REPEATED_ACTION = "repeated-action"
    LONG_SEQUENCE = "long-sequence"


WARNINGS: Final = frozenset({Rule.SINGLE_COLOUR, Rule.REPEATED_ACTION, Rule.LONG_SEQUENCE})
ABOUT_COLOURS: Final = frozenset(
    {Rule.NEEDS_DARK, Rule.NEEDS_BRIGHT, Rule.UNKNOWN_COLOUR, Rule.SINGLE_COLOUR}
)
COMFORTABLE_ACTIONS: Final = 4
# The vendor states no maximum; this one keeps the parameter and the patience finite.
MOST_ACTIONS: Final = 12
# A form or link may say anything; no more of it than this is read.
MOST_NAMES: Final = 32
MOST_CHARACTERS: Final = 32


@dataclass(frozen=True)
class Remark:
    """A rule that a challenge breaks (or strains), and the challenge that mends it."""

    rule: Rule
    mended: Challenge
    culprit: str = ""

    @property
    def is_warning(self) -> bool:
        """Whether the challenge can be sent all the same."""
        return self.rule in WARNINGS

    @property
    def about(self) -> str:
        """Which half of the challenge it bites: `colours` or `actions`."""
        return "colours" if self.rule in ABOUT_COLOURS else "actions"


def remarks_on(challenge: Challenge) -> list[Remark]:
    """Hold a challenge against the rules of the vendor's document, in reading order."""
    colours, actions = challenge.colours, challenge.actions
    remarks: list[Remark] = []

    known = tuple(c for c in colours if c in COLOUR_BY_HEX)
    for colour in colours:
        if colour not in COLOUR_BY_HEX:
            mended = Challenge(known, actions)
            remarks.append(Remark(Rule.UNKNOWN_COLOUR, mended, colour))
    kinds = {COLOUR_BY_HEX[c].kind for c in known}
    if len(colours) > 1 and kinds == {Kind.BRIGHT}:
        mended = Challenge((*colours, "#000000"), actions)
        remarks.append(Remark(Rule.NEEDS_DARK, mended))
    if len(colours) > 1 and kinds == {Kind.DARK}:
        mended = Challenge(("#FFFFFF", *colours), actions)
        remarks.append(Remark(Rule.NEEDS_BRIGHT, mended))
    if len(colours) == 1 and kinds:
        partner = "#000000" if kinds == {Kind.BRIGHT} else "#FFFFFF"
        mended = Challenge((*colours, partner), actions)
        remarks.append(Remark(Rule.SINGLE_COLOUR, mended))

    for action in actions:
        if action not in ACTION_BY_NAME:
            rest = tuple(a for a in actions if a in ACTION_BY_NAME)
            remarks.append(Remark(Rule.UNKNOWN_ACTION, Challenge(colours, rest), action))
    if colours and actions and "LookFront" not in actions:
        mended = Challenge(colours, ("LookFront", *actions))
        remarks.append(Remark(Rule.NEEDS_LOOK_FRONT, mended))
    once = tuple(dict.fromkeys(actions))
    if len(once) < len(actions):
        remarks.append(Remark(Rule.REPEATED_ACTION, Challenge(colours, once)))
    if len(actions) > MOST_ACTIONS:
        shorter = Challenge(colours, actions[:MOST_ACTIONS])
        remarks.append(Remark(Rule.TOO_MANY_ACTIONS, shorter))
    elif len(actions) > COMFORTABLE_ACTIONS:
        shorter = Challenge(colours, actions[:COMFORTABLE_ACTIONS])
        remarks.append(Remark(Rule.LONG_SEQUENCE, shorter))
    return remarks


def parse_challenge(colours: Sequence[str], actions: Sequence[str]) -> Challenge:
    """Read what a form or a link says, tolerantly.

    Each value may be one name or several, separated by commas of half or full width
    (the vendor's document prints both). Colours are taken in any case, with or without
    their `#`, each once; actions keep their order and their repeats. Unknown names are
    kept, for `remarks_on` to name.
    """
    wanted = dict.fromkeys(_colour_code(value) for value in _split(colours))
    return Challenge(tuple(wanted), tuple(_split(actions)))


def _split(values: Sequence[str]) -> list[str]:
    parts = (part for value in values for part in value.replace("，", ",").split(","))
    names = (part.strip()[:MOST_CHARACTERS] for part in parts if part.strip())
    return list(islice(names, MOST_NAMES))


def _colour_code(value: str) -> str:
    return "#" + value.lstrip("#").upper()
