from __future__ import annotations

import numpy as np
import pytest

from workbench.data.candles import Candles
from workbench.data.validate import Report, validate, validate_candles
from workbench.messages import parse_time
from workbench.timeframes import HOUR_MS, Timeframe

H1 = Timeframe.parse("1H")
SUNDAY_22 = parse_time("2017-01-08T22:00")  # a week of foreign exchange opens, in winter


def columns(time: np.ndarray) -> dict[str, np.ndarray]:
    close = 1 + np.arange(len(time)) % 7 / 100
    return {
        "time": time, "open": close, "high": close + 0.01, "low": close - 0.01, "close": close,
        "volume": np.ones(len(time)),
    }  # fmt: skip


def hours(count: int, start: int = SUNDAY_22) -> np.ndarray:
    return start + np.arange(count, dtype=np.int64) * HOUR_MS


def forex_weeks(first: str, weeks: int, shift_hours: int = 0) -> np.ndarray:
    """Hours of weeks that open on Sunday and close on Friday at 17:00 in New York."""
    out = []
    for week in range(weeks):
        sunday = np.datetime64(first) + 7 * week
        opens, closes = (_utc(day, 17) for day in (sunday, sunday + 5))
        out.append(np.arange(opens, closes, HOUR_MS))
    return np.concatenate(out) + shift_hours * HOUR_MS


def _utc(day: np.datetime64, hour: int) -> int:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    local = datetime.fromisoformat(str(day)).replace(hour=hour, tzinfo=ZoneInfo("America/New_York"))
    return int(local.timestamp() * 1000)


def kinds(report: Report) -> tuple[list[str], list[str]]:
    return [f.kind for f in report.errors], [f.kind for f in report.warnings]


def test_sound_candles_have_nothing_to_report() -> None:
    report = validate(**columns(hours(100)), timeframe=H1)
    assert report.ok
    assert str(report) == "100 candles, 0 errors, 0 warnings"


def test_no_candles_is_an_error() -> None:
    assert kinds(validate(**columns(hours(0)), timeframe=H1)) == (["empty"], [])


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, -1.0])
@pytest.mark.parametrize("name", ["open", "high", "low", "close"])
def test_prices_must_be_positive_numbers(name: str, value: float) -> None:
    data = columns(hours(10))
    data[name][3] = value
    report = validate(**data, timeframe=H1, rows=range(2, 12))
    assert kinds(report) == (["bad_price"], [])
    assert report.errors[0].rows == (5,)
    assert "row 5 (2017-01-09T01:00:00Z)" in str(report)


@pytest.mark.parametrize("value", [np.nan, -1.0])
def test_volumes_must_be_numbers(value: float) -> None:
    data = columns(hours(10))
    data["volume"][3] = value
    assert kinds(validate(**data, timeframe=H1)) == (["bad_volume"], [])


@pytest.mark.parametrize(
    ("name", "value"), [("high", 0.5), ("low", 5.0), ("open", 5.0), ("close", 0.5)]
)
def test_high_and_low_must_hold_open_and_close(name: str, value: float) -> None:
    data = columns(hours(10))
    data[name] = data[name].copy()
    data[name][[2, 7]] = value
    report = validate(**data, timeframe=H1)
    assert kinds(report)[0] == ["broken_ohlc"]
    assert report.errors[0].rows == (2, 7)
    assert report.errors[0].count == 2


def test_times_must_rise() -> None:
    time = hours(10)
    time[4], time[5] = time[5], time[4]
    report = validate(**columns(time), timeframe=H1)
    assert kinds(report) == (["unsorted"], [])
    assert report.errors[0].rows == (5,)
    time = hours(10)
    time[4] = time[3]
    report = validate(**columns(time), timeframe=H1)
    assert kinds(report) == (["duplicate"], [])
    assert report.errors[0].rows == (4,)


def test_only_the_first_places_are_named_and_all_are_counted() -> None:
    data = columns(hours(20))
    data["high"] = np.full(20, 0.1)
    report = validate(**data, timeframe=H1)
    assert "20 candles: high below" in str(report.errors[0])
    assert "and 15 more" in str(report.errors[0])
    assert len(report.errors[0].rows) == 20


def test_gaps_are_counted_and_located() -> None:
    time = np.delete(hours(60, parse_time("2024-01-02")), [10, 11, 30])
    report = validate(**columns(time), timeframe=H1)
    assert kinds(report) == ([], ["gaps"])
    text = str(report)
    assert "2 gaps, 3 candles missing, the largest is 2:00:00 before row 10" in text
    assert report.warnings[0].rows == (10, 28)


def test_weekends_are_no_gaps() -> None:
    report = validate(**columns(forex_weeks("2017-01-08", 4)), timeframe=H1)
    assert kinds(report) == ([], [])
    assert report.notes == ["3 weekends without candles, as usual"]


def test_a_weekend_in_daily_candles_is_no_gap_but_a_day_is() -> None:
    days = [f"2024-01-{d:02}" for d in (2, 3, 4, 5, 8, 9, 11, 12, 16, 17)]
    report = validate(
        **columns(np.array([parse_time(day) for day in days])), timeframe=Timeframe.parse("1D")
    )
    assert kinds(report) == ([], ["gaps"])
    assert report.warnings[0].rows == (6,)
    assert report.notes == ["2 weekends without candles, as usual"]


def test_the_nights_of_a_stock_exchange_are_a_daily_break() -> None:
    monday = parse_time("2024-01-08T14:30")
    time = np.concatenate([hours(7, monday + day * 24 * HOUR_MS) for day in range(12)])
    time = time[[t % (7 * 24 * HOUR_MS) // (24 * HOUR_MS) not in (2, 3) for t in time]]
    report = validate(**columns(time), timeframe=H1)
    assert "gaps" not in kinds(report)[1]
    assert "8 daily breaks without candles, as usual" in report.notes


@pytest.mark.parametrize("shift", [-5, 1, 2, 3, 9])
def test_whole_hours_off_the_foreign_exchange_week_is_a_wrong_zone(shift: int) -> None:
    report = validate(**columns(forex_weeks("2017-06-04", 6, shift)), timeframe=H1)
    assert kinds(report) == ([], ["time_zone"])
    assert f"open and close {shift:+d} hours" in str(report)
    assert f"Etc/GMT{-shift:+d}" in str(report)


def test_a_zone_with_its_own_summer_time_is_named() -> None:
    winter, summer = forex_weeks("2017-01-08", 6, 2), forex_weeks("2017-06-04", 6, 3)
    report = validate(**columns(np.concatenate([winter, summer])), timeframe=H1)
    assert "time_zone" in kinds(report)[1]
    assert "+2 to +3 hours" in str(report)
    assert "Europe/Athens" in str(report)


def test_a_year_of_right_times_is_not_suspected() -> None:
    report = validate(**columns(forex_weeks("2017-01-08", 50)), timeframe=H1)
    assert kinds(report) == ([], [])


def test_a_market_that_opens_an_hour_late_is_not_suspected() -> None:
    # As futures do: they close with foreign exchange and open an hour after it.
    time = forex_weeks("2017-06-04", 6)
    opening = np.flatnonzero(np.diff(time, prepend=0) > HOUR_MS)
    report = validate(**columns(np.delete(time, opening)), timeframe=H1)
    assert "time_zone" not in kinds(report)[1]


def test_times_off_the_grid_hint_at_the_zone() -> None:
    report = validate(**columns(hours(50, SUNDAY_22 + 30 * 60_000)), timeframe=H1)
    assert kinds(report) == ([], ["off_grid"])
    assert "wrong time zone" in str(report)


@pytest.mark.parametrize(("declared", "median"), [("4H", "1:00:00"), ("15M", "1:00:00")])
def test_another_timeframe_than_declared_is_an_error(declared: str, median: str) -> None:
    report = validate(**columns(hours(50)), timeframe=Timeframe.parse(declared))
    assert kinds(report) == (["wrong_interval"], [])
    assert f"declared {declared}, but the median step is {median}" in str(report)


def test_sparse_candles_are_gaps_and_no_other_timeframe() -> None:
    time = hours(100)[np.sort(np.random.default_rng(3).choice(100, 30, replace=False))]
    report = validate(**columns(time), timeframe=H1)
    assert report.ok
    assert "gaps" in kinds(report)[1]


def test_overlapping_candles_are_odd() -> None:
    time = hours(20)
    time[7] -= 60_000
    report = validate(**columns(time), timeframe=H1)
    assert report.ok
    assert "overlap" in kinds(report)[1]


def test_candles_without_volume_or_range_are_counted() -> None:
    data = columns(hours(10))
    data["volume"][[1, 2]] = 0
    data["high"][5] = data["low"][5] = data["open"][5]
    assert kinds(validate(**data, timeframe=H1)) == ([], ["zero_volume", "zero_range"])
    data["volume"][:] = 0
    report = validate(**data, timeframe=H1)
    assert kinds(report) == ([], ["zero_range"])
    assert report.notes == ["there is no volume"]


def test_candles_can_be_validated_as_they_are() -> None:
    data = columns(hours(10))
    candles = Candles("X", H1, source="test", **data)
    assert validate_candles(candles).ok
