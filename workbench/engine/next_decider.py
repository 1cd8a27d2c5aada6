"""A compiled `next` in a run: what it sees, what it does, and what it did wrong."""

from __future__ import annotations

from functools import partial
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.engine.act import Act, See
from workbench.engine.auditing import LEAST, OFF, SECONDS, cuts, within
from workbench.engine.compiled import Compiled, compiled_next
from workbench.engine.compiling import native
from workbench.engine.context import (
    C_ASKED,
    C_DECIDE,
    C_NUMBERS,
    C_SEEN,
    C_SIGNALS,
    C_STATE,
    C_STATE_SIZE,
    C_TIMES,
    Context,
)  # fmt: skip
from workbench.engine.deciding import CUTS, SURE, shortened
from workbench.engine.looked import parts
from workbench.engine.market import plain
from workbench.engine.not_compiled import check_arguments
from workbench.engine.refusing import refuse_close, refuse_entry, refuse_move, refuse_trail
from workbench.engine.rules import acting
from workbench.engine.rules.layout import (
    CLOSE,
    ENTRY,
    FAULT,
    M_CLOSE,
    O_CLOSE,
    O_ID,
    O_KIND,
    O_PART,
    O_SIGN,
    O_STOP_LOSS,
    O_TRAIL,
    ORDER_WIDTH,
    RUNGS,
    WORKING,
)  # fmt: skip
from workbench.engine.seeing import Sight, sight_of
from workbench.engine.strategy import Strategy
from workbench.errors import InvalidOrder, LookAhead

if TYPE_CHECKING:
    from workbench.engine.compiled_driver import CompiledDriver

Floats = NDArray[np.float64]


class NextDecider:
    """The compiled `next` of a strategy.

    Parameters
    ----------
    strategy
        After its `init`.
    driver
        Whose market it trades in.

    Raises
    ------
    StrategyError
        numba cannot compile it.
    LookAhead
        What `init` has put into ``self.state`` depends on later candles.
    """

    asks = True

    def __init__(self, strategy: Strategy, driver: CompiledDriver) -> None:
        found = compiled_next(type(strategy))
        if found is None:
            raise TypeError(f"{type(strategy).__name__}.next is not compiled")
        self._function: Compiled = found
        check_arguments(found.function)
        self._strategy = strategy
        self._driver = driver
        self._sight = sight_of(strategy)
        self._asked = np.zeros(ORDER_WIDTH)
        self._targets = (np.zeros(RUNGS), np.zeros(RUNGS))
        self._machine: Any = None
        self._told: Any = None
        if driver.settings.check_lookahead and len(self._sight.state):
            _audit(strategy, self._sight)

    def bind(self, context: Context, driver: CompiledDriver) -> None:
        """Put what it sees into the context, and its machine code."""
        sight = self._sight
        context.put(C_ASKED, self._asked)
        context.put(C_SIGNALS + 6, self._targets[0])
        context.put(C_SIGNALS + 7, self._targets[1])
        table = list(sight.columns.values())
        context.put(C_SEEN, np.array([column.ctypes.data for column in table], dtype=np.int64))
        self._kept = table
        values = [value for value in sight.parameters.values() if not isinstance(value, str)]
        context.put(C_NUMBERS, np.array(values, dtype=np.float64))
        context.put(C_STATE, sight.state)
        context.set(C_STATE_SIZE, len(sight.state))
        context.put(C_TIMES, self._strategy._view.candles.time)
        machine = native()
        if machine is not None:
            from workbench.engine.native_next import machine_code

            self._machine = machine_code(self._function, sight, machine)
            context.set(C_DECIDE, self._machine.address)

    def rewind(self) -> None:
        """Do nothing: what it keeps is in its state."""

    def ask(self, bar: int) -> None:
        """Decide in CPython."""
        driver = self._driver
        if self._told is None:
            world = driver.told()
            self._told = (world, plain(driver.market), self._asked.data, *map(_data, self._targets))
        see = See(self._sight, driver.market, self._strategy._view.candles.time, bar)
        try:
            self._function(bar, see, Act(self._told, bar, driver.room))
        except Exception:
            driver.world.account[FAULT] = acting.RAISED

    def failure(self, bar: int) -> Exception:
        """Return what it did wrong at the close of a candle."""
        fault = int(self._driver.world.account[FAULT])
        if fault == acting.RAISED:
            return self._raised(bar)
        if fault == acting.FLOODED:
            text = f"More orders at candle {bar} than can be kept: {WORKING} can wait at once"
            return InvalidOrder(text, field="orders", value=None, allowed=WORKING)
        world = self._driver.world
        asked = dict(enumerate(world.orders[world.queue[WORKING]].tolist()))
        kind, sign = asked[O_KIND], asked[O_SIGN]
        if kind == ENTRY:
            close = float(self._driver.market[M_CLOSE][bar])
            wrong = int(asked[O_ID])
            error = refuse_entry(sign, close, asked, self._driver.settings, wrong)
        elif kind == CLOSE:
            error = refuse_close(asked[O_PART])
        else:
            stop, trail = asked[O_STOP_LOSS], asked[O_TRAIL]
            tick = self._driver.settings.tick_size
            far = fault == O_TRAIL
            error = (
                refuse_trail(trail, asked[O_CLOSE])
                if far
                else refuse_move(sign, asked[O_CLOSE], stop, tick)
            )
        text = f"An order at candle {bar} makes no sense"
        error = error or InvalidOrder(text, field="order", value=fault, allowed="see docs/fills.md")
        return error.with_traceback(None)  # which would name lines that are not the author's

    def _raised(self, bar: int) -> Exception:
        """Return what was raised, by letting CPython do the same again without an effect."""
        error = self._again(bar, named=False)
        if isinstance(error, IndexError):
            named = self._again(bar, named=True)
            error = named if isinstance(named, IndexError) else error
        if error is not None:
            return error
        name = type(self._strategy).__name__
        return RuntimeError(f"{name}.next raised; NUMBA_DISABLE_JIT=1 shows where")

    def _again(self, bar: int, named: bool) -> Exception | None:
        driver, state = self._driver, self._sight.state.copy()
        time = self._strategy._view.candles.time
        see = See(self._sight._replace(state=state), driver.market, time, bar, named)
        world = driver.told(copied=True)
        told = (world, plain(driver.market), self._asked.copy().data, *map(_copied, self._targets))
        try:
            self._function(bar, see, Act(told, bar, driver.room))
        except Exception as error:
            return error
        return None


def _audit(strategy: Strategy, sight: Sight) -> None:
    """Compare the state `init` makes with those it makes of parts of the candles.

    All else that `next` sees ends with its candle, and indicators have been looked at.
    """
    candles = strategy._view.candles
    if len(candles) >= LEAST:
        if strategy._shortly:
            for cut in parts(len(candles), 0):
                _compare(strategy, sight.state.copy(), cut)
            return
        places = islice(cuts(candles), CUTS)
        within(places, SURE, SECONDS, partial(_compare, strategy, sight.state.copy()), perf_counter)


def _compare(strategy: Strategy, expected: Floats, cut: int) -> None:
    try:
        state = sight_of(shortened(strategy, cut)).state
    except Exception:
        return  # too few candles for it
    if len(state) != len(expected) or not np.array_equal(state, expected, equal_nan=True):
        text = (
            f"{type(strategy).__name__}.state looks ahead: what init() puts into it depends on how "
            f"many candles there are {OFF}"
        )
        raise LookAhead(text, field="state", value="state", allowed="what is known before the run")


def _data(array: Floats) -> Any:
    return array.data


def _copied(array: Floats) -> Any:
    return array.copy().data
