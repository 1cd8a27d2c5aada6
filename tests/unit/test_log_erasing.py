"""A deleted log is gone at once; what it held goes in pieces of a bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from workbench.errors import NotFound
from workbench.messages import Control, ControlData
from workbench.runs.figures import figures
from workbench.streams import Database, SqliteLog, erasing

BLOCKS = 25


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "workbench.db")
    yield made
    made.close()


@pytest.fixture
def log(database: Database) -> SqliteLog:
    return filled(SqliteLog(database), "gone", "kept")


def said(number: int) -> Control:
    return Control("t", data=ControlData("step", True, float(number), reason="x" * 1000))


def filled(log: SqliteLog, *names: str) -> SqliteLog:
    for name in names:
        log.create(name, "backtest")
        for number in range(1, BLOCKS + 1):
            log.append(name, "p", number, [said(number)])
    return log


def blocks(database: Database, stream: str) -> int:
    found: int = database.query("SELECT count(*) FROM blocks WHERE stream = ?", stream)[0][0]
    return found


def pieces(log: SqliteLog, database: Database, stream: str) -> list[int]:
    """Return how many blocks each piece took away."""
    left = [blocks(database, stream)]
    while log.erase():
        left.append(blocks(database, stream))
    left.append(blocks(database, stream))
    return [before - after for before, after in pairwise(left)]


def test_nobody_finds_it_while_it_is_still_in_the_file(
    log: SqliteLog, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "PIECE_BLOCKS", 10)
    log.delete("gone")
    assert blocks(database, "gone") == BLOCKS
    for _ in range(2):
        assert log.info("gone") is None
        assert log.read("gone", 0, 100) == log.find("gone", "control", 0) == []
        assert log.position("gone", "p") == 0
        assert figures(database).messages == {"backtest": BLOCKS}
        with pytest.raises(NotFound):
            log.append("gone", "p", 1, [said(1)])
        with pytest.raises(NotFound):
            log.trim("gone", 3)
        assert log.erase()


def test_it_goes_in_pieces_and_nothing_else_does(
    log: SqliteLog, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "PIECE_BLOCKS", 10)
    log.delete("gone")
    assert pieces(log, database, "gone") == [10, 10, 5]
    assert database.query("SELECT id FROM streams") == [("kept",)]
    assert len(log.read("kept", 0, 100)) == BLOCKS
    assert not log.erase()


def test_a_piece_is_bounded_in_bytes_and_one_block_at_least(
    log: SqliteLog, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "PIECE_BYTES", 5000)
    log.delete("gone")
    assert set(pieces(log, database, "gone")) <= {3, 4, 1}
    monkeypatch.setattr(erasing, "PIECE_BYTES", 10)
    log.delete("kept")
    assert pieces(log, database, "kept") == [1] * BLOCKS


def test_who_opens_the_file_next_goes_on(
    log: SqliteLog, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "PIECE_BLOCKS", 10)
    log.delete("gone")
    assert log.erase()
    again = SqliteLog(database)
    assert again.info("gone") is None
    assert pieces(again, database, "gone") == [10, 5]


def test_a_new_log_of_the_name_has_nothing_of_the_old_one_and_is_not_erased(
    log: SqliteLog, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "PIECE_BLOCKS", 10)
    epoch = log.info("gone").epoch
    log.delete("gone")
    assert log.erase()
    new = log.create("gone", "backtest")
    assert (new.seq, blocks(database, "gone")) == (0, 0)
    assert new.epoch != epoch
    log.append("gone", "p", 1, [said(1)])
    while log.erase():
        pass
    assert [entry.seq for entry in log.read("gone", 0, 10)] == [1]


def test_a_deletion_that_came_to_nothing_erases_nothing(log: SqliteLog, database: Database) -> None:
    assert not log.erase()

    def fail() -> None:
        with database.transaction():
            log.delete("gone")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    while log.erase():
        pass
    assert len(log.read("gone", 0, 100)) == BLOCKS
