"""Feeding a live engine what a backtest goes over, in pieces, and keeping what both say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from workbench.data.bars import Bar, bars_of
from workbench.data.candles import ASKS, Candles
from workbench.data.resample import visible_counts
from workbench.engine import BacktestEngine
from workbench.engine.live_engine import LiveEngine
from workbench.engine.story import tell


class Told:
    """Keeps the rows of events, and the account at each close."""

    def __init__(self, engine: BacktestEngine | LiveEngine) -> None:
        self.engine = engine
        self.rows: list[list[float]] = []
        self.words: list[Any] = []
        self.marks: list[tuple[int, Any]] = []
        engine.listener, engine.marks = self, (1,)

    def wrote(self, row: Sequence[float]) -> None:
        """Keep a row, and what it says in words."""
        self.rows.append(list(row))
        self.words.append(tell(row, self.engine.reason))

    def marked(self) -> None:
        """Keep the account."""
        self.marks.append((self.engine.bar, self.engine.snapshot()))


def assert_same(one: Told, other: Told) -> None:
    """Compare all of it, to the last bit."""
    np.testing.assert_array_equal(np.array(other.rows), np.array(one.rows))
    assert other.marks == one.marks
    assert other.words == one.words
    assert other.engine.performance.final() == one.engine.performance.final()
    assert other.engine.performance.statistics() == one.engine.performance.statistics()


def backtest(columns: Mapping[str, Candles], kinds: Any, first: int, **options: Any) -> Told:
    """Run a backtest from candle `first` on, to the last close."""
    engine = BacktestEngine(kinds, columns, first=first, **options)
    told = Told(engine)
    while not engine.done:
        engine.advance(engine.bars)
    return told


def live(columns: Mapping[str, Candles], kinds: Any, first: int, **options: Any) -> Told:
    """Return a live engine before candle `first`: what has closed by then is its history."""
    return Told(LiveEngine(kinds, history(columns, first), **options))


def history(columns: Mapping[str, Candles], first: int) -> dict[str, Candles]:
    """Return the candles that have closed with the first so many of the shortest timeframe."""
    base = shortest(columns)
    seen = {name: int(visible_counts(base, one)[first - 1]) if first else 0
            for name, one in columns.items()}  # fmt: skip
    return {name: one[: seen[name]] for name, one in columns.items()}


def shortest(columns: Mapping[str, Candles]) -> Candles:
    """Return the candles of the shortest timeframe."""
    return min(columns.values(), key=lambda one: one.timeframe.ms)


def asks_of(candles: Candles) -> list[Bar | None]:
    """Return the asks as candles; None for each where there are none."""
    if not candles.has_ask:
        return [None] * len(candles)
    table = zip(*(getattr(candles, name).tolist() for name in ("time", *ASKS)), strict=True)
    return [Bar(*row, 0.0) for row in table]


class Feed:
    """Gives an engine the candles from `first` on, in any of the ways."""

    def __init__(self, engine: LiveEngine, columns: Mapping[str, Candles], first: int) -> None:
        self.engine, self.columns = engine, columns
        self.base = shortest(columns)
        self.bar = first
        self._bars, self._asks = bars_of(self.base), asks_of(self.base)
        self._longer = {name: (bars_of(one), visible_counts(self.base, one).tolist())
                        for name, one in columns.items() if one is not self.base}  # fmt: skip

    @property
    def left(self) -> int:
        """Candles that are left."""
        return len(self.base) - self.bar

    def candles(self, count: int) -> None:
        """Give so many, each whole."""
        for _ in range(min(count, self.left)):
            self._join()
            self.engine.candle(self._bars[self.bar], ask=self._asks[self.bar])
            self.bar += 1

    def bulk(self, count: int) -> None:
        """Give so many at once."""
        end = min(self.bar + count, len(self.base))
        if end > self.bar:
            longer = {name: one[self._seen(name, self.bar) : self._seen(name, end)]
                      for name, one in self.columns.items() if one is not self.base}  # fmt: skip
            self.engine.candles(self.base[self.bar : end], longer)
            self.bar = end

    def parts(self, count: int, inside: Candles) -> None:
        """Give so many, each in the parts of shorter candles."""
        shorter, asks = bars_of(inside), asks_of(inside)
        for _ in range(min(count, self.left)):
            for _step in self.steps(shorter, asks):
                pass

    def steps(self, shorter: Sequence[Bar], asks: Sequence[Bar | None]) -> Iterator[None]:
        """Give the next candle in parts, one at a time."""
        bar, ask = self._bars[self.bar], self._asks[self.bar]
        self.engine.begin(bar.time, bar.open, None if ask is None else ask.open)
        yield
        first = int(np.searchsorted([one.time for one in shorter], bar.time))
        end = bar.time + self.base.timeframe.ms
        for part, there in zip(shorter[first:], asks[first:], strict=True):
            if part.time >= end:
                break
            self.engine.within(part, there)
            yield
        self._join()
        self.engine.end(bar, ask=ask)
        self.bar += 1
        yield

    def rest(self) -> None:
        """Close the candle that is open, whatever of it has been told."""
        self._join()
        self.engine.end(self._bars[self.bar], ask=self._asks[self.bar])
        self.bar += 1

    def _seen(self, name: str, count: int) -> int:
        return int(self._longer[name][1][count - 1]) if count else 0

    def _join(self) -> None:
        for name, (bars, _) in self._longer.items():
            for one in bars[self._seen(name, self.bar) : self._seen(name, self.bar + 1)]:
                self.engine.join(name, one)
