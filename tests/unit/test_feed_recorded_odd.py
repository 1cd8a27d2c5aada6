"""Recordings with numbers that cannot be, or are wrong: told, and gone on without."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from fake_market import NOW, RisingCandles, tell
from hand_clock import HandClock, batches, items_of

from workbench.errors import UnknownSymbol
from workbench.feeds.pipeline import Pipeline
from workbench.feeds.recorded import LONGEST_WAIT_S, RecordedSource
from workbench.feeds.source import Hole, Item, Moment, Note, Tick
from workbench.feeds.spec import FeedSpec
from workbench.messages import Candle, DataGap, Feed, parse_time

T0 = parse_time("2024-08-08T10:00:00Z")
DAY = 86_400_000


def frame(number: int, at: int, *, local: Any = None, **changes: Any) -> str:
    """Return a trade `at` ms after the beginning."""
    data = {
        "e": "trade", "E": T0 + at, "s": "BTCUSDT", "t": number, "p": "100.5", "q": "0.5",
        "T": T0 + at,
    }  # fmt: skip
    stamp = (T0 + at) * 1_000_000 if local is None else local
    return f"{stamp} " + json.dumps({"data": data | changes})


def depth(at: int, **changes: Any) -> str:
    data = {"e": "depthUpdate", "E": T0 + at, "s": "BTCUSDT"}
    return f"{(T0 + at) * 1_000_000} " + json.dumps({"data": data | changes})


def source(tmp_path: Path, lines: list[str], **fields: Any) -> tuple[RecordedSource, HandClock]:
    (tmp_path / "session.jsonl").write_text("\n".join(lines))
    clock = HandClock()
    given = {"symbol": "BTC-USD", "timeframes": ["1M", "5M"], "path": "session.jsonl", **fields}
    spec = FeedSpec(feed="replay", **given)
    return RecordedSource(spec, tmp_path, clock=clock, sleep=clock.sleep), clock


def given(tmp_path: Path, lines: list[str], **fields: Any) -> tuple[list[Item], float]:
    feed, clock = source(tmp_path, lines, **fields)
    return items_of(batches(feed, clock)), clock.now


def codes(items: list[Item]) -> list[str]:
    return [one.code for one in items if isinstance(one, Note) and one.code]


@pytest.mark.parametrize(
    "wrong",
    [
        {"T": 10**18}, {"T": -5}, {"E": 10**18}, {"E": -1}, {"t": 10**19}, {"t": 2**60}, {"t": -7},
        {"p": "nan"}, {"p": "1e300"}, {"q": "-1"}, {"q": "inf"}, {"T": 10**25},
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_is_told_and_nothing_kept_of_its_frame(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    lines = [frame(number, 500 * number) for number in range(1, 9)]
    lines.insert(4, frame(5, 2400, **wrong))
    items, seconds = given(tmp_path, [*lines, frame(12, 6000)])
    assert [one.number for one in items if isinstance(one, Tick)] == [*range(1, 9), 12]
    assert codes(items) in (["invalid_data"], ["corrupt_frame"])
    [hole] = [one for one in items if isinstance(one, Hole)]
    assert (hole.missing, hole.first_number, hole.last_number) == (3, 9, 11)
    assert seconds == pytest.approx(5.5)


@pytest.mark.parametrize("at", [0, 3, 7])
@pytest.mark.parametrize("number", [10**12, 2**53 - 1, 20_000_000])
def test_a_number_far_from_the_others_hides_no_hole(tmp_path: Path, at: int, number: int) -> None:
    lines = [frame(50_000_000 + one, 500 * one) for one in range(8)]
    lines.insert(at, frame(number, 500 * at))
    items, _ = given(tmp_path, [*lines, frame(50_000_020, 6000)])
    holes = [one.missing for one in items if isinstance(one, Hole)]
    # What begins with a wrong, low number looks like an exchange that counts anew.
    assert holes == ([0, 12] if at == 0 and number < 50_000_000 else [12])
    assert codes(items) == ["invalid_data"]


def test_an_exchange_that_counts_anew_is_believed_the_second_time(tmp_path: Path) -> None:
    numbers = [1, 2, 10**9, 10**9 + 1, 10**9 + 5]
    items, _ = given(tmp_path, [frame(one, 500 * at) for at, one in enumerate(numbers)])
    assert [one.number for one in items if isinstance(one, Tick)] == [1, 2, 10**9 + 1, 10**9 + 5]
    assert [one.missing for one in items if isinstance(one, Hole)] == [0, 3]


@pytest.mark.parametrize("wrong", [T0 + 900 * DAY, T0 - 900 * DAY, T0 + 2 * 3_600_000])
def test_a_wrong_time_of_another_frame_does_not_stop_the_clock(tmp_path: Path, wrong: int) -> None:
    lines = [frame(1, 0), *(depth(400 * step) for step in range(1, 10))]
    lines.insert(5, depth(2000, E=wrong))
    items, seconds = given(tmp_path, lines)
    assert [one.time - T0 for one in items if isinstance(one, Moment)][-1] == 3600 - 1000
    assert seconds <= 3.6


def test_a_wrong_time_of_a_trade_is_doubted_by_the_aggregator_and_stops_no_candle(
    tmp_path: Path,
) -> None:
    lines = [frame(number, 10_000 * number) for number in range(40)]
    lines[7] = frame(7, 70_000, T=T0 + 3 * DAY)
    feed, clock = source(tmp_path, lines, speed="max")
    pipeline = Pipeline(feed_spec(), RisingCandles("1M"), now=lambda: NOW, tell=tell)
    told = pipeline.take(items_of(batches(feed, clock)))
    closed = [m.data.time[11:16] for m in told if isinstance(m, Candle) and m.data.closed
              and m.data.timeframe == "1M"]  # fmt: skip
    assert closed == [f"10:0{minute}" for minute in range(6)]
    assert [m.data.code for m in told if isinstance(m, Feed)].count("clock_jump") == 1
    assert not [m for m in told if isinstance(m, DataGap)]


def feed_spec() -> FeedSpec:
    return FeedSpec(symbol="BTC-USD", timeframes=["1M", "5M"], feed="replay", path="x", speed="max")


@pytest.mark.parametrize("local", [(T0 + 3 * DAY) * 1_000_000, 10**24, 5, -5])
@pytest.mark.parametrize("at", [0, 4])
def test_a_jump_of_the_recorders_clock_is_told_and_not_waited_for(
    tmp_path: Path, local: int, at: int
) -> None:
    lines = [frame(number, 500 * number) for number in range(9)]
    lines[at] = frame(at, 500 * at, local=local)
    items, seconds = given(tmp_path, lines)
    assert len([one for one in items if isinstance(one, Tick)]) == 9
    assert codes(items) == ["clock_jump"]
    assert seconds <= 4.0


def test_a_clock_that_stays_where_it_jumped_is_gone_by(tmp_path: Path) -> None:
    ahead = 3 * DAY * 1_000_000
    lines = [
        frame(number, 500 * number, local=(T0 + 500 * number) * 1_000_000 + ahead * (number > 3))
        for number in range(9)
    ]
    items, seconds = given(tmp_path, lines)
    assert codes(items) == ["clock_jump"]
    assert seconds == pytest.approx(3.5)


@pytest.mark.parametrize(("hours", "speed", "waited"), [(3, None, 0), (3, "1000x", 10.8)])
def test_a_pause_of_the_recording_is_waited_for_if_it_is_short(
    tmp_path: Path, hours: int, speed: str | None, waited: float
) -> None:
    pause = hours * 3_600_000
    lines = [frame(1, 0), frame(2, 500), frame(3, pause), frame(4, pause + 500)]
    items, seconds = given(tmp_path, lines, speed=speed)
    assert codes(items) == []
    said = [one.message for one in items if isinstance(one, Note)]
    assert any("nothing was recorded for 180 minutes" in text for text in said) is (speed is None)
    assert seconds == pytest.approx(1.0 if speed is None else waited, abs=0.1)
    assert LONGEST_WAIT_S == 60.0


def test_why_there_is_no_trade_is_told_first(tmp_path: Path) -> None:
    feed, _ = source(tmp_path, ["<html>", frame(1, 0, T=10**18), "nothing"])
    found: list[Item] = []

    async def run() -> None:
        async for items in feed.items():
            found.extend(items)

    with pytest.raises(UnknownSymbol, match="holds no trade"):
        asyncio.run(run())
    assert codes(found) == ["corrupt_frame", "invalid_data"]
    assert any("a frame could not be read: '<html>'" in str(one) for one in found)
