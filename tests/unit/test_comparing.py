"""`wb.diff`: every difference is found, and its cause named."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

import workbench as wb
from workbench.data.candles import Candles
from workbench.errors import InvalidRequest
from workbench.messages import (
    Candle,
    CandleData,
    Complete,
    DataGap,
    DataGapData,
    EntryData,
    LiveFacts,
    Message,
    Order,
    OrderData,
    Reasoning,
    Signal,
    SignalData,
    SignalExtra,
    Status,
    Trade,
    iso_time,
    parse_time,
    utc_now,
)
from workbench.report.comparing import compare
from workbench.report.differences import CAUSES
from workbench.timeframes import Timeframe

HOUR = 3_600_000


@pytest.fixture(scope="module")
def candles() -> Candles:
    rng = np.random.default_rng(3)
    close = 100 + rng.normal(0, 1, 400).cumsum()
    opened = np.r_[close[0], close[:-1]]
    high, low = np.maximum(opened, close) + 0.3, np.minimum(opened, close) - 0.3
    time = 1_700_000_000_000 // HOUR * HOUR + HOUR * np.arange(400)
    return Candles(
        "X-Y", Timeframe.parse("1H"), time, opened, high, low, close, np.ones(400), source="test"
    )


@pytest.fixture(scope="module")
def run(candles):
    return wb.backtest("sma_cross", candles, fast=5, slow=15)


def session(run, candles, **facts) -> list[Message]:
    """Return the messages of a session which did the same as the backtest."""
    live = LiveFacts(["X-Y"], "paper", "replay", False, {"X-Y": 0}, {"X-Y": 1.0}, **facts)
    told: list[Message] = []
    for message in run.messages:
        if isinstance(message, Status) and message.data.timeframes is not msgspec.UNSET:
            message = msgspec.structs.replace(
                message, data=msgspec.structs.replace(message.data, live=live)
            )
        told.append(message)
    bars = [bar(candles, i) for i in range(len(candles))]
    return [told[0], *bars, *told[1:]]


def bar(candles: Candles, i: int, more: float = 0.0) -> Candle:
    prices = (candles.open[i], candles.high[i], candles.low[i], candles.close[i] + more)
    data = CandleData("X-Y", "1H", iso_time(int(candles.time[i])), *map(float, prices), 1.0, True)
    return Candle(utc_now(), data=data)


def entries(messages) -> list[int]:
    return [
        at
        for at, one in enumerate(messages)
        if isinstance(one, Trade) and isinstance(one.data, EntryData)
    ]


def changed(message: Trade, **values) -> Trade:
    return msgspec.structs.replace(message, data=msgspec.structs.replace(message.data, **values))


def without(messages, at: int) -> list[Message]:
    """Take a trade away whole."""
    name = messages[at].data.trade_id
    return [one for one in messages if not (isinstance(one, Trade) and one.data.trade_id == name)]


def test_the_same_is_the_same(run, candles):
    found = compare(run.messages, session(run, candles))
    assert found.same
    assert found.alike == len(entries(run.messages)) > 5
    assert "No difference" in str(found)
    assert found.frame.empty


def test_a_rejected_order_is_named_with_its_numbers(run, candles):
    messages = session(run, candles)
    at = entries(messages)[2]
    entry = messages[at]
    signal = Signal(
        utc_now(),
        data=SignalData(
            "signal_9", "X-Y", entry.extra.strategy, f"enter_{entry.data.direction}",
            iso_time(int(candles.time[entry.extra.decided])), "rejected", "risk_limit",
            "max_position: 12,000 wanted, 10,000 allowed", {}, Reasoning("enter_long", 1.0, "why"),
        ),
        extra=SignalExtra(entry.extra.decided, entry.extra.decided),
    )  # fmt: skip
    found = compare(run.messages, [*without(messages, at), signal])
    assert [one.cause for one in found.differences] == ["refused"]
    assert "max_position" in found.differences[0].why
    assert found.differences[0].backtest == entry.data.trade_id
    assert found.differences[0].live is None


def test_latency_is_told_by_the_orders(run, candles):
    messages = session(run, candles)
    at = entries(messages)[1]
    entry = messages[at]
    messages[at] = changed(entry, entry_price=entry.data.entry_price * 1.001)
    order = OrderData(
        "s", entry.extra.strategy, "X-Y", entry.extra.signal, "new", "entry", "buy", "market",
        1.0, None, 0.0, None, 0.0, entry.data.entry_time, "paper", client_order_id="s-1",
    )  # fmt: skip
    later = iso_time(parse_time(entry.data.entry_time) + 250)
    filled = msgspec.structs.replace(order, status="filled", filled=1.0, time=later)
    told = [Order(utc_now(), data=order), Order(utc_now(), data=filled)]
    found = compare(run.messages, [*messages, *told])
    assert [one.cause for one in found.differences] == ["latency"]
    assert "250 ms" in found.differences[0].why


def test_parts_are_told_by_the_orders(run, candles):
    messages = session(run, candles)
    at = entries(messages)[1]
    entry = messages[at]
    messages[at] = changed(entry, entry_price=entry.data.entry_price * 1.001)
    parts = [
        Order(
            utc_now(),
            data=OrderData(
                "s",
                entry.extra.strategy,
                "X-Y",
                entry.extra.signal,
                status,
                "entry",
                "buy",
                "market",
                1.0,
                None,
                filled,
                1.0,
                0.0,
                entry.data.entry_time,
                "paper",
            ),
        )
        for status, filled in (("partially_filled", 0.4), ("filled", 1.0))
    ]
    found = compare(run.messages, [*messages, *parts])
    assert [one.cause for one in found.differences] == ["partial fill"]


def test_missing_prices_are_named(run, candles):
    messages = session(run, candles)
    at = entries(messages)[3]
    time = parse_time(messages[at].data.entry_time)
    gap = DataGapData("X-Y", "candles", 2, iso_time(time - HOUR), iso_time(time + HOUR), False)
    found = compare(run.messages, [*without(messages, at), DataGap(utc_now(), data=gap)])
    assert [one.cause for one in found.differences] == ["prices missing"]


def test_other_prices_are_named(run, candles):
    messages = session(run, candles)
    at = entries(messages)[3]
    i = messages[at].extra.bar
    place = next(k for k, one in enumerate(messages) if isinstance(one, Candle)) + i - 1
    messages[place] = bar(candles, i - 1, 0.25)
    mine = [bar(candles, k) for k in range(len(candles))]
    found = compare([run.messages[0], *mine, *run.messages[1:]], without(messages, at))
    assert [one.cause for one in found.differences] == ["other prices"]


def test_what_was_before_the_session_is_outside(run, candles):
    half = int(candles.time[200])
    messages = [
        one
        for one in session(run, candles)
        if not isinstance(one, Candle | Trade)
        or (isinstance(one, Candle) and parse_time(one.data.time) >= half)
        or (isinstance(one, Trade) and parse_time(one.data.entry_time) >= half)
    ]
    found = compare(run.messages, messages)
    assert not found.same
    assert set(found.causes) == {"outside"}


@pytest.mark.parametrize(("offset", "cause"), [(90_000, "path"), (0, "other fills")])
def test_only_who_saw_within_a_candle_can_have_gone_another_way(run, candles, offset, cause):
    messages = session(run, candles)
    at = next(
        k for k, one in enumerate(messages)
        if isinstance(one, Trade) and not isinstance(one.data, EntryData)
    )  # fmt: skip
    messages[at] = changed(messages[at], exit_reason="take_profit", exit_price=1.0, pnl=5.0)
    order = OrderData(
        "s", "sma_cross", "X-Y", "trade_1:target_1", "filled", "take_profit", "sell", "limit", 1.0,
        1.0, 1.0, 1.0, 0.0, iso_time(int(candles.time[30]) + offset), "paper",
    )  # fmt: skip
    found = compare(run.messages, [*messages, Order(utc_now(), data=order)])
    assert [one.cause for one in found.differences] == [cause]


def test_differences_that_follow_say_from_what(run, candles):
    messages = session(run, candles)
    first, second = entries(messages)[1:3]
    messages[second] = changed(messages[second], quantity=messages[second].data.quantity + 1)
    messages = without(messages, first)
    found = compare(run.messages, messages)
    assert [one.cause for one in found.differences] == ["unknown", "follows"]
    assert found.differences[0].time in found.differences[1].why


def test_all_causes_have_words(run, candles):
    assert all(CAUSES.values())
    found = compare(run.messages, without(session(run, candles), entries(session(run, candles))[1]))
    assert "unknown" in str(found)
    assert found.frame["backtest"].tolist() == [found.differences[0].backtest]
    assert found.frame["time"].dt.tz is not None


def test_what_the_session_says_of_itself_is_shown(run, candles):
    said = "orders reach the market 0.2 s after they were decided"
    found = compare(run.messages, session(run, candles, differences=[said]))
    assert found.by_design == [said]
    assert said in str(found)


def test_the_end_of_the_backtest_is_a_cause(run, candles):
    entry = run.messages[entries(run.messages)[-1]]
    ending = next(
        (one for one in run.messages
         if isinstance(one, Trade) and not isinstance(one.data, EntryData)
         and one.data.exit_reason == "end_of_data"), None,
    )  # fmt: skip
    assert ending is not None, "the sample run is to end with an open position"
    assert ending.data.trade_id == entry.data.trade_id
    messages = [one for one in session(run, candles) if one is not ending]
    messages = [one for one in messages if not isinstance(one, Complete)]
    found = compare(run.messages, messages)
    assert [one.cause for one in found.differences] == ["end"]


def test_what_cannot_be_compared_is_refused(run):
    with pytest.raises(InvalidRequest, match="Give a backtest and a session"):
        wb.diff(run)
    with pytest.raises(InvalidRequest, match="live is 3"):
        wb.diff(run, 3)


def test_both_ends_are_one(run, candles):
    messages = session(run, candles)
    at = next(
        k for k, one in enumerate(messages)
        if isinstance(one, Trade) and not isinstance(one.data, EntryData)
        and one.data.exit_reason == "end_of_data"
    )  # fmt: skip
    messages[at] = changed(messages[at], exit_reason="session_end")
    assert compare(run.messages, messages).same
    messages[at] = changed(messages[at], exit_reason="flattened")
    assert [one.cause for one in compare(run.messages, messages).differences] == ["stopped"]
    messages[at] = changed(messages[at], exit_reason="risk_limit")
    assert [one.cause for one in compare(run.messages, messages).differences] == ["limit"]


def test_another_size_follows_from_what_was_before_not_from_latency(run, candles):
    messages = session(run, candles)
    first, second = entries(messages)[1:3]
    for at, one in enumerate(messages):
        if at >= second and isinstance(one, Trade):
            extra = msgspec.structs.replace(one.extra, quantity=one.extra.quantity * 0.99)
            if isinstance(one.data, EntryData):
                messages[at] = changed(one, quantity=one.data.quantity * 0.99)
            else:
                messages[at] = changed(one, pnl=one.data.pnl * 0.99)
            messages[at] = msgspec.structs.replace(messages[at], extra=extra)
    order = OrderData(
        "s", "sma_cross", "X-Y", messages[second].extra.signal, "new", "entry", "buy", "market",
        None, None, 0.0, None, 0.0, iso_time(int(candles.time[0])), "paper",
    )  # fmt: skip
    filled = msgspec.structs.replace(
        order, status="filled", filled=1.0, time=iso_time(int(candles.time[0]) + HOUR)
    )
    told = [Order(utc_now(), data=order), Order(utc_now(), data=filled)]
    found = compare(run.messages, [*without(messages, first), *told])
    assert set(found.causes) == {"unknown", "follows"}
    assert found.causes["unknown"] == 1


def test_a_session_that_was_warm_when_the_backtest_was_not_says_so(run, candles):
    early = wb.backtest("sma_cross", candles[100:], fast=5, slow=15)
    found = compare(early.messages, session(run, candles))
    assert found.causes["outside"] > 0
    assert found.causes.get("warm-up", 0) >= 1
