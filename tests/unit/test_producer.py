"""The producer's bookkeeping and controls, without a socket or a clock."""

from __future__ import annotations

import threading

import pytest

from workbench.runs.control import CHUNK, Control
from workbench.runs.outbox import Outbox
from workbench.runs.publishing import Command


def filled(count: int) -> Outbox:
    outbox = Outbox()
    for number in range(1, count + 1):
        outbox.add(b"%d" % number)
    return outbox


def test_each_message_is_handed_out_once_in_order():
    outbox = filled(5)
    assert outbox.take(2, 1000) == (1, [b"1", b"2"])
    assert outbox.take(9, 1000) == (3, [b"3", b"4", b"5"])
    assert outbox.take(9, 1000) == (6, [])
    assert outbox.in_flight == 5


def test_a_batch_keeps_to_its_size_but_holds_one_message_at_least():
    outbox = Outbox()
    outbox.add(b"x" * 100)
    outbox.add(b"y" * 10)
    assert outbox.take(9, 50) == (1, [b"x" * 100])
    assert outbox.take(9, 50) == (2, [b"y" * 10])


def test_what_the_log_has_is_forgotten_and_the_rest_sent_again():
    outbox = filled(5)
    outbox.take(4, 1000)
    outbox.acknowledge(2)
    assert len(outbox) == 3
    assert outbox.in_flight == 2
    outbox.rewind(3)
    assert outbox.take(9, 1000) == (4, [b"4", b"5"])


def test_an_old_acknowledgement_changes_nothing():
    outbox = filled(3)
    outbox.acknowledge(2)
    outbox.acknowledge(1)
    assert outbox.take(9, 1000) == (3, [b"3"])


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_a_free_run_goes_in_chunks():
    assert Control(None, Clock()).turn() == CHUNK


def test_a_paced_run_gets_what_is_due():
    clock = Clock()
    control = Control(100.0, clock)
    clock.now += 0.5
    assert control.turn() == 50
    clock.now += 0.25
    assert control.turn() == 25


def test_after_a_long_sleep_a_paced_run_does_not_race():
    clock = Clock()
    control = Control(100.0, clock)
    clock.now += 3600
    assert control.turn() == 1


def test_steps_are_exact_and_leave_the_run_paused():
    control = Control(None, Clock())
    control.command(Command("step", 7))
    assert control.turn() == 7
    assert control.paused
    control.command(Command("step", CHUNK + 3))
    assert [control.turn(), control.turn()] == [CHUNK, 3]


def test_a_pause_holds_until_resume():
    control = Control(None, Clock())
    control.command(Command("pause"))
    got = []
    thread = threading.Thread(target=lambda: got.append(control.turn()))
    thread.start()
    thread.join(0.05)
    assert thread.is_alive()
    control.command(Command("resume"))
    thread.join(10)
    assert got == [CHUNK]


@pytest.mark.parametrize("paused", [False, True])
def test_stop_ends_at_once(paused):
    control = Control(None, Clock())
    if paused:
        control.command(Command("pause"))
    control.command(Command("stop"))
    assert control.turn() == 0


def test_speed_changes_count_from_the_change():
    clock = Clock()
    control = Control(None, clock)
    clock.now += 50
    control.command(Command("speed", 10.0))
    clock.now += 1.0
    assert control.turn() == 10
    control.command(Command("speed", None))
    assert control.turn() == CHUNK
