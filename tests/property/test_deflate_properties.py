"""One compression context for many: each reader inflates exactly what it was sent."""

from __future__ import annotations

from concurrent.futures import Future

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inflating import Inflater
from workbench_server.audience import Audience
from workbench_server.chunk import Chunk, Place
from workbench_server.counters import Counters
from workbench_server.deflate import RESET_AFTER, DeflateGroup
from workbench_server.reader import PUSHED_ALL, Reader

from workbench.streams import Entry, Subscription


def entry(seq: int) -> Entry:
    wire = msgspec.json.encode({"type": "control", "seq": seq, "text": f"message {seq % 7} " * 3})
    return Entry(seq, "control", "control", wire)


class Socket(Inflater):
    """A connection whose other end inflates, and that can be full."""

    deflate = True

    def __init__(self) -> None:
        super().__init__()
        self.behind = False

    def push(self, frames: bytes) -> int:
        if self.behind:
            return 0
        self.feed(frames)
        return PUSHED_ALL


class Story:
    """A log in a list, and the readers that have been at it."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.audience = Audience("backtest", Counters(), deflate=True)
        self.all: list[tuple[int, Reader]] = []

    def chunk(self, reader: Reader) -> Chunk:
        entries = self.entries[reader.sent :]
        place = Place(reader.sent, reader.carry, None, False, False)
        return Chunk(entries, place, reader.subscription, {})

    def leaves_at(self, upto: int) -> bool:
        return upto < len(self.entries)

    def join(self) -> None:
        reader = Reader(Socket(), Subscription(), sent=len(self.entries))
        self.all.append((reader.sent, reader))
        self.audience.readers[reader] = Future()

    def grow(self, count: int) -> None:
        self.entries += [entry(len(self.entries) + n) for n in range(1, count + 1)]

    def tell(self) -> None:
        for _ in self.audience.tell(self):
            pass
        for reader in [r for r, left in self.audience.readers.items() if left.done()]:
            del self.audience.readers[reader]

    def catch_up(self, reader: Reader) -> None:
        if reader in self.audience.readers or reader.connection.behind:
            return
        chunk = self.chunk(reader)
        if chunk.payloads:
            reader.push(chunk.frames(deflate=True))
            reader.step, reader.sent = 0, chunk.upto
        self.audience.readers[reader] = Future()


STEP = st.one_of(
    st.just(("join", 0)),
    st.tuples(st.just("block"), st.integers(0, 9)),
    st.tuples(st.just("release"), st.integers(0, 9)),
    st.tuples(st.just("leave"), st.integers(0, 9)),
    st.tuples(st.just("grow"), st.integers(1, 5)),
    st.tuples(st.just("tell"), st.integers(1, RESET_AFTER + 3)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, max_size=40))
def test_readers_that_come_go_and_stall_inflate_exactly_what_is_told(steps):
    story = Story()
    for action, value in [*steps, ("tell", 1)]:
        chosen = story.all[value % len(story.all)][1] if story.all else None
        if action == "join":
            story.join()
        elif action == "grow":
            story.grow(value)
        elif action == "tell":
            for _ in range(value):
                story.grow(1)
                story.tell()
        elif chosen is None:
            continue
        elif action == "block":
            chosen.connection.behind = True
        elif action == "release":
            chosen.connection.behind = False
            story.catch_up(chosen)
        else:
            story.audience.readers.pop(chosen, None)
    for start, reader in story.all:
        expected = [e.wire for e in story.entries[start : reader.sent]]
        assert reader.connection.messages == expected


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=80))
def test_frames_that_are_said_to_refer_to_nothing_do_not(counts):
    group, follower = DeflateGroup(), Inflater()
    sent = []
    for number, (in_step, others) in enumerate(counts):
        sent.append(entry(number).wire)
        frames, fresh = group.frames(sent[-1:], in_step, others)
        follower.feed(frames)
        if fresh:
            newcomer = Inflater()
            newcomer.feed(frames)
            assert newcomer.messages == sent[-1:]
    assert follower.messages == sent


def test_a_newcomer_is_taken_into_the_group_but_not_at_every_message():
    story = Story()
    story.join()
    story.grow(1)
    story.tell()
    sizes = []
    for _ in range(RESET_AFTER):
        story.join()
        story.grow(1)
        before = story.audience._group.step
        story.tell()
        sizes.append(story.all[0][1].step > before)
    assert all(sizes)
    assert len({reader.step for _, reader in story.all}) == 1
    assert story.all[0][1].connection.compressed == RESET_AFTER + 1


def test_a_shared_context_is_smaller_than_frames_of_their_own():
    story = Story()
    story.join()
    for _ in range(20):
        story.grow(1)
        story.tell()
    payloads = [e.wire for e in story.entries]
    group = DeflateGroup()
    shared = sum(len(group.frames([p], 1, 0)[0]) for p in payloads)
    assert shared < 0.6 * sum(map(len, payloads))


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 300_000])
def test_payloads_of_every_length_form_survive(size):
    payload = b"x" * size
    reader = Inflater()
    reader.feed(DeflateGroup().frames([payload, payload], 0, 1)[0])
    assert reader.messages == [payload, payload]
