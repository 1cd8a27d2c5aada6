"""Sessions at a fake exchange, with a real server and real processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from pathlib import Path

import psutil
import pytest
from broker_process import BrokerProcess
from churner import Churner, Hanging
from exchange_books import check, held, of, told
from exchange_nursery import KEY, SECRET
from session_faults import ENVIRONMENT, allow, run_session_faults

from workbench.client.live_asking import request_body

from .conftest import wait_for
from .test_live_server_killed import FINAL, process_of

pytestmark = pytest.mark.timeout(400)

KILLS = 6
"""Of servers and sessions; fifty of them: `python -m tests.benchmarks.live_faults`."""
OTHERS = {"symbol": "BTCUSD", "side": "SELL", "type": "LIMIT", "quantity": "1", "price": "99000"}


@pytest.fixture
def fake():
    with BrokerProcess(symbols=["BTC-USD", "ETH-USD"], parts=2) as made:
        made.ask("move", 45000.0, "BTCUSD")
        yield made


@pytest.fixture
def kept(new_server, fake, monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    made = new_server("--WorkbenchApp.stop_patience=2")
    allow(made, fake)
    yield made
    while (left := process_of(made.home, None)) is not None:
        os.kill(left.pid, signal.SIGKILL)
        left.wait(10)


def start(server, strategy=Churner, broker="binance", **options):
    feed = {"feed": "synthetic", "speed": "600x", "seed": 4}
    settings = {"seed": 4, "history": 30, "account": "main", **options}
    body = request_body(strategy, ["BTC-USD"], ["1M"], broker, feed, settings)
    return server.rest.post("api/live-trading/start", body)["session_id"]


def messages(server, session):
    found, since = [], 0
    while True:
        page = server.rest.get(f"api/backtesting/{session}/events", {"since": since})
        found += page["events"]
        if page["next"] >= page["seq"]:
            return found
        since = page["next"]


def processes(home, sessions):
    """Return the process of each session, once each has one."""
    found = {}
    for one in psutil.process_iter(["cmdline"]):
        if "workbench.sessions.worker" in (one.info["cmdline"] or []) and one.cwd() == str(home):
            files = {Path(file.path).stem for file in one.open_files()}
            found |= {session: one for session in sessions if session in files}
    return {session: found[session] for session in sessions} if len(found) == len(sessions) else {}


def over(server, session):
    def status():
        return server.rest.get(f"api/live-trading/{session}")["status"]

    wait_for(lambda: status() in FINAL, f"the end of {session}", 60)
    return status()


def leaks(where: str, text: bytes) -> None:
    for secret in (KEY, SECRET, "signature="):
        assert secret.encode() not in text, where


def nothing_leaks(home: Path, *replies: object) -> None:
    """Go through all files of the state folder, and what was replied."""
    files = [one for one in home.rglob("*") if one.is_file()]
    assert {"workbench.db", "server.log"} <= {one.name for one in files}
    for one in files:
        # Of a session that goes on, some come and go.
        with contextlib.suppress(FileNotFoundError):
            leaks(str(one), one.read_bytes())
    leaks("replies", json.dumps(replies).encode())


def test_killed_sessions_and_servers_lose_and_double_nothing(kept, fake):
    fake.ask("place", {**OTHERS, "newClientOrderId": "somebody"})
    kept.arguments = ("--WorkbenchApp.stop_patience=60",)
    report = asyncio.run(
        run_session_faults(kept, fake, KILLS, 7, until="2017-03-06", pace=12.0, wait=1.0)
    )
    assert report.moments == KILLS
    assert report.servers
    assert report.paper + report.trader
    (somebody,) = (one for one in fake.ledger()["orders"] if one["client"] == "somebody")
    assert somebody["status"] == "NEW"
    nothing_leaks(kept.home)


def test_sessions_that_hang_or_are_held_are_closed_at_the_exchange(kept, fake):
    fake.ask("place", {**OTHERS, "newClientOrderId": "somebody"})
    before = fake.ledger()["holdings"]["BTC"]
    server = kept.start()
    with pytest.raises(Exception, match="live_orders"):
        start(server, sandbox=False)
    sessions, paper = [start(server, Hanging), start(server)], start(server, broker="paper")
    for one in sessions:
        wait_for(lambda one=one: held(fake.ledger(), one).get("BTCUSD"), f"units of {one}")
    output = kept.home / "logs" / f"{sessions[0]}.log"
    wait_for(lambda: "hanging" in output.read_text(), "a session that hangs")
    found = wait_for(lambda: processes(kept.home, [*sessions, paper]), "all processes")
    for one in found.values():
        leaks("cmdline", " ".join(one.cmdline()).encode())
    # A session on paper has no keys.
    assert [SECRET in one.environ().values() for one in found.values()] == [True, True, False]
    found[sessions[1]].suspend()
    server.rest.post("api/live-trading/flatten", {})
    for one in sessions:
        assert over(server, one) == "stopped"
        ledger, heard = fake.ledger(), messages(server, one)
        assert all(order["over"] for order in of(ledger, one))
        assert held(ledger, one)["BTCUSD"] == pytest.approx(0.0, abs=1e-9)
        events = {data["position_id"]: data["event"] for data in told(heard, "position")}
        assert set(events.values()) == {"close"}
        # Also what the log knew nothing of.
        check(heard, ledger, one)
        assert server.rest.get(f"api/live-trading/{one}")["positions"] == []
    assert fake.ledger()["holdings"]["BTC"] == pytest.approx(before)
    somebody = next(one for one in ledger["orders"] if one["client"] == "somebody")
    assert somebody["status"] == "NEW"
    nothing_leaks(kept.home, server.rest.get("api/live-trading"), heard)
