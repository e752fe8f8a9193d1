"""What may be shown of a text that others wrote: no secrets, and not all of it."""

import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final
from urllib.parse import quote, quote_plus

DOTS: Final = "••••••"
# Shorter than this, the first four and last two characters would be most of it.
LEAST_SHOWN: Final = 12
# An echo shorter than this is a coincidence: masking it would only shred the text.
LEAST_SECRET: Final = 4
# Long enough, and nothing in it is written otherwise anywhere.
PLAIN: Final = re.compile(rf"[A-Za-z0-9_.~-]{{{LEAST_SECRET},}}")
# Any unbroken run of this length may be a token that nobody has told us about.
TOKEN_LIKE: Final = re.compile(r"[A-Za-z0-9_\-+=%]{16,}")
NAMED_SECRET: Final = re.compile(
    r"""(["']?(?:token|faceImageUrl|appcode|secret(?:id|key)?|sign(?:ature)?)["']?\s*[:=]\s*["']?)([^"'&\s,}<]+)""",
    re.IGNORECASE,
)
# Letters that a pattern takes for i or s, and lower case does not.
LIKE_ASCII: Final = re.compile("[İıſ]")
ADDRESS: Final = re.compile(r"(https?:\\?/\\?/)[^\s\"'<>]+", re.IGNORECASE)


def mask(secret: str) -> str:
    """A token as its first four and last two characters; a short one as dots."""
    if len(secret) < LEAST_SHOWN:
        return DOTS
    return f"{secret[:4]}…{secret[-2:]}"


def tidy(text: str) -> str:
    """*text* on one line, without anything that does not show."""
    line = " ".join(text.split())
    return line if line.isprintable() else "".join(c for c in line if c.isprintable())


@dataclass(frozen=True)
class Secrets:
    """What a call keeps to itself: credentials show as dots, tokens by their ends."""

    credentials: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({DOTS})"

    def and_proof(self, proof: tuple[str, ...]) -> "Secrets":
        """The same, and what one attempt has proved itself with."""
        return replace(self, credentials=(*self.credentials, *proof)) if proof else self

    def text(self, text: str, limit: int) -> str:
        """*text* tidied, with echoes of our secrets masked, cut to *limit*."""
        tidied = tidy(text)
        for form, shown in self._echoes:
            tidied = _replace(tidied, form, shown)
        return tidied[:limit]

    @cached_property
    def _echoes(self) -> tuple[tuple[str, str], ...]:
        """Every way in which a secret may be repeated, and what is shown instead."""
        return tuple(
            (form, shown or mask(secret))
            for shown, secrets in (("", self.tokens), (DOTS, self.credentials))
            # One may be a part of another.
            for secret in sorted(secrets, key=len, reverse=True)
            for form in _forms(secret)
        )

    def excerpt(self, text: str, limit: int) -> str:
        """Like `text`, with everything masked that could be a secret unknown to us.

        An answer that cannot be read may hold the token that it was meant to bring, or
        a photo's address.
        """
        known = self.text(text[: 32 * limit], 32 * limit)
        named = NAMED_SECRET.sub(lambda m: m[1] + mask(m[2]), known)
        without = ADDRESS.sub(lambda m: m[1] + "…", named)
        return TOKEN_LIKE.sub(lambda m: mask(m[0]), without)[:limit]


def _forms(secret: str) -> Iterable[str]:
    """The ways in which an answer may repeat *secret*, the longest first."""
    if PLAIN.fullmatch(secret):
        return (secret,)
    forms = {
        secret,
        quote(secret, safe="", errors="replace"),
        quote_plus(secret, errors="replace"),
        html.escape(secret),
        json.dumps(secret)[1:-1],
    }
    return sorted((f for f in forms if len(f) >= LEAST_SECRET), key=len, reverse=True)


def _replace(text: str, secret: str, shown: str) -> str:
    # A pattern costs more than all the rest; nearly always there is no echo.
    is_plain = secret.isascii() and not LIKE_ASCII.search(text)
    if is_plain and secret.lower() not in text.lower():
        return text
    return re.sub(re.escape(secret), lambda _: shown, text, flags=re.IGNORECASE)
