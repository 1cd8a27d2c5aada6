"""Sessions at a fake exchange, with a real server and real processes."""

from __future__ import annotations

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

from workbench.client.live_asking import request_body

from .conftest import wait_for
from .test_live_server_killed import FINAL, process_of

pytestmark = pytest.mark.timeout(400)

OTHERS = {"symbol": "BTCUSD", "side": "SELL", "type": "LIMIT", "quantity": "1", "price": "99000"}


@pytest.fixture
def fake():
    with BrokerProcess(symbols=["BTC-USD", "ETH-USD"], parts=2) as made:
        made.ask("move", 45000.0, "BTCUSD")
        yield made


@pytest.fixture
def kept(new_server, fake, monkeypatch):
    monkeypatch.setenv("WORKBENCH_BINANCE_MAIN_KEY", KEY)
    monkeypatch.setenv("WORKBENCH_BINANCE_MAIN_SECRET", SECRET)
    made = new_server("--WorkbenchApp.stop_patience=2")
    config = made.home / "config" / "jupyter_server_config.json"
    config.parent.mkdir(parents=True)
    orders = {"binance": {"sandbox:main": {"redirect": fake.host, "enableRateLimit": False}}}
    config.write_text(json.dumps({"WorkbenchApp": {"live_orders": orders}}))
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


def workers(home):
    return [
        one for one in psutil.process_iter(["cmdline"])
        if "workbench.sessions.worker" in (one.info["cmdline"] or []) and one.cwd() == str(home)
    ]  # fmt: skip


def over(server, session):
    def status():
        return server.rest.get(f"api/live-trading/{session}")["status"]

    wait_for(lambda: status() in FINAL, f"the end of {session}", 60)
    return status()


def trades(fake, session, many):
    filled = [one for one in of(fake.ledger(), session) if one["filled"] > 0]
    return len(filled) >= many


def leaks(where: str, text: bytes) -> None:
    for secret in (KEY, SECRET, "signature="):
        assert secret.encode() not in text, where


def nothing_leaks(home: Path, *replies: object) -> None:
    """Go through all files of the state folder, and what was replied."""
    files = [one for one in home.rglob("*") if one.is_file()]
    assert {"workbench.db", "server.log"} <= {one.name for one in files}
    for one in files:
        leaks(str(one), one.read_bytes())
    leaks("replies", json.dumps(replies).encode())


def test_a_session_agrees_with_the_exchange_though_it_and_the_server_are_killed(kept, fake):
    fake.ask("place", {**OTHERS, "newClientOrderId": "somebody"})
    server = kept.start()
    with pytest.raises(Exception, match="live_orders"):
        start(server, sandbox=False)
    session = start(server)
    wait_for(lambda: trades(fake, session, 2), "trades")
    process = process_of(kept.home, session)
    leaks("cmdline", " ".join(process.cmdline()).encode())
    process.kill()
    wait_for(lambda: trades(fake, session, 5), "trades of the next process")
    kept.kill()
    wait_for(lambda: trades(fake, session, 8), "trades without a server")
    server = kept.start()
    # A session on paper has no keys.
    paper = start(server, broker="paper")
    other = wait_for(lambda: server.rest.get(f"api/live-trading/{paper}")["process"]["running"], "")
    assert other
    keyless = [one for one in workers(kept.home) if SECRET not in one.environ().values()]
    assert len(keyless) == 1
    server.rest.post(f"api/live-trading/{session}/stop", {})
    assert over(server, session) == "stopped"
    heard = messages(server, session)
    ledger = fake.ledger()
    check(heard, ledger, session)
    assert next(one for one in ledger["orders"] if one["client"] == "somebody")["status"] == "NEW"
    replies = [server.rest.get("api/live-trading"), server.rest.get(f"api/live-trading/{session}")]
    nothing_leaks(kept.home, heard, replies)


def test_sessions_that_hang_or_are_held_are_closed_at_the_exchange(kept, fake):
    fake.ask("place", {**OTHERS, "newClientOrderId": "somebody"})
    before = fake.ledger()["holdings"]["BTC"]
    server = kept.start()
    sessions = [start(server, Hanging), start(server)]
    for one in sessions:
        wait_for(lambda one=one: held(fake.ledger(), one).get("BTCUSD"), f"units of {one}")
    output = kept.home / "logs" / f"{sessions[0]}.log"
    wait_for(lambda: "hanging" in output.read_text(), "a session that hangs")
    (stopped,) = (
        one for one in workers(kept.home)
        if any(file.path.endswith(f"{sessions[1]}.db") for file in one.open_files())
    )  # fmt: skip
    stopped.suspend()
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
