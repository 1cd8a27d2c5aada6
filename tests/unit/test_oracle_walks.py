"""Trades and the equity at every close against backtesting.py and backtrader, on random walks.

Each is an independent engine. The conventions named after them make up for the few cases they
decide otherwise, which tests/unit/test_oracle_differences.py shows one by one.
"""

from __future__ import annotations

import pytest
from oracles import ours, theirs_backtesting, theirs_backtrader
from oracles.cases import MARKET, ONE_SIDED, WAYS, costs, every, plan
from oracles.compare import difference
from oracles.markets import SEEDS, walk


@pytest.mark.parametrize("seed", SEEDS)
def test_equal_to_backtesting_py(seed: int) -> None:
    market, fees = walk(seed), costs(seed)
    trades = 0
    for way in every(list(WAYS), seed, 5):
        asked = plan(market, way)
        theirs = theirs_backtesting.run(market, asked, fees)
        mine = ours.run(market, asked, fees, convention="backtesting.py")
        assert difference(mine, theirs) == "", way
        trades += len(mine.trades)
        if way in MARKET and way in ONE_SIDED:
            # Without the cases the two conventions tell apart, the own one is the same.
            assert difference(ours.run(market, asked, fees), theirs) == "", way
    assert trades > 50


@pytest.mark.parametrize("seed", SEEDS)
def test_equal_to_backtrader(seed: int) -> None:
    market, fees = walk(seed), costs(seed)
    trades = 0
    for way in every(list(WAYS), seed, 2):
        asked = plan(market, way)
        theirs = theirs_backtrader.run(market, asked, fees)
        mine = ours.run(market, asked, fees, convention="backtrader")
        assert difference(mine, theirs) == "", way
        trades += len(mine.trades)
    assert trades > 20


@pytest.mark.parametrize("seed", SEEDS[::5])
def test_equal_to_backtrader_with_stops_from_the_entry_on(seed: int) -> None:
    market = walk(seed)
    for way in every([name for name in MARKET if name in ONE_SIDED], seed, 2):
        asked = plan(market, way)
        theirs = theirs_backtrader.run(market, asked, loose=True)
        assert difference(ours.run(market, asked), theirs) == "", way
