"""Reading the stream of a market in a test."""

from __future__ import annotations

import asyncio
import json
import time


async def read(socket):
    text = await asyncio.wait_for(socket.read_message(), 60)
    return None if text is None else json.loads(text)


async def until(socket, wanted, most=20_000):
    """Read up to a message that `wanted` says yes to; return all."""
    messages = []
    while len(messages) < most:
        messages.append(await read(socket))
        assert messages[-1] is not None, f"closed with {socket.close_code}: {messages[-3:]}"
        if wanted(messages[-1]):
            return messages
    raise AssertionError("it did not come")


async def once(condition):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        await asyncio.sleep(0.02)
    raise AssertionError("gave up waiting")


def closed(messages, timeframe):
    return [
        m["data"]["time"]
        for m in messages
        if m and m["type"] == "candle" and m["data"]["closed"]
        and m["data"]["timeframe"] == timeframe
    ]  # fmt: skip


def candles(count, timeframe="1M"):
    seen = 0

    def counted(message):
        nonlocal seen
        seen += bool(closed([message], timeframe))
        return seen >= count

    return counted
