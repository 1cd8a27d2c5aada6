"""Trades and equity against backtesting.py, an independent engine, on real prices.

Its rules differ at one point (docs/fills.md): it closes what is open at the end at the last
open. So the last position is compared while open: its entry, and the equity at the last close.
"""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from workbench.analysis.indicators import crossed_above, crossed_below, sma
from workbench.data.candles import Candles
from workbench.data.samples import load_sample
from workbench.engine.engine import BacktestEngine
from workbench.engine.story import EntryFill, ExitFill
from workbench.engine.strategy import Strategy

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    backtesting = pytest.importorskip("backtesting")
    from backtesting.lib import crossover

UNITS = {"EUR-USD": 1000, "GOOGL": 1}
PAIRS = [(10, 30), (5, 20), (20, 50)]


class Cross(Strategy):
    fast = 10
    slow = 30
    units = 1
    shorts = True
    stop = 0.0
    target = 0.0

    def init(self) -> None:
        self.quick = self.I(sma, self.close, self.fast)
        self.calm = self.I(sma, self.close, self.slow)

    def levels(self, sign: int) -> dict[str, float]:
        close = self.close[-1]
        levels = {}
        if self.stop:
            levels["stop_loss"] = close * (1 - sign * self.stop)
        if self.target:
            levels["take_profit"] = close * (1 + sign * self.target)
        return levels

    def next(self) -> None:
        if crossed_above(self.quick, self.calm):
            self.enter_long(quantity=self.units, **self.levels(1))
        elif crossed_below(self.quick, self.calm):
            if self.shorts:
                self.enter_short(quantity=self.units, **self.levels(-1))
            else:
                self.position.close()


class Theirs(backtesting.Strategy):
    fast = slow = units = 1
    shorts = True
    stop = target = 0.0

    def init(self) -> None:
        self.quick = self.I(sma, self.data.Close, self.fast)
        self.calm = self.I(sma, self.data.Close, self.slow)

    def levels(self, sign: int) -> dict[str, float]:
        close = self.data.Close[-1]
        return {
            "sl": close * (1 - sign * self.stop) if self.stop else None,
            "tp": close * (1 + sign * self.target) if self.target else None,
        }

    def next(self) -> None:
        if crossover(self.quick, self.calm):
            self.buy(size=self.units, **self.levels(1))
        elif crossover(self.calm, self.quick):
            if self.shorts:
                self.sell(size=self.units, **self.levels(-1))
            else:
                self.position.close()


def run_theirs(candles: Candles, commission: float, params: dict[str, Any]) -> Any:
    frame = candles.to_frame().rename(columns=str.capitalize)
    frame.index = frame.index.tz_localize(None)
    with warnings.catch_warnings():
        # pandas deprecations inside it, and its word on the position open at the end
        warnings.simplefilter("ignore")
        test = backtesting.Backtest(
            frame, Theirs, cash=10_000, commission=commission, exclusive_orders=True
        )
        return test.run(**params)


CASES = [
    {"shorts": True},
    {"shorts": False},
    {"shorts": True, "stop": 0.01, "target": 0.02},
    {"shorts": False, "stop": 0.004, "target": 0.004},
    {"shorts": True, "stop": 0.02},
    {"shorts": True, "target": 0.015},
]


@pytest.mark.parametrize("commission", [0.0, 0.001])
@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize(("fast", "slow"), PAIRS)
@pytest.mark.parametrize("symbol", UNITS)
def test_equal_to_backtesting_py(
    symbol: str, fast: int, slow: int, case: dict[str, Any], commission: float
) -> None:
    candles = load_sample(symbol)
    params = {"fast": fast, "slow": slow, "units": UNITS[symbol], **case}
    stats = run_theirs(candles, commission, params)

    engine = BacktestEngine(
        Cross, {candles.timeframe.name: candles}, strategy_params=params, commission=commission,
        convention="backtesting.py",
    )  # fmt: skip
    fills = engine.advance(len(candles))
    ours = [
        (fill.direction, fill.entry_bar, fill.entry_price, fill.bar, fill.price, fill.pnl)
        for fill in fills
        if isinstance(fill, ExitFill)
    ]
    # Theirs sorts by entry; a stop on the entry candle and a reversal there end in the same row.
    table = stats["_trades"].sort_values(["EntryBar", "ExitBar"])
    theirs = [
        ("long" if row.Size > 0 else "short", row.EntryBar, row.EntryPrice, row.ExitBar,
         row.ExitPrice, row.PnL)
        for row in table.itertuples()
    ]  # fmt: skip
    assert len(ours) == len(theirs)
    assert len(ours) > 20
    for mine, other in zip(ours, theirs, strict=True):
        assert mine[:2] == other[:2]
        assert mine[3] == other[3]
        assert mine[2] == pytest.approx(other[2], abs=1e-9)
        assert mine[4] == pytest.approx(other[4], abs=1e-9)
        assert mine[5] == pytest.approx(other[5], abs=1e-6)

    entries = [fill.bar for fill in fills if isinstance(fill, EntryFill)]
    still_open = [trade.entry_bar for trade in stats["_strategy"].trades]
    assert entries[len(ours) :] == still_open
    assert engine.snapshot().equity == pytest.approx(
        stats["_equity_curve"]["Equity"].iloc[-1], abs=1e-6
    )
