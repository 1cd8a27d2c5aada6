"""A made-up market as a feed: it never traded, says so, and needs no network."""

from __future__ import annotations

import asyncio
import math
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from workbench.data import synthetic
from workbench.data.aggregate import ordered
from workbench.data.candles import Candles
from workbench.data.catalog import find, load_stored
from workbench.data.resample import resample
from workbench.errors import InvalidRequest, WorkbenchError
from workbench.feeds.pacing import Pacer, multiple
from workbench.feeds.source import Item, Moment, Note, Tick
from workbench.feeds.spec import FeedSpec
from workbench.feeds.walk import Walk
from workbench.timeframes import MINUTE_MS, Timeframe

SOURCE = "synthetic (generated, not market data)"
MOST_MINUTES = 500_000
"""A history reaches back no further: about a year."""
FEW_FROM = 120.0
"""From this multiple of market time on, a minute has four trades."""
_MINUTE = Timeframe.parse("1M")


class SyntheticSource:
    """Trades of a market that does not exist, for any symbol.

    What a price is follows from symbol, seed and time alone: the history is of one piece with what
    comes, and a feed that is started again tells the same candles. At its own speed market time is
    the clock's; a faster one begins at the present and runs ahead of it.

    Parameters
    ----------
    spec
        `symbol`: prices are around those of the catalogue, where it is known there.
    root
        Folder of the candle store; the user's own where absent.
    after
        Open time (epoch ms) of the last candle of the shortest timeframe that has been given
        before; the feed begins after it.
    clock, sleep
        Seconds since the epoch; sleeps that many.

    Raises
    ------
    InvalidRequest
        The speed is none, or without a bound: this feed has no end.
    """

    synthetic = True
    description = SOURCE

    def __init__(
        self,
        spec: FeedSpec,
        root: Path | None = None,
        *,
        after: int | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        speed = multiple(spec)
        if speed is None:
            allowed = "multiples of market time (60x), or candles a second"
            msg = f"speed is {spec.speed}, but a synthetic feed has no end: give {allowed}"
            raise InvalidRequest(msg, field="speed", value=spec.speed, allowed=allowed)
        self._timeframes = ordered(spec.timeframes)
        base = self._timeframes[-1]
        self._start = int(clock() * 1000)
        if after is not None:
            self._start = max(self._start, after + base.ms)
        self._from = base.floor(self._start)
        self._few = speed >= FEW_FROM
        self._pacer = Pacer(speed, clock, sleep, behind=math.inf)
        self._pacer.begin(self._start)
        self._symbol = spec.symbol
        self._walk = Walk(spec.symbol, spec.seed or 0, _level(spec.symbol, root))

    async def history(self, timeframes: Sequence[str], count: int) -> Mapping[str, Candles]:
        """Return `count` closed candles of each timeframe, fewer where they go back too far."""
        lengths = ordered(timeframes)
        base, end = lengths[-1], self._from
        starts = {length: length.floor(end) - count * length.ms for length in lengths}
        # A longer candle that grows at the start is made of all the shorter ones in it.
        starts[base] = min(starts[base], lengths[0].floor(end))
        earliest = max(min(starts.values()), end - MOST_MINUTES * MINUTE_MS)
        first = earliest // MINUTE_MS
        columns = self._walk.minutes(first, end // MINUTE_MS - first)
        minutes = Candles(self._symbol, _MINUTE, *columns, SOURCE, True)
        found = {}
        for length, start in starts.items():
            # The first whole one from there on.
            whole = length.floor(max(start, earliest) + length.ms - 1)
            found[length.name] = resample(minutes.slice(whole, length.floor(end)), length)
        return found

    async def items(self) -> AsyncIterator[Sequence[Item]]:
        """Give trades, without an end."""
        yield [Note("live", "generating trades: nothing of this was ever traded")]
        minute = self._from // MINUTE_MS
        batch: list[Item] = []
        while True:
            items: list[Tick | Moment] = [*self._walk.trades(minute, self._few)]
            items.append(Moment((minute + 1) * MINUTE_MS))
            for item in items:
                if batch and not self._pacer.due(item.time):
                    yield batch
                    batch = []
                await self._pacer.reach(item.time)
                batch.append(item)
            if len(batch) > 1000:
                yield batch
                batch = []
            minute += 1

    async def close(self) -> None:
        """There is nothing to let go of."""


def _level(symbol: str, root: Path | None) -> float:
    """Return around which price a symbol is: as in the catalogue, or made up."""
    if symbol == synthetic.SYMBOL:
        return 45_000.0
    try:
        info = find(symbol, root)
        if info.kind == "synthetic":
            return 45_000.0
        candles = load_stored(info, Timeframe.parse(info.timeframes[-1]), root)
        return float(candles.close[-1])
    except (WorkbenchError, OSError, IndexError):
        part = zlib.crc32(symbol.encode()) / 2**32
        return float(round(10.0 * 50.0**part, 2))
