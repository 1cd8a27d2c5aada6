from __future__ import annotations

import numpy as np
import pytest

from workbench.data.candles import Candles
from workbench.data.resample import downsample, resample, visible_counts
from workbench.errors import InvalidRequest, UnknownTimeframe
from workbench.messages import parse_time
from workbench.timeframes import Timeframe


def make(timeframe: str, times: list[int]) -> Candles:
    rng = np.random.default_rng(1)
    close = 100 + rng.normal(size=len(times)).cumsum()
    opens = close + rng.normal(size=len(times))
    return Candles(
        "X", Timeframe.parse(timeframe), np.array(times, dtype=np.int64), opens,
        np.maximum(opens, close) + 1, np.minimum(opens, close) - 1, close,
        np.arange(1.0, len(times) + 1), "test", synthetic=True,
    )  # fmt: skip


def grid(timeframe: str, count: int, start: str = "2024-01-01") -> list[int]:
    return [parse_time(start) + i * Timeframe.parse(timeframe).ms for i in range(count)]


def test_resample_merges_what_opens_in_one_candle() -> None:
    base = make("15M", grid("15M", 6, "2024-01-01T00:30"))
    hours = resample(base, Timeframe.parse("1H"))
    assert hours.time.tolist() == grid("1H", 2)
    assert hours.open.tolist() == [base.open[0], base.open[2]]
    assert hours.high.tolist() == [base.high[:2].max(), base.high[2:].max()]
    assert hours.low.tolist() == [base.low[:2].min(), base.low[2:].min()]
    assert hours.close.tolist() == [base.close[1], base.close[5]]
    assert hours.volume.tolist() == [3.0, 18.0]
    assert (hours.symbol, hours.source, hours.synthetic) == ("X", "test", True)
    assert hours.timeframe.name == "1H"


def test_weeks_open_on_monday() -> None:
    weeks = resample(make("1D", grid("1D", 10, "2024-01-06")), Timeframe.parse("1W"))
    opens = [parse_time(day) for day in ("2024-01-01", "2024-01-08", "2024-01-15")]
    assert weeks.time.tolist() == opens


@pytest.mark.parametrize(
    ("base", "target"), [("1H", "15M"), ("1H", "90M"), ("4H", "6H"), ("7M", "1W"), ("8D", "8W")]
)
def test_timeframes_that_do_not_divide_are_refused(base: str, target: str) -> None:
    with pytest.raises(UnknownTimeframe, match=f"{target} cannot be built from {base}") as caught:
        resample(make(base, grid(base, 3)), Timeframe.parse(target))
    assert caught.value.details["field"] == "timeframes"
    assert caught.value.details["value"] == target


def test_resampling_to_the_same_length_changes_the_name_only() -> None:
    base = make("60M", grid("1H", 3))
    same = resample(base, Timeframe.parse("1H"))
    assert same.timeframe.name == "1H"
    assert np.shares_memory(same.close, base.close)


def test_no_candles_resample_to_none() -> None:
    assert len(resample(make("15M", []), Timeframe.parse("1H"))) == 0


def test_a_longer_candle_is_visible_when_it_has_closed_and_not_before() -> None:
    base = make("15M", grid("15M", 9))
    counts = visible_counts(base, resample(base, Timeframe.parse("1H")))
    assert counts.tolist() == [0, 0, 0, 1, 1, 1, 1, 2, 2]
    assert counts.dtype == np.int64


def test_after_a_gap_a_longer_candle_is_visible_at_the_first_candle() -> None:
    times = [t for i, t in enumerate(grid("15M", 9)) if i not in (2, 3)]
    base = make("15M", times)
    counts = visible_counts(base, resample(base, Timeframe.parse("1H")))
    assert counts.tolist() == [0, 0, 1, 1, 1, 2, 2]


def test_overlapping_candles_do_not_see_ahead() -> None:
    # The candle of 00:46 reaches beyond 01:00, but the one of 00:52 is part of the hour too.
    start = parse_time("2024-01-01")
    base = make("15M", [start + minute * 60_000 for minute in (0, 46, 52, 67)])
    counts = visible_counts(base, resample(base, Timeframe.parse("1H")))
    assert counts.tolist() == [0, 0, 1, 1]


def test_downsampling_keeps_every_extreme() -> None:
    base = make("1H", grid("1H", 1003))
    small = downsample(base, 100)
    assert len(small) == 92
    assert small.timeframe.name == "1H×11"
    assert small.high.max() == base.high.max()
    assert small.low.min() == base.low.min()
    assert small.open[0] == base.open[0]
    assert small.close[-1] == base.close[-1]
    assert small.time[1] == base.time[11]
    assert small.volume.sum() == base.volume.sum()


def test_downsampling_leaves_few_candles_alone() -> None:
    base = make("1H", grid("1H", 100))
    assert downsample(base, 100) is base
    assert len(downsample(base, 1)) == 1
    with pytest.raises(InvalidRequest, match="at least 1"):
        downsample(base, 0)
