"""What many readers get: one context for all, batches, merging; and who takes nothing ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time

import pytest
from msgspec import UNSET
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect
from websockets.asyncio.client import connect as ws_connect
from websockets.exceptions import ConnectionClosed
from workbench_server.handlers.stream import BacktestStreamHandler

from workbench.messages import Control, ControlData, Equity, EquityData, Metrics, MetricsData

FAR = {"X-Forwarded-For": "203.0.113.9"}
"""A proxy's word that the reader is not on this machine."""


def event(number, text=""):
    return Control("t", data=ControlData("step", True, float(number), reason=text or UNSET))


def point(number):
    return Equity("t", data=EquityData("b", "2024-01-01T00:00:00Z", float(number), 0.0, 0.0))


def state(number):
    return Metrics("t", data=MetricsData("b", number, 0, 0.0, 0.0, 0.0, 0.0))


@pytest.fixture
def address(jp_serverapp, http_server_client, jp_http_port, run):
    return f"ws://127.0.0.1:{jp_http_port}{jp_serverapp.base_url}api/ws/stream/backtest/{run}"


@pytest.fixture
def listen(address, jp_auth_header):
    """Open the stream with the websockets library, as a stock client does."""

    def open_stream(query="", headers=None, **options):
        return ws_connect(
            f"{address}?{query}", additional_headers={**jp_auth_header, **(headers or {})},
            proxy=None, **options,
        )  # fmt: skip

    return open_stream


async def until(condition):
    """Wait for a condition; the test's own timeout is the limit."""
    while not condition():
        await asyncio.sleep(0.01)


async def read_until(socket, seq):
    """Read a stream's messages up to that one."""
    messages = []
    while not messages or messages[-1].get("seq", 0) < seq:
        found = json.loads(await socket.recv())
        messages += found if isinstance(found, list) else [found]
    return messages


def agreed(socket):
    return [extension.name for extension in socket.protocol.extensions]


async def test_readers_that_come_and_go_share_a_context_and_decode_everything(app, say, listen):
    counters = app.manager.counters
    async with listen("from=now", FAR) as first:
        assert agreed(first) == ["permessage-deflate"]
        sockets, told = [first], {first: []}
        for number in range(1, 61):
            if number % 12 == 0:
                newcomer = await listen("", FAR)
                sockets.append(newcomer)
                told[newcomer] = []
            if number % 25 == 0:
                await sockets.pop(1).close()
            say(event(number, "the very same words in every message"))
            for socket in sockets:
                told[socket] += await read_until(socket, number)
        for socket in sockets:
            await socket.close()
    for socket, messages in told.items():
        values = [m["data"]["value"] for m in messages if m["type"] == "control"]
        assert values == [float(n) for n in range(1, len(values) + 1)], socket
    delivered = counters.delivered["backtest"]
    assert delivered == sum(m["type"] == "control" for found in told.values() for m in found)
    assert counters.delivered_bytes["backtest"] < 100 * delivered


async def test_tornados_own_client_decodes_a_history_and_what_follows(say, address, jp_auth_header):
    say(*[event(n, "words") for n in range(1, 51)])
    request = HTTPRequest(address, headers={**jp_auth_header, **FAR})
    socket = await websocket_connect(request, compression_options={})
    assert "permessage-deflate" in socket.headers["Sec-WebSocket-Extensions"]
    seqs = []
    for number in range(51, 61):
        say(event(number, "words"))
        while not seqs or seqs[-1] < number:
            seqs.append(json.loads(await socket.read_message()).get("seq", 0))
    socket.close()
    assert [seq for seq in seqs if seq] == list(range(1, 61))


@pytest.mark.parametrize(
    ("mode", "headers", "compressed"),
    [("auto", {}, False), ("auto", FAR, True), ("on", {}, True), ("off", FAR, False)],
)
async def test_configuration_says_who_is_compressed(app, listen, mode, headers, compressed):
    app.compression = mode
    async with listen("", headers) as socket:
        assert bool(agreed(socket)) is compressed


async def test_readers_of_private_data_share_no_context(listen, monkeypatch):
    monkeypatch.setattr(BacktestStreamHandler, "shared", False)
    async with listen("", FAR) as socket:
        assert agreed(socket) == []


async def test_an_offer_that_cannot_be_honoured_is_declined(address, jp_auth_header):
    offer = "permessage-deflate; server_no_context_takeover"
    headers = {**jp_auth_header, **FAR, "Sec-WebSocket-Extensions": offer}
    socket = await websocket_connect(HTTPRequest(address, headers=headers))
    assert "Sec-WebSocket-Extensions" not in socket.headers
    socket.close()


async def test_a_compressed_request_is_understood_and_answered(listen):
    async with listen("", FAR) as socket:
        await socket.recv()
        for _ in range(3):
            await socket.send('{"type": "ping"}')
            assert json.loads(await socket.recv())["type"] == "pong"


async def test_a_compressed_message_may_not_inflate_without_bound(listen):
    async with listen("", FAR) as socket:
        with pytest.raises(ConnectionClosed):  # noqa: PT012
            await socket.send(" " * 10_000_000)
            while True:
                await socket.recv()


async def test_a_batch_is_one_frame_and_plain_clients_never_see_one(say, listen):
    say(*[event(n) for n in range(1, 101)])
    async with listen("batch=1") as socket:
        assert json.loads(await socket.recv())["type"] == "connected"
        frame = json.loads(await socket.recv())
        assert [m["seq"] for m in frame] == list(range(1, 101))
        say(event(101))
        assert json.loads(await socket.recv())["seq"] == 101
    async with listen() as socket:
        for expected in [0, *range(1, 102)]:
            assert json.loads(await socket.recv()).get("seq", 0) == expected


async def test_a_reader_with_a_rate_is_written_to_no_more_often(say, listen):
    rate, start, frames, number = 4.0, time.monotonic(), [], 0
    async with listen(f"batch=1&max_rate={rate}") as socket:
        await socket.recv()

        async def speak():
            nonlocal number
            while True:
                number += 1
                say(event(number), point(number), point(-number), point(0), point(0), state(number))
                await asyncio.sleep(0.01)

        speaker = asyncio.create_task(speak())
        while len(frames) < 5:
            frames.append(json.loads(await socket.recv()))
        taken = time.monotonic() - start
        speaker.cancel()
    assert len(frames) <= taken * rate + 1
    messages = [m for frame in frames for m in frame]
    events = [m["eseq"] for m in messages if m["type"] == "control"]
    assert events == list(range(1, len(events) + 1))
    assert len(events) > len(frames)
    for frame in frames:
        assert sum(m["type"] == "equity" for m in frame) <= 3
        assert sum(m["type"] == "metrics" for m in frame) == 1
    last = messages[-1]["seq"]
    told = sum(1 + m.get("conflated", 0) for m in messages if m["type"] == "equity")
    assert told == last // 6 * 4


async def test_who_falls_behind_gets_every_event_and_a_merged_curve(app, say, listen):
    """The client reads nothing until the sockets between are full, then everything."""
    async with (
        listen("from=now", max_queue=1) as slow,
        listen("from=now", max_queue=None) as healthy,
    ):
        await slow.recv()
        await until(lambda: len(app.manager._readers) == 2)
        by_socket = {}
        rounds, number, text = 0, 0, "x" * 50_000
        while not by_socket.get("behind") or number < by_socket["behind"] + 600:
            rounds += 1
            say(event(rounds, text), *[point(number + n) for n in range(20)], state(rounds))
            number += 20
            await read_until(healthy, rounds * 22)
            reader = next(iter(app.manager._readers.values()))
            if reader.behind_since is not None and reader.connection.behind:
                by_socket.setdefault("behind", number)
        assert reader.behind_since is not None
        messages = await read_until(slow, rounds * 22)
    eseqs = [m["eseq"] for m in messages if m["type"] == "control"]
    assert eseqs == list(range(1, rounds + 1))
    points = [m for m in messages if m["type"] == "equity"]
    assert sum(1 + m.get("conflated", 0) for m in points) == number
    assert len(points) < number
    states = [m for m in messages if m["type"] == "metrics"]
    assert sum(1 + m.get("conflated", 0) for m in states) == rounds
    assert messages[-1]["data"]["total_trades"] == rounds
    assert app.manager.counters.conflated["backtest"] > 0


async def test_a_socket_that_takes_nothing_is_closed_and_told_why(app, say, listen):
    app.slow_after = 0.2
    async with listen("from=now", max_queue=1) as stalled:
        await stalled.recv()
        number = 0
        while not app.manager.counters.closed[4408]:
            number += 1
            say(event(number, "x" * 200_000))
            await asyncio.sleep(0.01)
        assert not app.manager._readers
        with contextlib.suppress(ConnectionClosed):
            while True:
                await stalled.recv()
        assert stalled.close_code == 4408
        assert "resume" in stalled.close_reason


async def test_a_reader_that_only_pauses_is_not_closed(app, say, listen):
    app.slow_after = 0.2
    async with listen("from=now", max_queue=1) as slow:
        await slow.recv()
        for number in range(1, 101):
            say(event(number, "x" * 200_000))
        messages = await read_until(slow, 100)
    assert len(messages) == 100
    assert not app.manager.counters.closed[4408]


async def test_nothing_is_left_of_readers_that_are_gone(app, say, listen):
    before = asyncio.all_tasks()
    sockets = [await listen(query, FAR) for query in ("", "batch=1", "max_rate=1", "from=now") * 3]
    await until(lambda: len(app.manager._readers) == 12)
    (channel,) = app.manager._channels.values()
    say(event(1), point(1))
    for socket in sockets:
        await read_until(socket, 1)
    for socket in sockets:
        socket.transport.abort()
    await until(lambda: not app.manager._readers)
    assert not app.manager._channels
    assert not channel._audiences
    assert not channel._paced
    assert channel._tidying.cancelled()
    assert channel._telling is None or channel._telling.cancelled()
    await until(lambda: not [t for t in asyncio.all_tasks() - before if "serve" in repr(t)])
