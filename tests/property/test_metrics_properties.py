"""However a run is told, it comes to the same; and no statistic knows of later candles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data.candles import Candles
from workbench.engine import BacktestEngine
from workbench.engine.metrics import Performance, period_ends
from workbench.engine.strategies.registry import get
from workbench.timeframes import HOUR_MS, Timeframe


def candles(rng: np.random.Generator, count: int) -> Candles:
    """Return hours with holes, over weekends or not, from any day of the week on."""
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, count)))
    opened = np.r_[100.0, close[:-1]]
    high, low = np.maximum(opened, close) * 1.001, np.minimum(opened, close) * 0.999
    hours = np.cumsum(np.where(rng.random(count) < 0.05, rng.integers(2, 60, count), 1))
    time = (hours + rng.integers(400_000, 400_200)) * HOUR_MS
    one = Timeframe.parse("1H")
    return Candles("X", one, time.astype(np.int64), opened, high, low, close, close, "test")


def curve(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return an equity curve with flat stretches and closes exactly at old highs."""
    steps = rng.normal(0, 0.005, count) * (rng.random(count) < 0.6)
    equity = 1000 * np.cumprod(1 + steps)
    return np.round(equity, 0) if rng.random() < 0.5 else equity


def told(data: Candles, equity: np.ndarray, sizes: list[int], at_once: bool) -> Performance:
    """Tell a curve in chunks of these sizes, in turns, as the engine does or all at once."""
    made, ends, bar, turn, period = Performance.over(data, 1000.0), period_ends(data), 0, 0, 0
    while bar < len(equity):
        size = sizes[turn % len(sizes)]
        turn += 1
        if at_once:
            made.extend_run(equity[bar : bar + size], ends)
            bar += size
            continue
        if bar == ends[period]:
            made.end_period()
            period += 1
        stop = min(bar + size, ends[period], len(equity))
        made.extend(equity[bar:stop].tolist())
        bar = stop
    made.amend(float(equity[-1]) - 0.5)
    made.end_period()
    return made


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 400),
    sizes=st.lists(st.integers(1, 150), min_size=1, max_size=5),
)
def test_a_curve_told_in_any_chunks_comes_to_the_same(
    seed: int, count: int, sizes: list[int]
) -> None:
    rng = np.random.default_rng(seed)
    data, equity = candles(rng, count), curve(rng, count)
    expected = told(data, equity, [1], at_once=False)
    for at_once in (False, True):
        made = told(data, equity, sizes, at_once)
        assert made.peak == expected.peak
        assert made.max_drawdown == expected.max_drawdown
        assert made.returns.spans.tolist() == expected.returns.spans.tolist()
        # As exact as sums in another order can be: the mean of returns may be near zero.
        scale = float(np.abs(expected.returns.values).max(initial=0.0))
        assert abs(made.returns.mean - expected.returns.mean) <= 1e-12 * scale
        ours, theirs = made.statistics(), expected.statistics()
        assert ours.keys() == theirs.keys()
        for name in theirs:
            # Those are differences of sums, and may be near zero themselves.
            wide = 1e-7 if name in ("sortino_ratio", "alpha", "beta") else 1e-15
            assert ours[name] == pytest.approx(theirs[name], rel=1e-12, abs=wide), name


@settings(max_examples=60, deadline=None)
@given(
    pnls=st.lists(st.integers(-50, 50), min_size=1, max_size=60), cuts=st.lists(st.integers(0, 60))
)
def test_trades_told_one_by_one_or_many_at_once(pnls: list[int], cuts: list[int]) -> None:
    one, many = Performance(1000.0, 252.0), Performance(1000.0, 252.0)
    for pnl in pnls:
        one.add_trade(pnl, pnl / 7, bars=abs(pnl), mfe=pnl + 1.0, mae=pnl - 1.0)
    for part in np.split(np.array(pnls, dtype=float), sorted(cut % len(pnls) for cut in cuts)):
        many.add_trades(part, part / 7, bars=abs(part), mfe=part + 1, mae=part - 1)
    ours, theirs = many.statistics(), one.statistics()
    assert ours.keys() == theirs.keys()
    for name in theirs:
        assert ours[name] == pytest.approx(theirs[name], rel=1e-9, abs=1e-9), name
    for name in one.final().__struct_fields__:
        assert getattr(many.final(), name) == pytest.approx(getattr(one.final(), name)), name


@pytest.mark.parametrize("strategy", ["sma_cross", "strategy1"])
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), part=st.floats(0.1, 0.95))
def test_statistics_at_a_candle_do_not_depend_on_later_ones(
    strategy: str, seed: int, part: float
) -> None:
    data = candles(np.random.default_rng(seed), 500)
    count = max(1, int(part * len(data)))

    def said(over: Candles) -> dict[str, Any]:
        engine = BacktestEngine(get(strategy), {"1H": over}, commission=0.0005)
        engine.advance(count)
        now = engine.performance
        names = ("sharpe_ratio", "max_drawdown", "win_rate", "profit_factor", "total_return")
        return now.statistics() | {name: getattr(now, name) for name in names}

    assert said(data[:count]) == said(data)
