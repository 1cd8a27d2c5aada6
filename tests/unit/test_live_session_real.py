"""The built-in strategies in a session and in a backtest, over real prices: the same trades."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from oracles.markets import REAL, bid_side, real
from sessions_in_hand import InHand, candles_in, trades_in

from workbench.data.candles import Candles
from workbench.data.resample import resample
from workbench.engine import BacktestEngine
from workbench.engine.strategies import registry
from workbench.engine.streaming import StreamingBacktestEngine
from workbench.timeframes import Timeframe
from workbench.trading.inputs import Input

STARTS = {"BTC 15M": 7_000, "EUR-USD 1H": 40_000, "BTC 1H": 30_000}
LONGER = {"15M": "1H", "1H": "4H"}
PARAMS: dict[str, dict[str, Any]] = {
    "sma_cross": {"fast": 3, "slow": 8},
    "strategy1": {"min_confidence": 0.2},
}


def stretch(name: str, find: Callable[[str], Path], length: int) -> Candles:
    start = STARTS.get(name, 0)
    return bid_side(real(name, find))[start : start + length]


def assert_same(
    strategy: str, candles: Candles, inside: Candles | None, given: Iterable[Input]
) -> int:
    """Assert that trades and equity are equal; return how many trades there were."""
    kind, name = registry.get(strategy), candles.timeframe.name
    made = InHand(
        kind, [candles.symbol], [name], params=PARAMS[strategy], check_lookahead=False
    ).take(given)  # fmt: skip
    engine = BacktestEngine(
        kind, {name: candles}, inside=inside, seed=1, strategy_params=PARAMS[strategy],
        check_lookahead=False,
    )  # fmt: skip
    told: list[Any] = []
    streaming = StreamingBacktestEngine(engine, "live_1", told.append, equity_every=1)
    while engine.bar < engine.bars - 1:
        streaming.advance(engine.bars - 1 - engine.bar)
    last = engine.bars - 1
    mine = [one.data for one in made.of("trade") if one.extra.bar != last]
    theirs = [one.data for one in told if one.type == "trade"]
    assert mine == theirs
    mine = [one.data for one in made.of("equity") if one.data.time != engine.time(last)]
    theirs = [one.data for one in told if one.type == "equity"]
    assert mine == theirs
    return sum(one.type == "trade" for one in told)


@pytest.mark.parametrize("name", REAL)
def test_closed_candles_are_a_backtest(name: str, shared_file: Callable[[str], Path]) -> None:
    candles = stretch(name, shared_file, 200)
    for strategy in registry.names():
        assert_same(strategy, candles, None, candles_in(candles, candles.symbol))


def test_trades_are_a_backtest_with_them_inside_its_candles(
    shared_file: Callable[[str], Path],
) -> None:
    many = 0
    for name in STARTS:
        shorter = stretch(name, shared_file, 800)
        inside = shorter.replace(**{one: shorter.open for one in ("high", "low", "close")})
        candles = resample(inside, Timeframe.parse(LONGER[shorter.timeframe.name]))
        for strategy in registry.names():
            many += assert_same(strategy, candles, inside, trades_in(inside, candles.symbol))
    assert many > 20
