"""Dead peers, heartbeats, floods and full houses, against a server."""

from __future__ import annotations

import asyncio
import json

import pytest
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from workbench.messages import ControlRequest


@pytest.fixture
def jp_server_config(jp_server_config):
    jp_server_config["WorkbenchApp"].update(
        ping_interval=0.2, ping_timeout=0.2, max_connections_per_stream=3, max_connections=4
    )
    return jp_server_config


@pytest.fixture
def quiet(app, spec_body):
    """Make a run that stays pending."""

    def make():
        app.service.supervisor._max_workers = 0
        return app.service.start(json.dumps(spec_body).encode()).id

    return make


@pytest.fixture
def silent(http_server_client, jp_http_port, jp_base_url, jp_auth_header):
    """Open a socket whose other end reads nothing and answers nothing."""
    writers = []

    async def connect(run_id):
        reader, writer = await asyncio.open_connection("127.0.0.1", jp_http_port)
        writers.append(writer)
        lines = [
            f"GET {jp_base_url}api/ws/stream/backtest/{run_id} HTTP/1.1",
            f"Host: 127.0.0.1:{jp_http_port}", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==", "Sec-WebSocket-Version: 13",
            f"Authorization: {jp_auth_header['Authorization']}", "", "",
        ]  # fmt: skip
        writer.write("\r\n".join(lines).encode())
        assert b" 101 " in await reader.readline()
        return reader

    yield connect
    for writer in writers:
        writer.close()


async def until(condition):
    while not condition():
        await asyncio.sleep(0.01)


async def say(socket, *wanted):
    """Return the next message of these types."""
    while (text := await socket.read_message()) is not None:
        message = json.loads(text)
        if message["type"] in wanted:
            return message
    return None


async def test_who_never_answers_is_dropped_and_who_answers_stays(app, quiet, connect, silent):
    run_id = quiet()
    alive = await connect(run_id)
    dead = await silent(run_id)
    await until(lambda: app.manager.totals()["total"] == 2)
    await asyncio.wait_for(dead.read(), 20)  # To its end: the server has hung up.
    await until(lambda: app.manager.totals()["total"] == 1)
    assert app.manager.counters.closed[1006] == 1
    await alive.write_message('{"type":"ping"}')
    assert (await say(alive, "pong"))["data"] == {}


async def test_a_half_open_peer_does_not_keep_the_channel(app, quiet, silent):
    run_id = quiet()
    await silent(run_id)
    await until(lambda: run_id in app.manager._channels)
    await until(lambda: not app.manager._channels)
    assert not app.sockets
    assert app.manager.counts() == []


async def test_heartbeats_come_while_nothing_else_does(quiet, connect):
    socket = await connect(quiet(), heartbeat="0.1")
    for _ in range(3):
        data = (await say(socket, "heartbeat"))["data"]
        assert data == {"seq": 0, "sent": 0, "lag": 0, "lag_ms": 0, "conflated": 0}


async def test_a_heartbeat_tells_where_the_log_stands(app, call, quiet, connect):
    run_id = quiet()
    socket = await connect(run_id, heartbeat="0.1")
    app.service.control(run_id, ControlRequest("pause"))
    seq = app.service.log.info(run_id).seq
    assert seq > 0
    data = {"seq": 0}
    while data["seq"] < seq or data["lag"]:
        data = (await say(socket, "heartbeat"))["data"]
    assert data["sent"] == seq


async def test_no_heartbeat_without_asking(quiet, connect):
    socket = await connect(quiet())
    await socket.write_message('{"type":"ping"}')
    kinds = [json.loads(await socket.read_message())["type"] for _ in range(2)]
    assert kinds == ["connected", "pong"]


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "soon", "1e9"])
async def test_a_wrong_heartbeat_is_named(quiet, story, value):
    messages, code = await story(quiet(), heartbeat=value)
    assert code == 1008
    assert messages[-1]["data"]["details"]["field"] == "heartbeat"


@pytest.mark.parametrize("flood", ['{"type":"ping"}', "ping", "pong"])
async def test_a_flood_is_told_and_then_closed(app, quiet, connect, flood, caplog):
    socket = await connect(quiet())
    for _ in range(400):
        if flood == "ping":
            socket.ping(b"secret")
        elif flood == "pong":
            socket.protocol._write_frame(True, 0xA, b"secret")
        else:
            await socket.write_message(flood)
    kinds = []
    while (text := await socket.read_message()) is not None:
        kinds.append(json.loads(text))
    assert socket.close_code == 1008
    told = [m for m in kinds if m["type"] == "error"]
    assert {m["extra"]["code"] for m in told} == {"rate_limited"}
    assert len(told) <= 3
    assert app.manager.counters.refused["rate_limited"] >= 100
    assert app.manager.counters.closed[1008] == 1
    assert "secret" not in caplog.text


async def test_a_full_stream_and_a_full_server_say_try_later(app, quiet, connect, story):
    first, second = quiet(), quiet()
    sockets = [await connect(first) for _ in range(3)]
    messages, code = await story(first)
    assert code == 1013
    assert messages[0]["extra"]["code"] == "too_many_connections"
    assert messages[0]["data"]["details"]["allowed"] == 3
    other = await connect(second)
    assert (await say(other, "connected"))["data"]["backtest_id"] == second
    messages, code = await story(second)
    assert (code, messages[0]["data"]["details"]["allowed"]) == (1013, 4)
    sockets[0].close()
    await until(lambda: app.manager.totals()["total"] == 3)
    again = await connect(first)
    assert (await say(again, "connected"))["data"]["backtest_id"] == first
    assert app.manager.counters.refused["too_many_connections"] == 2


async def test_an_unreadable_query_is_told(
    http_server_client, jp_http_port, jp_base_url, jp_auth_header, quiet
):
    request = HTTPRequest(
        f"ws://127.0.0.1:{jp_http_port}{jp_base_url}api/ws/stream/backtest/{quiet()}?since=%ff%fe",
        headers=jp_auth_header,
    )
    socket = await websocket_connect(request)
    assert (await say(socket, "error"))["extra"]["code"] == "invalid_request"
    assert await socket.read_message() is None
    assert socket.close_code == 1008
    socket.close()


@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"control","action":"pause","value":' + "9" * 400 + "}",
        '{"type":"control","action":"speed","value":1e999}',
        '{"type":"ping","data":' + "[" * 20_000 + "]" * 20_000 + "}",
        '{"type":"control"}',
        '{"type":["ping"]}',
        '{"type":"ping","type":"nope"}',
        "NaN",
    ],
    ids=lambda text: text[:50],
)
async def test_odd_json_is_answered_and_the_stream_goes_on(quiet, connect, frame):
    socket = await connect(quiet())
    await socket.write_message(frame)
    await socket.write_message('{"type":"ping"}')
    said = await say(socket, "error", "pong", "control")
    assert said["type"] in ("error", "pong")
    if said["type"] == "error":
        assert len(json.dumps(said)) < 2000
        assert (await say(socket, "pong"))["data"] == {}
