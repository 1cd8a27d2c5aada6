"""Nothing told at a time depends on what comes later; and what does is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st
from random_runs import ANY, SEEDS, Run, runs, story, walk
from talib import abstract

from workbench.analysis import indicators
from workbench.analysis.structure import swing_levels
from workbench.data.candles import Candles
from workbench.data.resample import resample
from workbench.engine import BacktestEngine, Strategy
from workbench.engine.story import EntryFill, SignalEnd
from workbench.engine.strategies import registry
from workbench.errors import LookAhead
from workbench.timeframes import Timeframe

DATA = walk(4, 400)


@settings(max_examples=40)
@given(runs(ANY), st.floats(0, 1))
def test_the_future_does_not_change_the_past(run: Run, part: float) -> None:
    whole = run.engine()
    count = max(1, int(part * whole.bars))
    full, cut = story(whole, finish=False), story(run.engine(count), finish=False)
    assert cut.happenings == [one for one in full.happenings if one.bar < count]
    assert cut.marks == full.marks[:count]


PARAMS: dict[str, dict[str, Any]] = {
    "sma_cross": {"fast": 3, "slow": 8},
    "strategy1": {"min_confidence": 0.2},
}


def told(name: str, data: Candles) -> list[Any]:
    frames = ["15M"] if name == "sma_cross" else ["15M", "1H", "4H"]
    columns = {frame: resample(data, Timeframe.parse(frame)) for frame in frames}
    engine = BacktestEngine(registry.get(name), columns, strategy_params=PARAMS.get(name, {}))
    return story(engine, finish=False).happenings


@pytest.mark.parametrize("name", registry.names())
@settings(max_examples=8)
@given(seed=SEEDS, part=st.floats(0.1, 1.0))
def test_nor_that_of_a_registered_strategy(name: str, seed: int, part: float) -> None:
    data = walk(seed, 1000)
    whole = told(name, data)
    # Right after an entry the data of its decision are the newest: a look ahead shows there.
    entries = [one.bar + 1 for one in whole if isinstance(one, EntryFill)]
    for count in [int(part * len(data)), *entries[:3]]:
        assert told(name, data[:count]) == [one for one in whole if one.bar < count]


@pytest.mark.parametrize("name", PARAMS)
def test_these_do_trade(name: str) -> None:
    fills = [one for seed in range(4) for one in told(name, walk(seed, 1000))]
    assert sum(not isinstance(one, SignalEnd) for one in fills) > 20


def columns_of(data: Candles) -> dict[str, Any]:
    return {name: getattr(data, name) for name in ("open", "high", "low", "close", "volume")}


def ours(name: str) -> Callable[[Candles], Any]:
    function = getattr(indicators, name)
    if name == "atr":
        return lambda data: function(data.high, data.low, data.close, 5)
    periods = {"macd": (3, 7, 4), "bollinger": (5,)}.get(name, (5,))
    return lambda data: function(data.close, *periods)


def theirs(name: str) -> Callable[[Candles], Any]:
    function = abstract.Function(name)

    def compute(data: Candles) -> Any:
        inputs = columns_of(data)
        inputs["periods"] = np.full(len(data), 5.0)
        inputs["price0"], inputs["price1"] = inputs["high"], inputs["low"]
        return function(inputs)

    return compute


INDICATORS = {
    f"workbench {name}": ours(name) for name in indicators.__all__ if "crossed" not in name
} | {f"TA-Lib {name}": theirs(name) for name in talib.get_functions()}
INDICATORS["workbench swing_levels"] = lambda data: swing_levels(data.high, data.low, 3)


def arrays(result: Any) -> list[np.ndarray]:
    return [
        np.asarray(one, float) for one in (result if type(result) in (tuple, list) else [result])
    ]


@pytest.mark.parametrize("name", INDICATORS)
def test_an_indicator_of_a_part_is_the_part_of_the_indicator(name: str) -> None:
    compute = INDICATORS[name]
    whole = arrays(compute(DATA))
    for count in (130, 131, 257, 399):
        part = arrays(compute(DATA[:count]))
        for before, after in zip(part, whole, strict=True):
            assert np.allclose(before, after[: len(before)], rtol=1e-9, equal_nan=True)


class Declares(Strategy):
    indicator: Any = None

    def init(self) -> None:
        self.seen = type(self).indicator(self)

    def next(self) -> None:
        pass


def declares(indicator: Callable[[Strategy], Any]) -> None:
    kind = type("Declares", (Declares,), {"indicator": indicator})
    columns = {"15M": DATA, "1H": resample(DATA, Timeframe.parse("1H"))}
    BacktestEngine(kind, columns, seed=1)


def centred(values: np.ndarray) -> np.ndarray:
    return np.convolve(values, np.ones(5) / 5, mode="same")


def unshifted_hour(values: np.ndarray) -> np.ndarray:
    """Give each candle the close of its whole hour, of which it cannot know the end."""
    whole = len(values) // 4 * 4
    hours = values[:whole].reshape(-1, 4)[:, -1]
    return np.r_[np.repeat(hours, 4), values[whole:]]


def backwards(values: np.ndarray) -> np.ndarray:
    return np.minimum.accumulate(values[::-1])[::-1]


@pytest.mark.parametrize(
    "indicator",
    [
        lambda s: s.I(lambda x: np.r_[x[1:], x[-1]], s.close),
        lambda s: s.I(centred, s.close),
        lambda s: s.I(lambda x: (x - x.mean()) / x.std(), s.close),
        lambda s: s.I(lambda x: x / x.max(), s.close),
        lambda s: s.I(lambda x: x.argsort().argsort() / len(x), s.close),
        lambda s: s.I(unshifted_hour, s.close),
        lambda s: s.I(backwards, s.low),
        lambda s: s.I(lambda x, high: (x, np.r_[high[2:], high[-2:]]), s.close, s.high),
        lambda s: s.I(lambda x, of: np.r_[of[1:], of[-1]], s.close, of=s.high),
        lambda s: s.on("1H").I(lambda x: x - x.mean(), s.on("1H").close),
    ],
    ids=[
        "shift", "centred", "normalised", "by the highest", "ranked", "unshifted hour",
        "backwards", "second of two", "by keyword", "higher timeframe",
    ],
)  # fmt: skip
def test_indicators_that_look_ahead_are_found(indicator: Callable[[Strategy], Any]) -> None:
    with pytest.raises(LookAhead, match=r"looks ahead: at 2024-.* it is") as caught:
        declares(indicator)
    assert caught.value.details["field"] == "indicator"


class Running:
    """The mean of all so far."""

    def __init__(self) -> None:
        self.total, self.count = 0.0, 0

    def update(self, value: float) -> float:
        self.total, self.count = self.total + value, self.count + 1
        return self.total / self.count


@pytest.mark.parametrize(
    "indicator",
    [
        lambda s: s.I("SMA", s.close, 20),
        lambda s: s.I("RSI", s.close),
        lambda s: s.I("MACD", s.close),
        lambda s: s.I(lambda x: np.r_[np.nan, x[:-1]], s.close),
        lambda s: s.I(np.maximum.accumulate, s.close),
        lambda s: s.I(lambda x: np.cumsum(x) / np.arange(1, len(x) + 1), s.close),
        lambda s: s.I(swing_levels, s.high, s.low, 3),
        lambda s: s.on("1H").I("EMA", s.on("1H").close, 9),
        lambda s: s.I(Running, s.close),
        lambda s: s.I(lambda x: np.full(len(x), np.nan), s.close),
    ],
    ids=[
        "sma", "rsi", "macd", "shifted", "running highest", "running mean", "swings",
        "higher timeframe", "incremental", "nothing",
    ],
)  # fmt: skip
def test_honest_ones_are_let_pass(indicator: Callable[[Strategy], Any]) -> None:
    declares(indicator)
