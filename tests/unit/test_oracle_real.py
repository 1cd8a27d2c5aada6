"""Trades and equity against backtesting.py and backtrader, on stretches of real prices.

`python -m tests.oracles` does the whole files, and vectorbt.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from oracles import ours, theirs_backtesting, theirs_backtrader
from oracles.cases import every, fitted
from oracles.compare import difference
from oracles.markets import REAL, SAMPLES, Market, bid_side, market, real
from oracles.plan import Costs

STARTS = {"BTC 15M": 7_000, "EUR-USD 1H": 40_000, "BTC 1H": 30_000}
"""Where a stretch begins: within it are an outage, a clock change, candles without trades."""
STRETCH, SHORT_STRETCH = 3_000, 800
WAYS = [
    "reversing, stop and target", "long, stop", "short, target", "limit, stop and target",
    "stop entry, stop and target",
]  # fmt: skip
FILES = [*REAL, *SAMPLES]


def stretch(name: str, find: Callable[[str], Path], length: int) -> Market:
    start = STARTS.get(name, 0)
    candles = bid_side(real(name, find))[start : start + length]
    assert len(candles) >= min(length, 2_000)
    return market(candles)


@pytest.mark.parametrize("name", FILES)
def test_equal_to_backtesting_py(name: str, shared_file: Callable[[str], Path]) -> None:
    traded = stretch(name, shared_file, STRETCH)
    number = FILES.index(name)
    for way in every(WAYS, number, 3):
        asked, fees = fitted(traded, way, (10, 30)), Costs(0.0002 * number)
        theirs = theirs_backtesting.run(traded, asked, fees)
        mine = ours.run(traded, asked, fees, convention="backtesting.py")
        assert difference(mine, theirs) == "", way
        assert len(mine.trades) > 20, way


@pytest.mark.parametrize("name", FILES)
def test_equal_to_backtrader(name: str, shared_file: Callable[[str], Path]) -> None:
    traded = stretch(name, shared_file, SHORT_STRETCH)
    number = FILES.index(name)
    for way in every(WAYS, number, 2):
        asked, fees = fitted(traded, way), Costs(0.0002 * number)
        theirs = theirs_backtrader.run(traded, asked, fees)
        mine = ours.run(traded, asked, fees, convention="backtrader")
        assert difference(mine, theirs) == "", way
        assert len(mine.trades) > 10, way
