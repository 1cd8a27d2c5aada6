"""What a producer has said and the log has not yet acknowledged: pure bookkeeping."""

from __future__ import annotations

from collections import deque
from itertools import islice

from workbench.runs.spill import Spill

MEMORY_BYTES = 16 * 1024 * 1024
DISK_BYTES = 4 * 1024**3
RETRY = 256
"""Where the disk takes nothing, it is asked again each so many messages."""


class Outbox:
    """Numbered messages waiting for their acknowledgement.

    Numbers start at `first`. `take` hands out each message once per connection; `rewind` starts a
    new connection at the position the server names. The oldest messages are in memory; what
    is beyond the bound is spilled, and read back as acknowledgements come. Where the spill
    outlives the process, what is in memory is written there too while `keep` is in force, and
    once it is not all that waits: a spill without its beginning would be of no use.

    Parameters
    ----------
    memory
        Bytes of messages to keep in memory.
    disk
        Bytes to spill; beyond that the outbox is `full`.
    spill
        Where to.
    first
        Number of the first message: of a producer that goes on, the next after those in the log.
    """

    def __init__(
        self,
        memory: int = MEMORY_BYTES,
        disk: int = DISK_BYTES,
        spill: Spill | None = None,
        first: int = 1,
    ) -> None:
        self._memory = memory
        self._disk = disk
        self._spill = Spill() if spill is None else spill
        self._messages: deque[bytes] = deque()
        self._bytes = 0
        self._first = first
        self._taken = 0
        self._joined: set[int] = set()
        self._keeping = False
        self._held = True
        self._until: int | None = None

    def __len__(self) -> int:
        return len(self._messages) + len(self._spill)

    @property
    def first(self) -> int:
        """Number of the oldest message there is, or of the next."""
        return self._first

    @property
    def last(self) -> int:
        """Number of the last message there has been."""
        return self._first + len(self) - 1

    @property
    def ready(self) -> int:
        """Messages that `take` can hand out now."""
        return len(self._messages) - self._taken

    @property
    def in_flight(self) -> int:
        """Messages handed out and not acknowledged."""
        return self._taken

    @property
    def full(self) -> bool:
        """Whether disk and memory hold what they may: the producer has to wait."""
        return self._spill.size >= self._disk

    @property
    def spilled(self) -> int:
        """Bytes put aside on disk."""
        return self._spill.size

    def add(self, message: bytes, joined: bool = False) -> bool:
        """Append a message; tell whether it is the only one that `take` can hand out.

        One that is `joined` is handed out together with the one before it.
        """
        if joined:
            self._joined.add(self.last + 1)
        if self._spill.size or (self._bytes >= self._memory and not joined):
            if not self._spill.size and self._spill.lasting:
                self._hold()
            self._spill.add(message, self.last + 1)
            return False
        messages = self._messages
        messages.append(message)
        self._bytes += len(message)
        if self._keeping and (self._held or not self.last % RETRY):
            self._held = self._hold()
        return len(messages) == self._taken + 1

    def keep(self) -> None:
        """From now on have all on disk that is not acknowledged: nobody is there to take it."""
        self._until = None
        if not self._keeping and self._spill.lasting:
            self._keeping = True
            self._spill.hurry(True)
        self._held = not self._keeping or self._hold()

    def settle(self) -> None:
        """Keep no more than what there is now: somebody is there to take it."""
        if self._keeping and self._until is None:
            self._until = self.last
            self._settled()

    def leave(self) -> bool:
        """Leave all that is not acknowledged on disk, for others; tell whether it is there."""
        self.keep()
        return self._keeping and self._spill.leave(self._first, self.last)

    def discard(self) -> None:
        """Take everything from the disk that is there: nobody will ever want it."""
        self._keeping = False
        self._spill.close()

    def take(self, count: int, size: int) -> tuple[int, list[bytes]]:
        """Hand out up to `count` messages of up to `size` bytes together, at least one.

        There are more if the last ones are joined to those before.
        """
        first = self._first + self._taken
        batch: list[bytes] = []
        total = 0
        for message in islice(self._messages, self._taken, None):
            total += len(message)
            over = batch and (len(batch) >= count or total > size)
            if over and first + len(batch) not in self._joined:
                break
            batch.append(message)
        self._taken += len(batch)
        return first, batch

    def acknowledge(self, last: int) -> None:
        """Forget the messages up to number `last`."""
        messages, before = self._messages, self._first
        while self._first <= last and len(self):
            if not messages:
                self._refill()
            self._bytes -= len(messages.popleft())
            self._first += 1
            self._taken = max(0, self._taken - 1)
        if self._joined:
            self._joined.difference_update(range(before, self._first))
        if self._spill.size and self._bytes <= self._memory // 2:
            self._refill()
        self._spill.release(self._first)
        self._settled()

    def rewind(self, last: int) -> None:
        """Start again after number `last`, which the log has."""
        self.acknowledge(last)
        self._taken = 0

    def _hold(self) -> bool:
        """Write what is in memory alone; tell whether that could be done."""
        start = max(self._first, self._spill.next)
        missing = self._first + len(self._messages) - start
        if missing <= 0:
            return True
        if missing == 1:
            return self._spill.hold((self._messages[-1],), start)
        return self._spill.hold([*islice(self._messages, start - self._first, None)], start)

    def _settled(self) -> None:
        if self._until is not None and self._first > self._until:
            self._keeping, self._until = False, None
            self._spill.hurry(False)

    def _refill(self) -> None:
        # A quarter at a time, at least: fewer reads; at most: the producer waits for it.
        wanted = self._memory // 4 or 1
        while messages := self._spill.take(wanted):
            self._messages.extend(messages)
            self._bytes += sum(map(len, messages))
            if self._first + len(self._messages) not in self._joined:
                return
            wanted = 1
