"""The publish socket when the server fails at a batch, or the token is not the run's (any more)."""

from __future__ import annotations

import asyncio
import json
import sqlite3

import pytest

from workbench.messages import Status, StatusData
from workbench.runs import publisher as module
from workbench.runs import rebuffs
from workbench.runs.publisher import Publisher

TOKEN = "publish-token"


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(module, "RETRY_S", (0.001, 0.002))


@pytest.fixture
def run_id(app, spec_body):
    app._poll.stop()  # It would find that the run has no worker.
    app.service.supervisor._max_workers = 0
    run_id = app.service.start(json.dumps(spec_body).encode()).id
    app.service.registry.set_token(run_id, TOKEN)
    return run_id


@pytest.fixture
def publish(http_server_client, jp_http_port, jp_base_url, run_id):
    """Publish one message to the server, as a worker does; return the publisher and its end."""
    url = f"http://127.0.0.1:{jp_http_port}{jp_base_url}"

    def start(token=TOKEN):
        publisher = Publisher(run_id, token, lambda: [url], lambda command: None)
        publisher.send(Status("t", data=StatusData(run_id, "running")))
        # In a thread: the server has this one.
        return publisher, asyncio.get_running_loop().run_in_executor(None, publisher.close, 60)

    return start


class Failing:
    """Takes the place of what takes a batch; `times` calls fail, each with what `error` makes."""

    def __init__(self, app, monkeypatch, error, times=10**9):
        self.calls = 0
        self._take, self._error, self._times = app.service.publish, error, times
        monkeypatch.setattr(app.service, "publish", self.publish)

    def publish(self, *batch):
        self.calls += 1
        if self.calls <= self._times:
            raise self._error()
        self._take(*batch)


def own_fault():
    return RuntimeError("a fault of the server's own")


def full():
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


async def test_a_batch_the_server_cannot_take_is_given_up(
    app, run_id, publish, monkeypatch, caplog
):
    failing = Failing(app, monkeypatch, own_fault)
    publisher, closed = publish()
    assert not await closed
    assert failing.calls == rebuffs.FAILURES
    assert "failed 20 times in a row" in publisher.refused
    logged = [record for record in caplog.records if record.exc_info]
    assert {record.getMessage() for record in logged} == {f"a batch of {run_id} could not be taken"}
    assert "a fault of the server's own" in caplog.text
    assert app.manager.counters.closed[1011] == rebuffs.FAILURES


async def test_a_fault_that_passes_loses_nothing(app, run_id, publish, monkeypatch):
    Failing(app, monkeypatch, own_fault, times=rebuffs.FAILURES - 1)
    publisher, closed = publish()
    assert await closed
    assert publisher.refused is None
    assert app.service.registry.get(run_id).status == "running"
    assert app.service.log.position(run_id, "worker") == 1


async def test_a_full_disk_is_waited_for(app, run_id, publish, monkeypatch):
    times = 2 * rebuffs.FAILURES
    Failing(app, monkeypatch, full, times)
    publisher, closed = publish()
    assert await closed
    assert publisher.refused is None
    assert app.manager.counters.closed[1013] == times
    assert app.service.log.position(run_id, "worker") == 1


async def test_a_producer_whose_token_is_anothers_gives_up(app, run_id, publish):
    publisher, closed = publish("a token of before")
    assert not await closed
    assert "another producer's" in publisher.refused
    assert app.service.log.position(run_id, "worker") == 0
    # The one whose run it is goes in by the same door.
    _, closed = publish()
    assert await closed
    assert app.service.log.position(run_id, "worker") == 1


async def test_a_token_the_server_does_not_know_yet_is_waited_for(
    app, run_id, publish, monkeypatch
):
    asked = 0
    may_publish = app.service.may_publish

    def late(stream, token):
        nonlocal asked
        asked += 1
        if asked == rebuffs.DENIALS:
            app.service.registry.set_token(stream, token)
        return may_publish(stream, token)

    monkeypatch.setattr(app.service, "may_publish", late)
    publisher, closed = publish("a token of tomorrow")
    assert await closed
    assert publisher.refused is None
    assert asked == rebuffs.DENIALS
