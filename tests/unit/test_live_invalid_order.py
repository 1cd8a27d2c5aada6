"""An order that makes no sense: a session does with it what a backtest does."""

from __future__ import annotations

import numpy as np
import pytest
from live_books import check
from sessions_in_hand import InHand, candles_in

import workbench as wb
from workbench.data.candles import Candles
from workbench.errors import InvalidOrder, StrategyError
from workbench.timeframes import Timeframe


class Careless(wb.Strategy):
    """Buys, and then orders with a stop on the wrong side."""

    def next(self) -> None:
        if not self.position:
            self.buy(quantity=1.0)
        else:
            self.order()

    def order(self) -> None:
        self.buy(quantity=1.0, stop_loss=2 * self.close[-1])


class Careful(Careless):
    """Goes on without such an order."""

    def next(self) -> None:
        try:
            super().next()
        except InvalidOrder:
            self.position.close()


@pytest.fixture(scope="module")
def candles():
    close = 100 + np.random.default_rng(8).normal(0, 1, 30).cumsum()
    opened = np.r_[close[0], close[:-1]]
    high, low = np.maximum(opened, close) + 0.3, np.minimum(opened, close) - 0.3
    time = 1_704_067_200_000 + 900_000 * np.arange(30)
    return Candles(
        "TEST", Timeframe.parse("15M"), time, opened, high, low, close, np.ones(30), source="t"
    )


def test_it_ends_both_and_the_session_says_what_has_become_of_it(candles):
    with pytest.raises(StrategyError, match="InvalidOrder"):
        wb.backtest(Careless, candles)
    made = InHand(Careless).take(candles_in(candles))
    last = made.said[-1]
    assert last.type == "error"
    assert last.extra.code == "strategy_error"
    assert "stop_loss of a long must be below" in last.data.error
    assert "What the session held is closed" in last.data.error
    assert "catch InvalidOrder in next()" in last.data.error
    assert made.session.held() == {"TEST": 0.0}
    check(made.said, 10_000.0)


def test_one_that_is_caught_is_no_order_and_both_go_on_alike(candles):
    run = wb.backtest(Careful, candles)
    made = InHand(Careful).take(candles_in(candles))
    exits = [one.data for one in made.of("trade") if hasattr(one.data, "exit_price")]
    # A backtest closes the last at the end of its candles.
    told = [
        one.data for one in run.messages if one.type == "trade" and hasattr(one.data, "exit_price")
    ]
    assert len(exits) > 5
    assert exits == told[: len(exits)]
    assert len(told) <= len(exits) + 1
