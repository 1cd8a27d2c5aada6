"""The contract as served, and what the server really says held against it."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest
from bodies import SPEC_BODY
from contracts import message_problems, problems
from live_calls import stands, traded
from markets import once
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from workbench.contract import examples, files, live_examples, market_examples
from workbench.contract.operations import OPERATIONS
from workbench.contract.replies import ErrorBody

SERVED = {
    "schemas.json": "application/json",
    "asyncapi.json": "application/json",
    "openapi.json": "application/json",
    "docs": "text/html",
}


async def test_the_files_are_served(jp_fetch, jp_base_url, http_server_port):
    for name, media in SERVED.items():
        reply = await jp_fetch("api", "workbench", name)
        assert reply.headers["Content-Type"].startswith(media), name
        file = "index.html" if name == "docs" else name
        host = f"127.0.0.1:{http_server_port[-1]}"
        assert reply.body == files.served(file, host, jp_base_url, secure=False), name
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "allow-same-origin" not in policy


async def test_their_address_is_the_one_they_were_asked_at(jp_fetch):
    described = {}
    for name in ("openapi.json", "asyncapi.json"):
        reply = await jp_fetch("api", "workbench", name)
        described[name] = json.loads(reply.body)["servers"]
    (server,) = described["openapi.json"]
    stream = described["asyncapi.json"]["jupyter"]
    assert server["url"] == f"http://{stream['host']}{stream['pathname']}"
    # It leads here: below the base URL, to what asks for a token.
    with pytest.raises(HTTPClientError) as refused:
        await AsyncHTTPClient().fetch(f"{server['url']}/api/backtesting")
    assert refused.value.code == 403


async def test_the_files_need_a_token(http_server_client, jp_base_url):
    for name in SERVED:
        with pytest.raises(HTTPClientError) as refused:
            await http_server_client.fetch(f"{jp_base_url}api/workbench/{name}")
        assert refused.value.code == 403, name


@pytest.fixture
def finished(call, story):
    """Start a run and wait for its end; return the start's reply."""

    async def run():
        _, reply = await call("POST", "api", "backtesting", "start", body=SPEC_BODY)
        await story(reply["backtest_id"])
        return reply

    return run


def places(path, run_id, feed="BTC-USD", session="live_of_nobody"):
    """Return the parts of an address."""
    return path.format(backtest_id=run_id, name=feed, session_id=session).strip("/").split("/")


async def session_started(call):
    """Start a session and wait for what it tells; return the start's reply."""
    _, reply = await call("POST", "api", "live-trading", "start", body=live_examples.START)
    await stands(call, reply["session_id"], traded)
    return reply


async def test_every_reply_is_as_described(finished, call, story, feeds, sessions):
    start = await finished()
    run_id = start["backtest_id"]
    replies = {"startRun": start}
    market = ("POST", "api", "market-data")
    _, replies["startFeed"] = await call(*market, "start", body=market_examples.START)
    await once(lambda: feeds.book.get("BTC-USD").closed.get("15M"))
    _, replies["stopFeed"] = await call(*market, "BTC-USD", "stop")
    _, paced = await call("POST", "api", "backtesting", "start", body={**SPEC_BODY, "speed": 20})
    control = ("POST", "api", "backtesting", paced["backtest_id"], "control")
    _, replies["controlRun"] = await call(*control, body={"action": "pause"})
    await call(*control, body={"action": "stop"})
    own = ("POST", "api", "backtesting", "publish")
    _, replies["publishRun"] = await call(*own, body=examples.PUBLISH)
    sweep = {**SPEC_BODY, "strategy_ids": ["sma_cross"], "sweep": {"space": {"fast": [5, 8]}}}
    _, swept = await call("POST", "api", "backtesting", "start", body=sweep)
    await story(swept["backtest_id"])
    opening = ("POST", "api", "backtesting", swept["backtest_id"], "open")
    _, replies["openCombination"] = await call(*opening, body={"params": {"fast": 5}})
    _, swept = await call("POST", "api", "backtesting", "start", body=sweep)
    ended = ("POST", "api", "backtesting", swept["backtest_id"])
    await call(*ended, "control", body={"action": "stop"})
    await story(swept["backtest_id"])
    _, replies["resumeSweep"] = await call(*ended, "resume", body={})
    replies["startSession"] = await session_started(call)
    session = replies["startSession"]["session_id"]
    _, replies["flattenAll"] = await call("POST", "api", "live-trading", "flatten")
    for name, action in (("flattenSession", "flatten"), ("pauseEntries", "pause_entries"),
                         ("resumeEntries", "resume_entries")):  # fmt: skip
        _, replies[name] = await call("POST", "api", "live-trading", session, action)
    for operation in OPERATIONS:
        if operation.method == "GET" and operation.reply is not None:
            path = places(operation.path, run_id, session=session)
            status, replies[operation.id] = await call("GET", *path)
            assert status == operation.status, operation.id
    _, replies["stopSession"] = await call("POST", "api", "live-trading", session, "stop")
    described = {each.id: each.reply for each in OPERATIONS if each.reply is not None}
    assert replies.keys() == described.keys(), "fetch the reply of the new operation here"
    for name, reply in replies.items():
        kind = described[name]
        assert problems(kind.__name__, reply) == [], name
        # What the struct does not know would be lost here.
        again = msgspec.to_builtins(msgspec.convert(reply, kind))
        assert again == reply, f"{kind.__name__} in workbench/contract/replies.py lacks a field"


async def test_parameters_are_taken_as_described(call, feeds, sessions):
    await call("POST", "api", "market-data", "start", body=market_examples.START)
    _, reply = await call("POST", "api", "backtesting", "start", body=SPEC_BODY)
    run_id = reply["backtest_id"]
    for operation in OPERATIONS:
        path = places(operation.path, run_id)
        for each in operation.query:
            for key in ("example", "minimum", "default"):
                value = each.example if key == "example" else each.schema.get(key, "")
                if value != "":
                    status, _ = await call("GET", *path, params={each.name: str(value)})
                    assert status == 200, (operation.id, each.name, value)
            if "minimum" in each.schema:
                low = each.schema["minimum"] - 1
                status, _ = await call("GET", *path, params={each.name: str(low)})
                assert status == 400, (operation.id, each.name, low)


async def test_refusals_are_as_described(finished, call, feeds, sessions):
    await call("POST", "api", "market-data", "start", body=market_examples.START)
    run_id = (await finished())["backtest_id"]
    run = ("api", "backtesting", run_id)
    unknown = ("api", "backtesting", "backtest_of_nobody")
    plain = {"Content-Type": "text/plain"}
    nobody = {"Authorization": "token wrong"}
    refusals = [
        ("startRun", "POST", ("api", "backtesting", "start"), {"body": {}}, 400),
        ("startRun", "POST", ("api", "backtesting", "start"), {"raw": "{", "headers": plain}, 415),
        ("startRun", "POST", ("api", "backtesting", "start"), {"raw": " " * 5_000_000}, 413),
        ("controlRun", "POST", (*run, "control"), {"body": {"action": 5}}, 400),
        ("controlRun", "POST", (*run, "control"), {"body": {"action": "pause"}}, 409),
        ("listRuns", "GET", ("api", "backtesting"), {"params": {"limit": "0"}}, 400),
        ("getEvents", "GET", (*run, "events"), {"params": {"types": "nonsense"}}, 400),
        ("getCandles", "GET", (*run, "candles"), {"params": {"timeframe": "7H"}}, 400),
        ("deleteRun", "DELETE", unknown, {}, 404),
        ("deleteFeed", "DELETE", ("api", "market-data", "NO-FEED"), {}, 404),
        ("stopFeed", "POST", ("api", "market-data", "NO-FEED", "stop"), {}, 404),
        ("startFeed", "POST", ("api", "market-data", "start"), {"body": {}}, 400),
        ("startFeed", "POST", ("api", "market-data", "start"),
         {"body": {**market_examples.START, "seed": 5}}, 409),
        ("startSession", "POST", ("api", "live-trading", "start"), {"body": {}}, 400),
        ("startSession", "POST", ("api", "live-trading", "start"),
         {"body": {**live_examples.START, "broker": "exchange", "exchange": "binance"}}, 403),
        *(
            (each.id, each.method, places(each.path, run_id), {}, 404)
            for each in OPERATIONS
            if "{session_id}" in each.path
        ),
        ("getFeedCandles", "GET", ("api", "market-data", "BTC-USD", "candles"),
         {"params": {"timeframe": "7H"}}, 400),
        *(
            (each.id, each.method,
             places(each.path, unknown[-1], "NO-FEED"), {}, 404)
            for each in OPERATIONS
            if each.method == "GET" and "{" in each.path
        ),
        *(
            (each.id, "GET", places(each.path, run_id),
             {"headers": nobody}, 403)
            for each in OPERATIONS
            if each.method == "GET"
        ),
    ]  # fmt: skip
    described = json.loads(files.content("openapi.json"))["paths"]
    told = {
        operation["operationId"]: operation["responses"]
        for methods in described.values()
        for name, operation in methods.items()
        if name != "parameters"
    }
    for name, method, parts, options, expected in refusals:
        status, body = await call(method, *parts, **options)
        assert status == expected, (name, body)
        assert problems("ErrorBody", body) == []
        code = msgspec.convert(body, ErrorBody, strict=True).code
        assert code in told[name][str(status)]["x-error-codes"], name


async def test_a_recorded_stream_validates(call, connect, story):
    body = {**SPEC_BODY, "speed": 200, "progress_every": 10, "equity_every": 10}
    _, reply = await call("POST", "api", "backtesting", "start", body=body)
    run_id = reply["backtest_id"]
    socket = await connect(run_id)
    heard = []

    async def until(kind):
        """Read on; `heard` then ends with a message of this type that is new."""
        heard.append(await read())
        while heard[-1]["type"] != kind:
            heard.append(await read())

    async def read():
        return json.loads(await asyncio.wait_for(socket.read_message(), 60))

    await until("progress")
    for said, answer in (
        ('{"type": "ping"}', "pong"),
        ('{"type": "nonsense"}', "error"),
        ('{"type": "control", "action": "pause"}', "control"),
        ('{"type": "control", "action": "step", "value": 5}', "control"),
        ('{"type": "control", "action": "speed", "value": 0}', "control"),
        ('{"type": "control", "action": "resume"}', "control"),
    ):
        socket.write_message(said)
        await until(answer)
    await until("complete")
    for params in ({"since": 5, "epoch": "another"}, {"format": "columns"}):
        messages, _ = await story(run_id, **params)
        heard += messages
    socket = await connect(run_id, replay="1", heartbeat="0.1")
    await until("complete")
    await until("heartbeat")
    socket.write_message('{"type": "control", "action": "seek", "to": {"seq": 5}}')
    await until("reset")
    await until("replay")
    assert {message["type"] for message in heard} >= {
        "connected", "pong", "gap", "equity_columns", "progress", "trade", "equity", "metrics",
        "complete", "error", "status", "control", "heartbeat", "replay", "reset",
    }  # fmt: skip
    for message in heard:
        assert message_problems(message) == []


async def test_an_unknown_stream_is_answered_in_the_contracts_words(connect):
    socket = await connect("backtest_of_nobody")
    message = json.loads(await socket.read_message())
    assert message_problems(message) == []
    assert await socket.read_message() is None
    assert socket.close_code == 4404
