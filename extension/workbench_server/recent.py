"""What of a stream is in memory, for all its readers together, and bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

from workbench.streams import Entry
from workbench_server.chunk import Chunk, Place

TAIL_ENTRIES = 4096
TAIL_BYTES = 4 * 1024 * 1024
SHARED_BYTES = 4 * 1024 * 1024


class Tail:
    """The last messages of a log: so many and so many bytes of them, at least one.

    Attributes
    ----------
    bytes
        What the messages take.
    """

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self.bytes = 0

    def extend(self, entries: Sequence[Entry]) -> None:
        """Take in what has been appended; if it does not follow, what was before is dropped."""
        kept = self._entries
        if kept and entries[0].seq != kept[-1].seq + 1:
            self.clear()
        kept.extend(entries)
        self.bytes += sum([len(entry.wire) for entry in entries])
        while len(kept) > TAIL_ENTRIES or (self.bytes > TAIL_BYTES and len(kept) > 1):
            self.bytes -= len(kept.popleft().wire)

    def clear(self) -> None:
        """Drop all."""
        self._entries.clear()
        self.bytes = 0

    def read(self, since: int, limit: int) -> list[Entry]:
        """Return up to `limit` entries after `since`; none if the first of them is not here."""
        kept = self._entries
        if not kept or since + 1 < kept[0].seq:
            return []
        start = since + 1 - kept[0].seq
        return list(islice(kept, start, start + limit))


class Shelf:
    """Chunks that other readers may come to as well: the latest made, up to a size.

    Attributes
    ----------
    bytes
        What they take.
    """

    def __init__(self) -> None:
        self._chunks: dict[Place, Chunk] = {}
        self._asked = False
        self.bytes = 0

    def get(self, place: Place) -> Chunk | None:
        """Return what comes after a place, if it is here."""
        self._asked = True
        return self._chunks.get(place)

    def put(self, place: Place, chunk: Chunk) -> None:
        """Keep a chunk; the oldest make room for it."""
        chunks = self._chunks
        while chunks and self.bytes + chunk.size > SHARED_BYTES:
            self.bytes -= chunks.pop(next(iter(chunks))).size
        chunks[place] = chunk
        self.bytes += chunk.size

    def clear(self) -> None:
        """Drop all."""
        self._chunks.clear()
        self.bytes = 0

    def tidy(self) -> None:
        """Drop all if nobody has asked for any since the last time."""
        if not self._asked:
            self.clear()
        self._asked = False
