"""Chunks: bounded by bytes, arrays for who wants them, frames made once."""

from __future__ import annotations

import msgspec
from inflating import Inflater
from workbench_server.chunk import CHUNK_BYTES, Chunk, Place, bounded
from workbench_server.framing import MESSAGE_BYTES, batched

from workbench.streams import Entry, Subscription


def entry(seq: int, size: int = 100, kind: str = "control") -> Entry:
    return Entry(seq, kind, kind, msgspec.json.encode({"type": kind, "x": "x" * size}))


def chunk(entries: list[Entry], batch: bool) -> Chunk:
    return Chunk(entries, Place(0, (), None, batch, False), Subscription(batch=batch), {})


def test_a_chunk_is_bounded_but_never_empty():
    entries = [entry(n, 100_000) for n in range(1, 6)]
    assert [e.seq for e in bounded(entries, 256 * 1024, False)] == [1, 2]
    assert [e.seq for e in bounded([entry(1, 10**6), entry(2)], CHUNK_BYTES, False)] == [1]
    assert bounded([], CHUNK_BYTES, False) == []


def test_what_is_merged_anyway_does_not_count():
    entries = [entry(n, 100_000, "equity") for n in range(1, 6)]
    assert len(bounded(entries, CHUNK_BYTES, True)) == 5


def test_a_batch_is_an_array_and_a_message_alone_is_bare():
    messages = [entry(n).wire for n in range(1, 4)]
    (payload,) = batched(messages)
    assert msgspec.json.decode(payload) == [msgspec.json.decode(m) for m in messages]
    assert batched(messages[:1]) == messages[:1]
    assert batched([]) == []


def test_a_long_batch_is_several_frames():
    messages = [entry(n, 60_000).wire for n in range(12)]
    payloads = batched(messages)
    assert len(payloads) > 1
    assert all(len(payload) <= MESSAGE_BYTES + 20 for payload in payloads)
    assert [m for payload in payloads for m in msgspec.json.decode(payload)] == [
        msgspec.json.decode(m) for m in messages
    ]


def test_plain_and_compressed_frames_say_the_same():
    made = chunk([entry(n) for n in range(1, 30)], batch=False)
    plain, deflated = Inflater(), Inflater()
    plain.feed(made.frames(deflate=False))
    deflated.feed(made.frames(deflate=True))
    assert plain.messages == deflated.messages
    assert (plain.compressed, deflated.compressed) == (0, 29)
    assert made.frames(deflate=True) is made.frames(deflate=True)
