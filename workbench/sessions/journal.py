"""What a session was given, on disk before it acts: another process comes to the same state."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from workbench.errors import Conflict, LogDamaged, StorageFull
from workbench.sessions.job import journal_of

PATIENCE_S = 10.0
KEPT = 2
"""Checkpoints: if the latest cannot be used, the one before is."""
_SIDES = ("", "-wal", "-shm", "-journal")

_TABLES = """
CREATE TABLE IF NOT EXISTS inputs (number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS checkpoints (
    number INTEGER PRIMARY KEY, position INTEGER NOT NULL, made_by TEXT NOT NULL,
    digest BLOB NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS told (number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT
"""


class Checkpoint(NamedTuple):
    """A session as it was after an entry of its journal.

    Attributes
    ----------
    number
        Of the last entry it has taken.
    position
        How many messages it had told by then.
    made_by
        What can read it: see `workbench.sessions.recovering.fingerprint`.
    body
        The session.
    """

    number: int
    position: int
    made_by: str
    body: bytes


class Journal:
    """The inputs of one session, append-only, what it told for each, and checkpoints.

    What is older than the last two checkpoints is not kept. The file belongs to one process: as
    long as that is there, no other can open it. What was written survives the process's death, and
    what was there when `settle` was called a power cut as well.

    Parameters
    ----------
    path
        The file; its folder is made, readable by the owner only.
    patience
        Seconds to wait for a process that has it.

    Raises
    ------
    Conflict
        Another process has it.
    StorageFull
        It cannot be written, as by every method that writes; nothing of what was to be is then.
    """

    def __init__(self, path: Path, patience: float = PATIENCE_S) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = path
        self._tx = sqlite3.connect(path, isolation_level=None, timeout=patience)
        try:
            # Kept as long as the connection is, and given back by the system when the process dies.
            self._tx.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._tx.execute("PRAGMA journal_mode=WAL")
            self._tx.execute("PRAGMA synchronous=NORMAL")
            self._tx.execute("BEGIN IMMEDIATE")
            for statement in _TABLES.split(";"):
                self._tx.execute(statement)
            self._tx.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._tx.close()
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise self._unwritten(error) from error
            msg = f"Another process has the session {path.stem}: end that one first"
            raise Conflict(msg, field="session", value=path.stem) from None
        path.chmod(0o600)
        self._last = max(self._number("inputs", "max"), self._number("checkpoints", "max"))

    @property
    def last(self) -> int:
        """Number of the last entry; they count from 1."""
        return self._last

    @property
    def first(self) -> int:
        """Number of the first entry that is kept, or of the next."""
        return self._number("inputs", "min") or self._last + 1

    def append(self, body: bytes) -> int:
        """Write an entry; return its number once it is safe from the process's death."""
        self._write("INSERT INTO inputs VALUES (?, ?)", (self._last + 1, body))
        self._last += 1
        return self._last

    def tell(self, body: bytes) -> None:
        """Write what was told for the last entry; 0 is the beginning."""
        self._write("INSERT OR REPLACE INTO told VALUES (?, ?)", (self._last, body))

    def told(self, number: int) -> bytes | None:
        """Return what was told for an entry; None if that is nothing, or was not written."""
        found = self._tx.execute("SELECT body FROM told WHERE number = ?", (number,)).fetchone()
        return None if found is None else bytes(found[0])

    def told_since(self, number: int) -> Iterator[bytes]:
        """Yield what was told for an entry and those after it."""
        rows = self._tx.execute(
            "SELECT body FROM told WHERE number >= ? ORDER BY number", (number,)
        )
        for (body,) in rows:
            yield bytes(body)

    @property
    def told_range(self) -> tuple[int, int]:
        """First and last entry for which something was told; -1 where there is none."""
        found = self._tx.execute("SELECT min(number), max(number) FROM told").fetchone()
        return (-1, -1) if found[0] is None else (found[0], found[1])

    def since(self, number: int) -> Iterator[bytes]:
        """Yield the entries after a number.

        Raises
        ------
        LogDamaged
            One that should be there is not.
        """
        due = number + 1
        rows = self._tx.execute(
            "SELECT number, body FROM inputs WHERE number > ? ORDER BY number", (number,)
        )
        for found, body in rows:
            if found != due:
                break
            yield body
            due += 1
        if due <= self._last:
            msg = f"The journal of {self.path.stem} lacks entry {due} of {self._last}"
            raise LogDamaged(msg, stream=self.path.stem, first_seq=due, last_seq=self._last)

    def fact(self, name: str) -> bytes | None:
        """Return what was kept under a name."""
        found = self._tx.execute("SELECT body FROM facts WHERE name = ?", (name,)).fetchone()
        return None if found is None else bytes(found[0])

    def keep_fact(self, name: str, body: bytes) -> None:
        """Keep something under a name, for good."""
        self._write("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, body))

    def settle(self) -> None:
        """Return once all that was written is safe from a power cut."""
        # A commit at this level has the whole file before it written through.
        self._tx.execute("PRAGMA synchronous=FULL")
        try:
            self.keep_fact("settled", b"%d" % self._last)
        finally:
            self._tx.execute("PRAGMA synchronous=NORMAL")

    def keep(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; forget what is before the one before it."""
        with self._transaction():
            digest = hashlib.sha256(checkpoint.body).digest()
            row = (*checkpoint[:3], digest, checkpoint.body)
            self._tx.execute("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?)", row)
            numbers = self._tx.execute(
                "SELECT number FROM checkpoints ORDER BY number DESC LIMIT ?", (KEPT,)
            ).fetchall()
            if len(numbers) == KEPT:
                oldest = numbers[-1][0]
                self._tx.execute("DELETE FROM checkpoints WHERE number < ?", (oldest,))
                self._tx.execute("DELETE FROM inputs WHERE number <= ?", (oldest,))
                self._tx.execute("DELETE FROM told WHERE number <= ?", (oldest,))

    def checkpoints(self) -> list[Checkpoint]:
        """Return the checkpoints that are as they were written, the latest first."""
        rows = self._tx.execute(
            "SELECT number, position, made_by, body, digest FROM checkpoints ORDER BY number DESC"
        ).fetchall()
        return [
            Checkpoint(number, position, made_by, bytes(body))
            for number, position, made_by, body, digest in rows
            if hashlib.sha256(body).digest() == digest
        ]

    def close(self) -> None:
        """Let another process have it."""
        self._tx.close()

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        try:
            self._tx.execute(statement, values)
        except sqlite3.OperationalError as error:
            raise self._unwritten(error) from error

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._tx.execute("BEGIN IMMEDIATE")
            yield
            self._tx.execute("COMMIT")
        except BaseException as error:
            # A full disk has it rolled back already.
            if self._tx.in_transaction:
                self._tx.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise self._unwritten(error) from error
            raise

    def _unwritten(self, error: sqlite3.Error) -> StorageFull:
        msg = (
            f"The journal of {self.path.stem} cannot be written ({error}): make room on the disk "
            f"of {self.path.parent}, or see that it can be written"
        )
        return StorageFull(msg, field="journal", value=str(error))

    def _number(self, table: str, which: str) -> int:
        number: int | None = self._tx.execute(f"SELECT {which}(number) FROM {table}").fetchone()[0]
        return number or 0


def remove(home: Path, session: str) -> None:
    """Forget a session's journal."""
    path = journal_of(home, session)
    for side in _SIDES:
        path.with_name(path.name + side).unlink(missing_ok=True)
