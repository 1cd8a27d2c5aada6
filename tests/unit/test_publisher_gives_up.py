"""A producer that is not wanted, or that a server fails at each time, does not go on for ever."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import signal
import sys
import threading
from http import HTTPStatus

import msgspec
import pytest
from bodies import SPEC_BODY
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from workbench.messages import Control, ControlData
from workbench.runs import publisher as module
from workbench.runs import rebuffs, worker
from workbench.runs.publisher import Publisher
from workbench.runs.publishing import Ack, Command, Hello, batch_decoder, encode_reply
from workbench.runs.records import Job
from workbench.runs.service import RunService

OURS = {"error": "not yours", "code": "not_allowed", "details": {"field": "Authorization"}}


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(module, "RETRY_S", (0.001, 0.002))


class Door:
    """A server whose answer to the next upgrade is `status` and `body`, or 101."""

    def __init__(self):
        self.asked = self.joined = 0
        self.last = 0
        self.answers = lambda number: (101, None)
        self.talk = self.take_all
        self._server = serve(
            self._handle, "127.0.0.1", 0, compression=None, process_request=self._answer
        )
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def _answer(self, connection, request):
        self.asked += 1
        status, body = self.answers(self.asked)
        if status == 101:
            return None
        return connection.respond(HTTPStatus(status), json.dumps(body))

    def _handle(self, connection):
        self.joined += 1
        with contextlib.suppress(ConnectionClosed):
            connection.send(encode_reply(Hello(self.last)).decode())
            self.talk(connection)

    def take_all(self, connection):
        for frame in connection:
            batch = batch_decoder.decode(frame)
            self.last = batch.first + len(batch.messages) - 1
            connection.send(encode_reply(Ack(self.last)).decode())

    def close(self):
        self._server.shutdown()
        self._thread.join()


@pytest.fixture
def door():
    door = Door()
    yield door
    door.close()


def publish(*doors, **options):
    urls = [door.url for door in doors]
    publisher = Publisher("s", "token", lambda: urls, lambda command: None, **options)
    publisher.send(Control("t", data=ControlData("step", True, 1.0)))
    return publisher


def test_a_denial_that_stays_ends_it(door, caplog):
    door.answers = lambda number: (403, OURS)
    told = threading.Event()
    publisher = publish(door, on_refused=told.set)
    assert told.wait(60)
    assert publisher.joined.is_set()
    assert not publisher.close(60)
    assert "another producer's" in publisher.refused
    assert door.asked == rebuffs.DENIALS
    assert "giving up on stream s: the right to publish" in caplog.text


def test_a_denial_that_passes_does_not(door):
    door.answers = lambda number: (403, OURS) if number < rebuffs.DENIALS else (101, None)
    publisher = publish(door)
    assert publisher.close(60)
    assert door.last == 1


def test_denials_are_counted_anew_once_a_server_has_taken_it_in(door):
    # Each connection is cut at once; between two of them it is denied all but once too often.
    door.answers = lambda number: (101, None) if number % rebuffs.DENIALS == 0 else (403, OURS)
    enough = threading.Event()

    def cut(connection):
        if door.joined == 3:
            enough.set()
            door.take_all(connection)

    door.talk = cut
    publisher = publish(door)
    assert enough.wait(60)
    assert publisher.close(60)
    assert publisher.refused is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {}),
        (403, "<html>"),
        (403, {"code": "not_allowed", "details": {}}),
        (403, {"code": "not_authenticated", "details": {"field": "Authorization"}}),
        (404, {"code": "not_found", "details": {"field": "Authorization"}}),
        (500, {"error": "Internal server error"}),
    ],
)
def test_what_a_stranger_at_the_address_says_does_not_count(door, status, body):
    most = 2 * rebuffs.DENIALS
    door.answers = lambda number: (status, body) if number < most else (101, None)
    publisher = publish(door)
    assert publisher.close(60)
    assert (door.asked, door.last) == (most, 1)


def test_a_stranger_does_not_hide_the_server_behind_him(door):
    other = Door()
    other.answers = lambda number: (403, "no")
    publisher = publish(other, door)
    done = publisher.close(60)
    other.close()
    assert done
    assert (other.asked, door.last) == (1, 1)


def test_a_run_that_is_gone_is_gone_at_once(door):
    door.answers = lambda number: (410, {})
    publisher = publish(door)
    publisher.close(60)
    assert publisher.refused == "the run was deleted"
    assert door.asked == 1


def test_a_server_that_fails_at_the_same_batch_again_and_again_is_given_up(door, caplog):
    def fail(connection):
        connection.recv()
        connection.close(1011)

    door.talk = fail
    publisher = publish(door)
    assert not publisher.close(60)
    assert publisher.refused == (
        "the server failed 20 times in a row at the batch that begins with message 1; "
        "its log says how"
    )
    assert door.joined == rebuffs.FAILURES == 20
    assert publisher.refused in caplog.text


@pytest.mark.parametrize("code", [1001, 1006, 1013])
def test_a_server_that_goes_or_cannot_now_is_not(door, code):
    def put_off(connection):
        if door.joined > 2 * rebuffs.FAILURES:
            door.take_all(connection)
            return
        connection.recv()
        if code == 1006:
            connection.socket.close()
        else:
            connection.close(code)

    door.talk = put_off
    publisher = publish(door)
    assert publisher.close(60)
    assert door.last == 1


def test_failures_are_counted_anew_once_a_batch_is_taken(door):
    times = rebuffs.FAILURES - 1

    def stumble(connection):
        frame = connection.recv()
        if door.joined % times:
            connection.close(1011)
            return
        batch = batch_decoder.decode(frame)
        door.last = batch.first
        connection.send(encode_reply(Ack(door.last)).decode())
        connection.close(1011)

    door.talk = stumble
    publisher = Publisher("s", "token", lambda: [door.url], lambda command: None)
    for number in range(3):
        publisher.send(Control("t", data=ControlData("step", True, float(number))))
    assert publisher.close(60)
    assert door.joined == 3 * times


def test_a_worker_that_stands_still_and_is_denied_leaves(door, tmp_path, monkeypatch):
    """It was paused, lost its connection, and its run is another worker's meanwhile."""
    service = RunService(tmp_path / "home", list, max_workers=0)
    record = service.start(json.dumps(SPEC_BODY).encode())
    service.close()
    paused = threading.Event()

    def pause(connection):
        connection.send(encode_reply(Command("pause", seq=1)).decode())
        for frame in connection:
            batch = batch_decoder.decode(frame)
            connection.send(encode_reply(Ack(batch.first + len(batch.messages) - 1)).decode())
            if b'"paused"' in frame.encode():
                paused.set()
                return

    door.talk = pause
    door.answers = lambda number: (101, None) if number == 1 else (403, OURS)
    job = Job(run_id=record.id, spec=record.spec, urls=[door.url], token="t",
              home=str(tmp_path / "home"), patience=60.0)  # fmt: skip
    stdin = io.TextIOWrapper(io.BytesIO(msgspec.json.encode(job)))
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(logging, "basicConfig", lambda **options: None)
    interrupt = signal.getsignal(signal.SIGINT)
    try:
        assert worker.main() == 0
    finally:
        signal.signal(signal.SIGINT, interrupt)
    assert paused.is_set()
    assert door.asked == 1 + rebuffs.DENIALS
    assert not (tmp_path / "home" / "spool").exists()
