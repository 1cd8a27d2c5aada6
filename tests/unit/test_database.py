"""The state file after a transaction that failed: as before, and open to the next."""

from __future__ import annotations

import sqlite3

import pytest

from workbench.errors import StorageFull
from workbench.streams import Database
from workbench.streams.storage import passing


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "workbench.db")
    with database.transaction() as tx:
        tx.execute("CREATE TABLE notes (text TEXT) STRICT")
    yield database
    database.close()


def note(database, text):
    with database.transaction() as tx:
        tx.execute("INSERT INTO notes VALUES (?)", (text,))


def notes(database):
    return [row[0] for row in database.query("SELECT text FROM notes")]


def test_a_full_disk_passes(database):
    (pages,) = database.query("PRAGMA page_count")[0]
    database.query(f"PRAGMA max_page_count={pages}")
    before = database.version()
    with pytest.raises(StorageFull, match="full") as caught:
        note(database, "x" * 100_000)
    assert passing(caught.value)
    assert database.version() != before
    database.query("PRAGMA max_page_count=1000000")
    note(database, "y")
    assert notes(database) == ["y"]


def test_a_file_that_another_holds_passes(database, tmp_path):
    other = Database(tmp_path / "workbench.db")
    other.query("PRAGMA busy_timeout=1")
    with (
        database.transaction(),
        pytest.raises(sqlite3.OperationalError) as caught,
        other.transaction(),
    ):
        pass
    other.close()
    assert passing(caught.value)


def test_a_commit_that_fails_leaves_no_transaction_open(database):
    def write():
        with database.transaction() as tx:
            tx.execute("PRAGMA defer_foreign_keys=ON")
            tx.execute("INSERT INTO producers VALUES ('of no stream', 'worker', 1)")

    with pytest.raises(sqlite3.IntegrityError) as caught:
        write()
    assert not passing(caught.value)
    assert database.query("SELECT * FROM producers") == []
    note(database, "z")
    assert notes(database) == ["z"]


def test_what_is_no_fault_of_the_file_does_not_pass(database):
    with pytest.raises(sqlite3.OperationalError) as caught:
        database.query("SELECT * FROM nothing")
    assert not passing(caught.value)
    assert not passing(RuntimeError("x"))
