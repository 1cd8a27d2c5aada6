"""Stored candles as a feed, as if they closed now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from workbench.data.bars import bars_of
from workbench.data.candles import Candles
from workbench.data.catalog import check_timeframes, find, load_stored, parse_range
from workbench.data.resample import resample
from workbench.errors import InsufficientData
from workbench.feeds.pacing import Pacer, multiple
from workbench.feeds.source import BarUpdate, Item, Note
from workbench.feeds.spec import FeedSpec
from workbench.messages import iso_time
from workbench.timeframes import Timeframe

AT_ONCE = 200
"""The most candles that are given at once."""


class ReplaySource:
    """Gives the stored candles of a symbol, one after the other, each once and closed.

    How a candle grew is not stored, and nothing is made up about it: the shortest ones come
    whole, the longer ones grow with them. Times without candles cost no time.

    Parameters
    ----------
    spec
        `symbol` as of the catalogue; `start` and `end` of what is replayed, all where absent.
    root
        Folder of the candle store; the user's own where absent.
    after
        Open time (epoch ms) of the last candle of the shortest timeframe that has been given
        before; those up to it belong to the history.
    clock, sleep
        Seconds, monotonic; sleeps that many.

    Raises
    ------
    UnknownSymbol, UnknownTimeframe, InvalidRequest
        The symbol, a timeframe, the range or the speed is wrong.
    InsufficientData
        There are no candles in the range.
    """

    def __init__(
        self,
        spec: FeedSpec,
        root: Path | None = None,
        *,
        after: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        info = find(spec.symbol, root)
        lengths = check_timeframes(info.symbol, spec.timeframes, root)
        self._base = lengths[0]
        self._candles = _whole(load_stored(info, self._base, root), self._base)
        self._start, self._end = self._range(spec)
        if after is not None:
            self._start = max(self._start, after + 1)
        self._pacer = Pacer(multiple(spec), clock, sleep)
        self.description = f"replay of {info.source}"
        self.synthetic = info.synthetic

    def _range(self, spec: FeedSpec) -> tuple[int, int]:
        candles, symbol = self._candles, spec.symbol
        if not len(candles):
            raise InsufficientData("Insufficient historical data", symbol=symbol)
        first = iso_time(int(candles.time[0]))
        last = iso_time(int(candles.time[-1]) + self._base.ms)
        start, end = parse_range(spec.start or first, spec.end or last)
        if not len(candles.slice(start, end)):
            raise InsufficientData(
                "Insufficient historical data",
                symbol=symbol,
                required_start=iso_time(start)[:10],
                available_start=first[:10],
                required_end=iso_time(end)[:10],
                available_end=last[:10],
            )
        return start, end

    async def history(self, timeframes: Sequence[str], count: int) -> Mapping[str, Candles]:
        """Return the last `count` closed candles of each timeframe from before the range."""
        known = self._candles.slice(0, self._start)
        if not len(known):
            return {}
        until = int(known.time[-1]) + self._base.ms
        found: dict[str, Candles] = {}
        for name in timeframes:
            timeframe = Timeframe.parse(name)
            longer = resample(known, timeframe)
            closed = longer.slice(0, until - timeframe.ms + 1)
            found[timeframe.name] = closed[max(0, len(closed) - count) :]
        # A longer candle that grows at the start is made of all the shorter ones in it.
        shortest, longest = self._base, max(map(Timeframe.parse, timeframes))
        earliest = int(known.time[-min(len(known), count)]) if count else until
        enough = min(longest.floor(until), earliest)
        return found | {shortest.name: known.slice(enough, self._start)}

    async def items(self) -> AsyncIterator[Sequence[Item]]:
        """Give the candles of the range at the feed's pace, and say when it has ended."""
        yield [Note("live", f"replaying from {iso_time(self._start)} to {iso_time(self._end)}")]
        batch: list[Item] = []
        name, length = self._base.name, self._base.ms
        for number, bar in enumerate(bars_of(self._candles.slice(self._start, self._end))):
            # By their number, not their time: nights and weekends are not waited for.
            await self._pacer.reach(number * length)
            batch.append(BarUpdate(name, bar, True))
            if len(batch) >= AT_ONCE or not self._pacer.due((number + 1) * length):
                yield batch
                batch = []
        yield [*batch, Note("ended", "the replay has come to its end")]

    async def close(self) -> None:
        """There is nothing to let go of."""


def _whole(candles: Candles, timeframe: Timeframe) -> Candles:
    """Return the candles of a longer timeframe, without a last one that may not be complete."""
    longer = resample(candles, timeframe)
    if not len(longer):
        return longer
    ends = int(candles.time[-1]) + candles.timeframe.ms
    return longer if int(longer.time[-1]) + timeframe.ms <= ends else longer[:-1]
