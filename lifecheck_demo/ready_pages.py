"""Pages that are alike for many: made once, then filled in for each visitor."""

import re
import secrets
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from . import packing

# A page is made anew after so many seconds: it may show something that nobody thought of.
LASTS: Final = 5.0
# It is packed once for all who come meanwhile, and may take a millisecond or two.
LEVEL: Final = 9
# An address that a page shows is the visitor's word: whoever invents some gains nothing.
MOST_PAGES: Final = 32


@dataclass
class Page:
    """A page cut at its blanks: every other piece is the name of one."""

    pieces: list[str]
    until: float

    def filled(self, filling: Mapping[str, str]) -> str:
        """The page with *filling* in its blanks, by their names."""
        pieces = self.pieces[:]
        pieces[1::2] = [filling[name] for name in pieces[1::2]]
        return "".join(pieces)

    def packed(self, filling: Mapping[str, str]) -> bytes:
        """The same as gzip; what is filled in stands there as it is."""
        parts = self._parts[:]
        for place in range(1, len(parts), 2):
            parts[place] = packing.as_it_is(filling[self.pieces[place]].encode())
        return packing.joined(parts)

    @cached_property
    def _parts(self) -> list[packing.Part]:
        return [packing.packed(piece.encode(), LEVEL) for piece in self.pieces]


class ReadyPages:
    """Pages with *blanks*, each of them a name and how many characters fill it.

    What stands in a page that is kept is made with marks in its blanks, never with what
    belongs to a visitor. Shared by threads; *clock* measures seconds.
    """

    def __init__(
        self,
        blanks: Mapping[str, int],
        *,
        lasts: float = LASTS,
        most: int = MOST_PAGES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # Nobody can know them beforehand, and so have them filled in elsewhere.
        self.marks = {
            name: secrets.token_urlsafe(length)[:length] for name, length in blanks.items()
        }
        self._names = {mark: name for name, mark in self.marks.items()}
        self._cut = re.compile(f"({'|'.join(map(re.escape, self._names))})")
        self._lasts = lasts
        self._most = most
        self._clock = clock
        self._pages: dict[Hashable, Page] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._pages)

    def page(self, key: Hashable, make: Callable[[], str]) -> Page:
        """The page of *key*, to be filled in.

        *make* is called now and then: its page has `marks` where the blanks are. *key*
        holds everything else that it depends on.
        """
        return self._kept(key) or self._keep(key, make())

    def _kept(self, key: Hashable) -> Page | None:
        now = self._clock()
        with self._lock:
            page = self._pages.get(key)
            if page is None or now < page.until:
                return page
            # One makes it anew; until that is done the others go on with this one.
            page.until = now + self._lasts
            return None

    def _keep(self, key: Hashable, text: str) -> Page:
        pieces = self._cut.split(text)
        pieces[1::2] = [self._names[mark] for mark in pieces[1::2]]
        page = Page(pieces, self._clock() + self._lasts)
        with self._lock:
            self._pages.pop(key, None)
            while len(self._pages) >= self._most:
                del self._pages[next(iter(self._pages))]
            self._pages[key] = page
        return page
