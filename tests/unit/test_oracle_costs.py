"""Commissions of every kind, against the engines that know them."""

from __future__ import annotations

import pytest
from oracles import ours, theirs_backtesting, theirs_backtrader
from oracles.cases import plan
from oracles.compare import difference
from oracles.markets import walk
from oracles.plan import Costs

WAYS = ["reversing, stop and target", "limit, stop and target"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("costs", [Costs(per_order=1.5), Costs(0.0007, per_order=0.4)], ids=str)
def test_per_order_as_backtesting_py(costs: Costs, way: str) -> None:
    for seed in (3, 11):
        market = walk(seed)
        asked = plan(market, way)
        mine = ours.run(market, asked, costs, convention="backtesting.py")
        assert difference(mine, theirs_backtesting.run(market, asked, costs)) == ""
        assert mine.final < ours.run(market, asked, convention="backtesting.py").final - 10


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "costs",
    [Costs(per_unit=0.02), Costs(per_order=1.5), Costs(0.0007, 0.01, 0.4)],
    ids=str,
)
def test_every_kind_as_backtrader(costs: Costs, way: str) -> None:
    market = walk(17)
    asked = plan(market, way)
    mine = ours.run(market, asked, costs, convention="backtrader")
    assert difference(mine, theirs_backtrader.run(market, asked, costs)) == ""
    assert mine.final < ours.run(market, asked, convention="backtrader").final - 10
