"""What a program cannot tell of its run, because it contradicts what it has told: nothing of it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.client.discovery import Server
from workbench.errors import InvalidRequest
from workbench.messages import (
    Equity,
    EquityData,
    Progress,
    ProgressData,
    ProgressExtra,
    ProgressMetrics,
    decode,
)

HOUR = 3_600_000
T = 1_704_067_200_000
SECONDS = T // 1000


class Rest:
    def post(self, path, body):
        self.body = body
        return {"backtest_id": "r", "token": "t", "home": None}


class OneServer(Server):
    rest = Rest()


SERVER = OneServer("http://127.0.0.1:9/", "")


@pytest.fixture
def opened():
    made = []

    def make(**options):
        made.append(wb.publish("mine", symbol="X", server=SERVER, patience=0, **options).open())
        return made[-1]

    yield make
    for stream in made:
        stream._publisher.leave()


@pytest.fixture
def stream(opened):
    """A run that has come as far as the second hour."""
    stream = opened()
    stream.trade_entry("long", 1, T + HOUR, 1, trade_id="a")
    stream.equity(T + HOUR, 1.0, bar=5)
    stream.progress(50, T + HOUR)
    return stream


def told(stream):
    stream._publisher.leave()
    return [decode(wire) for wire in stream._publisher._outbox.take(10_000, 1 << 30)[1]]


def point(time):
    return Equity("t", data=EquityData("r", time, 1.0, 1.0, 0.0))


def progress(percent, time):
    data = ProgressData("r", percent, time, ProgressMetrics(0.0, 0, 0, 0, 0.0, 0.0))
    return Progress("t", data=data, extra=ProgressExtra(1, 1))


@pytest.mark.parametrize(
    ("tell", "field", "said"),
    [
        (lambda s: s.trade_exit("a", 1, T), "time", "'a' was entered at 2024-01-01T01:00:00Z"),
        (lambda s: s.equity(T, 1.0), "time", "after 2024-01-01T01:00:00Z"),
        (lambda s: s.equity(T + HOUR, 1.0), "time", "after 2024-01-01T01:00:00Z"),
        (lambda s: s.send(point("2024-01-01T02:00:00+01:00")), "time", "after 2024-01-01T01"),
        (lambda s: s.equity(T + 2 * HOUR, 1.0, bar=5), "bar", "after 5"),
        (lambda s: s.progress(40, T + 2 * HOUR), "percent", "50 or more"),
        (lambda s: s.progress(60, T), "time", "2024-01-01T01:00:00Z or later"),
        (lambda s: s.send(progress(10.0, "2024-02-01")), "percent", "50 or more"),
        (lambda s: s.send(progress(60.0, "soon")), "time", "'soon'"),
        (lambda s: s.equity(SECONDS, 1.0), "time", "are these seconds?"),
        (lambda s: s.equity(float(SECONDS), 1.0), "time", "are these seconds?"),
        (lambda s: s.equity(np.int64(SECONDS), 1.0), "time", "are these seconds?"),
        (lambda s: s.progress(60, SECONDS), "time", "are these seconds?"),
        (lambda s: s.trade_entry("long", 1, SECONDS, 1), "time", "are these seconds?"),
        (lambda s: s.trade_exit("a", 1, SECONDS), "time", "are these seconds?"),
    ],
)
def test_it_is_refused_by_name_and_nothing_is_told(stream, tell, field, said):
    with pytest.raises(InvalidRequest) as caught:
        tell(stream)
    details = caught.value.details
    assert details["field"] == field
    assert details["value"] is not None
    assert details["allowed"]
    assert said in str(caught.value)
    # As if it had never been tried.
    stream.trade_exit("a", 1, T + HOUR)
    stream.equity(T + 2 * HOUR, 1.0, bar=6)
    stream.progress(50, T + HOUR)
    kinds = [message.type for message in told(stream)]
    assert kinds == ["status", "trade", "equity", "progress", "trade", "equity", "progress"]


@pytest.mark.parametrize(
    "time",
    [
        datetime(1970, 1, 20, tzinfo=UTC),
        pd.Timestamp("1970-01-20"),
        np.datetime64("1970-01-20"),
        "1970-01-20",
        -1_000_000_000_000,
    ],
)
def test_a_time_of_long_ago_can_be_told_as_what_it_is(opened, time):
    stream = opened()
    stream.equity(time, 1.0)
    assert told(stream)[-1].data.time < "1971"


def test_a_run_of_1970_may_count_its_milliseconds(opened):
    stream = opened(start="1970-01-01", end="1971-01-01")
    stream.equity(HOUR, 1.0)
    assert told(stream)[-1].data.time == "1970-01-01T01:00:00Z"


def test_trades_may_be_told_after_the_curve_as_an_engine_that_computes_them_at_once_does(opened):
    stream = opened()
    stream.equity(T, 1.0)
    stream.equity(T + 9 * HOUR, 1.0)
    for hour in (1, 3, 2):
        name = stream.trade_entry("long", 1, T + hour * HOUR, 1)
        stream.trade_exit(name, 1, T + (hour + 4) * HOUR)
    assert len(told(stream)) == 9


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": 5}, "name"),
        ({"name": None}, "name"),
        ({"strategy": 5}, "strategy"),
        ({"synthetic": "no"}, "synthetic"),
        ({"tags": [5]}, "tags"),
        ({"strategy_params": [1]}, "strategy_params"),
        ({"strategy_params": {"x": np.arange(3)}}, "strategy_params"),
        ({"start": SECONDS}, "start"),
        ({"end": SECONDS}, "end"),
        ({"timeframes": [5]}, "timeframes"),
    ],
)
def test_a_wrong_argument_is_told_in_our_words(given, field):
    with pytest.raises(InvalidRequest) as caught:
        wb.publish(**{"name": "mine", "server": SERVER} | given)
    assert caught.value.details["field"] == field
    assert "Expected `" not in str(caught.value)


def test_parameters_may_be_numbers_of_numpy_as_for_start(opened):
    params = {
        "fast": np.int64(3),
        "slow": np.float32(1.5),
        "on": np.bool_(True),
        "all": [np.int8(1)],
    }
    opened(strategy_params=params, initial_capital=np.float64(5.0))
    body = SERVER.rest.body
    assert body["strategy_params"] == {"fast": 3, "slow": 1.5, "on": True, "all": [1]}
    assert body["initial_capital"] == 5.0
