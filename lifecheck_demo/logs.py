"""Log lines as JSON, one a line, each failure with a reference number."""

import json
import logging
import secrets
import sys
from datetime import UTC, datetime

# What `logging` itself puts on a record; everything else was said by us.
ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonLines(logging.Formatter):
    """One JSON object a record: time, level, logger, message and what was added."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; control characters cannot leave their JSON string."""
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
        return json.dumps(line, ensure_ascii=False, default=str)


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
