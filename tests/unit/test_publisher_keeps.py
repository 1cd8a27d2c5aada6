"""What a publisher has on disk while nobody hears it, and that it goes once somebody does."""

from __future__ import annotations

import contextlib
import threading
import time
from functools import partial

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from workbench.messages import Control, ControlData, encode
from workbench.runs import publisher as module
from workbench.runs import spool
from workbench.runs.publisher import Publisher
from workbench.runs.publishing import Ack, Hello, Refused, batch_decoder, encode_reply


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(module, "RETRY_S", (0.001, 0.01))


class Server:
    """Takes batches; acknowledges them while `answers` is set, and refuses once `no` is."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.answers = threading.Event()
        self.answers.set()
        self.no = False
        self.current = None
        self._server = serve(self._handle, "127.0.0.1", 0, compression=None)
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def _handle(self, connection) -> None:
        self.current = connection
        with contextlib.suppress(ConnectionClosed):
            connection.send(encode_reply(Hello(len(self.values))).decode())
            for frame in connection:
                batch = batch_decoder.decode(frame)
                self.answers.wait()
                if self.no:
                    connection.send(encode_reply(Refused("no")).decode())
                    return
                new = batch.messages[len(self.values) + 1 - batch.first :]
                self.values += [message.data.value for message in new]
                connection.send(encode_reply(Ack(len(self.values))).decode())

    def close(self) -> None:
        self.answers.set()
        self._server.shutdown()
        self._thread.join()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def publishing(tmp_path):
    """A publisher whose servers are those of a list."""
    urls: list[str] = ["http://127.0.0.1:9/"]
    publisher = Publisher("s", "token", lambda: urls, lambda command: None, home=tmp_path)
    publisher.urls = urls
    yield publisher
    publisher.leave()


def send(publisher, *numbers):
    for number in numbers:
        publisher.send_encoded(encode(Control("t", data=ControlData("step", True, float(number)))))


def on_disk(home):
    """Return what the next server finds should the process be dead now."""
    batches = [batch for path in spool.left(home, "s", ended=True) for batch in spool.read(path)]
    return [message.data.value for batch in batches for message in batch.messages]


def until(condition):
    """Wait for a condition; the test's own timeout is the limit."""
    while not condition():
        time.sleep(0.001)


def test_what_is_said_while_no_server_is_there_is_on_disk_at_once(publishing, tmp_path, server):
    for number in range(1, 200):
        send(publishing, number)
        assert on_disk(tmp_path)[-1] == number
    assert on_disk(tmp_path) == list(range(1, 200))
    assert spool.left(tmp_path, "s", ended=False) == []
    publishing.urls.append(server.url)
    until(lambda: len(server.values) == 199 and not on_disk(tmp_path))
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_lost_connection_puts_what_was_not_acknowledged_there(publishing, tmp_path, server):
    publishing.urls[:] = [server.url]
    send(publishing, 1, 2)
    until(lambda: publishing.position() == (2, 2))
    server.answers.clear()
    send(publishing, 3, 4)
    server.current.socket.close()
    publishing.urls[:] = ["http://127.0.0.1:9/"]
    until(lambda: on_disk(tmp_path) == [3, 4])
    send(publishing, 5)
    assert on_disk(tmp_path) == [3, 4, 5]


def test_a_server_that_hangs_is_as_good_as_none(publishing, tmp_path, server, monkeypatch):
    monkeypatch.setattr(module, "STALL_S", 0.01)
    publishing.urls[:] = [server.url]
    send(publishing, 1)
    until(lambda: publishing.position() == (1, 1))
    server.answers.clear()
    send(publishing, 2)
    until(lambda: on_disk(tmp_path) == [2])
    send(publishing, 3)
    assert on_disk(tmp_path) == [2, 3]
    server.answers.set()
    until(lambda: not list((tmp_path / "spool").iterdir()))


def test_a_refusal_takes_it_from_the_disk(publishing, tmp_path, server):
    server.no = True
    send(publishing, *range(50))
    assert len(on_disk(tmp_path)) == 50
    publishing.urls.append(server.url)
    until(lambda: publishing.refused)
    assert on_disk(tmp_path) == []
    send(publishing, 1)
    assert list((tmp_path / "spool").iterdir()) == []


@pytest.mark.parametrize("away", ["no such folder", "a file"])
def test_a_folder_that_is_not_there_is_no_error_of_the_producers(tmp_path, server, away):
    home = tmp_path / away
    if away == "a file":
        home.write_text("")
    urls = []
    publisher = Publisher("s", "t", lambda: urls, lambda command: None, home=home)
    send(publisher, *range(1, 100))
    urls.append(server.url)
    assert publisher.close(30)
    assert server.values == list(range(1, 100))


def test_a_disk_that_is_full_is_none_either(publishing, tmp_path, server, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    send(publishing, *range(1, 1000))
    assert on_disk(tmp_path) == []
    monkeypatch.undo()
    send(publishing, *range(1000, 1300))
    assert on_disk(tmp_path)[:1024] == list(range(1, 1025))
    publishing.urls.append(server.url)
    assert publishing.close(30)
    assert server.values == list(range(1, 1300))
    assert list((tmp_path / "spool").iterdir()) == []


def test_the_names_say_whose_and_from_where(tmp_path):
    path = partial(spool.path_of, tmp_path)
    (tmp_path / "spool").mkdir()
    for run, first in (("r", 10), ("r", 9), ("r_2", 1)):
        path(run, first).write_bytes(b"")
    for odd in ("r.x.part", "r.part", "r.1.2.part", "r.5.tmp"):
        (tmp_path / "spool" / odd).write_bytes(b"")
    assert spool.left(tmp_path, "r", ended=True) == [path("r", 9), path("r", 10)]
    assert spool.left(tmp_path, "r", ended=False) == []
    assert spool.runs(tmp_path) == {"r", "r_2"}
