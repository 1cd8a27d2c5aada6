from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from workbench.data.candles import VALUES, Candles
from workbench.errors import InvalidCandles
from workbench.timeframes import Timeframe

H1 = Timeframe.parse("1H")
HOUR = H1.ms


def make(n: int = 4, **changes: object) -> Candles:
    price = np.arange(1.0, n + 1)
    columns = {
        "symbol": "EUR-USD", "timeframe": H1, "time": np.arange(n) * HOUR, "open": price,
        "high": price + 1, "low": price - 0.5, "close": price, "volume": price * 10,
        "source": "test",
    }  # fmt: skip
    return Candles(**(columns | changes))


def test_columns_cannot_be_written_and_do_not_follow_the_callers_array() -> None:
    mine = np.array([1.0, 2, 3, 4])
    candles = make(close=mine)
    mine[0] = 99
    assert candles.close[0] == 1.0
    for name in ("time", *VALUES):
        with pytest.raises(ValueError, match="read-only"):
            getattr(candles, name)[0] = 1
    mine[1] = 2  # the caller's own array stays writeable


@pytest.mark.parametrize("time", [[0, 2, 1, 3], [0, 1, 1, 2]])
def test_times_must_rise(time: list[int]) -> None:
    with pytest.raises(InvalidCandles, match="candle 2") as caught:
        make(time=np.array(time) * HOUR)
    assert caught.value.details["rows"] == [2]


def test_columns_must_have_one_length() -> None:
    with pytest.raises(InvalidCandles, match="differ in length") as caught:
        make(low=np.ones(3))
    assert caught.value.details["value"]["low"] == 3


def test_slice_takes_the_start_and_leaves_the_end() -> None:
    part = make().slice(HOUR, 3 * HOUR)
    assert part.time.tolist() == [HOUR, 2 * HOUR]
    assert part.close.tolist() == [2.0, 3.0]
    assert len(make().slice(3 * HOUR, HOUR)) == 0
    assert len(make().slice(HOUR + 1, 2 * HOUR)) == 0


def test_a_slice_shares_memory() -> None:
    candles = make()
    assert np.shares_memory(candles.slice(0, 2 * HOUR).close, candles.close)


def test_frame_round_trip() -> None:
    candles = make()
    frame = candles.to_frame()
    assert frame.index.name == "time"
    assert str(frame.index.tz) == "UTC"
    assert frame.index[1] == pd.Timestamp("1970-01-01T01:00Z")
    frame.loc[frame.index[0], "close"] = 5.0  # a frame is the caller's own
    assert candles.close[0] == 1.0
    again = Candles.from_frame(candles.to_frame(), "EUR-USD", "1h", source="again")
    assert again.timeframe == H1
    for name in ("time", *VALUES):
        assert np.array_equal(getattr(again, name), getattr(candles, name))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("tz", [None, "UTC", "America/New_York"])
def test_from_frame_takes_any_resolution_and_zone(unit: str, tz: str | None) -> None:
    index = pd.DatetimeIndex(["2024-01-01 00:00", "2024-01-01 01:00"], tz="UTC").as_unit(unit)
    index = index.tz_localize(None) if tz is None else index.tz_convert(tz)
    frame = pd.DataFrame({n: [1.0, 1.0] for n in ("Open", "High", "Low", "Close")}, index=index)
    candles = Candles.from_frame(frame, "X", H1)
    assert candles.time.tolist() == [1704067200000, 1704067200000 + HOUR]
    assert candles.volume.tolist() == [0.0, 0.0]
    column = Candles.from_frame(frame.reset_index(names="Date"), "X", H1)
    assert column.time.tolist() == candles.time.tolist()


def test_from_frame_refuses_what_it_cannot_read() -> None:
    prices = {n: [1.0, 1.0] for n in ("open", "high", "low", "close")}
    with pytest.raises(InvalidCandles, match="has no times"):
        Candles.from_frame(pd.DataFrame(prices), "X", H1)
    with pytest.raises(InvalidCandles, match="lacks close"):
        Candles.from_frame(pd.DataFrame(prices).drop(columns="close"), "X", H1)
    with pytest.raises(InvalidCandles, match=r"no time in rows \[1\]"):
        Candles.from_frame(pd.DataFrame({**prices, "time": ["2024-01-01", None]}), "X", H1)
    with pytest.raises(InvalidCandles, match="cannot be read"):
        Candles.from_frame(pd.DataFrame({**prices, "time": ["2024-01-01", "soon"]}), "X", H1)


def test_repr_names_what_it_is() -> None:
    text = repr(make())
    assert text == ("<Candles EUR-USD 1H: 4, 1970-01-01T00:00:00Z to 1970-01-01T03:00:00Z, test>")
    assert "0, test" in repr(make(0))


def test_candles_can_be_pickled() -> None:
    again = pickle.loads(pickle.dumps(make()))
    assert again.timeframe == H1
    assert again.close.tolist() == make().close.tolist()
