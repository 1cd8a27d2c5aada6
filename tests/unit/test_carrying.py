"""Prices of all candles that decisions bring along are found, wherever they are kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from random_runs import walk

import workbench as wb
from workbench.engine import BacktestEngine, Strategy
from workbench.engine.recognising import recognised
from workbench.engine.signals import Signals
from workbench.engine.using import uses
from workbench.errors import LookAhead

pytestmark = pytest.mark.timeout(400)  # the first of them may have to compile the rules
CANDLES = walk(7, 3000)
CLOSE = CANDLES.close.copy()
FRAME = CANDLES.to_frame().assign(mood=np.random.default_rng(1).normal(size=len(CLOSE)))
LISTED = CLOSE.tolist()
BY_TIME = dict(zip(CANDLES.time.tolist(), LISTED, strict=True))
BOOK = {"prices": {"x": [*CLOSE[1:].tolist(), 1.0]}}


class Config:
    later = pd.Series(CLOSE).shift(-1)


def helper(bar: int) -> float:
    return LISTED[min(bar + 1, len(LISTED) - 1)]


def engine(kind: type[Strategy], **settings: Any) -> BacktestEngine:
    return BacktestEngine(kind, {"15M": CANDLES}, **settings)


class Base(Strategy):
    def init(self) -> None:
        self.bar = 0

    def act(self, later: float) -> None:
        self.bar += 1
        if later > self.close[-1] and not self.position:
            self.enter_long(max_bars=1)


class OfGlobal(Base):
    def next(self) -> None:
        self.act(float(FRAME["close"].iloc[self.bar]))


class OfList(Base):
    def next(self) -> None:
        self.act(LISTED[self.bar])


class OfTimes(Base):
    def next(self) -> None:
        self.act(BY_TIME.get(self.time[-1] + 900_000, 0.0))


class OfDict(Base):
    def next(self) -> None:
        self.act(BOOK["prices"]["x"][self.bar])


class OfHelper(Base):
    def next(self) -> None:
        self.act(helper(self.bar))


class OfClass(Base):
    def next(self) -> None:
        self.act(Config.later[self.bar])


class OfOwnClass(Base):
    known = CLOSE

    def next(self) -> None:
        self.act(self.known[self.bar])


class OfSelf(Base):
    def init(self) -> None:
        self.bar = 0
        self.kept = SimpleNamespace(prices=CLOSE.astype(np.float32))

    def next(self) -> None:
        self.act(float(self.kept.prices[self.bar]))


class OfMethod(OfSelf):
    def later(self) -> float:
        return float(self.kept.prices[self.bar])

    def next(self) -> None:
        self.act(self.later())


class OfCandles(Base):
    def next(self) -> None:
        self.act(CANDLES.close[self.bar])


def closing_over(kept: Any) -> type[Strategy]:
    class OfClosure(Base):
        def next(self) -> None:
            self.act(kept[self.bar])

    return OfClosure


class OfState(Strategy):
    def init(self) -> None:
        self.state = CLOSE.copy()

    @wb.compiled
    def next(bar, see, act):
        if see.state[bar] > see.close[-1]:
            act.enter_long(max_bars=1.0)


class OfSignals(Strategy):
    def init(self) -> None:
        self.kept = np.r_[CLOSE[1:], 0.0]

    def signals(self) -> Signals:
        return Signals(self.kept[: len(self.close)] > np.asarray(self.close))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (OfGlobal, "FRAME"), (OfList, "LISTED"), (OfTimes, "BY_TIME"), (OfDict, "BOOK"),
        (OfHelper, "LISTED"), (OfClass, "Config"), (OfOwnClass, "self.known"),
        (OfSelf, "self.kept"), (OfMethod, "self.kept"), (OfCandles, "CANDLES"),
        (closing_over(CLOSE), "kept"), (closing_over(np.round(CLOSE, 2)), "kept"),
        (closing_over([CLOSE, 1]), "kept"), (OfSignals, "self.kept"),
    ],
)  # fmt: skip
def test_what_decisions_read_of_all_candles_is_found(kind: type[Strategy], name: str) -> None:
    with pytest.raises(LookAhead, match=f"reads '{name}', which holds the .* of all 3000 candles"):
        engine(kind)
    engine(kind, check_lookahead=False)


def test_the_state_of_a_compiled_one_is_looked_at() -> None:
    with pytest.raises(LookAhead, match=r"OfState.state reads .* which holds the close"):
        engine(OfState)


class Times(Base):
    def next(self) -> None:
        self.bar += len(FRAME) - len(CLOSE)
        if FRAME.index[len(self.close) - 1].hour == 9 and FRAME["mood"].iloc[self.bar] > 0:
            self.act(self.close[-1])


class Looks(Base):
    """A method that is a property is not asked, and what is not used not looked at."""

    unused = CLOSE

    @property
    def odd(self) -> float:
        raise AssertionError("asked before the run")

    def next(self) -> None:
        self.act(self.close[-1] if self.bar >= 0 else self.odd)


@pytest.mark.parametrize("kind", [Times, Looks, closing_over(FRAME["mood"].to_numpy())])
def test_what_tells_no_prices_may_be_brought_along(kind: type[Strategy]) -> None:
    engine(kind)


def indicators(function: Callable[..., Any], *more: Any) -> BacktestEngine:
    class One(Strategy):
        def init(self) -> None:
            self.one = self.I(function, self.close, *more)

        def next(self) -> None:
            pass

    return engine(One)


def test_the_index_of_a_frame_may_be_used_and_the_way_out_is_told() -> None:
    indicators(lambda close: FRAME.index[: len(close)].hour.to_numpy().astype(float))
    indicators(lambda close: FRAME["mood"].to_numpy()[: len(close)])
    indicators(lambda close: close * FRAME.mood.to_numpy()[: len(close)])
    with pytest.raises(LookAhead, match=r"bring those alone: .*check_lookahead=False"):
        indicators(lambda close: FRAME.to_numpy()[: len(close), 3])
    with pytest.raises(LookAhead, match="'FRAME'"):
        indicators(lambda close: FRAME.close.to_numpy()[: len(close)])


def test_an_argument_may_not_be_of_later_candles() -> None:
    def second(close: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.asarray(other)

    indicators(second, CLOSE)
    indicators(second, np.r_[np.nan, CLOSE[:-1]])
    indicators(second, CANDLES.open)  # what is the close before
    with pytest.raises(LookAhead, match="argument 2, the close of 1 candles later"):
        indicators(second, np.r_[CLOSE[1:], np.nan])


def test_likeness_is_not_by_chance_and_survives_rounding() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        other = walk(int(rng.integers(100, 10_000)), len(CLOSE)).close
        assert recognised(other.astype(np.float64), CANDLES) is None
    assert recognised(np.arange(3000.0), CANDLES) is None
    for near in (CLOSE.astype(np.float32).astype(float), np.round(CLOSE, 3)):
        found = recognised(near, CANDLES)
        assert found is not None
        assert (found.column, found.ahead) == ("close", 0)
    found = recognised(np.roll(CANDLES.high, -7), CANDLES)
    assert found is not None
    assert (found.column, found.ahead) == ("high", 7)


def test_uses_are_told_by_the_code() -> None:
    def function(self: Any, one: Any) -> Any:
        inner = [one.index for _ in one.columns]
        return inner, one["x"], len(one), self.kept.at, self.whole

    code = function.__code__
    assert uses("one", code) == {"index", "columns", "x", "__len__"}
    assert uses("self.kept", code) == {"at"}
    assert uses("self.whole", code) is None
    assert uses("other", code) == frozenset()


def test_partials_bring_their_arguments() -> None:
    def plain(close: np.ndarray, other: Any) -> np.ndarray:
        return close

    with pytest.raises(LookAhead, match="'other'"):
        indicators(partial(plain, other=FRAME[["close"]]))
