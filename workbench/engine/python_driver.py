"""The loop over candles for strategies written in Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from workbench.analysis.series import Clock
from workbench.data.candles import Floats
from workbench.engine.broker import Broker
from workbench.engine.market import Market, plain
from workbench.engine.rules.layout import (
    E_KIND,
    EVENTS,
    EXITED,
    LONGS,
    M_ASK_CLOSE,
    M_ASK_HIGH,
    M_CLOSE,
    M_LOW,
    UPPER,
)
from workbench.engine.settings import Settings
from workbench.engine.watch import Watch
from workbench.messages import Reasoning


class Failed(NamedTuple):
    """What a strategy raised, and its number."""

    error: Exception | SystemExit
    strategy: int


Held = tuple[int, float, float, float]
"""From which candle on, the units long and short, and the offset: see `LONGS`."""


class PythonDriver:
    """Steps an account and the strategies on it.

    Parameters
    ----------
    market
        Columns, see `workbench.engine.market`.
    settings
        Of the account.

    Attributes
    ----------
    broker
        The book.
    failed
        What ended `run`; None for nothing.
    tables
        Where events go as tables instead of being returned; None for nowhere.
    """

    def __init__(self, market: Market, settings: Settings) -> None:
        self.broker = Broker(plain(market), settings)
        self.failed: Failed | None = None
        self.tables: list[Floats] | None = None
        self._deciding = 0
        self._columns = market
        self._nexts: list[tuple[int, Callable[[], object]]] = []
        self._clock = Clock()
        self._higher: list[tuple[Clock, Sequence[int]]] = []
        self._due: list[float] = []
        self._interrupted = False

    def begin(
        self,
        nexts: Sequence[tuple[int, Callable[[], object]]],
        clock: Clock,
        higher: Sequence[tuple[Clock, Sequence[int]]],
    ) -> None:
        """Say whose `next` is called from which candle on, and what shows the time to them.

        Parameters
        ----------
        nexts
            Warm-up and `next` of each strategy.
        clock
            Of the timeframe stepped on.
        higher
            Of each other timeframe: its clock, and for each candle how many have closed.
        """
        self._nexts, self._clock, self._higher = list(nexts), clock, list(higher)

    def interrupt(self) -> None:
        """End `run` after the candle it is on, or the next one at once; from any thread."""
        self._interrupted = True
        self._due.clear()

    def run(
        self, start: int, end: int, watch: Watch | None, filled: int, peak: float
    ) -> tuple[Floats, list[list[float]]]:
        """Do the candles from `start` to, not including, `end`, or fewer.

        Returns
        -------
        equities, rows
            The equity at the close of each candle done, and the events of all, in order.
        """
        if self._interrupted:
            self._interrupted = False
            return np.zeros(0), []
        warm = min(first for first, _ in self._nexts)
        idle = max(start, min(warm, end))  # nothing can happen before
        decide = self._decide(idle)
        if watch is not None:
            decide = watch.around(decide, self._counter(filled), self._equity, peak, self.interrupt)
        done, held = self._loop(idle, end, decide)
        if done < end:
            self._interrupted = False  # obeyed; one on the last candle holds for the next call
        return self._equities(start, done, held), self._take()

    def _loop(self, start: int, end: int, decide: Callable[[], object]) -> tuple[int, list[Held]]:
        """Go over candles; return the next one, and what was held from which candle on."""
        broker, clock, higher = self.broker, self._clock, self._higher
        a, fresh, process, at_close = broker.a, broker.fresh, broker.process, broker.at_close
        longs, shorts, offset, lower, upper = a[LONGS : UPPER + 1]
        held = [(start, longs, shorts, offset)]
        m, count = self._columns, start
        # Emptying this list ends the loop, which so need not look at a flag for each candle.
        self._due = due = m[M_LOW][start:end].tolist()
        if self._interrupted:
            due.clear()
        highs = m[M_ASK_HIGH][start:end].tolist()
        for low, high, count in zip(due, highs, range(start + 1, end + 1), strict=False):
            # Orders fill while the clock still shows the candle before.
            if fresh or low <= lower or high >= upper:
                process(count - 1)
                longs, shorts, offset, lower, upper = a[LONGS : UPPER + 1]
                held.append((count - 1, longs, shorts, offset))
            clock.count = count
            if higher:
                for other, counts in higher:
                    other.count = counts[count - 1]
            try:
                decide()
            except (Exception, SystemExit) as error:
                self.failed = Failed(error, self._deciding)
                break
            if at_close and fresh:
                broker.settle(count - 1)
                longs, shorts, offset, lower, upper = a[LONGS : UPPER + 1]
                held.append((count - 1, longs, shorts, offset))
        return count, held

    def _equity(self) -> float:
        return self.broker.equity(self._clock.count - 1)

    def _equities(self, start: int, done: int, held: list[Held]) -> Floats:
        """Return the equity at each close, of all candles at once: that is the fastest."""
        table = np.array(held)
        table[0, 0] = start
        times = np.diff(table[:, 0], append=done).astype(np.int64)
        longs, shorts, offset = np.repeat(table[:, 1:], times, axis=0).T
        bid, ask = self._columns[M_CLOSE][start:done], self._columns[M_ASK_CLOSE][start:done]
        equities: Floats = offset + longs * bid - shorts * ask
        return equities

    def _decide(self, start: int) -> Callable[[], object]:
        if len(self._nexts) == 1:
            return self._nexts[0][1]
        nexts, clock = self._nexts, self._clock

        def decide() -> None:
            for number, (warm, each) in enumerate(nexts):
                if clock.count > warm:
                    self._deciding = number
                    each()

        return decide

    def _counter(self, filled: int) -> Callable[[], int]:
        """Return what counts the fills of the run, of which there were `filled` before."""
        a, events = self.broker.a, self.broker.world[-1]
        looked = 0

        def count() -> int:
            nonlocal looked, filled
            told = int(a[EVENTS])
            filled += sum(e[E_KIND] <= EXITED for e in events[looked:told])
            looked = told
            return filled

        return count

    def finish(self, bar: int) -> list[list[float]]:
        """Close everything at the close of candle `bar`; return the events."""
        self.broker.finish(bar)
        return self._take()

    def _take(self) -> list[list[float]]:
        rows = self.broker.take()
        if self.tables is None or not rows:
            return rows
        self.tables.append(np.array(rows))
        return []

    def reason(self, order: int, strategy: int, decided: int, sign: float) -> Reasoning:
        """Return why an order was placed."""
        return self.broker.reasons[order]

    def forget(self, order: int) -> None:
        """Forget why an order was placed: it is done."""
        self.broker.reasons.pop(order, None)

    def save(self) -> Mapping[str, Any]:
        """Return the book, to be restored by `load`."""
        broker = self.broker
        return {"world": broker.world, "reasons": broker.reasons, "fresh": broker.fresh}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Restore the book."""
        broker = self.broker
        world: Any = broker.world
        for mine, theirs in zip(world, saved["world"], strict=True):
            mine[:] = theirs
        broker.reasons = dict(saved["reasons"])
        broker.fresh[:] = saved["fresh"]
