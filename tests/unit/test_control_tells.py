"""on_control may tell, even while there is no room: the publisher's threads go on meanwhile."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

import workbench as wb
from workbench.client.server import Server
from workbench.errors import Conflict
from workbench.messages import Status
from workbench.runs import publisher
from workbench.runs.outbox import Outbox
from workbench.runs.publishing import Ack, Command, Hello, batch_decoder, encode_reply

PAUSE, RESUME = Command("pause", seq=1), Command("resume", seq=2)
TOLD = 60


class Door:
    """A server's end of a publish socket; takes batches in once `open` is set."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.hello: list[Command] = []
        self.live: list[Command] = []
        self.reasons: list[str] = []
        self._server = serve(self._handle, "127.0.0.1", 0, compression=None)
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def _handle(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            self._say(connection, Hello(0, self.hello))
            for command in self.live:
                self._say(connection, command)
            self.open.wait(60)
            for frame in connection:
                batch = batch_decoder.decode(frame)
                states = [m for m in batch.messages if isinstance(m, Status)]
                self.reasons += [m.data.reason for m in states if m.data.reason]
                self._say(connection, Ack(batch.first + len(batch.messages) - 1))

    @staticmethod
    def _say(connection: ServerConnection, reply: object) -> None:
        connection.send(encode_reply(reply), text=True)

    def close(self) -> None:
        self.open.set()
        self._server.shutdown()
        self._thread.join(10)


class Rest:
    def post(self, path: str, body: object) -> dict[str, object]:
        return {"backtest_id": "r", "token": "t", "home": None}


class Known(Server):
    rest = Rest()


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    # Room for a handful of messages.
    monkeypatch.setattr(publisher, "Outbox", lambda spill: Outbox(500, 1000, spill))
    made = Door()
    yield made
    made.close()


class Answering:
    """A stream that answers each control with more than there is room for."""

    def __init__(self, door: Door) -> None:
        self.began, self.answered = threading.Event(), threading.Semaphore(0)
        self.stream = wb.publish(
            "mine", symbol="X", server=Known(door.url, ""), on_control=self._answer, patience=30
        )
        self.stream.open()

    def _answer(self, command: Command) -> None:
        self.began.set()
        for number in range(TOLD):
            self.stream.status("running", f"{command.action} {number}")
        self.answered.release()


def said(*commands: Command) -> list[str]:
    return [f"{command.action} {number}" for command in commands for number in range(TOLD)]


@pytest.mark.parametrize("live", [False, True])
def test_more_than_there_is_room_for(door: Door, live: bool) -> None:
    (door.live if live else door.hello).extend([PAUSE, RESUME])
    program = Answering(door)
    assert program.began.wait(30)
    door.open.set()
    for _ in range(2):
        assert program.answered.acquire(timeout=30)
    program.stream.close()
    assert door.reasons == said(PAUSE, RESUME)


def test_while_another_thread_waits_for_room(door: Door) -> None:
    door.live.append(PAUSE)
    program = Answering(door)

    def tell() -> None:
        for number in range(TOLD):
            program.stream.status("running", f"main {number}")

    other = threading.Thread(target=tell)
    other.start()
    assert program.began.wait(30)
    door.open.set()
    other.join(30)
    assert not other.is_alive()
    assert program.answered.acquire(timeout=30)
    program.stream.close()
    assert sorted(door.reasons) == sorted(
        [*said(PAUSE), *(f"main {number}" for number in range(TOLD))]
    )


def test_a_function_that_fails_is_called_again(door: Door, caplog) -> None:
    door.hello.extend([PAUSE, RESUME])
    door.open.set()
    got = []

    def fail(command: Command) -> None:
        got.append(command.action)
        raise Conflict(command.action)

    stream = wb.publish("mine", symbol="X", server=Known(door.url, ""), on_control=fail)
    stream.open()
    assert stream._publisher.joined.wait(30)
    stream.close()
    assert got == ["pause", "resume"]
    assert caplog.text.count("on_control failed at") == 2


def test_the_gate_obeys_while_the_function_is_still_at_it(door: Door) -> None:
    door.hello.extend([PAUSE, Command("stop", seq=2)])
    door.open.set()
    go_on = threading.Event()
    stream = wb.publish(
        "mine", symbol="X", server=Known(door.url, ""), on_control=lambda command: go_on.wait(60)
    )
    stream.open()
    assert stream._publisher.joined.wait(30)
    assert stream.stopped
    go_on.set()
    stream.close()
