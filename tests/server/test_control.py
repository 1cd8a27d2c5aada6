"""Controls over REST and the socket: what the stream shows of them, and what they do."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta

import pytest

PACE = 20
"""Candles a second: a month of quarters, about 3,000, lasts longer than any wait."""


@pytest.fixture
def start(call, spec_body):
    async def send(**change):
        body = {**spec_body, "equity_every": 1, "speed": PACE, **change}
        status, reply = await call("POST", "api", "backtesting", "start", body=body)
        assert status == 200, reply
        return reply["backtest_id"]

    return send


@pytest.fixture
def control(call):
    async def send(run_id, action, **fields):
        body = {"action": action, **fields}
        return await call("POST", "api", "backtesting", run_id, "control", body=body)

    return send


class Reading:
    """A subscriber that keeps what it got."""

    def __init__(self, socket):
        self.socket = socket
        self.got = []

    async def until(self, wanted):
        """Read on until a message is what is wanted; return it."""
        while True:
            text = await asyncio.wait_for(self.socket.read_message(), 60)
            assert text is not None, self.got[-1]
            self.got.append(json.loads(text))
            if wanted(self.got[-1]):
                return self.got[-1]

    async def say(self, action, **fields):
        await self.socket.write_message(json.dumps({"type": "control", "action": action, **fields}))

    @property
    def bars(self):
        """Candles told of so far; who falls behind is not told of each."""
        return max((m["extra"]["bar"] + 1 for m in self.got if m["type"] == "equity"), default=0)


def status(name, reason=""):
    def wanted(message):
        data = message["data"]
        return (
            message["type"] == "status"
            and data["status"] == name
            and data.get("reason", "").startswith(reason)
        )

    return wanted


def kind(name):
    return lambda message: message["type"] == name


@pytest.fixture
def reading(connect):
    async def open_stream(run_id):
        return Reading(await connect(run_id))

    return open_stream


async def test_each_step_and_condition_is_exact_and_told_when_reached(start, control, reading):
    run_id = await start()
    reader = await reading(run_id)
    await reader.until(kind("equity"))
    assert (await control(run_id, "pause"))[1]["status"] == "paused"
    await reader.until(status("paused"))
    bars = reader.bars
    await control(run_id, "step", value=7)
    said = await reader.until(status("paused", "step: 7 bars at "))
    assert reader.bars == bars + 7
    where = reader.got[-2]
    assert (where["type"], where["extra"]["bar"]) == ("progress", reader.bars)
    assert said["data"]["reason"].endswith(where["data"]["current_time"])
    code, reply = await control(run_id, "speed", value=1e9, unit="x")
    assert (code, reply["status"]) == (200, "paused")
    _, reply = await control(run_id, "run_until", until={"bars": 50})
    assert reply["status"] == "running"
    await reader.until(status("running"))
    await reader.until(status("paused", "run_until: 50 bars at "))
    assert reader.bars == bars + 57
    last = next(m["data"]["time"] for m in reversed(reader.got) if m["type"] == "equity")
    goal = (datetime.fromisoformat(last) + timedelta(days=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    await control(run_id, "run_until", until={"time": goal})
    await reader.until(status("paused", f"run_until: time {goal} at {goal[:-1]}"))
    assert reader.bars == bars + 57 + 5 * 96
    trades = sum(map(kind("trade"), reader.got))
    await control(run_id, "run_until", until={"trades": 2})
    await reader.until(status("paused", "run_until: 2 trades at "))
    after = [message for message in reader.got if message["type"] == "trade"][trades:]
    assert len(after) >= 2
    assert len({m["extra"]["bar"] for m in after[1:]}) == 1
    assert after[-1]["extra"]["bar"] == reader.bars - 1
    code, reply = await control(run_id, "stop")
    assert (code, reply["status"]) == (200, "paused")
    done = await reader.until(kind("complete"))
    assert done["extra"]["status"] == "stopped"
    assert done["extra"]["bars"] == reader.bars
    code, reply = await control(run_id, "resume")
    assert (code, reply["code"]) == (409, "conflict")


async def test_a_run_goes_until_a_drawdown(start, control, reading):
    run_id = await start(risk_per_trade=0.05, leverage=20)
    reader = await reading(run_id)
    await reader.say("pause")
    await reader.until(status("paused"))
    begun = len(reader.got)
    await reader.say("run_until", until={"drawdown": 0.02})
    await reader.say("speed", value=0)
    said = await reader.until(status("paused", "run_until: drawdown"))
    curve = [m["data"] for m in reader.got[begun:] if m["type"] == "equity"]
    assert curve[-1]["drawdown"] <= -0.02
    assert all(point["drawdown"] > -0.02 for point in curve[:-1])
    assert said["data"]["reason"] == (
        f"run_until: drawdown {curve[-1]['drawdown']:.4f} at {curve[-1]['time']}"
    )
    await control(run_id, "stop")
    await reader.until(kind("complete"))


async def test_the_stream_shows_who_asked_and_what_was_refused(start, control, reading):
    run_id = await start(speed=20, progress_every=1)
    reader = await reading(run_id)
    await reader.until(kind("progress"))
    await reader.say("speed", value=30, unit="x")
    taken = (await reader.until(kind("control")))["data"]
    assert taken == {"action": "speed", "accepted": True, "value": 30.0, "unit": "x"}
    for action, fields, said in (
        ("fly", {}, "Unknown action 'fly'"),
        ("step", {"value": 0.5}, "whole number"),
        ("pause", {"value": 1}, "takes no value"),
        ("run_until", {"until": {"time": "2023-12-31"}}, "past: the run is at 2024-01-0"),
    ):
        code, reply = await control(run_id, action, **fields)
        assert (code, reply["code"]) == (400, "invalid_request")
        shown = (await reader.until(kind("control")))["data"]
        assert (shown["action"], shown["accepted"]) == (action, False)
        assert said in shown["reason"]
        assert said in reply["error"]
    for fields, named in (
        ({"value": "five"}, "value"),
        ({"until": {"bars": 1.5}}, "until.bars"),
        ({"valu": 5}, "valu"),
    ):
        code, reply = await control(run_id, "step", **fields)
        assert (code, reply["details"]["field"]) == (400, named)
        assert (await reader.until(kind("control")))["data"]["accepted"] is False
        begun = len(reader.got)
        await reader.say("step", **fields)
        await reader.until(
            lambda _, begun=begun: {"control", "error"} <= {m["type"] for m in reader.got[begun:]}
        )
        said = {m["type"]: m["data"] for m in reader.got[begun:]}
        assert (said["control"]["action"], said["control"]["accepted"]) == ("step", False)
        assert named in said["control"]["reason"]
        assert said["error"]["details"]["field"] == named
    await reader.say("x" * 5000)
    await reader.until(kind("error"))
    shown = next(m for m in reversed(reader.got) if m["type"] != "error")
    if shown["type"] != "control" or shown["data"]["accepted"]:
        shown = await reader.until(kind("control"))
    assert len(shown["data"]["action"]) < 100
    await control(run_id, "stop")
    await reader.until(kind("complete"))


async def test_who_may_only_read_is_refused_in_the_stream_too(
    start, control, reading, jp_serverapp, monkeypatch
):
    run_id = await start(speed=20)
    monkeypatch.setattr(
        jp_serverapp.authorizer,
        "is_authorized",
        lambda handler, user, action, resource: action == "read",
    )
    reader = await reading(run_id)
    await reader.say("stop")
    shown = (await reader.until(kind("control")))["data"]
    assert (shown["action"], shown["accepted"]) == ("stop", False)
    assert "may read" in shown["reason"]
    assert (await control(run_id, "stop"))[0] == 403
    monkeypatch.undo()
    await control(run_id, "stop")
    assert (await reader.until(kind("complete")))["extra"]["status"] == "stopped"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "pause", "speed": 3}, "speed"),
        ({"action": "step", "value": "3"}, "value"),
        ({"value": 3}, "action"),
        ({"action": "run_until", "until": {"bar": 3}}, "until.bar"),
        ({"action": "run_until", "until": {"bars": 2.5}}, "until.bars"),
    ],
)
async def test_a_body_that_is_no_control_is_refused_by_field(call, start, control, body, field):
    run_id = await start(speed=20)
    code, reply = await call("POST", "api", "backtesting", run_id, "control", body=body)
    assert (code, reply["code"], reply["details"]["field"]) == (400, "invalid_request", field)
    await call("DELETE", "api", "backtesting", run_id)


async def test_what_is_asked_of_a_pending_run_is_obeyed_before_its_first_candle(
    call, start, control, reading
):
    busy = [await start(speed=20) for _ in range(2)]
    run_id = await start()
    code, reply = await control(run_id, "run_until", until={"time": "2023-12-31T23:59:00Z"})
    assert (code, reply["details"]["field"]) == (400, "until.time")
    assert (await control(run_id, "pause"))[1]["status"] == "pending"
    reader = await reading(run_id)
    for other in busy:
        await call("DELETE", "api", "backtesting", other)
    await reader.until(status("paused"))
    assert [m["type"] for m in reader.got] == [
        "connected",
        "control",
        "control",
        "status",
        "status",
    ]
    await control(run_id, "step")
    await reader.until(status("paused", "step: 1 bar at 2024-01-01T00:00:00Z"))
    assert reader.bars == 1
    await control(run_id, "stop")
    await reader.until(kind("complete"))
