"""The producer's bookkeeping, without a socket."""

from __future__ import annotations

from workbench.runs.outbox import Outbox
from workbench.runs.spill import Spill


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


def test_what_is_joined_is_never_in_two_batches():
    outbox = Outbox()
    for message, joined in (
        (b"a", False),
        (b"b", False),
        (b"c", True),
        (b"d", True),
        (b"e", False),
    ):
        outbox.add(message, joined)
    assert outbox.take(2, 1000) == (1, [b"a", b"b", b"c", b"d"])
    assert outbox.take(2, 1000) == (5, [b"e"])
    outbox.rewind(1)
    assert outbox.take(9, 1) == (2, [b"b", b"c", b"d"])


def test_what_is_joined_stays_together_on_its_way_over_the_disk():
    outbox = Outbox(memory=3, spill=Spill(None, 4, 1))
    for number in range(8):
        outbox.add(b"%d" % number, number % 4 > 0)
    batches = []
    while len(outbox):
        first, batch = outbox.take(1, 1)
        batches.append(batch)
        outbox.acknowledge(first + len(batch) - 1)
    assert batches == [[b"0", b"1", b"2", b"3"], [b"4", b"5", b"6", b"7"]]
