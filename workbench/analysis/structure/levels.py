"""Market structure: levels where price turned."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]


def swing_levels(high: ArrayLike, low: ArrayLike, width: int = 3) -> tuple[Column, Column]:
    """Return the latest confirmed swing high (resistance) and swing low (support).

    A swing high is a high that none of the `width` candles on either side exceeds; it is
    known, and shown, from the close of the last of these on, never before. Source: B. M.
    Williams' fractals (Trading Chaos, 1995), there with `width` 2.

    Parameters
    ----------
    high, low
        Shape ``(n,)``.
    width
        Candles on each side, from 1.

    Returns
    -------
    tuple of float64 arrays of shape ``(n,)``, NaN before the first swing.
    """
    resistance = _last_peak(np.asarray(high, dtype=np.float64), width)
    support = -_last_peak(-np.asarray(low, dtype=np.float64), width)
    return resistance, support


def _last_peak(values: Column, width: int) -> Column:
    found = np.full(len(values), np.nan)
    span = 2 * width + 1
    if len(values) < span:
        return found
    middle = values[width : len(values) - width]
    peaks = np.flatnonzero(sliding_window_view(values, span).max(axis=1) == middle)
    found[peaks + 2 * width] = middle[peaks]
    known = np.maximum.accumulate(np.where(np.isnan(found), -1, np.arange(len(found))))
    return np.where(known >= 0, found[known], np.nan)
