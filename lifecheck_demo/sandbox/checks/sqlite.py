"""The sandbox's state on this machine: a `CheckBook` in SQLite."""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from ..rules import Wish
from .book import Change, Hours, Line
from .records import (
    KEPT,
    LIFETIME,
    MOST_RUNS,
    SWEEP_SECONDS,
    Check,
    Ending,
    Run,
    StateUnavailable,
    TooManyRuns,
)
from .sweeping import Sweeping

# How long a caller waits for others, here and in other workers, in seconds.
WAIT: Final = 3.0
# Raised with every change below: tables of another version are dropped.
VERSION: Final = 7
OF_A_CHECK: Final = ("checks", "runs", "samples", "photos", "reports")
TABLES: Final = (*OF_A_CHECK, "calls", "clock", "nonces", "line")
# What is told in absolute time. The clock is moved by making all of these older: no
# request pays for it, and workers need not agree on anything.
TIMES: Final = (
    ("checks", "began_at"),
    ("checks", "consented_at"),
    ("photos", "until"),
    ("reports", "until"),
)
# More of what may come once only are not remembered; then the oldest go.
MOST_NONCES: Final = 20_000
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS checks (
    token TEXT PRIMARY KEY, began_at REAL NOT NULL, return_url TEXT NOT NULL,
    colours TEXT NOT NULL, actions TEXT NOT NULL, origin TEXT NOT NULL DEFAULT '',
    outcome TEXT NOT NULL DEFAULT '', expired INTEGER NOT NULL DEFAULT 0,
    runs INTEGER NOT NULL DEFAULT 0, queries INTEGER NOT NULL DEFAULT 0,
    fault TEXT NOT NULL DEFAULT '', version TEXT NOT NULL DEFAULT '2',
    consent TEXT NOT NULL DEFAULT '', consented_at REAL NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS by_time ON checks (began_at);
CREATE TABLE IF NOT EXISTS runs (
    token TEXT PRIMARY KEY, id TEXT NOT NULL, state TEXT NOT NULL, portrait BLOB);
CREATE TABLE IF NOT EXISTS samples (
    token TEXT NOT NULL, seq INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (token, seq));
CREATE TABLE IF NOT EXISTS photos (
    token TEXT PRIMARY KEY, name TEXT UNIQUE NOT NULL, until REAL NOT NULL,
    jpeg BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS reports (
    token TEXT PRIMARY KEY, name TEXT UNIQUE NOT NULL, until REAL NOT NULL,
    record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS nonces (
    nonce TEXT PRIMARY KEY, until REAL NOT NULL);
CREATE INDEX IF NOT EXISTS by_end ON nonces (until);
CREATE TABLE IF NOT EXISTS calls (
    call TEXT NOT NULL, status INTEGER NOT NULL, code TEXT NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY (call, status, code));
CREATE TABLE IF NOT EXISTS clock (one INTEGER PRIMARY KEY, moved REAL NOT NULL);
CREATE TABLE IF NOT EXISTS line (one INTEGER PRIMARY KEY, record TEXT NOT NULL);
"""


class SqliteBook(Hours):
    """Checks, runs and photos in the folder *data*, for all workers of this machine.

    Every use of it is a transaction that may write, and SQLite lets one write at a time:
    one connection a process is enough, and those who wait are served in turn.
    """

    def __init__(
        self,
        data: Path,
        *,
        clock: Callable[[], float],
        sweep_seconds: float = SWEEP_SECONDS,
    ) -> None:
        super().__init__(clock)
        self._data = data
        self._path = data / "checks.sqlite"
        self._turn = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._file = 0
        self._dropped = False
        self.on_sweep: Callable[[], None] = lambda: None
        self._sweeping = Sweeping(self._sweep, sweep_seconds)
        # Faces that a process left behind when it was ended.
        with suppress(StateUnavailable):
            self._swept()
        # Workers may be forked from here: none of them may inherit the connection, and
        # no timer comes along.
        self._close()

    # What the API needs

    def start(self, wish: Wish, fault: str = "", version: str = "2") -> str:
        """Begin a check; the answer is its token. *fault* goes wrong with it."""
        token = secrets.token_urlsafe(24)
        now = self._clock()
        with self._connected() as db:
            self._drop_old(db, 50)
            self._drop_overdue(db)
            db.execute(
                "INSERT INTO checks "
                "(token, began_at, return_url, colours, actions, fault, version) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    token,
                    now,
                    wish.return_url,
                    json.dumps(wish.colours),
                    json.dumps(wish.actions),
                    fault,
                    version,
                ),
            )
        return token

    def count_query(self, token: str) -> Check | None:
        """The check of *token*, its result asked for once more."""
        with self._connected() as db:
            db.execute("UPDATE checks SET queries = queries + 1 WHERE token = ?", (token,))
            return _check(db, token)

    def is_first(self, nonce: str, seconds: float) -> bool:
        """Whether *nonce* was not seen in the last *seconds*; it is kept as long."""
        now = self._clock()
        with self._connected() as db:
            db.execute("DELETE FROM nonces WHERE until <= ?", (now,))
            cursor = db.execute(
                "INSERT OR IGNORE INTO nonces VALUES (?, ?)", (nonce, now + seconds)
            )
            db.execute(
                "DELETE FROM nonces WHERE rowid IN "
                "(SELECT rowid FROM nonces ORDER BY until DESC LIMIT -1 OFFSET ?)",
                (MOST_NONCES,),
            )
            return bool(cursor.rowcount)

    def find(self, token: str) -> Check | None:
        """The check of *token*, ended and expired ones included."""
        with self._connected() as db:
            return _check(db, token)

    # What the camera page needs

    def note_origin(self, token: str, origin: str) -> None:
        """Keep where the camera page was opened: the photo is served from there."""
        with self._connected() as db:
            db.execute("UPDATE checks SET origin = ? WHERE token = ?", (origin, token))

    def note_consent(self, token: str, text: str) -> None:
        """Keep that the visitor agreed to *text* (its version), and when; not who it was.

        A later agreement takes the place of an earlier one.
        """
        with self._connected() as db:
            db.execute(
                "UPDATE checks SET consent = ?, consented_at = ? WHERE token = ?",
                (text, self._clock(), token),
            )

    def expire(self, token: str) -> None:
        """Let the ten minutes be over now."""
        with self._connected() as db:
            db.execute("UPDATE checks SET expired = 1 WHERE token = ?", (token,))
            self._drop_run(db, token)

    def finish(self, token: str, outcome: str) -> bool:
        """End a check, once, without a camera: false when it had ended already."""
        with self._connected() as db:
            return self._finish(db, token, outcome)

    def finish_run(self, token: str, run: str, ending: Ending) -> bool:
        """End a check with a run of it; false when it had ended, or the run is gone.

        Of a run that passed, the best portrait becomes the photo.
        """
        with self._connected() as db:
            row = db.execute(
                "SELECT portrait FROM runs WHERE token = ? AND id = ?", (token, run)
            ).fetchone()
            if row is None or not self._finish(db, token, ending.outcome, row[0] or b""):
                return False
            db.execute(
                "INSERT OR REPLACE INTO reports VALUES (?, ?, ?, ?)",
                (
                    token,
                    secrets.token_urlsafe(24),
                    self._clock() + LIFETIME,
                    json.dumps(ending.report),
                ),
            )
        self._sweeping.later()
        return True

    def begin_run(self, token: str, state: dict[str, Any]) -> str:
        """Begin an attempt in place of an earlier one; raises `TooManyRuns`."""
        run = secrets.token_urlsafe(9)
        with self._connected() as db:
            cursor = db.execute(
                "UPDATE checks SET runs = runs + 1 WHERE token = ? AND runs < ?",
                (token, MOST_RUNS),
            )
            if not cursor.rowcount:
                raise TooManyRuns
            self._drop_run(db, token)
            db.execute(
                "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, NULL)",
                (token, run, json.dumps(state)),
            )
        self._sweeping.later()
        return run

    def drop_run(self, token: str, run: str) -> None:
        """Take an attempt away, pictures and numbers."""
        with self._connected() as db:
            if _state(db, token, run):
                self._drop_run(db, token)

    def peek(self, token: str, run: str) -> dict[str, Any] | None:
        """The state of an attempt, to be read only; None if it is gone."""
        with self._connected() as db:
            return _state(db, token, run)

    @contextmanager
    def run(self, token: str, run: str) -> Iterator[Run | None]:
        """An attempt to be changed in place, by one request at a time; None if gone."""
        with self._connected() as db:
            state = _state(db, token, run)
            if state is None:
                yield None
                return

            def records_after(seq: int) -> list[dict[str, Any]]:
                rows = db.execute(
                    "SELECT record FROM samples WHERE token = ? AND seq > ? ORDER BY seq",
                    (token, seq),
                )
                return [json.loads(row[0]) for row in rows]

            current = Run(token, run, state, records_after)
            yield current
            db.execute(
                "UPDATE runs SET state = ? WHERE token = ?",
                (json.dumps(current.state), token),
            )
            if current.portrait is not None:
                db.execute(
                    "UPDATE runs SET portrait = ? WHERE token = ?",
                    (current.portrait, token),
                )
            if current.newest is not None:
                record = json.dumps(current.newest)
                seq = current.state["seq"]
                db.execute("INSERT INTO samples VALUES (?, ?, ?)", (token, seq, record))

    def change_line(self, change: Change) -> Line:
        """What *change* makes of the line, kept in its place; an empty one is `{}`."""
        with self._connected() as db:
            row = db.execute("SELECT record FROM line").fetchone()
            line = change(json.loads(row[0]) if row else {})
            db.execute("INSERT OR REPLACE INTO line VALUES (1, ?)", (json.dumps(line),))
        return line

    # What whoever tests with it may turn and read

    def age(self, token: str, seconds: float) -> None:
        """Make one check older by so much, and whatever was kept of it."""
        with self._connected() as db:
            self._grow_older(db, seconds, "token = ?", token)

    def move_clock(self, seconds: float) -> None:
        """Move the whole sandbox forward, for every worker on this folder."""
        with self._connected() as db:
            self._grow_older(db, seconds, "TRUE")
            db.execute(
                "INSERT INTO clock VALUES (1, ?) "
                "ON CONFLICT (one) DO UPDATE SET moved = moved + excluded.moved",
                (seconds,),
            )

    def clock_moved(self) -> float:
        """How far it was moved since the last reset, in seconds."""
        with self._connected() as db:
            row = db.execute("SELECT moved FROM clock").fetchone()
        return float(row[0]) if row else 0.0

    def time(self) -> float:
        """What the sandbox takes the time to be, in seconds since the epoch."""
        return self._clock() + self.clock_moved()

    def newest(self, most: int) -> list[Check]:
        """The checks that began last, newest first."""
        with self._connected() as db:
            rows = db.execute(
                "SELECT token FROM checks ORDER BY began_at DESC, rowid DESC LIMIT ?",
                (most,),
            ).fetchall()
            found = [_check(db, row[0]) for row in rows]
        return [check for check in found if check]

    def count_call(self, call: str, status: int, code: str) -> None:
        """Count an answer to init or result: its HTTP status, the vendor's code in it."""
        with self._connected() as db:
            db.execute(
                "INSERT INTO calls VALUES (?, ?, ?, 1) "
                "ON CONFLICT (call, status, code) DO UPDATE SET count = count + 1",
                (call, status, code),
            )

    def calls(self) -> list[tuple[str, int, str, int]]:
        """What was counted since the last reset: call, status, code, how often."""
        with self._connected() as db:
            return db.execute("SELECT * FROM calls ORDER BY call, status, code").fetchall()

    def reset(self) -> None:
        """Take everything away: checks, photos, reports, counts, and put the clock back."""
        with self._connected() as db:
            for table in TABLES:
                self._drop(db, table, "TRUE")

    # What is left of a check that has ended: under names that nobody can guess

    def photo_name(self, token: str) -> str:
        """The photo's name in its address; empty when there is no photo."""
        return self._name("photos", token)

    def report_name(self, token: str) -> str:
        """The report's name in its address; empty when no run was judged."""
        return self._name("reports", token)

    def photo(self, name: str) -> bytes | None:
        """The photo of that name: None when unknown, too old or forgotten.

        Empty bytes stand for a pass without a camera, which has no photo of its own.
        """
        with self._connected() as db:
            row = db.execute(
                "SELECT jpeg FROM photos WHERE name = ? AND until > ?",
                (name, self._clock()),
            ).fetchone()
        return bytes(row[0]) if row else None

    def report(self, name: str) -> tuple[Check, dict[str, Any]] | None:
        """How a run of that check was judged: None when unknown, too old or forgotten."""
        with self._connected() as db:
            row = db.execute(
                "SELECT token, record FROM reports WHERE name = ? AND until > ?",
                (name, self._clock()),
            ).fetchone()
            check = _check(db, row[0]) if row else None
        return (check, json.loads(row[1])) if row and check else None

    def _name(self, table: str, token: str) -> str:
        with self._connected() as db:
            row = db.execute(
                f"SELECT name FROM {table} WHERE token = ? AND until > ?",  # noqa: S608
                (token, self._clock()),
            ).fetchone()
        return str(row[0]) if row else ""

    def forget(self, token: str) -> None:
        """Take away all that is kept of a check, its photo first of all."""
        with self._connected() as db:
            self._delete(db, token)

    def sweep(self) -> bool:
        """Take away what is past its time; whether pictures are left for later.

        Those are seen to from now on.
        """
        left = self._swept()
        if left:
            self._sweeping.later()
        return left

    def _swept(self) -> bool:
        if not self._path.exists():
            return False
        with self._connected() as db:
            # Traces of what went while another worker was reading go now.
            self._dropped = True
            self._drop_old(db, 50)
            self._drop_overdue(db)
            left = db.execute(
                "SELECT EXISTS (SELECT 1 FROM photos) OR EXISTS (SELECT 1 FROM runs) "
                "OR EXISTS (SELECT 1 FROM reports)"
            ).fetchone()[0]
        return bool(left)

    def _sweep(self) -> bool:
        self.on_sweep()
        with suppress(StateUnavailable):
            return self._swept()
        return True

    def _drop_overdue(self, db: sqlite3.Connection) -> None:
        now = self._clock()
        for table in ("photos", "reports"):
            # What would last so long is from before the clock was set back.
            self._drop(db, table, "until <= ? OR until > ?", now, now + 2 * LIFETIME)
        open_checks = (
            "token NOT IN (SELECT token FROM checks WHERE began_at > ? AND began_at <= ?)"
        )
        for table in ("samples", "runs"):
            self._drop(db, table, open_checks, now - LIFETIME, now + LIFETIME)

    def _drop_old(self, db: sqlite3.Connection, most: int) -> None:
        """Forget checks that nobody needs to know of any more; *most* of them at once."""
        old = db.execute(
            "SELECT token FROM checks WHERE began_at < ? LIMIT ?",
            (self._clock() - KEPT, most),
        ).fetchall()
        for row in old:
            self._delete(db, row[0])

    def _grow_older(
        self, db: sqlite3.Connection, seconds: float, where: str, *values: object
    ) -> None:
        for table, column in TIMES:
            db.execute(
                f"UPDATE {table} SET {column} = {column} - ? WHERE {where}",  # noqa: S608
                (seconds, *values),
            )
        self._drop_old(db, -1)
        self._drop_overdue(db)

    def _delete(self, db: sqlite3.Connection, token: str) -> None:
        for table in OF_A_CHECK:
            self._drop(db, table, "token = ?", token)

    def _drop_run(self, db: sqlite3.Connection, token: str) -> None:
        for table in ("samples", "runs"):
            self._drop(db, table, "token = ?", token)

    def _drop(
        self, db: sqlite3.Connection, table: str, where: str, *values: object
    ) -> None:
        """Delete rows that may hold a face; `_connected` then wipes their traces."""
        cursor = db.execute(f"DELETE FROM {table} WHERE {where}", values)  # noqa: S608
        if cursor.rowcount:
            self._dropped = True

    def _close(self) -> None:
        db, self._db = self._db, None
        if db:
            db.close()

    def _finish(
        self, db: sqlite3.Connection, token: str, outcome: str, photo: bytes = b""
    ) -> bool:
        cursor = db.execute(
            "UPDATE checks SET outcome = ? WHERE token = ? AND outcome = ''",
            (outcome, token),
        )
        self._drop_run(db, token)
        if cursor.rowcount and outcome == "passed":
            db.execute(
                "INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?)",
                (token, secrets.token_urlsafe(24), self._clock() + LIFETIME, photo),
            )
        return bool(cursor.rowcount)

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        if not self._turn.acquire(timeout=WAIT):
            raise StateUnavailable("too many callers are waiting")
        try:
            with self._transaction() as db:
                yield db
        finally:
            self._turn.release()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            db = self._begin()
        except (sqlite3.Error, OSError) as error:
            self._close()
            raise StateUnavailable(str(error)) from error
        try:
            yield db
            db.execute("COMMIT")
            if self._dropped:
                # The log would keep what was deleted for as long as it is not full.
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            self._close()
            raise StateUnavailable(str(error)) from error
        except BaseException:
            db.execute("ROLLBACK")
            raise

    def _begin(self) -> sqlite3.Connection:
        if self._db and self._file != self._there():
            # Taken away under us: whatever is written now, nobody else would read.
            self._close()
        if self._db is None:
            self._db = self._open()
            self._file = self._there()
        self._dropped = False
        self._db.execute("BEGIN IMMEDIATE")
        return self._db

    def _there(self) -> int:
        """Which file it is that has this name now; 0 when there is none."""
        try:
            return self._path.stat().st_ino
        except FileNotFoundError:
            return 0

    def _open(self) -> sqlite3.Connection:
        self._data.mkdir(parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        db = sqlite3.connect(
            self._path, timeout=WAIT, isolation_level=None, check_same_thread=False
        )
        try:
            _keep_a_log(db)
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA secure_delete = ON")
            _lay_out(db)
        except BaseException:
            db.close()
            raise
        return db


def _check(db: sqlite3.Connection, token: str) -> Check | None:
    row = db.execute(
        "SELECT token, began_at, return_url, colours, actions, origin, outcome, expired, "
        "fault, queries, version, consent, consented_at FROM checks WHERE token = ?",
        (token,),
    ).fetchone()
    if row is None:
        return None
    return Check(
        token=row[0],
        began_at=row[1],
        return_url=row[2],
        colours=tuple(json.loads(row[3])),
        actions=tuple(json.loads(row[4])),
        origin=row[5],
        outcome=row[6],
        expired=bool(row[7]),
        fault=row[8],
        queries=row[9],
        version=row[10],
        consent=row[11],
        consented_at=row[12],
    )


def _state(db: sqlite3.Connection, token: str, run: str) -> dict[str, Any] | None:
    row = db.execute(
        "SELECT state FROM runs WHERE token = ? AND id = ?", (token, run)
    ).fetchone()
    return json.loads(row[0]) if row else None


def _keep_a_log(db: sqlite3.Connection) -> None:
    """Switch to a write-ahead log; while another worker does, SQLite refuses at once."""
    for wait in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0):
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            time.sleep(wait)
        else:
            return
    db.execute("PRAGMA journal_mode = WAL")


def _lay_out(db: sqlite3.Connection) -> None:
    """Make the tables; what another version has left is minutes old, and goes."""
    db.execute("BEGIN IMMEDIATE")
    outdated = db.execute("PRAGMA user_version").fetchone()[0] != VERSION
    if outdated:
        for table in TABLES:
            db.execute(f"DROP TABLE IF EXISTS {table}")
        db.execute(f"PRAGMA user_version = {VERSION}")
    for statement in SCHEMA.split(";"):
        db.execute(statement)
    db.execute("COMMIT")
    if outdated:
        # Its faces were dropped with the tables, and go from the log as well.
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
