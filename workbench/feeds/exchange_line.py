"""What followers of an exchange share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from workbench.analysis.bars import Bar
from workbench.data.candles import Candles
from workbench.data.exchange.paging import Pager
from workbench.data.exchange.trouble import Trouble, persist
from workbench.data.growing import Origin
from workbench.feeds.exchange_clock import MarketClock
from workbench.feeds.exchange_socket import Socket
from workbench.feeds.source import BarUpdate, Item, Moment, Note
from workbench.timeframes import Timeframe

LOOK_S = 0.5
"""How often it is looked whether market time has passed without a trade."""

TRIES = 4
PATIENCE_S = 30.0
"""How long what is missing is asked for before the feed goes on without it."""


@dataclass
class Connection:
    """A market of an exchange that is open.

    Attributes
    ----------
    timeframe
        The shortest of the feed.
    since
        Where the history ends, epoch ms: an open time of this timeframe.
    clock
        What time it is there.
    socket
        Its connections.
    sleep, elapsed
        Waits some seconds; seconds of a clock that never jumps.
    """

    exchange: Any
    market: str
    timeframe: Timeframe
    since: int
    clock: MarketClock
    socket: Socket
    sleep: Callable[[float], Awaitable[None]]
    elapsed: Callable[[], float]

    @property
    def now(self) -> float:
        """Elapsed milliseconds."""
        return self.elapsed() * 1000

    async def ready(self, watching: asyncio.Task[Any]) -> None:
        """Wait until the socket is connected or `watching` has come to something.

        Raises
        ------
        Exception
            What `watching` failed with.
        """
        while not watching.done() and not self.socket.connected:
            await asyncio.wait({watching}, timeout=0.01)
        if watching.done():
            watching.result()

    def passed(self) -> list[Item]:
        """Return the passing of time, if any is sure."""
        moment = self.clock.passed()
        return [] if moment is None else [Moment(moment)]

    async def ask(self, what: Callable[[], Awaitable[Any]], notes: list[Item], missing: str) -> Any:
        """Ask for what is missing, a few times; what comes in between is added to `notes`."""

        def told(trouble: Trouble, wait: float) -> None:
            text = f"{missing}: {trouble.message}; asking again in {wait:.0f} s"
            notes.append(Note("backfilling", text, trouble.code))

        return await persist(
            self.exchange, what, told=told, sleep=self.sleep, tries=TRIES, patience=PATIENCE_S
        )

    async def candles(self, start: int, end: int, notes: list[Item]) -> list[BarUpdate]:
        """Return the closed candles that open in [start, end), as the exchange made them."""

        async def ask(what: Callable[[], Awaitable[Any]]) -> Any:
            return await self.ask(what, notes, "candles are missing")

        pager = Pager(self.exchange, self.market, self.timeframe, ask)
        found: list[BarUpdate] = []
        # What is asked for has closed: trades after it have been seen.
        async for page in pager.pages(start, end, now=end + 2 * self.timeframe.ms):
            found += [_bar(row, self.timeframe.name, "backfill") for row in page.rows]
        return found


def bars(candles: Candles, timeframe: str, origin: Origin) -> list[Item]:
    """Return candles as closed ones of a feed."""
    c = candles
    rows = zip(c.time, c.open, c.high, c.low, c.close, c.volume, strict=True)
    return [_bar(row, timeframe, origin) for row in rows]


def _bar(row: Any, timeframe: str, origin: Origin) -> BarUpdate:
    bar = Bar(int(row[0]), *(float(value) for value in row[1:]))
    return BarUpdate(timeframe, bar, True, origin)
