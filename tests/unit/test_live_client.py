"""What is asked for a live session, its tables, and reading the stream of all of them."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import UNSET

from workbench.client.live_asking import request_body
from workbench.client.live_frames import (
    breaches_frame,
    limits_frame,
    orders_frame,
    pnl_frame,
    positions_frame,
)
from workbench.client.live_stream import LiveReader, LiveStream
from workbench.client.server import Server
from workbench.client.wishes import Wishes
from workbench.errors import InvalidRequest, UnknownTimeframe
from workbench.messages import (
    Breach,
    Connected,
    ConnectedData,
    Gap,
    GapData,
    Order,
    OrderData,
    Reasoning,
    Risk,
    RiskData,
    encode,
)
from workbench.trading.limits import RiskLimits

NOW = "2026-01-01T00:00:00.000Z"


def body(**options):
    options = {
        "symbols": ["BTC-USD"],
        "timeframes": "1M",
        "broker": "paper",
        "feed": None,
    } | options
    first = [options.pop(name) for name in ("symbols", "timeframes", "broker", "feed")]
    return request_body("sma_cross", *first, options)


# --- what is asked for -----------------------------------------------------------------


def test_options_go_where_they_belong():
    asked = body(
        timeframes=["15m", "1H"], feed="replay", speed="60x", start="2024-01-01", fast=5,
        initial_capital=5000, commission=0.001, latency=0.2, seed=3, name="mine",
        limits={"max_daily_loss": 100},
    )  # fmt: skip
    assert asked["feed"] == {"feed": "replay", "speed": "60x", "start": "2024-01-01"}
    assert asked["timeframes"] == ["15M", "1H"]
    assert asked["strategy_params"]["fast"] == 5
    assert asked["limits"] == {"max_daily_loss": 100.0}
    for name, value in {
        "initial_capital": 5000, "commission": 0.001, "latency": 0.2, "seed": 3, "name": "mine",
        "broker": "paper", "symbols": ["BTC-USD"], "strategy_ids": ["sma_cross"],
    }.items():  # fmt: skip
        assert asked[name] == value
    assert "strategy" not in asked


def test_an_exchange_is_broker_and_feed():
    asked = body(broker="binance", account="main")
    assert (asked["broker"], asked["exchange"], asked["account"]) == ("exchange", "binance", "main")
    assert asked["feed"] == {"feed": "exchange", "exchange": "binance"}


def test_paper_may_have_the_prices_of_an_exchange():
    asked = body(feed="exchange", exchange="coinbase", market="BTC/USD")
    assert asked["broker"] == "paper"
    assert "exchange" not in asked
    assert asked["feed"] == {"feed": "exchange", "exchange": "coinbase", "market": "BTC/USD"}


@pytest.mark.parametrize(
    ("options", "field", "said"),
    [
        ({"limits": {"max_dayly_loss": 3}}, "limits.max_dayly_loss", "no limit 'max_dayly_loss'"),
        ({"limits": {"max_daily_loss": "x"}}, "limits.max_daily_loss", "'x'"),
        ({"limits": 3}, "limits", "expected a dict"),
        ({"feed": 3}, "feed", "expected 'synthetic'"),
        ({"feed": "nope"}, "feed", "expected 'synthetic'"),
        ({"limits": {"max_position": float("nan")}}, "limits.max_position", "leave it out"),
        ({"limits": {"action": "kill"}}, "limits.action", "'flatten' or 'reject'"),
        ({"feed": {"sped": 3}}, "feed.sped", "no field 'sped'"),
        ({"symbols": []}, "symbols", "one or more"),
        ({"symbols": ["A", "A"]}, "symbols", "different"),
        ({"broker": 3}, "broker", "paper"),
        ({"broker": "binance", "exchange": "kraken"}, "broker", "one of them"),
        ({"nonsense": 1}, "strategy_params.nonsense", "no parameter"),
    ],
)
def test_wrong_wishes_are_refused_by_name(options, field, said):
    with pytest.raises(InvalidRequest, match=said) as caught:
        body(**options)
    assert caught.value.details["field"] == field


def test_a_wrong_timeframe_is_refused():
    with pytest.raises(UnknownTimeframe):
        body(timeframes="7Q")


def test_limits_may_be_given_as_such():
    assert body(limits=RiskLimits(max_leverage=2.0))["limits"] == {"max_leverage": 2.0}


# --- tables ----------------------------------------------------------------------------


def order(status: str, order_id: str = "signal_1", **more) -> Order:
    data = OrderData(
        "s", "sma", "BTC-USD", order_id, status, "entry", "buy", "market", 1.0, None,
        more.pop("filled", 0.0), more.pop("average_price", None), 0.0,
        more.pop("time", "2026-01-01T00:00:00Z"), "paper", **more,
    )  # fmt: skip
    return Order(NOW, data=data)


def test_orders_stand_as_they_were_told_last_open_ones_first():
    frame = orders_frame(
        [
            order("new", reasoning=Reasoning("enter_long", 1.0, "crossed")),
            order("filled", filled=1.0, average_price=10.0, time="2026-01-01T00:01:00Z",
                  trade_id="trade_1"),
            order("new", "signal_2", time="2026-01-01T00:00:00.250Z"),
            order("accepted", "signal_2"),
            order("rejected", "signal_3", code="risk_limit", message="max_position: no"),
        ]
    )  # fmt: skip
    assert frame.index.tolist() == ["signal_2", "signal_3", "signal_1"]
    done = frame.loc["signal_1"]
    assert (done["status"], done["filled"], done["why"]) == ("filled", 1.0, "crossed")
    assert (done["time"] - done["given"]).total_seconds() == 60
    assert frame.loc["signal_3", "why"] == "max_position: no"
    assert orders_frame([]).empty


def risk(**more) -> Risk:
    data = RiskData(
        "s", "2026-01-01T00:00:00Z", 1e4, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0, None, None, 0.95,
        None, "open", [], **more,
    )  # fmt: skip
    return Risk(NOW, data=data)


def test_breaches_are_listed_and_updates_are_not():
    breach = Breach("max_position", 12.0, 10.0, "reject", "12 wanted", "BTC-USD", "signal_1")
    frame = breaches_frame([risk(), risk(breach=breach)])
    assert frame["limit"].tolist() == ["max_position"]
    assert frame["order_id"].tolist() == ["signal_1"]
    assert breaches_frame([risk()]).empty


@pytest.mark.parametrize("strategy", [None, 5, [5], []])
def test_what_is_no_strategy_is_refused_by_name(strategy):
    with pytest.raises(InvalidRequest) as caught:
        request_body(strategy, "BTC-USD", "1M", "paper", None, {})
    assert caught.value.details["field"] == "strategy"


def test_empty_and_full_tables_have_the_same_types():
    full, empty = orders_frame([order("new")]), orders_frame([])
    assert full.dtypes.to_dict() == empty.dtypes.to_dict()
    assert empty["symbol"].dtype == object
    breach = Breach("max_position", 12.0, 10.0, "reject", "12 wanted", "BTC-USD", "signal_1")
    full, empty = breaches_frame([risk(breach=breach)]), breaches_frame([])
    assert full.dtypes.to_dict() == empty.dtypes.to_dict()


def test_tables_are_there_before_anything_was_told():
    assert pnl_frame(None).empty
    assert limits_frame(None).empty
    assert positions_frame([]).empty


def test_profit_has_a_row_for_all():
    part = {"realized": 1.0, "unrealized": 2.0, "fees": 0.5, "trades": 3}
    frame = pnl_frame({**part, "by_symbol": {"BTC-USD": part}})
    assert frame.index.tolist() == ["BTC-USD", "all"]
    assert frame.loc["all", "trades"] == 3


# --- reading the stream of all sessions -------------------------------------------------


def connected(seq: int, snapshot: int, eseq: int, epoch: str = "e") -> bytes:
    data = ConnectedData(
        message="Connected", epoch=epoch, seq=seq, status="running", protocol="1.0",
        symbol="", source="", synthetic=False, eseq=eseq, first_seq=1, snapshot=snapshot,
    )  # fmt: skip
    return encode(Connected(NOW, data=data))


def told(seq: int, eseq: int | None, **more) -> bytes:
    one = order("accepted", **more)
    one.seq, one.eseq = seq, UNSET if eseq is None else eseq
    return encode(one)


def test_first_comes_what_holds_whatever_its_number_then_what_follows():
    reader = LiveReader(Wishes())
    reader.feed(connected(90, 90, 40))
    found = [m for frame in (told(70, 31), told(12, 5)) for m in reader.feed(frame)]
    assert [one.seq for one in found] == [70, 12]
    assert [one.seq for one in reader.feed(told(91, 41))] == [91]
    assert not reader.feed(told(91, 41)), "told once"
    assert reader.query()["since"] == "91"


def test_who_comes_back_gets_every_event_once_and_finds_a_missing_one():
    reader = LiveReader(Wishes())
    reader.feed(connected(90, 90, 40))
    reader.feed(told(91, 41))
    reader.opened()
    reader.feed(connected(95, 91, 44))
    assert [one.seq for one in reader.feed(told(92, 42))] == [92]
    assert not reader.feed(told(94, 44))
    assert reader.broken, "event 43 is missing"


def test_after_a_gap_what_holds_is_told_again():
    reader = LiveReader(Wishes())
    reader.feed(connected(90, 90, 40))
    reader.feed(told(91, 41))
    reader.opened()
    reader.feed(connected(5, 5, 3, epoch="f"))
    gap = GapData("another log", 91, "e", "f", 1, 5)
    reader.feed(encode(Gap(NOW, data=gap)))
    assert [one.seq for one in reader.feed(told(2, 1))] == [2]
    assert [one.seq for one in reader.feed(told(6, 4))] == [6]
    assert not reader.broken


def test_filters_are_sent_and_prove_nothing():
    stream = LiveStream(Server("http://127.0.0.1:1/", ""), symbols="BTC-USD", session="live_1")
    address = stream._address()
    assert "/api/ws/stream/live-trading?" in address
    assert "symbols=BTC-USD" in address
    assert "session=live_1" in address
    reader = stream._reader
    reader.feed(connected(90, 90, 40))
    assert [one.seq for one in reader.feed(told(95, 44))] == [95]
    assert not reader.broken
    with pytest.raises(InvalidRequest):
        LiveStream(Server("http://127.0.0.1:1/", ""), symbols=[])


@pytest.mark.parametrize(
    ("method", "action"),
    [
        ("flatten", "flatten"), ("pause_entries", "pause_entries"),
        ("resume_entries", "resume_entries"), ("stop_session", "stop"),
    ],
)  # fmt: skip
def test_what_is_asked_of_a_session_names_it(method, action):
    stream = LiveStream(Server("http://127.0.0.1:1/", ""))
    getattr(stream, method)("live_1")
    (sent,) = stream._unsent
    assert msgspec.json.decode(sent) == {"type": "control", "action": action, "session": "live_1"}


def test_messages_survive_the_wire():
    again = msgspec.json.decode(encode(order("new")), type=dict)
    assert again["type"] == "order"
    assert again["data"]["average_price"] is None
