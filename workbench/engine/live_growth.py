"""How all that a live engine is made of grows with the candles, and is kept for another process."""

from __future__ import annotations

import pickle
from collections.abc import Mapping

from workbench.data.candles import Candles
from workbench.engine.growing import Growing
from workbench.engine.growing_counts import Counts
from workbench.engine.growing_market import GrowingMarket
from workbench.engine.growing_sight import Sights
from workbench.engine.live_book import KEPT, LiveBook
from workbench.engine.live_parts import Parts
from workbench.engine.memory import recall, remember
from workbench.engine.periods_met import PeriodsMet
from workbench.engine.strategy import Strategy
from workbench.errors import InvalidRequest
from workbench.messages import iso_time


class LiveGrowth(LiveBook):
    """What a `LiveEngine` does with candles that have closed."""

    first: int
    timeframes: list[str]
    strategies: list[Strategy]
    _grown: Mapping[str, Growing]
    _base: Growing
    _market: GrowingMarket
    _counts: Counts
    _periods: PeriodsMet
    _sights: Sights
    _parts: Parts

    @property
    def columns(self) -> dict[str, Candles]:
        """The closed candles by timeframe, the shortest first, history included."""
        return {name: one.candles for name, one in self._grown.items()}

    @property
    def warm(self) -> bool:
        """Whether `next` has been called: every indicator of a strategy has a value."""
        return self.bar > max(self.first, min(self._sights.warm_ups))

    def time(self, bar: int) -> str:
        """Return the open time of candle `bar`, the one that is open included, ISO 8601."""
        return iso_time(int(self._base.buffers["time"][bar]))

    def _take(self, many: Candles) -> None:
        """Take candles that have closed, and show the first of them."""
        start = self._base.count
        self._base.reserve(len(many))
        self._market.extend(many)
        self._driver.rebind()
        self._see(start)

    def _see(self, start: int) -> None:
        """Show the strategies the first of the candles that have closed from `start` on."""
        self._counts.extend(start)
        self._periods.extend(self._base.candles, start, self.first, self.performance)
        self.performance.attach(self._base.since(self.first))
        self._sights.grow()
        self._know()
        self._driver.show([start + 1, *self._counts.at(start + 1)])

    def _know(self) -> None:
        self._driver.know(self._sights.warm_ups, self._counts.columns)

    def _longer(self, timeframe: str) -> Growing:
        grown = self._grown.get(timeframe)
        if grown is None or grown is self._base:
            text = f"The session has no longer timeframe {timeframe!r}"
            allowed = self.timeframes[1:]
            raise InvalidRequest(text, field="timeframe", value=timeframe, allowed=allowed)
        return grown

    def _unended(self) -> RuntimeError:
        return RuntimeError(f"The candle at {self.time(self.bar)} has not ended: call end()")

    # --- checkpoints ----------------------------------------------------------------------

    def save(self) -> bytes:
        """Return all that is needed to go on, the session's candles included; not the history.

        Raises
        ------
        TypeError
            A strategy keeps in an attribute what cannot be pickled.
        """
        return pickle.dumps(
            {
                "kept": {name: getattr(self, name) for name in KEPT},
                "crew": [remember(one) for one in self.strategies],
                "book": self._driver.save(),
                "candles": {name: one.added() for name, one in self._grown.items()},
                "open": self._market.standing() if self._open else None,
            }
        )

    def load(self, saved: bytes) -> None:
        """Go on from where `save` was called, on an engine made with the same arguments.

        What is saved is trusted: it is a pickle. Nothing is told again.
        """
        if self.bar > self.first or self._open:
            raise RuntimeError("load() is for an engine that was just made")
        state = pickle.loads(saved)
        base, *longer = (one.of_columns(state["candles"][name])
                         for name, one in self._grown.items())  # fmt: skip
        for one in longer:
            grown = self._grown[one.timeframe.name]
            grown.reserve(len(one))
            grown.extend(one)
        if len(base):
            self._take(base)
        for name, value in state["kept"].items():
            setattr(self, name, value)
        self.performance.attach(self._base.since(self.first))
        self._driver.load(state["book"])
        if state["open"] is not None:
            self._market.stand(*state["open"])
            self._driver.rebind()
        self._driver.show([self.bar, *self._counts.at(self.bar)])
        for strategy, memory in zip(self.strategies, state["crew"], strict=True):
            recall(strategy, memory)
