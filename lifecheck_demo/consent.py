"""That a visitor agreed to be filmed: when, and to which text; never who it was."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Final

from flask import Flask, request
from flask_babel import force_locale
from flask_babel import lazy_gettext as _

from .desk import KEPT
from .i18n import LANGUAGES
from .store import Put, Store
from .visit import Visit, forgotten_key

# Before the live service's page, which is not ours. The sandbox's page has a box to tick,
# and a text of its own.
SENTENCE: Final = _(
    "Whoever agrees here lets the service film and measure their face on its own page, to "
    "see whether a live person is there, and lets this demo show them the photo, of which "
    "it keeps no copy."
)


@dataclass(frozen=True)
class Consent:
    """Given at a moment (seconds since the epoch) to the text of that version.

    `place` says where: `camera-page` (the sandbox's box), `start` or `phone` (a button
    that says so, before the live service's page).
    """

    given_at: float
    version: str
    place: str


def put_of(visit: Visit, given: Consent) -> Put:
    """What `Consents.note` puts, for whoever changes something else as well."""
    return f"consent:{visit.id}", {**vars(given)}, KEPT


@cache
def version() -> str:
    """Names the sentence as it stands in every language: another one has another name."""
    texts = []
    for language in LANGUAGES:
        with force_locale(language):
            texts.append(str(SENTENCE))
    return sha256("\n".join(texts).encode()).hexdigest()[:8]


class Consents:
    """What visitors agreed to; raises `StoreUnavailable`.

    *at_vendor* knows when, and to which text, somebody agreed on the camera page itself.
    """

    def __init__(
        self,
        store: Store,
        *,
        at_vendor: Callable[[str], tuple[float, str] | None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._at_vendor = at_vendor
        self._clock = clock

    @property
    def asked_here(self) -> bool:
        """Whether this demo has to ask: no page of ours comes after it."""
        return self._at_vendor is None

    def given(self, place: str) -> Consent | None:
        """That the button of this request was pressed below the present text.

        A program that starts a check without having shown it says nothing.
        """
        if self.asked_here and request.form.get("consent") == version():
            return Consent(self._clock(), version(), place)
        return None

    def note(self, visit: Visit, place: str) -> None:
        """Keep what was given, if it was."""
        given = self.given(place)
        if given:
            forgotten = [forgotten_key(visit.id)]
            self._store.put_unless(forgotten, [put_of(visit, given)])

    def of(self, visit: Visit) -> Consent | None:
        """What was agreed to for a check, if anything was."""
        if self._at_vendor:
            told = self._at_vendor(visit.token) if visit.token else None
            return Consent(*told, "camera-page") if told else None
        kept = self._store.get(f"consent:{visit.id}")
        return Consent(**kept) if kept else None

    def missing(self, visit: Visit) -> bool:
        """Whether this demo has to ask before it leads that visitor to the camera."""
        return self.asked_here and self.of(visit) is None

    def init_app(self, app: Flask) -> None:
        """Let every page ask."""
        app.jinja_env.globals.update(
            asks_consent=self.asked_here,
            consent_sentence=SENTENCE,
            consent_version=version,
        )
