"""Indicators that go on a value at a time have the numbers of the whole column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import talib
from talib import abstract

from workbench.analysis import indicators
from workbench.analysis.continuing import Continued, continued
from workbench.analysis.series import Clock, Series, renew
from workbench.data.bars import bars_of
from workbench.data.candles import Candles
from workbench.engine import Strategy, growing_indicator
from workbench.engine.declaring import compute
from workbench.engine.live_engine import LiveEngine
from workbench.timeframes import Timeframe

COUNT, START = 260, 200


def columns() -> dict[str, Any]:
    """Return the columns of a walk."""
    draw = np.random.default_rng(5)
    close = 100 * np.exp(np.cumsum(draw.normal(0, 0.004, COUNT)))
    opened = np.r_[100.0, close[:-1]] * np.exp(draw.normal(0, 0.001, COUNT))
    high = np.maximum(opened, close) * np.exp(np.abs(draw.normal(0, 0.002, COUNT)))
    low = np.minimum(opened, close) * np.exp(-np.abs(draw.normal(0, 0.002, COUNT)))
    volume = draw.random(COUNT) * 1000
    return {"open": opened, "high": high, "low": low, "close": close, "volume": volume}


def goes_on(function: Any, args: list[Any], **kwargs: Any) -> bool:
    """Tell whether an indicator goes on after `START` values as its whole columns say."""
    given = [Series(one, Clock(COUNT)) if isinstance(one, np.ndarray) else one for one in args]
    want = function(*args, **kwargs)
    want = want if isinstance(want, tuple) else (want,)
    known = continued(function, given, kwargs, START)
    assert isinstance(known, Continued)
    for place in range(START, COUNT):
        for one, column in zip(given, args, strict=True):
            if isinstance(one, Series):
                renew(one, column[: place + 1])
        row = known.at(place)
        if row is None or any(a != column[place] for a, column in zip(row, want, strict=True)):
            return False
    return True


@pytest.mark.parametrize(
    ("name", "names", "options"),
    [
        ("sma", ("close",), {"period": 30}),
        ("ema", ("close",), {"period": 9}),
        ("wma", ("close",), {"period": 9}),
        ("rsi", ("close",), {}),
        ("atr", ("high", "low", "close"), {"period": 7}),
        ("macd", ("close",), {"fast": 5, "slow": 17, "signal": 4}),
        ("bollinger", ("close",), {"period": 12, "width": 1.5}),
    ],
)
def test_ours_go_on(name: str, names: tuple[str, ...], options: dict[str, float]) -> None:
    known = columns()
    assert goes_on(getattr(indicators, name), [known[one] for one in names], **options)
    assert goes_on(getattr(indicators, name), [*(known[one] for one in names), *options.values()])


def test_all_of_talibs_go_on() -> None:
    known = {**columns(), "periods": np.full(COUNT, 10.0)}
    wrong = []
    for name in (one for group in talib.__function_groups__.values() for one in group):
        names = [
            one
            for given in abstract.Function(name).input_names.values()
            for one in ([given] if isinstance(given, str) else given)
        ]
        args = [known[one] for one in names]
        if name in ("ACOS", "ASIN"):
            args = [known["volume"] / 1000]
        if not goes_on(getattr(talib, name), args):
            wrong.append(name)
    assert not wrong


@pytest.mark.parametrize(
    ("function", "options"),
    [
        (lambda values: indicators.sma(values, 5), {}),
        (indicators.sma, {"period": START + 1}),
        (indicators.sma, {"period": 1}),
    ],
)
def test_what_cannot_go_on_is_computed_again(function: Any, options: dict[str, int]) -> None:
    series = Series(columns()["close"], Clock(COUNT))
    assert continued(function, [series], options, START) is None


def test_a_gap_in_the_input_is_for_the_whole_column_to_say() -> None:
    close = columns()["close"]
    close[START + 1] = np.nan
    series = Series(close[: START + 1], Clock(COUNT))
    known = continued(indicators.sma, [series, 5], {}, START)
    assert known is not None
    assert known.at(START) is not None
    renew(series, close[: START + 2])
    assert known.at(START + 1) is None
    assert continued(indicators.sma, [series, 5], {}, START + 2) is None


class Sum:
    """Of all values so far."""

    def __init__(self) -> None:
        self.sum = 0.0

    def update(self, value: float) -> float:
        """Take the next value."""
        self.sum += value
        return self.sum


def holed(values: Any) -> Any:
    """Return values of which every 40th is missing."""
    made = np.array(values, dtype=float)
    made[39::40] = np.nan
    return made


class Many(Strategy):
    """Indicators of indicators, of all sorts."""

    def init(self) -> None:
        self.strength = self.I(indicators.rsi, self.close, 5)
        self.calm = self.I(indicators.ema, values=self.strength, period=4)
        self.I("bollinger", self.close, period=6)
        self.I("STOCH", self.high, self.low, self.close, fastk_period=4)
        self.I(indicators.sma, self.I(holed, self.close), 3)
        self.I(indicators.wma, self.I(Sum, self.volume), 3)

    def next(self) -> None:
        pass


@pytest.mark.parametrize("history", [0, 7, 45])
def test_a_session_has_the_indicators_of_its_whole_candles(history: int) -> None:
    times = 1_704_067_200_000 + 60_000 * np.arange(COUNT)
    candles = Candles("X", Timeframe.parse("1M"), times, **columns(), source="walk")
    engine = LiveEngine(Many, {"1M": candles[:history]})
    for bar in bars_of(candles[history:100]):
        engine.candle(bar)
    engine.candles(candles[100:180])
    for bar in bars_of(candles[180:]):
        engine.candle(bar)
    view = engine.strategies[0]._views["1M"]
    assert len(view.declared) == 11
    for one in view.declarations:
        function = Sum if isinstance(one.function, Sum) else one.function
        _, want = compute(one.label, function, one.args, one.kwargs, view._extent)
        for own, column in zip(one.columns, want, strict=True):
            np.testing.assert_array_equal(own, column)


class Whole(Strategy):
    """Indicators of TA-Lib alone."""

    def init(self) -> None:
        self.calm = self.I(indicators.sma, self.I("ROC", self.close, timeperiod=5), 3)

    def next(self) -> None:
        pass


def test_a_closed_candle_computes_no_column_of_talibs_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = 1_704_067_200_000 + 60_000 * np.arange(COUNT)
    candles = Candles("X", Timeframe.parse("1M"), times, **columns(), source="walk")
    engine = LiveEngine(Whole, {"1M": candles[:START]})

    def refuse(*args: Any) -> Any:
        raise AssertionError("a whole column is computed again")

    monkeypatch.setattr(growing_indicator, "compute", refuse)
    for bar in bars_of(candles[START:]):
        engine.candle(bar)
    assert engine.strategies[0].close[-1] == candles.close[-1]
