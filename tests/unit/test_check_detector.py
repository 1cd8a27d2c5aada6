"""check_detector catches what leaks, however it is written, and lets what is honest pass."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from random_runs import walk

import workbench as wb
from workbench.analysis.bars import Bar
from workbench.analysis.detecting import Finding
from workbench.data.candles import Candles
from workbench.errors import InvalidCandles, InvalidRequest
from workbench.timeframes import Timeframe

DATA = walk(7, 500)
FOUR = Timeframe.parse("4H")


class Above(wb.OwnDetector):
    """A close above that of `back` candles before."""

    def __init__(self, timeframe: str, back: int = 3) -> None:
        super().__init__(timeframe)
        self.back, self.closes = back, [float("inf")] * back

    def update(self, bar: Bar) -> Sequence[Finding]:
        before, *self.closes = [*self.closes, bar.close]
        return [self.pattern(bar, "above", "bullish")] if bar.close > before else []


def mean(candles: Candles, shift: int = 0) -> pd.DataFrame:
    """Return a table with a row for each candle; shifted, it knows the next."""
    frame = candles.to_frame()
    return pd.DataFrame({"mean": frame["close"].rolling(5).mean().shift(-shift)})


def told(candles: Candles, ahead: int = 0) -> pd.DataFrame:
    """Return a table of what was known when: highs that `ahead` candles later are still so."""
    close = candles.close
    rows = [k for k in range(1, len(close) - ahead) if close[k] > close[k - 1]
            and close[k] >= close[k : k + 1 + ahead].max()]  # fmt: skip
    times = pd.to_datetime(candles.time[rows] + candles.timeframe.ms, unit="ms", utc=True)
    return pd.DataFrame({"confirmed_at": times, "price": close[rows]})


@pytest.mark.parametrize(
    "make",
    [Above, functools.partial(Above, back=7), Above("1D", 2), lambda data: Above("15M"),
     mean, told, lambda data: mean(data)["mean"], lambda data: data.close > data.open],
    ids=["class", "partial", "instance", "function", "table", "times", "series", "array"],
)  # fmt: skip
def test_what_is_honest_passes(make: Any) -> None:
    assert len(wb.check_detector(make, DATA, cuts=5)) > 100


@pytest.mark.parametrize(
    "make",
    [
        lambda data: mean(data, 1), lambda data: told(data, 3),
        lambda data: np.r_[data.close[1:] > data.close[:-1], False],
        lambda data: mean(data).bfill(),
    ],
    ids=["shifted table", "future in times", "array", "filled backwards"],
)  # fmt: skip
def test_tables_that_leak_fail(make: Any) -> None:
    with pytest.raises(AssertionError, match="looks ahead, or repaints"):
        wb.check_detector(make, DATA)


LATER = dict(zip(DATA.time.tolist(), np.r_[DATA.close[5:], [0.0] * 5].tolist(), strict=True))
HOURS = {FOUR.floor(int(t)): c for t, c in zip(DATA.time, DATA.close, strict=True)}


class Oracle(wb.OwnDetector):
    """Knows the close five candles on, from outside."""

    def update(self, bar: Bar) -> Sequence[Finding]:
        return [self.pattern(bar, "up", "bullish")] if LATER[bar.time] > bar.close else []


class Hours(wb.OwnDetector):
    """Knows how the 4H candle will close, from outside, and is silent where it knows none."""

    def update(self, bar: Bar) -> Sequence[Finding]:
        close = HOURS.get(FOUR.floor(bar.time), 0.0)
        return [self.pattern(bar, "up", "bullish")] if close > bar.close else []


@pytest.mark.parametrize(("make", "how"), [(Oracle, "KeyError"), (Hours, "finds other things")])
def test_what_a_class_has_brought_along_by_time_is_found(make: Any, how: str) -> None:
    with pytest.raises(AssertionError, match=f"28 years on, it .*{how}.*brought along"):
        wb.check_detector(make, DATA)


def test_dates_may_be_known() -> None:
    class Holiday(wb.OwnDetector):
        days = frozenset({int(DATA.time[100]) // 86_400_000})

        def update(self, bar: Bar) -> Sequence[Finding]:
            free = bar.time // 86_400_000 in self.days
            return [self.pattern(bar, "holiday", "neutral")] if free else []

    with pytest.raises(AssertionError, match="dated=True"):
        wb.check_detector(Holiday, DATA)
    assert wb.check_detector(Holiday, DATA, dated=True)


def test_weekdays_are_the_same_28_years_on() -> None:
    class Monday(wb.OwnDetector):
        def update(self, bar: Bar) -> Sequence[Finding]:
            day = datetime.fromtimestamp(bar.time / 1000, UTC).weekday()
            return [self.pattern(bar, "start", "neutral")] if day < 2 else []

    assert wb.check_detector(Monday, DATA, cuts=2)


class Counts(Above):
    """Keeps something of a candle that grows: only where it is shown one twice."""

    def __init__(self, timeframe: str) -> None:
        super().__init__(timeframe)
        self.shown: list[int] = []

    def peek(self, bar: Bar) -> Sequence[Finding]:
        if self.shown.count(bar.time) == 3:
            self.closes[0] = 0.0
        self.shown = [*self.shown[-9:], bar.time]
        return []


def test_what_only_many_looks_change_is_found() -> None:
    with pytest.raises(AssertionError, match="peek leaves a trace"):
        wb.check_detector(Counts, DATA)


def test_finding_nothing_shows_nothing() -> None:
    class Silent(Above):
        def update(self, bar: Bar) -> Sequence[Finding]:
            return []

    with pytest.raises(AssertionError, match=r"finds nothing in 500 candles.*allow_nothing=True"):
        wb.check_detector(Silent, DATA)
    assert wb.check_detector(Silent, DATA, allow_nothing=True) == []


@pytest.mark.parametrize(
    ("make", "candles", "error", "words"),
    [
        (Above, DATA[:0], InvalidRequest, "no candles"),
        (Above, [1, 2], InvalidRequest, "list are no candles"),
        (Above, "BTC-USD", InvalidRequest, r"wb.history\('BTC-USD'"),
        (Above, pd.DataFrame({"a": [1]}), InvalidCandles, "lacks open"),
        (7, DATA, InvalidRequest, "7 is no detector"),
        ("abovee", DATA, InvalidRequest, "Unknown detector 'abovee'"),
        (lambda data: 7, DATA, AssertionError, "The function returned 7"),
        (lambda data: pd.DataFrame({"a": [1]}), DATA, AssertionError, "1 rows for 500 candles"),
    ],
)
def test_bad_input_is_named(make: Any, candles: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        wb.check_detector(make, candles)


def test_a_table_of_candles_will_do() -> None:
    assert wb.check_detector(Above, DATA.to_frame(), cuts=2)
