from __future__ import annotations

import numpy as np
import pytest

from workbench.data.candles import Candles
from workbench.engine.metrics import Performance, periods_per_year
from workbench.timeframes import DAY_MS, Timeframe


def performance(returns: np.ndarray, periods: float = 252.0) -> Performance:
    """Each return is a period of one candle."""
    made = Performance(1000.0, periods)
    for equity in 1000.0 * np.cumprod(1 + returns):
        made.extend([float(equity)])
        made.end_period()
    return made


def test_sharpe_equals_pandas() -> None:
    import pandas as pd

    returns = np.random.default_rng(3).normal(0.001, 0.02, 300)
    expected = pd.Series(returns).mean() / pd.Series(returns).std() * np.sqrt(252)
    assert performance(returns).sharpe_ratio == pytest.approx(expected, rel=1e-9)


def test_sharpe_closed_form() -> None:
    # Mean 1 %, deviation of (0, 2 %) with one degree of freedom: sqrt(2) %.
    assert performance(np.array([0.0, 0.02]), 365.0).sharpe_ratio == pytest.approx(np.sqrt(365 / 2))


@pytest.mark.parametrize("returns", [[], [0.01], [0.0, 0.0, 0.0]])
def test_an_undefined_sharpe_is_zero(returns: list[float]) -> None:
    assert performance(np.array(returns)).sharpe_ratio == 0.0


def test_drawdown_equals_numpy_however_it_is_fed() -> None:
    equity = 1000 * np.cumprod(1 + np.random.default_rng(5).normal(0, 0.03, 500))
    peak = np.maximum.accumulate(np.maximum(equity, 1000))
    curve = equity / peak - 1
    whole, parts = Performance(1000.0, 252), Performance(1000.0, 252)
    whole.extend(equity.tolist())
    for part in np.array_split(equity, 37):
        parts.extend(part.tolist())
    assert whole.max_drawdown == parts.max_drawdown == pytest.approx(curve.min())
    assert whole.drawdown == pytest.approx(curve[-1])
    assert whole.total_return == pytest.approx(equity[-1] / 10 - 100)


def test_trades() -> None:
    made = Performance(1000.0, 252)
    for pnl, percent in ((30.0, 3.0), (-10.0, -1.0), (10.0, 2.0), (0.0, 0.0), (-15.0, -4.0)):
        made.add_trade(pnl, percent)
    final = made.final()
    assert (final.total_trades, final.winning_trades, final.losing_trades) == (5, 2, 3)
    assert final.win_rate == 0.4
    assert final.profit_factor == pytest.approx(40 / 25)
    assert final.average_win == 2.5
    assert final.average_loss == pytest.approx(-5 / 3)
    assert (final.largest_win, final.largest_loss) == (3.0, -4.0)


def test_nothing_traded_is_all_zero() -> None:
    final = Performance(1000.0, 252).final()
    assert all(getattr(final, name) == 0 for name in final.__struct_fields__)


def candles(timeframe: str, days: range) -> Candles:
    time = np.array([day * DAY_MS for day in days], dtype=np.int64)
    price = np.ones(len(time))
    return Candles("X", Timeframe.parse(timeframe), time, price, price, price, price, price, "test")


@pytest.mark.parametrize(
    ("timeframe", "days", "expected"),
    [
        ("1D", range(4, 9), 252.0),  # 1970-01-05, a Monday, to Friday
        ("1D", range(4, 11), 365.0),
        ("1H", range(2, 3), 365.0),  # a Saturday
        ("1W", range(4, 40, 7), 365.25 / 7),
    ],
)
def test_periods_of_a_year(timeframe: str, days: range, expected: float) -> None:
    assert periods_per_year(candles(timeframe, days)) == expected
