"""Live sessions on the server: started, listed, controlled, started again, closed by force."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest
from live_calls import BODY, ended, stands, started, traded
from markets import once, until

from workbench.runs.live_book import Care
from workbench.sessions.keeper import SessionKeeper
from workbench.sessions.leave import allowed


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


async def test_what_runs_by_id_holds_for_sessions(call, connect):
    session = (await started(call))["session_id"]
    await stands(call, session, traded)
    socket = await connect(session)
    told = await until(socket, lambda m: m["type"] == "pnl")
    assert told[0]["data"]["backtest_id"] == session
    assert {"status", "candle", "order", "position", "risk"} <= {m["type"] for m in told}
    status, page = await call("GET", "api", "backtesting", session, "events",
                              params={"types": "order"})  # fmt: skip
    assert status == 200
    assert [e["data"]["status"] for e in page["events"]] == ["new", "filled", "new", "accepted"]
    status, detail = await call("GET", "api", "backtesting", session)
    assert (status, detail["kind"]) == (200, "live")
    for part in ("trades", "equity"):
        assert (await call("GET", "api", "backtesting", session, part))[0] == 200


async def test_candles_of_a_session_are_those_it_has_told(call):
    session = (await started(call))["session_id"]
    await stands(call, session, traded)
    status, reply = await call("GET", "api", "backtesting", session, "candles")
    assert status == 200, reply
    assert reply["close"] == [100.0, 101.0, 102.0]
    assert reply["time"][0] == 1_704_067_200_000
    status, reply = await call("GET", "api", "backtesting", session, "candles",
                               params={"symbol": "ETH-USD"})  # fmt: skip
    assert (status, reply["close"]) == (200, [])
    status, reply = await call("GET", "api", "backtesting", session, "candles",
                               params={"symbol": "SOL-USD"})  # fmt: skip
    assert (status, reply["details"]["field"]) == (400, "symbol")


@pytest.mark.parametrize("action", ["flatten", "pause_entries"])
async def test_a_control_reaches_the_session(call, connect, action):
    session = (await started(call))["session_id"]
    await stands(call, session, traded)
    status, reply = await call("POST", "api", "live-trading", session, action)
    assert (status, reply) == (200, {"session_id": session, "action": action, "status": "running"})
    facts = await stands(call, session, lambda r: r["risk"]["entries"] == "paused")
    assert len(facts["positions"]) == (0 if action == "flatten" else 1)
    assert (await call("POST", "api", "live-trading", session, "resume_entries"))[0] == 200
    await stands(call, session, lambda r: r["risk"]["entries"] == "open")
    socket = await connect(session)
    told = await until(socket, lambda m: m["type"] == "control")
    assert (told[-1]["data"]["action"], told[-1]["data"]["accepted"]) == (action, True)


async def test_a_session_is_stopped_and_then_deleted(call, app):
    session = (await started(call))["session_id"]
    await stands(call, session, traded)
    status, reply = await call("DELETE", "api", "live-trading", session)
    assert (status, reply["code"]) == (409, "conflict")
    assert (await call("DELETE", "api", "backtesting", session))[0] == 409
    assert (await call("POST", "api", "live-trading", session, "stop"))[0] == 200
    facts = await stands(call, session, ended)
    assert (facts["status"], facts["positions"]) == ("stopped", [])
    assert facts["pnl"] is not None
    status, reply = await call("POST", "api", "live-trading", session, "flatten")
    assert (status, reply["code"]) == (409, "conflict")
    await once(lambda: app.sessions.get(session).pid is None or not app.sessions.running(session))
    assert (await call("DELETE", "api", "live-trading", session))[0] == 204
    assert (await call("GET", "api", "live-trading", session))[0] == 404
    assert app.service.live.state(session) == []


async def test_everything_is_flattened_at_once(call):
    names = [(await started(call))["session_id"] for _ in range(2)]
    for name in names:
        await stands(call, name, traded)
    status, reply = await call("POST", "api", "live-trading", "flatten")
    assert status == 200
    assert {one["session_id"] for one in reply["sessions"]} == set(names)
    for name in names:
        await stands(call, name, lambda r: not r["positions"] and not r["open_orders"])


async def test_a_session_whose_process_died_goes_on_where_it_was(call, app):
    session = (await started(call, seed=3))["session_id"]
    facts = await stands(call, session, lambda r: r["process"]["failures"] == 1
                         and r["process"]["running"])  # fmt: skip
    assert (facts["status"], len(facts["positions"])) == ("running", 1)
    assert (await call("POST", "api", "live-trading", session, "stop"))[0] == 200
    await stands(call, session, ended)
    orders = app.service.log.find(session, "order", 0)
    assert len(orders) == 5
    assert len(app.service.log.find("live-trading", "order", 0)) == 5


async def test_a_session_that_obeys_nothing_is_closed_by_force(call, app):
    app.sessions.keeper._stop_patience = 0.3
    session = (await started(call, seed=2))["session_id"]
    await stands(call, session, traded)
    assert (await call("POST", "api", "live-trading", session, "flatten"))[0] == 200
    facts = await stands(call, session, ended)
    assert (facts["status"], facts["positions"]) == ("stopped", [])
    assert "did not obey flatten within 0.3 s" in facts["process"]["closing"]


async def test_one_that_talks_and_does_not_listen_is_closed_as_soon(call, app):
    app.sessions.keeper._stop_patience = 0.3
    session = (await started(call, seed=8))["session_id"]
    await stands(call, session, traded)
    assert (await call("POST", "api", "live-trading", session, "stop"))[0] == 200
    asked = app.sessions.keeper._asked[session]
    first = asked.deadline
    facts = await stands(call, session, ended)
    assert (facts["status"], facts["positions"]) == ("stopped", [])
    assert asked.deadline == first, "it was given more time"


def _processes(app, session):
    found = [app.service.home / f"{session}.{name}" for name in ("near", "left")]
    return [int(one.read_text()) for one in found if one.exists() and one.read_text()]


def _gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def test_what_a_strategy_has_forked_ends_with_it(call, app):
    app.sessions.keeper._stop_patience = 0.3
    session = (await started(call, seed=7))["session_id"]
    await stands(call, session, traded)
    await once(lambda: len(_processes(app, session)) == 2)
    assert not any(map(_gone, _processes(app, session)))
    assert (await call("POST", "api", "live-trading", session, "stop"))[0] == 200
    await stands(call, session, ended)
    await once(lambda: all(map(_gone, _processes(app, session))))


async def test_what_is_left_of_a_process_that_was_killed_ends_before_the_next(call, app):
    session = (await started(call, seed=7))["session_id"]
    await once(lambda: len(_processes(app, session)) == 2)
    (near, left), pid = _processes(app, session), app.sessions.get(session).pid
    os.kill(pid, signal.SIGKILL)
    await once(lambda: app.sessions.get(session).pid not in (pid, None))
    assert _gone(near)
    os.kill(left, signal.SIGKILL)
    # It did nothing wrong: somebody else has ended it.
    assert app.service.live.care(session) == Care(0, app.service.live.care(session).retry_at)


async def test_one_that_obeys_is_left_alone(call, app):
    app.sessions.keeper._stop_patience = 0.3
    session = (await started(call))["session_id"]
    await stands(call, session, traded)
    pid = app.sessions.get(session).pid
    await call("POST", "api", "live-trading", session, "flatten")
    await once(lambda: session not in app.sessions.keeper._asked)
    assert app.sessions.get(session).pid == pid
    assert app.service.live.care(session).closing is None


async def test_a_process_that_always_fails_is_given_up_and_says_so(call, app, monkeypatch):
    monkeypatch.setattr("workbench.sessions.keeper.RETRY_S", (0.01, 0.02))
    app.sessions.keeper._most = 1
    session = (await started(call, seed=1))["session_id"]
    facts = await stands(call, session, ended)
    assert facts["status"] == "error"
    assert "could not be closed" in facts["result"]["data"]["error"]
    assert facts["result"]["extra"]["code"] == "worker_lost"


async def test_a_session_at_an_exchange_is_not_given_up_but_by_hand(call, app, monkeypatch):
    monkeypatch.setattr("workbench.sessions.keeper.RETRY_S", (0.01, 0.02))
    app.sessions.keeper._most = 1
    app.sessions._allowed = allowed({"binance": ["main"]})
    session = (await started(call, seed=6, broker="exchange", exchange="binance", account="main"))[
        "session_id"
    ]
    facts = await stands(call, session, lambda r: r["process"]["failures"] >= 3)
    assert (facts["status"], facts["process"]["closing"]) == (
        "running", "its process ended 1 times in a row",
    )  # fmt: skip
    monkeypatch.setattr("workbench.sessions.keeper.RETRY_S", (60.0, 60.0))
    await once(lambda: app.sessions.get(session).pid is None
               and app.service.live.care(session).retry_at > time.time() + 30)  # fmt: skip
    assert (await call("POST", "api", "live-trading", session, "stop"))[0] == 200
    facts = await stands(call, session, ended)
    assert "look after what it holds yourself" in facts["result"]["data"]["error"]


async def test_the_next_server_finds_what_was_asked_and_leaves_the_others_alone(call, app):
    app.sessions.keeper._stop_patience = 600.0
    deaf, fine = [(await started(call, seed=seed))["session_id"] for seed in (2, 5)]
    for name in (deaf, fine):
        await stands(call, name, traded)
    pids = {name: app.sessions.get(name).pid for name in (deaf, fine)}
    await call("POST", "api", "live-trading", deaf, "flatten")
    urls = app.sessions.keeper._urls
    app.sessions.keeper.release()
    following = SessionKeeper(
        app.service, urls, stop_patience=0.1, worker="session_process", closing="closing_process"
    )
    app.sessions.keeper = following
    await stands(call, deaf, ended)
    assert app.service.live.care(deaf).closing == "it did not obey flatten within 0.1 s"
    assert app.sessions.get(fine).pid == pids[fine]
    assert app.service.live.care(fine) == Care()


async def test_a_process_may_speak_of_its_own_session_alone(call):
    session = (await started(call, seed=4))["session_id"]
    facts = await stands(call, session, ended)
    assert facts["status"] == "error"
    assert "expected 'live_" in facts["result"]["data"]["error"]


async def test_sessions_have_places_of_their_own(call, app):
    app.service.supervisor._max_workers = 0
    app.sessions._most = 1
    session = (await started(call))["session_id"]
    await stands(call, session, traded)
    status, reply = await call("POST", "api", "live-trading", "start", body=BODY)
    assert (status, reply["code"]) == (503, "too_many_connections")
    assert "c.WorkbenchApp.max_sessions" in reply["error"]
    assert app.current_activity()["sessions"] == 1


async def test_the_metrics_know_sessions(call, app, jp_fetch):
    session = (await started(call))["session_id"]
    await stands(call, session, traded)
    body = (await jp_fetch("metrics")).body.decode()
    assert 'workbench_sessions{status="running"} 1.0' in body
    assert 'workbench_runs{status="running"}' not in body


REPLAY = {"symbols": ["BTC-USD"], "feed": {"feed": "replay"}}
REFUSED = [
    ({"symbols": ["NO-SUCH"], "feed": {}}, "symbols", "No feed serves"),
    ({"symbols": []}, "symbols", "1 to 50"),
    ({"symbols": ["BTC-USD", "btc/usd"]}, "symbols", "each symbol once"),
    ({"timeframes": []}, "timeframes", "1 to 12"),
    ({"timeframes": ["7X"]}, "timeframes", "7X"),
    ({"strategy_ids": ["nothing"]}, "strategy_ids", "nothing"),
    ({"strategy_params": {"fats": 3}}, "strategy_params.fats", "fats"),
    ({"initial_capital": -1}, "initial_capital", "-1"),
    ({"allocation": {"BTC-USD": 1.0}}, "allocation", "a part for each"),
    ({"allocation": {"BTC-USD": 0.7, "ETH-USD": 0.7}}, "allocation", "at most 1"),
    (REPLAY | {"latency": 0.2}, "latency", "feed of trades"),
    (REPLAY | {"participation": 0.2}, "participation", "feed of trades"),
    ({"participation": 1.5}, "participation", "up to 1"),
    ({"latency": -1}, "latency", "0 to 3600"),
    ({"limits": {"max_drawdown": 2}}, "limits.max_drawdown", "up to 1"),
    ({"limits": {"max_fun": 2}}, "limits.max_fun", "Unknown field"),
    ({"limits": {"action": "panic"}}, "limits.action", "expected 'flatten' or 'reject'"),
    ({"start_date": "2024-01-01"}, "start_date", "did you mean 'feed.start'"),
    ({"max_drawdown": 0.1}, "max_drawdown", "did you mean 'limits.max_drawdown'"),
    ({"broker": "papr"}, "broker", "expected 'paper'"),
    ({"broker": "binance", "exchange": "kraken"}, "broker", "give one of them"),
    ({"sandbox": False}, "sandbox", "broker is paper"),
    ({"intrabar": "1M"}, "intrabar", "by the prices its feed gives"),
    ({"feed": {"feed": "replai"}}, "feed.feed", "'exchange' or 'replay' or 'synthetic'"),
    ({"feed": {"history": 3}}, "feed.history", "the session's own"),
    ({"feed": {"feeds": 3}}, "feed.feeds", "did you mean 'feed'"),
    ({"feed": {"feed": "exchange"}}, "feed.exchange", "a name of ccxt"),
    ({"exchange": "binance"}, "exchange", "broker is paper"),
    ({"broker": "exchange"}, "exchange", "a name of ccxt"),
    ({"broker": "exchange", "exchange": "binance", "latency": 1}, "latency", "broker paper"),
    ({"sweep": {}}, "sweep", "Unknown field"),
]


async def test_what_cannot_be_is_refused_with_the_reason(call):
    for change, field, said in REFUSED:
        status, reply = await call("POST", "api", "live-trading", "start", body=BODY | change)
        assert status == 400, (change, reply)
        assert reply["details"]["field"] == field, (change, reply)
        assert said in reply["error"], (change, reply)


async def test_orders_go_only_where_they_are_allowed(call, app):
    asked = BODY | {"broker": "exchange", "exchange": "binance", "account": "main"}
    status, reply = await call("POST", "api", "live-trading", "start", body=asked)
    assert (status, reply["code"]) == (403, "not_allowed")
    assert "c.WorkbenchApp.live_orders = {'binance': ['sandbox:main']}" in reply["error"]
    app.sessions._allowed = allowed({"binance": ["sandbox:main"]})
    reply = await started(call, **{n: asked[n] for n in ("broker", "exchange", "account")})
    assert reply["broker"] == "exchange"
    # An exchange's name is the same in fewer words, as in Python.
    status, reply = await call(
        "POST", "api", "live-trading", "start", body=BODY | {"broker": "kraken", "account": "main"}
    )
    assert (status, reply["code"]) == (403, "not_allowed")
    assert "no orders to the test system of kraken" in reply["error"]
    status, reply = await call(
        "POST", "api", "live-trading", "start", body=asked | {"sandbox": False}
    )
    assert (status, reply["details"]["allowed"]) == (403, ["binance sandbox:main"])


async def test_a_replay_of_generated_candles_is_called_one(call):
    for symbol, made_up in (("BTC-USD", True), ("EUR-USD", False)):
        feed = {"feed": "replay"}
        reply = await started(call, symbols=[symbol], timeframes=["4H"], feed=feed)
        assert reply["synthetic"] is made_up


async def test_a_backtest_cannot_be_a_session_by_the_back_door(call, spec_body):
    body = spec_body | {"live": {"symbols": ["BTC-USD"]}}
    status, reply = await call("POST", "api", "backtesting", "start", body=body)
    assert (status, reply["details"]["field"]) == (400, "live")


async def test_only_sessions_know_what_is_about_trading(call, spec_body):
    _, reply = await call("POST", "api", "backtesting", "start", body=spec_body | {"speed": 1})
    run = reply["backtest_id"]
    status, reply = await call("POST", "api", "backtesting", run, "control",
                               body={"action": "flatten"})  # fmt: skip
    assert (status, reply["details"]["field"]) == (400, "action")
    assert "only live sessions know flatten" in reply["error"]
    assert (await call("POST", "api", "live-trading", run, "stop"))[0] == 404


async def test_what_goes_by_the_clock_cannot_be_paced(call):
    session = (await started(call))["session_id"]
    status, reply = await call("POST", "api", "backtesting", session, "control",
                               body={"action": "step"})  # fmt: skip
    assert (status, reply["details"]["field"]) == (400, "action")
    assert "pause_entries" in reply["error"]
