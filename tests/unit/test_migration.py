"""A state file of version 1, as the code of that time made it, goes on under this one."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest

from workbench.messages import Control, ControlData
from workbench.runs.registry import RunRegistry
from workbench.runs.spec import RunSpec
from workbench.streams import Database, SqliteLog
from workbench.streams.schema import SCHEMA_VERSION

VERSION_1 = """
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
SPEC = RunSpec(
    symbol="S", timeframes=["1H"], start_date="2024-01-01", end_date="2024-01-31",
    strategy_ids=["x"],
)  # fmt: skip


def make_version_1(path: Path) -> tuple[bytes, bytes]:
    keys = msgspec.msgpack.encode([("control", "control")])
    payload = (
        b'{"type":"control","timestamp":"t","seq":1,"eseq":1,'
        b'"data":{"action":"pause","accepted":true}}'
    )
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.executescript(VERSION_1)
    connection.execute(
        "INSERT INTO streams (id, kind, epoch, seq, eseq, latest) VALUES (?, ?, ?, ?, ?, ?)",
        ("r", "backtest", "e1", 1, 1, msgspec.msgpack.encode({})),
    )
    connection.execute("INSERT INTO blocks VALUES (?, ?, ?, ?, ?)", ("r", 1, 1, keys, payload))
    connection.execute("INSERT INTO producers VALUES (?, ?, ?)", ("r", "worker", 7))
    connection.execute(
        "INSERT INTO runs (id, status, created, spec, strategy, python, paths, "
        "token_hash, source, synthetic) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ("r", "running", "2024-02-01T00:00:00.000Z", msgspec.json.encode(SPEC), None, None,
         b"[]", "hash", "a file", 0),
    )  # fmt: skip
    connection.execute("PRAGMA user_version=1")
    connection.commit()
    connection.close()
    return keys, payload


def test_everything_is_there_and_goes_on(tmp_path):
    path = tmp_path / "workbench.db"
    keys, payload = make_version_1(path)
    database = Database(path)
    log = SqliteLog(database)
    info = log.info("r")
    assert (info.epoch, info.seq, info.eseq, info.first_seq) == ("e1", 1, 1, 1)
    assert (info.window, info.bytes) == (None, len(keys) + len(payload))
    assert [entry.wire for entry in log.read("r", 0, 10)] == [payload]
    assert log.position("r", "worker") == 7
    record = RunRegistry(database).get("r")
    assert (record.spec, record.status, record.producer) == (SPEC, "running", "worker")
    assert record.seen is None
    assert database.query("PRAGMA auto_vacuum")[0][0] == 2
    (entry,) = log.append("r", "worker", 8, [Control("t", data=ControlData("pause", True))])
    assert entry.seq == 2
    database.close()
    again = Database(path)
    assert again.query("PRAGMA user_version")[0][0] == SCHEMA_VERSION
    assert SqliteLog(again).info("r").seq == 2
    again.close()


def test_a_migrated_file_has_the_tables_of_a_new_one(tmp_path):
    make_version_1(tmp_path / "old.db")
    columns = []
    for name in ("old.db", "new.db"):
        database = Database(tmp_path / name)
        columns.append(
            {
                table: [row[1:4] for row in database.query(f"PRAGMA table_info({table})")]
                for table in ("streams", "blocks", "producers", "runs", "feeds")
            }
        )
        database.close()
    assert columns[0] == columns[1]


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "workbench.db"
    make_version_1(path)
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE runs ADD COLUMN seen REAL")
    connection.commit()
    with pytest.raises(sqlite3.OperationalError, match="seen"):
        Database(path)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(streams)")]
    assert "first_seq" not in columns
    assert connection.execute("PRAGMA user_version").fetchone()[0] == 1
    connection.close()


def test_freed_pages_are_given_back(tmp_path):
    database = Database(tmp_path / "workbench.db")
    log = SqliteLog(database)
    log.create("big", "backtest")
    said = [Control("t", data=ControlData("pause", True, reason="x" * 5000)) for _ in range(400)]
    log.append("big", "p", 1, said)
    log.delete("big")
    while log.erase():
        pass
    pages = database.query("PRAGMA page_count")[0][0]
    assert database.shrink(100)
    while database.shrink(100):
        pass
    assert database.query("PRAGMA page_count")[0][0] < pages / 10
    assert database.query("PRAGMA freelist_count")[0][0] == 0
    database.close()
