"""Indicators over whole columns, computed by TA-Lib.

Every function takes columns (arrays, lists, or a strategy's series, of which it sees the past)
of shape ``(n,)`` and returns float64 arrays of shape ``(n,)``; the first values, for which
there are not enough candles, are NaN. A value never depends on later candles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.analysis.series import crossed_above, crossed_below
from workbench.errors import InvalidRequest

__all__ = [
    "atr", "bollinger", "crossed_above", "crossed_below", "ema", "macd", "rsi", "sma", "wma",
]  # fmt: skip

Column = NDArray[np.float64]


def _call(name: str, *columns: ArrayLike, **options: float) -> Any:
    import talib

    if options.get("timeperiod") == 1 and name in ("SMA", "EMA", "WMA"):
        # TA-Lib refuses a period of one; the average of one value is the value.
        return np.array(columns[0], dtype=np.float64)
    function: Callable[..., Any] = getattr(talib, name)
    arrays = [np.array(column, dtype=np.float64) for column in columns]
    try:
        return function(*arrays, **options)
    except Exception as error:
        given = ", ".join(f"{key}={value!r}" for key, value in options.items())
        msg = f"{name}({given}) cannot be computed over {len(arrays[0])} candles: check {given}"
        raise InvalidRequest(
            msg, field="indicator", value=given, allowed="periods from 2"
        ) from error


def sma(values: ArrayLike, period: int) -> Column:
    """Return the simple moving average, ``sum(x[t-period+1 .. t]) / period``.

    Parameters
    ----------
    values
        Shape ``(n,)``.
    period
        In candles, from 1.
    """
    result: Column = _call("SMA", values, timeperiod=period)
    return result


def ema(values: ArrayLike, period: int) -> Column:
    """Return the exponential moving average.

    ``e[t] = e[t-1] + k (x[t] - e[t-1])`` with ``k = 2 / (period + 1)``, started with the simple
    average of the first `period` values (TA-Lib's default).
    """
    result: Column = _call("EMA", values, timeperiod=period)
    return result


def wma(values: ArrayLike, period: int) -> Column:
    """Return the linearly weighted moving average, the newest value with weight `period`."""
    result: Column = _call("WMA", values, timeperiod=period)
    return result


def rsi(values: ArrayLike, period: int = 14) -> Column:
    """Return the relative strength index, 0 to 100.

    ``100 - 100 / (1 + up / down)``, `up` and `down` being Wilder's averages of the gains and
    losses. Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978.
    """
    result: Column = _call("RSI", values, timeperiod=period)
    return result


def atr(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14) -> Column:
    """Return the average true range, in price units.

    Wilder's average of ``max(high, close[t-1]) - min(low, close[t-1])``. Source: J. W. Wilder,
    New Concepts in Technical Trading Systems, 1978.
    """
    result: Column = _call("ATR", high, low, close, timeperiod=period)
    return result


def macd(
    values: ArrayLike, fast: int = 12, slow: int = 26, signal: int = 9
) -> tuple[Column, Column, Column]:
    """Return moving average convergence/divergence: line, signal line, histogram.

    ``line = ema(fast) - ema(slow)``, ``signal = ema(line)``, ``histogram = line - signal``.
    Source: G. Appel, The Moving Average Convergence-Divergence Trading Method, 1985.
    """
    line, smooth, rest = _call(
        "MACD", values, fastperiod=fast, slowperiod=slow, signalperiod=signal
    )
    return line, smooth, rest


def bollinger(
    values: ArrayLike, period: int = 20, width: float = 2.0
) -> tuple[Column, Column, Column]:
    """Return Bollinger bands: upper, middle, lower.

    The middle is the simple average; the bands are `width` population standard deviations
    away. Source: J. Bollinger, Bollinger on Bollinger Bands, 2001.
    """
    upper, middle, lower = _call("BBANDS", values, timeperiod=period, nbdevup=width, nbdevdn=width)
    return upper, middle, lower


def by_name(name: str) -> Callable[..., Any]:
    """Return the indicator called `name`: one of this module, or any function of TA-Lib.

    Raises
    ------
    KeyError
        There is none of this name.
    """
    if name.lower() in __all__ and not name.lower().startswith("crossed"):
        function: Callable[..., Any] = globals()[name.lower()]
        return function
    import talib

    groups: dict[str, list[str]] = talib.__function_groups__
    if not any(name.upper() in group for group in groups.values()):
        raise KeyError(name)
    found: Callable[..., Any] = getattr(talib, name.upper())
    return found
