"""Who starts a feed: a new subscriber does; who comes back to a stopped one, or only reads, not."""

from __future__ import annotations

import psutil
import pytest
from markets import candles, once, read, until

from workbench.errors import UnknownSymbol
from workbench.messages import error_message

API = ("api", "market-data")


@pytest.fixture(autouse=True)
def _fake(feeds):
    """Every feed here is the fake process."""


def stopped(message):
    return message["type"] == "feed" and message["data"]["state"] == "stopped"


async def hello(socket):
    message = await read(socket)
    assert message["type"] == "connected", message
    return message["data"]


async def refused(socket):
    message = await read(socket)
    assert (message["type"], message["extra"]["code"]) == ("error", "not_found")
    assert await read(socket) is None
    return socket.close_code, message["data"]["error"]


async def test_who_comes_back_to_what_was_stopped_does_not_start_it(call, watch, feeds, app):
    socket = await watch("BTC-USD")
    epoch = (await hello(socket))["epoch"]
    await until(socket, candles(2))
    await call("POST", *API, "BTC-USD", "stop")
    last = (await until(socket, stopped))[-1]
    back = await watch("BTC-USD", since=last["seq"], epoch=epoch)
    reader = await watch("BTC-USD", wake="0")
    assert (await hello(back))["status"] == "stopped"
    await until(reader, stopped)
    app._look_after()
    assert not feeds.book.running()
    new = await watch("BTC-USD")
    await until(new, candles(10))
    await until(back, candles(2))


async def test_who_comes_back_to_what_nobody_listened_to_starts_it(watch, feeds):
    feeds.keeper._grace = 0.2
    socket = await watch("BTC-USD")
    epoch = (await hello(socket))["epoch"]
    seq = (await until(socket, candles(2)))[-1]["seq"]
    socket.close()
    await once(lambda: not feeds.book.running())
    reader = await watch("BTC-USD", wake="0")
    await until(reader, stopped)
    assert not feeds.book.running()
    back = await watch("BTC-USD", since=seq, epoch=epoch)
    await until(back, stopped)
    await until(back, candles(2))


async def test_who_reads_keeps_what_runs(watch, feeds):
    feeds.keeper._grace = 0.2
    first = await watch("BTC-USD")
    await until(first, candles(2))
    (record,) = feeds.book.running()
    reader = await watch("BTC-USD", wake="0")
    await until(reader, candles(2))
    first.close()
    await until(reader, candles(20))
    feeds.keeper.poll()
    assert feeds.book.get("BTC-USD").pid == record.pid


async def test_a_deleted_market_is_not_brought_back_by_those_who_read_it(call, watch, feeds):
    await call("POST", *API, "start", body={"symbol": "BTC-USD", "seed": 7})
    socket = await watch("BTC-USD")
    told = await hello(socket)
    pid = feeds.book.get("BTC-USD").pid
    await call("DELETE", *API, "BTC-USD")
    code, words = await refused(await watch("BTC-USD", since=1, epoch=told["epoch"]))
    assert code == 4404
    assert "it was deleted" in words
    assert (await refused(await watch("btcusd", wake="0")))[0] == 4404
    assert feeds.book.all() == []
    await once(lambda: not psutil.pid_exists(pid))


async def test_a_feed_that_cannot_be_is_not_tried_again_for_who_comes_back(watch, feeds):
    socket = await watch("BTC-USD")
    epoch = (await hello(socket))["epoch"]
    await until(socket, candles(2))
    feeds.keeper.end("BTC-USD", "for the test")
    feeds._say("BTC-USD", [error_message(UnknownSymbol("There is no such thing"))])
    back = await watch("BTC-USD", epoch=epoch)
    assert (await hello(back))["epoch"] == epoch
    new = await watch("BTC-USD")
    assert (await hello(new))["epoch"] != epoch
