"""Two servers over one folder: what one has appended, a client of the other may resume from."""

from __future__ import annotations

import json

import pytest
from markets import until
from session_process import risk

from workbench.messages import Control, ControlData
from workbench.runs.intake import SERVER
from workbench.runs.live_book import STREAM
from workbench.streams import Database, SqliteLog


@pytest.fixture
def other(app):
    """The log as another server of the folder has it."""
    database = Database(app.service.intake.database.path)
    yield SqliteLog(database)
    database.close()


def told(number):
    return risk(f"live_{number}")


async def test_a_position_told_by_this_server_is_never_beyond_its_log(app, other, jp_ws_fetch):
    # So that this server does not happen to look at the log in between.
    app._look.stop()

    async def opened(**params):
        return await jp_ws_fetch("api", "ws", "stream", "live-trading", params=params)

    async def heard(socket):
        await socket.write_message(json.dumps({"type": "ping"}))
        return await until(socket, lambda m: m["type"] == "pong")

    app.service.log.append(STREAM, "here", 1, [told(1), told(2)])
    stays = await opened()
    await heard(stays)
    other.append(STREAM, "there", 1, [told(3), told(4), told(5)])
    comes = await opened(since=1)
    hello, *rest = await until(comes, lambda m: m.get("seq") == 5)
    assert hello["data"]["seq"] == 5
    assert [m["seq"] for m in rest] == [2, 3, 4, 5]
    other.append(STREAM, "there", 4, [told(6)])
    back = await opened(since=6)
    hello, *rest = await heard(back)
    assert hello["data"]["seq"] == 6
    assert [m["type"] for m in rest] == ["pong"]
    for socket in (stays, comes, back):
        socket.close()


async def test_nobody_is_told_what_came_to_nothing(app, call, spec_body):
    _, body = await call("POST", "api", "backtesting", "start", body=spec_body)
    run, service, heard = body["backtest_id"], app.service, []
    service.listen(lambda stream, entries: heard.extend(entries))
    service.say(run, [Control("t", data=ControlData("step", True, 1.0))])
    assert len(heard) == 1
    seq = service.log.info(run).seq

    def failing():
        with service.intake.database.transaction():
            service.say(run, [Control("t", data=ControlData("step", True, 2.0))])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing()
    assert (len(heard), service.log.info(run).seq) == (1, seq)


async def test_what_another_server_was_asked_reaches_the_producer_and_the_readers_here(
    app, other, connect, spec_body
):
    app.service.supervisor._max_workers = 0
    run = app.service.start(json.dumps(spec_body).encode()).id
    handed = []
    app.service.joined(run, lambda command: handed.append(command.action), 0)
    reader = await connect(run)
    await until(reader, lambda m: m["type"] == "connected")
    asked = [Control("t", data=ControlData(action, True)) for action in ("pause", "resume")]
    other.append(run, SERVER, other.position(run, SERVER) + 1, asked[:1])
    await until(reader, lambda m: m["type"] == "control" and m["data"]["action"] == "pause")
    assert handed == ["pause"]
    app._look.stop()
    # Told here before this server has noticed what the other was asked: in the log's order.
    other.append(run, SERVER, other.position(run, SERVER) + 1, asked[1:])
    app.service.say(run, asked[:1])
    assert handed == ["pause", "resume", "pause"]
    app.service.intake.look()
    assert handed == ["pause", "resume", "pause"]
