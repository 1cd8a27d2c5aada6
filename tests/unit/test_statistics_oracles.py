"""Statistics against empyrical and backtesting.py, each fed the same returns, curve and trades."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest

from workbench.data.candles import Candles
from workbench.data.samples import load_sample
from workbench.engine.metrics import Performance
from workbench.timeframes import DAY_MS, Timeframe

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    empyrical = pytest.importorskip("empyrical")
    backtesting = pytest.importorskip("backtesting")

DAYS = 900
CAPITAL = 5_000.0


def candles(close: np.ndarray) -> Candles:
    """Return days of a market that knows no weekends, each opening at the close before."""
    opened = np.r_[100.0, close[:-1]]
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    time = np.arange(len(close), dtype=np.int64) * DAY_MS + 1_600_041_600_000 // DAY_MS * DAY_MS
    one = Timeframe.parse("1D")
    return Candles("X", one, time, opened, high, low, close, np.ones(len(close)), "test")


@cache
def random_run(seed: int) -> tuple[np.ndarray, np.ndarray, Performance]:
    """Return the strategy's daily returns, the market's, and our performance over them."""
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0004, 0.02, DAYS)
    returns = 0.3 * market + rng.normal(0.0002, 0.01, DAYS)
    made = Performance.over(candles(100 * np.cumprod(1 + market)), CAPITAL)
    for equity in CAPITAL * np.cumprod(1 + returns):
        made.extend([float(equity)])
        made.end_period()
    return returns, market, made


def theirs(name: str, returns: np.ndarray, market: np.ndarray, days: float) -> float:
    """Return empyrical's value as a fraction; `days` annualises."""
    match name:
        case "sharpe_ratio" | "sortino_ratio":
            return getattr(empyrical, name)(returns, annualization=days)
        case "volatility":
            return empyrical.annual_volatility(returns, annualization=days)
        case "cagr" | "calmar_ratio":
            # Theirs counts years in periods, ours by the calendar: a day is 1 / 365.25 of one.
            return getattr(empyrical, name)(returns, annualization=365.25)
        case "max_drawdown":
            return empyrical.max_drawdown(returns)
        case "beta":
            return empyrical.beta(returns, market)
        case "alpha":
            # Theirs compounds the alpha of a day, ours adds it up.
            compounded = empyrical.alpha(returns, market, annualization=days)
            return days * ((1 + compounded) ** (1 / days) - 1)
    raise AssertionError(name)


PERCENT = {"volatility", "cagr", "alpha"}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    "name",
    [
        "sharpe_ratio", "sortino_ratio", "volatility", "cagr", "calmar_ratio", "max_drawdown",
        "beta", "alpha",
    ],
)  # fmt: skip
def test_against_empyrical(name: str, seed: int) -> None:
    returns, market, made = random_run(seed)
    found = made.statistics()
    ours = found.get(name, getattr(made, name, None))
    expected = theirs(name, returns, market, 365.0)
    assert ours == pytest.approx(expected * (100 if name in PERCENT else 1), rel=1e-9)


@cache
def backtested() -> tuple[Any, Performance]:
    """Return backtesting.py's statistics of a run of its own, and ours of its curve and trades."""
    data = load_sample("GOOGL")

    class Cross(backtesting.Strategy):
        def init(self) -> None:
            self.quick = self.I(mean_of, self.data.Close, 10)
            self.calm = self.I(mean_of, self.data.Close, 30)

        def next(self) -> None:
            above = self.quick[-1] > self.calm[-1]
            if above and not self.position.is_long:
                self.position.close()
                self.buy(size=3)
            elif not above and not self.position.is_short:
                self.position.close()
                self.sell(size=3)

    frame = data.to_frame().rename(columns=str.capitalize)
    frame.index = frame.index.tz_localize(None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stats = backtesting.Backtest(
            frame, Cross, cash=10_000, commission=0.001, finalize_trades=True
        ).run()
    made = Performance.over(data, 10_000.0)
    made.extend(stats["_equity_curve"]["Equity"].tolist())
    trades = stats["_trades"]
    fills = [(bar, 1) for bar in trades["EntryBar"]] + [(bar, -1) for bar in trades["ExitBar"]]
    held = 0
    for bar, change in sorted(fills, key=lambda fill: fill[0]):
        held += change
        made.hold(int(bar), held)
    for row in trades.sort_values("ExitBar", kind="stable").itertuples():
        made.add_trade(row.PnL, 100 * row.ReturnPct, bars=row.ExitBar - row.EntryBar)
    return stats, made


def mean_of(values: Any, count: int) -> np.ndarray:
    found = np.convolve(values, np.ones(count) / count)[: len(values)]
    found[: count - 1] = np.nan
    return found


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("total_return", "Return [%]"),
        ("average_drawdown", "Avg. Drawdown [%]"),
        ("exposure", "Exposure Time [%]"),
        ("expectancy_percent", "Expectancy [%]"),
        ("sqn", "SQN"),
    ],
)
def test_against_backtesting(name: str, key: str) -> None:
    stats, made = backtested()
    assert stats["# Trades"] > 30
    found = made.statistics()
    assert found.get(name, getattr(made, name, None)) == pytest.approx(stats[key], rel=1e-9)


def test_durations_against_backtesting() -> None:
    stats, made = backtested()
    found = made.statistics()
    longest = stats["Max. Drawdown Duration"].total_seconds()
    assert found["longest_drawdown_duration"] == longest
    # Theirs is rounded up to whole days.
    average = stats["Avg. Drawdown Duration"].total_seconds()
    assert average - DAY_MS / 1000 < found["average_drawdown_duration"] <= average
