"""A session without history trades as a plain backtest from the same start, also within an hour."""

from __future__ import annotations

from typing import Any

import pytest
from sessions_in_hand import InHand, candles_in

from workbench.client.live_backtest import candles_of
from workbench.data.catalog import load
from workbench.engine import BacktestEngine, Strategy
from workbench.engine.streaming import StreamingBacktestEngine


class Looks(Strategy):
    """Trades on the longer candles it sees."""

    def next(self) -> None:
        longer = self.on("1H")
        if len(longer.close) < 2:
            return
        if longer.close[-1] > longer.close[-2]:
            self.enter_long(quantity=0.01)
        else:
            self.position.close()


@pytest.mark.parametrize("start", ["2024-01-10T00:00:00Z", "2024-01-10T10:30:00Z"])
def test_no_history_is_a_plain_backtest(start):
    found = load("BTC-USD", ["15M", "1H"], start, "2024-01-12")
    made = InHand(
        Looks, ["BTC-USD"], ["15M", "1H"], live={"history": 0}, check_lookahead=False
    ).take(candles_in(found["15M"], "BTC-USD"))  # fmt: skip
    engine = BacktestEngine(Looks, found, seed=1, check_lookahead=False)
    told: list[Any] = []
    StreamingBacktestEngine(engine, "live_1", told.append).run()
    last = engine.bars - 1  # where a backtest closes what it holds
    theirs = [one.data for one in told if one.type == "trade" and one.extra.bar != last]
    assert len(theirs) > 10
    assert [one.data for one in made.of("trade") if one.extra.bar != last] == theirs

    (columns, first) = candles_of(made.of("candle"))["BTC-USD"]
    assert first == 0
    for name, candles in columns.items():
        assert candles.time.tolist() == found[name].time.tolist()[: len(candles)]
