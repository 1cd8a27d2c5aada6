"""Answers from a run's messages: why a trade, why none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.data.candles import Candles
from workbench.engine import BacktestResult, Reasoning, Strategy, backtest
from workbench.errors import InvalidRequest, NotFound
from workbench.timeframes import Timeframe

STEP = Timeframe.parse("15M")
START = 1_704_067_200_000  # 2024-01-01T00:00:00Z


class Script(Strategy):
    """Three candles to warm up, then a scripted day."""

    def init(self) -> None:
        self.mean = self.I("SMA", self.close, 3)

    def next(self) -> None:
        candle = len(self.close) - 1
        if candle == 5:
            why = Reasoning("enter_long", 0.8, "Because five", {"five": 5.0})
            self.enter_long(quantity=1, take_profit=109.0, reason=why)
        elif candle == 7:
            self.enter_long(quantity=1)
        elif candle == 12:
            self.enter_long(quantity=1000)
        elif candle == 14:
            self.decline("Too quiet")
        elif candle == 16:
            self.enter_long(quantity=1, limit=50.0, expires=3)


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    close = 100.0 + np.arange(30)
    candles = Candles(
        "X", STEP, START + STEP.ms * np.arange(30), close, close + 0.5, close - 0.5, close,
        np.ones(30), "test",
    )  # fmt: skip
    return backtest(Script, candles, equity_every=7)


def at(candle: int) -> str:
    return f"2024-01-01T{candle // 4:02d}:{15 * (candle % 4):02d}:00Z"


def test_a_trade_is_explained_by_what_was_decided_and_what_ended_it(result: Any) -> None:
    entry, left = result.explain(1).decisions
    assert (entry.time, entry.rationale, entry.confidence) == (at(5), "Because five", 0.8)
    assert entry.inputs == {"five": 5.0}
    assert f"filled {at(6)} at 106" in entry.what
    assert (left.time, left.inputs["take_profit"]) == (at(9), 109.0)
    assert "take_profit_1" in left.what
    assert "pnl +3.00" in result.explain("trade_1").headline


@pytest.mark.parametrize(
    ("candle", "headline", "details"),
    [
        (1, "warming up until " + at(2), []),
        (5, "there was an entry", ["Because five"]),
        (7, "came to no entry", ["rejected (max_positions)", "trade_1 (long) was open"]),
        (10, "gave no signal", ["max_positions", "the next one: enter_long (no_cash)"]),
        (12, "came to no entry", ["rejected (no_cash)", "Cannot afford", "saw: mean 111"]),
        (14, "came to no entry", ["declined", "Too quiet"]),
        (18, "gave no signal", ["(enter_long) was waiting, since " + at(16)]),
    ],
)
def test_why_there_was_no_entry(
    result: Any, candle: int, headline: str, details: list[str]
) -> None:
    answer = result.why_not(at(candle))
    assert answer.headline.startswith(at(candle))
    assert headline in answer.headline
    for detail in details:
        assert detail in str(answer)


def test_a_time_within_a_candle_means_that_candle(result: Any) -> None:
    assert str(result.why_not("2024-01-01T01:29:59")) == str(result.why_not(at(5)))


def test_what_cannot_be_answered_is_an_error(result: Any) -> None:
    with pytest.raises(NotFound, match="no trade 'trade_9'; there are trade_1 to trade_1"):
        result.explain(9)
    with pytest.raises(InvalidRequest, match="expected ISO 8601"):
        result.why_not("yesterday")
    with pytest.raises(InvalidRequest, match="before the run's first candle"):
        result.why_not("2023-12-31")


def test_signals_are_a_table(result: Any) -> None:
    codes = result.signals.set_index("signal_id")["code"].to_dict()
    assert codes == {
        "signal_2": "max_positions", "signal_3": "no_cash", "signal_4": "declined",
        "signal_5": "expired",
    }  # fmt: skip
