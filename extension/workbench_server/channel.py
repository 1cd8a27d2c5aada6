"""One stream as its subscribers see it: where it stands, its tail in memory, a wake-up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from workbench.errors import LogDamaged
from workbench.messages import FINAL_TYPES, PROMPT_TYPES, Delivery
from workbench.streams import Entry, StreamInfo, StreamLog
from workbench.streams.latest import without_old
from workbench_server.audience import Audience
from workbench_server.chunk import CHUNK_BYTES, Chunk, Place, bounded
from workbench_server.counters import Counters
from workbench_server.reader import Reader
from workbench_server.recent import Shelf, Tail

READ_ENTRIES = 4000
MERGED_ENTRIES = 8000
MERGED_BYTES = 1024 * 1024
"""Where curves are merged, more of the log goes into a chunk."""
FLUSH_INTERVAL_S = 0.05
"""Subscribers at the tail are written to 20 times a second, but for what is prompt."""
BURST = 2
"""After a quiet time so many writes need not wait for each other."""
TIDY_S = 1.0


class Channel:
    """A log's live end. Made and used on the event loop; `close` ends its timers.

    Other processes may append to the same log (a second server over the same state folder):
    whoever notices calls `refresh`.

    Parameters
    ----------
    log
        Where the entries are.
    info
        Where the stream stands.
    counters
        Where deliveries are counted.

    Attributes
    ----------
    deleted, renewed
        Whether this log is gone, and whether another has taken its place.
    """

    def __init__(self, log: StreamLog, info: StreamInfo, counters: Counters) -> None:
        self.info = info
        self.deleted = False
        self.renewed = False
        self.subscribers = 0
        self._log = log
        self._counters = counters
        self._tail = Tail()
        self._shelf = Shelf()
        self._audiences: dict[object, Audience] = {}
        self._paced: dict[Reader, asyncio.Future[None]] = {}
        self._loop = asyncio.get_running_loop()
        self._free_at = self._news_at = 0.0
        self._news = False
        self._round: Iterator[bool] | None = None
        self._round_seq = 0
        self._telling: asyncio.Handle | None = None
        self._tidying = self._loop.call_later(TIDY_S, self._tidy)

    def close(self) -> None:
        """End the timers."""
        self._tidying.cancel()
        if self._telling is not None:
            self._telling.cancel()

    def extend(self, entries: Sequence[Entry]) -> None:
        """Take in entries that have just been appended to the log."""
        if self.deleted:
            return
        if entries[0].seq == self.info.seq + 1:
            self.info = _advanced(self.info, entries)
            self._wake(any(entry.type in PROMPT_TYPES for entry in entries))
        else:
            self.refresh()
        self._tail.extend(entries)

    def refresh(self) -> None:
        """Look where the log stands; if it has grown or is gone, the subscribers will be woken."""
        info = self._log.info(self.info.id)
        if info is None or info.epoch != self.info.epoch:
            self.deleted = True
            self.renewed = info is not None
        elif info.seq == self.info.seq:
            return
        else:
            self.info = info
        self._wake()

    def chunk(self, reader: Reader, merge: bool = False) -> Chunk:
        """Return what comes next for a reader; all who stand at the same place share it."""
        wishes = reader.subscription
        place = Place(reader.sent, reader.carry, wishes.filters, wishes.batch, merge)
        found = self._shelf.get(place)
        if found is None:
            limit, size = (MERGED_ENTRIES, MERGED_BYTES) if merge else (READ_ENTRIES, CHUNK_BYTES)
            part = bounded(self.read(place.sent, limit, size), CHUNK_BYTES, merge)
            found = Chunk(part, place, wishes, self.info.latest)
            self._shelf.put(place, found)
        return found

    @property
    def held(self) -> int:
        """Bytes of the stream in memory, for all its readers together."""
        return self._tail.bytes + self._shelf.bytes

    def read(self, since: int, limit: int, size: int | None = None) -> list[Entry]:
        """Return up to about `limit` entries, or `size` bytes of them, after `since`."""
        if since >= self.info.seq or self.deleted:
            return []
        held = self._tail.read(since, limit)
        if held:
            return held
        found = self._log.read(self.info.id, since, limit, size)
        if found and found[-1].seq > self.info.seq:
            self.refresh()  # Another server has appended: nobody is told of more than is known.
        return found

    def current(self) -> StreamInfo:
        """Return where the log stands, as the log itself says it."""
        return self._log.info(self.info.id) or self.info

    def stand(self) -> tuple[int, float]:
        """Return where the log stands, and since when the last news have been there."""
        return self.info.seq, self._news_at

    def ended(self, since: int) -> bool:
        """Tell whether nothing will ever come after `since`."""
        return self.deleted or (self.info.closed and since >= self.info.seq)

    def leaves_at(self, upto: int) -> bool:
        """Tell whether who has been told up to there is not, or no more, at the tail."""
        return upto < self._round_seq or self.ended(upto)

    async def follow(self, reader: Reader) -> None:
        """Keep a reader that stands at the tail supplied, together with all who do.

        Returns once the stream has ended or the reader's socket does not keep up; for a reader
        with a rate of its own, as soon as there is anything new.
        """
        wishes = reader.subscription
        form = (wishes.filters, wishes.batch, reader.connection.deflate)
        readers = self._paced
        if wishes.max_rate is None:
            if form not in self._audiences:
                self._audiences[form] = Audience(self.info.kind, self._counters, form[-1])
            readers = self._audiences[form].readers
        left = readers[reader] = self._loop.create_future()
        try:
            await left
        finally:
            del readers[reader]
            if wishes.max_rate is None and not readers:
                self._audiences.pop(form, None)

    def _wake(self, prompt: bool = False) -> None:
        self._shelf.clear()
        now = self._loop.time()
        if not self._news:
            self._news, self._news_at = True, now
        if prompt and self._telling is not None and self._round is None:
            self._telling.cancel()
            self._telling = None
        if self._telling is None:
            when = now if prompt else max(now, self._free_at)
            self._telling = self._loop.call_at(when, self._tell)

    def _tell(self) -> None:
        self._telling = None
        if self._round is None:
            self._news = False
            now, self._round_seq = self._loop.time(), self.info.seq
            free = min(max(self._free_at, now - (BURST - 1) * FLUSH_INTERVAL_S), now)
            self._free_at = free + FLUSH_INTERVAL_S
            self._round = self._tell_all()
        if next(self._round, False):
            self._telling = self._loop.call_soon(self._tell)
            return
        self._round = None
        if self._news:
            self._wake()

    def _tell_all(self) -> Iterator[bool]:
        for left in self._paced.values():
            if not left.done():
                left.set_result(None)
        for audience in list(self._audiences.values()):
            try:
                yield from audience.tell(self)
            except LogDamaged:
                audience.dismiss()

    def _tidy(self) -> None:
        self._tidying = self._loop.call_later(TIDY_S, self._tidy)
        self._shelf.tidy()


def _advanced(info: StreamInfo, entries: Sequence[Entry]) -> StreamInfo:
    """Return where a log stands after the entries that follow."""
    deliveries = [entry.delivery for entry in entries]
    latest = dict(info.latest)
    for entry, delivery in zip(entries, deliveries, strict=True):
        if delivery is Delivery.STATE:
            latest[entry.key] = entry.seq
    return info._replace(
        seq=entries[-1].seq,
        eseq=info.eseq + deliveries.count(Delivery.EVENT),
        latest=without_old(latest),
        closed=info.closed or any(entry.type in FINAL_TYPES for entry in entries),
    )
