"""Runs over REST: results, control, queue, deletion, a worker that dies."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from workbench.messages import iso_time


@pytest.fixture
def start(call, spec_body):
    async def send(**change):
        status, reply = await call(
            "POST", "api", "backtesting", "start", body={**spec_body, **change}
        )
        assert status == 200, reply
        return reply["backtest_id"]

    return send


@pytest.fixture
def until(call):
    """Wait until a run's description satisfies a condition; return it."""

    async def wait(run_id, condition):
        for _ in range(3000):
            _, run = await call("GET", "api", "backtesting", run_id)
            if condition(run):
                return run
            await asyncio.sleep(0.02)
        raise AssertionError(run)

    return wait


def ended(run):
    return run["status"] in ("complete", "stopped", "error")


async def test_results_agree_with_the_stream(call, start, until, story):
    run_id = await start()
    run = await until(run_id, ended)
    assert run["status"] == "complete"
    assert run["progress"] == 100.0
    messages, _ = await story(run_id)
    _, trades = await call("GET", "api", "backtesting", run_id, "trades")
    streamed = [m["data"] for m in messages if m["type"] == "trade"]
    assert [t["trade_id"] for t in trades["trades"]] == [t["trade_id"] for t in streamed]
    _, equity = await call("GET", "api", "backtesting", run_id, "equity")
    assert equity["equity"] == [m["data"]["equity"] for m in messages if m["type"] == "equity"]
    assert run["result"]["data"]["metrics"] == messages[-1]["data"]["metrics"]
    _, page = await call(
        "GET", "api", "backtesting", run_id, "events", params={"types": "trade", "limit": "100000"}
    )
    assert [e["data"] for e in page["events"]] == streamed
    _, listed = await call("GET", "api", "backtesting")
    assert [r["backtest_id"] for r in listed["backtests"]] == [run_id]


async def test_candles_are_the_runs_own_and_keep_every_extreme(call, start, until):
    run_id = await start()
    await until(run_id, ended)
    _, whole = await call("GET", "api", "backtesting", run_id, "candles")
    assert whole["timeframe"] == "15M"
    assert whole["candles"] == len(whole["time"]) == 31 * 96
    assert whole["bucket"] == 1
    assert whole["synthetic"] is True
    _, small = await call(
        "GET", "api", "backtesting", run_id, "candles", params={"max_points": "100"}
    )
    assert len(small["time"]) <= 100
    assert small["bucket"] == 30
    assert max(small["high"]) == max(whole["high"])
    assert min(small["low"]) == min(whole["low"])
    start, end = (iso_time(whole["time"][n]) for n in (10, 20))
    _, window = await call(
        "GET", "api", "backtesting", run_id, "candles",
        params={"start": start, "end": end},
    )  # fmt: skip
    assert window["time"] == whole["time"][10:20]
    status, reply = await call(
        "GET", "api", "backtesting", run_id, "candles", params={"start": "soon"}
    )
    assert (status, reply["details"]["field"]) == (400, "start")
    status, reply = await call(
        "GET", "api", "backtesting", run_id, "candles", params={"timeframe": "1D"}
    )
    assert (status, reply["details"]["allowed"]) == (400, ["15M", "1H", "4H"])


async def test_more_runs_than_workers_wait_their_turn(call, start, until):
    ids = [await start(speed=6000) for _ in range(4)]
    _, listed = await call("GET", "api", "backtesting")
    by_id = {run["backtest_id"]: run for run in listed["backtests"]}
    assert len(by_id) == 4
    assert by_id[ids[3]]["status"] == "pending"
    assert by_id[ids[3]]["started"] is None
    for run_id in ids:
        assert (await until(run_id, ended))["status"] == "complete"
    _, listed = await call("GET", "api", "backtesting")
    runs = {run["backtest_id"]: run for run in listed["backtests"]}
    assert runs[ids[2]]["started"] >= min(runs[ids[0]]["finished"], runs[ids[1]]["finished"])


async def test_a_run_stands_still_steps_and_ends_like_an_undisturbed_one(call, start, until, story):
    undisturbed = await start()
    await until(undisturbed, ended)
    run_id = await start(speed=300)
    control = ("api", "backtesting", run_id, "control")
    await until(run_id, lambda run: run["progress"] > 0)
    await call("POST", *control, body={"action": "pause"})
    assert (await until(run_id, lambda run: run["status"] == "paused"))["progress"] < 100
    await call("POST", *control, body={"action": "step", "value": 100})
    await call("POST", *control, body={"action": "speed", "value": 0})
    await call("POST", *control, body={"action": "resume"})
    assert (await until(run_id, ended))["status"] == "complete"

    async def essence(run):
        messages, _ = await story(run)
        return [
            (m["type"], {k: v for k, v in m["data"].items() if k != "backtest_id"})
            for m in messages
            if m["type"] in ("trade", "equity", "complete")
        ]

    assert await essence(run_id) == await essence(undisturbed)
    status, reply = await call("POST", *control, body={"action": "pause"})
    assert (status, reply["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    "body", [{"action": "fly"}, {"action": "step", "value": 0.5}, {"value": 1}, {"action": 1}]
)
async def test_a_wrong_control_is_refused(call, start, body):
    run_id = await start(speed=20)
    status, reply = await call("POST", "api", "backtesting", run_id, "control", body=body)
    assert (status, reply["code"]) == (400, "invalid_request")
    status, _ = await call("DELETE", "api", "backtesting", run_id)
    assert status == 204


async def test_a_pending_run_can_be_stopped(call, start, until):
    busy = [await start(speed=20) for _ in range(2)]
    waiting = await start()
    _, reply = await call("POST", "api", "backtesting", waiting, "control", body={"action": "stop"})
    assert reply["status"] == "stopped"
    run = await until(waiting, ended)
    assert run["result"]["extra"]["bars"] == 0
    for run_id in busy:
        await call("DELETE", "api", "backtesting", run_id)


async def test_a_killed_worker_is_told_with_what_it_said_last(call, start, until, story, app):
    run_id = await start(speed=20)
    await until(run_id, lambda run: run["status"] == "running")
    os.kill(app.service.registry.get(run_id).pid, signal.SIGKILL)
    run = await until(run_id, ended)
    assert run["status"] == "error"
    messages, code = await story(run_id)
    assert code == 1000
    assert messages[-1]["extra"]["code"] == "worker_lost"


async def test_deleting_ends_the_worker_and_closes_its_readers(call, start, until, connect, app):
    run_id = await start(speed=20)
    await until(run_id, lambda run: run["status"] == "running")
    pid = app.service.registry.get(run_id).pid
    socket = await connect(run_id)
    await socket.read_message()
    status, _ = await call("DELETE", "api", "backtesting", run_id)
    assert status == 204
    while await asyncio.wait_for(socket.read_message(), 10) is not None:
        pass
    assert socket.close_code == 4404
    assert (await call("GET", "api", "backtesting", run_id))[0] == 404
    for _ in range(500):
        app.service.supervisor.poll()
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            break
        await asyncio.sleep(0.02)
    else:
        raise AssertionError(f"worker {pid} is still there")
