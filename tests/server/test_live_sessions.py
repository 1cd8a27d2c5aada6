"""Live sessions on the server: started, listed, controlled, started again, closed by force."""

from __future__ import annotations

import psutil
import pytest
from markets import once, until

BODY = {
    "name": "mine",
    "symbols": ["BTC-USD", "ETH-USD"],
    "timeframes": ["1H"],
    "strategy_ids": ["sma_cross"],
    "feed": {"feed": "synthetic"},
}


async def started(call, **change):
    status, reply = await call("POST", "api", "live-trading", "start", body=BODY | change)
    assert status == 200, reply
    return reply


async def shown(call, session):
    status, reply = await call("GET", "api", "live-trading", session)
    assert status == 200, reply
    return reply


async def stands(call, session, wanted):
    """Wait until a session's detail is as wanted."""
    for _ in range(3000):
        reply = await shown(call, session)
        if wanted(reply):
            return reply
        await once(lambda: True)
    raise AssertionError(reply)


def traded(reply):
    return reply["pnl"] is not None


def ended(reply):
    return reply["status"] in ("stopped", "error", "complete")


@pytest.fixture(autouse=True)
def _fake(sessions):
    """Every session here is the fake process."""


async def test_a_session_starts_and_tells_what_holds(call, app):
    reply = await started(call)
    session = reply["session_id"]
    assert session.startswith("live_")
    assert reply["stream_path"] == f"/a%40b/api/ws/stream/backtest/{session}"
    assert (reply["feed"], reply["broker"], reply["synthetic"]) == ("synthetic", "paper", True)
    facts = await stands(call, session, traded)
    assert facts["status"] == "running"
    assert [p["position_id"] for p in facts["positions"]] == ["trade_1"]
    assert facts["positions"][0]["event"] == "modify"
    assert [o["order_id"] for o in facts["open_orders"]] == ["signal_2"]
    assert facts["risk"]["entries"] == "open"
    assert facts["spec"]["live"]["symbols"] == ["BTC-USD", "ETH-USD"]
    assert facts["process"]["running"] is True
    (one,) = (await call("GET", "api", "live-trading"))[1]["sessions"]
    assert (one["session_id"], one["positions"], one["open_orders"]) == (session, 1, 1)
    assert (await call("GET", "api", "backtesting"))[1]["backtests"] == []
