"""A window forgets superseded states first: events stay long after them."""

from __future__ import annotations

import random

import pytest

from workbench.errors import LogDamaged
from workbench.messages import Candle, CandleData, Delivery
from workbench.streams import Database, SqliteLog


def candle(number: int, *, closed: bool, timeframe: str = "1M") -> Candle:
    data = CandleData("BTC-USD", timeframe, "2024-01-01T00:00:00Z", 1, 2, 0.5, number, 1, closed)
    return Candle("t", data=data)


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "workbench.db")
    yield database
    database.close()


@pytest.fixture
def log(database):
    log = SqliteLog(database)
    log.create("s", "market_data", window=100)
    return log


def fill(log, count, closed_every=50, batch=7, start=1):
    made = [
        candle(n, closed=n % closed_every == 0, timeframe=("1M", "1H")[n % 2])
        for n in range(start, start + count)
    ]
    for at in range(0, count, batch):
        log.append("s", "p", start + at, made[at : at + batch])


def everything(log, since=0, limit=1000):
    found = []
    while page := log.read("s", since, limit):
        found += page
        since = page[-1].seq
    return found


def test_closed_candles_stay_when_growing_ones_have_gone(log):
    fill(log, 4000)
    info = log.info("s")
    assert info.first_seq == 1
    assert info.kept <= 125
    kept = everything(log)
    assert len(kept) == info.kept
    closed = [entry.seq for entry in kept if entry.delivery is Delivery.EVENT]
    assert closed == list(range(50, 4001, 50))
    assert kept[-1].seq == info.seq == 4000
    for key, seq in info.latest.items():
        assert seq in {entry.seq for entry in kept}, key


def test_a_reader_anywhere_gets_what_is_left_after_it(log):
    fill(log, 1500)
    whole = everything(log)
    for since in random.Random(3).sample(range(1501), 60):
        rest = [entry for entry in whole if entry.seq > since]
        assert everything(log, since, limit=5) == rest


def test_where_events_fill_the_window_the_oldest_go(log):
    fill(log, 3000, closed_every=5)
    info = log.info("s")
    assert 100 <= info.kept <= 125
    kept = everything(log)
    assert len(kept) == info.kept
    assert min(entry.seq for entry in kept) >= info.first_seq > 1
    closed = [entry.seq for entry in kept if entry.delivery is Delivery.EVENT]
    assert closed == list(range(closed[0], 3001, 5))


def test_bytes_and_numbers_are_those_of_what_is_stored(log, database):
    fill(log, 2777, closed_every=9)
    info = log.info("s")
    stored = database.query("SELECT sum(length(keys) + length(payload)) FROM blocks")[0][0]
    assert info.bytes == stored
    assert info.kept == len(everything(log))
    trimmed = log.trim("s", info.seq - 300)
    assert trimmed.kept == len(everything(log))
    stored = database.query("SELECT sum(length(keys) + length(payload)) FROM blocks")[0][0]
    assert trimmed.bytes == stored
    other = SqliteLog(database)
    assert other.info("s") == trimmed
    assert [e.seq for e in other.find("s", "candle", 0)] == [e.seq for e in everything(log)]


def test_damage_does_not_keep_messages_out(log, database):
    fill(log, 60)
    with database.transaction() as tx:
        tx.execute("UPDATE blocks SET payload = x'00' WHERE first_seq = 8")
    log._forget()
    fill(log, 400, start=61)
    assert log.info("s").seq == 460
    with pytest.raises(LogDamaged):
        log.read("s", 10, 5)
    assert everything(log, 14)[-1].seq == 460


def test_a_sparse_block_that_lacks_messages_is_damaged(log, database):
    fill(log, 400)
    with database.transaction() as tx:
        tx.execute("UPDATE blocks SET payload = substr(payload, 1, 40) WHERE first_seq = 1")
    with pytest.raises(LogDamaged):
        log.read("s", 0, 5)
