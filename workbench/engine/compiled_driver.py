"""The loop over candles for strategies that need no Python while they run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.analysis.series import Clock
from workbench.engine.account import account_row, settings_row
from workbench.engine.broker import Broker
from workbench.engine.compiling import native
from workbench.engine.context import (
    C_ASKED,
    C_EQUITIES,
    C_MARKET,
    C_ROOM,
    C_RUN,
    C_SIGNALS,
    C_WORLD,
    Context,
)
from workbench.engine.deciding import SignalDecider
from workbench.engine.market import Market, plain
from workbench.engine.next_decider import NextDecider
from workbench.engine.python_driver import Failed
from workbench.engine.rules import loop
from workbench.engine.rules.layout import (
    EVENT_WIDTH,
    EVENTS,
    FAULT,
    M_OPEN,
    ORDER_WIDTH,
    ORDERS,
    POSITION_WIDTH,
    POSITIONS,
    RUNGS,
    WORKING,
)
from workbench.engine.settings import Settings
from workbench.engine.signals import gives_signals
from workbench.engine.watch import Watch
from workbench.messages import Reasoning

Floats = NDArray[np.float64]
_SPARE_EVENTS = 2048
_DECISIONS = {
    1.0: ("enter_long", "enters long"),
    -1.0: ("enter_short", "enters short"),
    0.0: ("exit", "exits"),
}


class Decider(Protocol):
    """What decides at the closes of a run: signals, or a compiled `next`."""

    asks: bool
    """Whether it is asked at each close; signals are rows of numbers."""

    def bind(self, context: Context, driver: CompiledDriver) -> None:
        """Put what it needs into the context."""

    def rewind(self) -> None:
        """Begin anew."""

    def ask(self, bar: int) -> None:
        """Decide in CPython."""

    def failure(self, bar: int) -> Exception:
        """Return what it did wrong at the close of a candle."""


class World(NamedTuple):
    """The book of a run as arrays, in the order the rules know."""

    settings: Floats
    account: Floats
    orders: Floats
    queue: NDArray[np.int64]
    positions: Floats
    held: NDArray[np.int64]
    events: Floats


def empty_world(settings: Settings) -> World:
    """Return the book before the first candle."""
    positions = settings.max_positions + 1
    return World(
        np.array(settings_row(settings)),
        np.array(account_row(settings)),
        np.zeros((WORKING + 1, ORDER_WIDTH)),
        np.arange(WORKING + 1),
        np.zeros((positions, POSITION_WIDTH)),
        np.arange(positions),
        np.zeros((_most(positions) + _SPARE_EVENTS, EVENT_WIDTH)),
    )


def _most(positions: int) -> int:
    """Return the most rows of events one candle can bring, and what is decided at its close."""
    return (positions + WORKING) * (RUNGS + 4) + 16


class CompiledDriver:
    """Steps an account and one strategy on it, all of it compiled.

    Parameters
    ----------
    market
        Columns, see `workbench.engine.market`.
    settings
        Of the account.

    Attributes
    ----------
    broker
        The book as `init` sees it: empty.
    world
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
        self.settings = settings
        self.market = market
        self.world = empty_world(settings)
        self._bars = len(market[M_OPEN])
        self._equities = np.zeros(self._bars)
        self._run = np.zeros(loop.RUN_WIDTH)
        self._run[loop.R_FULL] = _SPARE_EVENTS - 1
        self._interrupted = False
        self._warm_up = 0
        self._decider: Decider | None = None
        self._go: Callable[[], int] = lambda: 0
        self.clocks: list[tuple[Clock, Sequence[int]]] = []
        self.strategy: Any = None

    def begin(
        self,
        nexts: Sequence[tuple[int, Callable[[], object]]],
        clock: Clock,
        higher: Sequence[tuple[Clock, Sequence[int]]],
    ) -> None:
        """Say who decides and from which candle on; see `PythonDriver.begin`."""
        ((self._warm_up, decide),) = nexts
        self.clocks = [(clock, range(1, self._bars + 1)), *higher]
        self.strategy = decide.__self__  # type: ignore[attr-defined]
        decider: Decider = (
            SignalDecider(self.strategy, self)
            if gives_signals(type(self.strategy))
            else NextDecider(self.strategy, self)
        )
        self._decider = decider
        self._go = self._machine(decider)

    def show(self, count: int) -> None:
        """Set the clocks to the close of the `count`-th candle of the timeframe stepped on."""
        for clock, counts in self.clocks:
            clock.count = counts[count - 1] if count else 0

    def _machine(self, decider: Decider) -> Callable[[], int]:
        """Return what runs the rules, over a context that holds all arrays."""
        run, world, equities = self._run, self.world, self._equities
        run[loop.R_WARM_UP], run[loop.R_ASKS] = self._warm_up, float(decider.asks)
        context = Context()
        for place, column in enumerate(self.market):
            context.put(C_MARKET + place, column)
        for place, array in enumerate(world):
            context.put(C_WORLD + place, array)
        context.put(C_RUN, run)
        context.put(C_EQUITIES, equities)
        context.put(C_SIGNALS + 6, np.zeros(RUNGS))
        context.put(C_SIGNALS + 7, np.zeros(RUNGS))
        context.put(C_ASKED, np.zeros(ORDER_WIDTH))
        context.set(C_ROOM, self.room)
        decider.bind(context, self)
        machine = native()
        if machine is not None:
            # The context goes along, since it keeps the arrays.
            return lambda machine=machine, context=context: machine.go(context.address)  # type: ignore[misc]
        told = self.told()
        rows, curve, columns = run.data, equities.data, plain(self.market)
        signals = context.told(C_SIGNALS)
        return lambda: loop.run(told, columns, rows, signals, decider.ask, curve)

    def told(self, copied: bool = False) -> tuple[Any, ...]:
        """Return the book, or a copy of it, as CPython reads and writes it fastest."""
        arrays = [array.copy() for array in self.world] if copied else self.world
        return tuple(
            [row.data for row in array] if array.ndim == 2 else array.data for array in arrays
        )

    @property
    def room(self) -> int:
        """Rows of events from which on a strategy may place no more orders on a candle."""
        return len(self.world.events) - 2 * (len(self.world.positions) + WORKING + 1)

    def interrupt(self) -> None:
        """End `run` after the candle it is on, or the next one at once; from any thread."""
        self._interrupted = True
        self._run[loop.R_STOP] = 1.0

    def run(
        self, start: int, end: int, watch: Watch | None, filled: int, peak: float
    ) -> tuple[Floats, list[list[float]]]:
        """Do the candles from `start` to, not including, `end`, or fewer.

        Returns
        -------
        equities, rows
            The equity at the close of each candle done, and the events of all, in order.
        """
        run, account = self._run, self.world.account
        run[loop.R_BAR], run[loop.R_END], run[loop.R_PEAK] = start, end, peak
        run[loop.R_FILLED], run[loop.R_COUNTED], run[loop.R_MET] = filled, 0.0, 0.0
        run[loop.R_FILLS] = run[loop.R_DRAWDOWN] = inf
        if watch is not None:
            run[loop.R_FILLS] = inf if watch.filled is None else watch.filled
            run[loop.R_DRAWDOWN] = inf if watch.drawdown is None else watch.drawdown
        rows: list[list[float]] = []
        while True:
            bar = self._go()
            full = account[EVENTS] > run[loop.R_FULL]
            rows += self._take()
            run[loop.R_COUNTED] = 0.0
            if account[FAULT] != 0.0:
                self._fail(bar)
                bar += 1
                break
            if bar >= end or not full or run[loop.R_MET] > 0.0 or run[loop.R_STOP] > 0.0:
                break
        if bar < end:  # obeyed; an interruption on the last candle holds for the next call
            self._interrupted = False
            run[loop.R_STOP] = 0.0
        return self._equities[start:bar], rows

    def _take(self) -> list[list[float]]:
        """Return the rows of what has happened and was not taken yet, in order."""
        count = int(self.world.account[EVENTS])
        done = self.world.events[:count]
        if self.tables is not None:
            self.tables.append(done.copy())
            rows: list[list[float]] = []
        else:
            rows = done.tolist()
        done[:] = 0.0
        self.world.account[EVENTS] = 0.0
        return rows

    def _fail(self, bar: int) -> None:
        world, decider = self.world, self._decider
        if decider is not None:
            self.show(bar + 1)
            self.failed = Failed(decider.failure(bar), 0)
        world.account[FAULT] = 0.0

    def finish(self, bar: int) -> list[list[float]]:
        """Close everything at the close of candle `bar`; return the events."""
        self._run[loop.R_BAR], self._run[loop.R_FINISH] = bar + 1, 1.0
        self._go()
        self._run[loop.R_FINISH] = 0.0
        return self._take()

    def reason(self, order: int, strategy: int, decided: int, sign: float) -> Reasoning:
        """Return why an order was placed: what the indicators were."""
        self.show(decided + 1)
        reasoning: Reasoning = self.strategy._reasoning(*_DECISIONS[sign], None)
        return reasoning

    def forget(self, order: int) -> None:
        """Do nothing: why an order was placed follows from its candle."""

    def save(self) -> Mapping[str, Any]:
        """Return the book, to be restored by `load`."""
        world, account = self.world, self.world.account
        orders, positions = int(account[ORDERS]), int(account[POSITIONS])
        return {
            "account": account.copy(),
            "orders": world.orders[world.queue[:orders]],
            "positions": world.positions[world.held[:positions]],
            "state": self.strategy_state(),
        }

    def load(self, saved: Mapping[str, Any]) -> None:
        """Restore the book."""
        world = self.world
        world.account[:] = saved["account"]
        for rows, order, kept in (
            (world.orders, world.queue, saved["orders"]),
            (world.positions, world.held, saved["positions"]),
        ):
            rows[: len(kept)] = kept
            order[:] = np.arange(len(order))
        if saved["state"] is not None:
            self.strategy.state[:] = saved["state"]
        if self._decider is not None:
            self._decider.rewind()

    def strategy_state(self) -> Floats | None:
        """Return a copy of the numbers a compiled strategy keeps between candles."""
        state = getattr(self.strategy, "state", None)
        return None if state is None else np.array(state)
