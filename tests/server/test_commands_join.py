"""What a producer is told when it joins: where it stands, and what it has not obeyed."""

from __future__ import annotations

import asyncio
import json

import pytest
from tornado.httpclient import HTTPClientError

TOKEN = "the-runs-own"


@pytest.fixture
def run_id(app, spec_body):
    """A run that stays pending; the test is its worker."""
    app.service.supervisor._max_workers = 0
    record = app.service.start(json.dumps(spec_body).encode())
    app.service.registry.set_token(record.id, TOKEN)
    return record.id


@pytest.fixture
def join(jp_ws_fetch, run_id):
    async def connect(**params):
        socket = await jp_ws_fetch(
            "api", "ws", "publish", run_id, params=params,
            headers={"Authorization": f"Bearer {TOKEN}"},
        )  # fmt: skip
        return socket, json.loads(await socket.read_message())

    return connect


async def test_commands_come_out_of_the_log_once_and_in_order(call, run_id, join):
    path = ("api", "backtesting", run_id, "control")
    for body in ({"action": "pause"}, {"action": "fly"}, {"action": "step", "value": 3}):
        await call("POST", *path, body=body)
    socket, hello = await join()
    pause = {"type": "command", "action": "pause", "seq": 1}
    step = {"type": "command", "action": "step", "value": 3.0, "seq": 3}
    assert hello == {"type": "hello", "last": 0, "commands": [pause, step]}
    await call("POST", *path, body={"action": "run_until", "until": {"trades": 1}})
    told = json.loads(await asyncio.wait_for(socket.read_message(), 30))
    assert told == {"type": "command", "action": "run_until", "until": {"trades": 1}, "seq": 4}
    socket.close()
    socket, hello = await join(obeyed="3")
    assert hello == {"type": "hello", "last": 0, "commands": [told]}
    socket.close()
    socket, hello = await join(obeyed="4")
    assert hello == {"type": "hello", "last": 0}
    socket.close()


@pytest.mark.parametrize("obeyed", ["-1", "x", "1" * 17, "²"])
async def test_a_position_that_is_none_is_refused(join, obeyed):
    with pytest.raises(HTTPClientError) as refused:
        await join(obeyed=obeyed)
    assert refused.value.code == 400
