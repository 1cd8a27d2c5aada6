"""The one SQLite file: logs and run registry live in it side by side."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS streams (
    id      TEXT PRIMARY KEY,
    kind    TEXT NOT NULL,
    epoch   TEXT NOT NULL,
    seq     INTEGER NOT NULL DEFAULT 0,
    eseq    INTEGER NOT NULL DEFAULT 0,
    latest  BLOB NOT NULL,
    closed  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS blocks (
    stream    TEXT NOT NULL REFERENCES streams(id) ON DELETE CASCADE,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    keys      BLOB NOT NULL,
    payload   BLOB NOT NULL,
    PRIMARY KEY (stream, last_seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS producers (
    stream   TEXT NOT NULL REFERENCES streams(id) ON DELETE CASCADE,
    producer TEXT NOT NULL,
    last     INTEGER NOT NULL,
    PRIMARY KEY (stream, producer)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs (
    id         TEXT PRIMARY KEY,
    status     TEXT NOT NULL,
    created    TEXT NOT NULL,
    started    TEXT,
    finished   TEXT,
    spec       BLOB NOT NULL,
    strategy   BLOB,
    python     TEXT,
    paths      BLOB NOT NULL,
    token_hash TEXT NOT NULL,
    pid        INTEGER,
    pid_start  REAL,
    source     TEXT NOT NULL,
    synthetic  INTEGER NOT NULL,
    result     BLOB
) STRICT;
"""


class Database:
    """A connection to the state file, created on first use.

    WAL with synchronous=NORMAL: what was committed survives the death of the process;
    a power cut may lose the last moments but never corrupts.

    Parameters
    ----------
    path
        The file; its folder is made, readable by the owner only.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = path
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=30.0)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute("PRAGMA foreign_keys=ON")
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            self._connection.close()
            msg = f"{path} was written by a newer version (schema {version}); upgrade, or move it"
            raise WorkbenchError(msg, path=str(path), schema=version)
        self._connection.executescript(_SCHEMA)
        self._connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        path.chmod(0o600)

    def query(self, sql: str, *values: object) -> list[Any]:
        """Return all rows of a SELECT."""
        return self._connection.execute(sql, values).fetchall()

    def iterate(self, sql: str, *values: object) -> Iterator[Any]:
        """Yield the rows of a SELECT one by one."""
        yield from self._connection.execute(sql, values)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock; commit at the end, roll back on an exception."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
