"""The candles of an exchange that does not tell its trades."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from workbench.analysis.bars import Bar
from workbench.data.exchange.paging import choose
from workbench.data.exchange.trouble import code_of
from workbench.errors import UnknownTimeframe, WorkbenchError
from workbench.feeds.counting import lacking
from workbench.feeds.exchange_line import LOOK_S, Connection
from workbench.feeds.source import BarUpdate, Hole, Item, Note


class CandleFollower:
    """Follows candles of the shortest timeframe; kept across connections.

    A candle is taken for closed when a later one appears: ccxt does not say which are.

    Raises
    ------
    UnknownTimeframe
        The exchange has no candles of that length.
    """

    def __init__(self, connection: Connection) -> None:
        self._c = connection
        served = choose(connection.exchange, connection.timeframe)
        if served.timeframe.ms != connection.timeframe.ms:
            msg = f"{connection.exchange.id} tells no {connection.timeframe} candles as they grow"
            raise UnknownTimeframe(msg, field="timeframes", value=connection.timeframe.name)
        self._name = served.name
        self._growing: Bar | None = None
        self._last: list[Any] | None = None
        self._next = connection.since

    async def batches(self) -> AsyncGenerator[list[Item], None]:
        """Connect and give what comes; raises what ends the connection."""
        again = self._growing is not None
        self._forget()
        watching = asyncio.create_task(self._take())
        try:
            await self._c.ready(watching)
            yield [Note("live", "following candles")]
            opened = self._c.socket.opened
            while True:
                await asyncio.wait({watching}, timeout=LOOK_S)
                if opened != self._c.socket.opened:
                    opened, again = self._c.socket.opened, True
                    # What it has taken may be from before the loss, and would be told as the end
                    # of a candle.
                    watching.cancel()
                    await asyncio.gather(watching, return_exceptions=True)
                    self._forget()
                    watching = asyncio.create_task(self._take())
                    yield [Note("reconnecting", "the connection was lost and made anew")]
                    yield [Note("live", "following candles")]
                if not watching.done():
                    continue
                rows = watching.result()
                watching = asyncio.create_task(self._take())
                # ccxt still knows those from before the loss, as they were then.
                for row in rows[-1:] if again else rows:
                    yield await self._accept(row, again)
                    again = False
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    def _forget(self) -> None:
        """Forget how candles stood before a loss; ccxt would go on telling it."""
        self._growing = self._last = None
        self._c.exchange.ohlcvs.pop(self._c.market, None)

    async def _take(self) -> list[Any]:
        cache = self._c.exchange.ohlcvs.get(self._c.market, {}).get(self._name)
        if cache and list(cache[-1]) != self._last:
            # Came while nobody was waiting: ccxt tells it at the next message only.
            rows = [list(row) for row in cache if row[0] >= self._next]
        else:
            told = await self._c.exchange.watch_ohlcv(self._c.market, self._name)
            rows = [list(row) for row in told]
        self._last = rows[-1] if rows else self._last
        return rows

    async def _accept(self, row: Any, again: bool) -> list[Item]:
        try:
            bar = Bar(int(row[0]), *(float(value) for value in row[1:6]))
        except (TypeError, ValueError, IndexError):
            return [Note("live", "a candle could not be read", "corrupt_frame")]
        if bar.time < self._next:
            return []
        items: list[Item] = []
        length = self._c.timeframe
        growing, self._growing = self._growing, bar
        if growing is not None and bar.time > growing.time:
            items.append(BarUpdate(length.name, growing, True))
            self._next = growing.time + length.ms
        if bar.time > self._next:
            # Of one that was growing when the connection was lost, the end was not seen.
            items += await self._missed(self._next, bar.time, again)
            self._next = bar.time
        self._c.clock.observe(bar.time, self._c.now)
        return [*items, BarUpdate(length.name, bar, False)]

    async def _missed(self, start: int, end: int, again: bool) -> list[Item]:
        count = (end - start) // self._c.timeframe.ms
        items: list[Item] = []
        try:
            found = await self._c.candles(start, end, items)
        except WorkbenchError as error:
            items.append(
                Note("live", f"{lacking(count, 'candle')}: {error.message}", code_of(error))
            )
            return [*items, self._hole(count, start, end, False)]
        items += found
        # Candles without a trade are none: only a loss is worth telling.
        return [*items, self._hole(count, start, end, True)] if again else items

    def _hole(self, count: int, start: int, end: int, filled: bool) -> Hole:
        return Hole("candles", count, start, end, filled, timeframe=self._c.timeframe.name)
