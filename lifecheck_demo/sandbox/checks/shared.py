"""The sandbox's state for many machines: a `CheckBook` in one Redis."""

import json
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any, Final

from ..rules import Wish
from . import scripts
from .asking import Asking
from .book import Change, Hours, Line
from .records import (
    KEPT,
    LIFETIME,
    SWEEP_SECONDS,
    Check,
    Ending,
    Run,
    StateUnavailable,
    TooManyRuns,
)
from .sweeping import Sweeping

# So long a caller waits for others, in seconds.
WAIT: Final = 3.0
# A worker that was ended while it changed a run holds it for so long, in seconds.
HELD: Final = 2.5
# Between two looks at something that another one holds, in seconds at most.
PAUSE: Final = 0.01


class SharedBook(Hours):
    """Checks, runs and photos for every machine that is told the same *url*.

    Redis takes pictures away by its own clock, when their time is over.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], float],
        sweep_seconds: float = SWEEP_SECONDS,
    ) -> None:
        super().__init__(clock)
        self._ask = Asking(url)
        self._line = threading.Lock()
        self._last_run = 0.0
        self.on_sweep: Callable[[], None] = lambda: None
        self._sweeping = Sweeping(self._sweep, sweep_seconds)

    # What the API needs

    def start(self, wish: Wish, fault: str = "", version: str = "2") -> str:
        """Begin a check; the answer is its token. *fault* goes wrong with it."""
        token, now = secrets.token_urlsafe(24), self._clock()
        check = Check(
            token=token,
            began_at=now,
            return_url=wish.return_url,
            colours=wish.colours,
            actions=wish.actions,
            origin="",
            outcome="",
            expired=False,
            fault=fault,
            version=version,
        )
        self._ask(scripts.START, token, now, *_record(check))
        return token

    def count_query(self, token: str) -> Check | None:
        """The check of *token*, its result asked for once more."""
        return _check(self._ask(scripts.COUNT_QUERY, token))

    def is_first(self, nonce: str, seconds: float) -> bool:
        """Whether *nonce* was not seen in the last *seconds*; it is kept as long."""
        return bool(self._ask(scripts.IS_FIRST, nonce, self._clock(), seconds))

    def find(self, token: str) -> Check | None:
        """The check of *token*, ended and expired ones included."""
        return _check(self._ask.for_("HGETALL", f"check:{token}"))

    # What the camera page needs

    def note_origin(self, token: str, origin: str) -> None:
        """Keep where the camera page was opened: the photo is served from there."""
        self._ask(scripts.NOTE, token, "origin", origin)

    def note_consent(self, token: str, text: str) -> None:
        """Keep that the visitor agreed to *text* (its version), and when."""
        said = ("consent", text, "consented_at", self._clock())
        self._ask(scripts.NOTE, token, *said)

    def expire(self, token: str) -> None:
        """Let the ten minutes be over now."""
        self._ask(scripts.EXPIRE, token)

    def finish(self, token: str, outcome: str) -> bool:
        """End a check, once, without a camera: false when it had ended already."""
        return bool(
            self._ask(scripts.FINISH, token, self._clock(), outcome, _unguessable())
        )

    def finish_run(self, token: str, run: str, ending: Ending) -> bool:
        """End a check with a run of it; false when it had ended, or the run is gone."""
        told = (run, ending.outcome, json.dumps(ending.report))
        names = (_unguessable(), _unguessable())
        return bool(self._ask(scripts.FINISH_RUN, token, self._clock(), *told, *names))

    def begin_run(self, token: str, state: dict[str, Any]) -> str:
        """Begin an attempt in place of an earlier one; raises `TooManyRuns`."""
        run, now = secrets.token_urlsafe(9), self._clock()
        if not self._ask(scripts.BEGIN_RUN, token, now, run, json.dumps(state)):
            raise TooManyRuns
        self._last_run = now
        self._sweeping.later()
        return run

    def drop_run(self, token: str, run: str) -> None:
        """Take an attempt away, pictures and numbers."""
        self._ask(scripts.DROP_RUN, token, run)

    def peek(self, token: str, run: str) -> dict[str, Any] | None:
        """The state of an attempt, to be read only; None if it is gone."""
        state = self._ask(scripts.PEEK, token, run)
        return json.loads(state) if state else None

    @contextmanager
    def run(self, token: str, run: str) -> Iterator[Run | None]:
        """An attempt to be changed in place, by one request at a time; None if gone."""
        who = _unguessable()
        state = self._hold(token, run, who)
        if state is None:
            yield None
            return
        kept_last = state["seq"]

        def records_after(seq: int) -> list[dict[str, Any]]:
            if seq >= kept_last:
                return []
            found = self._ask.for_("ZRANGEBYSCORE", f"samples:{token}", f"({seq}", "+inf")
            return [json.loads(record) for record in found]

        current = Run(token, run, state, records_after)
        try:
            yield current
        except BaseException:
            with suppress(StateUnavailable):
                self._ask(scripts.LET_GO, token, who)
            raise
        newest = json.dumps(current.newest) if current.newest is not None else ""
        seq, told = current.state["seq"], json.dumps(current.state)
        change = (run, who, told, seq, newest, current.portrait or b"")
        if not self._ask(scripts.CHANGE, token, *change):
            raise StateUnavailable("this took too long, and another one went on with it")

    def _hold(self, token: str, run: str, who: str) -> dict[str, Any] | None:
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            state = self._ask(scripts.HOLD, token, run, who, int(HELD * 1000))
            if state == 0:
                return None
            if state != 1:
                found: dict[str, Any] = json.loads(state)
                return found
            _wait_a_little()
        raise StateUnavailable("too many callers are waiting")

    def change_line(self, change: Change) -> Line:
        """What *change* makes of the line, kept in its place; an empty one is `{}`."""
        if not self._line.acquire(timeout=WAIT):
            raise StateUnavailable("too many callers are waiting")
        try:
            return self._change_line(change)
        finally:
            self._line.release()

    def _change_line(self, change: Change) -> Line:
        end = time.monotonic() + WAIT
        there = self._ask.for_("GET", "line:") or b""
        while time.monotonic() < end:
            line = change(json.loads(there or b"{}"))
            told = json.dumps(line)
            if told.encode() == (there or b"{}"):
                return line
            there = self._ask(scripts.CHANGE_LINE, there, told, KEPT * 1000)
            if there is None:
                return line
            # Another process was quicker.
            _wait_a_little()
        raise StateUnavailable("too many callers are waiting")

    # What whoever tests with it may turn and read

    def age(self, token: str, seconds: float) -> None:
        """Make one check older by so much, and whatever was kept of it."""
        self._ask(scripts.AGE, token, self._clock(), seconds)

    def move_clock(self, seconds: float) -> None:
        """Move the whole sandbox forward, for every machine."""
        self._ask(scripts.MOVE_CLOCK, self._clock(), seconds)

    def clock_moved(self) -> float:
        """How far it was moved since the last reset, in seconds."""
        return float(self._ask.for_("GET", "moved:") or 0.0)

    def time(self) -> float:
        """What the sandbox takes the time to be, in seconds since the epoch."""
        return self._clock() + self.clock_moved()

    def newest(self, most: int) -> list[Check]:
        """The checks that began last, newest first."""
        places = self._ask.for_("ZREVRANGE", "begun:", 0, most - 1)
        tokens = [place.decode()[17:] for place in places]
        found = [_check(record) for record in self._ask.for_all("HGETALL", "check", tokens)]
        return [check for check in found if check]

    def count_call(self, call: str, status: int, code: str) -> None:
        """Count an answer to init or result: its HTTP status, the vendor's code in it."""
        self._ask.for_("HINCRBY", "calls:", f"{call} {status} {code}", 1)

    def calls(self) -> list[tuple[str, int, str, int]]:
        """What was counted since the last reset: call, status, code, how often."""
        counted = []
        for name, count in self._ask.for_("HGETALL", "calls:").items():
            call, status, code = name.decode().split(" ")
            counted.append((call, int(status), code, int(count)))
        return sorted(counted)

    def reset(self) -> None:
        """Take everything away: checks, photos, reports, counts, and put the clock back."""
        self._ask(scripts.RESET)

    # What is left of a check that has ended: under names that nobody can guess

    def photo_name(self, token: str) -> str:
        """The photo's name in its address; empty when there is no photo."""
        return self._name("photo", token)

    def report_name(self, token: str) -> str:
        """The report's name in its address; empty when no run was judged."""
        return self._name("report", token)

    def photo(self, name: str) -> bytes | None:
        """The photo of that name: None when unknown, too old or forgotten."""
        found = self._ask(scripts.KEPT_UNDER, "photo", name, self._clock())
        return bytes(found[0]) if found else None

    def report(self, name: str) -> tuple[Check, dict[str, Any]] | None:
        """How a run of that check was judged: None when unknown, too old or forgotten."""
        found = self._ask(scripts.KEPT_UNDER, "report", name, self._clock())
        check = _check(found[2]) if found else None
        return (check, json.loads(found[0])) if check else None

    def _name(self, kind: str, token: str) -> str:
        name, ends = self._ask.for_("HMGET", f"{kind}:{token}", "name", "ends")
        return name.decode() if name and float(ends) > self._clock() else ""

    def forget(self, token: str) -> None:
        """Take away all that is kept of a check, its photo first of all."""
        self._ask(scripts.FORGET, token)

    def sweep(self) -> bool:
        """Whether something is left for later: never, Redis sees to it."""
        self._ask.for_("PING")
        return False

    def _sweep(self) -> bool:
        self.on_sweep()
        return self._clock() < self._last_run + LIFETIME


def _unguessable() -> str:
    return secrets.token_urlsafe(24)


def _wait_a_little() -> None:
    time.sleep(random.uniform(0, PAUSE))  # noqa: S311


def _record(check: Check) -> list[str]:
    """Names and values, one after the other, as Redis keeps them."""
    said = {**asdict(check), "runs": 0, "expired": int(check.expired)}
    said |= {name: json.dumps(said[name]) for name in ("colours", "actions")}
    return [str(part) for pair in said.items() for part in pair]


def _check(found: Any) -> Check | None:
    """The inverse, of a mapping or of names and values one after the other."""
    pairs = found if isinstance(found, dict) else dict(zip(*[iter(found)] * 2, strict=True))
    if not pairs:
        return None
    said = {name.decode(): value.decode() for name, value in pairs.items()}
    return Check(
        token=said["token"],
        began_at=float(said["began_at"]),
        return_url=said["return_url"],
        colours=tuple(json.loads(said["colours"])),
        actions=tuple(json.loads(said["actions"])),
        origin=said["origin"],
        outcome=said["outcome"],
        expired=said["expired"] != "0",
        fault=said["fault"],
        queries=int(said["queries"]),
        version=said["version"],
        consent=said["consent"],
        consented_at=float(said["consented_at"]),
    )
