"""No combination of a sweep that looks ahead can win, whoever runs it, and in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from random_runs import walk

import workbench as wb
from workbench.engine import BacktestEngine, Strategy
from workbench.engine.looked import Looked
from workbench.engine.settings import Settings
from workbench.engine.signals import Signals
from workbench.errors import LookAhead
from workbench.messages import SweepData
from workbench.sweeps.frames import best_row
from workbench.sweeps.spec import SweepSpec
from workbench.sweeps.splits import Part
from workbench.sweeps.workload import Outcome, Task, Workload

pytestmark = pytest.mark.timeout(400)  # the first of them may have to compile the rules
CANDLES = walk(11, 4000)
AHEAD = [0, 1, 2, 5]


def shifted(close: np.ndarray, ahead: int) -> np.ndarray:
    found = np.full(len(close), np.nan)
    found[: len(close) - ahead] = close[ahead:]
    return found


class ByArgument(Strategy):
    ahead = 0

    def init(self) -> None:
        self.tip = self.I(shifted, self.close, self.ahead)

    def next(self) -> None:
        if self.tip[-1] > self.close[-1] and not self.position:
            self.enter_long(max_bars=1)


class ByClosure(ByArgument):
    def init(self) -> None:
        self.tip = self.I(lambda close: shifted(close, self.ahead), self.close)


class ByNumber(ByArgument):
    def init(self) -> None:
        ahead = self.ahead
        self.tip = self.I(lambda close: shifted(close, ahead), self.close)


class ByIndicator(ByArgument):
    def init(self) -> None:
        smooth = self.I("sma", self.close, 3 + self.ahead)
        self.tip = self.I(shifted, smooth, self.ahead)


class ByGlobal(ByArgument):
    def init(self) -> None:
        global LEAD
        LEAD = self.ahead
        self.tip = self.I(by_global, self.close)


LEAD = 0


def by_global(close: np.ndarray) -> np.ndarray:
    return shifted(close, LEAD)


class InSignals(Strategy):
    ahead = 0

    def signals(self) -> Signals:
        close = np.asarray(self.close)
        later = shifted(close, self.ahead)
        return Signals(
            later > close * 1.001, later < close * 0.999 if self.ahead < 5 else close < 90
        )


class InState(Strategy):
    ahead = 0

    def init(self) -> None:
        self.state = np.array([float(len(self._view.candles)) if self.ahead else 1.0])

    @wb.compiled
    def next(bar, see, act):
        if see.state[0] > bar:
            act.enter_long(max_bars=2.0)


EVERY = [ByArgument, ByClosure, ByNumber, ByIndicator, ByGlobal, InSignals, InState]


def workload(kind: type[Strategy], **settings: Any) -> Workload:
    return Workload(kind, {"15M": CANDLES}, None, Settings(**settings), {}, None)


def outcomes(load: Workload, values: Sequence[int], end: int = len(CANDLES)) -> dict[int, Outcome]:
    part = Part(0, 0, end)
    return {v: load.run(Task(0, v, False, {"ahead": v}, part)) for v in values}


@pytest.mark.parametrize("kind", EVERY)
def test_each_combination_is_looked_at_in_any_order(kind: type[Strategy]) -> None:
    blind = outcomes(workload(kind, check_lookahead=False), AHEAD)
    assert not any(one.error for one in blind.values())
    found = outcomes(workload(kind), AHEAD)
    assert [v for v in AHEAD if "looks ahead" not in found[v].error] == [0]
    assert found[0] == blind[0]
    assert outcomes(workload(kind), AHEAD[::-1]) == found
    apart = {v: outcomes(workload(kind), [v])[v] for v in AHEAD}
    assert apart == found


def test_an_indicator_is_looked_at_once_over_the_same_candles() -> None:
    calls: list[int] = []

    def counted(close: np.ndarray, period: int) -> np.ndarray:
        calls.append(len(close))
        return close

    class Some(ByArgument):
        def init(self) -> None:
            self.tip = self.I(counted, self.close, 7)

    load = workload(Some)
    for ahead in AHEAD:
        before = len(calls)
        assert outcomes(load, [ahead])[ahead].error == ""
        whole = calls[before:].count(len(CANDLES))
        assert whole == 1
    # It closes over a list, which may be another one each time: looked at, but shortly.
    assert len(calls) == 3 * len(AHEAD)
    calls.clear()

    class Same(ByArgument):
        def init(self) -> None:
            self.tip = self.I(shifted, self.close, 0)

    seen = Looked()
    engine = BacktestEngine(Same, {"15M": CANDLES})
    declared = engine.strategy._view.declarations
    seen.audit(declared, CANDLES)
    assert len(seen._found) == 1
    seen.audit(declared, CANDLES)
    assert len(seen._found) == 1


SPARSE = np.flatnonzero(CANDLES.close[1:] > CANDLES.close[:-1] * 1.005)[::30]


def rarely(close: np.ndarray, ahead: int) -> np.ndarray:
    found = np.zeros(len(close))
    known = SPARSE[SPARSE + ahead < len(close)]
    found[known] = close[known + ahead] > close[known] * 1.004
    return found


class Rare(Strategy):
    ahead = 0

    def init(self) -> None:
        self.tip = self.I(rarely, self.close, self.ahead)

    def next(self) -> None:
        if self.tip[-1] > 0:
            self.enter_long(max_bars=1)


def test_out_of_sample_what_decided_is_looked_at_again() -> None:
    load, part = workload(Rare), Part(0, 2000, 4000)
    assert load.run(Task(0, 0, False, {"ahead": 1}, part)).error == ""  # too rare to be met
    out = load.run(Task(0, 0, True, {"ahead": 1}, part))
    assert "rarely looks ahead" in out.error
    assert load.run(Task(0, 0, True, {"ahead": 0}, part)).error == ""
    assert load.run(Task(0, 0, True, {"ahead": 1}, part)) == out


def test_the_best_is_never_one_that_was_refused_out_of_sample() -> None:
    spec = SweepSpec(space={"ahead": [0, 1]}, maximize="total_return")

    def row(split: int, sample: Any, gain: float, error: str = "") -> SweepData:
        metrics = {} if error else {"total_return": gain, "total_trades": 9.0}
        return SweepData("s", 0, {"ahead": 1}, metrics, error, sample, split, "", "")

    rows = [row(0, "in", 1.0), row(0, "out", 1.0), row(1, "in", 5.0), row(1, "out", 0.0, "ahead")]
    best = best_row(rows, spec)
    assert best is not None
    assert best.split == 0
    assert best_row(rows[2:], spec) is None


def test_one_that_is_refused_is_refused_alone_too() -> None:
    with pytest.raises(LookAhead):
        BacktestEngine(ByClosure, {"15M": CANDLES}, strategy_params={"ahead": 2})
