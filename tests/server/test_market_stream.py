"""The stream of a market, from a feed's process to subscribers of all kinds."""

from __future__ import annotations

import psutil
import pytest
from contracts import message_problems
from markets import candles, closed, once, read, until


@pytest.fixture(autouse=True)
def _fake(feeds):
    """Every feed here is the fake process."""


async def test_a_symbol_that_is_known_has_a_stream_that_says_it_is_generated(watch, feeds):
    socket = await watch("BTC-USD")
    messages = await until(socket, candles(30))
    # States that a reader is spared come again, sooner or later.
    growing = await until(socket, lambda m: m["type"] == "candle" and not m["data"]["closed"])
    messages += [*growing, *await until(socket, lambda m: m["type"] == "confluence")]
    data = messages[0]["data"]
    assert messages[0]["type"] == "connected"
    assert (data["symbol"], data["feed"], data["synthetic"]) == ("BTC-USD", "synthetic", True)
    assert data["timeframes"] == ["1M", "15M", "1H", "4H"]
    assert "backtest_id" not in data
    assert {m["type"] for m in messages} >= {"connected", "feed", "candle", "pattern", "structure"}
    for message in messages:
        assert message_problems(message) == []
    eseqs = [m["eseq"] for m in messages if "eseq" in m]
    assert eseqs == list(range(1, len(eseqs) + 1))
    times = closed(messages, "1M")
    assert times == sorted(set(times))
    assert len(times) >= 30
    assert "eseq" not in growing[-1]


@pytest.mark.parametrize("name", ["btcusd", "BTC/USD"])
async def test_a_symbol_may_be_written_otherwise(watch, name, feeds):
    socket = await watch(name)
    assert (await read(socket))["data"]["symbol"] == "BTC-USD"
    assert [record.name for record in feeds.book.all()] == ["BTC-USD"]


async def test_what_is_not_there_is_told_and_closed(watch, feeds):
    for name in ("NO-SUCH", "backtest_1", "a b", "x" * 80):
        socket = await watch(name)
        message = await read(socket)
        assert message["type"] == "error", name
        assert message["extra"]["code"] == "not_found"
        assert await read(socket) is None
        assert socket.close_code == 4404
    assert feeds.book.all() == []


async def test_one_process_serves_all_and_ends_after_the_last(watch, feeds, app):
    feeds.keeper._grace = 0.3
    first, second = await watch("BTC-USD"), await watch("BTC-USD")
    await until(first, candles(2))
    await until(second, candles(2))
    (record,) = feeds.book.running()
    assert app.manager.totals()["market_data"] == 2
    first.close()
    await once(lambda: app.manager.subscribers("BTC-USD") == 1)
    await until(second, candles(20))
    assert feeds.book.get("BTC-USD").pid == record.pid
    second.close()
    await once(lambda: not feeds.book.running())
    await once(lambda: not psutil.pid_exists(record.pid))
    assert feeds.book.get("BTC-USD").status == "stopped"
    third = await watch("BTC-USD")
    messages = await until(third, lambda m: m["type"] == "feed" and m["data"]["state"] == "stopped")
    before = len(closed(messages, "1M"))
    messages += await until(third, candles(10))
    times = closed(messages, "1M")
    assert times == sorted(set(times))
    assert len(times) == before + 10
    assert feeds.book.get("BTC-USD").pid not in (None, record.pid)


async def test_a_reader_far_behind_gets_every_closed_candle_and_the_latest_growing(watch, feeds):
    await until(await watch("BTC-USD"), candles(150))
    late = await watch("BTC-USD", types="candle")
    messages = await until(late, candles(150))
    assert len(closed(messages, "1M")) == 150
    growing = [m for m in messages if m["type"] == "candle" and not m["data"]["closed"]]
    assert len(growing) < 60
    eseqs = [m["eseq"] for m in messages if "eseq" in m]
    assert eseqs == sorted(set(eseqs))


async def test_resuming_gives_exactly_the_rest(watch, feeds):
    first = await watch("BTC-USD")
    messages = await until(first, candles(40))
    epoch, cut = messages[0]["data"]["epoch"], messages[len(messages) // 2]
    second = await watch("BTC-USD", since=cut["seq"], epoch=epoch)
    rest = await until(second, lambda m: m.get("seq", 0) >= messages[-1]["seq"])
    events = [m for m in messages if "eseq" in m and m["seq"] > cut["seq"]]
    again = [m for m in rest if "eseq" in m and m["seq"] <= messages[-1]["seq"]]
    assert again == events
    third = await watch("BTC-USD", since=5, epoch="another")
    await read(third)
    assert (await read(third))["type"] == "gap"


async def test_only_some_timeframes(watch, feeds):
    socket = await watch("BTC-USD", timeframes="15m")
    messages = await until(socket, candles(3, "15M"))
    assert {m["data"]["timeframe"] for m in messages if "timeframe" in m["data"]} == {"15M"}
    assert {m["type"] for m in messages} == {"connected", "feed", "candle"}


WRONG = [
    ({"timeframes": "7H"}, "timeframes"),
    ({"timeframes": ""}, "timeframes"),
    ({"types": "nonsense"}, "types"),
    ({"replay": "1"}, "replay"),
    ({"since": "x"}, "since"),
    ({"speed": "5"}, "speed"),
]


async def test_a_wrong_wish_is_refused_before_anything_starts(watch, feeds):
    for params, field in WRONG:
        socket = await watch("BTC-USD", **params)
        message = await read(socket)
        assert message["data"]["details"]["field"] == field, params
        assert await read(socket) is None
        assert socket.close_code == 1008
    assert not feeds.book.running()


async def test_pings_are_answered_and_controls_refused(watch, feeds):
    socket = await watch("BTC-USD", heartbeat="0.2")
    socket.write_message('{"type": "ping"}')
    await until(socket, lambda m: m["type"] == "pong")
    socket.write_message('{"type": "control", "action": "pause"}')
    messages = await until(socket, lambda m: m["type"] == "error")
    assert "cannot be controlled" in messages[-1]["data"]["error"]
    await until(socket, lambda m: m["type"] == "heartbeat")


async def test_a_feed_that_is_killed_goes_on_and_says_so(watch, feeds):
    socket = await watch("BTC-USD")
    messages = await until(socket, candles(20))
    (record,) = feeds.book.running()
    psutil.Process(record.pid).kill()
    lost = await until(
        socket, lambda m: m["type"] == "feed" and m["data"]["state"] == "reconnecting"
    )
    assert lost[-1]["data"]["code"] == "worker_lost"
    assert str(record.pid) in lost[-1]["data"]["message"]
    messages += lost
    messages += await until(socket, candles(20))
    times = closed(messages, "1M")
    assert times == sorted(set(times))
    minutes = [time_[11:16] for time_ in times]
    assert minutes == [f"{n // 60 % 24:02d}:{n % 60:02d}" for n in range(len(minutes))]


async def test_a_feed_that_never_comes_up_says_why_and_how_it_is_tried_again(call, watch, feeds):
    body = {"symbol": "BTC-USD", "seed": 1, "name": "broken"}
    status, _ = await call("POST", "api", "market-data", "start", body=body)
    assert status == 200
    socket = await watch("broken")
    feeds.keeper._grace = 60

    def again(message):
        return message["type"] == "feed" and "in 2 s" in message["data"]["message"]

    messages = await until(socket, again)
    assert "exit code 7" in messages[-1]["data"]["message"]
    assert "fake feed of BTC-USD" in messages[-1]["data"]["message"]
    assert messages[-1]["data"]["code"] == "worker_lost"


async def test_a_feed_that_cannot_be_ends_its_stream_and_the_next_reader_begins_anew(
    call, watch, feeds
):
    body = {"symbol": "BTC-USD", "seed": 2, "name": "nowhere"}
    await call("POST", "api", "market-data", "start", body=body)
    socket = await watch("nowhere")
    messages = await until(socket, lambda m: m["type"] == "error")
    assert messages[-1]["extra"]["code"] == "unknown_symbol"
    assert await read(socket) is None
    assert socket.close_code == 1000
    await once(lambda: not feeds.book.running())
    assert feeds.book.get("nowhere").status == "failed"
    again = await watch("nowhere")
    hello = await read(again)
    assert hello["data"]["epoch"] != messages[0]["data"]["epoch"]
    await until(again, lambda m: m["type"] == "error")


async def test_what_a_feed_may_not_say_ends_its_stream(call, watch, feeds):
    body = {"symbol": "BTC-USD", "seed": 4, "name": "liar"}
    await call("POST", "api", "market-data", "start", body=body)
    messages = await until(await watch("liar"), lambda m: m["type"] == "error")
    assert "status message" in messages[-1]["data"]["error"]


async def test_a_feed_that_has_come_to_its_end_stays_readable(call, watch, feeds):
    body = {"symbol": "BTC-USD", "seed": 3, "name": "short"}
    await call("POST", "api", "market-data", "start", body=body)
    first = await watch("short")
    messages = await until(first, lambda m: m["type"] == "feed" and m["data"]["state"] == "ended")
    assert len(closed(messages, "1M")) == 20
    await once(lambda: not feeds.book.running())
    late = await watch("short")
    again = await until(late, lambda m: m["type"] == "feed" and m["data"]["state"] == "ended")
    assert again[0]["data"]["epoch"] == messages[0]["data"]["epoch"]
    assert not feeds.book.running()
    # Who asks for it anew, gets it from the beginning; who watches is sent to the new log.
    await call("POST", "api", "market-data", "start", body=body)
    assert await until_closed(first) == 1001
    fresh = await watch("short")
    assert (await read(fresh))["data"]["epoch"] != messages[0]["data"]["epoch"]


async def until_closed(socket):
    while await read(socket) is not None:
        pass
    return socket.close_code


async def test_no_more_feeds_than_allowed(watch, feeds, app):
    feeds.keeper._most = 1
    await until(await watch("BTC-USD"), candles(1))
    socket = await watch("EUR-USD")
    message = await read(socket)
    assert message["extra"]["code"] == "too_many_connections"
    assert await read(socket) is None
    assert socket.close_code == 1013
    assert len(feeds.book.running()) == 1


async def test_the_status_route_counts_markets(watch, call, feeds):
    socket = await watch("BTC-USD")
    await read(socket)
    _, status = await call("GET", "api", "ws", "stream", "status")
    assert status["active_connections"]["market_data"] == 1
    assert {"type": "market_data", "id": "BTC-USD", "connections": 1} in status["streams"]
