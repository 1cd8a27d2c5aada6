"""The prices of one symbol, through all that goes wrong with their source."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing

from workbench.data.bars import bars_of
from workbench.data.candles import Candles
from workbench.data.seeding import without_wrong
from workbench.errors import WorkbenchError
from workbench.feeds.feeding import MOST_MISSED, RETRY_S
from workbench.feeds.source import BarUpdate, Hole, Item, Note, Source
from workbench.feeds.spec import FeedSpec
from workbench.runs.failing import clean
from workbench.sessions.standing import Standing, fresh
from workbench.timeframes import Timeframe

log = logging.getLogger("workbench.session")


class Sourcing:
    """Gives what the source of a symbol gives; one that fails is made anew and goes on.

    A session that holds something is not ended because prices fail: it is tried for ever, ever
    more slowly, and what is not known is said.

    Parameters
    ----------
    spec
        The feed of the symbol.
    make
        Makes its source; called with the open time (epoch ms) of the last closed candle that was
        taken, None where there is none.
    standing
        Returns what was taken; asked whenever a source is made.
    now
        Epoch ms.
    sleep
        Sleeps that many seconds.
    """

    def __init__(
        self,
        spec: FeedSpec,
        make: Callable[[int | None], Source],
        standing: Callable[[], Standing],
        *,
        now: Callable[[], int],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.symbol = spec.symbol
        self.length = min(map(Timeframe.parse, spec.timeframes)).ms
        self._spec, self._make, self._standing = spec, make, standing
        self._now, self._sleep = now, sleep
        self._first: Source | None = None
        self._failures = 0

    async def open(self) -> tuple[Mapping[str, Candles], tuple[str, bool]]:
        """Make the first source of a session; return its history, and what it is.

        Raises
        ------
        WorkbenchError
            The feed cannot be as it is asked for.
        """
        source = self._first = self._make(None)
        wanted = self._spec.history
        history = await source.history(self._spec.timeframes, wanted)
        if not wanted:
            # Of what a longer candle that has begun is made of there is some all the same.
            history = {}
        sound = {name: without_wrong(candles)[0] for name, candles in history.items()}
        return sound, (source.description, source.synthetic)

    async def items(self, taken: Callable[[], Awaitable[object]]) -> AsyncGenerator[Sequence[Item]]:
        """Give what comes, until the source ends.

        Parameters
        ----------
        taken
            Returns once all that was given has been taken.
        """
        while True:
            try:
                async with aclosing(self._feed()) as batches:
                    async for batch in batches:
                        yield batch
                return
            except Exception as error:
                wait = min(RETRY_S[0] * 2.0**self._failures, RETRY_S[1])
                self._failures = min(self._failures + 1, 20)
                log.warning("the source of %s failed: %s", self.symbol, error)
                code = error.code if isinstance(error, WorkbenchError) else "source_failed"
                text = clean(f"{type(error).__name__}: {error}; trying again in {wait:.0f} s")
                yield [Note("reconnecting", text, code)]
                await taken()
                await self._sleep(wait)

    async def close(self) -> None:
        """Let go of a source that was opened and never asked."""
        if self._first is not None:
            await self._first.close()

    async def _feed(self) -> AsyncGenerator[Sequence[Item]]:
        opened, self._first = self._first, None
        after, trail = self._after(), None
        source = self._make(after) if opened is None else opened
        try:
            if opened is None:
                trail = self._standing().trails.get(self.symbol)
                history = await source.history(self._spec.timeframes, self._wanted(after))
                if missed := self._missed(history, after):
                    yield missed
            async for items in source.items():
                kept, trail = fresh(items, trail)
                if kept:
                    yield kept
                if any(not isinstance(item, Note) for item in kept):
                    self._failures = 0
        finally:
            await source.close()

    def _after(self) -> int | None:
        return self._standing().after().get(self.symbol)

    def _wanted(self, after: int | None) -> int:
        """Return how many candles go back to the last that was taken, within reason."""
        if after is None or self._spec.feed == "replay":
            return 1
        return max(1, min((self._now() - after) // self.length, MOST_MISSED))

    def _missed(self, history: Mapping[str, Candles], after: int | None) -> list[Item]:
        """Return the candles that came while nobody was there, and what is missing of them."""
        name = min(map(Timeframe.parse, self._spec.timeframes)).name
        candles = history.get(name)
        if after is None or candles is None or not len(candles):
            return []
        found: list[Item] = []
        start = after + self.length
        first = int(candles.time[0])
        if first > start and self._spec.feed != "replay":
            many = (first - start) // self.length
            found.append(Hole("candles", many, start, first, False, timeframe=name))
        sound = without_wrong(candles)[0]
        new = bars_of(sound.slice(start, int(candles.time[-1]) + 1))
        return [*found, *(BarUpdate(name, bar, True, "backfill") for bar in new)]
