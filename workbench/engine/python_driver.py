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
    BALANCE,
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
    ) -> tuple[list[float], list[list[float]]]:
        """Do the candles from `start` to, not including, `end`, or fewer.

        Returns
        -------
        equities, rows
            The equity at the close of each candle done, and the events of all, in order.
        """
        if self._interrupted:
            self._interrupted = False
            return [], []
        warm = min(first for first, _ in self._nexts)
        idle = max(start, min(warm, end))  # nothing can happen before
        equities = [self.broker.a[BALANCE]] * (idle - start)
        decide = self._decide(idle)
        if watch is not None:
            decide = watch.around(decide, self._counter(filled), equities, peak, self.interrupt)
        self._loop(idle, end, decide, equities)
        if len(equities) < end - start:
            self._interrupted = False  # obeyed; one on the last candle holds for the next call
        return equities, self._take()

    def _loop(
        self, start: int, end: int, decide: Callable[[], object], equities: list[float]
    ) -> None:
        broker, clock, higher = self.broker, self._clock, self._higher
        a, fresh, process, at_close = broker.a, broker.fresh, broker.process, broker.at_close
        longs, shorts, offset, lower, upper = a[LONGS : UPPER + 1]
        m = self._columns
        # Emptying this list ends the loop, which so need not look at a flag for each candle.
        self._due = due = m[M_LOW][start:end].tolist()
        if self._interrupted:
            due.clear()
        add = equities.append
        for low, bar, high, bid, ask in zip(
            due,
            range(start, end),
            m[M_ASK_HIGH][start:end].tolist(),
            m[M_CLOSE][start:end].tolist(),
            m[M_ASK_CLOSE][start:end].tolist(),
            strict=False,
        ):
            # Orders fill while the clock still shows the candle before.
            if fresh or low <= lower or high >= upper:
                process(bar)
                longs, shorts, offset, lower, upper = a[LONGS : UPPER + 1]
            clock.count = bar + 1
            if higher:
                for other, counts in higher:
                    other.count = counts[bar]
            add(offset + longs * bid - shorts * ask)
            try:
                decide()
            except (Exception, SystemExit) as error:
                self.failed = Failed(error, self._deciding)
                return
            if at_close and fresh:
                broker.settle(bar)
                longs, shorts, offset, lower, upper = a[LONGS : UPPER + 1]
                equities[-1] = offset + longs * bid - shorts * ask

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
