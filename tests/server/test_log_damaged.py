"""A stream whose log is damaged ends with an error that says what is gone."""

from __future__ import annotations

import pytest

from workbench.messages import Status, StatusData, utc_now
from workbench.runs.spec import RunSpec


@pytest.fixture
def damaged(app):
    """A run whose second block cannot be read."""
    spec = RunSpec(
        symbol="BTC-USD", timeframes=["1H"], start_date="2024-01-01", end_date="2024-01-02",
        strategy_ids=["strategy1"],
    )  # fmt: skip
    record = app.service.registry.create(spec, source="sample", synthetic=True)
    log = app.service.log
    log.create(record.id, "backtest")
    for first in (1, 3):
        status = Status(utc_now(), data=StatusData(record.id, "running"))
        log.append(record.id, "worker", first, [status] * 2)
    with log._db.transaction() as tx:
        tx.execute("UPDATE blocks SET payload = x'00' WHERE first_seq = 3")
        tx.execute("UPDATE streams SET closed = 1")
    log._forget()
    return record.id


@pytest.mark.parametrize("how", [{}, {"since": "2"}, {"replay": "1"}])
async def test_a_damaged_log_closes_the_stream_for_good(damaged, story, how):
    messages, code = await story(damaged, **how)
    assert code == 4500
    told = [1, 2] if not how else []
    assert [message["seq"] for message in messages if "seq" in message] == told
    last = messages[-1]
    assert (last["type"], last["extra"]["code"]) == ("error", "log_damaged")
    details = last["data"]["details"]
    assert details == {"stream": damaged, "first_seq": 3, "last_seq": 4}


async def test_a_damaged_log_is_an_error_of_the_routes(damaged, call):
    status, body = await call("GET", "api", "backtesting", damaged, "trades")
    assert (status, body["code"]) == (500, "log_damaged")
    assert "3 to 4" in body["error"]
