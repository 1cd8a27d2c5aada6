"""The contract as printed: the start reply, the stream's messages, the status route."""

from __future__ import annotations

import asyncio
import json
import re

from workbench.messages import decode


async def test_the_printed_request_gets_the_printed_reply(call, spec_body, jp_http_port):
    status, reply = await call("POST", "api", "backtesting", "start", body=spec_body)
    assert status == 200
    run_id = reply["backtest_id"]
    assert re.fullmatch(r"backtest_\d{8}_\d{6}", run_id)
    assert reply["status"] == "pending"
    assert reply["streaming"] is True
    assert reply["stream_url"].startswith("ws://")
    assert reply["stream_url"].endswith(f"/api/ws/stream/backtest/{run_id}")
    assert f":{jp_http_port}/a%40b/" in reply["stream_url"]
    assert reply["message"] == (
        "Backtest 'Test Backtest' queued. Connect to WebSocket for real-time updates."
    )
    assert reply["synthetic"] is True


async def test_a_plain_client_gets_the_whole_story_in_order(call, spec_body, story):
    _, reply = await call("POST", "api", "backtesting", "start", body=spec_body)
    messages, code = await story(reply["backtest_id"])
    assert code == 1000
    assert messages[0]["type"] == "connected"
    assert messages[0]["data"]["message"] == "Connected to backtest stream"
    assert messages[0]["data"]["synthetic"] is True
    assert messages[-1]["type"] == "complete"
    kinds = {message["type"] for message in messages}
    assert {"status", "trade", "equity", "progress", "metrics", "complete"} <= kinds
    seqs = [message["seq"] for message in messages[1:]]
    assert seqs == sorted(set(seqs))
    eseqs = [message["eseq"] for message in messages[1:] if "eseq" in message]
    assert eseqs == list(range(1, len(eseqs) + 1))
    for message in messages:
        decode(json.dumps(message))


async def test_late_readers_get_the_same_events_and_curve(call, spec_body, story):
    _, reply = await call("POST", "api", "backtesting", "start", body=spec_body)
    run_id = reply["backtest_id"]
    live, _ = await story(run_id)
    late, code = await story(run_id)
    assert code == 1000

    def kept(messages):
        return [m for m in messages if m["type"] in ("status", "trade", "equity", "complete")]

    assert kept(late) == kept(live)
    assert [m["type"] for m in late].count("progress") == 1


def told(messages):
    """The messages without what was merged into them for this one reader."""
    return [{k: v for k, v in message.items() if k != "conflated"} for message in messages]


async def test_resuming_gives_exactly_the_rest(call, spec_body, story):
    _, reply = await call("POST", "api", "backtesting", "start", body=spec_body)
    run_id = reply["backtest_id"]
    whole, _ = await story(run_id)
    whole, _ = await story(run_id)
    epoch = whole[0]["data"]["epoch"]
    for cut in (1, 2, len(whole) // 2, len(whole) - 2):
        rest, _ = await story(run_id, since=whole[cut]["seq"], epoch=epoch)
        assert told(rest[1:]) == told(whole[cut + 1 :])


async def test_a_position_that_cannot_be_served_is_answered_by_gap(call, spec_body, story):
    _, reply = await call("POST", "api", "backtesting", "start", body=spec_body)
    run_id = reply["backtest_id"]
    whole, _ = await story(run_id)
    whole, _ = await story(run_id)
    for wrong in ({"since": 5, "epoch": "another"}, {"since": 10**9}):
        messages, _ = await story(run_id, **wrong)
        assert messages[1]["type"] == "gap"
        assert messages[1]["data"]["requested_since"] == wrong["since"]
        assert messages[2:] == whole[1:]


async def test_status_counts_connections_as_printed(call, spec_body, connect, story):
    body = {**spec_body, "speed": 50}
    _, reply = await call("POST", "api", "backtesting", "start", body=body)
    run_id = reply["backtest_id"]
    sockets = [await connect(run_id) for _ in range(3)]
    for socket in sockets:
        await socket.read_message()
    _, status = await call("GET", "api", "ws", "stream", "status")
    assert list(status) == ["timestamp", "active_connections", "streams"]
    assert status["active_connections"] == {
        "backtest": 3, "live_trading": 0, "market_data": 0, "total": 3,
    }  # fmt: skip
    assert status["streams"] == [{"type": "backtest", "id": run_id, "connections": 3}]
    for socket in sockets:
        socket.close()
    while status["active_connections"]["total"]:
        await asyncio.sleep(0.02)
        _, status = await call("GET", "api", "ws", "stream", "status")
    assert status["streams"] == []
    await call("POST", "api", "backtesting", run_id, "control", body={"action": "stop"})
    messages, _ = await story(run_id)
    assert messages[-1]["type"] == "complete"
    assert messages[-1]["extra"]["status"] == "stopped"
