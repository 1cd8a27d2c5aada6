"""A run: candles go by, orders fill, strategies decide, and what happened is told in order."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from workbench.data.candles import Candles, Floats
from workbench.engine.asked import demand, merged
from workbench.engine.crew import Crew
from workbench.engine.driving import Driver, Kinds, driver_for, kinds_of
from workbench.engine.failure import explain_failure
from workbench.engine.ground import Ground, ground
from workbench.engine.memory import recall, remember
from workbench.engine.metrics import Performance
from workbench.engine.python_driver import Failed
from workbench.engine.reckoning import Reckoning
from workbench.engine.rules.layout import E_BALANCE
from workbench.engine.settings import Settings
from workbench.engine.story import Fill
from workbench.engine.watch import Watch
from workbench.messages import iso_time

SEGMENT = 4096
"""Candles between two looks at what has happened."""


class BacktestEngine(Reckoning):
    """Runs strategies over candles, a stretch at a time; how it is cut never changes a result.

    Parameters
    ----------
    strategy
        The class, or several that share the account.
    candles
        By timeframe; the shortest is stepped on, the others are seen once closed. Or what
        `workbench.engine.ground.ground` has made of them, for many runs over the same.
    strategy_params
        Values of the strategy's parameters, by name; of several strategies, by the name of the
        class (or by `names`) and then of the parameter.
    settings
        Of the account; `Settings()` when left out.
    inside
        Candles of a shorter timeframe that tell what happened within one.
    seed
        Of the strategies' random numbers.
    names
        Of the strategies, as they are told; the class names when left out.
    first
        Index of the first candle of the run: those before only give indicators their values.
    **options
        Fields of `Settings`, instead of `settings`.

    Attributes
    ----------
    candles, columns
        Those stepped on, and all of them by timeframe, the shortest first.
    strategies, strategy, names
        The instances, the first of them, and what they are called.
    idle
        Why strategies will order nothing, a text for each that will not.
    bars, bar
        Candles in all, and done (those before `first` included).
    warm_up
        Index of the first candle `next` is called on; `bars` when there is none.
    filled
        Fills so far, entries and exits.
    balance, open_positions
        Capital and realised profit, in the account's currency, and trades that are open.
    watch
        What ends `advance` early; None for nothing.
    listener, marks
        Who is told, and after each multiple of which numbers of candles. Without a listener,
        `advance` returns what was filled.
    performance
        Running metrics.
    signals_ended
        Signals that came to no fill, in order; kept only while there is no listener.
    reason
        Says why an order was placed, see `workbench.engine.story.Reasons`.
    curve
        Where to keep the account at each close; None for nowhere.

    Raises
    ------
    InvalidRequest
        A number is out of its range, or there are no candles.
    InvalidCandles
        A price is no usable number.
    UnknownParameter
        The strategy lacks a parameter, or its value has the wrong type or is out of its bounds.
    LookAhead, StrategyError
        An indicator depends on later candles; its own code raised. Here and from `advance`.
    """

    def __init__(
        self,
        strategy: Kinds,
        candles: Mapping[str, Candles] | Ground,
        *,
        strategy_params: Mapping[str, Any] | None = None,
        settings: Settings | None = None,
        inside: Candles | None = None,
        seed: int | None = None,
        names: Sequence[str] | None = None,
        first: int = 0,
        **options: Any,
    ) -> None:
        self.settings = settings = merged(settings, options)
        if not isinstance(candles, Ground):
            demand("candles", len(candles), "at least one timeframe", bool(candles))
            candles = ground(candles, settings, inside)
        columns = candles.columns
        base = columns[0]
        demand("first", first, f"in [0, {len(base)})", 0 <= first < len(base))
        self.candles = base
        self._times = base.time.data  # whose items are plain numbers
        self.columns = {one.timeframe.name: one for one in columns}
        self.timeframes = list(self.columns)
        performance = Performance.over(
            base[first:] if first else base, float(settings.initial_capital)
        )
        super().__init__(performance, first, candles.ends)
        self.bars = len(base)
        self.watch: Watch | None = None
        kinds = kinds_of(strategy)
        self._driver: Driver = driver_for(kinds, candles.market, settings)
        self.reason = self._driver.reason
        self._crew = crew = Crew(kinds, columns, strategy_params or {}, names)
        crew.board(self._driver, seed, settings.check_lookahead, candles.looked)
        self.strategies, self.names = crew.strategies, crew.names
        self.strategy, self.idle = crew.strategies[0], crew.idle
        self.warm_up = max(first, min(crew.warm_ups))

    @property
    def done(self) -> bool:
        """True when every candle has been processed."""
        return self.bar >= self.bars

    def advance(self, candles: int) -> list[Fill]:
        """Process up to `candles` further candles and return what was filled, in order.

        Fewer when `interrupt` was called, or the candle was done that `watch` looks for.

        Raises
        ------
        StrategyError
            `next` raised; `take_fills` has what was filled before.
        """
        end = min(self.bar + candles, self.bars)
        while self.bar < end and not self.finished:
            goal = min(end, self.bar + SEGMENT)
            equities, rows = self._driver.run(
                self.bar, goal, self.watch, self.filled, self.performance.peak
            )
            self._tell(equities, rows)
            if self._driver.failed is not None:
                self._blame(self._driver.failed)
            self._crew.hear(rows, self.done)
            if self.bar < goal:
                break
        return self.take_fills()

    def sum_up(self, witnessed: bool = False) -> Performance:
        """Run to the end for the metrics alone; `witnessed`: look again at what it saw, then.

        Raises
        ------
        LookAhead, StrategyError
            Later candles were to be seen; `next` raised.
        """
        driver, performance = self._driver, self.performance
        ends = [end - self._first for end in self._period_ends[self._period :]]
        tables: list[Floats] = []
        driver.tables = tables
        while self.bar < self.bars:
            equities, _ = driver.run(self.bar, self.bars, None, 0, 0.0)
            performance.extend_run(equities, ends)
            self.bar += len(equities)
            if driver.failed is not None:
                self._blame(driver.failed)
        driver.finish(self.bar - 1)
        driver.tables, self.finished = None, True
        if any(map(len, tables)):
            rows = np.concatenate([table for table in tables if len(table)])
            self._book.take_run(rows)
            self.balance = float(rows[-1, E_BALANCE])
            if witnessed:
                self._crew.hear(rows.tolist(), True)
        self._equity = self.balance
        performance.amend(self._equity)
        performance.end_period()
        return performance

    def interrupt(self) -> None:
        """End `advance` after the candle it is on, or the next one at once; from any thread."""
        self._driver.interrupt()

    def finish(self) -> list[Fill]:
        """End the run here: close what is open at the last processed close.

        Its exit reason is ``end_of_data``; orders that wait expire. Further calls do nothing.
        """
        if self.finished:
            return []
        self.finished = True
        if self.bar:
            self._happen(self._driver.finish(self.bar - 1))
            self._close_books()
        return self.take_fills()

    def time(self, bar: int) -> str:
        """Return the open time of candle `bar`, ISO 8601."""
        return iso_time(self._times[bar])

    # --- checkpoints ----------------------------------------------------------------------

    def save(self) -> bytes:
        """Return where the run stands; `load` on an engine made alike goes on from there.

        Raises
        ------
        TypeError
            A strategy keeps in an attribute what cannot be pickled.
        """
        kept = {name: getattr(self, name) for name in _KEPT}
        crew = [remember(one) for one in self.strategies]
        return pickle.dumps({"kept": kept, "crew": crew, "book": self._driver.save()})

    def load(self, saved: bytes) -> None:
        """Go on from where `save` was called, on an engine made with the same arguments.

        What is saved is trusted: it is a pickle.
        """
        state = pickle.loads(saved)
        for name, value in state["kept"].items():
            setattr(self, name, value)
        self.performance.attach(self.candles[self._first :])
        self._driver.load(state["book"])
        for one, memory in zip(self.strategies, state["crew"], strict=True):
            recall(one, memory)

    def _blame(self, failed: Failed) -> NoReturn:
        name, when = type(self.strategies[failed.strategy]).__name__, self.time(self.bar - 1)
        raise explain_failure(failed.error, name, "next", when) from failed.error


_KEPT = (
    "bar", "finished", "filled", "performance", "signals_ended", "balance", "_equity",
    "open_positions", "_fills", "_book", "_period", "curve",
)  # fmt: skip
