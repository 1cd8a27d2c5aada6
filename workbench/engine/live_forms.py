"""Compiled strategies and signals where candles come one after another: CPython runs them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.engine.broker import Broker
from workbench.engine.compiled import compiled_next
from workbench.engine.deciding import called
from workbench.engine.next_decider import NextDecider
from workbench.engine.rules.layout import (
    E_ORDER,
    E_SIGN,
    ENTRY,
    EVENT_WIDTH,
    EVENTS,
    FAULT,
    FRESH,
    O_ID,
    O_KIND,
    O_SIGN,
    ORDER_WIDTH,
    ORDERS,
    RUNGS,
    SIGNALS,
    WORKING,
)  # fmt: skip
from workbench.engine.rules.signalling import signal
from workbench.engine.seeing import sight_of
from workbench.engine.signals import gives_signals
from workbench.engine.strategy import Strategy
from workbench.errors import InvalidRequest

if TYPE_CHECKING:
    from workbench.engine.live_driver import LiveDriver

_ROOM = 8 * (WORKING + 1)
"""Rows of events a compiled strategy may fill at one close."""
_DECISIONS = {
    1.0: ("enter_long", "enters long"),
    -1.0: ("enter_short", "enters short"),
    0.0: ("exit", "exits"),
}


def next_of(strategy: Strategy, each: Callable[[], object], driver: LiveDriver) -> Any:
    """Return what is called at each close: `next`, or what stands for it.

    Raises
    ------
    InvalidRequest
        Its signals are arrays, which tell of no later candle.
    """
    kind = type(strategy)
    if hasattr(strategy, "_signals_given"):
        text = (
            "Signals as arrays tell of no candle that is still to come: give a Strategy with "
            "signals(self), or with next(self)"
        )
        raise InvalidRequest(text, field="strategy", value="Signals", allowed="a Strategy")
    if gives_signals(kind):
        return SignalForm(strategy, driver)
    return CompiledForm(strategy, driver) if compiled_next(kind) else each


class Form:
    """What is asked at each close, and notes why orders were placed."""

    def __init__(self, strategy: Strategy, driver: LiveDriver) -> None:
        self.strategy, self.driver = strategy, driver
        self._seen = -1

    def __call__(self) -> None:
        """Decide at the present close."""
        broker, bar = self.driver.broker, self.driver._clock.count - 1
        count = len(self.strategy._view.candles)
        if count != self._seen:
            self._seen = count
            self.grown()
        before = int(broker.a[SIGNALS])
        broker._room()
        self.ask(bar)
        self._note(broker, before)

    def grown(self) -> None:
        """Look at what has come."""

    def ask(self, bar: int) -> None:
        """Decide at the close of candle `bar`."""

    def _note(self, broker: Broker, before: int) -> None:
        """Keep why the orders after number `before` were placed."""
        signs = {int(e[E_ORDER]): e[E_SIGN] for e in broker._events[: int(broker.a[EVENTS])]}
        for o in (broker._orders[broker._queue[k]] for k in range(int(broker.a[ORDERS]))):
            signs[int(o[O_ID])] = o[O_SIGN] if o[O_KIND] == ENTRY else 0.0
        for number in range(before + 1, int(broker.a[SIGNALS]) + 1):
            why = self.strategy._reasoning(*_DECISIONS[signs[number]], None)
            broker.reasons[number] = why
            broker.fresh.append(number)
        if broker.a[FRESH] > 0.0 and not broker.fresh:
            broker.fresh.append(0)


class SignalForm(Form):
    """Signals, made again at each close, of which those of the present candle count."""

    def __init__(self, strategy: Strategy, driver: LiveDriver) -> None:
        super().__init__(strategy, driver)
        strategy._fired = 1  # how many there will be is not known

    def grown(self) -> None:
        """Make the signals of all candles."""
        strategy, settings = self.strategy, self.driver.broker.settings
        rows = called(strategy).rows(strategy._view.candles, settings)
        self._at = rows[0]
        targets = ([0.0] * RUNGS, [0.0] * RUNGS)
        self._told = (*(each.tolist() for each in rows), *targets)

    def ask(self, bar: int) -> None:
        """Place what the signals say at a close."""
        broker = self.driver.broker
        for _ in range(4):  # a close for each trade on both sides at most, and an entry
            broker._row()
        while len(broker._orders) < int(broker.a[ORDERS]) + 2 * len(broker._held) + 2:
            broker._queue.append(len(broker._orders))
            broker._orders.append([0.0] * ORDER_WIDTH)
        self._told[2][0] = int(np.searchsorted(self._at, bar))
        signal(broker.world, broker.market, self._told, bar)


class CompiledForm(Form):
    """A compiled `next`, as CPython runs it."""

    def __init__(self, strategy: Strategy, driver: LiveDriver) -> None:
        super().__init__(strategy, driver)
        self.settings = driver.broker.settings
        self._decider = NextDecider(strategy, self)  # type: ignore[arg-type]

    def grown(self) -> None:
        """Let it see the columns as they are now."""
        columns = sight_of(self.strategy).columns
        self._decider._sight = self._decider._sight._replace(columns=columns)
        self._decider._told = None

    def ask(self, bar: int) -> None:
        """Decide."""
        broker = self.driver.broker
        while len(broker._orders) < WORKING + 1:
            broker._queue.append(len(broker._orders))
            broker._orders.append([0.0] * ORDER_WIDTH)
        while len(broker._events) < self.room + 4 * (WORKING + 1):
            broker._events.append([0.0] * EVENT_WIDTH)
        self._decider.ask(bar)
        if broker.a[FAULT] != 0.0:
            error = self._decider.failure(bar)
            broker.a[FAULT] = 0.0
            raise error

    # --- what a decider asks of its driver -------------------------------------------------

    @property
    def room(self) -> int:
        """Rows of events from which on it may place no more orders on a candle."""
        return _ROOM

    @property
    def market(self) -> Any:
        """The columns."""
        return self.driver.market.columns

    @property
    def world(self) -> Any:
        """The book, as far as a decider says what is wrong by it."""
        broker = self.driver.broker
        orders = np.array(broker._orders[: WORKING + 1])
        return SimpleNamespace(account=broker.a, orders=orders, queue=broker._queue)

    def told(self, copied: bool = False) -> tuple[Any, ...]:
        """Return the book, or a copy of it."""
        world = self.driver.broker.world
        if not copied:
            return world
        return tuple(
            [list(one) if isinstance(one, list) else one for one in part] for part in world
        )
