"""The log: numbering, resends, reading from any position, surviving a new process."""

from __future__ import annotations

import msgspec
import pytest

from workbench.errors import NotFound, WorkbenchError
from workbench.messages import (
    Control,
    ControlData,
    Equity,
    EquityData,
    Error,
    ErrorData,
    ErrorExtra,
    Progress,
    ProgressData,
    ProgressExtra,
    ProgressMetrics,
)
from workbench.streams import Database, OutOfOrder, SqliteLog


def equity(value: float) -> Equity:
    return Equity(
        "2024-01-01T00:00:00.000Z",
        data=EquityData("b", "2024-01-01T00:00:00Z", value, value, 0.0),
    )


def progress(percent: float) -> Progress:
    return Progress(
        "2024-01-01T00:00:00.000Z",
        data=ProgressData("b", percent, "x", ProgressMetrics(1.0, 0, 0, 0, 0.0, 0.0)),
        extra=ProgressExtra(1, 2),
    )


def control() -> Control:
    return Control("2024-01-01T00:00:00.000Z", data=ControlData("pause", True))


def error() -> Error:
    return Error("2024-01-01T00:00:00.000Z", data=ErrorData("x", {}), extra=ErrorExtra("e"))


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "state" / "workbench.db")
    yield database
    database.close()


@pytest.fixture
def log(database):
    log = SqliteLog(database)
    log.create("s", "backtest")
    return log


def test_messages_are_numbered_without_a_gap_and_events_by_themselves(log):
    log.append("s", "p", 1, [equity(1), control(), progress(1)])
    log.append("s", "p", 4, [control()])
    found = [msgspec.json.decode(entry.wire) for entry in log.read("s", 0, 100)]
    assert [message["seq"] for message in found] == [1, 2, 3, 4]
    assert [message.get("eseq") for message in found] == [None, 1, None, 2]
    assert log.info("s").seq == 4
    assert log.info("s").latest == {"progress": 3}


def test_a_batch_sent_again_adds_only_what_is_new(log):
    log.append("s", "p", 1, [equity(1), equity(2)])
    assert log.append("s", "p", 1, [equity(1), equity(2)]) == []
    added = log.append("s", "p", 2, [equity(2), equity(3)])
    assert [entry.seq for entry in added] == [3]
    values = [msgspec.json.decode(e.wire)["data"]["equity"] for e in log.read("s", 0, 100)]
    assert values == [1, 2, 3]
    assert log.position("s", "p") == 3


def test_a_batch_that_leaves_numbers_out_is_refused_whole(log):
    log.append("s", "p", 1, [equity(1)])
    with pytest.raises(OutOfOrder, match="starts at 3, expected 2"):
        log.append("s", "p", 3, [equity(3)])
    assert log.info("s").seq == 1


def test_two_producers_share_one_order(log):
    log.append("s", "worker", 1, [equity(1)])
    log.append("s", "server", 1, [control()])
    log.append("s", "worker", 2, [equity(2)])
    assert [entry.type for entry in log.read("s", 0, 10)] == ["equity", "control", "equity"]
    assert log.position("s", "worker") == 2
    assert log.position("s", "server") == 1


def test_reading_starts_right_after_the_position_within_a_block_too(log):
    log.append("s", "p", 1, [equity(n) for n in range(1, 6)])
    log.append("s", "p", 6, [equity(n) for n in range(6, 9)])
    for since in range(9):
        assert [entry.seq for entry in log.read("s", since, 100)] == list(range(since + 1, 9))
    assert [entry.seq for entry in log.read("s", 0, 2)][:2] == [1, 2]


def test_the_log_outlives_its_process(database, tmp_path):
    log = SqliteLog(database)
    epoch = log.create("s", "backtest").epoch
    log.append("s", "p", 1, [equity(1), error()])
    again = Database(tmp_path / "state" / "workbench.db")
    info = SqliteLog(again).info("s")
    assert (info.epoch, info.seq, info.closed) == (epoch, 2, True)
    assert SqliteLog(again).read("s", 0, 10) == log.read("s", 0, 10)
    again.close()


def test_deleting_removes_the_blocks_and_unknown_streams_are_named(log, database):
    log.append("s", "p", 1, [equity(1)])
    log.delete("s")
    assert log.info("s") is None
    assert not log.erase()
    assert database.query("SELECT count(*) FROM blocks")[0][0] == 0
    assert database.query("SELECT count(*) FROM producers")[0][0] == 0
    with pytest.raises(NotFound, match="'s'"):
        log.append("s", "p", 1, [equity(1)])


def test_a_failed_append_leaves_nothing_behind(log):
    class Broken(Equity, tag="equity"):
        @property
        def key(self):
            raise RuntimeError("boom")

    bad = Broken("t", data=equity(1).data)
    with pytest.raises(RuntimeError, match="boom"):
        log.append("s", "p", 1, [equity(1), bad])
    assert log.info("s").seq == 0
    assert log.position("s", "p") == 0


def test_a_file_of_a_newer_version_is_refused(tmp_path):
    path = tmp_path / "workbench.db"
    database = Database(path)
    with database.transaction() as tx:
        tx.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(WorkbenchError, match="newer version"):
        Database(path)


def test_the_state_file_is_its_owners_alone(database):
    assert database.path.stat().st_mode & 0o077 == 0
