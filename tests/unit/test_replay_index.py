"""Where messages stand: candles where they are told, market time or order where they are not."""

from __future__ import annotations

import msgspec
import pytest

from workbench.messages import iso_time
from workbench.streams import Entry, ReplayIndex

STEP_MS = 60_000


def index(*messages: dict, step_ms: int | None = STEP_MS) -> ReplayIndex:
    entries = [
        Entry(seq, m["type"], m["type"], msgspec.json.encode({"data": {}, **m, "seq": seq}))
        for seq, m in enumerate(messages, 1)
    ]
    made = ReplayIndex(step_ms)
    made.extend(entries)
    return made.finish()


def places(made: ReplayIndex) -> list[int]:
    return [made.place(seq) for seq in range(1, made.last + 1)]


def equity(bar: int | None = None, minute: int | None = None) -> dict:
    message: dict = {"type": "equity", "data": {}}
    if bar is not None:
        message["extra"] = {"bar": bar}
    if minute is not None:
        message["data"] = {"time": iso_time(minute * STEP_MS)}
    return message


def test_the_place_is_the_candle_and_progress_counts_candles_done():
    made = index(
        {"type": "status"},
        equity(0, 100),
        {"type": "progress", "extra": {"bar": 1, "bars": 9}},
        {"type": "metrics"},
        {"type": "trade", "extra": {"bar": 4}, "data": {"entry_time": iso_time(104 * STEP_MS)}},
        equity(4, 104),
        {"type": "complete", "extra": {"bars": 9}},
    )
    assert places(made) == [-1, 0, 0, 0, 4, 4, 4]
    assert made.place(0) == -1
    assert [made.until(place) for place in (-2, -1, 0, 3.9, 4, 99)] == [0, 1, 4, 4, 7, 7]
    assert (made.start, made.end) == (100 * STEP_MS, 104 * STEP_MS)
    assert [made.time(place) for place in (-1, 0, 2.5, 4, 9)] == [
        100 * STEP_MS, 100 * STEP_MS, 102 * STEP_MS, 104 * STEP_MS, 104 * STEP_MS,
    ]  # fmt: skip


def test_without_candles_market_time_tells_the_place():
    made = index({"type": "status"}, equity(minute=100), equity(minute=100), equity(minute=105))
    assert places(made) == [-1, 0, 0, 5]


def test_a_log_that_tells_candles_of_some_messages_only():
    made = index(equity(10, 110), equity(minute=112), equity(13, 113), equity(minute=113))
    assert places(made) == [10, 12, 13, 13]


def test_without_a_timeframe_each_market_time_is_a_candle():
    made = index(*(equity(minute=m) for m in (100, 100, 103, 110)), step_ms=None)
    assert places(made) == [0, 0, 1, 2]
    assert made.step_ms == 5 * STEP_MS


def test_without_either_messages_are_spaced_evenly():
    made = index(*({"type": "status"} for _ in range(3)), step_ms=None)
    assert places(made) == [0, 1, 2]
    assert made.step_ms == 1000
    assert (made.start, made.end, made.time(1)) == (None, None, None)
    assert made.until(1.5) == 2


def test_a_weekend_is_a_candle_long():
    made = index(equity(0, 0), equity(1, 1), equity(2, 2882))
    assert places(made) == [0, 1, 2]
    assert made.until_time(1000 * STEP_MS) == (2, 1)
    assert made.until_time(2882 * STEP_MS) == (3, 2)


def test_a_time_between_two_messages_is_a_candle_between_them():
    made = index({"type": "status"}, equity(0, 100), equity(10, 110))
    assert made.until_time(104 * STEP_MS) == (2, 4)
    assert made.until_time(109 * STEP_MS + 59_999) == (2, 9)
    assert made.until_time(110 * STEP_MS) == (3, 10)


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "equity", "extra": {"bar": 2**70}},
        {"type": "equity", "extra": {"bar": -5}},
        {"type": "equity", "extra": {"bar": "four"}},
        {"type": "equity", "data": {"time": 5}},
        {"type": "equity", "data": {"time": "soon"}},
        {"type": "equity", "data": []},
        {"type": "equity", "extra": {"bar": 1}},
    ],
    ids=str,
)
def test_what_makes_no_sense_stands_where_the_message_before_it_does(odd):
    made = index(equity(3, 3), odd, equity(5, 5))
    assert places(made) == [3, 3, 5]


def test_trades_are_found_by_their_entries():
    def trade(event: str, name: str) -> dict:
        return {"type": "trade", "data": {"event": event, "trade_id": name}}

    made = index(trade("entry", "a"), trade("exit", "a"), trade("entry", "b"), trade("exit", "b"))
    assert made.trades == {"a": 1, "b": 3}


def test_states_as_they_were():
    made = index(*({"type": kind} for kind in ("metrics", "progress", "status", "metrics")))
    assert made.latest(0) == {}
    assert made.latest(3) == {"metrics": 1, "progress": 2}
    assert made.latest(4) == {"metrics": 4, "progress": 2}
