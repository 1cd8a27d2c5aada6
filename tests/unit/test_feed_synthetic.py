"""The made-up market: the same every time, of one piece, and by the clock."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hand_clock import HandClock, batches, items_of

from workbench.data.aggregate import Aggregator
from workbench.data.bars import bars_of
from workbench.data.growing import Span
from workbench.errors import InvalidRequest
from workbench.feeds.source import Moment, Note, Tick
from workbench.feeds.spec import FeedSpec
from workbench.feeds.synthetic import SyntheticSource
from workbench.feeds.walk import Walk
from workbench.messages import parse_time

NOW = parse_time("2024-01-15T10:37:20Z")


def source(tmp_path: Path, **fields: Any) -> tuple[SyntheticSource, HandClock]:
    clock = HandClock(fields.pop("now", NOW) / 1000)
    after = fields.pop("after", None)
    spec = FeedSpec(**{"symbol": "BTC-USD", "timeframes": ["1M", "15M", "1H"]} | fields)
    return SyntheticSource(spec, tmp_path, after=after, clock=clock, sleep=clock.sleep), clock


def test_trades_make_the_candle_of_their_minute() -> None:
    walk = Walk("BTC-USD", 3, 45_000.0)
    for minute in range(28_000_000, 28_000_050):
        bar = walk.minutes(minute, 1)
        for few in (False, True):
            trades = walk.trades(minute, few)
            prices = [trade.price for trade in trades]
            found = (prices[0], max(prices), min(prices), prices[-1])
            assert found == tuple(float(column[0]) for column in bar[1:5])
            assert sum(trade.size for trade in trades) == pytest.approx(float(bar.volume[0]))
            times = [trade.time for trade in trades]
            assert times == sorted(times)
            assert bar.time[0] <= times[0] <= times[-1] < bar.time[0] + 60_000
            assert len(trades) == 4 if few else 60 < len(trades) < 300


def test_a_market_is_the_same_however_it_is_asked_and_seeds_make_others() -> None:
    walk = Walk("BTC-USD", 3, 45_000.0)
    whole = walk.minutes(28_000_000, 3000)
    part = Walk("BTC-USD", 3, 45_000.0).minutes(28_001_000, 7)
    for one, other in zip(whole, part, strict=True):
        np.testing.assert_array_equal(one[1000:1007], other)
    np.testing.assert_array_equal(whole.close[:-1], whole.open[1:])
    assert Walk("BTC-USD", 4, 45_000.0).minutes(28_000_000, 1).open != whole.open[:1]
    assert Walk("ETH-USD", 3, 45_000.0).minutes(28_000_000, 1).open != whole.open[:1]


def test_prices_move_like_those_of_a_market() -> None:
    minutes = Walk("BTC-USD", 0, 45_000.0).minutes(28_000_000, 60_000)
    moves = np.diff(np.log(minutes.close))
    assert 0.0004 < moves.std() < 0.001
    sizes = np.abs(moves)
    assert np.corrcoef(sizes[:-10], sizes[10:])[0, 1] > 0.1
    assert abs(np.corrcoef(moves[:-5], moves[5:])[0, 1]) < 0.05
    assert 30_000 < minutes.low.min() < minutes.high.max() < 65_000


def test_the_history_goes_over_into_what_comes(tmp_path: Path) -> None:
    feed, clock = source(tmp_path)
    history = asyncio.run(feed.history(["1M", "15M", "1H"], 50))
    assert [len(history[name]) for name in ("15M", "1H")] == [50, 50]
    assert int(history["1M"].time[-1]) == parse_time("2024-01-15T10:36:00Z")
    aggregator = Aggregator(["1M", "15M", "1H"])
    aggregator.seed(history)
    stop = parse_time("2024-01-15T11:02:00Z") / 1000
    made: dict[str, list[Span]] = {}
    for item in items_of(batches(feed, clock, lambda: clock.now >= stop)):
        spans = (
            aggregator.trade(*item) if isinstance(item, Tick)
            else aggregator.moment(item.time) if isinstance(item, Moment) else ()
        )  # fmt: skip
        for span in spans:
            assert isinstance(span, Span), span
            assert not span.partial
            made.setdefault(span.timeframe, []).append(span)
    later, _ = source(tmp_path, now=parse_time("2024-01-15T11:01:30Z"))
    known = asyncio.run(later.history(["1M", "15M", "1H"], 50))
    for name, candles in known.items():
        bars = {bar.time: bar for bar in bars_of(candles)}
        for span in made[name]:
            if span.bar.time in bars:
                assert tuple(span.bar) == pytest.approx(tuple(bars[span.bar.time]))
    assert [len(made[name]) for name in ("1H", "15M")] == [1, 2]
    assert len(made["1M"]) >= 24


def test_it_goes_by_the_clock_several_trades_a_second(tmp_path: Path) -> None:
    feed, clock = source(tmp_path)
    found = batches(feed, clock, lambda: clock.now >= NOW / 1000 + 60)
    for now, batch in found:
        times = [item.time for item in batch if not isinstance(item, Note)]
        assert all(time <= now * 1000 + 1 for time in times)
    late = [item for now, batch in found[2:] for item in batch if now * 1000 - item.time > 600]
    assert late == []
    assert max(clock.sleeps) <= 0.5
    assert 60 < len([item for _, batch in found[2:] for item in batch]) < 300


def test_a_faster_one_begins_now_and_runs_ahead(tmp_path: Path) -> None:
    feed, clock = source(tmp_path, speed="600x")
    found = items_of(batches(feed, clock, lambda: clock.now >= NOW / 1000 + 6))
    last = max(item.time for item in found if isinstance(item, Tick))
    assert last == pytest.approx(NOW + 3600_000, abs=60_000)


def test_one_that_ran_ahead_goes_on_from_there(tmp_path: Path) -> None:
    told = NOW + 7200_000 - NOW % 60_000
    feed, clock = source(tmp_path, after=told)
    first = next(
        item for item in items_of(batches(feed, clock, lambda: len(clock.sleeps) > 3))
        if isinstance(item, Tick)
    )  # fmt: skip
    assert told + 60_000 <= first.time < told + 120_000


def test_any_symbol_has_prices_of_its_own(tmp_path: Path) -> None:
    level = {}
    for symbol in ("BTC-USD", "EUR-USD", "GOOGL", "ANY THING", "ANY OTHER"):
        feed, _ = source(tmp_path, symbol=symbol)
        level[symbol] = float(asyncio.run(feed.history(["1M"], 3))["1M"].close[-1])
        assert feed.synthetic
        assert "not market data" in feed.description
    assert 30_000 < level["BTC-USD"] < 65_000
    assert 0.9 < level["EUR-USD"] < 1.5
    assert 900 < level["GOOGL"] < 1500
    assert level["ANY THING"] != level["ANY OTHER"]


def test_a_feed_without_end_needs_a_speed(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="no end"):
        source(tmp_path, speed=0)
