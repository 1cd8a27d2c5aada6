"""The items of several sources in one order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from workbench.feeds.source import BarUpdate, Hole, Item, Moment, Tick
from workbench.sessions.sourcing import Sourcing

AHEAD = 4
"""Batches of a source that may wait."""


class _Lane:
    """What one source gave and nobody has taken."""

    def __init__(self, sourcing: Sourcing) -> None:
        self.sourcing = sourcing
        self.batches: asyncio.Queue[deque[Item]] = asyncio.Queue(AHEAD)
        self.head: deque[Item] = deque()
        self.over = False
        self.time = 0

    def look(self) -> bool:
        """Have the next item at hand; tell whether there is one."""
        while not self.head and not self.batches.empty():
            self.head = self.batches.get_nowait()
            if not self.head:
                self.batches.task_done()
        return bool(self.head)

    def due(self) -> int:
        """Return the market time of the next item."""
        return time_of(self.head[0], self.sourcing.length, self.time)

    def take(self) -> Item:
        """Take the next item."""
        self.time = max(self.time, self.due())
        return self.head.popleft()


class Merging:
    """Several sources as one.

    Where they go by the clock, things come in the order they come. Else the order is that of
    market time, and of symbols where that is one: it then depends on the prices alone, however
    the sources hand them out.

    Parameters
    ----------
    sources
        One for each symbol.
    by_time
        Whether to order by market time.
    changed
        Set whenever there may be something to take.
    """

    def __init__(self, sources: Sequence[Sourcing], by_time: bool, changed: asyncio.Event) -> None:
        self._lanes = [_Lane(one) for one in sources]
        self._by_time = by_time
        self._changed = changed
        self._tasks: list[asyncio.Task[None]] = []
        self._lent: list[_Lane] = []

    def start(self) -> None:
        """Begin to ask the sources."""
        self._tasks = [asyncio.create_task(self._pump(lane)) for lane in self._lanes]

    def check(self) -> None:
        """Raise what a source has raised: it mends itself, so that is a fault in here."""
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()):
                raise error

    @property
    def over(self) -> bool:
        """Whether all sources have ended and all is taken."""
        return all(lane.over and not lane.look() for lane in self._lanes)

    def take(self, most: int) -> list[tuple[str, Item]]:
        """Take what is there, in order, at most so many items; `done` is to be called after it."""
        found: list[tuple[str, Item]] = []
        while len(found) < most and (lane := self._next()) is not None:
            found.append((lane.sourcing.symbol, lane.take()))
            if not lane.head:
                self._lent.append(lane)
        return found

    def done(self) -> None:
        """Know that all that was handed out has been taken in."""
        for lane in self._lent:
            lane.batches.task_done()
        self._lent.clear()

    async def close(self) -> None:
        """End the sources."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _next(self) -> _Lane | None:
        """Return whose turn it is; None while that is not known."""
        found: _Lane | None = None
        for lane in self._lanes:
            if lane.look():
                if found is None or lane.due() < found.due():
                    found = lane
            elif self._by_time and not lane.over:
                return None
        return found

    async def _pump(self, lane: _Lane) -> None:
        try:
            async for batch in lane.sourcing.items(lane.batches.join):
                await lane.batches.put(deque(batch))
                self._changed.set()
                # Stored prices come without waiting; others are to have their turn.
                await asyncio.sleep(0)
        finally:
            lane.over = True
            self._changed.set()


def time_of(item: Item, length: int, last: int) -> int:
    """Return when, in market time (epoch ms), something is known; `last` for what has no time.

    Parameters
    ----------
    length
        Of a candle, ms.
    last
        That of what came before from the same source.
    """
    if isinstance(item, Tick | Moment):
        return max(last, item.time)
    if isinstance(item, BarUpdate):
        # One that grows is known up to a time that nobody tells.
        return max(last, item.bar.time + length if item.closed else item.bar.time)
    if isinstance(item, Hole):
        return max(last, item.end)
    return last
