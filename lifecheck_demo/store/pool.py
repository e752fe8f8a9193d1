"""A few connections to an SQLite file, each lent to one caller at a time."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .types import StoreBusy

# So long a caller waits for a connection, and it for other workers, in seconds. A crowd
# that presses the button at once has to wait its turn: it is no failure of the file.
WAIT, LOCKED = 3.0, 2.0
# Between attempts to open a file that another worker is just opening, in seconds.
PAUSES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


class Pool:
    """At most *most* connections to the file *path*, which *lay_out* makes ready.

    A file that was taken away is made anew, and the connections to the old one go.
    """

    def __init__(
        self, path: Path, lay_out: Callable[[sqlite3.Connection], None], most: int
    ) -> None:
        self._path = path
        self._lay_out = lay_out
        self._places = threading.BoundedSemaphore(most)
        self._idle: list[tuple[sqlite3.Connection, int]] = []
        # How many uses have ended: while it grows, the file works.
        self._ended = 0

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """A connection for the caller alone; whatever fails with it, it is not lent again.

        Raises `sqlite3.Error` and `OSError`, and `StoreBusy` when so many use it that the
        caller had no turn.
        """
        before = self._ended
        if not self._places.acquire(timeout=WAIT):
            if self._ended > before:
                raise StoreBusy("too many use it at once")
            raise sqlite3.OperationalError("every connection is in use")
        try:
            db, file = self._take()
            try:
                yield db
            except BaseException:
                db.close()
                raise
            self._idle.append((db, file))
        finally:
            self._ended += 1
            self._places.release()

    def _take(self) -> tuple[sqlite3.Connection, int]:
        while self._idle:
            try:
                db, file = self._idle.pop()
            except IndexError:
                break
            if file == self._file():
                return db, file
            db.close()
        return self._open(), self._file()

    def _file(self) -> int:
        """Which file it is that has this name now; 0 when there is none."""
        try:
            return self._path.stat().st_ino
        except FileNotFoundError:
            return 0

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        db = sqlite3.connect(self._path, timeout=LOCKED, check_same_thread=False)
        try:
            _use_a_log(db)
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA secure_delete = ON")
            self._lay_out(db)
        except BaseException:
            db.close()
            raise
        return db


def _use_a_log(db: sqlite3.Connection) -> None:
    """Switch to a write-ahead log; while another worker does, SQLite refuses at once."""
    for pause in PAUSES:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            time.sleep(pause)
        else:
            return
    db.execute("PRAGMA journal_mode = WAL")
