"""Short-lived state on this machine: answers kept so that none is bought twice."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Record = dict[str, Any]

# How many rows past their time one ordinary write takes away.
SWEEP = 20
# Between attempts to open a file that another worker is just opening, in seconds.
PAUSES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


class StoreUnavailable(RuntimeError):
    """The state file cannot be read or written (disk full, locked, read-only, gone)."""


class Store:
    """Records under keys, each with a time to live, shared by all workers.

    Every method raises `StoreUnavailable` when the file will not serve.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._local = threading.local()

    def get(self, key: str) -> Record | None:
        """The record under *key*, or None when there is none or its time is over."""
        with self._connected() as db:
            row = db.execute(
                "SELECT value FROM records WHERE key = ? AND until > ?",
                (key, self._clock()),
            ).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, key: str, value: Record, seconds: float) -> None:
        """Keep *value* under *key* for *seconds*, in place of what was there."""
        with self._connected() as db:
            self._sweep(db)
            db.execute(
                "INSERT OR REPLACE INTO records VALUES (?, ?, ?)",
                (key, json.dumps(value), self._clock() + seconds),
            )

    def delete(self, *keys: str) -> None:
        """Take the records under *keys* away."""
        with self._connected() as db:
            db.executemany("DELETE FROM records WHERE key = ?", [(k,) for k in keys])

    def wipe(self, *keys: str) -> None:
        """The same, and nothing of them stays readable in the file or beside it."""
        self.delete(*keys)
        with self._connected() as db:
            # The log would keep what was deleted for as long as it is not full.
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def lease(self, key: str, seconds: float) -> bool:
        """Whether the caller may go ahead: true for one caller until *seconds* pass."""
        now = self._clock()
        with self._connected() as db:
            cursor = db.execute(
                "INSERT INTO records VALUES (?, 'null', ?) ON CONFLICT (key) "
                "DO UPDATE SET until = excluded.until WHERE records.until <= ?",
                (key, now + seconds, now),
            )
        return cursor.rowcount == 1

    def _sweep(self, db: sqlite3.Connection) -> None:
        db.execute(
            "DELETE FROM records WHERE key IN "
            "(SELECT key FROM records WHERE until <= ? LIMIT ?)",
            (self._clock(), SWEEP),
        )

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            connection: sqlite3.Connection | None = getattr(self._local, "db", None)
            if connection is None:
                connection = self._local.db = self._open()
            with connection:
                yield connection
        except (sqlite3.Error, OSError) as error:
            self._local.db = None
            raise StoreUnavailable(str(error)) from error

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        connection = sqlite3.connect(self._path, timeout=3)
        _use_a_log(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS records "
            "(key TEXT PRIMARY KEY, value TEXT NOT NULL, until REAL NOT NULL)"
        )
        connection.execute("CREATE INDEX IF NOT EXISTS by_until ON records (until)")
        return connection


def _use_a_log(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log; while another worker does, SQLite refuses at once."""
    for pause in PAUSES:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            time.sleep(pause)
        else:
            return
    connection.execute("PRAGMA journal_mode = WAL")
