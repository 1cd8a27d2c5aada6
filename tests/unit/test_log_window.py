"""Logs that keep a window, end, and are written by two servers at once."""

from __future__ import annotations

import msgspec
import pytest

from workbench.errors import NotFound
from workbench.messages import (
    Complete,
    CompleteData,
    CompleteExtra,
    Control,
    ControlData,
    FinalMetrics,
    Metrics,
    MetricsData,
)
from workbench.streams import Database, SqliteLog, StreamEnded


def control(number: int) -> Control:
    return Control("t", data=ControlData("step", True, float(number)))


def metrics(number: int) -> Metrics:
    return Metrics("t", data=MetricsData("b", number, 0, 0.0, 0.0, 0.0, 0.0))


def complete() -> Complete:
    return Complete(
        "t",
        data=CompleteData("b", FinalMetrics(0, 0, 0, *[0.0] * 10)),
        extra=CompleteExtra("complete", 0, 1.0),
    )


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "workbench.db")
    yield database
    database.close()


@pytest.fixture
def log(database):
    return SqliteLog(database)


def seqs(log, since=0):
    return [entry.seq for entry in log.read("s", since, 1000)]


def test_trimming_forgets_what_comes_before_a_position(log):
    log.create("s", "market_data")
    for first in (1, 6, 11):
        log.append("s", "p", first, [control(n) for n in range(first, first + 5)])
    whole = log.info("s").bytes
    info = log.trim("s", 8)
    assert (info.first_seq, info.seq, info.eseq) == (8, 15, 15)
    assert seqs(log) == seqs(log, 3) == seqs(log, 7) == list(range(8, 16))
    assert seqs(log, 12) == [13, 14, 15]
    assert 0 < info.bytes < whole
    assert log.info("s") == info
    assert log.trim("s", 3) == info
    log.append("s", "p", 16, [control(16)])
    assert log.info("s").first_seq == 8


def test_everything_may_be_trimmed_and_numbers_go_on(log):
    log.create("s", "market_data")
    log.append("s", "p", 1, [control(1), metrics(2)])
    info = log.trim("s", 100)
    assert (info.first_seq, info.seq, info.bytes, info.latest) == (3, 2, 0, {})
    assert seqs(log) == []
    (entry,) = log.append("s", "p", 3, [control(3)])
    assert entry.seq == 3
    assert msgspec.json.decode(entry.wire)["eseq"] == 2
    assert seqs(log) == [3]


def test_a_state_that_was_trimmed_is_no_longer_the_latest(log):
    log.create("s", "market_data")
    log.append("s", "p", 1, [metrics(1), control(2), control(3)])
    assert log.trim("s", 1).latest == {"metrics": 1}
    assert log.trim("s", 2).latest == {}
    log.append("s", "p", 4, [metrics(4)])
    assert log.trim("s", 4).latest == {"metrics": 4}
    assert [entry.type for entry in log.read("s", 3, 1)] == ["metrics"]


def test_a_window_keeps_its_messages_and_not_many_more(log):
    log.create("s", "market_data", window=40)
    number = 1
    for count in (1, 7, 30, 3, 60, 1, 1, 20, 200):
        log.append("s", "p", number, [control(n) for n in range(number, number + count)])
        number += count
        info = log.info("s")
        kept = info.seq - info.first_seq + 1
        assert min(info.seq, 40) <= kept <= 50
        assert seqs(log) == list(range(info.first_seq, info.seq + 1))


def test_there_is_nothing_to_trim_without_a_stream(log):
    with pytest.raises(NotFound, match="'s'"):
        log.trim("s", 1)


def test_nothing_comes_after_the_end(log):
    log.create("s", "backtest")
    log.append("s", "p", 1, [control(1), complete()])
    assert log.append("s", "p", 1, [control(1), complete()]) == []
    with pytest.raises(StreamEnded, match="final message"):
        log.append("s", "p", 2, [complete(), control(3)])
    with pytest.raises(StreamEnded):
        log.append("s", "server", 1, [control(4)])
    assert seqs(log) == [1, 2]


def test_two_servers_over_one_file_number_as_one(tmp_path, database, log):
    log.create("s", "backtest")
    second = Database(database.path)
    other = SqliteLog(second)
    number = 0
    for turn in range(12):
        one = (log, other)[turn % 2]
        for _ in range(turn % 3 + 1):
            number += 1
            assert one.position("s", "p") == number - 1
            (entry,) = one.append("s", "p", number, [control(number)])
            assert entry.seq == number
    assert log.info("s") == other.info("s")
    assert seqs(log) == seqs(other) == list(range(1, number + 1))
    other.delete("s")
    assert log.info("s") is None
    assert log.position("s", "p") == 0
    second.close()


def test_what_is_rolled_back_is_not_remembered(database, log):
    log.create("s", "backtest")
    log.append("s", "p", 1, [control(1)])

    def fail():
        with database.transaction():
            log.append("s", "p", 2, [control(2)])
            raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        fail()
    assert log.info("s").seq == 1
    assert log.position("s", "p") == 1
    (entry,) = log.append("s", "p", 2, [control(2)])
    assert entry.seq == 2


def test_a_transaction_within_another_is_a_part_of_it(database, log):
    log.create("s", "backtest")
    with database.transaction():
        with pytest.raises(RuntimeError, match="inner"), database.transaction():
            raise RuntimeError("inner")
        log.append("s", "p", 1, [control(1)])
    assert seqs(log) == [1]
