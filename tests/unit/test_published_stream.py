"""A published stream's own checks: nothing wrong is queued, threads agree, the end is one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec import UNSET

import workbench as wb
from workbench.client.server import Server
from workbench.errors import Conflict, InvalidRequest, PayloadTooLarge
from workbench.messages import (
    Complete,
    CompleteData,
    CompleteExtra,
    Control,
    ControlData,
    FinalMetrics,
    Metrics,
    MetricsData,
    Pong,
    Status,
    StatusData,
    Trade,
    TradeChecksum,
    decode,
)
from workbench.runs import publisher

T = 1_704_067_200_000
NOBODY = Server("http://127.0.0.1:9/", "")


class Rest:
    opened = 0

    def post(self, path, body):
        self.opened += 1
        return {"backtest_id": "r", "token": "t", "home": None}


class OneServer(Server):
    rest = Rest()


@pytest.fixture
def stream():
    made = wb.publish("mine", symbol="X", server=OneServer("http://127.0.0.1:9/", ""), patience=0)
    with_end = made.open()
    yield with_end
    made._publisher.leave()


def queued(stream):
    stream._publisher.leave()
    _, wires = stream._publisher._outbox.take(10_000, 1 << 30)
    return [decode(wire) for wire in wires]


WRONG = [
    (lambda s: s.equity(T, 1.0, bar=1.5), "bar"),
    (lambda s: s.equity(T, 1.0, bar="x"), "bar"),
    (lambda s: s.progress(1, T, bar="x"), "bar"),
    (lambda s: s.progress(101, T), "percent"),
    (lambda s: s.status("sleeping"), "status"),
    (lambda s: s.status("complete"), "status"),
    (lambda s: s.trade_entry("long", 1, T, 1, symbol=5), "symbol"),
    (lambda s: s.trade_entry("long", 0, T, 1), "price"),
    (lambda s: s.trade_entry("long", 1, T, True), "quantity"),
    (lambda s: s.trade_entry("long", 1, T, 1, take_profit_levels=1.5), "take_profit_levels"),
    (lambda s: s.trade_entry("short", 1, T, 1, trade_id="open"), "trade_id"),
    (lambda s: s.trade_exit("open", 1, T, reason=7), "exit_reason"),
    (lambda s: s.metrics(win_rate=1.5), "win_rate"),
    (lambda s: s.complete(status="weird"), "status"),
    (lambda s: s.complete({"max_drawdown": 3}), "max_drawdown"),
    (lambda s: s.send("x"), "message"),
    (lambda s: s.send(Pong("t", data={})), "message"),
    (lambda s: s.send(Control("t", data=ControlData("stop", True))), "type"),
    (lambda s: s.send(Status("t", data=StatusData("r", "stopped"))), "status"),
    (lambda s: s.send(Metrics("t", data=MetricsData("b", 0, 0, *[0.0] * 4))), "backtest_id"),
    (lambda s: s.status("paused", "\ud800"), "message"),
    (lambda s: s.status("paused", "x" * (17 << 20)), "message"),
]  # fmt: skip


@pytest.mark.parametrize(("tell", "field"), WRONG)
def test_what_the_server_would_refuse_is_not_queued(stream, tell, field):
    stream.trade_entry("long", 1, T, 1, trade_id="open")
    with pytest.raises(InvalidRequest) as caught:
        tell(stream)
    assert caught.value.details["field"] == field
    stream.equity(T, 2.0)
    assert [m.type for m in queued(stream)] == ["status", "trade", "equity"]
    assert stream.bar == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"timeframes": 5}, "timeframes"),
        ({"strategy_params": {"x": object()}}, "strategy_params"),
        ({"symbol": 5}, "symbol"),
        ({"bars": -1}, "bars"),
        ({"tags": "abc"}, "tags"),
        ({"patience": -1}, "patience"),
        ({"on_control": "x"}, "on_control"),
        ({"start": "soon"}, "start"),
        ({"start": "2024-02-01", "end": "2024-01-01"}, "end"),
    ],
)
def test_a_wrong_argument_opens_nothing(given, field):
    with pytest.raises(InvalidRequest) as caught:
        wb.publish("mine", server=NOBODY, **given)
    assert caught.value.details["field"] == field


def test_threads_agree_on_the_books(stream):
    start = threading.Barrier(4)

    def trade(number):
        start.wait()
        for _ in range(300):
            name = stream.trade_entry("long", 1 + number, T, 1)
            stream.trade_exit(name, 2, T)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(trade, range(4)))
    stream.complete()
    messages = queued(stream)
    sums = TradeChecksum()
    for message in messages:
        if isinstance(message, Trade):
            sums.add(message)
    final = messages[-1]
    assert (final.extra.trades, final.extra.crc32) == (2400, sums.value)


def test_a_final_message_of_ones_own_ends_the_stream(stream):
    data = CompleteData("r", FinalMetrics(0, 0, 0, *[0.0] * 10))
    stream.send(Complete("t", data=data, extra=CompleteExtra("complete", 0, 1.0)))
    stream._end(None)
    assert [m.type for m in queued(stream)] == ["status", "complete"]
    with pytest.raises(Conflict, match="completed"):
        stream.equity(T, 1.0)


class Unspeakable(Exception):
    def __str__(self):
        raise ValueError


def test_an_exception_without_a_text_is_told(stream):
    stream.fail(Unspeakable())
    assert queued(stream)[-1].data.details["exception"] == "Unspeakable"


def test_one_stream_is_one_run(stream):
    before = OneServer.rest.opened
    with pytest.raises(Conflict, match="opened before"):
        stream.open()
    assert OneServer.rest.opened == before
    with pytest.raises(Conflict, match="open it first"):
        wb.publish("mine", server=NOBODY).equity(T, 1.0)


def test_a_trade_before_any_candle_is_counted_has_no_place(stream):
    stream.trade_entry("long", 1, T, 1)
    stream.equity(T, 1.0)
    stream.trade_entry("long", 1, T, 1)
    trades = [m for m in queued(stream) if m.type == "trade"]
    assert [m.extra.bar for m in trades] == [UNSET, 1]


def test_a_message_the_server_would_not_take_is_refused_by_the_publisher():
    made = publisher.Publisher("s", "t", list, lambda command: None)
    big = Status("t", data=StatusData("r", "paused", reason="x" * (17 << 20)))
    with pytest.raises(PayloadTooLarge, match=r"A status message of 17,\d+,\d+ bytes"):
        made.send(big)
    assert made.close(1)
