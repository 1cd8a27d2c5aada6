"""A run that someone else than a worker publishes, seen from the server."""

from __future__ import annotations

import asyncio
import json
import os
import time

import psutil
import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from workbench.messages import (
    Complete,
    CompleteData,
    CompleteExtra,
    ExitData,
    FinalMetrics,
    Status,
    StatusData,
    Trade,
    TradeExtra,
    encode,
)
from workbench.runs.producers import lease_ended
from workbench.runs.publishing import batch_frame

BODY = {"name": "mine", "symbol": "BTC-USD", "timeframes": ["1H"], "strategy": "own"}


def trade(number):
    data = ExitData(f"trade_{number}", "X", "long", 1.0, "t", 1.0, "t", "exit", 0.0, 0.0, 0.0, 0.0)
    return encode(Trade("t", data=data, extra=TradeExtra(1.0, 0.0, 0.0, "own")))


def running(run_id):
    return encode(Status("t", data=StatusData(run_id, "running")))


def complete(run_id):
    data = CompleteData(run_id, FinalMetrics(0, 0, 0, *[0.0] * 10))
    return encode(Complete("t", data=data, extra=CompleteExtra("complete", 0, 1.0, 0, 0)))


@pytest.fixture
def opened(call):
    async def send(**change):
        status, reply = await call("POST", "api", "backtesting", "publish", body=BODY | change)
        assert status == 200, reply
        return reply

    return send


@pytest.fixture
def produce(http_server_port, jp_base_url):
    sockets = []

    async def connect(reply, token=None, **headers):
        request = HTTPRequest(
            f"ws://127.0.0.1:{http_server_port[-1]}{reply['publish_path']}",
            headers={"Authorization": f"Bearer {token or reply['token']}", **headers},
        )
        socket = await websocket_connect(request)
        sockets.append(socket)
        return socket

    yield connect
    for socket in sockets:
        socket.close()


async def said(socket):
    text = await asyncio.wait_for(socket.read_message(), 20)
    return text if text is None else json.loads(text)


async def until(condition):
    for _ in range(2000):
        if value := condition():
            return value
        await asyncio.sleep(0.01)
    raise AssertionError("gave up waiting")


async def test_a_published_run_is_a_run_like_any_other(call, opened, produce, story, app):
    reply = await opened(notes="by hand", tags=["a"])
    run_id = reply["backtest_id"]
    assert reply["stream_path"].endswith(f"/api/ws/stream/backtest/{run_id}")
    assert reply["stream_url"].endswith(reply["stream_path"])
    _, run = await call("GET", "api", "backtesting", run_id)
    assert (run["status"], run["producer"], run["strategy"]) == ("pending", "kernel", "own")
    assert (run["name"], run["notes"], run["tags"]) == ("mine", "by hand", ["a"])
    stored = app.service.registry.get(run_id)
    assert reply["token"] not in repr(stored)
    app.service.supervisor.poll()
    assert app.service.registry.get(run_id).pid is None
    socket = await produce(reply)
    assert await said(socket) == {"type": "hello", "last": 0}
    socket.write_message(batch_frame(1, [running(run_id), trade(2)]))
    assert await said(socket) == {"type": "ack", "last": 2}
    _, run = await call("GET", "api", "backtesting", run_id)
    assert (run["status"], run["seq"]) == ("running", 2)
    assert run["bytes"] > 0
    socket.write_message(batch_frame(2, [trade(2), complete(run_id)]))
    assert await said(socket) == {"type": "ack", "last": 3}
    # Its candles are the producer's affair: there need be none here.
    status, _ = await call("GET", "api", "backtesting", run_id, "candles")
    assert status == 400
    messages, code = await story(run_id)
    assert code == 1000
    assert [m["type"] for m in messages] == ["connected", "status", "trade", "complete"]
    socket.write_message(batch_frame(4, [trade(4)]))
    refused = await said(socket)
    assert refused["type"] == "refused"
    assert "final message" in refused["error"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": 3}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"symbol": "a\x00b"}, "symbol"),
        ({"timeframes": []}, "timeframes"),
        ({"timeframes": ["1 hour"]}, "timeframes"),
        ({"timeframes": ["1H"] * 21}, "timeframes"),
        ({"initial_capital": 0}, "initial_capital"),
        ({"initial_capital": 1e16}, "initial_capital"),
        ({"pid": "me"}, "pid"),
        ({"strategy_ids": ["x"]}, "strategy_ids"),
    ],
)
async def test_a_wrong_request_is_refused_by_name(call, change, field):
    status, reply = await call("POST", "api", "backtesting", "publish", body=BODY | change)
    assert (status, reply["code"], reply["details"]["field"]) == (400, "invalid_request", field)
    _, listed = await call("GET", "api", "backtesting")
    assert listed["backtests"] == []


async def test_a_token_opens_its_own_stream_only(opened, produce):
    one, other = await opened(), await opened()
    with pytest.raises(HTTPClientError, match="403"):
        await produce(one, token=other["token"])
    with pytest.raises(HTTPClientError, match="403"):
        await produce(one, Origin="http://evil.example")
    assert (await said(await produce(one)))["type"] == "hello"


async def test_only_who_may_execute_opens_a_stream(jp_fetch):
    with pytest.raises(HTTPClientError, match="403"):
        await jp_fetch(
            "api", "backtesting", "publish", method="POST", body=json.dumps(BODY),
            headers={"Authorization": "token wrong", "Content-Type": "application/json"},
        )  # fmt: skip


async def test_who_comes_back_takes_over_from_the_connection_that_was_lost(
    opened, produce, app, call
):
    reply = await opened()
    run_id = reply["backtest_id"]
    first = await produce(reply)
    await said(first)
    first.write_message(batch_frame(1, [running(run_id), trade(2)]))
    await said(first)
    second = await produce(reply)
    assert await said(second) == {"type": "hello", "last": 2}
    assert await said(first) is None
    assert first.close_code == 1008
    second.write_message(batch_frame(3, [trade(3)]))
    assert await said(second) == {"type": "ack", "last": 3}
    # The first's end is no end of the second's.
    assert app.service.producers.connected(run_id)
    status, _ = await call(
        "POST", "api", "backtesting", run_id, "control", body={"action": "pause"}
    )
    assert status == 200
    assert (await said(second))["action"] == "pause"


async def test_a_process_of_this_machine_that_ends_is_missed(opened, story, app):
    child = await asyncio.create_subprocess_exec("sleep", "60")
    started = psutil.Process(child.pid).create_time()
    reply = await opened(pid=child.pid, pid_start=started)
    assert reply["home"] == str(app.service.home)
    run_id = reply["backtest_id"]
    app.service.append(run_id, "kernel", 1, [])
    app.service.supervisor.poll()
    assert app.service.registry.get(run_id).status == "pending"
    # Neither stopping nor deleting ends a process that is not the server's.
    app.service.supervisor.kill(run_id)
    assert child.returncode is None
    child.kill()
    await child.wait()
    await until(lambda: app.service.registry.get(run_id).status == "error")
    messages, _ = await story(run_id)
    assert messages[-1]["extra"]["code"] == "worker_lost"
    assert f"{child.pid} that published" in messages[-1]["data"]["error"]


async def test_a_process_that_is_not_here_has_a_lease(opened, produce, app, story, monkeypatch):
    supervisor = app.service.supervisor
    reply = await opened(pid=os.getpid(), pid_start=1.0)
    assert reply["home"] is None
    run_id = reply["backtest_id"]
    socket = await produce(reply)
    await said(socket)
    monkeypatch.setattr(supervisor, "_started", time.time() - 10_000)
    supervisor.poll()
    assert app.service.registry.get(run_id).status == "pending"
    assert app.service.registry.get(run_id).seen is not None
    socket.close()
    await until(lambda: not app.service.producers.connected(run_id))
    supervisor.poll()
    assert app.service.registry.get(run_id).status == "pending"
    app.service.registry.set_seen(run_id, time.time() - 601)
    supervisor.poll()
    messages, _ = await story(run_id)
    assert "600 s" in messages[-1]["data"]["error"]


def test_the_lease_counts_from_the_last_sign_or_the_servers_start():
    assert not lease_ended(None, 100.0, 700.0, 600.0)
    assert lease_ended(None, 100.0, 701.0, 600.0)
    assert not lease_ended(200.0, 100.0, 800.0, 600.0)
    assert lease_ended(200.0, 100.0, 801.0, 600.0)


async def test_published_runs_take_no_workers_place(opened, produce, call, spec_body, app):
    for _ in range(3):
        reply = await opened()
        socket = await produce(reply)
        await said(socket)
        socket.write_message(batch_frame(1, [running(reply["backtest_id"])]))
        await said(socket)
    _, reply = await call("POST", "api", "backtesting", "start", body=spec_body)
    run_id = reply["backtest_id"]
    await until(lambda: app.service.registry.get(run_id).status == "complete")


async def test_who_publishes_a_run_that_is_deleted_hears_it_at_once(opened, produce, call):
    reply = await opened()
    socket = await produce(reply)
    assert (await said(socket))["type"] == "hello"
    await call("DELETE", "api", "backtesting", reply["backtest_id"])
    assert await said(socket) == {"type": "refused", "error": "the run was deleted"}
    assert await said(socket) is None
    assert (socket.close_code, socket.close_reason) == (1008, "the run was deleted")
    with pytest.raises(HTTPClientError) as refused:
        await produce(reply)
    assert refused.value.code == 410


async def test_a_position_before_the_window_is_answered_by_a_gap(opened, produce, app, connect):
    reply = await opened()
    run_id = reply["backtest_id"]
    socket = await produce(reply)
    await said(socket)
    socket.write_message(batch_frame(1, [trade(n) for n in range(1, 11)]))
    await said(socket)
    app.service.log.trim(run_id, 6)
    epoch = app.service.log.info(run_id).epoch

    async def first(count, **params):
        reader = await connect(run_id, **params)
        return [await said(reader) for _ in range(count)]

    _, gap, message = await first(3, since="2", epoch=epoch)
    assert gap["type"] == "gap"
    assert (gap["data"]["available_from"], gap["data"]["available_to"]) == (6, 10)
    assert message["seq"] == 6
    assert [m.get("seq") for m in await first(3, since="5", epoch=epoch)] == [None, 6, 7]
    assert [m.get("seq") for m in await first(3)] == [None, 6, 7]


async def test_a_reader_that_a_window_has_overtaken_is_told_so(opened, produce, app, connect):
    reply = await opened()
    run_id = reply["backtest_id"]
    socket = await produce(reply)
    await said(socket)
    socket.write_message(batch_frame(1, [trade(n) for n in range(1, 4)]))
    await said(socket)
    # Written to once in two seconds: it is away while the window moves on.
    reader = await connect(run_id, max_rate="0.5")
    assert [(await said(reader)).get("seq") for _ in range(4)] == [None, 1, 2, 3]
    socket.write_message(batch_frame(4, [trade(n) for n in range(4, 11)]))
    await said(socket)
    app.service.log.trim(run_id, 8)
    app.manager._channels[run_id]._tail.clear()  # What is in memory would still be served.
    gap, message = [await said(reader) for _ in range(2)]
    assert gap["type"] == "gap"
    assert (gap["data"]["requested_since"], gap["data"]["available_from"]) == (3, 8)
    assert message["seq"] == 8


async def test_what_is_not_to_be_kept_goes_unless_it_is_followed(opened, produce, app, connect):
    ids = []
    for _ in range(2):
        reply = await opened()
        ids.append(reply["backtest_id"])
        socket = await produce(reply)
        await said(socket)
        socket.write_message(batch_frame(1, [complete(ids[-1])]))
        await said(socket)
    app._retention._keep_bytes = 0
    followed = {ids[0]}
    app._retention._in_use = lambda: followed
    await app.tidy()
    assert [record.id for record in app.service.registry.list()] == [ids[0]]
    assert app._followed() == set()
