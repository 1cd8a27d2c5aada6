"""Looking ahead is found even where it is rare, or hidden in what a function brings along."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import pytest
from random_runs import walk

from workbench.engine import BacktestEngine, Strategy, auditing
from workbench.engine.auditing import LEAST, cuts, within
from workbench.engine.rules.layout import (
    E_KIND,
    E_ORDER,
    E_PNL,
    E_SIGNAL,
    E_TRADE,
    ENTERED,
    EVENT_WIDTH,
    EXITED,
)
from workbench.engine.signals import Signals
from workbench.engine.witness import Witness
from workbench.errors import LookAhead

pytestmark = pytest.mark.timeout(400)  # the first of them may have to compile the rules
CANDLES = walk(7, 6000)
CLOSE = CANDLES.close.copy()
RISES = np.flatnonzero(CLOSE[1:] > CLOSE[:-1] * 1.006)[::40]
"""Candles before a rise: a handful."""
FRAME = CANDLES.to_frame()


def peeks(close: np.ndarray, ahead: int) -> np.ndarray:
    """Tell of the handful, by one candle that has not come."""
    found = np.zeros(len(close))
    known = RISES[RISES + ahead < len(close)]
    found[known] = close[known + ahead] > close[known] * 1.005
    return found


class Sparse(Strategy):
    ahead = 1

    def init(self) -> None:
        self.tip = self.I(peeks, self.close, self.ahead)

    def next(self) -> None:
        if self.tip[-1] > 0:
            self.enter_long(max_bars=1)


class SparseSignals(Sparse):
    def signals(self) -> Signals:
        return Signals(np.asarray(self.tip) > 0, max_bars=1)


def ran(kind: type[Strategy], **options: Any) -> BacktestEngine:
    engine = BacktestEngine(kind, {"15M": CANDLES}, **options)
    engine.advance(len(CANDLES))
    return engine


def test_a_leak_at_a_few_candles_is_found_where_it_decided() -> None:
    assert 5 <= len(RISES) <= 30
    ran(Sparse, check_lookahead=False)
    ran(Sparse, strategy_params={"ahead": 0})
    engine = BacktestEngine(Sparse, {"15M": CANDLES})  # where it was declared nothing was found
    with pytest.raises(LookAhead, match="peeks looks ahead"):
        engine.advance(len(CANDLES))


def test_so_it_is_in_signals() -> None:
    ran(SparseSignals, check_lookahead=False)
    ran(SparseSignals, strategy_params={"ahead": 0})
    with pytest.raises(LookAhead, match=r"SparseSignals.signals\(\) looks ahead: its signals"):
        ran(SparseSignals)


def declares(function: Callable[..., Any]) -> None:
    class One(Strategy):
        def init(self) -> None:
            self.one = self.I(function, self.close)

        def next(self) -> None:
            pass

    BacktestEngine(One, {"15M": CANDLES})


def by_default(close: np.ndarray, brought: Any = CLOSE) -> np.ndarray:
    return brought[: len(close)]


def by_global(close: np.ndarray) -> np.ndarray:
    return np.roll(FRAME["close"].to_numpy(), -1)[: len(close)]


def by_closure(brought: Any) -> Callable[[np.ndarray], np.ndarray]:
    return lambda close: np.asarray(brought)[: len(close)]


class Oracle:
    def __init__(self) -> None:
        self.kept = np.r_[CLOSE, CLOSE[-1]]

    def tell(self, close: np.ndarray) -> np.ndarray:
        return self.kept[1 : len(close) + 1]


@pytest.mark.parametrize(
    ("function", "name", "column"),
    [
        (by_default, "brought", "close"),
        (by_global, "FRAME", "(open|close)"),
        (by_closure(CLOSE), "brought", "close"),
        (by_closure(np.roll(CANDLES.high, -3)), "brought", "high"),
        (by_closure(pd.Series(CANDLES.low).shift(-5).ffill()), "brought", "low"),
        (by_closure(np.r_[np.zeros(50), CLOSE]), "brought", "close"),
        (partial(by_default, brought=CLOSE), "brought", "close"),
        (Oracle().tell, "self.kept", "close"),
    ],
)
def test_columns_that_are_brought_along_are_found(
    function: Callable[..., Any], name: str, column: str
) -> None:
    with pytest.raises(LookAhead, match=rf"reads '{name}', which holds the {column} of all 6000"):
        declares(function)


def test_other_values_may_be() -> None:
    noise = np.random.default_rng(1).normal(size=len(CLOSE))
    declares(by_closure(noise))
    declares(lambda close: close * noise[: len(close)].clip(0, 1) + len(CANDLES.time))


def test_signals_may_not_bring_columns_along_either() -> None:
    class Knows(Strategy):
        def signals(self) -> Signals:
            ahead = np.roll(FRAME["close"].to_numpy(), -1)[: len(self.close)]
            return Signals(ahead > np.asarray(self.close))

    with pytest.raises(LookAhead, match=r"Knows.signals\(\) reads 'FRAME'"):
        ran(Knows)


def test_what_only_works_on_all_candles_is_no_function_of_its_arguments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(auditing, "SECONDS", 0.0)  # However slow the machine is.
    weights = np.linspace(1, 2, len(CLOSE))
    with pytest.raises(LookAhead, match=r"over the first 5999 candles alone it fails with ValueE"):
        declares(lambda close: close * weights)


def test_cuts_are_the_same_for_the_same_candles_and_leave_something() -> None:
    for count in (LEAST, LEAST + 1, 100, 6000):
        found = list(islice(cuts(CANDLES[:count]), 200))
        assert found == list(islice(cuts(CANDLES[:count]), 200))
        assert len(set(found)) == len(found) >= 2
        assert all(0 < cut < count for cut in found)
    assert {5999, 5998, 5996, 30, 60} < set(found)


def test_looking_ends_when_the_time_is_up() -> None:
    now, seen = [0.0], []

    def see(place: int) -> None:
        seen.append(place)
        now[0] += 0.2

    within(range(10), 3, 0.5, see, lambda: now[0])
    assert seen == [0, 1, 2]
    seen.clear()
    within(range(10), 3, 0.7, see, lambda: now[0])
    assert seen == [0, 1, 2, 3]
    seen.clear()
    within(range(10), 9, 5.0, see, lambda: now[0])
    assert len(seen) == 6  # not even those that are sure, once it takes long


def test_the_best_trades_are_looked_at_first() -> None:
    seen: list[int] = []
    witness = Witness(CANDLES, seen.append, clock=lambda: 0.0)
    for trade in range(1, 101):
        entry, leave = [0.0] * EVENT_WIDTH, [0.0] * EVENT_WIDTH
        entry[E_KIND], entry[E_TRADE], entry[E_SIGNAL] = ENTERED, trade, 40 * trade
        leave[E_KIND], leave[E_TRADE], leave[E_PNL] = EXITED, trade, float(trade % 10)
        leave[E_ORDER], leave[E_SIGNAL] = float(trade == 99), 40 * trade + 7
        witness.hear([entry, leave])
    witness.look()
    bars = [cut - 1 for cut in seen]
    assert bars[:3] == [40 * 99, 40 * 99 + 7, 40 * 89]
    assert len(bars) == len(set(bars)) > 20
