"""`expires` counts candles, not the time between them; to a market order it means nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from random_runs import walk

from workbench.engine import BacktestEngine, Strategy
from workbench.engine.compiled import compiled
from workbench.engine.signals import Signals
from workbench.engine.story import EntryFill

pytestmark = pytest.mark.timeout(400)  # the first of them may have to compile the rules
PLACED = 3
LIMIT = 90.0


class InPython(Strategy):
    limit = 0.0

    def next(self) -> None:
        if len(self.close) == PLACED + 1:
            self.enter_long(quantity=1, limit=self.limit or None, expires=1)


class InNumba(Strategy):
    limit = 0.0

    @compiled
    def next(bar: int, see: Any, act: Any) -> None:
        if bar == 3:
            if see.limit > 0.0:
                act.enter_long(quantity=1.0, limit=see.limit, expires=1)
            else:
                act.enter_long(quantity=1.0, expires=1)


class AsSignals(Strategy):
    limit = 0.0

    def signals(self) -> Signals:
        entries = np.arange(len(self.close)) == PLACED
        return Signals(entries, size=1.0, limit=self.limit or np.nan, expires=1)


def played(kind: type[Strategy], limit: float, **options: Any) -> tuple[list[Any], list[Any]]:
    flat = walk(1, 8)
    same = np.full(8, 100.0)
    low = np.where(np.arange(8) == PLACED + 2, LIMIT, same)
    hours = np.arange(8) + 60 * (np.arange(8) > PLACED)  # a weekend after the order
    candles = flat.replace(
        time=flat.time[0] + hours * 900_000, open=same, high=same, low=low, close=same
    )
    engine = BacktestEngine(kind, {"15M": candles}, strategy_params={"limit": limit}, **options)
    fills = engine.advance(8)
    entered = [fill.bar for fill in fills if isinstance(fill, EntryFill)]
    return entered, [(end.bar, end.code) for end in engine.signals_ended]


@pytest.mark.parametrize("kind", [InPython, InNumba, AsSignals])
def test_a_market_order_never_expires(kind: type[Strategy]) -> None:
    assert played(kind, 0.0) == ([PLACED + 1], [])
    refused = played(kind, 0.0, fill_over_gaps=False)
    assert refused[0] == []
    assert [code for _, code in refused[1]] == ["data_gap"]


@pytest.mark.parametrize("kind", [InPython, InNumba, AsSignals])
def test_a_limit_has_its_candles_whenever_they_come(kind: type[Strategy]) -> None:
    assert played(kind, LIMIT) == ([], [(PLACED + 1, "expired")])
