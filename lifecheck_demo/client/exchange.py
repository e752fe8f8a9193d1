"""What went over the wire: one small record per call, without anything secret."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Exchange:
    """One call as it went.

    `path` has no query (a market lets credentials travel there) and is empty for a
    photo (whoever has the address sees the face). `status` is None when none arrived,
    `size` counts the bytes of the body after decoding, `failure` names the exception.
    """

    call: str
    method: str
    path: str
    status: int | None
    milliseconds: int
    size: int
    failure: str = ""

    def to_record(self) -> dict[str, Any]:
        """As JSON-able values, for a log line."""
        return asdict(self)
