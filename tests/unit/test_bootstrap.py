"""Confidence intervals: put together from blocks, they are those of the resampled series."""

from __future__ import annotations

import math

import numpy as np
import pytest

from workbench.engine.metrics import Performance
from workbench.engine.metrics.bootstrap import (
    FEWEST,
    RESAMPLES,
    Annual,
    block_length,
    return_intervals,
    trade_intervals,
)
from workbench.engine.metrics.quantiles import quantiles

ANNUAL = Annual(252.0, 260.0)


def resampled(values: np.ndarray, seed: int) -> np.ndarray:
    """Return whole resampled series, shape (resamples, values), drawn as documented."""
    length = block_length(len(values))
    blocks = math.ceil(len(values) / length)
    starts = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, blocks))
    places = (starts[:, :, None] + np.arange(length)) % len(values)
    return values[places.reshape(RESAMPLES, -1)]


def bounds(values: np.ndarray) -> list[float]:
    return np.quantile(values, [0.025, 0.975]).tolist()


def test_of_returns() -> None:
    returns = np.random.default_rng(3).normal(0.001, 0.012, 400)
    drawn = resampled(returns, 7)
    paths = np.cumprod(1 + drawn, axis=1)
    peaks = np.maximum.accumulate(np.maximum(paths, 1.0), axis=1)
    losses = np.sqrt((np.minimum(drawn, 0) ** 2).mean(axis=1))
    expected = {
        "sharpe_ratio": drawn.mean(axis=1) / drawn.std(axis=1, ddof=1) * math.sqrt(252),
        "sortino_ratio": drawn.mean(axis=1) / losses * math.sqrt(252),
        "cagr": 100 * (paths[:, -1] ** (260 / drawn.shape[1]) - 1),
        "max_drawdown": 100 * (paths / peaks - 1).min(axis=1),
    }
    found = return_intervals(returns, ANNUAL, 7)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert found[name] == pytest.approx(bounds(values), rel=1e-9), name


def test_of_trades() -> None:
    pnl = np.random.default_rng(5).normal(3, 40, 200)
    drawn = resampled(pnl, 1)
    profit = np.maximum(drawn, 0).sum(axis=1)
    found = trade_intervals(pnl, 1)
    assert found["expectancy"] == pytest.approx(bounds(drawn.mean(axis=1)))
    factor = profit / (profit - drawn.sum(axis=1))
    assert found["profit_factor"] == pytest.approx(bounds(factor))


def test_the_same_seed_says_the_same() -> None:
    returns = np.random.default_rng(3).normal(0.001, 0.012, 100)
    assert return_intervals(returns, ANNUAL, 1) == return_intervals(returns, ANNUAL, 1)
    assert return_intervals(returns, ANNUAL, 1) != return_intervals(returns, ANNUAL, 2)


def test_little_says_nothing() -> None:
    values = np.random.default_rng(3).normal(0.001, 0.012, FEWEST)
    assert return_intervals(values, ANNUAL, 1)
    assert trade_intervals(values, 1)
    assert return_intervals(values[1:], ANNUAL, 1) == {}
    assert trade_intervals(values[1:], 1) == {}


def test_what_some_resamples_lack_is_left_out() -> None:
    # One loss among a hundred: a resample without it has no factor.
    pnl = np.r_[np.arange(1.0, 100.0), -5.0]
    assert set(trade_intervals(pnl, 1)) == {"expectancy"}
    flat = return_intervals(np.zeros(50), ANNUAL, 1)
    assert flat == {}
    ruined = np.r_[np.random.default_rng(3).normal(0, 0.01, 60), -1.0]
    assert set(return_intervals(ruined, ANNUAL, 1)) == {"sharpe_ratio", "sortino_ratio"}
    assert "cagr" not in return_intervals(ruined[:60], Annual(252.0, None), 1)


def test_intervals_cover_what_is_true_about_as_often_as_they_say() -> None:
    # 95 % are promised; percentile intervals of 150 values give a little less.
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(200):
        low, high = trade_intervals(rng.normal(1.0, 10.0, 150), 1)["expectancy"]
        covered += low <= 1.0 <= high
    assert 0.86 <= covered / 200 <= 0.99


def test_quantiles_are_those_of_numpy() -> None:
    values = np.random.default_rng(2).normal(size=101)
    parts = [0.0, 0.025, 0.25, 0.5, 0.975, 1.0]
    assert quantiles(values, parts) == pytest.approx(np.quantile(values, parts).tolist())
    assert quantiles(np.array([3.0]), [0.25]) == [3.0]


def test_performance_tells_them_by_the_names_of_its_metrics() -> None:
    made = Performance(1000.0, 252.0)
    rng = np.random.default_rng(1)
    for equity in 1000 * np.cumprod(1 + rng.normal(0.001, 0.01, 60)):
        made.extend([float(equity)])
        made.end_period()
        made.add_trade(float(rng.normal(1, 5)), 0.1)
    found = made.intervals(3)
    assert found == made.intervals(3)
    names = {"sharpe_ratio", "sortino_ratio", "max_drawdown", "expectancy", "profit_factor"}
    assert set(found) == names  # no growth a year without a calendar
    for name, (low, high) in found.items():
        assert low < high, name
    low, high = found["sharpe_ratio"]
    assert low < made.sharpe_ratio < high
