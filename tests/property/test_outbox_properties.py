"""The outbox hands out the same messages in the same order, whatever it puts aside on disk."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.runs.outbox import Outbox
from workbench.runs.spill import Spill

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.integers(0, 40), min_size=1, max_size=5)),
        st.tuples(st.just("take"), st.integers(1, 12)),
        st.tuples(st.just("acknowledge"), st.integers(0, 15)),
        st.tuples(st.just("rewind"), st.integers(0, 15)),
    ),
    max_size=80,
)


class Plain:
    """The same with a list and no bound."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.joined: list[bool] = []
        self.acknowledged = self.taken = 0


@given(STEPS, st.integers(1, 120), st.integers(1, 90), st.integers(1, 90), st.integers(0, 60))
def test_it_equals_a_plain_list(steps, memory, segment, buffer, size):
    outbox = Outbox(memory, 1 << 40, Spill(None, segment, buffer))
    plain = Plain()
    for action, count in steps:
        if action == "add":
            for at, length in enumerate(count):
                message = b"%d:" % len(plain.messages) + b"x" * length
                plain.messages.append(message)
                plain.joined.append(at > 0)
                outbox.add(message, at > 0)
        elif action == "take":
            first, batch = outbox.take(count, size)
            assert first == plain.taken + 1
            assert batch == plain.messages[plain.taken : plain.taken + len(batch)]
            plain.taken += len(batch)
            assert not batch or not any(plain.joined[plain.taken : plain.taken + 1])
            assert len(batch) <= count or all(
                plain.joined[plain.taken - len(batch) + count : plain.taken]
            )
            # Only what waits for an acknowledgement may keep others from being handed out.
            assert batch or plain.taken == len(plain.messages) or outbox.in_flight
        else:
            last = min(plain.acknowledged + count, plain.taken)
            plain.acknowledged = last
            if action == "rewind":
                outbox.rewind(last)
                plain.taken = last
            else:
                outbox.acknowledge(last)
        assert len(outbox) == len(plain.messages) - plain.acknowledged
        assert outbox.in_flight == plain.taken - plain.acknowledged
        assert outbox.first == plain.acknowledged + 1
        assert outbox.last == len(plain.messages)
    outbox.rewind(plain.acknowledged)
    rest: list[bytes] = []
    while len(outbox):
        first, batch = outbox.take(7, 100)
        rest += batch
        outbox.acknowledge(first + len(batch) - 1)
    assert rest == plain.messages[plain.acknowledged :]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60), st.integers(50, 200))
def test_memory_stays_bounded_and_everything_is_delivered(lengths, memory):
    buffer = 20
    bound = memory + buffer + 2 * max(lengths)
    outbox = Outbox(memory, 1 << 40, Spill(None, 128, buffer))
    sent = [b"y" * length for length in lengths]
    for message in sent:
        outbox.add(message)
        assert sum(map(len, outbox._messages)) < bound
    got: list[bytes] = []
    while len(outbox):
        first, batch = outbox.take(7, 100)
        got += batch
        outbox.acknowledge(first + len(batch) - 1)
        assert sum(map(len, outbox._messages)) < bound
    assert got == sent
