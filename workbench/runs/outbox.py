"""What a producer has said and the log has not yet acknowledged: pure bookkeeping."""

from __future__ import annotations

from collections import deque
from itertools import islice


class Outbox:
    """Numbered messages waiting for their acknowledgement.

    Numbers start at 1. `take` hands out each message once per connection; `rewind` starts a
    new connection at the position the server names.
    """

    def __init__(self) -> None:
        self._messages: deque[bytes] = deque()
        self._first = 1
        self._taken = 0

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def untaken(self) -> int:
        """Messages not handed out on this connection."""
        return len(self._messages) - self._taken

    @property
    def in_flight(self) -> int:
        """Messages handed out and not acknowledged."""
        return self._taken

    def add(self, message: bytes) -> None:
        """Append a message."""
        self._messages.append(message)

    def take(self, count: int, size: int) -> tuple[int, list[bytes]]:
        """Hand out up to `count` messages of up to `size` bytes together, at least one."""
        first = self._first + self._taken
        batch: list[bytes] = []
        total = 0
        for message in islice(self._messages, self._taken, None):
            total += len(message)
            if batch and (len(batch) >= count or total > size):
                break
            batch.append(message)
        self._taken += len(batch)
        return first, batch

    def acknowledge(self, last: int) -> None:
        """Forget the messages up to number `last`."""
        while self._messages and self._first <= last:
            self._messages.popleft()
            self._first += 1
            self._taken = max(0, self._taken - 1)

    def rewind(self, last: int) -> None:
        """Start again after number `last`, which the log has."""
        self.acknowledge(last)
        self._taken = 0
