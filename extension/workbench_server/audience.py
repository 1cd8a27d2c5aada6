"""Readers at the tail that want the same bytes, and how they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from workbench_server.chunk import Chunk
from workbench_server.counters import Counters
from workbench_server.deflate import DeflateGroup
from workbench_server.reader import PUSHED_ALL, Reader

AT_ONCE = 100
"""After so many readers, others on the event loop have their turn."""


class Source(Protocol):
    """Where an audience has its chunks from."""

    def chunk(self, reader: Reader) -> Chunk:
        """Return what comes next for a reader."""

    def leaves_at(self, upto: int) -> bool:
        """Tell whether a reader that has been told up to there is not, or no more, at the tail."""


class _Told(NamedTuple):
    """What readers at one place are sent, and the step of compression that leaves them at.

    `shared` is for those in step with the group, `alone` for all others.
    """

    chunk: Chunk
    leaves: bool
    shared: bytes
    shared_step: int
    alone: bytes
    alone_step: int


class Audience:
    """Readers with the same filters and form, each with the future that ends its membership.

    Parameters
    ----------
    kind
        Kind of the stream, under which deliveries are counted.
    counters
        Where they are counted.
    deflate
        Whether the readers are sent compressed frames.
    """

    def __init__(self, kind: str, counters: Counters, deflate: bool) -> None:
        self.readers: dict[Reader, asyncio.Future[None]] = {}
        self._kind, self._counters = kind, counters
        self._group = DeflateGroup() if deflate else None

    def tell(self, source: Source) -> Iterator[bool]:
        """Write what is new to all; who does not keep up, or is not at the tail then, leaves.

        Yields True where it may be interrupted.
        """
        step = self._group.step if self._group is not None else 0
        places: dict[object, _Told] = {}
        main = next((r for r in self.readers if r.step == step), None)
        if main is not None:
            places[main.sent, main.carry] = self._first(source, main, step)
        present = list(self.readers)
        for start in range(0, len(present), AT_ONCE):
            if start:
                yield True
            self._tell(present[start : start + AT_ONCE], source, step, places)

    def dismiss(self) -> None:
        """Let all readers go: what comes next cannot be read, which each finds out by itself."""
        for reader in self.readers:
            self._leave(reader)

    def _tell(
        self, readers: list[Reader], source: Source, step: int, places: dict[object, _Told]
    ) -> None:
        sent, told = -1, None
        messages = size = conflated = 0
        for reader in readers:
            if reader not in self.readers:
                continue
            if told is None or reader.sent != sent or reader.carry:
                sent, place = reader.sent, (reader.sent, reader.carry)
                told = places.get(place)
                if told is None:
                    make = self._other if places else self._first
                    told = places[place] = make(source, reader, step)
            in_step = reader.step == step
            data = told.shared if in_step else told.alone
            pushed = PUSHED_ALL
            if data:
                pushed = reader.push(data)
                if pushed:
                    reader.step = told.shared_step if in_step else told.alone_step
                    messages += told.chunk.messages
                    size += len(data)
            if pushed:
                reader.sent, reader.carry = told.chunk.upto, told.chunk.carry
                if told.chunk.conflated:
                    reader.conflated += told.chunk.conflated
                    conflated += told.chunk.conflated
            if told.leaves or (pushed != PUSHED_ALL and reader.connection.behind):
                self._leave(reader)
        self._counters.delivered[self._kind] += messages
        self._counters.delivered_bytes[self._kind] += size
        self._counters.conflated[self._kind] += conflated

    def _leave(self, reader: Reader) -> None:
        left = self.readers[reader]
        if not left.done():
            left.set_result(None)

    def _first(self, source: Source, reader: Reader, step: int) -> _Told:
        """Return what is sent where most readers stand; it moves the shared context on."""
        group, chunk = self._group, source.chunk(reader)
        if group is None or not chunk.payloads:
            return self._other(source, reader, step)
        here = [r for r in self.readers if r.sent == reader.sent and r.carry == reader.carry]
        in_step = sum(r.step == step for r in here)
        others = len(here) - in_step
        shared, fresh = group.frames(chunk.payloads, in_step, others)
        alone, alone_step = shared, group.step
        if not fresh and others:
            alone, alone_step = chunk.frames(deflate=True), 0
        leaves = source.leaves_at(chunk.upto)
        return _Told(chunk, leaves, shared, group.step, alone, alone_step)

    def _other(self, source: Source, reader: Reader, step: int) -> _Told:
        """Return what is sent at any other place: frames that refer to nothing before them."""
        chunk = source.chunk(reader)
        data = chunk.frames(deflate=self._group is not None)
        after = step if self._group is None else 0
        return _Told(chunk, source.leaves_at(chunk.upto), data, after, data, after)
