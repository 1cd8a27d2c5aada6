"""SIGKILL of the server, and a session's process that hangs: what is asked for is done.

Both killed at random moments: `test_live_exchange`.
"""

from __future__ import annotations

import os
import signal

import msgspec
import psutil
import pytest

from workbench.messages import MESSAGE_TYPES, Delivery, decode

from .conftest import essence, wait_for

BODY = {
    "symbols": ["EUR-USD"],
    "timeframes": ["1H"],
    "strategy_ids": ["sma_cross"],
    "strategy_params": {"fast": 3, "slow": 8},
    "history": 30,
    "feed": {"feed": "replay", "start": "2017-03-01", "end": "2017-03-11"},
}
FINAL = ("complete", "stopped", "error")


def start(server, **feed):
    body = {**BODY, "feed": {**BODY["feed"], **feed}}
    return server.rest.post("api/live-trading/start", body)["session_id"]


def detail(server, session):
    return server.rest.get(f"api/backtesting/{session}")


def over(server, session):
    wait_for(lambda: detail(server, session)["status"] in FINAL, "the session's end", 100)
    return detail(server, session)["status"]


def events(server, session):
    """Return what no reader may miss, and the curve; the feed tells who asked it again."""
    found = []
    for one in essence(server, session):
        message = decode(msgspec.json.encode({**one, "timestamp": ""}))
        kind = MESSAGE_TYPES[one["type"]].delivery_of(message.key)
        if kind is not Delivery.STATE and one["type"] != "feed":
            found.append((one["type"], one["data"]))
    return found


def process_of(home, session):
    for process in psutil.process_iter(["cmdline"]):
        if "workbench.sessions.worker" in (process.info["cmdline"] or []):
            try:
                if process.cwd() == str(home) and process.status() != psutil.STATUS_ZOMBIE:
                    return process
            except psutil.Error:
                continue
    return None


@pytest.fixture
def kept(new_server):
    process = new_server("--WorkbenchApp.stop_patience=2")
    yield process
    while (left := process_of(process.home, None)) is not None:
        os.kill(left.pid, signal.SIGKILL)
        left.wait(10)


def test_a_session_goes_on_without_a_server_and_obeys_the_next_one(kept):
    server = kept.start()
    session = start(server, speed=5)
    wait_for(lambda: detail(server, session)["seq"] > 60, "the first candles")
    process = process_of(kept.home, session)
    kept.kill()
    assert process.is_running()
    server = kept.start()
    assert process_of(kept.home, session).pid == process.pid
    seq = detail(server, session)["seq"]
    wait_for(lambda: detail(server, session)["seq"] > seq, "what came meanwhile, or since")
    server.rest.post(f"api/live-trading/{session}/stop", {})
    assert over(server, session) == "stopped"
    state = server.rest.get(f"api/live-trading/{session}")
    assert (state["positions"], state["open_orders"]) == ([], [])
    wait_for(lambda: not process.is_running(), "the process's end")


def test_a_hanging_session_is_closed_by_what_its_log_tells(kept):
    server = kept.start()
    session = start(server, speed=40)
    wait_for(lambda: server.rest.get(f"api/live-trading/{session}")["positions"], "a position")
    process = process_of(kept.home, session)
    os.kill(process.pid, signal.SIGSTOP)
    server.rest.post(f"api/live-trading/{session}/stop", {})
    assert over(server, session) == "stopped"
    told = events(server, session)
    final = {}
    for kind, data in told:
        if kind == "order":
            final[data["order_id"]] = data["status"]
    assert set(final.values()) <= {"filled", "cancelled", "rejected", "expired"}
    assert told[-1][0] == "complete"
    trades = [data for kind, data in told if kind == "trade"]
    entries = {data["trade_id"] for data in trades if data["event"] == "entry"}
    assert entries == {data["trade_id"] for data in trades if data["event"] == "exit"}
    assert server.rest.get(f"api/live-trading/{session}")["positions"] == []
