"""Marking a strategy's `next` as one that needs no Python while it runs."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any


class Compiled:
    """A function ``next(bar, see, act)``, compiled when a run begins. See `compiled`.

    Attributes
    ----------
    function
        As it was written.
    made
        Its machine code, by what that depends on; kept by `native_next`.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        self.function = function
        self.made: dict[Any, Any] = {}
        functools.update_wrapper(self, function)

    def __get__(self, strategy: Any, owner: type | None = None) -> Any:
        return self if strategy is None else CompiledNext(self, strategy)

    def __call__(self, bar: int, see: Any, act: Any) -> object:
        """Decide, in CPython."""
        return self.function(bar, see, act)

    def __reduce__(self) -> Any:
        return Compiled, (self.function,)


class CompiledNext:
    """The compiled `next` of one strategy."""

    def __init__(self, compiled: Compiled, strategy: Any) -> None:
        self.compiled = compiled
        self.__self__ = strategy

    def __call__(self) -> object:
        name = type(self.__self__).__name__
        raise TypeError(f"{name}.next is compiled: a run calls it, with bar, see and act")


def compiled(function: Callable[..., object]) -> Compiled:
    """Have a strategy's `next` compiled by numba; a run then takes some 50 ns a candle.

    The function is no method: it is given three things, and what numba can compile may stand in
    it: numbers, arithmetic, ``if``, loops, `math`, other functions under ``@numba.njit``. Globals
    are taken as they are when the run begins. Without numba, CPython runs it, slowly.

    Parameters
    ----------
    function
        ``next(bar, see, act)``:

        - ``bar``: number of the candle, from 0.
        - ``see``: what there is to see at its close. ``see.open``, ``high``, ``low``, ``close``,
          ``volume``, ``time`` and every indicator by the name of the attribute it was assigned to
          (several as ``name_0``, ``name_1``) are columns that end with this candle: ``[-1]`` is
          now, ``[bar]`` too, and what would lie after it raises `IndexError`. Parameters are
          numbers. Of a longer timeframe asked for in `init` there are ``see.h4_close`` and so on;
          these and its indicators have, for each candle, what its last closed candle says (NaN
          before the first). ``see.state`` is the array ``self.state`` that `init` has made
          (float64, one dimension): the place for what is to be kept between candles.
        - ``act``: what can be done, and what is held. ``act.enter_long`` and ``act.enter_short``
          take what the methods of a `Strategy` take, as numbers; ``take_profit`` is a price or a
          tuple of up to 8 prices, or of (price, weight) pairs. ``act.close(part=1.0, trade=0)``,
          ``act.cancel(order=0)``, ``act.move_stop(price=None, trailing=None, trade=0)``: 0 is
          everything. They return the number of the order, or how many. ``act.equity``,
          ``balance``, ``position`` (units, below 0 for a short), ``entry_price``, ``stop_loss``
          (NaN for none), ``pnl``, ``trades``, ``orders``, ``bars``, ``trade`` are numbers.

    Examples
    --------
    >>> class Cross(Strategy):
    ...     fast, slow = 20, 50
    ...
    ...     def init(self):
    ...         self.quick = self.I("SMA", self.close, self.fast)
    ...         self.calm = self.I("SMA", self.close, self.slow)
    ...
    ...     @compiled
    ...     def next(bar, see, act):
    ...         up = see.quick[-1] > see.calm[-1]
    ...         if up and not act.position:
    ...             act.enter_long(stop_loss=see.close[-1] * 0.98)
    ...         elif not up:
    ...             act.close()
    """
    return Compiled(function)


def compiled_next(kind: type) -> Compiled | None:
    """Return the compiled `next` of a strategy, None where it is Python."""
    found = inspect.getattr_static(kind, "next", None)
    return found if isinstance(found, Compiled) else None
