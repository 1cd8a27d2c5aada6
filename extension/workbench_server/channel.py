"""One stream as its subscribers see it: where it stands, its tail in memory, a wake-up."""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import islice

from workbench.streams import Entry, StreamInfo, StreamLog

TAIL_ENTRIES = 4096
RECHECK_S = 1.0


class Channel:
    """A log's live end.

    Other processes may append to the same log (a second server over the same state folder),
    so waiting looks at the log itself now and then.

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
        self._grown = asyncio.Event()

    def extend(self, entries: list[Entry]) -> None:
        """Take in entries that have just been appended to the log."""
        self.refresh()
        if self._tail and entries[0].seq != self._tail[-1].seq + 1:
            self._tail.clear()
        self._tail.extend(entries)

    def refresh(self) -> None:
        """Look where the log stands, and wake the subscribers if it has grown or is gone."""
        info = self._log.info(self.info.id)
        if info is None:
            self.deleted = True
        elif info.seq == self.info.seq:
            return
        else:
            self.info = info
        self._grown.set()
        self._grown = asyncio.Event()

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

    async def wait(self, since: int) -> None:
        """Wait until there is something after `since`, or never will be."""
        while self.info.seq <= since and not self.ended(since):
            try:
                await asyncio.wait_for(self._grown.wait(), RECHECK_S)
            except TimeoutError:
                self.refresh()
