"""The publisher against a server that cuts, refuses, stalls or is not there."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from functools import partial

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from workbench.messages import Control, ControlData, encode
from workbench.runs import publisher as module
from workbench.runs import spool
from workbench.runs.outbox import Outbox
from workbench.runs.publisher import Publisher
from workbench.runs.publishing import Ack, Hello, Refused, batch_decoder, encode_reply
from workbench.runs.spill import Spill


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(module, "RETRY_S", (0.001, 0.01))
    monkeypatch.setattr(module, "BATCH_MESSAGES", 20)


class Server:
    """Takes batches into a list as the log does; `rule` may end a connection."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.batches = 0
        self.connections = 0
        self.current: ServerConnection | None = None
        self.rule: Callable[[ServerConnection], bool] = lambda connection: True
        self._server = serve(self._handle, "127.0.0.1", 0, compression=None)
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def _handle(self, connection: ServerConnection) -> None:
        self.connections += 1
        self.current = connection
        with contextlib.suppress(ConnectionClosed):
            connection.send(encode_reply(Hello(len(self.values))).decode())
            for frame in connection:
                batch = batch_decoder.decode(frame)
                assert batch.first <= len(self.values) + 1
                self.values += [
                    m.data.value for m in batch.messages[len(self.values) + 1 - batch.first :]
                ]
                self.batches += 1
                if not self.rule(connection):
                    return
                last = batch.first + len(batch.messages) - 1
                connection.send(encode_reply(Ack(last)).decode())

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


def publish(urls, count, **options):
    publisher = Publisher("s", "token", urls, lambda command: None, **options)
    for number in range(1, count + 1):
        publisher.send_encoded(numbered(number))
    return publisher


def numbered(number):
    return encode(Control("t", data=ControlData("step", True, float(number))))


def test_a_publisher_cut_again_and_again_is_heard_exactly_once(server):
    def cut(connection):
        if server.batches % 3 == 0:
            # Taken in, but the acknowledgement is lost with the connection.
            connection.socket.close()
            return False
        return True

    server.rule = cut
    outbox = Outbox(2000, 1 << 30, Spill(None, 4000, 500))
    publisher = publish(lambda: [server.url], 700, outbox=outbox)
    assert publisher.close(60)
    assert server.values == list(range(1, 701))
    assert server.connections > 3


def values_left(home, **options):
    """Return what a producer has put on disk, with the numbers of its messages."""
    found = []
    for path in spool.left(home, "s", **options):
        for batch in spool.read(path):
            found += [(batch.first + i, m.data.value) for i, m in enumerate(batch.messages)]
    return found


def kept_in(home, memory, segment=1 << 20, disk=1 << 30):
    return Outbox(memory, disk, Spill(home, segment, 500, path=partial(spool.path_of, home, "s")))


def test_without_a_server_nothing_blocks_and_all_is_left_for_the_next(tmp_path):
    publisher = publish(
        lambda: ["http://127.0.0.1:9/"], 3000, outbox=kept_in(tmp_path, 10_000, 20_000)
    )
    assert not publisher.close(0.01)
    assert values_left(tmp_path, ended=False) == []
    assert publisher.leave()
    assert len(spool.left(tmp_path, "s", ended=False)) > 3
    assert values_left(tmp_path, ended=False) == [(n, n) for n in range(1, 3001)]


def test_without_a_state_folder_nothing_is_left(tmp_path):
    publisher = publish(lambda: ["http://127.0.0.1:9/"], 10)
    assert not publisher.close(0.01)
    assert not publisher.leave()


def test_a_full_disk_bound_blocks_until_the_server_takes_some(server, caplog):
    there = threading.Event()
    urls = [server.url]
    outbox = Outbox(1000, 2000, Spill(None, 500, 100))
    done = threading.Event()
    made = []

    def produce():
        made.append(publish(lambda: urls if there.is_set() else [], 200, outbox=outbox))
        done.set()

    thread = threading.Thread(target=produce)
    thread.start()
    while not outbox.full:
        assert not done.wait(0.001)
    there.set()
    assert done.wait(60)
    thread.join()
    assert made[0].close(60)
    assert server.values == list(range(1, 201))
    assert "wait for a server" in caplog.text


def test_a_refusal_ends_it_and_what_is_said_after_is_dropped(server):
    def refuse(connection):
        connection.send(encode_reply(Refused("no")).decode())
        return False

    server.rule = refuse
    publisher = publish(lambda: [server.url], 5)
    publisher.close(60)
    assert publisher.refused == "no"
    publisher.send_encoded(numbered(6))
    assert len(publisher._outbox) == 5


def test_a_message_too_big_for_what_is_between_is_a_refusal(server):
    def close(connection):
        connection.close(1009)
        return False

    server.rule = close
    publisher = publish(lambda: [server.url], 5)
    publisher.close(60)
    assert "larger than the server" in publisher.refused
    assert server.connections == 1


def test_numbers_of_another_producer_are_not_taken_for_its_own(server):
    server.values = [1.0, 2.0, 3.0]
    publisher = publish(lambda: [server.url], 2)
    assert not publisher.close(60)
    assert publisher.refused == "another producer has published this stream"
    assert server.values == [1, 2, 3]


@pytest.fixture
def patient(monkeypatch):
    """A publisher that waits longer for what belongs together than a test may take."""
    monkeypatch.setattr(module, "GATHER_S", 600.0)


def until(condition):
    """Wait for a condition; the test's own timeout is the limit."""
    while not condition():
        time.sleep(0.001)


def test_what_somebody_waits_for_is_not_held_back(server, patient):
    publisher = publish(lambda: [server.url], 2)
    publisher.send(Control("t", data=ControlData("step", True, 3.0)))
    until(lambda: server.values == [1.0, 2.0, 3.0])
    assert publisher.close(30)


def test_the_end_is_not_held_back(server, patient):
    publisher = publish(lambda: [server.url], 2)
    assert publisher.close(30)
    assert server.values == [1.0, 2.0]


def test_a_lost_connection_is_noticed_while_more_is_gathered(server, patient):
    publisher = publish(lambda: [server.url], 1)
    assert publisher.joined.wait(30)
    server.current.socket.shutdown(socket.SHUT_RDWR)
    until(lambda: server.connections > 1)
    assert publisher.close(30)
    assert server.values == [1.0]
