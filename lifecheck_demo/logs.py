"""Log lines as JSON, one a line, each failure with a reference number."""

import json
import logging
import re
import secrets
import sys
from datetime import UTC, datetime

# What `logging` itself puts on a record; everything else was said by us.
ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}

# What JSON may hold as it is, and a reader of logs may take for a line's end or an order.
UNSEEN = re.compile(
    r"[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


class JsonLines(logging.Formatter):
    """One JSON object a record: time, level, logger, message and what was added."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; nothing in it ends a line, turns its direction or steers a terminal."""
        said = {k: v for k, v in vars(record).items() if k not in ORDINARY}
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **said,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        written = json.dumps(line, ensure_ascii=False, default=str)
        return UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def set_up_logging() -> None:
    """Send this package's log lines to standard error, once."""
    logger = logging.getLogger(__package__)
    if not any(isinstance(h.formatter, JsonLines) for h in logger.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)


def new_reference() -> str:
    """A short number that a person can read out and an operator can search for."""
    return secrets.token_hex(3).upper()
