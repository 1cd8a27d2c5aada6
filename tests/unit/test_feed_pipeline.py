"""What a stream is told of what a feed gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fake_market import NOW, RisingCandles, said, tell

from workbench.data.bars import Bar
from workbench.data.candles import Candles
from workbench.errors import InvalidRequest
from workbench.feeds.pipeline import Pipeline
from workbench.feeds.source import BarUpdate, Hole, Item, Moment, Note, Tick
from workbench.feeds.spec import FeedSpec
from workbench.messages import Candle, CandleExtra, DataGap, Delivery, Feed, parse_time
from workbench.timeframes import Timeframe

T0 = parse_time("2024-01-15T10:00:00Z")


def at(seconds: float) -> int:
    return T0 + round(seconds * 1000)


def make(timeframes: list[str] | None = None, **fields: Any) -> tuple[Pipeline, RisingCandles]:
    spec = FeedSpec(symbol="BTC-USD", timeframes=timeframes or ["1M", "5M"], **fields)
    analysis = RisingCandles("1M")
    return Pipeline(spec, analysis, now=lambda: NOW, source="a test", tell=tell), analysis


def test_a_candle_comes_before_what_was_found_on_it_and_the_longest_first() -> None:
    pipeline, _ = make()
    pipeline.take([Tick(at(240), 100, 1), Tick(at(299), 101, 1)])
    assert said(pipeline.take([Tick(at(300), 100, 1)])) == [
        ("candle", "5M", "10:00", 101), ("pattern", "5M", 100),
        ("candle", "1M", "10:04", 101), ("pattern", "1M", 100),
        ("confluence",),
        ("growing", "5M", "10:05", 100), ("growing", "1M", "10:05", 100),
    ]  # fmt: skip


def test_closed_candles_are_events_and_growing_ones_state() -> None:
    pipeline, _ = make(["1M"])
    growing, closed, *_ = [
        message
        for message in pipeline.take([Tick(at(0), 100, 1), Tick(at(60), 99, 1)])
        if isinstance(message, Candle)
    ]
    assert growing.delivery_of(growing.key) is Delivery.STATE
    assert closed.delivery_of(closed.key) is Delivery.EVENT
    assert isinstance(closed.extra, CandleExtra)
    assert closed.extra.trades == 1


def test_growing_candles_are_told_twice_a_second_of_market_time() -> None:
    pipeline, _ = make(["1M"])
    ticks = [Tick(at(second / 10), 100 + second % 7, 1) for second in range(100)]
    told = [one for one in said(pipeline.take(ticks)) if one[0] == "growing"]
    assert len(told) == 20
    assert pipeline.take([Moment(at(10.5))]) != []
    assert pipeline.take([Moment(at(11.0)), Moment(at(11.5))]) == []


@pytest.mark.parametrize(("speed", "count"), [("60x", 2), (1, 2), ("600x", 1), (0, 0)])
def test_growing_candles_are_told_as_often_by_the_clock_at_any_speed(
    speed: str | float, count: int
) -> None:
    pipeline, _ = make(["1M"], speed=speed)
    ticks = [Tick(at(second), 100 + second, 1) for second in range(60)]
    assert len([m for m in said(pipeline.take(ticks)) if m[0] == "growing"]) == count


def test_a_provisional_pattern_is_told_when_it_comes_and_when_it_goes() -> None:
    pipeline, _ = make(["1M"])
    ticks = [Tick(at(second), price, 1) for second, price in enumerate([100, 101, 102, 99, 98])]
    told = [one for one in said(pipeline.take(ticks)) if one[0] == "provisional"]
    assert told == [("provisional", "1M", 100), ("provisional", "1M", 0)]


def test_messages_do_not_depend_on_how_items_are_cut() -> None:
    draw = np.random.default_rng(5)
    price, time = 100.0, T0
    items: list[Item] = []
    for number in range(2000):
        price *= float(np.exp(draw.normal(0, 0.002)))
        time += int(draw.integers(-300, 1500))
        items.append(Tick(time, round(price, 2), 1.0, number))
        if number % 50 == 0:
            items.append(Moment(time))
        if number % 400 == 0:
            items.append(Note("live", "all is well"))
    whole = make()[0].take(items)
    assert len(whole) > 1000
    pipeline = make()[0]
    cut: list[Any] = []
    while items:
        count = int(draw.integers(1, 60))
        cut += pipeline.take(items[:count])
        del items[:count]
    assert cut == whole


def test_what_is_missing_and_how_the_feed_fares_is_told() -> None:
    pipeline, _ = make()
    gap, feed = pipeline.take([
        Hole("trades", 5, at(0), at(1), False, 11, 15), Note("reconnecting", "lost", "network"),
    ])  # fmt: skip
    assert isinstance(gap, DataGap)
    assert isinstance(feed, Feed)
    assert (gap.data.missing, gap.data.first_id, gap.data.last_id) == (5, 11, 15)
    assert (feed.data.state, feed.data.code, feed.data.source) == (
        "reconnecting", "network", "a test",
    )  # fmt: skip
    assert feed.data.timeframes == ["1M", "5M"]


def test_late_and_broken_trades_are_told() -> None:
    pipeline, _ = make(["1M"])
    pipeline.take([Note("live", "go"), Tick(at(60), 100, 1, 7)])
    late, broken = pipeline.take([Tick(at(1), 100, 1, 3), Tick(at(61), -1, 1, 8)])
    assert isinstance(late, DataGap)
    assert isinstance(broken, Feed)
    assert (late.data.what, late.data.missing, late.data.first_id) == ("trades", 1, 3)
    assert (broken.data.state, broken.data.code) == ("live", "invalid_data")
    assert "price -1" in broken.data.message


def test_a_candle_of_another_timeframe_is_refused() -> None:
    pipeline, _ = make(["1M"])
    [told] = pipeline.take([BarUpdate("5M", Bar(T0, 1, 1, 1, 1, 1), True)])
    assert isinstance(told, Feed)
    assert told.data.code == "invalid_data"


def candles(timeframe: str, count: int, end: int) -> Candles:
    length = Timeframe.parse(timeframe)
    close = 100 + np.arange(count, dtype=float)
    times = end - length.ms * np.arange(count, 0, -1, dtype=np.int64)
    return Candles("X", length, times, close - 0.5, close + 1, close - 1, close, close, "test")


def test_history_is_told_by_the_time_it_closed() -> None:
    pipeline, analysis = make()
    history = {"1M": candles("1M", 7, at(420)), "5M": candles("5M", 2, at(300))}
    told = pipeline.warm(history, {})
    order = [one[1:3] for one in said(told) if one[0] == "candle"]
    assert order == [
        ("5M", "09:55"), ("1M", "10:00"), ("1M", "10:01"), ("1M", "10:02"), ("1M", "10:03"),
        ("5M", "10:00"), ("1M", "10:04"), ("1M", "10:05"), ("1M", "10:06"),
    ]  # fmt: skip
    assert {m.extra.origin for m in told if isinstance(m, Candle)} == {"history"}
    assert len(analysis.seen) == 9
    assert pipeline.told == {"1M": at(360), "5M": at(0)}


def test_what_was_told_before_a_restart_is_not_told_again() -> None:
    history = {"1M": candles("1M", 7, at(420)), "5M": candles("5M", 2, at(300))}
    told = {"1M": at(480), "5M": at(0)}
    pipeline, analysis = make()
    assert pipeline.warm(history, told | {"1M": at(300)})[0].data.time == "2024-01-15T10:06:00Z"
    pipeline, analysis = make()
    assert pipeline.warm(history, told) == []
    assert pipeline.take([Tick(at(430), 100, 1), Tick(at(485), 101, 1)]) != []
    quiet = make()[0]
    quiet.warm(history, told)
    minutes = [one[1:3] for one in said(quiet.take([
        Tick(at(430), 100, 1), Tick(at(485), 101, 1), Tick(at(545), 102, 1), Tick(at(600), 103, 1)
    ])) if one[0] == "candle"]  # fmt: skip
    assert minutes == [("5M", "10:05"), ("1M", "10:09")]
    assert [bar.time for name, bar in analysis.seen if name == "1M"][-1] == at(420)


def test_what_the_history_does_not_reach_back_to_is_told() -> None:
    pipeline, _ = make()
    history = {"1M": candles("1M", 7, at(420)), "5M": candles("5M", 2, at(300))}
    told = pipeline.warm(history, {"1M": at(-240), "5M": at(-300)})
    assert isinstance(told[0], DataGap)
    assert (told[0].data.what, told[0].data.missing, told[0].data.timeframe) == (
        "candles", 3, "1M",
    )  # fmt: skip
    assert (told[0].data.start, told[0].data.end) == (
        "2024-01-15T09:57:00Z", "2024-01-15T10:00:00Z",
    )  # fmt: skip
    assert len([m for m in told if isinstance(m, DataGap)]) == 1


def test_broken_candles_of_a_history_are_left_out_and_told() -> None:
    pipeline, analysis = make(["1M"])
    good = candles("1M", 3, at(180))
    high, low = good.high.copy(), good.low.copy()
    high[1], low[2] = np.nan, good.open[2] * (1 + 1e-12)
    told = pipeline.warm({"1M": good.replace(high=high, low=low)}, {})
    assert isinstance(told[0], Feed)
    assert "A 1M candle of the history is left out: it has high nan" in told[0].data.message
    assert [bar.time for _, bar in analysis.seen] == [at(0), at(120)]
    assert analysis.seen[1][1].low == good.open[2]
    assert said(pipeline.take([Tick(at(180), 102, 1)])) == [("growing", "1M", "10:03", 102)]


def test_a_feed_goes_on_where_its_history_ended() -> None:
    pipeline, _ = make()
    pipeline.warm({"1M": candles("1M", 7, at(420))}, {})
    told = pipeline.take([Tick(at(430), 90, 1), Tick(at(600), 103, 1)])
    [five] = [m.data for m in told if isinstance(m, Candle) and m.data.timeframe == "5M"][1:2]
    assert (five.time, five.open, five.low, five.close) == ("2024-01-15T10:05:00Z", 104.5, 90, 90)


def test_wrong_speeds_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="speed is '-1'"):
        make(speed=-1)
