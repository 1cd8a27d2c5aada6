"""Every figure of `pnl` and `risk` follows from the session's own candles and fills."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from live_figures import Figures
from random_runs import SEEDS, MoreOrders, RandomOrders
from sessions_in_hand import InHand, candles_in

from workbench.data.candles import Candles
from workbench.timeframes import DAY_MS, Timeframe

CAPITAL = 10_000.0
QUARTER = Timeframe.parse("15M")
MIDNIGHT = 1_704_412_800_000
LIVE = 40
LIMITS = {
    "max_position": 1e9, "max_exposure": 1e9, "max_leverage": 1e6, "max_daily_loss": 1e9,
    "max_drawdown": 1.0,
}  # fmt: skip


def walk(seed: int, symbol: str, before: int) -> Candles:
    """Return candles without holes, so many before those of a session that has a midnight in it."""
    rng, count = np.random.default_rng(seed), before + LIVE
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.004, count)))
    opened = np.r_[100.0, close[:-1]]
    high = np.maximum(opened, close) * (1 + abs(rng.normal(0, 0.002, count)))
    low = np.minimum(opened, close) * (1 - abs(rng.normal(0, 0.002, count)))
    time = MIDNIGHT + (np.arange(count) - before - LIVE // 2) * QUARTER.ms
    return Candles(
        symbol, QUARTER, time.astype(np.int64), opened, high, low, close, np.ones(count), "test"
    )


# A smaller seed is another market, not a simpler one: nothing to shrink.
@settings(max_examples=8, deadline=None, phases=[Phase.generate])
@given(
    seed=SEEDS,
    symbols=st.sampled_from([["TEST"], ["A", "B"], ["A", "B"]]),
    before=st.sampled_from([0, 20, 300]),
    several=st.booleans(),
    account=st.fixed_dictionaries({
        "leverage": st.sampled_from([1.0, 3.0]),
        "commission": st.sampled_from([0.0, 0.001]),
        "spread": st.sampled_from([0.0, 0.05]),
    }),
)  # fmt: skip
def test_profit_and_risk_follow_from_candles_and_fills(
    seed: int, symbols: list[str], before: int, several: bool, account: dict[str, Any]
) -> None:
    candles = {each: walk(seed + n, each, before) for n, each in enumerate(symbols)}
    made = InHand(
        [RandomOrders, MoreOrders] if several else RandomOrders, symbols, live={"limits": LIMITS},
        histories={each: {"15M": one[:before]} for each, one in candles.items()} if before else {},
        initial_capital=CAPITAL, check_lookahead=False, **account,
    )  # fmt: skip
    figures = Figures(CAPITAL, account["leverage"], account["spread"])
    inputs = [one for each in symbols for one in candles_in(candles[each][before:], each)]
    figures.follow(made.said)
    for one in sorted(inputs, key=lambda one: one.at):
        known = len(made.said)
        made.take([one])
        figures.follow(made.said[known:])
        figures.over(one.bars[-1][0] + QUARTER.ms)
    assert figures.day == MIDNIGHT // DAY_MS
    assert figures.checked > 2 * LIVE
