"""Bad input: a clear 4xx body that names field, value and what is allowed; nothing started."""

from __future__ import annotations

import json

import pytest

BAD = [
    ({"symbol": "BTC-UDS"}, "unknown_symbol", "symbol", "BTC-UDS"),
    ({"timeframes": ["7X"]}, "unknown_timeframe", "timeframes", "7X"),
    ({"timeframes": ["5M"]}, "unknown_timeframe", "timeframes", "5M"),
    ({"timeframes": []}, "invalid_request", "timeframes", []),
    ({"strategy_ids": ["strategy9"]}, "unknown_strategy", "strategy_ids", "strategy9"),
    ({"strategy_ids": []}, "invalid_request", "strategy_ids", []),
    ({"strategy_params": {"fsat": 3}}, "unknown_parameter", "strategy_params.fsat", 3),
    ({"end_date": "2023-12-01"}, "invalid_request", "end_date", "2023-12-01"),
    ({"start_date": "soon"}, "invalid_request", "start_date", "soon"),
    ({"initial_capital": -5}, "invalid_request", "initial_capital", -5),
    ({"initial_capital": 0}, "invalid_request", "initial_capital", 0),
    ({"initial_capital": "much"}, "invalid_request", "initial_capital", "much"),
    ({"risk_per_trade": 0}, "invalid_request", "risk_per_trade", 0),
    ({"risk_per_trade": 1.5}, "invalid_request", "risk_per_trade", 1.5),
    ({"commission": -0.1}, "invalid_request", "commission", -0.1),
    ({"speed": 0}, "invalid_request", "speed", 0),
    ({"equity_every": 0}, "invalid_request", "equity_every", 0),
    ({"initial_captial": 5}, "invalid_request", "initial_captial", 5),
]


@pytest.mark.parametrize(("change", "code", "field", "value"), BAD, ids=lambda v: str(v)[:40])
async def test_a_wrong_field_is_named(call, spec_body, change, code, field, value):
    status, reply = await call("POST", "api", "backtesting", "start", body={**spec_body, **change})
    assert status == 400
    assert reply["code"] == code
    assert reply["details"]["field"] == field
    assert reply["details"]["value"] == value
    assert reply["details"]["allowed"]
    assert str(value) in reply["error"] or field in reply["error"]
    _, runs = await call("GET", "api", "backtesting")
    assert runs["backtests"] == []


@pytest.mark.parametrize(
    "raw", ["{", "[]", "null", chr(34) + "x" + chr(34), "", b'{"name": "\xff"}', "[" * 100_000]
)
async def test_a_body_that_is_no_json_object_is_refused(call, raw):
    status, reply = await call("POST", "api", "backtesting", "start", raw=raw)
    assert status == 400
    assert reply["details"]["allowed"] == "a JSON object"


async def test_a_body_not_declared_as_json_is_refused(call, spec_body):
    status, reply = await call(
        "POST", "api", "backtesting", "start",
        body=spec_body, headers={"Content-Type": "text/plain"},
    )  # fmt: skip
    assert status == 415
    assert reply["details"]["value"] == "text/plain"


async def test_a_body_over_the_limit_is_refused(call, spec_body, app):
    app.max_body_bytes = 1000
    body = {**spec_body, "notes": "x" * 2000}
    status, reply = await call("POST", "api", "backtesting", "start", body=body)
    assert status == 413
    assert reply["details"]["allowed"] == 1000


async def test_a_missing_field_is_named(call, spec_body):
    del spec_body["symbol"]
    status, reply = await call("POST", "api", "backtesting", "start", body=spec_body)
    assert (status, reply["details"]["field"]) == (400, "symbol")


@pytest.mark.parametrize("route", [(), ("trades",), ("equity",), ("events",), ("candles",)])
async def test_an_unknown_run_is_not_found(call, route):
    status, reply = await call("GET", "api", "backtesting", "backtest_x", *route)
    assert (status, reply["code"]) == (404, "not_found")


async def test_an_unknown_stream_is_told_and_closed_with_4404(story):
    messages, code = await story("backtest_x")
    assert code == 4404
    assert [message["type"] for message in messages] == ["error"]
    assert "backtest_x" in messages[0]["data"]["error"]


async def test_too_little_data_ends_the_run_with_the_printed_error(call, spec_body, story):
    body = {**spec_body, "start_date": "2020-01-01"}
    status, reply = await call("POST", "api", "backtesting", "start", body=body)
    assert status == 200
    messages, code = await story(reply["backtest_id"])
    assert code == 1000
    assert messages[-1]["type"] == "error"
    assert messages[-1]["data"] == {
        "error": "Insufficient historical data",
        "details": {
            "symbol": "BTC-USD",
            "required_start": "2020-01-01",
            "available_start": "2021-01-01",
        },
    }
    _, run = await call("GET", "api", "backtesting", reply["backtest_id"])
    assert run["status"] == "error"


async def test_a_range_without_any_candle_starts_nothing(call, spec_body, app):
    body = {**spec_body, "start_date": "2030-01-01", "end_date": "2030-06-01"}
    status, reply = await call("POST", "api", "backtesting", "start", body=body)
    assert (status, reply["code"]) == (422, "insufficient_data")
    assert reply["details"]["field"] == "start_date"
    assert reply["details"]["allowed"] == "2021-01-01 to 2024-12-31"
    assert app.service.registry.list() == []


async def test_a_timeframe_named_twice_is_one(call, spec_body):
    body = {**spec_body, "timeframes": ["1H", "1H"]}
    _, reply = await call("POST", "api", "backtesting", "start", body=body)
    _, run = await call("GET", "api", "backtesting", reply["backtest_id"])
    assert run["timeframes"] == ["1H"]
    body = {"name": "own", "timeframes": ["4H", "1H", "4H"]}
    _, reply = await call("POST", "api", "backtesting", "publish", body=body)
    _, run = await call("GET", "api", "backtesting", reply["backtest_id"])
    assert run["timeframes"] == ["4H", "1H"]


@pytest.mark.parametrize(
    "frame", ["{", '{"type":"nope"}', '{"type":"control","action":"jump"}', "[]", b"\x00\x01"]
)
async def test_a_bad_message_is_answered_and_the_stream_goes_on(call, spec_body, connect, frame):
    _, reply = await call("POST", "api", "backtesting", "start", body={**spec_body, "speed": 20})
    run_id = reply["backtest_id"]
    socket = await connect(run_id)
    await socket.write_message(frame, binary=isinstance(frame, bytes))
    await socket.write_message('{"type":"ping"}')
    kinds = []
    while "pong" not in kinds:
        kinds.append(json.loads(await socket.read_message())["type"])
    assert "error" in kinds
    socket.close()
    await call("DELETE", "api", "backtesting", run_id)


async def test_repeated_abuse_closes_with_1008(call, spec_body, connect):
    _, reply = await call("POST", "api", "backtesting", "start", body={**spec_body, "speed": 20})
    run_id = reply["backtest_id"]
    socket = await connect(run_id)
    for _ in range(40):
        await socket.write_message("{")
    while await socket.read_message() is not None:
        pass
    assert socket.close_code == 1008
    await call("DELETE", "api", "backtesting", run_id)
