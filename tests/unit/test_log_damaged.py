"""A log whose blocks cannot be read says so, and which messages are gone."""

from __future__ import annotations

import pytest

from workbench.errors import LogDamaged
from workbench.messages import Control, ControlData
from workbench.streams import Database, SqliteLog

NOW = "2024-01-01T00:00:00.000Z"


@pytest.fixture
def log(tmp_path):
    database = Database(tmp_path / "workbench.db")
    log = SqliteLog(database)
    log.create("s", "backtest")
    for first in (1, 4, 7):
        log.append("s", "p", first, [Control(NOW, data=ControlData("pause", True))] * 3)
    yield log
    database.close()


def damage(log, sql, *values):
    with log._db.transaction() as tx:
        tx.execute(sql, values)


SECOND = "WHERE first_seq = 4"


@pytest.mark.parametrize(
    "sql",
    [
        f"UPDATE blocks SET payload = x'00ff00' {SECOND}",
        f"UPDATE blocks SET payload = substr(payload, 1, length(payload) - 9) {SECOND}",
        f"UPDATE blocks SET keys = substr(keys, 1, length(keys) - 3) {SECOND}",
        f"UPDATE blocks SET first_seq = 5 {SECOND}",
        f"DELETE FROM blocks {SECOND}",
    ],
)
def test_the_messages_that_are_gone_are_named(log, sql):
    damage(log, sql)
    assert [entry.seq for entry in log.read("s", 0, 100)] == [1, 2, 3]
    with pytest.raises(LogDamaged, match="'s' is damaged") as caught:
        log.read("s", 3, 100)
    assert caught.value.details["stream"] == "s"
    assert (caught.value.details["first_seq"], caught.value.status) == (4, 500)
    assert [entry.seq for entry in log.read("s", 6, 100)] == [7, 8, 9]


def test_a_search_finds_the_damage_too(log):
    damage(log, f"UPDATE blocks SET payload = x'00' {SECOND}")
    with pytest.raises(LogDamaged):
        log.find("s", "control", 0)
    assert [entry.seq for entry in log.find("s", "control", 6)] == [7, 8, 9]


def test_an_end_that_is_gone_is_missed(log):
    damage(log, "DELETE FROM blocks WHERE first_seq = 7")
    with pytest.raises(LogDamaged, match="7 to 9"):
        log.read("s", 6, 100)
