"""Asking a server for live sessions in a test."""

from __future__ import annotations

import asyncio
import time

BODY = {
    "name": "mine",
    "symbols": ["BTC-USD", "ETH-USD"],
    "timeframes": ["1H"],
    "strategy_ids": ["sma_cross"],
    "feed": {"feed": "synthetic"},
}


async def started(call, **change):
    """Start a session; return the reply."""
    status, reply = await call("POST", "api", "live-trading", "start", body=BODY | change)
    assert status == 200, reply
    return reply


async def stands(call, session, wanted):
    """Wait until what is told of a session is as wanted."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status, reply = await call("GET", "api", "live-trading", session)
        assert status == 200, reply
        if wanted(reply):
            return reply
        await asyncio.sleep(0.02)
    raise AssertionError(reply)


def traded(reply):
    """Tell whether the fake session has told what it begins with."""
    return reply["pnl"] is not None


def ended(reply):
    """Tell whether a session has ended."""
    return reply["status"] in ("stopped", "error", "complete")
