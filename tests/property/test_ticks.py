"""Prices off the grid of ticks are rounded before they are looked at, in every form."""

from __future__ import annotations

from fractions import Fraction
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from random_runs import SEEDS, walk
from scripted import InNumba, InPython, Record

from workbench.engine import BacktestEngine, Strategy
from workbench.engine.rules.costs import on_grid
from workbench.engine.rules.layout import O_LIMIT, O_PRICES, O_STOP, O_STOP_LOSS
from workbench.engine.signals import Signals
from workbench.errors import StrategyError, WorkbenchError

TICKS = st.sampled_from([1e-8, 1e-5, 0.01, 0.05, 0.25, 0.3, 1.0, 2.5])


@given(TICKS, st.floats(1e-6, 1e6), st.sampled_from([1.0, -1.0]))
@example(0.1, 0.1 + 0.2, 1.0)
def test_the_next_tick_is_less_than_one_away_and_on_the_side_asked_for(
    tick: float, price: float, side: float
) -> None:
    found = on_grid(tick, price, side)
    assert on_grid(tick, found, side) == on_grid(tick, found, -side) == found
    assert 0 <= side * (found - price) < tick * (1 + 1e-9)
    if found != price and tick <= 0.25:
        # As it is written: 100.05, not 100.05000000000001.
        steps = round(Fraction(found) / Fraction(str(tick)))
        assert found == float(steps * Fraction(str(tick)))


def test_what_is_no_price_stays_what_it_is() -> None:
    assert on_grid(0.5, inf, 1.0) == inf
    assert on_grid(0.0, 1.23, 1.0) == 1.23
    assert np.isnan(on_grid(0.5, nan, 1.0))


@settings(max_examples=20)
@given(SEEDS, SEEDS, st.sampled_from([0.3, 1.0, 2.5]))
def test_coarse_ticks_are_refused_or_filled_alike(seed: int, orders: int, tick: float) -> None:
    def played(kind: type[Strategy]) -> tuple[str, int, str]:
        params = {"seed": orders, "busy": 0.3}
        engine = BacktestEngine(
            kind, {"15M": walk(seed, 80)}, strategy_params=params, tick_size=tick,
            check_lookahead=False,
        )  # fmt: skip
        try:
            return "", 0, repr(np.array(Record(engine).rows).tolist())
        except StrategyError as error:
            said = error.message.partition("failed")[2].partition(" (line")[0]
            return said, engine.bar, ""

    assert played(InNumba) == played(InPython)


ORDERS: list[tuple[dict[str, Any], str]] = [
    ({"limit": 99.9, "stop_loss": 99.6}, "must be below its limit 99.5 (99.9 on the grid"),
    ({"take_profit": [101.1, 101.2]}, "take_profit 2 of a long must be above take_profit 1"),
    ({"stop_loss": 0.3}, "stop_loss must be above 0, is 0 (0.3 on the grid of tick_size 0.5)"),
]


@pytest.mark.parametrize(("given", "said"), ORDERS)
def test_what_the_grid_leaves_no_sense_to_is_refused_in_the_same_words(
    given: dict[str, Any], said: str
) -> None:
    class Once(Strategy):
        def next(self) -> None:
            if len(self.close) == 3:
                self.enter_long(**given)

    flat = _flat()
    entries = np.arange(len(flat)) == 2
    prices = {name: np.array([value] * len(flat)) if isinstance(value, list) else value
              for name, value in given.items()}  # fmt: skip
    for kind in (Once, Signals(entries=entries, **prices)):
        with pytest.raises(WorkbenchError) as caught:
            BacktestEngine(kind, {"15M": flat}, tick_size=0.5).advance(10)
        assert said in caught.value.message


@pytest.mark.parametrize("sign", [1, -1])
def test_stops_and_limits_leave_the_market_and_targets_the_entry(sign: int) -> None:
    class Once(Strategy):
        def next(self) -> None:
            if len(self.close) == 3:
                enter = self.enter_long if sign > 0 else self.enter_short
                enter(stop_loss=100 - sign * 0.01, take_profit=100 + sign * 0.01)
                enter(limit=100 - sign * 0.01)
                enter(stop=100 + sign * 0.01)

    engine = BacktestEngine(Once, {"15M": _flat()}, tick_size=0.5, max_positions=3)
    engine.advance(3)
    market, limit, stop = engine.strategy._broker.orders(0)
    placed = (market[O_STOP_LOSS], market[O_PRICES], limit[O_LIMIT], stop[O_STOP])
    assert placed == tuple(100 + sign * away for away in (-0.5, 0.5, -0.5, 0.5))


def _flat() -> Any:
    candles = walk(1, 10)
    same = np.full(10, 100.0)
    return candles.replace(open=same, high=same + 0.2, low=same - 0.2, close=same)
