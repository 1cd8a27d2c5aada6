"""Properties of resampling and of what a strategy may see."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.data.candles import VALUES, Candles
from workbench.data.importer import read_file
from workbench.data.resample import downsample, resample, visible_counts
from workbench.messages import parse_time
from workbench.timeframes import Timeframe

PAIRS = [("1M", "5M"), ("5M", "15M"), ("15M", "1H"), ("15M", "4H"), ("1H", "4H"), ("1H", "1D"),
         ("4H", "1W"), ("1D", "1W")]  # fmt: skip


@st.composite
def candles_with_gaps(draw: st.DrawFn, timeframe: str) -> Candles:
    tf = Timeframe.parse(timeframe)
    steps = draw(st.lists(st.sampled_from([1, 1, 1, 1, 2, 3, 7, 50]), min_size=1, max_size=120))
    start = tf.floor(parse_time("2024-02-26")) + draw(st.integers(0, 200)) * tf.ms
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    close = 100 + rng.integers(-50, 50, len(steps)) / 4
    opens = 100 + rng.integers(-50, 50, len(steps)) / 4
    return Candles(
        "X", tf, start + np.cumsum(steps) * tf.ms, opens,
        np.maximum(opens, close) + rng.integers(0, 9, len(steps)),
        np.minimum(opens, close) - rng.integers(0, 9, len(steps)), close,
        rng.integers(0, 1000, len(steps)).astype(float), "made",
    )  # fmt: skip


def by_pandas(candles: Candles, timeframe: Timeframe) -> pd.DataFrame:
    how = dict(zip(VALUES, ("first", "max", "min", "last", "sum"), strict=True))
    origin = pd.Timestamp("1970-01-05" if timeframe.offset_ms else "1970-01-01", tz="UTC")
    step = pd.Timedelta(timeframe.ms, unit="ms")
    grouped = candles.to_frame().resample(step, origin=origin, label="left", closed="left")
    return grouped.agg(how).dropna(subset=["open"])


def assert_equals_pandas(candles: Candles, timeframe: Timeframe) -> None:
    ours, theirs = resample(candles, timeframe), by_pandas(candles, timeframe)
    assert np.array_equal(ours.time, theirs.index.as_unit("ms").asi8)
    for name in ("open", "high", "low", "close"):
        assert np.array_equal(getattr(ours, name), theirs[name]), name
    # Only the order of summing differs.
    assert np.allclose(ours.volume, theirs["volume"], rtol=1e-12, atol=0)


@pytest.mark.parametrize(("base", "higher"), PAIRS)
@given(data=st.data())
def test_resampling_equals_pandas(base: str, higher: str, data: st.DataObject) -> None:
    assert_equals_pandas(data.draw(candles_with_gaps(base)), Timeframe.parse(higher))


@pytest.mark.parametrize(
    ("name", "timeframe", "targets"),
    [
        ("btcusdt_binance_15m_2023.feather", "15M", ["30M", "1H", "4H", "1D", "1W"]),
        ("btcusdt_binance_1h_2017-2024.feather", "1H", ["4H", "1D", "1W"]),
        ("eurusd_1h_2017.csv", "1H", ["4H", "1D", "1W"]),
        ("eurusd_mt5_15m_2022-2023.csv", "15M", ["1H", "4H", "1D"]),
    ],
)
def test_resampling_real_prices_equals_pandas(
    name: str, timeframe: str, targets: list[str], shared_file: Callable[[str], Path]
) -> None:
    candles = read_file(shared_file(name), "X", timeframe).candles
    for target in targets:
        assert_equals_pandas(candles, Timeframe.parse(target))


def test_quarters_of_an_exchange_make_its_hours(shared_file: Callable[[str], Path]) -> None:
    quarters = read_file(shared_file("btcusdt_binance_15m_2023.feather"), "X", "15M").candles
    hours = read_file(shared_file("btcusdt_binance_1h_2017-2024.feather"), "X", "1H").candles
    built = resample(quarters, hours.timeframe)[:-1]  # the file ends within its last hour
    stored = hours.slice(int(built.time[0]), int(built.time[-1]) + 1)
    assert np.array_equal(built.time, stored.time)
    for name in ("open", "high", "low", "close"):
        assert np.array_equal(getattr(built, name), getattr(stored, name))


@pytest.mark.parametrize(("base", "higher"), PAIRS)
@given(data=st.data())
def test_nothing_is_visible_before_it_has_closed(
    base: str, higher: str, data: st.DataObject
) -> None:
    candles = data.draw(candles_with_gaps(base))
    longer = resample(candles, Timeframe.parse(higher))
    counts = visible_counts(candles, longer)
    closes = candles.time + candles.timeframe.ms
    ends = longer.time + longer.timeframe.ms
    for count, close in zip(counts.tolist(), closes.tolist(), strict=True):
        assert (ends[:count] <= close).all()
        assert (ends[count:] > close).all()


@pytest.mark.parametrize(("base", "higher"), PAIRS)
@given(data=st.data())
def test_what_is_visible_is_the_same_without_the_future(
    base: str, higher: str, data: st.DataObject
) -> None:
    candles = data.draw(candles_with_gaps(base))
    timeframe = Timeframe.parse(higher)
    longer = resample(candles, timeframe)
    at = data.draw(st.integers(1, len(candles)))
    known = resample(candles[:at], timeframe)
    count = int(visible_counts(candles, longer)[at - 1])
    assert count == int(visible_counts(candles[:at], known)[-1])
    for name in ("time", *VALUES):
        assert np.array_equal(getattr(known, name)[:count], getattr(longer, name)[:count])


@given(data=st.data())
def test_what_is_visible_needs_no_future_even_off_the_grid(data: st.DataObject) -> None:
    minutes = sorted(data.draw(st.sets(st.integers(0, 400), min_size=1, max_size=40)))
    price = np.array(data.draw(st.permutations(range(1, len(minutes) + 1))), dtype=float)
    candles = Candles(
        "X", Timeframe.parse("15M"), np.array(minutes) * 60_000, *[price] * 5, "overlapping"
    )
    hour = Timeframe.parse("1H")
    longer = resample(candles, hour)
    for at, count in enumerate(visible_counts(candles, longer).tolist()):
        known = resample(candles[: at + 1], hour)
        for name in ("time", *VALUES):
            assert np.array_equal(getattr(known, name)[:count], getattr(longer, name)[:count])


@given(data=st.data(), points=st.integers(1, 130))
def test_downsampling_loses_no_extreme(data: st.DataObject, points: int) -> None:
    candles = data.draw(candles_with_gaps("15M"))
    small = downsample(candles, points)
    assert 1 <= len(small) <= points
    assert small.high.max() == candles.high.max()
    assert small.low.min() == candles.low.min()
    assert (small.open[0], small.close[-1]) == (candles.open[0], candles.close[-1])
    assert small.volume.sum() == candles.volume.sum()
    assert set(small.time.tolist()) <= set(candles.time.tolist())
