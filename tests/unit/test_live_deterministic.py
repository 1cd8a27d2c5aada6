"""A session that does something else when it is given the same again ends, and says what."""

from __future__ import annotations

import sqlite3

import msgspec
import pytest
from counting_session import CountingSession
from live_jobs import live_job

from workbench.errors import NotDeterministic, StorageFull
from workbench.messages import encode
from workbench.sessions import worker
from workbench.sessions.beginning import begun_of
from workbench.sessions.job import journal_of
from workbench.sessions.journal import Journal
from workbench.sessions.running import Running
from workbench.trading import inputs
from workbench.trading.inputs import Bars

HOUR = 3_600_000
START = 1_704_067_200_000
BEGUN = begun_of(5, {"EUR-USD": ("made up", True)}, False, {}, {})


def given(number):
    return [Bars(number, "EUR-USD", [(START + number * HOUR, 1.0, 2.0, 0.5, 1.5, 1.0, True)])]


class Moody(CountingSession):
    """Names its orders as it is told to."""

    status, words = "filled", "a"

    def _order(self, name, symbol, status, filled, at):
        super()._order(name, symbol, self.status, filled, at)

    def _emit_words(self, message):
        if message.type == "order":
            data = msgspec.structs.replace(message.data, message=self.words)
            message = msgspec.structs.replace(message, data=data)
        self._emitted(message)


class Process:
    """Runs a moody session over a journal; `sent` is what has left the process, by number."""

    def __init__(self, home, *, logged=0, job=None, **mood):
        self.job, self.mood = job or live_job(home), mood
        self.journal = Journal(journal_of(home, "live_1"))
        self.sent, self.logged = {}, logged
        self.running = Running(
            self.job, self.journal, self.make, self.send, lambda: (0, 0), lambda: 0.0
        )

    def make(self, begun, emit, route):
        session = Moody(self.job, begun, emit, route)
        session._emitted, session._emit = session._emit, session._emit_words
        for name, value in self.mood.items():
            setattr(session, name, value)
        return session

    def send(self, told):
        if told.number > self.logged:
            assert told.number not in self.sent
            self.sent[told.number] = told.wire or encode(told.message)

    def begin(self, many):
        self.running.begin(BEGUN)
        for number in range(many):
            self.running.take(given(number))
        return self

    def die(self):
        self.journal.close()


def test_what_was_told_and_comes_otherwise_ends_the_session(tmp_path):
    first = Process(tmp_path).begin(20)
    first.die()
    # The log has seen the first order, and not the second.
    second = Process(tmp_path, logged=10, status="rejected")
    with pytest.raises(NotDeterministic, match=r"status=filled.*status=rejected") as raised:
        second.running.resume(10)
    assert "self.rng" in raised.value.message
    assert raised.value.code == "not_deterministic"
    assert "time=2024-01-01T06:00:00" in raised.value.details["reason"]
    # What others may have acted on is told to the end, as it was.
    assert second.sent == {number: wire for number, wire in first.sent.items() if number > 10}
    second.die()


def test_what_was_told_and_does_not_come_again_is_found_as_well(tmp_path):
    Process(tmp_path).begin(7).die()
    with sqlite3.connect(journal_of(tmp_path, "live_1")) as tx:
        row = tx.execute("SELECT body FROM told WHERE number = 7").fetchone()
        upto, events = msgspec.msgpack.decode(row[0])
        tx.execute(
            "UPDATE told SET body = ? WHERE number = 7",
            (msgspec.msgpack.encode([upto + 1, [*events, [upto + 1, events[-1][1]]]]),),
        )
    tx.close()
    second = Process(tmp_path)
    with pytest.raises(NotDeterministic, match="and nothing when it came again"):
        second.running.resume(9)
    second.die()


def test_what_nobody_has_heard_of_may_be_done_otherwise(tmp_path):
    first = Process(tmp_path).begin(6)
    # Killed as it acted: the order of the seventh candle has not left the process.
    first.journal.append(inputs.encode(given(6)))
    first.die()
    second = Process(tmp_path, logged=7, status="rejected")
    assert second.running.resume(7)
    assert [b'"rejected"' in wire for wire in second.sent.values()] == [False, True]
    second.die()
    # From now on it has been told.
    third = Process(tmp_path, status="filled")
    with pytest.raises(NotDeterministic):
        third.running.resume(9)
    third.die()


def test_words_may_differ_deeds_may_not(tmp_path):
    Process(tmp_path).begin(20).die()
    second = Process(tmp_path, words="another text")
    assert second.running.resume(0)
    assert second.running.session.state.candles == 20
    second.die()


def test_another_version_that_does_something_else_is_named_as_the_cause(tmp_path):
    Process(tmp_path).begin(8).die()
    job = msgspec.structs.replace(live_job(tmp_path), strategy=b"changed")
    second = Process(tmp_path, job=job, status="rejected")
    with pytest.raises(NotDeterministic, match="another version of its code"):
        second.running.resume(9)
    second.die()


def test_a_journal_that_kept_nothing_of_it_is_gone_on_with(tmp_path):
    Process(tmp_path).begin(8).die()
    with sqlite3.connect(journal_of(tmp_path, "live_1")) as tx:
        tx.execute("DELETE FROM told")
    tx.close()
    second = Process(tmp_path, status="rejected")
    assert second.running.resume(9)
    second.die()


def test_nothing_leaves_the_process_before_it_is_written_down(tmp_path):
    process = Process(tmp_path).begin(2)
    before = dict(process.sent)
    tell = process.journal.tell

    def full(body):
        raise StorageFull("no room")

    process.journal.tell = full
    last = given(2)
    with pytest.raises(StorageFull):
        process.running.take(last)
    assert process.sent == before
    assert process.running.session.state.candles == 3
    process.journal.tell = tell
    process.running.take(last)
    assert process.running.session.state.candles == 3
    assert len(process.sent) == len(before) + 1
    process.die()


def test_a_checkpoint_that_finds_no_room_is_made_later(tmp_path):
    process = Process(tmp_path).begin(3)
    seconds, keep = [0.0], process.journal.keep
    process.running._clock = lambda: seconds[0]
    process.running._published = lambda: (99, 99)

    def full(checkpoint):
        raise StorageFull("no room")

    process.journal.keep = full
    process.running.save()
    process.journal.keep = keep
    process.running.write()
    assert process.journal.checkpoints() == []
    seconds[0] = 60.0
    process.running.write()
    assert [one.number for one in process.journal.checkpoints()] == [3]
    process.die()


def test_random_numbers_of_a_session_without_a_seed_are_those_of_its_id(tmp_path, monkeypatch):
    seeds = []

    class Caught(Exception):
        pass

    def caught(spec, *args, **named):
        seeds.append(spec.seed)
        raise Caught

    monkeypatch.setattr("workbench.trading.session.Session", caught)
    for job in (live_job(tmp_path), live_job(tmp_path), live_job(tmp_path, spec={"seed": 7})):
        with pytest.raises(Caught):
            worker.session_of(job, BEGUN, list().append, list().append)
    first, second, own = seeds
    assert first == second
    assert first is not None
    assert own == 7
