"""Pages that are alike for many: made once, then filled in for each visitor."""

import re
import secrets
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Final

# A page is made anew after so many seconds: it may show something that nobody thought of.
LASTS: Final = 5.0
# An address that a page shows is the visitor's word: whoever invents some gains nothing.
MOST_PAGES: Final = 32


@dataclass
class _Page:
    """A page cut at its blanks, with the marks between its pieces."""

    pieces: list[str]
    until: float


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
        self._pages: dict[Hashable, _Page] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._pages)

    def filled(
        self, key: Hashable, make: Callable[[], str], filling: Mapping[str, str]
    ) -> str:
        """The page of *key* with *filling* in its blanks.

        *make* is called now and then: its page has `marks` where the blanks are. *key*
        holds everything else that it depends on.
        """
        page = self._kept(key)
        if page is None:
            page = self._keep(key, make())
        told = (filling[self._names[p]] if p in self._names else p for p in page.pieces)
        return "".join(told)

    def _kept(self, key: Hashable) -> _Page | None:
        now = self._clock()
        with self._lock:
            page = self._pages.get(key)
            if page is None or now < page.until:
                return page
            # One makes it anew; until that is done the others go on with this one.
            page.until = now + self._lasts
            return None

    def _keep(self, key: Hashable, text: str) -> _Page:
        page = _Page(self._cut.split(text), self._clock() + self._lasts)
        with self._lock:
            self._pages.pop(key, None)
            while len(self._pages) >= self._most:
                del self._pages[next(iter(self._pages))]
            self._pages[key] = page
        return page
