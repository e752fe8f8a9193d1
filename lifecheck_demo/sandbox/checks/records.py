"""What is kept of a check: its record, its runs, how it ended; and what can go wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from .. import faults

# From init to the result query, by the document; in seconds.
LIFETIME: Final = 600
# How long an expired check is told from an unknown one (301 from 201), in seconds. Of
# a check that is over only its row is left: no picture, no numbers.
KEPT: Final = 24 * 3600
MOST_RUNS: Final = 5
# How often pictures whose time is over are looked for, in seconds.
SWEEP_SECONDS: Final = 30.0


class StateUnavailable(RuntimeError):
    """The state cannot be read or written (disk full, locked, read-only, gone)."""


class TooManyRuns(RuntimeError):
    """The camera was started more often for one token than anybody needs."""


@dataclass(frozen=True)
class Check:
    """One token and what became of it; `outcome` is empty until it has ended.

    `fault` is the name of what goes wrong with it on purpose, `queries` how often its
    result was asked for. From version 2.1 on the browser brings back the token alone.
    `consent` names the text that the visitor agreed to, and is empty until then.
    """

    token: str
    began_at: float
    return_url: str
    colours: tuple[str, ...]
    actions: tuple[str, ...]
    origin: str
    outcome: str
    expired: bool
    fault: str = ""
    queries: int = 0
    version: str = "2"
    consent: str = ""
    consented_at: float = 0.0

    @property
    def code(self) -> int:
        """The result code of the outcome; 201 while there is none."""
        if self.outcome == "passed":
            return 200
        return int(self.outcome[:3]) if self.outcome else 201

    def redirect(self) -> str:
        """Where the document sends the browser when the check has ended.

        Empty when it is not sent back, on purpose.
        """
        joint = "&" if "?" in self.return_url else "?"
        success = "true" if self.code == 200 else "false"
        query = "token={token}"
        if self.version == "2":
            query += f"&success={success}"
        fault = faults.find(self.fault)
        if fault and fault.query is not None:
            query = fault.query
        if fault and fault.joint:
            joint = fault.joint
        said = query.format(token=self.token)
        return f"{self.return_url}{joint}{said}" if said else ""

    @property
    def returns_to_app(self) -> bool:
        """Whether it came from a mini-program, which no browser can be sent to."""
        return self.return_url.startswith("/")


@dataclass
class Run:
    """One attempt before the camera: small numbers, and the best picture so far.

    `records_after(seq)` are those of the frames that came after that number, in order.
    What a request adds: `newest`, a record under the number `seq` in the state, and
    `portrait`, if it is better than the one that is kept.
    """

    token: str
    id: str
    state: dict[str, Any]
    records_after: Callable[[int], list[dict[str, Any]]]
    newest: dict[str, Any] | None = None
    portrait: bytes | None = None


@dataclass(frozen=True)
class Ending:
    """How a run ended its check: the outcome, and what the report says of it."""

    outcome: str
    report: dict[str, Any]
