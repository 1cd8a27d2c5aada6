"""What a reader that does not read costs the server: counted, and all that it has allocated."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import tracemalloc

import pytest
from bodies import SPEC_BODY
from workbench_server import channel as channel_module
from workbench_server import recent
from workbench_server.chunk import CHUNK_BYTES
from workbench_server.handlers.stream import BacktestStreamHandler

from workbench.messages import Control, ControlData

STALLED = 8
EVENTS = 8000
TEXT = "why this was done " * 60
SLACK = 16 * 1024
"""The greeting, heads of frames, and one message."""


@pytest.fixture
def run(app):
    app.service.supervisor._max_workers = 0
    return app.service.start(json.dumps(SPEC_BODY).encode()).id


@pytest.fixture
def tell(app, run):
    """Put some more messages, of 1.2 kB each, into the log, in batches as a worker does."""

    async def append(count):
        first = app.service.log.position(run, "worker") + 1
        for start in range(first, first + count, 200):
            batch = range(start, min(start + 200, first + count))
            data = [ControlData("step", True, float(n), reason=f"{n}: {TEXT}") for n in batch]
            app.service.append(run, "worker", start, [Control("t", data=one) for one in data])
            await asyncio.sleep(0)

    return append


@pytest.fixture(autouse=True)
def small_buffers(monkeypatch):
    """Leave little room in the kernel, which would else take all of a short story."""
    opened = BacktestStreamHandler.open

    def open_(self, **path):
        near = self.ws_connection.stream.socket
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        opened(self, **path)

    monkeypatch.setattr(BacktestStreamHandler, "open", open_)


@pytest.fixture
def join(app, run, jp_serverapp, jp_http_port, http_server_client, jp_auth_header):
    """Connect a socket that nothing reads from; returns the server's reader."""
    sockets = []
    path = f"{jp_serverapp.base_url}api/ws/stream/backtest/{run}"
    lines = [f"{name}: {value}" for name, value in jp_auth_header.items()]

    async def connect(query=""):
        one = socket.socket()
        sockets.append(one)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        one.setblocking(False)
        loop, before = asyncio.get_running_loop(), set(app.manager._read)
        await loop.sock_connect(one, ("127.0.0.1", jp_http_port))
        head = [
            f"GET {path}?{query} HTTP/1.1", f"Host: 127.0.0.1:{jp_http_port}",
            "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==", *lines, "", "",
        ]  # fmt: skip
        await loop.sock_sendall(one, "\r\n".join(head).encode())
        await until(lambda: set(app.manager._read) - before)
        (reader,) = set(app.manager._read) - before
        return reader

    yield connect
    for one in sockets:
        one.close()


async def until(condition):
    while not condition():
        await asyncio.sleep(0.01)


def unsent(readers):
    return [reader.connection.unsent for reader in readers]


async def test_stalled_at_the_tail_they_hold_one_chunk_each(app, run, tell, join):
    readers = [await join("from=now") for _ in range(STALLED)]
    for _ in range(EVENTS // 400):
        await tell(400)
        assert max(unsent(readers)) <= CHUNK_BYTES + SLACK
    await until(lambda: all(reader.connection.behind for reader in readers))
    assert app.manager.waiting()["backtest"] == sum(unsent(readers)) > 0
    assert app.manager._channels[run].held <= recent.TAIL_BYTES + recent.SHARED_BYTES


async def test_stalled_anywhere_in_the_story_one_costs_less_than_a_megabyte(
    app, run, tell, join, monkeypatch
):
    monkeypatch.setattr(channel_module, "TIDY_S", 0.05)
    await tell(EVENTS)
    epoch = app.service.log.info(run).epoch
    channel = app.manager._channels
    tracemalloc.start()
    try:
        readers = [await join()]
        await until(lambda: readers[0].connection.behind)
        await until(lambda: not channel[run]._shelf.bytes)
        gc.collect()
        one = tracemalloc.get_traced_memory()[0]
        readers += [await join(f"since={n * 700}&epoch={epoch}") for n in range(1, STALLED + 1)]
        await until(lambda: all(reader.connection.behind for reader in readers))
        await until(lambda: not channel[run]._shelf.bytes)
        gc.collect()
        all_of_them = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert min(unsent(readers)) > 0
    assert max(unsent(readers)) <= CHUNK_BYTES + SLACK
    assert (all_of_them - one) / STALLED < 800_000
