"""The rules of candles in docs/market.md, one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from workbench.data.aggregate import Aggregator, Made
from workbench.data.bars import Bar
from workbench.data.candles import Candles
from workbench.data.growing import Span
from workbench.data.troubles import Trouble
from workbench.errors import InvalidRequest, UnknownTimeframe
from workbench.messages import parse_time
from workbench.timeframes import Timeframe

T0 = parse_time("2024-01-15T10:00:00Z")
MINUTE = 60_000


def at(minutes: float) -> int:
    return T0 + round(minutes * MINUTE)


def closed(made: Made) -> list[tuple[str, float]]:
    """Return timeframe and open minute of the candles that closed."""
    spans = [one for one in made if isinstance(one, Span)]
    assert all(span.closed for span in spans)
    return [(span.timeframe, (span.bar.time - T0) / MINUTE) for span in spans]


def troubles(made: Made) -> list[Trouble]:
    return [one for one in made if isinstance(one, Trouble)]


def one_bar(made: Made, timeframe: str = "1M") -> tuple[float, ...]:
    [bar] = [s.bar for s in made if isinstance(s, Span) and s.timeframe == timeframe]
    return tuple(bar[1:])


def test_a_later_trade_closes_a_candle() -> None:
    candles = Aggregator(["1M"])
    for minute, price in ((0.1, 100), (0.5, 102), (0.7, 99), (0.9, 101)):
        assert not candles.trade(at(minute), price, 2.0)
    assert one_bar(candles.trade(at(1), 103, 1.0)) == (100, 102, 99, 101, 8.0)
    growing = candles.growing("1M")
    assert growing is not None
    assert (growing.bar, growing.trades) == (Bar(at(1), 103, 103, 103, 103, 1.0), 1)


def test_a_moment_closes_a_candle_at_its_end_and_not_before() -> None:
    candles = Aggregator(["1M"])
    candles.trade(at(0), 100, 1)
    assert closed(candles.moment(at(1) - 1)) == []
    assert closed(candles.moment(at(1))) == [("1M", 0)]
    assert candles.growing("1M") is None


def test_a_later_candle_closes_one_and_so_does_its_own_word() -> None:
    candles = Aggregator(["1M"])
    assert closed(candles.candle(Bar(at(0), 1, 2, 1, 2, 5), False)) == []
    assert closed(candles.candle(Bar(at(0), 1, 3, 1, 3, 6), False)) == []
    made = candles.candle(Bar(at(1), 3, 4, 3, 4, 1), True)
    assert closed(made) == [("1M", 0), ("1M", 1)]
    assert made[0].bar == Bar(at(0), 1, 3, 1, 3, 6)


def test_an_interval_without_trades_gives_no_candle() -> None:
    candles = Aggregator(["1M", "5M"])
    candles.trade(at(0), 100, 1)
    assert closed(candles.moment(at(12))) == [("1M", 0), ("5M", 0)]
    made = [*candles.trade(at(12.5), 101, 1), *candles.moment(at(15))]
    assert closed(made) == [("1M", 12), ("5M", 10)]


def test_candles_that_end_together_close_the_longest_first() -> None:
    candles = Aggregator(["1M", "1H", "5M", "15M"])
    candles.trade(at(59.5), 100, 1)
    assert [name for name, _ in closed(candles.moment(at(60)))] == ["1H", "15M", "5M", "1M"]


def test_candles_close_in_the_order_of_their_ends() -> None:
    candles = Aggregator(["1M", "5M", "15M"])
    candles.trade(at(7.5), 100, 1)
    assert closed(candles.trade(at(20), 100, 1)) == [("1M", 7), ("5M", 5), ("15M", 0)]


def test_growing_longer_candles_hold_what_the_shorter_ones_do() -> None:
    candles = Aggregator(["1M", "5M"])
    candles.trade(at(0.5), 100, 1)
    candles.trade(at(1.5), 110, 2)
    span = candles.growing("5M")
    assert span is not None
    assert (tuple(span.bar), span.trades) == ((at(0), 100, 110, 100, 110, 3.0), 2)
    candles.trade(at(1.6), 90, 1)
    span = candles.growing("5M")
    assert span is not None
    assert tuple(span.bar) == (at(0), 100, 110, 90, 90, 4.0)
    candles.moment(at(2))
    assert candles.growing("1M") is None
    assert candles.growing("5M") == span


def test_a_late_trade_is_told_and_changes_nothing() -> None:
    candles = Aggregator(["1M"])
    candles.trade(at(0.5), 100, 1, 1)
    candles.trade(at(1.5), 101, 1, 3)
    [told] = troubles(candles.trade(at(0.7), 500, 9, 2))
    assert (told.what, told.kind, told.many, told.start) == ("trades", "late", 1, at(0.7))
    assert (told.first_number, told.last_number) == (2, 2)
    for number in range(4, 8):
        assert not candles.trade(at(0.8) + number, 500, 9, number)
    made = candles.moment(at(2))
    assert one_bar(made) == (101, 101, 101, 101, 1.0)
    [rest] = troubles(made)
    assert (rest.many, rest.first_number, rest.last_number) == (4, 4, 7)
    assert (rest.start, rest.end) == (at(0.8) + 4, at(0.8) + 7)


def test_ten_and_a_hundred_late_trades_are_told_before_the_candle_closes() -> None:
    candles = Aggregator(["1M"])
    candles.trade(at(1), 100, 1)
    told = [t.many for i in range(150) for t in troubles(candles.trade(at(0) + i, 100, 1))]
    assert told == [1, 9, 90]
    assert [t.many for t in troubles(candles.moment(at(2)))] == [50]


def test_trades_out_of_order_within_the_growing_candle_are_put_in_place() -> None:
    candles = Aggregator(["1M"])
    for second, price, number in ((20, 100, 5), (10, 90, 2), (50, 120, 9), (50, 110, 8)):
        candles.trade(T0 + second * 1000, price, 1, number)
    assert one_bar(candles.moment(at(1))) == (90, 120, 90, 120, 4.0)


def test_trades_of_one_time_and_no_number_are_taken_as_they_come() -> None:
    candles = Aggregator(["1M"])
    for price in (100, 120, 110):
        candles.trade(at(0), price, 1)
    assert one_bar(candles.moment(at(1))) == (100, 120, 100, 110, 3.0)


def test_a_trade_that_comes_twice_counts_once() -> None:
    candles = Aggregator(["1M"])
    for number in (1, 2, 2, 1, 3):
        candles.trade(at(0.1 * number), 100 + number, 1, number)
    assert one_bar(candles.moment(at(1))) == (101, 103, 101, 103, 3.0)
    assert candles.duplicates == 2


@pytest.mark.parametrize(
    ("price", "size"),
    [(math.nan, 1), (math.inf, 1), (0.0, 1), (-5.0, 1), (1e16, 1), (100, math.nan), (100, -1)],
)
def test_what_is_no_price_or_size_is_refused_and_told(price: float, size: float) -> None:
    candles = Aggregator(["1M"])
    candles.trade(at(0), 100, 1)
    [told] = troubles(candles.trade(at(0.5), price, size))
    assert told.kind == "invalid"
    assert str(price if size == 1 else size) in told.message
    assert one_bar(candles.moment(at(1))) == (100, 100, 100, 100, 1.0)


def test_a_price_unlike_all_others_is_left_out_unless_the_next_bears_it_out() -> None:
    candles = Aggregator(["1M"])
    candles.trade(at(0), 100, 1)
    assert not candles.trade(at(0.1), 5000, 1)
    [told] = troubles(candles.trade(at(0.2), 101, 1))
    assert "5000" in told.message
    assert not candles.trade(at(0.3), 5000, 1)
    assert not candles.moment(at(0.4))
    assert not candles.trade(at(0.5), 5100, 1)
    assert not candles.trade(at(0.6), 5050, 1)
    assert one_bar(candles.moment(at(1))) == (100, 5100, 100, 5050, 5.0)


def test_a_time_far_ahead_is_left_out_unless_the_next_bears_it_out() -> None:
    candles = Aggregator(["1M"])
    candles.trade(at(0), 100, 1)
    assert not candles.trade(at(5000), 100, 1)
    [told] = troubles(candles.trade(at(0.5), 101, 1))
    assert told.kind == "clock"
    assert not candles.trade(at(5000), 102, 1)
    assert closed(candles.trade(at(5000.5), 103, 1)) == [("1M", 0)]
    growing = candles.growing("1M")
    assert growing is not None
    assert tuple(growing.bar) == (at(5000), 102, 103, 102, 103, 2.0)


def test_a_moment_far_ahead_is_believed_when_another_says_so() -> None:
    candles = Aggregator(["1M"])
    candles.trade(at(0), 100, 1)
    assert not candles.moment(at(500))
    assert closed(candles.moment(at(500) + 1000)) == [("1M", 0)]


def test_a_clock_that_goes_back_does_not_end_the_feed() -> None:
    candles = Aggregator(["1M"])
    candles.trade(at(60), 100, 1)
    told = troubles(candles.trade(at(0), 100, 1))
    assert [t.kind for t in told] == ["late"]
    assert candles.moment(at(1)) == ()
    assert closed(candles.trade(at(61), 101, 1)) == [("1M", 60)]


@pytest.mark.parametrize(
    "bar",
    [
        Bar(at(1), 100, 99, 98, 98.5, 1),
        Bar(at(1), 100, 102, 101, 101, 1),
        Bar(at(1), 100, math.nan, 99, 100, 1),
        Bar(at(1), 100, 101, 99, 100, -1),
        Bar(at(1) + 1, 100, 101, 99, 100, 1),
    ],
)
def test_a_candle_that_is_none_is_refused_and_told(bar: Bar) -> None:
    candles = Aggregator(["1M"])
    candles.candle(Bar(at(0), 100, 101, 99, 100, 1), True)
    [told] = troubles(candles.candle(bar, True))
    assert (told.what, told.kind) == ("candles", "invalid")
    assert closed(candles.candle(Bar(at(2), 100, 101, 99, 100, 1), True)) == [("1M", 2)]


def test_a_closed_candle_may_come_again_but_not_otherwise() -> None:
    candles = Aggregator(["1M"])
    bar = Bar(at(0), 100, 101, 99, 100, 1)
    candles.candle(bar, True)
    assert not candles.candle(bar, True)
    assert not candles.candle(bar._replace(close=99.5), False)
    assert candles.duplicates == 2
    [told] = troubles(candles.candle(bar._replace(close=99.5), True))
    assert told.kind == "late"


def test_trades_go_on_from_a_growing_candle() -> None:
    candles = Aggregator(["1M"])
    candles.candle(Bar(at(0), 100, 105, 99, 101, 7), False)
    candles.trade(at(0.5), 98, 1)
    assert one_bar(candles.moment(at(1))) == (100, 105, 98, 98, 8.0)


def test_a_candle_that_began_before_anything_was_known_says_so() -> None:
    candles = Aggregator(["1M", "15M"])
    candles.trade(at(0.5), 100, 1)
    candles.trade(at(1), 100, 1)
    made = [*candles.moment(at(15)), *candles.trade(at(15), 100, 1), *candles.moment(at(30))]
    partial = {(s.timeframe, s.bar.time): s.partial for s in made if isinstance(s, Span)}
    assert partial == {
        ("15M", at(0)): True, ("1M", at(1)): False, ("15M", at(15)): False, ("1M", at(15)): False,
    }  # fmt: skip


def history(timeframe: str, start: int, values: list[float]) -> Candles:
    length = Timeframe.parse(timeframe)
    column = np.array(values, dtype=float)
    times = start + np.arange(len(values), dtype=np.int64) * length.ms
    return Candles("X", length, times, column, column, column, column, column, "test")


def test_longer_candles_go_on_from_the_history() -> None:
    candles = Aggregator(["1M", "15M", "1H"])
    # Until 10:37: hours until 10, quarters until 10:30, minutes from 10:28 on.
    candles.seed({
        "1H": history("1H", at(-120), [1.0, 2.0]),
        "15M": history("15M", at(-15), [3.0, 4.0, 5.0]),
        "1M": history("1M", at(28), [9.0, 9.0, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0, 7.0]),
    })  # fmt: skip
    hour, quarter = candles.growing("1H"), candles.growing("15M")
    assert hour is not None
    assert quarter is not None
    assert tuple(hour.bar) == (at(0), 4.0, 7.0, 4.0, 7.0, 4 + 5 + 6 * 6 + 7)
    assert tuple(quarter.bar) == (at(30), 6.0, 7.0, 6.0, 7.0, 43.0)
    assert not hour.partial
    assert not candles.trade(at(36.9), 7.0, 1.0)
    assert closed(candles.trade(at(45), 7.0, 1.0)) == [("15M", 30)]


def test_a_history_that_begins_within_a_candle_leaves_it_partial() -> None:
    candles = Aggregator(["1M", "1H"])
    candles.seed({"1M": history("1M", at(10), [1.0, 2.0])})
    hour = candles.growing("1H")
    assert hour is not None
    assert hour.partial


def test_each_timeframe_knows_from_when_on_it_is_whole() -> None:
    candles = Aggregator(["1M", "1H", "4H", "1D"])
    # Hours from 06:00 to 10:00, minutes from 10:10 on: nobody knows the first ten minutes.
    candles.seed({
        "1D": history("1D", at(-10 * 60 - 24 * 60), [1.0]),
        "1H": history("1H", at(-4 * 60), [1.0, 2.0, 3.0, 4.0]),
        "1M": history("1M", at(10), [1.0, 2.0]),
    })  # fmt: skip
    grown = {name: candles.growing(name) for name in ("1H", "4H", "1D")}
    assert {name: span and span.partial for name, span in grown.items()} == {
        "1H": True, "4H": True, "1D": True,
    }  # fmt: skip
    # With minutes from 09:59 on, the hour and the 4H candle are whole; the day began earlier.
    candles = Aggregator(["1M", "1H", "4H", "1D"])
    candles.seed({
        "1H": history("1H", at(-4 * 60), [1.0, 2.0, 3.0, 4.0]),
        "1M": history("1M", at(-1), [1.0] * 20),
    })  # fmt: skip
    grown = {name: candles.growing(name) for name in ("1H", "4H", "1D")}
    assert {name: span and span.partial for name, span in grown.items()} == {
        "1H": False, "4H": False, "1D": True,
    }  # fmt: skip


def test_a_hole_in_the_history_is_a_quiet_time_unless_it_is_said_to_be_one() -> None:
    candles = Aggregator(["1M", "15M", "1H"])
    minutes = history("1M", at(0), [1.0] * 40)
    minutes = minutes.replace(
        **{name: np.delete(getattr(minutes, name), slice(31, 34)) for name in minutes.names}
    )
    candles.seed({"15M": history("15M", at(0), [1.0, 1.0]), "1M": minutes})

    def partial() -> list[bool]:
        return [span.partial for name in ("15M", "1H") if (span := candles.growing(name))]

    assert partial() == [False, False]
    # A quarter that has closed covers this.
    candles.lack(at(5), at(6))
    assert partial() == [False, False]
    candles.lack(at(31), at(34))
    assert partial() == [True, True]
    made = candles.trade(at(61), 1.0, 1.0)
    told = {(s.timeframe, s.partial) for s in made if isinstance(s, Span)}
    assert told == {("1H", True), ("15M", True)}
    after = candles.growing("1H")
    assert after is not None
    assert not after.partial


def test_timeframes_are_whole_multiples_of_the_shortest() -> None:
    with pytest.raises(UnknownTimeframe, match="7M cannot be built from 2M"):
        Aggregator(["2M", "7M"])
    with pytest.raises(UnknownTimeframe, match="five"):
        Aggregator(["five"])
    with pytest.raises(InvalidRequest, match="one or more"):
        Aggregator([])
    assert [t.name for t in Aggregator(["15M", "1M", "1W"]).timeframes] == ["1W", "15M", "1M"]
