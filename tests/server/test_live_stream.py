"""The one stream of all live sessions, to subscribers of all kinds."""

from __future__ import annotations

import asyncio
import json

import pytest
from contracts import message_problems
from live_calls import ended, stands, started, traded
from markets import once, read, until
from msgspec.structs import replace
from session_process import order, pnl, position, risk

from workbench.messages import Breach


@pytest.fixture(autouse=True)
def _fake(sessions):
    """Every session here is the fake process."""


@pytest.fixture
def trading(jp_ws_fetch):
    """Open the stream; returns the socket."""
    sockets = []

    async def open_stream(**params):
        socket = await jp_ws_fetch("api", "ws", "stream", "live-trading", params=params)
        sockets.append(socket)
        return socket

    yield open_stream
    for socket in sockets:
        socket.close()


@pytest.fixture
def session(call):
    """Start a session and wait for what it begins with; returns its id."""

    async def begin(**change):
        name = (await started(call, **change))["session_id"]
        await stands(call, name, traded)
        return name

    return begin


@pytest.fixture
def say(app):
    """Tell something as a session's process, whatever that itself tells."""

    def tell(name, *messages):
        last = app.service.log.position(name, "worker")
        app.service.publish(name, "worker", last + 1, list(messages))

    return tell


async def quiet(socket):
    """Tell what has come before the answer to a ping."""
    await socket.write_message(json.dumps({"type": "ping"}))
    messages = await until(socket, lambda m: m["type"] == "pong")
    return messages[:-1]


def shown(messages):
    return [
        (m["type"], m["data"].get("position_id", m["data"].get("order_id")))
        for m in messages
        if m["type"] in ("position", "order", "risk", "pnl")
    ]


HELD = [("position", "trade_1"), ("order", "signal_2"), ("risk", None), ("pnl", None)]


async def test_without_sessions_there_is_nothing_but_a_greeting(trading):
    socket = await trading()
    (hello,) = await quiet(socket)
    assert hello["type"] == "connected"
    assert (hello["data"]["seq"], hello["data"]["snapshot"]) == (0, 0)
    assert hello["data"]["sessions"] == {}
    assert "synthetic" not in hello["data"]
    assert message_problems(hello) == []


async def test_the_greeting_says_whose_prices_are_generated(trading, session, app):
    made_up, real = await session(), await session(symbols=["BTC-USD"])
    with app.service.intake.database.transaction() as tx:
        tx.execute("UPDATE runs SET synthetic = 0 WHERE id = ?", (real,))
    known = {made_up: True, real: False}
    cases = [
        ({}, known, None),
        ({"session": made_up}, {made_up: True}, True),
        ({"session": real}, {real: False}, False),
        ({"symbols": "eth/usd"}, {made_up: True}, True),
        ({"symbols": "BTC-USD"}, known, None),
    ]
    for asked, sessions, synthetic in cases:
        hello = await read(await trading(**asked))
        assert hello["data"]["sessions"] == sessions
        assert hello["data"].get("synthetic") == synthetic
        assert message_problems(hello) == []


async def test_who_comes_is_told_what_holds_and_then_what_happens(trading, session, call):
    name = await session()
    socket = await trading()
    hello, *told = await quiet(socket)
    assert shown(told) == HELD
    assert hello["data"]["snapshot"] == hello["data"]["seq"] >= told[-1]["seq"]
    assert [m["seq"] for m in told] == sorted({m["seq"] for m in told})
    assert all(m["data"]["session"] == name for m in told)
    assert told[0]["data"]["event"] == "modify"
    await call("POST", "api", "live-trading", name, "flatten")
    later = await until(socket, lambda m: m["type"] == "risk")
    assert shown(later) == [("order", "signal_2"), ("position", "trade_1"), ("risk", None)]
    seqs = [m["seq"] for m in later]
    assert seqs == list(range(hello["data"]["seq"] + 1, seqs[-1] + 1))
    assert later[0]["eseq"] == hello["data"]["eseq"] + 1
    for message in [hello, *told, *later]:
        assert message_problems(message) == []
    again = await trading()
    assert shown(await quiet(again)) == [("pnl", None), ("risk", None)]


async def test_who_comes_back_is_told_every_event_once(trading, session, say):
    name = await session()
    socket = await trading()
    hello = (await quiet(socket))[0]["data"]
    socket.close()
    say(name, *(order(name, "BTC-USD", n, "new") for n in (7, 8)),
        *(position(name, "BTC-USD", 1, "modify", 100.0 + n) for n in range(5)),
        order(name, "BTC-USD", 7, "filled"))  # fmt: skip
    back = await trading(since=hello["seq"], epoch=hello["epoch"])
    _, *told = await quiet(back)
    assert shown(told) == [("order", "signal_7"), ("order", "signal_8"),
                           ("position", "trade_1"), ("order", "signal_7")]  # fmt: skip
    assert told[2]["conflated"] == 4
    assert [m["eseq"] for m in told if "eseq" in m] == [hello["eseq"] + n for n in (1, 2, 3)]
    start = await trading(since=0, epoch=hello["epoch"])
    everything = await quiet(start)
    assert [m["eseq"] for m in everything if "eseq" in m] == list(range(1, hello["eseq"] + 4))
    now = await trading(**{"from": "now"})
    (greeting,) = await quiet(now)
    assert greeting["data"]["snapshot"] == greeting["data"]["seq"]


async def test_a_position_of_another_log_is_a_gap_and_then_what_holds(trading, session):
    await session()
    for params in ({"since": 3, "epoch": "other"}, {"since": 1000}):
        socket = await trading(**params)
        hello, gap, *told = await quiet(socket)
        assert (gap["type"], gap["data"]["available_to"]) == ("gap", hello["data"]["seq"])
        assert shown(told) == HELD
        assert hello["data"]["snapshot"] == hello["data"]["seq"]


async def test_what_is_not_kept_any_more_is_a_gap_and_the_rest_is_told(trading, session, app, say):
    name = await session()
    with app.service.intake.database.transaction() as tx:
        tx.execute("UPDATE streams SET keep = 100 WHERE id = 'live-trading'")
    app.service.log._forget()
    for number in range(10, 160):
        say(name, order(name, "BTC-USD", number, "rejected"))
    info = app.service.log.info("live-trading")
    assert info.first_seq > 20
    socket = await trading(since=2, epoch=info.epoch)
    hello, gap, *told = await quiet(socket)
    assert gap["type"] == "gap"
    assert hello["data"]["snapshot"] == info.first_seq - 1
    assert shown(told[:4]) == HELD
    assert [m["seq"] for m in told[4:]] == list(range(info.first_seq, info.seq + 1))


async def test_symbols_and_sessions_are_chosen_on_the_server(trading, session, say):
    both, one = await session(), await session(symbols=["EUR-USD"])
    cases = [
        ({"symbols": "btc/usd"}, both, [HELD[0], *HELD[2:]]),
        ({"symbols": "ETH-USD"}, both, HELD[1:]),
        ({"symbols": "EUR-USD"}, one, HELD),
        ({"symbols": "BTC-USD,EUR-USD", "session": one}, one, HELD),
        ({"session": both}, both, HELD),
        ({"session": both, "types": "order,pnl"}, both, [HELD[1], HELD[3]]),
    ]
    sockets = []
    for params, name, wanted in cases:
        socket = await trading(**params)
        _, *told = await quiet(socket)
        assert shown(told) == wanted, params
        assert {m["data"]["session"] for m in told} == {name}, params
        sockets.append(socket)
    nobody = await trading(symbols="SOL-USD")
    assert len(await quiet(nobody)) == 1
    for name, symbol in ((both, "BTC-USD"), (one, "EUR-USD")):
        say(name, order(name, symbol, 9, "new"), risk(name, equity=5.0), pnl(name, 5.0))
    news = [("order", "signal_9"), ("risk", None), ("pnl", None)]
    await until(await trading(), lambda m: m["type"] == "pnl" and m["data"]["equity"] == 5.0)
    for socket, wanted in zip(sockets, (news, news[1:], news, news, news, news[::2]), strict=True):
        assert shown(await until(socket, lambda m: m["type"] == "pnl")) == wanted


async def test_batches_hold_the_snapshot_too(trading, session):
    await session()
    socket = await trading(batch=1)
    assert (await read(socket))["type"] == "connected"
    assert shown(await read(socket)) == HELD


async def test_a_session_that_has_ended_holds_nothing(trading, session, call):
    name, other = await session(), await session()
    await call("POST", "api", "live-trading", name, "stop")
    await stands(call, name, ended)
    _, *told = await quiet(await trading())
    assert {m["data"]["session"] for m in told} == {other}


async def test_a_breach_is_told_and_not_told_again(trading, session, say):
    name = await session()
    socket = await trading()
    await quiet(socket)
    told = risk(name)
    told.data = replace(told.data, breach=Breach("max_drawdown", 0.2, 0.1, "reject", "too deep"))
    say(name, told)
    (message,) = await until(socket, lambda m: m["type"] == "risk")
    assert message["data"]["breach"]["limit"] == "max_drawdown"
    assert "eseq" in message
    _, *held = await quiet(await trading())
    assert [m["data"].get("breach") for m in held if m["type"] == "risk"] == [None]


async def test_sessions_are_controlled_over_the_socket(trading, session, call):
    name = await session()
    socket = await trading()
    await quiet(socket)

    async def ask(**fields):
        await socket.write_message(json.dumps({"type": "control"} | fields))

    await ask(action="flatten")
    (error,) = await until(socket, lambda m: m["type"] == "error")
    assert "session is missing" in error["data"]["error"]
    await ask(action="flatten", session="live_19990101_000000")
    (error,) = await until(socket, lambda m: m["type"] == "error")
    assert error["extra"]["code"] == "not_found"
    await ask(action="step", session=name)
    (error,) = await until(socket, lambda m: m["type"] == "error")
    assert "pause_entries" in error["data"]["error"]
    await ask(action="pause_entries", session=name)
    (told,) = await until(socket, lambda m: m["type"] == "risk")
    assert told["data"]["entries"] == "paused"
    await ask(action="stop", session=name)
    await stands(call, name, ended)


async def test_who_may_only_read_controls_nothing(trading, session, app, monkeypatch):
    name = await session()
    socket = await trading()
    await quiet(socket)
    allows = app.serverapp.authorizer.is_authorized
    monkeypatch.setattr(
        app.serverapp.authorizer, "is_authorized",
        lambda handler, user, action, resource: action == "read"
        and allows(handler, user, action, resource),
    )  # fmt: skip
    await socket.write_message(
        json.dumps({"type": "control", "action": "flatten", "session": name})
    )
    (error,) = await until(socket, lambda m: m["type"] == "error")
    assert error["extra"]["code"] == "not_allowed"
    assert app.service.log.find(name, "control", 0) == []


async def test_what_cannot_be_asked_for_is_refused(trading):
    for field, value in (("symbols", "BTC USD"), ("replay", "1"), ("types", "x")):
        socket = await trading(**{field: value})
        error = await read(socket)
        assert error["data"]["details"]["field"] == field
        assert await asyncio.wait_for(socket.read_message(), 20) is None
        assert socket.close_code == 1008


async def test_a_control_of_a_run_names_no_session(session, connect):
    name = await session()
    socket = await connect(name)
    await socket.write_message(
        json.dumps({"type": "control", "action": "stop", "session": "live_1"})
    )
    messages = await until(socket, lambda m: m["type"] == "error")
    assert "session" in messages[-1]["data"]["error"]


async def test_a_reader_that_is_behind_gets_states_once(trading, session, say, app):
    name = await session()
    socket = await trading(max_rate=1)
    await once(lambda: app.manager.subscribers("live-trading") == 1)
    say(name, position(name, "BTC-USD", 2, "open"))
    for number in range(200):
        say(name, position(name, "BTC-USD", 2, "modify", 100.0 + number))
    say(name, position(name, "BTC-USD", 2, "close"))
    say(name, order(name, "BTC-USD", 9, "new"))
    messages = await until(
        socket, lambda m: m["type"] == "order" and m["data"]["order_id"] == "signal_9"
    )
    told = [m["data"]["event"] for m in messages if m["data"].get("position_id") == "trade_2"]
    assert (told[0], told[-1]) == ("open", "close")
    assert set(told[1:-1]) <= {"modify"}
    assert len(told) < 12
