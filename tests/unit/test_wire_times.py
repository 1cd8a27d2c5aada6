"""Times are put together by hand, since they are made for every message: held to datetime."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.messages import iso_time, parse_time, utc_now

MOMENTS = st.integers(-62_135_596_800_000, 253_402_300_799_999)  # years 1 to 9999


@given(MOMENTS)
def test_equal_to_datetime_and_back(time_ms: int) -> None:
    text = iso_time(time_ms)
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo == UTC
    seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    assert round(seconds * 1000) == time_ms == parse_time(text)


@pytest.mark.parametrize(
    ("time_ms", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_705_306_500_000, "2024-01-15T08:15:00Z"),
        (1_707_654_896_789, "2024-02-11T12:34:56.789Z"),
        (1_709_164_800_050, "2024-02-29T00:00:00.050Z"),
    ],
)
def test_as_printed(time_ms: int, text: str) -> None:
    assert iso_time(time_ms) == text


def test_the_present_has_milliseconds_always() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", utc_now())
