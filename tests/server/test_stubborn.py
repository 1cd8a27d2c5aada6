"""Strategies that misbehave: they loop for ever, print without end, leave by themselves."""

from __future__ import annotations

import asyncio
import base64

import cloudpickle
import pytest

import workbench as wb


class Loops(wb.Strategy):
    def next(self):
        while True:
            pass


class Prints(wb.Strategy):
    def next(self):
        print("x" * 40_000)


class Leaves(wb.Strategy):
    def next(self):
        raise SystemExit(3)


@pytest.fixture
def jp_server_config(jp_server_config):
    jp_server_config["WorkbenchApp"]["stop_patience"] = 0.5
    return jp_server_config


@pytest.fixture
def start(call, spec_body):
    async def send(kind):
        # By value, as from a notebook: the worker cannot import this file.
        cloudpickle.register_pickle_by_value(__import__(kind.__module__, fromlist=["x"]))
        body = {
            **spec_body,
            "timeframes": ["1H"],
            "strategy_ids": [kind.__name__],
            "strategy": {
                "name": kind.__name__,
                "pickle": base64.b64encode(cloudpickle.dumps(kind)).decode(),
            },
        }
        status, reply = await call("POST", "api", "backtesting", "start", body=body)
        assert status == 200, reply
        return reply["backtest_id"]

    return send


async def until(call, run_id, *statuses):
    for _ in range(3000):
        _, run = await call("GET", "api", "backtesting", run_id)
        if run["status"] in statuses:
            return run
        await asyncio.sleep(0.02)
    raise AssertionError(run)


async def test_one_that_does_not_obey_stop_is_ended(call, start, story, app):
    run_id = await start(Loops)
    await until(call, run_id, "running")
    await call("POST", "api", "backtesting", run_id, "control", body={"action": "stop"})
    await until(call, run_id, "error")
    messages, code = await story(run_id)
    assert code == 1000
    assert [m["type"] for m in messages[-2:]] == ["control", "error"]
    assert "did not obey stop within 0.5 s" in messages[-1]["data"]["error"]
    app.service.supervisor.poll()
    assert app.service.registry.list("running") == []


async def test_what_one_prints_does_not_fill_the_disk(call, start, app):
    run_id = await start(Prints)
    await until(call, run_id, "complete")
    log = app.service.home / "logs" / f"{run_id}.log"
    assert 4_000_000 < log.stat().st_size < 6_000_000
    assert app.service.supervisor.log_tail(run_id)[-1].startswith("[further output")


async def test_one_that_leaves_is_told_with_place_and_time(call, start, story):
    run_id = await start(Leaves)
    await until(call, run_id, "error")
    messages, _ = await story(run_id)
    assert "Leaves.next failed at 2024-01-01T" in messages[-1]["data"]["error"]
    assert "SystemExit: 3" in messages[-1]["data"]["error"]
