"""Both streams against a server that misbehaves on cue."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import threading

import pytest
from msgspec import structs
from stories import EPOCH, NOW, RUN, array, connected, story, told, trade
from unruly_server import cut, running, send

from workbench.client import AsyncStream, Stream
from workbench.errors import (
    Conflict,
    InvalidRequest,
    LogDamaged,
    NotAllowed,
    NotFound,
    ServerUnreachable,
    StreamCorrupted,
    WorkbenchError,
)
from workbench.messages import (
    Error,
    ErrorData,
    ErrorExtra,
    Heartbeat,
    HeartbeatData,
    Pong,
    Replay,
    ReplayData,
    Shutdown,
    ShutdownData,
    encode,
)

LOG = story("setetepc")
WHOLE = list(range(1, 9))
TOKEN = "secret-of-the-test"


@pytest.fixture(params=[Stream, AsyncStream])
def kind(request):
    return request.param


def read(kind, server, **options):
    """Read a stream to its end; return the stream and the messages."""
    stream = kind.connect(RUN, url=server.url, token=TOKEN, **options)
    if kind is Stream:
        with stream:
            return stream, list(stream)

    async def collect():
        async with stream:
            return [message async for message in stream]

    return stream, asyncio.run(collect())


def failing(kind, server, error, **options):
    """Read until the stream raises; return the error and what came before it."""
    stream = kind.connect(RUN, url=server.url, token=TOKEN, **options)
    found = []

    def plain():
        found.extend(stream)

    async def asynchronous():
        async for message in stream:
            found.append(message)

    with pytest.raises(error) as caught:
        plain() if kind is Stream else asyncio.run(asynchronous())
    assert stream.closed
    return caught.value, found


def seqs(messages):
    return [message.seq for message in messages if isinstance(message.seq, int)]


def answer(connection, query):
    """Serve as it should be."""
    send(told(LOG, query))(connection, query)


def test_the_whole_story_and_how_it_was_asked_for(kind):
    with running(answer) as server:
        stream, messages = read(kind, server)
    assert seqs(messages) == WHOLE
    assert (stream.seq, stream.epoch, stream.status, stream.closed) == (8, EPOCH, "complete", True)
    assert server.paths == [f"/base/api/ws/stream/backtest/{RUN}"]
    assert server.queries == [{"batch": "1", "heartbeat": "5.0"}]
    assert server.headers[0]["authorization"] == f"token {TOKEN}"
    assert "sec-websocket-extensions" not in server.headers[0]
    assert TOKEN not in repr(stream)


def test_frames_of_many_messages_are_batches(kind):
    def act(connection, query):
        payloads = told(LOG, query)
        send([payloads[0], array(payloads[1:4]), array(payloads[4:])])(connection, query)

    async def collect(stream):
        return [batch async for batch in stream.batches()]

    with running(act) as server:
        stream = kind.connect(RUN, url=server.url)
        batches = list(stream.batches()) if kind is Stream else asyncio.run(collect(stream))
    assert seqs(message for batch in batches for message in batch) == WHOLE
    assert len(batches) <= 3


@pytest.mark.parametrize("code", [1001, 1011, 1012, 1013, 4408])
def test_it_comes_back_after_these_codes_and_goes_on(kind, code):
    first = send(told(LOG, {})[:4], code, "going")
    with running(first, answer) as server:
        _, messages = read(kind, server)
    assert seqs(messages) == WHOLE
    assert server.queries[1] == {
        "since": "3", "epoch": EPOCH, "batch": "1", "heartbeat": "5.0",
    }  # fmt: skip


def test_it_comes_back_after_a_cut_in_the_midst_of_a_frame(kind):
    with running(cut(told(LOG, {})[:6]), answer) as server:
        _, messages = read(kind, server)
    assert seqs(messages) == WHOLE
    assert server.queries[1]["since"] == "5"


def test_it_comes_back_to_a_server_that_answers_with_an_error_page(kind):
    with running(answer) as server:
        server.refusals = [503, 502]
        _, messages = read(kind, server)
    assert seqs(messages) == WHOLE


def test_it_comes_back_when_nothing_is_heard(kind):
    def stall(connection, query):
        for payload in told(LOG, query)[:3]:
            connection.send(payload, text=True)
        server.released.wait(60)

    with running(stall, answer) as server:
        _, messages = read(kind, server, heartbeat=0.1)
    assert seqs(messages) == WHOLE
    assert len(server.queries) >= 2


def test_heartbeats_keep_a_silent_connection(kind):
    beat = encode(Heartbeat(NOW, data=HeartbeatData(2, 2, 0, 0, 0)))

    def slow(connection, query):
        payloads = told(LOG, query)
        connection.send(payloads[0], text=True)
        # Four beats take longer than the three after which a silent line is given up.
        for _ in range(4):
            server.released.wait(0.4)
            connection.send(beat, text=True)
        send(payloads[1:])(connection, query)

    with running(slow) as server:
        stream, messages = read(kind, server, heartbeat=0.5)
    assert seqs(messages) == WHOLE
    assert len(server.queries) == 1
    assert stream.heartbeat.seq == 2
    assert all(message.type != "heartbeat" for message in messages)


def test_the_servers_hint_says_when_to_come_back(kind, monkeypatch):
    hints = []
    delay = "workbench.client.comeback.Comeback.delay"
    monkeypatch.setattr(delay, lambda self, hint=None: hints.append(hint) or 0.0)
    bye = encode(Shutdown(NOW, data=ShutdownData("restart", 1234)))
    with running(send([*told(LOG, {})[:3], bye], 1001), answer) as server:
        _, messages = read(kind, server)
    assert seqs(messages) == WHOLE
    assert hints == [1.234]


def test_a_hole_is_mended_by_asking_again(kind):
    payloads = told(LOG, {})
    with running(send(payloads[:3] + payloads[4:]), answer) as server:
        _, messages = read(kind, server)
    assert sorted(seqs(messages)) == WHOLE
    assert [message.eseq for message in messages if message.type == "trade"] == [2, 3]
    assert server.queries[1]["since"] == "1"


def test_a_hole_that_stays_is_an_error_after_what_is_good(kind):
    def holed(connection, query):
        send([p for p in told(LOG, query) if b'"eseq":2' not in p])(connection, query)

    with running(holed) as server:
        error, messages = failing(kind, server, StreamCorrupted)
    assert error.details["missing_eseq"] == 2
    assert [m.type for m in messages if m.type != "connected"] == ["status", "equity", "equity"]
    assert len(server.queries) == 2


def test_a_wrong_checksum_is_an_error_after_the_trades(kind):
    with running(send(told(story("stetc", crc32=99), {}))) as server:
        error, messages = failing(kind, server, StreamCorrupted)
    assert "checksum" in str(error)
    assert seqs(messages) == [1, 2, 3, 4]


def test_the_checksum_survives_a_reconnect(kind):
    log = story("stetc")
    log[3] = structs.replace(trade(9), seq=4, eseq=3)

    def changed(connection, query):
        send(told(log, query))(connection, query)

    with running(cut(told(log, {})[:3]), changed) as server:
        error, _ = failing(kind, server, StreamCorrupted)
    assert error.details["received"]["trades"] == error.details["expected"]["trades"] == 2


def test_types_of_the_future_are_no_reason_to_stop(kind):
    new = b'{"type":"novelty","timestamp":"","data":{},"seq":9,"eseq":5}'
    payloads = told(LOG, {})
    with running(send([payloads[0], b'{"type":"hint"}', array([*payloads[1:], new])])) as server:
        _, messages = read(kind, server)
    assert seqs(messages) == WHOLE


def refusal(code):
    return encode(Error(NOW, data=ErrorData("Said why", {}), extra=ErrorExtra(code)))


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (send([refusal("not_found")], 4404), NotFound),
        (send([connected_frame := encode(connected(LOG))], 4404, "deleted"), NotFound),
        (send([refusal("invalid_request")], 1008), InvalidRequest),
        (send([refusal("log_damaged")], 4500), LogDamaged),
        (send([connected_frame], 1008, "policy"), NotAllowed),
        (send([connected_frame, b'{"type":"trade"}']), StreamCorrupted),
    ],
    ids=["no run", "deleted", "bad parameter", "damaged", "policy", "no message"],
)
def test_these_ends_are_errors_at_once(kind, act, error):
    with running(act) as server:
        failing(kind, server, error)
    assert len(server.queries) == 1


@pytest.mark.parametrize(
    ("status", "error"), [(401, NotAllowed), (403, NotAllowed), (404, NotFound), (410, None)]
)
def test_refused_handshakes_are_errors_without_the_token(kind, status, error):
    with running(answer) as server:
        server.refusals = [status]
        caught, _ = failing(kind, server, error or WorkbenchError)
    assert TOKEN not in str(caught) + str(caught.details)
    assert not server.refusals


def test_patience_ends(kind):
    with running(answer) as server:
        pass
    error, _ = failing(kind, server, ServerUnreachable, patience=0.3)
    assert server.url in str(error)


def test_a_server_that_greets_and_closes_for_ever_is_given_up(kind):
    with running(send(told(LOG, {})[:1], 1011, "broken")) as server:
        error, _ = failing(kind, server, ServerUnreachable, patience=0.5)
    assert "1011 broken" in str(error)


def test_controls_go_over_the_same_socket(kind):
    def listen(connection, query):
        connection.send(told(LOG, query)[0], text=True)
        for _ in range(9):
            server.heard.append(connection.recv(10))
        connection.send(encode(Pong(NOW, data={})), text=True)
        send(told(LOG, query)[1:])(connection, query)

    calls = [
        ("pause", (), {}), ("resume", (), {}), ("step", (3,), {}), ("speed", ("60x",), {}),
        ("speed", (), {}), ("run_until", (), {"drawdown": 0.1}), ("seek", (), {"trade": "t1"}),
        ("stop", (), {}), ("ping", (), {}),
    ]  # fmt: skip

    async def drive(stream):
        async with stream:
            # Half before there is a connection, half after.
            for name, given, named in calls[:4]:
                await getattr(stream, name)(*given, **named)
            messages = [await anext(stream)]
            for name, given, named in calls[4:]:
                await getattr(stream, name)(*given, **named)
            return messages + [message async for message in stream]

    with running(listen) as server:
        stream = kind.connect(RUN, url=server.url)
        if kind is Stream:
            with stream:
                for name, given, named in calls[:4]:
                    getattr(stream, name)(*given, **named)
                messages = [next(stream)]
                for name, given, named in calls[4:]:
                    getattr(stream, name)(*given, **named)
                messages += list(stream)
        else:
            messages = asyncio.run(drive(stream))
    assert [message.type for message in messages][:2] == ["connected", "pong"]
    assert seqs(messages) == WHOLE
    assert [json.loads(said) for said in server.heard] == [
        {"type": "control", "action": "pause"},
        {"type": "control", "action": "resume"},
        {"type": "control", "action": "step", "value": 3.0},
        {"type": "control", "action": "speed", "value": 60.0, "unit": "x"},
        {"type": "control", "action": "speed", "value": 0.0},
        {"type": "control", "action": "run_until", "until": {"drawdown": 0.1}},
        {"type": "control", "action": "seek", "to": {"trade": "t1"}},
        {"type": "control", "action": "stop"},
        {"type": "ping"},
    ]


def test_requests_that_make_no_sense_are_refused_here(kind):
    stream = kind.connect(RUN, url="http://127.0.0.1:1/")
    for ask in (
        lambda: stream.speed("fast"),
        lambda: stream.speed(-1),
        lambda: stream.run_until(),
        lambda: stream.run_until(bars=1, trades=1),
        lambda: stream.seek(),
    ):
        with pytest.raises(InvalidRequest):
            ask()


def test_a_replay_stands_at_its_end_until_it_is_moved(kind):
    ended = encode(Replay(NOW, data=ReplayData("ended", 8, 8, None, None, None, None)))

    def play(connection, query):
        for payload in [*told(LOG, {}), ended]:
            connection.send(payload, text=True)
        assert json.loads(connection.recv(10))["action"] == "seek"
        assert json.loads(connection.recv(10))["action"] == "resume"
        reset = b'{"type":"reset","timestamp":"","data":{"reason":"seek","seq":2}}'
        for payload in [reset, *told(LOG, {})[1:], ended]:
            connection.send(payload, text=True)
        server.released.wait(60)

    async def drive(stream):
        async with stream:
            first = [message async for message in stream]
            nothing = [message async for message in stream]
            await stream.seek(seq=2)
            return first, nothing, [message async for message in stream]

    with running(play) as server:
        stream = kind.connect(RUN, url=server.url, replay=True, speed=10)
        if kind is Stream:
            with stream:
                first, nothing = list(stream), list(stream)
                stream.seek(seq=2)
                second = list(stream)
        else:
            first, nothing, second = asyncio.run(drive(stream))
    assert seqs(first) == WHOLE
    assert nothing == []
    assert [second[0].type, seqs(second)] == ["reset", WHOLE]
    assert stream.replaying.state == "ended"
    assert server.queries == [
        {"batch": "1", "heartbeat": "5.0", "replay": "1", "speed": "10"},
    ]  # fmt: skip


def hold(connection, query):
    """Send a part, and say nothing more."""
    for payload in told(LOG, query)[:3]:
        connection.send(payload, text=True)
    connection.recv()


def test_close_ends_the_iteration_in_another_thread():
    with running(hold) as server:
        stream = Stream.connect(RUN, url=server.url)
        seen, reached = [], threading.Event()

        def iterate():
            for message in stream:
                seen.append(message.seq)
                if message.seq == 2:
                    reached.set()

        thread = threading.Thread(target=iterate)
        thread.start()
        assert reached.wait(30)
        stream.close()
        thread.join(30)
        assert not thread.is_alive()
    assert seen[1:] == [1, 2]
    assert list(stream) == []
    with pytest.raises(Conflict):
        stream.pause()


def test_close_ends_the_wait_for_a_server_that_is_gone():
    with running(hold) as server:
        pass
    stream = Stream.connect(RUN, url=server.url, patience=3600)
    stream._comeback.delay = lambda hint=None: waiting.set() or 3600.0
    waiting = threading.Event()
    thread = threading.Thread(target=list, args=(stream,))
    thread.start()
    assert waiting.wait(30)
    stream.close()
    thread.join(30)
    assert not thread.is_alive()


def test_a_forgotten_stream_leaves_no_connection():
    gone = threading.Event()

    def watch(connection, query):
        connection.send(told(LOG, query)[0], text=True)
        server.listen(connection)
        gone.set()

    with running(watch) as server:
        stream = Stream.connect(RUN, url=server.url)
        next(stream)
        del stream
        assert gone.wait(30)


def test_waiting_may_be_cancelled_and_taken_up_again():
    def wait(connection, query):
        payloads = told(LOG, query)
        for payload in payloads[:3]:
            connection.send(payload, text=True)
        connection.recv()
        send(payloads[3:])(connection, query)

    async def drive():
        async with AsyncStream.connect(RUN, url=server.url) as stream:
            found = [await anext(stream) for _ in range(3)]
            for _ in range(3):
                task = asyncio.ensure_future(anext(stream))
                for _ in range(10):
                    await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            await stream.ping()
            return found + [message async for message in stream]

    with running(wait) as server:
        assert seqs(asyncio.run(drive())) == WHOLE
        assert len(server.queries) == 1


def test_cancelling_while_it_connects_leaves_a_stream_that_works():
    async def drive():
        stream = AsyncStream.connect(RUN, url=server.url)
        found = []
        for turns in range(12):
            task = asyncio.ensure_future(anext(stream))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                found.append(await task)
        async with stream:
            return found + [message async for message in stream]

    with running(answer) as server:
        assert seqs(asyncio.run(drive())) == WHOLE


def test_close_from_another_task_ends_the_iteration():
    async def drive():
        stream = AsyncStream.connect(RUN, url=server.url)
        seen = asyncio.Queue()

        async def iterate():
            async for message in stream:
                seen.put_nowait(message)

        task = asyncio.create_task(iterate())
        for _ in range(3):
            await seen.get()
        await stream.close()
        await asyncio.wait_for(task, 30)

    with running(hold) as server:
        asyncio.run(drive())


@pytest.mark.parametrize(
    "url",
    ["", "no-url", "ftp://host/", "http://host/?key=abc", "http://user:abc@host/", "http:///x"],
)
def test_an_address_that_is_none_or_holds_a_secret(kind, url):
    with pytest.raises(InvalidRequest) as caught:
        kind.connect(RUN, url=url)
    assert "abc" not in str(caught.value) + str(caught.value.details)


def test_arguments_are_there_to_be_completed(kind):
    names = set(inspect.signature(kind).parameters)
    assert names == {
        "server", "run_id", "types", "timeframes", "columns", "max_rate", "since", "epoch",
        "from_now", "heartbeat", "patience", "replay", "speed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"run_id": ""}, "run_id"),
        ({"run_id": "a/b"}, "run_id"),
        ({"patience": -1}, "patience"),
        ({"patience": float("nan")}, "patience"),
    ],
)
def test_what_cannot_be_followed_is_refused_at_once(kind, given, field):
    with pytest.raises(InvalidRequest) as caught:
        kind.connect(**{"run_id": RUN, "url": "http://127.0.0.1:1/", **given})
    assert caught.value.details["field"] == field


def release(connection, query):
    """Send a part, and the rest once the client says something."""
    payloads = told(LOG, query)
    for payload in payloads[:3]:
        connection.send(payload, text=True)
    connection.recv()
    send(payloads[3:])(connection, query)


def test_a_second_thread_is_told_so_and_the_first_goes_on():
    with running(release) as server, Stream.connect(RUN, url=server.url) as stream:
        found, began = [next(stream) for _ in range(3)], threading.Event()
        begin = stream._comeback.back
        stream._comeback.back = lambda: (begin(), began.set())
        thread = threading.Thread(target=lambda: found.extend(stream))
        thread.start()
        assert began.wait(30)
        with pytest.raises(Conflict, match="another consumer"):
            next(stream)
        stream.ping()
        thread.join(30)
    assert seqs(found) == WHOLE


def test_a_second_task_is_told_so_and_the_first_goes_on():
    async def drive():
        async with AsyncStream.connect(RUN, url=server.url) as stream:
            found = [await anext(stream) for _ in range(3)]
            first = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
            with pytest.raises(Conflict, match="another consumer"):
                await anext(stream)
            await stream.ping()
            return [*found, await first, *[message async for message in stream]]

    with running(release) as server:
        assert seqs(asyncio.run(drive())) == WHOLE


def test_what_could_not_be_sent_is_kept_for_the_next_connection():
    async def drive():
        async with AsyncStream.connect(RUN, url=server.url) as stream:
            await anext(stream)
            await stream._connection.close()
            await stream.pause()
            return [message async for message in stream]

    def listen(connection, query):
        server.heard.append(connection.recv(10))
        answer(connection, query)

    with running(release, listen) as server:
        asyncio.run(drive())
    assert [json.loads(said)["action"] for said in server.heard] == ["pause"]
