"""The columns a run's rules read, against what docs and `layout` say of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.data.candles import ASKS, PRICES, Candles
from workbench.data.resample import resample
from workbench.engine.market import market, plain
from workbench.engine.rules import layout
from workbench.engine.settings import Convention, Settings
from workbench.errors import InvalidCandles
from workbench.messages import parse_time
from workbench.timeframes import Timeframe

MONDAY = parse_time("2024-01-01")
INSIDE = range(layout.I_OPEN, layout.I_ASK_CLOSE + 1)


def make(
    rows: list[tuple[float, float, float, float]],
    timeframe: str = "1H",
    times: Any = None,
    ask: float | None = None,
) -> Candles:
    tf = Timeframe.parse(timeframe)
    columns = np.array(rows, dtype=np.float64).reshape(-1, 4).T
    time = MONDAY + np.arange(len(rows)) * tf.ms if times is None else np.array(times)
    asks = {} if ask is None else dict(zip(ASKS, columns + ask, strict=True))
    return Candles("X", tf, time, *columns, np.arange(1.0, len(rows) + 1), "test", **asks)


def walk(count: int, timeframe: str = "1M", seed: int = 1) -> Candles:
    rng = np.random.default_rng(seed)
    close = 100 + rng.normal(size=count).cumsum() * 0.1
    opens = close + rng.normal(size=count) * 0.1
    high = np.maximum(opens, close) + rng.random(count) * 0.1
    low = np.minimum(opens, close) - rng.random(count) * 0.1
    return make(list(zip(opens, high, low, close, strict=True)), timeframe)


def path(name: Any) -> Settings:
    return Settings(convention=Convention(path=name))


ROWS = [(10.0, 12.0, 9.0, 11.0), (11.0, 11.5, 8.0, 9.0)]


def test_without_spread_or_inside_candles_all_columns_are_the_candles_own() -> None:
    candles = make(ROWS)
    m = market(candles, Settings())
    assert len(m) == layout.I_ASK_CLOSE + 1
    for bid, ask, inside, inside_ask, name in (
        (layout.M_OPEN, layout.M_ASK_OPEN, layout.I_OPEN, layout.I_ASK_OPEN, "open"),
        (layout.M_HIGH, layout.M_ASK_HIGH, layout.I_HIGH, layout.I_ASK_HIGH, "high"),
        (layout.M_LOW, layout.M_ASK_LOW, layout.I_LOW, layout.I_ASK_LOW, "low"),
        (layout.M_CLOSE, layout.M_ASK_CLOSE, layout.I_CLOSE, layout.I_ASK_CLOSE, "close"),
    ):
        for at in (bid, ask, inside, inside_ask):
            assert m[at] is getattr(candles, name)
    assert m[layout.M_VOLUME] is candles.volume
    assert m[layout.M_FIRST].tolist() == [0, 1, 2]


@pytest.mark.parametrize("candles", [make(ROWS), make(ROWS * 2)[::2], make([])])
@pytest.mark.parametrize("settings", [Settings(), Settings(spread=0.5), path("ohlc")])
def test_all_columns_are_of_one_kind_for_numba(candles: Candles, settings: Settings) -> None:
    for at, column in enumerate(market(candles, settings)):
        assert column.dtype == (np.int64 if at == layout.M_FIRST else np.float64)
        assert column.flags.c_contiguous
        assert not column.flags.writeable


def test_a_spread_is_added_to_the_bid() -> None:
    m = market(make(ROWS), Settings(spread=0.5))
    assert m[layout.M_OPEN].tolist() == [10, 11]
    assert m[layout.M_ASK_OPEN].tolist() == [10.5, 11.5]
    assert m[layout.M_ASK_HIGH].tolist() == [12.5, 12]
    assert m[layout.M_ASK_LOW].tolist() == [9.5, 8.5]
    assert m[layout.M_ASK_CLOSE].tolist() == [11.5, 9.5]
    assert m[layout.I_ASK_LOW] is m[layout.M_ASK_LOW]


def test_ask_columns_win_over_the_spread() -> None:
    candles = make(ROWS, ask=0.25)
    m = market(candles, Settings(spread=5.0))
    for at, name in zip((layout.M_ASK_OPEN, layout.M_ASK_HIGH), ASKS, strict=False):
        assert m[at] is getattr(candles, name)
    assert m[layout.I_ASK_CLOSE] is candles.ask_close


def test_years_since_the_candle_before() -> None:
    times = [MONDAY, MONDAY + 3_600_000, MONDAY + 3_600_000 + round(365.25 * 86_400_000)]
    m = market(make([*ROWS, ROWS[0]], times=times), Settings())
    assert m[layout.M_YEARS].tolist() == pytest.approx([0, 1 / 8766, 1.0])


def test_funding_times_since_the_candle_before() -> None:
    hours = [0, 1, 7, 8, 9, 33, 40]
    rows = [ROWS[0]] * len(hours)
    candles = make(rows, times=[MONDAY + hour * 3_600_000 for hour in hours])
    # At 8; then at 16, 24 and 32; then at 40. The one at 0 belongs to the candle before.
    assert market(candles, Settings())[layout.M_FUNDINGS].tolist() == [0, 0, 0, 1, 0, 3, 1]
    hourly = market(candles, Settings(funding_hours=1.0))[layout.M_FUNDINGS]
    assert hourly.tolist() == [0, 1, 6, 1, 1, 24, 7]
    assert market(candles, Settings(funding_hours=0.1))[layout.M_FUNDINGS].sum() == 400


def test_missing_names_weekends_and_other_gaps() -> None:
    friday = parse_time("2024-01-05T20:00")
    sunday = parse_time("2024-01-07T22:00")
    hour = 3_600_000
    times = [friday, friday + hour, sunday, sunday + hour, sunday + 5 * hour]
    m = market(make([ROWS[0]] * 5, times=times), Settings())
    expected = [0, 0, layout.MARKET_CLOSED, 0, layout.DATA_GAP]
    assert m[layout.M_MISSING].tolist() == expected


def test_shorter_candles_are_sorted_into_those_they_are_part_of() -> None:
    short = make(
        [(10, 11, 10, 11), (11, 12, 9, 10), (10, 10, 10, 10), (10, 11, 8, 9)], "30M", ask=1.0
    )
    candles = resample(short, Timeframe.parse("1H"))
    m = market(candles, Settings(), short)
    assert m[layout.M_FIRST].tolist() == [0, 2, 4]
    assert m[layout.I_HIGH].tolist() == [11, 12, 10, 11]
    assert m[layout.I_ASK_LOW].tolist() == [11, 10, 11, 9]
    assert m[layout.M_HIGH].tolist() == [12, 11]


def test_a_candle_not_told_whole_stands_for_itself() -> None:
    short = walk(240)
    candles = resample(short, Timeframe.parse("1H"))
    # The second hour lacks all, the third the candle of its high, the last none.
    peak = 120 + int(np.argmax(short.high[120:180]))
    kept = np.setdiff1d(np.arange(240), [*range(60, 120), peak])
    holes = Candles("X", short.timeframe, short.time[kept],
                    *(getattr(short, name)[kept] for name in (*PRICES, "volume")), "t")  # fmt: skip
    m = market(candles, Settings(), holes)
    assert np.diff(m[layout.M_FIRST]).tolist() == [60, 1, 1, 60]
    assert m[layout.I_HIGH][60:62].tolist() == candles.high[1:3].tolist()
    assert m[layout.I_LOW][62:].tolist() == short.low[180:].tolist()


def test_shorter_candles_outside_the_run_are_left_out() -> None:
    short = walk(300)
    hours = resample(short, Timeframe.parse("1H"))
    m = market(hours[1:4], Settings(), short)
    assert m[layout.M_FIRST].tolist() == [0, 60, 120, 180]
    assert m[layout.I_CLOSE].tolist() == short.close[60:240].tolist()


def test_candles_of_another_market_are_refused() -> None:
    short = walk(120)
    candles = resample(short, Timeframe.parse("1H"))
    other = short.replace(**{name: getattr(short, name) + 1 for name in PRICES})
    with pytest.raises(InvalidCandles, match=r"beyond the 1H candle.*first row \d+ at 2024") as got:
        market(candles, Settings(), other)
    assert got.value.details["field"] == "intrabar"
    with pytest.raises(InvalidCandles, match="not shorter than 1H"):
        market(candles, Settings(), candles)
    asks = {ask: getattr(candles, name) for ask, name in zip(ASKS, PRICES, strict=True)}
    sided = candles.replace(**asks)
    with pytest.raises(InvalidCandles, match="1H has ask columns but X 1M has none"):
        market(sided, Settings(), short)
    with pytest.raises(InvalidCandles, match="None of the 1M candles opens in a 1H candle"):
        market(candles[:1], Settings(), short[60:])


CANDLE = (10.0, 12.0, 9.0, 11.0)
LEGS = {
    # Each as open, high, low, close.
    "ohlc": [(10, 12, 10, 12), (12, 12, 9, 9), (9, 11, 9, 11)],
    "olhc": [(10, 10, 9, 9), (9, 12, 9, 12), (12, 12, 11, 11)],
}


@pytest.mark.parametrize("name", ["ohlc", "olhc"])
def test_a_path_has_three_legs(name: str) -> None:
    m = market(make([CANDLE], ask=1.0), path(name))
    assert m[layout.M_FIRST].tolist() == [0, 3]
    bid = np.array(m[layout.I_OPEN : layout.I_CLOSE + 1]).T
    ask = np.array(m[layout.I_ASK_OPEN : layout.I_ASK_CLOSE + 1]).T
    assert [tuple(leg) for leg in bid.tolist()] == LEGS[name]
    assert (ask == bid + 1).all()


@pytest.mark.parametrize(
    ("low", "first"),
    [(9.0, "low"), (8.0, "high"), (7.0, "high")],
    ids=["low nearer", "tie", "high nearer"],
)
def test_adaptive_takes_the_nearer_extreme_first(low: float, first: str) -> None:
    m = market(make([(10.0, 12.0, low, 11.0)]), path("adaptive"))
    assert m[layout.I_CLOSE][0] == (low if first == "low" else 12.0)


def test_the_asks_legs_go_as_the_bids() -> None:
    # The bid's low is nearer to its open, the ask's high to its own.
    asks = dict(zip(ASKS, np.array([[11.9], [12.1], [9.2], [11.1]]), strict=True))
    m = market(make([CANDLE]).replace(**asks), path("adaptive"))
    assert m[layout.I_CLOSE].tolist() == [9, 12, 11]
    assert m[layout.I_ASK_CLOSE].tolist() == [9.2, 12.1, 11.1]


def test_a_path_goes_through_shorter_candles_too() -> None:
    short = walk(120)
    candles = resample(short, Timeframe.parse("1H"))
    m = market(candles, path("ohlc"), short)
    assert m[layout.M_FIRST].tolist() == [0, 180, 360]
    assert m[layout.I_CLOSE][1::3].tolist() == short.low.tolist()
    assert m[layout.I_ASK_CLOSE] is m[layout.I_CLOSE]


@pytest.mark.parametrize(
    ("column", "row", "value", "problem"),
    [
        ("close", 3, np.nan, "bad_price"),
        ("open", 0, 0.0, "bad_price"),
        ("low", 4, -1.0, "bad_price"),
        ("high", 2, np.inf, "bad_price"),
        ("high", 1, 50.0, "broken_ohlc"),
        ("volume", 2, np.nan, "bad_volume"),
        ("ask_high", 2, np.nan, "bad_price"),
        ("ask_open", 2, np.nan, "bad_price"),
        ("ask_low", 1, 500.0, "broken_ohlc"),
    ],
)
def test_candles_that_are_no_numbers_are_refused(
    column: str, row: int, value: float, problem: str
) -> None:
    candles = walk(5)
    if column.startswith("ask"):
        asks = zip(ASKS, PRICES, strict=True)
        candles = candles.replace(**{ask: getattr(candles, name) for ask, name in asks})
    changed = getattr(candles, column).copy()
    changed[row] = value
    broken = candles.replace(**{column: changed})
    with pytest.raises(InvalidCandles, match=rf"row {row} \(2024-01-01T00:0{row}") as caught:
        market(broken, Settings())
    assert caught.value.details["problems"] == {problem: 1}
    assert caught.value.details["rows"] == [row]
    assert caught.value.details["value"] == "X"


def test_candles_inside_are_looked_at_too() -> None:
    short = walk(60)
    prices = short.close.copy()
    prices[7] = np.nan
    with pytest.raises(InvalidCandles, match=r"X 1M cannot be traded.*row 7"):
        market(resample(short, Timeframe.parse("1H")), Settings(), short.replace(close=prices))


def test_no_range_no_volume_and_roundings_are_no_faults() -> None:
    flat = make([(5.0, 5.0, 5.0, 5.0)] * 3).replace(volume=np.zeros(3))
    assert market(flat, Settings())[layout.M_VOLUME].tolist() == [0, 0, 0]
    rounded = make([(0.3, 0.3 - 1e-16, 0.2, 0.3)])
    assert rounded.high[0] < rounded.close[0]
    market(rounded, Settings())


def test_plain_columns_give_plain_numbers_and_take_no_memory() -> None:
    m = market(walk(50), Settings())
    views = plain(m)
    assert type(views[layout.M_OPEN][3]) is float
    assert type(views[layout.M_FIRST][3]) is int
    for view, column in zip(views, m, strict=True):
        assert np.shares_memory(np.asarray(view), column)
        assert list(view) == column.tolist()


def test_the_last_eight_columns_are_in_their_places() -> None:
    m = market(make(ROWS, ask=1.0), Settings())
    for at, name in zip(INSIDE, (*PRICES, *ASKS), strict=True):
        assert m[at].tolist() == getattr(make(ROWS, ask=1.0), name).tolist()
