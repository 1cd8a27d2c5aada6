"""The tables of the state file, and how a file of an earlier version becomes one of this."""

from __future__ import annotations

import sqlite3

SCHEMA_VERSION = 4

TABLES = """
CREATE TABLE IF NOT EXISTS streams (
    id        TEXT PRIMARY KEY,
    kind      TEXT NOT NULL,
    epoch     TEXT NOT NULL,
    seq       INTEGER NOT NULL DEFAULT 0,
    eseq      INTEGER NOT NULL DEFAULT 0,
    latest    BLOB NOT NULL,
    closed    INTEGER NOT NULL DEFAULT 0,
    first_seq INTEGER NOT NULL DEFAULT 1,
    keep      INTEGER,
    bytes     INTEGER NOT NULL DEFAULT 0,
    spared    INTEGER NOT NULL DEFAULT 0
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
    result     BLOB,
    producer   TEXT NOT NULL DEFAULT 'worker',
    seen       REAL
) STRICT;
"""
FEEDS = """
CREATE TABLE IF NOT EXISTS feeds (
    name       TEXT PRIMARY KEY,
    spec       BLOB NOT NULL,
    given      INTEGER NOT NULL,
    detectors  BLOB,
    python     TEXT,
    paths      BLOB NOT NULL,
    status     TEXT NOT NULL,
    message    TEXT NOT NULL,
    source     TEXT NOT NULL,
    synthetic  INTEGER NOT NULL,
    created    TEXT NOT NULL,
    started    TEXT,
    token_hash TEXT NOT NULL DEFAULT '',
    pid        INTEGER,
    pid_start  REAL,
    seen       REAL NOT NULL DEFAULT 0,
    failures   INTEGER NOT NULL DEFAULT 0,
    retry_at   REAL NOT NULL DEFAULT 0,
    closed     BLOB NOT NULL,
    halted     INTEGER NOT NULL DEFAULT 0
) STRICT
"""
SESSIONS = """
CREATE TABLE IF NOT EXISTS sessions (
    id       TEXT PRIMARY KEY,
    failures INTEGER NOT NULL DEFAULT 0,
    retry_at REAL NOT NULL DEFAULT 0,
    closing  TEXT
) STRICT
"""
LIVE_STATE = """
CREATE TABLE IF NOT EXISTS live_state (
    session TEXT NOT NULL,
    type    TEXT NOT NULL,
    name    TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    key     TEXT NOT NULL,
    wire    BLOB NOT NULL,
    PRIMARY KEY (session, type, name)
) STRICT, WITHOUT ROWID
"""

# Version 2: windows and sizes of logs; runs that a kernel publishes.
_TO_2 = (
    "ALTER TABLE streams ADD COLUMN first_seq INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE streams ADD COLUMN keep INTEGER",
    "ALTER TABLE streams ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0",
    "UPDATE streams SET bytes = coalesce((SELECT sum(length(payload) + length(keys)) "
    "FROM blocks WHERE stream = streams.id), 0)",
    "ALTER TABLE runs ADD COLUMN producer TEXT NOT NULL DEFAULT 'worker'",
    "ALTER TABLE runs ADD COLUMN seen REAL",
)
# Version 3: feeds of markets, and logs out of whose middle superseded states are taken.
_TO_3 = (FEEDS, "ALTER TABLE streams ADD COLUMN spared INTEGER NOT NULL DEFAULT 0")
# Version 4: live sessions, and what holds of each now.
_TO_4 = (SESSIONS, LIVE_STATE)
_STEPS: dict[int, tuple[str, ...]] = {1: _TO_2, 2: _TO_3, 3: _TO_4}
"""What makes version n + 1 out of version n."""


def version_of(connection: sqlite3.Connection) -> int:
    """Return the schema version of the file, 0 for a new one."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables, or bring those of an earlier version up to date, all or nothing.

    Parameters
    ----------
    connection
        In autocommit mode. Other processes may do the same at the same time.
    """
    if version_of(connection) == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(connection)
        if version == 0:
            for statement in (*TABLES.split(";"), FEEDS, SESSIONS, LIVE_STATE):
                connection.execute(statement)
        for step in range(version or SCHEMA_VERSION, SCHEMA_VERSION):
            for statement in _STEPS[step]:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
