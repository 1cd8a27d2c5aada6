"""A session that is killed anywhere comes to the same state, and tells the same, once."""

from __future__ import annotations

import random
import shutil

import msgspec
import pytest
from counting_session import CountingSession
from live_jobs import live_job

from workbench.errors import LogDamaged
from workbench.messages import encode
from workbench.sessions.beginning import begun_of
from workbench.sessions.job import journal_of
from workbench.sessions.journal import Journal
from workbench.sessions.running import Running
from workbench.trading.brokering import Place
from workbench.trading.inputs import Asked, Bars, Word

HOUR = 3_600_000
START = 1_704_067_200_000
BEGUN = begun_of(5, {"EUR-USD": ("made up", True)}, False, {}, {})


def given(number):
    bars = [(START + k * HOUR, 1.0, 2.0, 0.5, 1.5, float(k), True) for k in (number, number + 1)]
    return [Bars(100 + number, "EUR-USD", bars)]


STORY = [given(2 * n) for n in range(60)]
STORY[20].append(Asked(1000, "pause_entries", 17))
STORY.append([Word(9000, "EUR-USD", "ended", "it is over")])


class Process:
    """Runs a session over a journal; the log is a list that outlives it."""

    def __init__(self, home, log, *, job=None, every=10, lag=0):
        self.log, self.lag = log, lag
        self.last = len(log)
        self.job = job or live_job(home)
        self.journal = Journal(journal_of(home, self.job.run_id))
        self.running = Running(
            self.job, self.journal, self.make, self.send, self.published, lambda: 0.0
        )
        self.every = every
        self.behind = []

    def make(self, begun, emit, route):
        return CountingSession(self.job, begun, emit, route)

    def send(self, told):
        """The log passes over the numbers it has, as a server does."""
        if told.number > len(self.log) + len(self.behind):
            assert told.number == len(self.log) + len(self.behind) + 1
            self.behind.append(encode(told.message))
        elif told.number <= len(self.log):
            assert self.log[told.number - 1] == encode(told.message)
        self.catch_up(self.lag)

    def catch_up(self, lag=0):
        while len(self.behind) > lag:
            self.log.append(self.behind.pop(0))

    def published(self):
        return len(self.log) + len(self.behind), len(self.log)

    def go(self, story, *, begin=True):
        if not self.running.resume(len(self.log)) and begin:
            self.running.begin(BEGUN)
        for number, inputs in enumerate(story):
            if number % self.every == self.every - 1:
                self.running.save()
            self.running.take(inputs)
        return self.running.session.state

    def die(self):
        """What was not handed to the log is lost with the process."""
        self.journal.close()


def undisturbed(home):
    log = []
    process = Process(home, log)
    state = process.go(STORY)
    process.die()
    return log, state


def taken(process):
    """How many parts of the story a process that came back has behind it."""
    candles = process.running.session.state.candles
    return candles // 2 if not process.running.session.ended else len(STORY)


@pytest.mark.parametrize("seed", range(20))
def test_killed_anywhere_the_log_and_the_state_are_those_of_an_undisturbed_session(tmp_path, seed):
    draw = random.Random(seed)
    expected, final = undisturbed(tmp_path / "whole")
    log: list[bytes] = []
    at = 0
    while at < len(STORY):
        upto = min(len(STORY), at + draw.randint(1, 25))
        lag = draw.choice([0, 3, 40])
        process = Process(tmp_path, log, every=draw.randint(2, 9), lag=lag)
        process.go([])
        assert taken(process) == at
        for one in STORY[at:upto]:
            process.running.take(one)
            if draw.random() < 0.2:
                process.running.save()
        at = upto
        if at == len(STORY):
            process.catch_up()
            state = process.running.session.state
        process.die()
    assert log == expected
    assert state == final


def test_a_checkpoint_is_written_only_once_the_log_has_what_came_before(tmp_path):
    log: list[bytes] = []
    process = Process(tmp_path, log, lag=10_000)
    process.go(STORY[:30], begin=True)
    assert not process.journal.checkpoints()
    process.catch_up()
    process.running.write()
    (kept,) = process.journal.checkpoints()
    assert kept.position <= len(log)
    process.die()


def test_a_checkpoint_of_another_version_is_not_used_the_journal_is(tmp_path):
    expected, final = undisturbed(tmp_path / "whole")
    log: list[bytes] = []
    first = Process(tmp_path, log, every=25)
    first.go(STORY[:40])
    first.die()
    # One checkpoint: the journal is whole.
    job = live_job(tmp_path)
    other = msgspec.structs.replace(job, strategy=b"another")
    second = Process(tmp_path, log, job=other, every=1000)
    assert second.go(STORY[40:]) == final
    second.die()
    assert log == expected


def test_without_a_usable_checkpoint_and_the_whole_journal_it_says_that_it_cannot_go_on(tmp_path):
    log: list[bytes] = []
    first = Process(tmp_path, log, every=5)
    first.go(STORY[:40])
    first.die()
    other = msgspec.structs.replace(live_job(tmp_path), strategy=b"another")
    second = Process(tmp_path, log, job=other)
    with pytest.raises(LogDamaged, match="another version"):
        second.running.resume(len(log))
    second.die()


def test_a_journal_that_is_gone_is_said_not_begun_again(tmp_path):
    process = Process(tmp_path, [b"{}"])
    with pytest.raises(LogDamaged, match="journal is gone"):
        process.running.resume(1)
    process.die()


def test_an_earlier_log_than_the_checkpoint_takes_the_one_before(tmp_path):
    expected, final = undisturbed(tmp_path / "whole")
    log: list[bytes] = []
    first = Process(tmp_path, log, every=10)
    first.go(STORY[:25])
    numbers = [one.position for one in first.journal.checkpoints()]
    first.die()
    del log[numbers[1] + 1 :]
    second = Process(tmp_path, log, every=1000)
    assert second.go(STORY[25:]) == final
    second.die()
    assert log == expected


def test_commands_that_come_again_are_not_sent_again_but_what_was_taken_back_is(tmp_path):
    job = live_job(tmp_path, live={"broker": "exchange", "exchange": "fake"})
    log: list[bytes] = []
    first = Process(tmp_path, log, job=job, every=6)
    first.go(STORY[:13])
    sent = list(first.running.commands)
    assert sum(isinstance(one, Place) for one in sent) == 3
    assert len(sent) == 4
    first.die()
    second = Process(tmp_path, log, job=job)
    second.go([])
    assert second.running.commands == []
    assert second.running.standing.unheard() == [sent[-1]]
    assert len(second.running.session.orders_open()) == 3
    second.die()


def test_what_is_remembered_beside_the_session_comes_back_too(tmp_path):
    log: list[bytes] = []
    story = [*STORY[:5], [Asked(7, "pause", 40)], *STORY[5:8]]
    first = Process(tmp_path, log, every=7)
    first.go(story)
    first.die()
    shutil.copytree(tmp_path, tmp_path / "copy", ignore=shutil.ignore_patterns("copy"))
    for home in (tmp_path, tmp_path / "copy"):
        again = Process(home, list(log))
        again.go([])
        standing = again.running.standing
        assert (standing.obeyed, standing.paused) == (40, True)
        assert standing.after() == {"EUR-USD": START + 15 * HOUR}
        again.die()
