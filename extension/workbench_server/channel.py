"""One stream as its subscribers see it: where it stands, its tail in memory, a wake-up."""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import islice

from workbench.streams import Entry, StreamInfo, StreamLog, Subscription
from workbench_server.framing import text_frames
from workbench_server.reader import Reader

TAIL_ENTRIES = 4096
READ_ENTRIES = 1000
CHUNKS_KEPT = 16
FLUSH_INTERVAL_S = 0.05
"""Subscribers at the tail are written to 20 times a second at most."""
RECHECK_S = 1.0


class Channel:
    """A log's live end. Made and used on the event loop; `close` ends its timers.

    Other processes may append to the same log (a second server over the same state folder),
    so it looks at the log itself now and then.

    Parameters
    ----------
    log
        Where the entries are.
    info
        Where the stream stands.
    """

    def __init__(self, log: StreamLog, info: StreamInfo) -> None:
        self.info = info
        self.deleted = False
        self.subscribers = 0
        self._log = log
        self._tail: deque[Entry] = deque(maxlen=TAIL_ENTRIES)
        self._chunks: dict[tuple[int, object], tuple[int, bytes]] = {}
        self._told_at = 0.0
        self._live: dict[Reader, asyncio.Future[None]] = {}
        self._loop = asyncio.get_running_loop()
        self._telling: asyncio.TimerHandle | None = None
        self._recheck = self._loop.call_later(RECHECK_S, self._look)

    def close(self) -> None:
        """End the timers."""
        self._recheck.cancel()
        if self._telling is not None:
            self._telling.cancel()

    def extend(self, entries: list[Entry]) -> None:
        """Take in entries that have just been appended to the log."""
        self.refresh()
        if self._tail and entries[0].seq != self._tail[-1].seq + 1:
            self._tail.clear()
        self._tail.extend(entries)

    def refresh(self) -> None:
        """Look where the log stands; if it has grown or is gone, the subscribers will be woken."""
        info = self._log.info(self.info.id)
        if info is None:
            self.deleted = True
        elif info.seq == self.info.seq:
            return
        else:
            self.info = info
        self._chunks.clear()
        if self._telling is None:
            when = max(self._loop.time(), self._told_at + FLUSH_INTERVAL_S)
            self._telling = self._loop.call_at(when, self._tell)

    def chunk(self, since: int, subscription: Subscription) -> tuple[int, bytes]:
        """Return what comes next after `since`: up to which seq, and the frames to write.

        All who stand at the same place of the tail share one chunk.
        """
        place = (since, subscription.filters)
        found = self._chunks.get(place)
        if found is None:
            entries = self.read(since, READ_ENTRIES)
            frames = text_frames(subscription.select(entries, self.info.latest))
            found = (entries[-1].seq if entries else since, frames)
            if len(self._chunks) == CHUNKS_KEPT:
                self._chunks.clear()
            self._chunks[place] = found
        return found

    def read(self, since: int, limit: int) -> list[Entry]:
        """Return up to about `limit` entries after `since`."""
        if since >= self.info.seq or self.deleted:
            return []
        if self._tail and self._tail[0].seq <= since + 1 and self._tail[-1].seq > since:
            start = since + 1 - self._tail[0].seq
            return list(islice(self._tail, start, start + limit))
        return self._log.read(self.info.id, since, limit)

    def ended(self, since: int) -> bool:
        """Tell whether nothing will ever come after `since`."""
        return self.deleted or (self.info.closed and since >= self.info.seq)

    async def follow(self, reader: Reader) -> None:
        """Keep a reader that stands at the tail supplied, together with all who do.

        Returns once the stream has ended or the reader's socket does not keep up.
        """
        left = self._live[reader] = self._loop.create_future()
        try:
            await left
        finally:
            del self._live[reader]

    def _tell(self) -> None:
        self._telling = None
        self._told_at = self._loop.time()
        for reader, left in self._live.items():
            if left.done():
                continue
            upto, frames = self.chunk(reader.sent, reader.subscription)
            if not frames or reader.connection.push(frames):
                reader.sent = upto
            if reader.sent < self.info.seq or self.ended(upto) or reader.connection.behind:
                left.set_result(None)

    def _look(self) -> None:
        self._recheck = self._loop.call_later(RECHECK_S, self._look)
        self.refresh()
