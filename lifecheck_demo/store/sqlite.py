"""Short-lived state on this machine, in an SQLite file."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .pool import LOCKED, WAIT, Pool
from .trouble import Trouble
from .types import Changes, Held, Record, Store, StoreUnavailable

# So many connections are open at most, however many threads there are: one works within a
# millisecond, and each holds three files open. SQLite lets one write at a time and leaves
# the others to try again now and then: those of a process had better stand in a line.
READERS, WRITERS = 4, 1
# How many rows past their time one ordinary write takes away.
SWEEP = 20


class SqliteStore(Store):
    """A `Store` in the file *path*, for all workers of this machine."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._readers = Pool(path, _lay_out, READERS)
        self._writers = Pool(path, _lay_out, WRITERS)
        self._trouble = Trouble()
        self._clock = clock

    def get_all(self, *keys: str) -> list[Record | None]:
        """The records under *keys* in that order, all of one moment."""
        blanks = ", ".join("?" * len(keys))
        with self._connected(self._readers) as db:
            rows = db.execute(
                # Blanks alone are put into the text.
                f"SELECT key, value FROM records WHERE key IN ({blanks}) "  # noqa: S608
                "AND until > ?",
                (*keys, self._clock()),
            ).fetchall()
        found = dict(rows)
        return [json.loads(found[key]) if key in found else None for key in keys]

    def change(self, changes: Changes) -> list[int]:
        """Do all of *changes* or nothing of them; the answer is the counters' totals.

        Raises `Held` where their lease is another caller's, or a record forbids them.
        """
        now = self._clock()
        totals: list[int] | None = None
        with self._connected(self._writers) as db:
            # First, since a write locks the file: what is read after it stays true.
            self._sweep(db, now)
            if not any(_stands(db, now, key) for key in changes.unless) and (
                changes.lease is None or _lease(db, now, *changes.lease)
            ):
                totals = _made(db, now, changes)
        # Raised above, it would cost the connection, like any failure.
        if totals is None:
            raise Held
        return totals

    def delete(self, *keys: str) -> None:
        """Take the records under *keys* away."""
        with self._connected(self._writers) as db:
            db.executemany("DELETE FROM records WHERE key = ?", [(k,) for k in keys])

    def wipe(self, *keys: str) -> None:
        """The same, and nothing of them stays readable in the file or beside it."""
        if keys:
            self.delete(*keys)
        with self._connected(self._writers) as db:
            # The log would keep what was deleted for as long as it is not full.
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def sweep(self) -> None:
        """Wipe what is past its time."""
        with self._connected(self._writers) as db:
            db.execute("DELETE FROM records WHERE until <= ?", (self._clock(),))
        # Traces of what went while another worker was reading go as well.
        self.wipe()

    def _sweep(self, db: sqlite3.Connection, now: float) -> None:
        db.execute(
            "DELETE FROM records WHERE key IN "
            "(SELECT key FROM records WHERE until <= ? LIMIT ?)",
            (now, SWEEP),
        )

    @contextmanager
    def _connected(self, pool: Pool) -> Iterator[sqlite3.Connection]:
        with self._trouble.watched():
            try:
                with pool.lent() as db, db:
                    yield db
            except (sqlite3.Error, OSError) as error:
                raise StoreUnavailable(_told(error)) from error


def _made(db: sqlite3.Connection, now: float, changes: Changes) -> list[int]:
    for key, value, seconds in changes.puts:
        db.execute(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?)",
            (key, json.dumps(value), now + seconds),
        )
    for key in changes.deletes:
        db.execute("DELETE FROM records WHERE key = ?", (key,))
    return [_count(db, now, *count) for count in changes.counts]


def _stands(db: sqlite3.Connection, now: float, key: str) -> bool:
    found = db.execute("SELECT 1 FROM records WHERE key = ? AND until > ?", (key, now))
    return found.fetchone() is not None


def _lease(db: sqlite3.Connection, now: float, key: str, seconds: float) -> bool:
    cursor = db.execute(
        "INSERT INTO records VALUES (?, 'null', ?) ON CONFLICT (key) "
        "DO UPDATE SET until = excluded.until "
        # One that would last longer is from before the clock was set back; a little
        # longer, it was got while this caller waited for the file.
        "WHERE records.until <= ? OR records.until > ?",
        (key, now + seconds, now, now + seconds + WAIT + LOCKED),
    )
    return cursor.rowcount == 1


def _count(
    db: sqlite3.Connection, now: float, key: str, amount: int, seconds: float
) -> int:
    db.execute(
        "INSERT INTO records VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
        "value = excluded.value + CASE WHEN until > ? THEN records.value ELSE 0 END, "
        "until = CASE WHEN until > ? THEN until ELSE excluded.until END",
        (key, str(amount), now + seconds, now, now),
    )
    # Within the same transaction, so that nobody has added to it since. The SQLite of
    # RHEL 9 and Debian 11 (3.34) could not tell it in one statement.
    row = db.execute("SELECT value FROM records WHERE key = ?", (key,)).fetchone()
    return int(row[0])


def _told(error: Exception) -> str:
    """What is wrong with the file; never where it is."""
    return getattr(error, "strerror", None) or str(error)


def _lay_out(db: sqlite3.Connection) -> None:
    db.execute(
        "CREATE TABLE IF NOT EXISTS records "
        "(key TEXT PRIMARY KEY, value TEXT NOT NULL, until REAL NOT NULL)"
    )
    db.execute("CREATE INDEX IF NOT EXISTS by_until ON records (until)")
