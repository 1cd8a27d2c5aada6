from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.data.times import parse_cells, parse_epochs, to_utc, zone
from workbench.errors import InvalidCandles, InvalidRequest
from workbench.messages import parse_time
from workbench.timeframes import Timeframe

NEW_YEAR_22 = parse_time("2017-01-01T22:00")


def rows(count: int) -> np.ndarray:
    return np.arange(2, count + 2)


def parse(*cells: str, dayfirst: bool | None = None) -> list[int]:
    return parse_cells(cells, rows(len(cells)), dayfirst).ms.tolist()


@pytest.mark.parametrize(
    "text",
    [
        "2017-01-01 22:00", "2017-01-01 22:00:00", "2017-01-01T22:00:00.000Z", "2017.01.01 22:00",
        "2017/01/01 22:00:00", "20170101 220000", "20170101 22:00:00", "20170101220000",
        "2017-01-01 22:00:00.000000000", "2017-01-01 22:00:00 UTC", "2017-01-02T00:00:00+02:00",
        "2017-01-01 17:00:00-0500", "2017-01-01 10:00 PM", "2017-01-01 10-PM", "1483308000",
        "1483308000.0", "1483308000000", "1483308000000000", "1483308000000000000",
    ],
)  # fmt: skip
def test_one_instant_in_many_forms(text: str) -> None:
    assert parse(text) == [NEW_YEAR_22]


def test_offsets_and_epochs_fix_the_instant() -> None:
    for text, absolute in (
        ("2017-01-01 22:00", False), ("2017-01-01T22:00Z", True), ("1483308000", True),
    ):  # fmt: skip
        assert parse_cells([text], rows(1)).absolute is absolute


def test_milliseconds_are_kept() -> None:
    assert parse("2017-01-01 22:00:00.25") == [NEW_YEAR_22 + 250]
    assert parse("1483308000.250") == [NEW_YEAR_22 + 250]


def test_midnight_and_noon_of_the_twelve_hour_clock() -> None:
    times = parse("2017-01-01 12:00 AM", "2017-01-01 12:00 PM")
    assert times == [parse_time("2017-01-01"), parse_time("2017-01-01T12:00")]


def test_dates_tell_day_from_month_where_they_can() -> None:
    assert parse("01.02.2017 22:00:00.000", "13.02.2017")[0] == parse_time("2017-02-01T22:00")
    assert parse("01/02/2017", "01/13/2017")[0] == parse_time("2017-01-02")


def test_dates_that_do_not_tell_need_to_be_told() -> None:
    with pytest.raises(InvalidRequest, match="--dayfirst") as caught:
        parse("01.02.2017", "12.02.2017")
    assert caught.value.details["field"] == "dayfirst"
    assert parse("01.02.2017", dayfirst=True) == [parse_time("2017-02-01")]
    assert parse("01.02.2017", dayfirst=False) == [parse_time("2017-01-02")]


def test_dates_that_contradict_what_was_told_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="row 3 cannot have the day second"):
        parse("01.02.2017", "13.02.2017", dayfirst=False)
    with pytest.raises(InvalidRequest, match="row 2 cannot have the day first"):
        parse("02.13.2017", dayfirst=True)


def test_both_orders_in_one_file_are_refused() -> None:
    with pytest.raises(InvalidCandles, match="day first") as caught:
        parse("01/02/2017", "13/02/2017", "02/13/2017")
    assert caught.value.details["rows"] == [3, 4]


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2017-02-30", "2017-13-01", "2017-00-10", "2017-01-01 24:00", "2017-01-01 10:60",
     "2017-01-01 13:00 PM", "2017-01.01", "1.5", "1483308", "2017-1-0"],
)  # fmt: skip
def test_what_is_no_time_is_named_with_its_row(text: str) -> None:
    with pytest.raises(InvalidCandles, match="row 3") as caught:
        parse("2017-01-01", text)
    assert caught.value.details["rows"] == [3]
    assert caught.value.details["value"] == text


def test_mixed_units_and_offsets_are_refused() -> None:
    with pytest.raises(InvalidCandles, match="another unit"):
        parse("1483308000", "1483308000000")
    with pytest.raises(InvalidCandles, match="none: row 3"):
        parse("2017-01-01T22:00Z", "2017-01-01T23:00")
    with pytest.raises(InvalidCandles, match="no epoch time"):
        parse_epochs(np.array([1.5e9, np.nan]), rows(2))


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "EST5X"])
def test_unknown_zones(name: str) -> None:
    with pytest.raises(InvalidRequest, match="Unknown time zone") as caught:
        zone(name)
    assert caught.value.details["field"] == "tz"


NEW_YORK = "America/New_York"


def convert(*clock: str, length: str = "30M", tz: str = NEW_YORK) -> list[str]:
    local = np.array([parse_time(text) for text in clock])
    utc = to_utc(local, tz, Timeframe.parse(length).ms, rows(len(clock)))
    return [str(np.datetime64(int(ms), "ms"))[5:16] for ms in utc]


def test_summer_and_winter_have_their_own_offset() -> None:
    assert convert("2023-01-02T12:00", "2023-07-03T12:00") == ["01-02T17:00", "07-03T16:00"]


def test_a_repeated_hour_is_read_in_order() -> None:
    day = "2023-11-05T"
    clock = [f"{day}{t}" for t in ("00:30", "01:00", "01:30", "01:00", "01:30", "02:00")]
    assert convert(*clock) == [
        f"11-05T{t}" for t in ("04:30", "05:00", "05:30", "06:00", "06:30", "07:00")
    ]


def test_a_repeated_hour_written_once_belongs_to_its_neighbours() -> None:
    day = "2023-11-05T"
    assert convert(f"{day}00:30", f"{day}01:00", f"{day}09:00")[1] == "11-05T05:00"
    assert convert(f"{day}00:00", f"{day}01:30", f"{day}02:00")[1] == "11-05T06:30"
    assert convert(f"{day}01:30", f"{day}02:00")[0] == "11-05T06:30"


@pytest.mark.parametrize(
    "clock",
    [("00:30", "01:00", "01:30", "02:00"), ("00:00", "01:00", "02:30"), ("01:00",)],
)
def test_a_repeated_hour_that_stays_in_doubt_is_refused(clock: tuple[str, ...]) -> None:
    with pytest.raises(InvalidCandles, match="happens twice in America/New_York") as caught:
        convert(*(f"2023-11-05T{time}" for time in clock))
    assert caught.value.details["rows"][0] == 2 + clock.index("01:00")


def test_a_skipped_hour_does_not_exist() -> None:
    with pytest.raises(InvalidCandles, match="does not exist in America/New_York") as caught:
        convert("2023-03-12T01:30", "2023-03-12T02:00")
    assert caught.value.details["rows"] == [3]


def test_hours_of_a_year_survive_the_way_there_and_back() -> None:
    utc = np.arange(parse_time("2023-01-01"), parse_time("2024-01-01"), 3_600_000)
    # Lord Howe puts its clock back by half an hour.
    for name in (NEW_YORK, "Europe/Athens", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"):
        index = pd.DatetimeIndex(utc.astype("M8[ms]")).tz_localize("UTC").tz_convert(name)
        local = index.tz_localize(None).as_unit("ms").asi8
        assert np.array_equal(to_utc(local, name, 3_600_000, rows(len(utc))), utc), name
