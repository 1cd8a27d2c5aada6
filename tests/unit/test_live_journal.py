"""The journal of a session: what is kept, for whom, and what is made of what is broken."""

from __future__ import annotations

import sqlite3

import pytest

from workbench.errors import Conflict, LogDamaged
from workbench.sessions import journal
from workbench.sessions.job import journal_of
from workbench.sessions.journal import Checkpoint, Journal


@pytest.fixture
def path(tmp_path):
    return journal_of(tmp_path, "live_1")


def test_what_was_written_is_there_for_the_next_process(path):
    first = Journal(path)
    assert [first.append(body) for body in (b"a", b"b", b"c")] == [1, 2, 3]
    first.keep_fact("begun", b"x")
    first.settle()
    first.close()
    second = Journal(path)
    assert list(second.since(1)) == [b"b", b"c"]
    assert second.fact("begun") == b"x"
    assert second.fact("other") is None
    assert second.append(b"d") == 4
    second.close()


def test_it_belongs_to_one_process(path):
    first = Journal(path)
    with pytest.raises(Conflict, match="live_1"):
        Journal(path, patience=0.01)
    first.close()
    Journal(path, patience=0.01).close()


def test_only_what_the_last_two_checkpoints_need_is_kept(path):
    kept = Journal(path)
    for number in range(1, 10):
        kept.append(b"%d" % number)
        if number % 3 == 0:
            kept.keep(Checkpoint(number, 10 * number, "me", b"at %d" % number))
    assert [one.number for one in kept.checkpoints()] == [9, 6]
    assert kept.first == 7
    assert list(kept.since(6)) == [b"7", b"8", b"9"]
    with pytest.raises(LogDamaged):
        list(kept.since(3))
    kept.close()


def test_numbers_go_on_where_all_entries_are_forgotten(path):
    kept = Journal(path)
    kept.append(b"a")
    kept.keep(Checkpoint(1, 1, "me", b"one"))
    kept.keep(Checkpoint(1, 1, "me", b"again"))
    kept.append(b"b")
    kept.keep(Checkpoint(2, 1, "me", b"two"))
    kept.close()
    again = Journal(path)
    assert again.append(b"c") == 3
    assert list(again.since(2)) == [b"c"]
    again.close()


def test_a_broken_checkpoint_is_passed_over(path):
    kept = Journal(path)
    for number in (1, 2):
        kept.append(b"x")
        kept.keep(Checkpoint(number, number, "me", b"body %d" % number))
    kept.close()
    with sqlite3.connect(path) as tx:
        tx.execute("UPDATE checkpoints SET body = ? WHERE number = 2", (b"body 3",))
    tx.close()
    again = Journal(path)
    assert [one.body for one in again.checkpoints()] == [b"body 1"]
    assert list(again.since(1)) == [b"x"]
    again.close()


def test_what_is_removed_is_gone(path, tmp_path):
    Journal(path).close()
    journal.remove(tmp_path, "live_1")
    assert not list(path.parent.iterdir())
    journal.remove(tmp_path, "live_1")
