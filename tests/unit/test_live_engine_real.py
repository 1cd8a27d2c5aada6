"""The built-in strategies live and in a backtest, over stretches of real prices: the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from live_runs import Feed, assert_same, backtest, live
from oracles.markets import REAL, bid_side, real

from workbench.data.candles import Candles
from workbench.data.resample import resample
from workbench.engine.strategies import registry
from workbench.timeframes import Timeframe

STARTS = {"BTC 15M": 7_000, "EUR-USD 1H": 40_000, "BTC 1H": 30_000}
LONGER = {"15M": ["1H", "4H"], "1H": ["4H", "1D"], "1D": []}
PARAMS: dict[str, dict[str, Any]] = {
    "sma_cross": {"fast": 3, "slow": 8},
    "strategy1": {"min_confidence": 0.2},
}


def columns_of(name: str, find: Callable[[str], Path], length: int) -> dict[str, Candles]:
    start = STARTS.get(name, 0)
    candles = bid_side(real(name, find))[start : start + length]
    frames = [candles.timeframe.name, *LONGER[candles.timeframe.name]]
    return {one: resample(candles, Timeframe.parse(one)) for one in frames}


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("strategy", registry.names())
def test_equal_to_the_backtest(
    name: str, strategy: str, shared_file: Callable[[str], Path]
) -> None:
    columns, first = columns_of(name, shared_file, 900), 300
    options = {"strategy_params": PARAMS[strategy]}
    expected = backtest(columns, registry.get(strategy), first, **options)
    told = live(columns, registry.get(strategy), first, **options)
    feed = Feed(told.engine, columns, first)
    feed.candles(200)
    feed.bulk(250)
    feed.candles(400)
    assert_same(told, expected)


def test_they_do_trade(shared_file: Callable[[str], Path]) -> None:
    for strategy in registry.names():
        rows = 0
        for name in REAL:
            columns = columns_of(name, shared_file, 900)
            kind = registry.get(strategy)
            rows += len(backtest(columns, kind, 300, strategy_params=PARAMS[strategy]).rows)
        assert rows > 20, strategy
