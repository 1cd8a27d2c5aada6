"""Signals in a run: computed once, looked at for lookahead, handed over as rows of numbers."""

from __future__ import annotations

from functools import partial
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING

from workbench.analysis.series import Clock
from workbench.data.resample import visible_counts
from workbench.engine.auditing import LEAST, OFF, SECONDS, cuts, within
from workbench.engine.context import C_SIGNALS, Context
from workbench.engine.failure import explain_failure
from workbench.engine.looked import parts
from workbench.engine.memory import name_indicators
from workbench.engine.signals import Signals
from workbench.engine.strategy import Strategy
from workbench.engine.view import View
from workbench.errors import InvalidRequest, LookAhead, WorkbenchError
from workbench.messages import iso_time

if TYPE_CHECKING:
    from workbench.engine.compiled_driver import CompiledDriver

CUTS, SURE = 32, 3
"""Places where signals are looked at at most; those that are whatever it takes."""


class SignalDecider:
    """The signals of a strategy.

    Parameters
    ----------
    strategy
        After its `init`.
    driver
        Whose market it trades in.

    Raises
    ------
    StrategyError
        `signals` raised.
    InvalidRequest
        What it returned makes no sense.
    LookAhead
        It says something else when later candles are missing.
    """

    asks = False

    def __init__(self, strategy: Strategy, driver: CompiledDriver) -> None:
        signals = called(strategy)
        candles = strategy._view.candles
        self._arrays = signals.rows(candles, driver.settings)
        strategy._fired = int((self._arrays[0][:-1] >= driver._warm_up).sum())
        checked = driver.settings.check_lookahead and not hasattr(strategy, "_signals_given")
        if checked and len(candles) >= LEAST:
            _audit(strategy, signals, driver._warm_up)

    def bind(self, context: Context, driver: CompiledDriver) -> None:
        """Put the rows into the context."""
        for place, array in enumerate(self._arrays):
            context.put(C_SIGNALS + place, array)

    def rewind(self) -> None:
        """Begin with the first row again."""
        self._arrays[2][:] = 0

    def ask(self, bar: int) -> None:
        """Do nothing: rows of numbers are not asked."""

    def failure(self, bar: int) -> Exception:
        """Return what went wrong: nothing can, the rows have been checked."""
        raise AssertionError(f"signals failed at candle {bar}")


def called(strategy: Strategy) -> Signals:
    """Return the signals of a strategy, which sees whole columns meanwhile."""
    clocks = {view.clock: len(view.candles) for view in strategy._views.values()}
    before = {clock: clock.count for clock in clocks}
    _set(clocks)
    try:
        signals = strategy.signals()  # type: ignore[attr-defined]
    except WorkbenchError:
        raise
    except (Exception, SystemExit) as error:
        raise explain_failure(error, type(strategy).__name__, "signals", None) from error
    finally:
        _set(before)
    if not isinstance(signals, Signals):
        text = f"{type(strategy).__name__}.signals() returned {type(signals).__name__}"
        raise InvalidRequest(f"{text}: return Signals", field="signals", allowed="Signals")
    return signals


def _set(clocks: dict[Clock, int]) -> None:
    for clock, count in clocks.items():
        clock.count = count


def shortened(strategy: Strategy, cut: int) -> Strategy:
    """Return a strategy made anew that knows the first `cut` candles alone."""
    base = strategy._view.candles
    views = {}
    for name, view in strategy._views.items():
        short = cut if view is strategy._view else int(visible_counts(base, view.candles)[cut - 1])
        views[name] = View(view.candles[:short])
    twin = type(strategy)()
    twin._bind(strategy._broker, views, strategy.params, strategy._seed, strategy._index)
    twin.init()
    name_indicators(twin)
    return twin


def _audit(strategy: Strategy, signals: Signals, warm_up: int) -> None:
    """Compute signals again on parts of the candles.

    They end with one that has a signal: it must be there without the candle after it, too.
    """
    candles = strategy._view.candles
    if strategy._shortly:
        kinds = (("exits", "short_exits"), ("entries", "short_entries"))
        for cut, names in zip(parts(len(candles), warm_up), kinds, strict=False):
            _compare(strategy, signals, signals.nearest(cut, names) + 1)
        return
    places = dict.fromkeys(signals.nearest(cut) + 1 for cut in islice(cuts(candles), CUTS))
    within(places, SURE, SECONDS, partial(_compare, strategy, signals), perf_counter)


def look_again(strategy: Strategy, cut: int) -> None:
    """Compute signals again on the first `cut` candles.

    Raises
    ------
    LookAhead
        They are not what they are over all.
    """
    if not hasattr(strategy, "_signals_given"):
        _compare(strategy, called(strategy), cut)


def _compare(strategy: Strategy, signals: Signals, cut: int) -> None:
    try:
        again = called(shortened(strategy, cut))
    except Exception:
        return  # too few candles for it
    found = signals.differs(again, cut)
    if found is not None:
        name, row = found
        candles = strategy._view.candles
        text = (
            f"{type(strategy).__name__}.signals() looks ahead: its {name} in row {row}, "
            f"{iso_time(int(candles.time[row]))}, are not the same over the first {cut} candles "
            f"and over all {len(candles)}; a signal may only depend on its candle and earlier "
            f"ones {OFF}"
        )
        raise LookAhead(text, field="signals", value=name, allowed="earlier candles", row=row)
