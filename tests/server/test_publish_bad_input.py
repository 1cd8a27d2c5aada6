"""What the publish socket refuses: without harm to the log, counted, and without a quote."""

from __future__ import annotations

import contextlib
import json

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClosedError, websocket_connect

TOKEN = "publish-token"
RUN = "the run's own id"
"""Stands for it, where it is not known yet."""


def point(equity, **more):
    data = {
        "backtest_id": RUN,
        "time": "2024-01-15T08:00:00Z",
        "equity": equity,
        "balance": 1.0,
        "drawdown": 0.0,
    }
    return {"type": "equity", "timestamp": "now", "data": data, **more}


STATUS = {
    "type": "status", "timestamp": "now", "data": {"backtest_id": RUN, "status": "running"}
}  # fmt: skip
ENDS = {
    "type": "error", "timestamp": "now", "data": {"error": "e", "details": {}},
    "extra": {"code": "error"},
}  # fmt: skip


POINT = point(1)


def batch(first, *messages):
    return json.dumps({"first": first, "messages": messages})


def of(run_id, frame):
    """Return a frame that speaks of the run."""
    if isinstance(frame, bytes):
        return frame.replace(RUN.encode(), run_id.encode())
    return frame.replace(RUN, run_id)


@pytest.fixture
def run_id(app, spec_body):
    app._poll.stop()  # It would find that the run has no worker.
    app.service.supervisor._max_workers = 0
    run_id = app.service.start(json.dumps(spec_body).encode()).id
    app.service.registry.set_token(run_id, TOKEN)
    return run_id


@pytest.fixture
def publish(http_server_client, jp_http_port, jp_base_url, run_id):
    """Join as the run's producer."""
    sockets = []

    async def join(token=TOKEN, stream=run_id, **headers):
        request = HTTPRequest(
            f"ws://127.0.0.1:{jp_http_port}{jp_base_url}api/ws/publish/{stream}",
            headers={"Authorization": f"Bearer {token}", **headers},
        )
        socket = await websocket_connect(request, max_message_size=1 << 26)
        sockets.append(socket)
        write = socket.write_message
        socket.write_message = lambda frame, **options: write(of(run_id, frame), **options)
        return socket, json.loads(await socket.read_message())

    yield join
    for socket in sockets:
        socket.close()


@pytest.fixture
def told(app, run_id):
    """Return what stands in the log."""
    return lambda: [json.loads(e.wire) for e in app.service.log.read(run_id, 0, 10_000)]


BAD = [
    ("not JSON", "{", "invalid_request"),
    ("no object", "[]", "invalid_request"),
    ("nothing", "", "invalid_request"),
    ("no messages", '{"first":2}', "invalid_request"),
    ("first is text", '{"first":"2","messages":[]}', "invalid_request"),
    ("first is a fraction", '{"first":2.5,"messages":[]}', "invalid_request"),
    ("first is 0", batch(0, point(1)), "invalid_request"),
    ("first is negative", batch(-3, *[point(1)] * 9), "invalid_request"),
    ("first is huge", batch(10**40, point(1)), "out_of_order"),
    ("a number left out", batch(3, point(1)), "out_of_order"),
    ("not a number", batch(2, point(float("nan"))), "invalid_request"),
    ("deep nesting", batch(2)[:-2] + "[" * 50_000, "invalid_request"),
    ("binary", batch(2, point(1)).encode(), "invalid_request"),
]
CONTROL = {
    "type": "control", "timestamp": "now", "data": {"action": "stop", "accepted": True}
}  # fmt: skip
REFUSED = [
    ("a message that is text", "x"),
    ("an unknown type", {**STATUS, "type": "secret"}),
    ("a wrong field", point("secret")),
    ("nothing for a number", point(None)),
    ("a time that is none", {**POINT, "data": {**POINT["data"], "time": "secret"}}),
    ("a control", CONTROL),
    ("another's run", {**POINT, "data": {**POINT["data"], "backtest_id": "secret"}}),
    *(
        (f"the end by a status {status}", {**STATUS, "data": {**STATUS["data"], "status": status}})
        for status in ("complete", "error", "stopped")
    ),
    *(
        (f"a {kind} message", {"type": kind, "timestamp": "now", "data": {}})
        for kind in ("connected", "pong", "gap", "heartbeat", "shutdown", "reset", "replay",
                     "equity_columns")
    ),
]  # fmt: skip


@pytest.mark.parametrize(("frame", "code"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
async def test_a_bad_batch_is_refused_whole(app, publish, told, frame, code, caplog):
    socket, hello = await publish()
    assert hello == {"type": "hello", "last": 0}
    await socket.write_message(batch(1, STATUS))
    assert json.loads(await socket.read_message()) == {"type": "ack", "last": 1}
    await socket.write_message(frame, binary=isinstance(frame, bytes))
    refused = json.loads(await socket.read_message())
    assert refused["type"] == "refused"
    assert refused["error"]
    assert await socket.read_message() is None
    assert socket.close_code == 1008
    assert [m["type"] for m in told()] == ["status"]
    assert app.manager.counters.refused == {code: 1}
    assert app.manager.counters.published == 1
    assert "secret" not in caplog.text
    assert TOKEN not in caplog.text
    # The honest producer comes back and goes on where it was.
    again, hello = await publish()
    assert hello == {"type": "hello", "last": 1}
    await again.write_message(batch(2, point(1)))
    assert json.loads(await again.read_message()) == {"type": "ack", "last": 2}


@pytest.mark.parametrize("message", [r[1] for r in REFUSED], ids=[r[0] for r in REFUSED])
async def test_a_bad_message_ends_the_run_after_the_good_ones(
    app, run_id, publish, told, message, caplog
):
    socket, _ = await publish()
    await socket.write_message(batch(1, STATUS, point(1), message, point(2)))
    refused = json.loads(await socket.read_message())
    assert refused["type"] == "refused"
    assert await socket.read_message() is None
    assert socket.close_code == 1008
    assert [m["type"] for m in told()] == ["status", "equity", "error"]
    assert told()[-1]["extra"]["code"] == "invalid_request"
    assert app.service.registry.get(run_id).status == "error"
    assert app.manager.counters.refused == {"invalid_request": 1}
    assert "secret" not in caplog.text
    again, hello = await publish()
    assert hello == {"type": "hello", "last": 2}
    await again.write_message(batch(3, point(2)))
    assert json.loads(await again.read_message())["type"] == "refused"
    assert len(told()) == 3


async def test_what_follows_the_end_is_refused_and_the_end_stays(app, run_id, publish, told):
    socket, _ = await publish()
    await socket.write_message(batch(1, STATUS, ENDS, point(1)))
    assert "ends the log" in json.loads(await socket.read_message())["error"]
    assert [m["type"] for m in told()] == ["status", "error"]
    assert told()[-1]["data"]["error"] == "e"


async def test_an_oversized_batch_is_refused(publish, told):
    socket, _ = await publish()
    with contextlib.suppress(WebSocketClosedError):  # It need not have taken all of it.
        await socket.write_message(batch(1, point(1)) + " " * (16 << 20))
    assert await socket.read_message() is None
    assert socket.close_code == 1009
    assert told() == []


async def test_repeated_and_overlapping_batches_enter_once(app, publish, told):
    socket, _ = await publish()
    for first, last in ((1, 3), (1, 3), (2, 5), (5, 5), (1, 2), (4, 8)):
        await socket.write_message(batch(first, *map(point, range(first, last + 1))))
        assert json.loads(await socket.read_message())["type"] == "ack"
    assert [m["data"]["equity"] for m in told()] == [*range(1, 9)]
    assert [m["seq"] for m in told()] == [*range(1, 9)]


async def test_numbers_cannot_be_forged(publish, told):
    socket, _ = await publish()
    forged = {"seq": 99, "eseq": 99, "conflated": 99}
    await socket.write_message(batch(1, {**STATUS, **forged}, point(1, **forged)))
    assert json.loads(await socket.read_message())["type"] == "ack"
    status, equity = told()
    assert (status["seq"], status["eseq"], equity["seq"]) == (1, 1, 2)
    assert "eseq" not in equity
    assert "conflated" not in {**status, **equity}


async def test_after_the_final_message_the_log_is_closed(app, run_id, publish, told):
    socket, _ = await publish()
    await socket.write_message(batch(1, STATUS, ENDS))
    await socket.write_message(batch(1, STATUS, ENDS))
    for _ in range(2):
        assert json.loads(await socket.read_message()) == {"type": "ack", "last": 2}
    await socket.write_message(batch(3, point(1)))
    assert json.loads(await socket.read_message())["type"] == "refused"
    assert [m["type"] for m in told()] == ["status", "error"]
    assert app.manager.counters.refused == {"stream_ended": 1}
    assert app.service.registry.get(run_id).status == "error"


async def test_another_streams_token_opens_nothing(app, spec_body, publish, run_id):
    other = app.service.start(json.dumps(spec_body).encode()).id
    app.service.registry.set_token(other, "other-token")
    for token, stream in (("other-token", run_id), (TOKEN, other), ("", run_id)):
        with pytest.raises(HTTPClientError) as caught:
            await publish(token, stream)
        assert caught.value.code == 403
    with pytest.raises(HTTPClientError) as caught:
        await publish(TOKEN, run_id, Origin="http://127.0.0.1")
    assert caught.value.code == 403
