"""A producer is handed each command once, however often its connection breaks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.sync.server import ServerConnection, serve

from workbench.messages import Control, ControlData, Status, StatusData
from workbench.runs.publisher import Publisher
from workbench.runs.publishing import Command, Hello, encode_reply
from workbench.streams import Database, SqliteLog


class Door:
    """The server's end of a publish socket: says what it is given, then hangs up."""

    def __init__(self, *sessions: list[object]) -> None:
        self.sessions = list(sessions)
        self.obeyed: list[str] = []
        self.done = threading.Event()

    def __call__(self, connection: ServerConnection) -> None:
        (named,) = parse_qs(urlsplit(connection.request.path).query)["obeyed"]
        self.obeyed.append(named)
        for reply in self.sessions.pop(0) if self.sessions else [Hello(0)]:
            connection.send(encode_reply(reply), text=True)
        if not self.sessions:
            self.done.set()
            for _ in connection:
                pass


@pytest.fixture
def publish() -> Iterator[object]:
    servers, publishers = [], []

    def start(door: Door, fails: bool = False) -> tuple[Publisher, list[Command]]:
        server = serve(door, "127.0.0.1", 0)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        got: list[Command] = []

        def take(command: Command) -> None:
            got.append(command)
            if fails:
                raise RuntimeError("not obeyed")

        url = f"http://127.0.0.1:{server.socket.getsockname()[1]}/"
        publishers.append(Publisher("backtest_1", "secret", lambda: [url], take))
        return publishers[-1], got

    yield start
    for publisher in publishers:
        publisher.close(5)
    for server, thread in servers:
        server.shutdown()
        thread.join(10)


def test_each_command_is_obeyed_once_and_the_last_is_named_on_return(publish):
    pause, step, resume = (
        Command("pause", seq=5),
        Command("step", 2.0, seq=9),
        Command("resume", seq=12),
    )
    door = Door(
        [Hello(0, [pause]), pause, step], [Hello(0, [pause, step, resume]), resume], [Hello(0)]
    )
    publisher, got = publish(door)
    assert publisher.joined.wait(30)
    assert door.done.wait(30)
    assert got == [pause, step, resume]
    assert door.obeyed == ["0", "9", "12"]


def test_a_command_that_fails_does_not_end_the_connection(publish):
    door = Door([Hello(0, [Command("pause", seq=1), Command("stop", seq=2)])])
    publisher, got = publish(door, fails=True)
    assert publisher.joined.wait(30)
    assert [command.seq for command in got] == [1, 2]


def control(action: str) -> Control:
    return Control("t", data=ControlData(action, True))


def test_the_log_finds_the_messages_of_a_type_and_no_others(tmp_path: Path):
    database = Database(tmp_path / "log.db")
    log = SqliteLog(database)
    log.create("run", "backtest")
    other = Status("t", data=StatusData("control", "running"))
    log.append("run", "worker", 1, [other, other])
    log.append("run", "server", 1, [control("pause"), other, control("resume")])
    log.append("run", "server", 4, [control("stop")])
    found = log.find("run", "control", 0)
    assert [entry.seq for entry in found] == [3, 5, 6]
    assert [entry.seq for entry in log.find("run", "control", 3)] == [5, 6]
    assert log.find("run", "control", 6) == log.find("nope", "control", 0) == []
    assert found == [entry for entry in log.read("run", 0, 100) if entry.type == "control"]
    database.close()
