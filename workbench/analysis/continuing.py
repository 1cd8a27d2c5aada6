"""Indicators of TA-Lib that go on from a column, a value at a time.

Its streams give the very numbers its functions over whole columns do, and take the same time for
each however long the column is. They are told what is new; what came before they remember.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.analysis.indicators import atr, bollinger, ema, macd, rsi, sma, wma
from workbench.analysis.series import Series, whole, whole_values

_PERIOD = {"period": ("timeperiod",)}
_OURS: dict[Callable[..., Any], tuple[str, Mapping[str, Sequence[str]]]] = {
    sma: ("SMA", _PERIOD),
    ema: ("EMA", _PERIOD),
    wma: ("WMA", _PERIOD),
    rsi: ("RSI", _PERIOD),
    atr: ("ATR", _PERIOD),
    macd: (
        "MACD", {"fast": ("fastperiod",), "slow": ("slowperiod",), "signal": ("signalperiod",)},
    ),
    bollinger: ("BBANDS", {"period": ("timeperiod",), "width": ("nbdevup", "nbdevdn")}),
}  # fmt: skip
"""What TA-Lib calls our indicators, and their parameters."""


class Continued:
    """An indicator that has seen its series up to a candle, and is told the next ones.

    Parameters
    ----------
    inputs
        What it is made of, in the order `update` takes their values.
    update
        Takes the next value of each; returns the indicator's, or a tuple of several.
    """

    def __init__(self, inputs: Sequence[Series], update: Callable[..., Any]) -> None:
        self._inputs, self._update = inputs, update

    def at(self, place: int) -> tuple[float, ...] | None:
        """Return the values on the next candle, of index `place`.

        None where an input is not a finite number, or has not one value per candle: then only the
        function over the whole column can say.
        """
        columns = [whole_values(one) for one in self._inputs]
        if any(len(column) != place + 1 for column in columns):
            return None
        row = [float(column[place]) for column in columns]
        if not all(map(isfinite, row)):
            return None
        value = self._update(*row)
        return value if isinstance(value, tuple) else (value,)


def continued(
    function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], count: int
) -> Continued | None:
    """Return an indicator that has seen the first `count` values of its series.

    None where it has to be computed over the whole column: it is none of TA-Lib's, its series have
    gaps, or are too short for a first value.

    Parameters
    ----------
    function
        Of `workbench.analysis.indicators`, or of TA-Lib.
    args, kwargs
        It was declared with.
    """
    call = _call_of(function, args, kwargs)
    if call is None or call.options.get("timeperiod") == 1:
        return None  # Ours of one value are the value, TA-Lib's are rounded.
    table = np.array([whole(one)[:count] for one in call.inputs], dtype=np.float64)
    known: NDArray[np.bool_] = np.logical_and.reduce(np.isfinite(table))
    if not known.any() or not known[known.argmax() :].all():
        return None
    from talib import stream

    try:
        handle = getattr(stream, call.name)(*table, *call.rest, **call.options)
    except Exception:  # Why it cannot be opened, computing it will tell.
        return None
    return Continued(call.inputs, handle.update)


class _Call(NamedTuple):
    """A function of TA-Lib, the series it is called with, and the rest of its arguments."""

    name: str
    inputs: list[Series]
    rest: Sequence[Any]
    options: Mapping[str, Any]


def _call_of(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> _Call | None:
    if not inspect.isfunction(function):
        return None
    if function in _OURS:
        name, names = _OURS[function]
        bound = inspect.signature(function).bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        inputs = [value for key, value in given.items() if key not in names]
        options = {its: given[ours] for ours, theirs in names.items() for its in theirs}
        call = _Call(name, inputs, (), options)
    else:
        import talib

        name = function.__name__
        if getattr(talib, name, None) is not function or not hasattr(talib.stream, name):
            return None
        inputs = [one for one in args if isinstance(one, Series)]
        call = _Call(name, inputs, args[len(inputs) :], kwargs)
        if any(isinstance(one, (Series, np.ndarray)) for one in (*call.rest, *kwargs.values())):
            return None
    return call if inputs and all(isinstance(one, Series) for one in inputs) else None
