"""The process of a session as a whole, in this one: a fake session, real prices, a small server."""

from __future__ import annotations

import threading

import msgspec
import pytest
from counting_session import CountingSession
from full_disk import full_error
from live_jobs import live_job
from publish_log import PublishLog

from workbench.errors import StrategyError
from workbench.sessions import worker
from workbench.sessions.job import journal_of
from workbench.sessions.journal import Journal

RANGE = {"feed": "replay", "start": "2017-03-01", "end": "2017-04-01"}


@pytest.fixture
def door(tmp_path):
    door = PublishLog(tmp_path / "home", "live_1")
    yield door
    door.close()


def job_of(door, **changes):
    live = {"feed": RANGE, **changes.pop("live", {})}
    job = live_job(door.home, live=live, patience=20.0, **changes)
    return msgspec.structs.replace(job, urls=[door.url])


def go(job, made=CountingSession):
    sessions = []

    def make(begun, emit, route):
        sessions.append(made(job, begun, emit, route))
        return sessions[-1]

    return worker.carry_on(job, make, lambda: None), sessions[-1]


def test_a_session_runs_to_the_end_of_its_prices(door):
    code, session = go(job_of(door))
    assert code == 0
    messages = door.messages()
    closed = [one for one in messages if one["type"] == "candle"]
    assert len(closed) == session.state.candles > 500
    assert [one["type"] for one in messages[:1] + messages[-1:]] == ["status", "complete"]
    assert len(session.begun.histories["EUR-USD"]["1H"]) == 20
    assert session.begun.sources["EUR-USD"][1] is False
    assert not journal_of(door.home, "live_1").exists()


def test_stop_is_obeyed_whatever_comes(door):
    job = job_of(door, live={"feed": {**RANGE, "speed": 50}})
    done = threading.Event()
    codes = []

    def run():
        codes.append(go(job)[0])
        done.set()

    thread = threading.Thread(target=run)
    thread.start()
    door.wait_for(lambda: door.last > 3, "the first candles")
    door.ask("stop")
    assert done.wait(30)
    thread.join()
    assert codes == [0]
    assert door.messages()[-1]["type"] == "complete"


def test_what_is_paused_stands_still_until_it_is_resumed(door):
    job = job_of(door)
    door.ask("pause")
    thread = threading.Thread(target=go, args=(job,))
    thread.start()
    door.wait_for(lambda: door.last >= 2, "the word that it is paused")
    told = [one for one in door.messages() if one["type"] != "control"]
    assert [one["data"].get("status") for one in told] == ["running", "paused"]
    door.ask("resume")
    thread.join(60)
    assert door.messages()[-1]["type"] == "complete"
    states = [one["data"]["status"] for one in door.messages() if one["type"] == "status"]
    assert states == ["running", "paused", "running"]


def test_a_second_process_does_not_go_on_beside_the_first(door, monkeypatch):
    monkeypatch.setattr(Journal.__init__, "__defaults__", (0.01,))
    first = Journal(journal_of(door.home, "live_1"))
    assert worker.carry_on(job_of(door), lambda *args: None, lambda: None) == 1
    assert door.messages() == []
    first.close()


def test_a_journal_that_has_no_room_loses_nothing_and_blames_nobody(door, monkeypatch):
    write, written = Journal.append, []

    def append(journal, body):
        if len(written) == 3:
            raise full_error()
        written.append(body)
        return write(journal, body)

    monkeypatch.setattr(Journal, "append", append)
    job = job_of(door)
    assert go(job)[0] == 1
    before = door.messages()
    assert [one["type"] for one in before if one["type"] in ("error", "complete")] == []
    monkeypatch.setattr(Journal, "append", write)
    code, session = go(job)
    messages = door.messages()
    assert code == 0
    assert messages[: len(before)] == before
    assert messages[-1]["type"] == "complete"
    opened = [one["data"]["time"] for one in messages if one["type"] == "candle"]
    assert opened == sorted(set(opened))
    assert session.state.candles == len(opened)


def test_a_session_that_cannot_begin_says_why(door):
    job = job_of(door, live={"feed": {**RANGE, "start": "2031-01-01", "end": "2031-02-01"}})
    assert worker.carry_on(job, lambda *args: None, lambda: None) == 0
    (error,) = door.messages()
    assert error["extra"]["code"] == "insufficient_data"


def test_a_session_that_fails_is_closed_and_says_why(door):
    class Failing(CountingSession):
        def take(self, given):
            super().take(given)
            if self.state.candles > 10:
                raise StrategyError("It raised")

    code, _ = go(job_of(door), Failing)
    assert code == 0
    last = door.messages()[-1]
    assert (last["type"], last["data"]["error"]) == ("error", "It raised")
