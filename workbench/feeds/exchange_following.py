"""The trades of an exchange, each once and in order, across losses of the connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from workbench.data.exchange.trouble import code_of
from workbench.errors import WorkbenchError
from workbench.feeds.believing import NUMBERS, Believed
from workbench.feeds.counting import counted, lacking
from workbench.feeds.exchange_line import LOOK_S, Connection
from workbench.feeds.exchange_trades import HABITS, Habit, Line, Missing, Seen, fetch, read
from workbench.feeds.source import Hole, Item, Note, Tick


class TradeFollower:
    """Follows trades; kept across connections, it knows the last one.

    A candle that lost trades for good is given as the exchange made it, closed, before the first
    trade after it.
    """

    def __init__(self, connection: Connection) -> None:
        self._c = connection
        self._habit: Habit = HABITS.get(connection.exchange.id, Habit())
        self._line = Line()
        self._numbers = Believed(NUMBERS)
        self._caught_up = False
        self._first = True
        self._spoiled: int | None = None

    async def batches(self) -> AsyncGenerator[list[Item], None]:
        """Connect and give what comes; raises what ends the connection."""
        self._caught_up, self._first = False, True
        yield await self._accept(self._drained())
        watching = asyncio.create_task(self._take())
        try:
            await self._c.ready(watching)
            opened = 0
            while True:
                if opened != self._c.socket.opened:
                    if opened:
                        self._caught_up, self._first = False, True
                        yield [Note("reconnecting", "the connection was lost and made anew")]
                    opened = self._c.socket.opened
                    yield [Note("backfilling", "asking for the trades since the last one")]
                    yield await self._catch_up(None)
                    yield [Note("live", "following trades")]
                await asyncio.wait({watching}, timeout=LOOK_S)
                if opened != self._c.socket.opened:
                    continue
                if not watching.done():
                    # Time that passes while trades are missing would close candles too early.
                    sure = self._caught_up and self._spoiled is None
                    yield self._c.passed() if sure else []
                    continue
                trades = watching.result()
                watching = asyncio.create_task(self._take())
                yield await self._accept(trades, live=True)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _take(self) -> list[Any]:
        trades = self._drained()
        if trades:
            return trades
        params = dict(self._habit.watch or {})
        told = await self._c.exchange.watch_trades(self._c.market, params=params)
        return self._drained() or list(told)

    def _drained(self) -> list[Any]:
        """Empty ccxt's cache, which else is copied at each trade and forgets when it is full."""
        cache = (self._c.exchange.trades or {}).get(self._c.market)
        if not cache:
            return []
        trades = list(cache)
        cache.clear()
        return trades

    async def _accept(self, trades: list[Any], live: bool = False) -> list[Item]:
        """Return what is new, after what is missing before it."""
        found, bad = read(trades, self._habit.counted)
        sound = [seen for seen in found if self._counts_on(seen.tick)]
        bad, found = bad + len(found) - len(sound), sound
        items: list[Item] = []
        if bad:
            items.append(
                Note("live", f"{counted(bad, 'trade')} could not be read", "corrupt_frame")
            )
        if live and found:
            self._c.clock.observe(found[-1].tick.time, self._c.now)
        for seen in found:
            missing = self._line.missing(seen.tick)
            if missing is not None:
                items += await self._fill(missing, seen.tick)
            elif live and self._first and not self._numbered:
                items += await self._fill_by_time(seen.tick)
            if self._line.takes(seen):
                items += await self._given(seen.tick)
            if live:
                self._caught_up, self._first = True, False
        return items

    def _counts_on(self, tick: Tick) -> bool:
        """Tell whether a trade's number may be right: a wrong one would hide all after it."""
        last = self._line.last
        if tick.number is None or last is None or last.number is None:
            return True
        self._numbers.last = last.number
        return self._numbers.takes(tick.number)

    async def _catch_up(self, until: Tick | None) -> list[Item]:
        """Ask for the trades since the last one, or since the history's end."""
        last = self._line.last
        end = int(self._c.exchange.milliseconds()) if until is None else until.time
        if last is None:
            missing = Missing(self._c.since, end)
        else:
            missing = Missing(last.time, end, None if last.number is None else last.number + 1)
        items: list[Item] = []
        try:
            found = await self._c.ask(lambda: self._fetch(missing), items, "trades are missing")
        except WorkbenchError as error:
            return [*items, Note("backfilling", error.message, code_of(error))]
        self._caught_up = True
        fresh = [seen for seen in found if seen.tick.time >= self._c.since]
        ticks = [seen.tick for seen in fresh if self._line.takes(seen)]
        if last is None or not ticks:
            return [*items, *await self._woven(last, ticks, None)]
        if not self._habit.counted and len(ticks) == len({seen.id for seen in fresh}):
            # None of them was here before, so there may be others in between.
            items.append(self._lost(Missing(last.time, ticks[0].time)))
        items += await self._woven(last, ticks, None)
        return [*items, _filled(last, ticks)]

    @property
    def _numbered(self) -> bool:
        """Whether the number of the next trade shows what is missing."""
        return self._line.last is not None and self._line.last.number is not None

    async def _fill_by_time(self, tick: Tick) -> list[Item]:
        """Fill up to the first trade of a connection, where numbers do not tell."""
        last = self._line.last
        self._caught_up = False
        items = await self._catch_up(tick)
        if not self._caught_up:
            start = self._c.since if last is None else last.time
            items.append(self._lost(Missing(start, tick.time)))
        return items

    async def _fill(self, missing: Missing, after: Tick) -> list[Item]:
        last = self._line.last
        what = lacking(missing.many, "trade")
        items: list[Item] = []
        try:
            found = await self._c.ask(lambda: self._fetch(missing), items, what)
        except WorkbenchError as error:
            note = Note("live", f"{what}: {error.message}", code_of(error))
            return [*items, note, self._lost(missing)]
        numbers = range(missing.first or 0, (missing.last or 0) + 1)
        within = [seen for seen in found if seen.tick.number in numbers]
        ticks = [seen.tick for seen in within if self._line.takes(seen)]
        items += await self._woven(last, ticks, after)
        return [*items, _filled(last, ticks)] if ticks else items

    async def _woven(
        self, last: Tick | None, ticks: Sequence[Tick], after: Tick | None
    ) -> list[Item]:
        """Return fetched trades, saying which between `last` and `after` are still missing."""
        items: list[Item] = []
        for tick in [*ticks, after] if after else ticks:
            if last and last.number and tick.number and tick.number > last.number + 1:
                gap = Missing(last.time, tick.time, last.number + 1, tick.number - 1)
                items.append(self._lost(gap))
            if tick is not after:
                items += await self._given(tick)
            last = tick
        return items

    async def _given(self, tick: Tick) -> list[Item]:
        """Return a trade, after the candles before it that lost some."""
        opened = self._c.timeframe.floor(tick.time)
        if self._spoiled is None or opened <= self._spoiled:
            return [tick]
        start, self._spoiled = self._spoiled, None
        items: list[Item] = []
        if self._c.exchange.has.get("fetchOHLCV"):
            try:
                items += await self._c.candles(start, opened, items)
            except WorkbenchError as error:
                text = f"nor can the candles be had that lack them: {error.message}"
                items.append(Note("live", text, code_of(error)))
        return [*items, tick]

    def _lost(self, missing: Missing) -> Hole:
        opened = self._c.timeframe.floor(missing.start)
        self._spoiled = opened if self._spoiled is None else min(self._spoiled, opened)
        return _hole(missing, missing.many, False)

    async def _fetch(self, missing: Missing) -> list[Seen]:
        if not self._c.exchange.has.get("fetchTrades"):
            return []
        trades = await fetch(self._c.exchange, self._c.market, self._habit, missing)
        return read(trades, self._habit.counted)[0]


def _filled(last: Tick | None, ticks: Sequence[Tick]) -> Hole:
    start = ticks[0].time if last is None else last.time
    here = Missing(start, ticks[-1].time, ticks[0].number, ticks[-1].number)
    return _hole(here, len(ticks), True)


def _hole(missing: Missing, count: int, filled: bool) -> Hole:
    return Hole("trades", count, missing.start, missing.end, filled, missing.first, missing.last)
