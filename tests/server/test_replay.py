"""A finished run plays again: real sockets, a small log written straight into the state file."""

from __future__ import annotations

import asyncio
import json

import pytest
from jupyter_server.auth.authorizer import Authorizer
from msgspec import UNSET
from workbench_server import replay_session

from workbench.messages import (
    Complete,
    CompleteData,
    CompleteExtra,
    EntryData,
    Equity,
    EquityData,
    EquityExtra,
    ExitData,
    FinalMetrics,
    Metrics,
    MetricsData,
    Progress,
    ProgressData,
    ProgressExtra,
    ProgressMetrics,
    Reasoning,
    Status,
    StatusData,
    Trade,
    TradeExtra,
    decode,
    decode_frame,
    iso_time,
)
from workbench.runs.spec import RunSpec

STEP_MS = 900_000
START_MS = 1_704_067_200_000
BARS = 20
STATES = ("metrics", "progress")


def at(bar: int) -> str:
    return iso_time(START_MS + bar * STEP_MS)


def entry(number: int, bar: int) -> Trade:
    why = Reasoning("enter_long", 0.5, "because")
    data = EntryData(f"trade_{number}", "BTC-USD", "long", 100.0 + bar, at(bar), 1.0, None, [], why)
    return Trade("t", data=data, extra=TradeExtra(1.0, 1.0, 0.0, "s", bar))


def leave(number: int, bar: int, entered: int) -> Trade:
    data = ExitData(
        f"trade_{number}", "BTC-USD", "long", 100.0, at(entered), 101.0, at(bar), "target",
        1.0, 1.0, 1.0, 0.0,
    )  # fmt: skip
    return Trade("t", data=data, extra=TradeExtra(1.0, 0.0, 0.0, "s", bar))


def messages(run_id: str) -> list:
    """A candle has an equity point, every fifth metrics and progress; two trades."""
    trades = {3: entry(1, 3), 7: leave(1, 7, 3), 12: entry(2, 12), 15: leave(2, 15, 12)}
    story: list = [Status("t", data=StatusData(run_id, "running"))]
    for bar in range(BARS):
        if bar in trades:
            story.append(trades[bar])
        data = EquityData(run_id, at(bar), 100.0 + bar, 100.0, 0.0)
        story.append(Equity("t", data=data, extra=EquityExtra(bar)))
        if bar % 5 == 4:
            story.append(Metrics("t", data=MetricsData(run_id, bar, 0, 0.0, 0.0, 0.0, 0.0)))
            account = ProgressMetrics(100.0, 0, 0, 0, 0.0, 0.0)
            done = ProgressData(run_id, 100 * (bar + 1) / BARS, at(bar), account)
            story.append(Progress("t", data=done, extra=ProgressExtra(bar + 1, BARS)))
    final = FinalMetrics(2, 2, 0, *[0.0] * 10)
    extra = CompleteExtra("complete", BARS, 119.0)
    return [*story, Complete("t", data=CompleteData(run_id, final), extra=extra)]


@pytest.fixture
def make(app):
    """Write a run into the state file; finished, unless told otherwise."""

    def write(count: int | None = None) -> str:
        spec = RunSpec(
            symbol="BTC-USD", timeframes=["1H", "15M"], start_date="2024-01-01",
            end_date="2024-01-02", strategy_ids=["strategy1"],
        )  # fmt: skip
        record = app.service.registry.create(spec, source="sample", synthetic=True)
        app.service.log.create(record.id, "backtest")
        app.service.append(record.id, "worker", 1, messages(record.id)[:count])
        return record.id

    return write


@pytest.fixture
def log(app):
    """Return a run's log, as text."""
    return lambda run_id: [e.wire.decode() for e in app.service.log.read(run_id, 0, 10**6)]


@pytest.fixture
def replay(connect):
    """Open a replay; a small client of it."""

    async def open_replay(run_id, **params):
        return Client(await connect(run_id, replay="1", **params))

    return open_replay


class Client:
    """Sends controls, and reads up to the state of the replay that follows them."""

    def __init__(self, socket) -> None:
        self.socket = socket

    async def read(self) -> str:
        return await asyncio.wait_for(self.socket.read_message(), 30)

    async def until(self, *states) -> list[str]:
        """Return what comes, up to a `replay` message in one of the states."""
        told = []
        while True:
            told.append(await self.read())
            for message in decode_frame(told[-1]):
                if message.type == "replay" and message.data.state in states:
                    return told

    async def ask(self, action, **fields) -> list[dict]:
        await self.socket.write_message(json.dumps({"type": "control", "action": action, **fields}))
        told = [json.loads(await self.read())]
        while told[0]["type"] != "control":
            told = [json.loads(await self.read())]
        while told[-1]["type"] != "replay":
            told.append(json.loads(await self.read()))
        return told

    async def close_code(self) -> int:
        while await self.read() is not None:
            pass
        return self.socket.close_code


def of_log(texts: list[str]) -> list[str]:
    return [text for text in texts if '"seq"' in text and json.loads(text).get("seq")]


def fold(told: list[dict]) -> tuple[list[dict], dict[str, dict]]:
    """What a reader holds after its last reset; how much was merged away is another matter."""
    kept: list[dict] = []
    states: dict[str, dict] = {}
    for message in ({k: v for k, v in m.items() if k != "conflated"} for m in told):
        if message["type"] == "reset":
            kept, states = [], {}
        elif message["type"] in STATES:
            states[message["type"]] = message
        elif "seq" in message:
            kept.append(message)
    return kept, states


async def test_the_whole_log_comes_verbatim_and_the_socket_stays_open(make, replay, log):
    run_id = make()
    client = await replay(run_id)
    told = await client.until("ended")
    kinds = [json.loads(text)["type"] for text in told]
    assert kinds[:2] == ["connected", "replay"]
    assert kinds.count("connected") == 1
    assert of_log(told) == log(run_id)
    first, last = (json.loads(text)["data"] for text in (told[1], told[-1]))
    assert first == {
        "state": "playing", "seq": 0, "last_seq": len(log(run_id)), "time": at(0),
        "start": at(0), "end": at(BARS - 1), "speed": None,
    }  # fmt: skip
    assert last == {**first, "state": "ended", "seq": len(log(run_id)), "time": at(BARS - 1)}
    await client.socket.write_message('{"type":"ping"}')
    assert json.loads(await client.read())["type"] == "pong"


async def test_payloads_equal_those_of_the_live_stream(call, spec_body, story, replay):
    _, reply = await call("POST", "api", "backtesting", "start", body=spec_body)
    live, _ = await story(reply["backtest_id"])
    told = await (await replay(reply["backtest_id"], speed="1e6")).until("ended")
    again = {message["seq"]: message for message in map(json.loads, of_log(told))}
    assert list(again) == list(range(1, json.loads(told[-1])["data"]["last_seq"] + 1))
    for message in live[1:]:
        message.pop("conflated", None)
        assert again[message["seq"]] == message


@pytest.mark.parametrize("speed", ["2000", "1800000x"])
async def test_a_paced_replay_tells_everything_and_ends(make, replay, log, speed):
    run_id = make()
    told = await (await replay(run_id, speed=speed)).until("ended")
    assert of_log(told) == log(run_id)


async def test_stepping_forward_and_back(make, replay, log):
    run_id = make()
    client = await replay(run_id, speed="0.001")
    opening = await client.until("playing")
    assert json.loads(opening[-1])["data"]["speed"] == 0.001
    told = await client.ask("step", value=6)
    whole = [json.loads(text) for text in log(run_id)]
    assert told[0]["data"] == {"action": "step", "accepted": True, "value": 6.0}
    assert "seq" not in told[0]
    assert [m for m in told if "seq" in m] == whole[1:10]
    assert whole[9]["extra"]["bar"] == 5
    assert told[-1]["data"]["state"] == "paused"
    assert told[-1]["data"]["time"] == at(5)
    back = await client.ask("step", value=-2)
    assert [m["type"] for m in back[:2]] == ["control", "reset"]
    assert back[1]["data"]["seq"] == back[-1]["data"]["seq"]
    assert back[-1]["data"]["time"] == at(3)
    assert fold(back) == fold(whole[: back[-1]["data"]["seq"]])
    again = await client.ask("step", value=2)
    assert [m for m in again if "seq" in m] == [m for m in told if m.get("seq", 0) > 6]


@pytest.mark.parametrize(
    ("to", "time"),
    [({"seq": 17}, None), ({"time": at(12)}, at(12)), ({"trade": "trade_2"}, at(12))],
)
async def test_seeking(make, replay, log, to, time):
    run_id = make()
    whole = [json.loads(text) for text in log(run_id)]
    client = await replay(run_id, speed="0.001")
    told = [json.loads(text) for text in await client.until("playing")]
    while "seq" not in told[-1]:
        told.append(json.loads(await client.read()))
    await client.ask("pause")
    ahead = await client.ask("seek", to=to)
    assert not [m for m in ahead if m["type"] == "reset"]
    assert ahead[0]["data"] == {"action": "seek", "accepted": True, "to": to}
    cursor = ahead[-1]["data"]["seq"]
    assert fold(told + ahead) == fold(whole[:cursor])
    assert [m["type"] for m in ahead].count("progress") == 1
    if "trade" in to:
        assert whole[cursor - 1]["data"]["trade_id"] == "trade_2"
    if "seq" in to:
        assert cursor == 17
    if time is not None:
        assert ahead[-1]["data"]["time"] == time
    back = await client.ask("seek", to={"seq": 4})
    assert back[1]["type"] == "reset"
    assert fold(back) == fold(whole[:4])
    start = await client.ask("seek", to={"seq": 0})
    assert [m["type"] for m in start] == ["control", "reset", "replay"]
    assert (await client.ask("resume"))[-1]["data"]["state"] == "playing"


async def test_seeks_that_overtake_each_other_leave_the_reader_with_the_last(
    make, replay, log, monkeypatch
):
    monkeypatch.setattr(replay_session, "PAGE_ENTRIES", 3)
    run_id = make()
    whole = [json.loads(text) for text in log(run_id)]
    client = await replay(run_id)
    await client.until("ended")
    for seq in (9, 25, 12):
        ask = {"type": "control", "action": "seek", "to": {"seq": seq}}
        await client.socket.write_message(json.dumps(ask))
    told: list[dict] = [{}]
    while not (told[-1].get("type") == "replay" and told[-1]["data"]["seq"] == 12):
        told.append(json.loads(await client.read()))
    assert fold(told[1:]) == fold(whole[:12])
    assert [m["type"] for m in told[1:]].count("control") == 3


@pytest.mark.parametrize(
    ("ask", "allowed"),
    [
        ({"action": "seek", "to": {"trade": "trade_9"}}, ["trade_1", "trade_2"]),
        ({"action": "seek", "to": {"seq": 99}}, [1, 34]),
        ({"action": "seek", "to": {"seq": -1}}, [1, 34]),
        ({"action": "seek", "to": {"time": "2025-01-01"}}, [at(0), at(BARS - 1)]),
        ({"action": "seek", "to": {"time": "soon"}}, [at(0), at(BARS - 1)]),
        ({"action": "seek", "to": {"seq": 1, "trade": "trade_1"}}, ["seq", "time", "trade"]),
        ({"action": "seek"}, ["seq", "time", "trade"]),
        ({"action": "step", "value": 0.5}, None),
        ({"action": "speed", "value": -1}, None),
        ({"action": "stop"}, None),
        ({"action": "run_until", "until": {"bars": 5}}, None),
        ({"action": "jump" * 50}, None),
        ({"action": "resume"}, ["seek", "step"]),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_cannot_be_done_is_refused_with_what_can(make, replay, ask, allowed):
    client = await replay(make())
    ended = json.loads((await client.until("ended"))[-1])
    told = await client.ask(**ask)
    assert [m["type"] for m in told] == ["control", "error", "replay"]
    assert told[0]["data"]["accepted"] is False
    assert told[0]["data"]["action"] == ask["action"][:40]
    assert told[0]["data"]["reason"] == told[1]["data"]["error"]
    assert "seq" not in told[0]
    if allowed is not None:
        assert told[1]["data"]["details"]["allowed"] == allowed
    assert told[2]["data"] == ended["data"]
    for message in told:
        decode(json.dumps(message))


async def test_pause_speed_and_resume(make, replay, log):
    run_id = make()
    client = await replay(run_id, speed="0.001")
    await client.until("playing")
    assert (await client.ask("pause"))[-1]["data"]["state"] == "paused"
    told = await client.ask("speed", value=1e6, unit="x")
    assert told[0]["data"] == {"action": "speed", "accepted": True, "value": 1e6, "unit": "x"}
    assert (told[-1]["data"]["speed"], told[-1]["data"]["unit"]) == (1e6, "x")
    assert told[-1]["data"]["state"] == "paused"
    rest = await client.ask("resume")
    rest += [json.loads(text) for text in await client.until("ended")]
    assert [m["seq"] for m in rest if "seq" in m] == list(range(2, len(log(run_id)) + 1))


async def test_two_replays_of_one_run_stand_where_each_was_put(make, replay):
    run_id = make()
    one, other = await replay(run_id), await replay(run_id)
    await one.until("ended")
    await other.until("ended")
    assert (await one.ask("seek", to={"seq": 5}))[-1]["data"]["seq"] == 5
    assert (await other.ask("seek", to={"seq": 25}))[-1]["data"]["seq"] == 25
    assert (await one.ask("pause"))[-1]["data"]["seq"] == 5


async def test_a_run_that_goes_on_cannot_be_replayed(make, connect):
    socket = await connect(make(10), replay="1")
    told = json.loads(await socket.read_message())
    assert (told["type"], told["extra"]["code"]) == ("error", "conflict")
    assert await socket.read_message() is None
    assert socket.close_code == 1008


@pytest.mark.parametrize(
    "wrong", [{"speed": "abc"}, {"speed": "-1"}, {"speed": "5y"}, {"replay": "2"}]
)
async def test_a_bad_parameter_is_named(make, connect, wrong):
    socket = await connect(make(), **{"replay": "1", **wrong})
    told = json.loads(await socket.read_message())
    (field, value) = next(iter(wrong.items()))
    assert (told["data"]["details"]["field"], told["data"]["details"]["value"]) == (field, value)
    assert await socket.read_message() is None
    assert socket.close_code == 1008


async def test_a_replay_of_a_run_that_is_deleted_closes_with_4404(call, make, replay):
    run_id = make()
    client = await replay(run_id)
    await client.until("ended")
    await call("DELETE", "api", "backtesting", run_id)
    assert json.loads(await client.read())["extra"]["code"] == "not_found"
    assert await client.close_code() == 4404


async def test_a_replay_resumes_after_a_lost_connection(make, replay, log):
    run_id = make()
    told = await (await replay(run_id)).until("ended")
    epoch = json.loads(told[0])["data"]["epoch"]
    rest = await (await replay(run_id, since="20", epoch=epoch)).until("ended")
    assert of_log(rest) == log(run_id)[20:]
    assert json.loads(rest[1])["data"]["seq"] == 20
    wrong = await (await replay(run_id, since="20", epoch="another")).until("ended")
    assert [json.loads(text)["type"] for text in wrong[:3]] == ["connected", "gap", "replay"]
    assert of_log(wrong) == log(run_id)


async def test_filters_and_forms(make, replay, log):
    run_id = make()
    whole = [json.loads(text) for text in log(run_id)]
    trades = await (await replay(run_id, types="trade,complete")).until("ended")
    assert [json.loads(t) for t in of_log(trades)] == [
        m for m in whole if m["type"] in ("trade", "complete")
    ]
    columns = await (await replay(run_id, format="columns")).until("ended")
    points = [decode(text) for text in columns if "equity_columns" in text]
    assert [e for p in points for e in p.data.equity] == [100.0 + n for n in range(BARS)]
    batched = await (await replay(run_id, batch="1")).until("ended")
    (array,) = [text for text in batched if text[0] == "["]
    assert json.loads(array) == whole
    seldom = await (await replay(run_id, max_rate="100", speed="1000")).until("ended")
    assert of_log(seldom) == log(run_id)


async def test_a_replay_that_stands_and_is_left_alone_is_closed(app, make, replay):
    app.manager.replays.idle = 0.0
    client = await replay(make())
    await client.until("ended")
    assert await client.close_code() == 1000


async def test_the_right_to_read_is_enough(app, make, replay, jp_serverapp):
    class ReadOnly(Authorizer):
        def is_authorized(self, handler, user, action, resource):
            return action == "read"

    jp_serverapp.web_app.settings["authorizer"] = ReadOnly(parent=jp_serverapp)
    client = await replay(make())
    await client.until("ended")
    assert (await client.ask("seek", to={"seq": 3}))[0]["data"]["accepted"] is True


async def test_a_closed_replay_is_forgotten(app, make, replay):
    client = await replay(make())
    await client.until("ended")
    client.socket.close()
    while app.manager.replays._sessions or app.manager.counts():
        await asyncio.sleep(0.01)
    assert not list(app.manager.replays._indexes)


async def test_what_is_delivered_is_counted(app, make, replay, log):
    run_id = make()
    await (await replay(run_id)).until("ended")
    assert app.manager.counters.delivered["backtest"] == len(log(run_id))


async def test_heartbeats_go_on_while_nothing_comes(make, replay, log):
    run_id = make()
    client = await replay(run_id, heartbeat="0.1", speed="0.001")
    await client.until("playing")
    await client.ask("step", value=5)
    await client.ask("pause")
    told = [json.loads(await client.read()) for _ in range(2)]
    assert [m["type"] for m in told] == ["heartbeat", "heartbeat"]
    assert told[0]["data"] == {"seq": 9, "sent": 9, "lag": 0, "lag_ms": 0, "conflated": 0}


@pytest.mark.parametrize("batch", ["0", "1"])
async def test_a_reader_that_inflates_gets_the_same(app, make, log, jp_ws_fetch, batch):
    app.compression = "on"
    run_id = make()
    socket = await jp_ws_fetch(
        "api", "ws", "stream", "backtest", run_id,
        params={"replay": "1", "batch": batch, "speed": "1000"}, compression_options={},
    )  # fmt: skip
    assert "permessage-deflate" in socket.headers["Sec-WebSocket-Extensions"]
    told = [m for text in await Client(socket).until("ended") for m in decode_frame(text)]
    socket.close()
    assert [m for m in told if m.seq is not UNSET] == [decode(text) for text in log(run_id)]


async def test_a_replay_that_stands_is_nobody_who_lags(app, make, replay):
    client = await replay(make(), speed="0.001")
    await client.until("playing")
    await client.ask("pause")
    assert app.manager.lags()["backtest"] == 0
