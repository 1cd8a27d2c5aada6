"""`wb.history`: ranges as people write them, and no price from after the end."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import InsufficientData, InvalidRequest

FIRST, LAST = "2017-01-01 22:00:00+00:00", "2017-12-29 21:00:00+00:00"


def test_without_a_range_it_is_all_there_is() -> None:
    frame = wb.history("EUR-USD")
    assert (str(frame.index[0]), str(frame.index[-1])) == (FIRST, LAST)
    assert len(wb.history("EUR-USD", start="2017-12-01")) < len(frame)
    # The last day lacks two hours: it is left out.
    assert str(wb.history("EUR-USD", "1D").index[-1]) == "2017-12-28 00:00:00+00:00"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2017-03", "2017-03"),
        ("2017-03-01", "2017-03-31"),
        (date(2017, 3, 1), date(2017, 3, 31)),
        (datetime(2017, 3, 1), datetime(2017, 4, 1)),
        (datetime(2017, 3, 1, tzinfo=UTC), datetime(2017, 4, 1, tzinfo=UTC)),
        (pd.Timestamp("2017-03-01"), pd.Timestamp("2017-04-01", tz="UTC")),
        (np.datetime64("2017-03-01"), np.datetime64("2017-04-01")),
        (1_488_326_400_000, 1_491_004_800_000),
    ],
)
def test_a_month_however_it_is_written(start: Any, end: Any) -> None:
    frame = wb.history("EUR-USD", "4H", start=start, end=end)
    assert str(frame.index[0]) == "2017-03-01 00:00:00+00:00"
    assert str(frame.index[-1]) == "2017-03-31 20:00:00+00:00"


def test_a_year_is_meant_to_its_end() -> None:
    year = wb.history("EUR-USD", start="2017", end="2017")
    assert str(year.index[-1]) == LAST


@pytest.mark.parametrize(("timeframe", "hours"), [("1H", 1), ("4H", 4), ("1D", 24)])
def test_no_candle_holds_prices_from_after_the_end(timeframe: str, hours: int) -> None:
    end = pd.Timestamp("2017-03-30 21:30", tz="UTC")
    frame = wb.history("EUR-USD", timeframe, start="2017-03-01", end=end)
    length = pd.Timedelta(hours=hours)
    assert frame.index[-1] + length <= end < frame.index[-1] + 2 * length
    whole = wb.history("EUR-USD", timeframe)
    pd.testing.assert_frame_equal(frame, whole.loc[frame.index[0] : frame.index[-1]])


def test_out_of_range_says_what_there_is() -> None:
    said = "there are those from 2017-01-01T22:00:00Z to 2017-12-29T22:00:00Z"
    for start, end in (("2016", "2016"), ("2017-02", "2019"), ("2017-03-04", "2017-03-04")):
        with pytest.raises(InsufficientData, match=said):
            wb.history("EUR-USD", start=start, end=end)


@pytest.mark.parametrize("value", ["soon", "2017-13", "", True, float("nan"), [1]])
def test_what_is_no_time_is_named(value: Any) -> None:
    with pytest.raises(InvalidRequest, match="start is ") as caught:
        wb.history("EUR-USD", start=value)
    assert caught.value.details["field"] == "start"


def test_a_range_that_goes_backwards_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="end is 2017-03-01, expected a time after start"):
        wb.history("EUR-USD", start="2017-03-05", end="2017-03-01")
