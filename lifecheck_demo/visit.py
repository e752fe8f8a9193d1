"""What the signed session remembers of a check; nothing in it shows a face."""

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from flask import session

from .challenge import Challenge

# The vendor's rule: from init to the *result query*, in seconds.
LIFETIME: Final = 600
MOST_VISITS: Final = 4
# A browser drops a cookie over 4 KB without a word, and a token may be long.
MOST_CHARACTERS: Final = 2700
SESSION_KEY: Final = "visits"
# Dates end with the year 9999.
LAST_MOMENT: Final = 253_402_300_800
ID_LENGTH: Final = 16
ID_SHAPE: Final = re.compile(rf"[A-Za-z0-9_-]{{{ID_LENGTH}}}")


@dataclass(frozen=True)
class Visit:
    """One check as this browser started it.

    `token` is empty when init failed. `return_path` is the mini-program path, or empty
    for a web page. `what_if` names what the sandbox was asked to do wrong. A `guest` is
    the phone that does a check for another screen: it never sees the result. `page` is
    the camera page where the vendor has named one for this check. Times are seconds
    since the epoch.
    """

    id: str
    started_at: float
    colours: tuple[str, ...]
    actions: tuple[str, ...]
    token: str = field(default="", repr=False)
    return_path: str = ""
    what_if: str = ""
    guest: bool = False
    page: str = field(default="", repr=False)

    def to_record(self) -> dict[str, Any]:
        """As it is kept in the session and in the store."""
        return {**vars(self)}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Visit":
        """The inverse of `to_record`; raises `KeyError` or `TypeError` for others."""
        lists = {name: tuple(record[name]) for name in ("colours", "actions")}
        visit = cls(**{**record, **lists})
        texts = (visit.id, visit.token, visit.return_path, visit.what_if, visit.page)
        if not all(isinstance(t, str) for t in (*texts, *visit.colours, *visit.actions)):
            raise TypeError("a text is none")
        if not (0 <= visit.started_at < LAST_MOMENT and is_id(visit.id)):
            raise TypeError("no time, or no id")
        return visit

    @property
    def challenge(self) -> Challenge:
        """The settings, to start again with."""
        return Challenge(self.colours, self.actions)

    @property
    def deadline(self) -> float:
        """When the vendor stops answering for this check."""
        return self.started_at + LIFETIME

    def seconds_left(self, now: float) -> int:
        """To be counted down; all of them where the clock was set back since."""
        return max(0, min(LIFETIME, int(self.deadline - now)))

    def owns(self, token: str) -> bool:
        """Whether *token* is this check's."""
        return bool(self.token) and secrets.compare_digest(
            self.token.encode(), token.encode()
        )


def new_id() -> str:
    """An unguessable name for a check, fit for a path (16 URL-safe characters)."""
    return secrets.token_urlsafe(12)


def is_id(text: str) -> bool:
    """Whether *text* has the shape of `new_id`."""
    return bool(ID_SHAPE.fullmatch(text))


def forgotten_key(check_id: str) -> str:
    """What stands in the store under it says that nothing of a check is kept any more."""
    return f"forgotten:{check_id}"


def remember(visit: Visit) -> list[Visit]:
    """Put *visit* first among the checks of this browser; those it has no room for.

    Nobody can come back to one of these: what is kept of it has no use any more.
    """
    before = visits()
    others = [v for v in before if v.id != visit.id]
    kept = [v.to_record() for v in (visit, *others)][:MOST_VISITS]
    while len(kept) > 1 and len(json.dumps(kept)) > MOST_CHARACTERS:
        kept.pop()
    session[SESSION_KEY] = kept
    ids = {record["id"] for record in kept}
    return [old for old in before if old.id not in ids]


def recall(check_id: str) -> Visit | None:
    """The check that this browser started under *check_id*, if it did."""
    return next((visit for visit in visits() if visit.id == check_id), None)


def recall_own(check_id: str) -> Visit | None:
    """The same, unless this browser only does it for another screen."""
    visit = recall(check_id)
    return None if visit and visit.guest else visit


def forget(check_id: str) -> None:
    """Take a check out of the session."""
    session[SESSION_KEY] = [v.to_record() for v in visits() if v.id != check_id]


def visits() -> list[Visit]:
    """This browser's checks, newest first; a record of an older shape is left out."""
    kept: list[dict[str, Any]] = session.get(SESSION_KEY, [])
    found = []
    for record in kept:
        try:
            found.append(Visit.from_record(record))
        except (TypeError, KeyError):
            continue
    return found
