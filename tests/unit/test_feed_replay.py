"""Stored candles and recorded frames as feeds."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hand_clock import HandClock, batches, items_of

from workbench.data import load
from workbench.data.bars import bars_of
from workbench.data.resample import resample
from workbench.errors import DataError, InsufficientData, UnknownSymbol, UnknownTimeframe
from workbench.feeds.recorded import RecordedSource
from workbench.feeds.replay import ReplaySource
from workbench.feeds.source import BarUpdate, Hole, Moment, Note, Tick
from workbench.feeds.sources import source_for
from workbench.feeds.spec import FeedSpec
from workbench.messages import parse_time
from workbench.timeframes import Timeframe

SPAN = {"start": "2024-01-10", "end": "2024-01-12"}


def stored(tmp_path: Path, **fields: Any) -> tuple[ReplaySource, HandClock]:
    clock, after = HandClock(), fields.pop("after", None)
    spec = {"symbol": "BTC-USD", "timeframes": ["15M", "1H"], "feed": "replay"}
    made = FeedSpec(**spec | SPAN | fields)
    return ReplaySource(made, tmp_path, after=after, clock=clock, sleep=clock.sleep), clock


def test_stored_candles_come_once_and_closed(tmp_path: Path) -> None:
    feed, clock = stored(tmp_path)
    found = items_of(batches(feed, clock))
    candles = load("BTC-USD", ["15M"], SPAN["start"], SPAN["end"], tmp_path)["15M"]
    assert [item for item in found if isinstance(item, BarUpdate)] == [
        BarUpdate("15M", bar, True) for bar in bars_of(candles)
    ]
    assert [item.state for item in found if isinstance(item, Note)] == ["live", "ended"]
    assert clock.sleeps == []
    assert feed.synthetic


@pytest.mark.parametrize(("speed", "seconds"), [(10, 28.7), ("9000x", 28.7), ("900x", 287)])
def test_they_come_at_a_pace(tmp_path: Path, speed: float | str, seconds: float) -> None:
    feed, clock = stored(tmp_path, speed=speed)
    found = batches(feed, clock)
    assert clock.now == pytest.approx(seconds)
    assert len(found) == 288 + 2


def test_a_weekend_is_not_waited_for(tmp_path: Path) -> None:
    clock = HandClock()
    spec = FeedSpec(
        symbol="EUR-USD", timeframes=["1H"], feed="replay", start="2017-02-03", end="2017-02-06",
        speed="3600x",
    )  # fmt: skip
    feed = ReplaySource(spec, tmp_path, clock=clock, sleep=clock.sleep)
    count = len([item for item in items_of(batches(feed, clock)) if isinstance(item, BarUpdate)])
    assert count < 60
    assert clock.now == pytest.approx(count - 1)


def test_the_history_ends_where_the_replay_begins(tmp_path: Path) -> None:
    feed, _ = stored(tmp_path, start="2024-01-10T10:45:00Z")
    history = asyncio.run(feed.history(["15M", "1H"], 10))
    assert [len(history["15M"]), len(history["1H"])] == [10, 10]
    assert int(history["15M"].time[-1]) == parse_time("2024-01-10T10:30:00Z")
    assert int(history["1H"].time[-1]) == parse_time("2024-01-10T09:00:00Z")
    base = load("BTC-USD", ["15M"], "2024-01-09", "2024-01-10", tmp_path)["15M"]
    hours = resample(base, Timeframe.parse("1H"))
    assert history["1H"].close[-1] == hours.close[hours.time == history["1H"].time[-1]]


def test_the_history_reaches_to_the_beginning_of_the_longest_candle(tmp_path: Path) -> None:
    feed, _ = stored(tmp_path, start="2024-01-10T10:45:00Z", timeframes=["15M", "1D"])
    history = asyncio.run(feed.history(["15M", "1D"], 2))
    assert int(history["15M"].time[0]) == parse_time("2024-01-10")


def test_before_the_first_stored_candle_there_is_no_history(tmp_path: Path) -> None:
    feed, _ = stored(tmp_path, start=None, end="2021-01-02")
    assert asyncio.run(feed.history(["15M", "1H"], 10)) == {}


def test_a_replay_goes_on_after_what_it_has_given(tmp_path: Path) -> None:
    after = parse_time("2024-01-11T12:00:00Z")
    feed, clock = stored(tmp_path, after=after)
    bars = [item for item in items_of(batches(feed, clock)) if isinstance(item, BarUpdate)]
    assert bars[0].bar.time == after + 900_000
    assert int(asyncio.run(feed.history(["15M"], 5))["15M"].time[-1]) == after
    over, clock = stored(tmp_path, after=parse_time("2024-01-12T23:45:00Z"))
    assert [type(item) for item in items_of(batches(over, clock))] == [Note, Note]


def test_what_cannot_be_replayed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownSymbol):
        stored(tmp_path, symbol="NOTHING-LIKE-IT")
    with pytest.raises(UnknownTimeframe):
        stored(tmp_path, timeframes=["1M", "15M"])
    with pytest.raises(InsufficientData) as caught:
        stored(tmp_path, start="2030-01-01", end="2030-01-02")
    assert caught.value.details["available_end"] == "2025-01-01"


def frame(number: int, time: int, price: object = "100.5", **changes: Any) -> str:
    data = {
        "e": "trade", "E": time + 1, "s": "BTCUSDT", "t": number, "p": price, "q": "0.5",
        "T": time, "m": True, "M": True,
    }  # fmt: skip
    return f"{time * 1_000_000} " + json.dumps({"stream": "btcusdt@trade", "data": data | changes})


def recorded(tmp_path: Path, lines: list[str], **fields: Any) -> tuple[RecordedSource, HandClock]:
    (tmp_path / "session.jsonl").write_text("\n".join(lines))
    clock, upto = HandClock(), fields.pop("upto", 0)
    spec = {"symbol": "BTC-USD", "timeframes": ["1M"], "feed": "replay", "path": "session.jsonl"}
    made = FeedSpec(**spec | fields)
    return RecordedSource(made, tmp_path, upto=upto, clock=clock, sleep=clock.sleep), clock


def depth(time: int) -> str:
    data = {"e": "depthUpdate", "E": time, "s": "BTCUSDT", "U": 1, "u": 2, "b": [["1", "2"]]}
    return f"{time * 1_000_000} " + json.dumps({"stream": "btcusdt@depth@100ms", "data": data})


def test_recorded_trades_come_by_their_own_clock(tmp_path: Path) -> None:
    lines = [frame(1, 1_000_000), frame(2, 1_000_500), frame(3, 1_003_500, "101")]
    feed, clock = recorded(tmp_path, lines)
    found = batches(feed, clock)
    ticks = [item for item in items_of(found) if isinstance(item, Tick)]
    assert ticks == [
        Tick(1_000_000, 100.5, 0.5, 1), Tick(1_000_500, 100.5, 0.5, 2),
        Tick(1_003_500, 101.0, 0.5, 3),
    ]  # fmt: skip
    assert clock.now == pytest.approx(3.5)
    for speed, seconds in (("10x", 0.35), (60, 3.5 / 3600), ("max", 0.0)):
        feed, clock = recorded(tmp_path, lines, speed=speed)
        assert len(items_of(batches(feed, clock))) == 5
        assert clock.now == pytest.approx(seconds)


def test_other_frames_tell_the_time_a_little_later(tmp_path: Path) -> None:
    lines = [frame(1, 1_000_000), *(depth(1_000_000 + 100 * step) for step in range(30))]
    feed, clock = recorded(tmp_path, lines)
    moments = [item.time for item in items_of(batches(feed, clock)) if isinstance(item, Moment)]
    assert moments == [999_000 + 300 * step for step in range(10)]


def test_lines_that_cannot_be_read_are_told_and_passed_over(tmp_path: Path) -> None:
    broken = [
        "", "nonsense", "17 {", "18 {}", frame(2, 1_000_001, "a"), frame(2, 1_000_001, None),
        frame(2, 1_000_001, 7), "1 [1]",
    ]  # fmt: skip
    feed, clock = recorded(tmp_path, [frame(1, 1_000_000), *broken, frame(2, 1_000_002)])
    found = items_of(batches(feed, clock))
    assert len([item for item in found if isinstance(item, Tick)]) == 2
    told = [item for item in found if isinstance(item, Note) and item.code == "corrupt_frame"]
    assert len(told) == 1
    assert told[0].state == "live"


def test_a_packed_file_that_ends_too_early_is_told(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join(frame(i, 1_000_000 + i) for i in range(2000)).encode())
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[:-500])
    clock = HandClock()
    spec = FeedSpec(symbol="BTC-USD", feed="replay", path="cut.jsonl.gz", speed="max")
    feed = RecordedSource(spec, tmp_path, clock=clock, sleep=clock.sleep)
    found = items_of(batches(feed, clock))
    assert len([item for item in found if isinstance(item, Tick)]) > 100
    assert [item.code for item in found if isinstance(item, Note)] == [
        None, "corrupt_frame", None,
    ]  # fmt: skip


def test_missing_numbers_are_a_hole(tmp_path: Path) -> None:
    lines = [frame(1, 1_000_000), frame(5, 1_000_400), frame(4, 1_000_300), frame(6, 1_000_500)]
    feed, clock = recorded(tmp_path, lines)
    holes = [item for item in items_of(batches(feed, clock)) if isinstance(item, Hole)]
    assert holes == [Hole("trades", 3, 1_000_000, 1_000_400, False, 2, 4)]


def test_other_markets_in_the_file_are_left_out(tmp_path: Path) -> None:
    lines = [frame(1, 1_000_000), frame(9, 1_000_100, s="ETHUSDT"), frame(2, 1_000_200)]
    for market, numbers in ((None, [1, 2]), ("ETH/USDT", [9])):
        feed, clock = recorded(tmp_path, lines, market=market)
        ticks = [item for item in items_of(batches(feed, clock)) if isinstance(item, Tick)]
        assert [tick.number for tick in ticks] == numbers
    feed, clock = recorded(tmp_path, lines, market="XRPUSDT")
    with pytest.raises(UnknownSymbol, match="XRPUSDT"):
        batches(feed, clock)


def test_what_was_given_before_is_not_waited_for(tmp_path: Path) -> None:
    lines = [frame(number, 1_000_000 + 60_000 * number) for number in range(10)]
    feed, clock = recorded(tmp_path, lines, upto=1_480_000)
    assert len(items_of(batches(feed, clock))) == 12
    assert clock.now == pytest.approx(60.0)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    spec = FeedSpec(symbol="BTC-USD", feed="replay", path="nothing.jsonl")
    with pytest.raises(DataError, match=r"nothing\.jsonl"):
        RecordedSource(spec, tmp_path)


def test_the_source_follows_from_the_spec(tmp_path: Path) -> None:
    spec = FeedSpec(symbol="BTC-USD", timeframes=["15M"])
    assert source_for(spec, tmp_path).synthetic
    replay = FeedSpec(symbol="BTC-USD", timeframes=["15M"], feed="replay")
    assert isinstance(source_for(replay, tmp_path), ReplaySource)


def test_the_recorded_session_comes_whole(shared_file: Callable[[str], Path]) -> None:
    path = shared_file("ws_binance_spot_btcusdt_20240808.jsonl.gz")
    clock = HandClock()
    spec = FeedSpec(symbol="BTC-USD", feed="replay", path=str(path), speed="60x")
    feed = RecordedSource(spec, path.parent, clock=clock, sleep=clock.sleep)
    found = items_of(batches(feed, clock))
    assert len([item for item in found if isinstance(item, Tick)]) == 9757
    assert [item for item in found if isinstance(item, Hole)] == []
    assert clock.now == pytest.approx(346 / 60, abs=0.1)
