"""Sweeps over REST and the stream, with a registered strategy as curl would start them."""

from __future__ import annotations

import asyncio
import json

import pytest

BODY = {
    "symbol": "EUR-USD",
    "timeframes": ["1H"],
    "start_date": "2017-01-01",
    "end_date": "2017-02-28",
    "strategy_ids": ["sma_cross"],
    "strategy_params": {"shorts": False},
    "commission": 0.0001,
    "sweep": {
        "space": {"fast": [5, 8], "slow": [20, 40]},
        "maximize": "total_return",
        "workers": 1,
    },
}


@pytest.fixture
def start(call):
    async def send(**sweep):
        body = {**BODY, "sweep": {**BODY["sweep"], **sweep}}
        status, reply = await call("POST", "api", "backtesting", "start", body=body)
        assert status == 200, reply
        return reply["backtest_id"]

    return send


@pytest.fixture
def run(call):
    """Send a request about a run."""

    async def send(method, run_id, *parts, body=None):
        return await call(method, "api", "backtesting", run_id, *parts, body=body)

    return send


def rows_of(messages):
    return {m["data"]["number"]: m["data"] for m in messages if m["type"] == "sweep"}


async def test_a_sweep_is_a_run_whose_combinations_open_as_runs(start, run, story, call):
    run_id = await start()
    messages, code = await story(run_id)
    assert code == 1000
    first = next(m for m in messages if m["type"] != "connected")
    assert first["type"] == "status"
    assert first["data"]["sweep"] == {
        "space": {"fast": [5, 8], "slow": [20, 40]}, "metric": "total_return", "maximize": True,
        "method": "grid", "rows": 4, "splits": 0, "min_trades": 1,
    }  # fmt: skip
    rows = rows_of(messages)
    assert {n: row["params"] for n, row in rows.items()} == {
        0: {"fast": 5, "slow": 20}, 1: {"fast": 5, "slow": 40},
        2: {"fast": 8, "slow": 20}, 3: {"fast": 8, "slow": 40},
    }  # fmt: skip
    best = max(rows.values(), key=lambda row: row["metrics"]["total_return"])
    final = messages[-1]
    assert final["type"] == "complete"
    assert final["data"]["metrics"]["total_return"] == best["metrics"]["total_return"]

    _, swept = await run("GET", run_id)
    assert (swept["kind"], swept["status"], swept["progress"]) == ("sweep", "complete", 100.0)
    assert swept["strategy"] == "sma_cross"
    assert swept["spec"]["strategy_params"] == {"shorts": False}
    assert swept["spec"]["sweep"]["space"] == BODY["sweep"]["space"]
    _, trades = await run("GET", run_id, "trades")
    assert trades["trades"] == []
    status, refused = await run("GET", run_id, "report")
    assert (status, refused["code"]) == (400, "invalid_request")
    assert "open one of its combinations" in refused["error"]

    status, opened = await run("POST", run_id, "open", body={"number": best["number"]})
    assert status == 200
    assert opened["stream_path"].endswith(opened["backtest_id"])
    told, _ = await story(opened["backtest_id"])
    expected = {name: best["metrics"][name] for name in told[-1]["data"]["metrics"]}
    # Told, or summed up at one go: the same but for the last bits.
    assert told[-1]["data"]["metrics"] == pytest.approx(expected, rel=1e-12)
    _, detail = await run("GET", opened["backtest_id"])
    assert detail["kind"] == "backtest"
    assert detail["spec"]["sweep"] is None
    assert detail["spec"]["strategy_params"] == {"shorts": False, **best["params"]}
    _, listed = await call("GET", "api", "backtesting")
    assert [one["kind"] for one in listed["backtests"]] == ["backtest", "sweep"]
    for one, whole in zip(listed["backtests"], (detail, swept), strict=True):
        short = whole["result"]["extra"] | {}
        assert short.pop("statistics")
        short.pop("intervals", None)
        assert one["result"] == {"data": whole["result"]["data"], "extra": short}

    wrong = {
        "number": {"number": 4},
        "params": {"params": {"fast": 5}},
    }
    for field, body in wrong.items():
        status, refused = await run("POST", run_id, "open", body=body)
        assert (status, refused["details"]["field"]) == (400, field)
    for body in ({}, {"number": 1, "params": {"fast": 5, "slow": 20}}):
        status, refused = await run("POST", run_id, "open", body=body)
        assert status == 400
        assert "one of the two" in refused["error"]
    never = {
        "params.fast": {"fast": 6, "slow": 20},
        "params.slow": {"fast": 5, "slow": True},
        "params.shorts": {"fast": 5, "slow": 20, "shorts": True},
    }
    for field, params in never.items():
        status, refused = await run("POST", run_id, "open", body={"params": params})
        assert (status, refused["details"]["field"]) == (400, field)
        assert "does not try" in refused["error"]
    status, refused = await run("POST", opened["backtest_id"], "open", body={"number": 0})
    assert status == 400
    assert "not a sweep" in refused["error"]


async def test_a_sweep_is_replayed_from_its_log(start, story, connect):
    run_id = await start()
    messages, _ = await story(run_id)
    socket = await connect(run_id, replay="1")
    again = []
    while not again or again[-1]["type"] != "complete":
        again.append(json.loads(await asyncio.wait_for(socket.read_message(), 30)))
    assert rows_of(again) == rows_of(messages)


async def test_a_split_opens_on_its_own_candles(start, run, story):
    run_id = await start(walk_forward={"splits": 2, "train": 0.6})
    messages, _ = await story(run_id)
    inside = [m["data"] for m in messages if m["type"] == "sweep" and m["data"]["sample"] == "in"]
    row = next(row for row in inside if row["split"] == 1)
    status, opened = await run("POST", run_id, "open", body={"number": row["number"], "split": 1})
    assert status == 200
    told, _ = await story(opened["backtest_id"])
    assert told[-1]["data"]["metrics"]["total_return"] == row["metrics"]["total_return"]
    first = next(m["data"] for m in told if m["type"] == "status")
    assert (first["start"], first["end"]) == (row["start"], row["end"])
    out = [m["data"] for m in messages if m["type"] == "sweep" and m["data"]["sample"] == "out"]
    assert {row["split"] for row in out} == {0, 1}


async def test_controls_move_it_and_others_are_refused(call, start, run, connect, story):
    many = {"fast": list(range(2, 60)), "slow": list(range(60, 200, 2))}
    run_id = await start(space=many)
    for action, allowed in (("speed", False), ("run_until", False), ("pause", True)):
        body = {"action": action}
        if action == "speed":
            body["value"] = 10
        elif action == "run_until":
            body["until"] = {"bars": 5}
        status, reply = await run("POST", run_id, "control", body=body)
        assert (status == 200) is allowed
        assert allowed or "is a sweep: only pause, resume, step and stop" in reply["error"]

    async def until(condition):
        while not condition((await run("GET", run_id))[1]):
            await asyncio.sleep(0.05)

    await until(lambda now: now["status"] == "paused")
    await run("POST", run_id, "control", body={"action": "resume"})
    await until(lambda now: now["status"] == "running" and now["progress"] > 0)
    await run("POST", run_id, "control", body={"action": "stop"})
    messages, _ = await story(run_id)
    assert messages[-1]["extra"]["status"] == "stopped"
    rows = rows_of(messages)
    assert 0 < len(rows) < 58 * 70
    assert messages[-1]["extra"]["bars"] == len(rows)


@pytest.mark.parametrize(
    ("sweep", "field"),
    [
        ({"space": {"fats": [5]}}, "strategy_params.fats"),
        ({"space": {}}, "sweep.space"),
        ({"space": {"fast": [5, 5]}}, "sweep.space.fast"),
        ({"space": {"fast": [5]}, "maximize": "happiness"}, "sweep.maximize"),
        ({"space": {"fast": [5]}, "metod": "grid"}, "sweep.metod"),
        ({"space": {"fast": [[5]]}}, "sweep.space"),
        ({"space": {"fast": [5]}, "walk_forward": {"splits": 0}}, "sweep.walk_forward.splits"),
    ],
)
async def test_a_wrong_sweep_is_refused_by_name(call, sweep, field):
    status, reply = await call("POST", "api", "backtesting", "start", body={**BODY, "sweep": sweep})
    assert (status, reply["details"]["field"]) == (400, field), reply


async def test_a_sweep_that_was_stopped_goes_on_in_another(start, run, story):
    run_id = await start(space={"fast": list(range(2, 60)), "slow": list(range(60, 200, 2))})
    status, refused = await run("POST", run_id, "resume", body={})
    assert (status, refused["code"]) == (409, "conflict")
    await run("POST", run_id, "control", body={"action": "pause"})
    await run("POST", run_id, "control", body={"action": "step", "value": 3})
    await run("POST", run_id, "control", body={"action": "stop"})
    first, _ = await story(run_id)
    assert first[-1]["extra"]["status"] == "stopped"
    status, reply = await run("POST", run_id, "resume", body={})
    assert status == 200
    again = reply["backtest_id"]
    await run("POST", again, "control", body={"action": "stop"})
    told, _ = await story(again)
    for number, row in rows_of(first).items():
        assert {**rows_of(told)[number], "backtest_id": run_id} == row
    _, detail = await run("GET", again)
    assert detail["spec"]["sweep"]["resumed_from"] == run_id


async def test_only_a_sweep_goes_on_and_only_by_its_own_route(call, run):
    body = {**BODY, "sweep": {**BODY["sweep"], "resumed_from": "backtest_1"}}
    status, refused = await call("POST", "api", "backtesting", "start", body=body)
    assert (status, refused["details"]["field"]) == (400, "sweep.resumed_from")
    status, reply = await call("POST", "api", "backtesting", "start", body={**BODY, "sweep": None})
    assert status == 200
    status, refused = await run("POST", reply["backtest_id"], "resume", body={})
    assert (status, refused["code"]) == (400, "invalid_request")
    assert "not a sweep" in refused["error"]
    status, _ = await run("POST", "nothing", "resume", body={})
    assert status == 404


async def test_a_combination_that_was_not_drawn_does_not_open(start, run, story):
    run_id = await start(method="random", trials=3)
    messages, _ = await story(run_id)
    drawn = [row["params"] for row in rows_of(messages).values()]
    (left,) = [
        params
        for fast in (5, 8)
        for slow in (20, 40)
        if (params := {"fast": fast, "slow": slow}) not in drawn
    ]
    status, refused = await run("POST", run_id, "open", body={"params": left})
    assert status == 400
    assert "has no row with" in refused["error"]
    status, _ = await run("POST", run_id, "open", body={"params": drawn[0]})
    assert status == 200


async def test_settings_are_tried_and_opened_with(start, run, story, call):
    space = {"fast": [5], "commission": [0.0, 0.001], "leverage": [1, 2]}
    run_id = await start(space=space)
    messages, _ = await story(run_id)
    rows = rows_of(messages)
    assert [rows[n]["error"] for n in range(4)] == [""] * 4
    assert rows[0]["metrics"]["total_commissions"] == 0
    row = rows[3]
    assert row["params"] == {"fast": 5, "commission": 0.001, "leverage": 2}
    status, opened = await run("POST", run_id, "open", body={"number": 3})
    assert status == 200
    told, _ = await story(opened["backtest_id"])
    expected = {name: row["metrics"][name] for name in told[-1]["data"]["metrics"]}
    assert told[-1]["data"]["metrics"] == pytest.approx(expected, rel=1e-12)
    _, detail = await run("GET", opened["backtest_id"])
    assert (detail["spec"]["commission"], detail["spec"]["leverage"]) == (0.001, 2)
    assert detail["spec"]["strategy_params"] == {"fast": 5, "slow": 30, "shorts": False}
    status, _ = await run("POST", run_id, "open", body={"params": row["params"]})
    assert status == 200
    wrong = {**BODY, "sweep": {"space": {"leverage": [0]}}}
    status, refused = await call("POST", "api", "backtesting", "start", body=wrong)
    assert (status, refused["details"]["field"]) == (400, "leverage")
