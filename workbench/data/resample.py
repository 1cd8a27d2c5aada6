"""Longer candles out of shorter ones, and when each of them may be seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.data.candles import Candles, Times
from workbench.errors import InvalidRequest, UnknownTimeframe
from workbench.timeframes import Timeframe


def resample(candles: Candles, timeframe: Timeframe) -> Candles:
    """Build the candles of a longer timeframe.

    Each result opens on the UTC grid of `timeframe` and holds the candles that open in it:
    open of the first, highest high, lowest low, close of the last, sum of volumes, of bid and
    ask alike. A span without candles gives none. The last result may still be growing.

    Raises
    ------
    UnknownTimeframe
        Whole candles do not fill one of `timeframe`.
    """
    if not candles.timeframe.builds(timeframe):
        allowed = f"whole multiples of {candles.timeframe}"
        msg = f"{timeframe} cannot be built from {candles.timeframe} candles: only {allowed} can"
        raise UnknownTimeframe(msg, field="timeframes", value=timeframe.name, allowed=allowed)
    if candles.timeframe.ms == timeframe.ms or not len(candles):
        return candles.replace(timeframe=timeframe)
    floor: Any = timeframe.floor
    opens: Times = floor(candles.time)
    starts = np.flatnonzero(np.diff(opens, prepend=opens[0] - 1))
    return _merge(candles, starts, timeframe).replace(time=opens[starts])


def visible_counts(base: Candles, higher: Candles) -> Times:
    """Count, for each base candle, the higher candles that have closed when it closes.

    This decides what a strategy may see: on base candle ``i`` only ``higher[:counts[i]]``,
    those with open + length <= base open + base length. A base candle that overlaps the next
    counts as closing where the next one opens, so no later candle can be part of what is seen.

    Returns
    -------
    int64 array of shape (len(base),), never falling.
    """
    closes = base.time + base.timeframe.ms
    if len(base) > 1:
        closes[:-1] = np.minimum(closes[:-1], base.time[1:])
    ends = higher.time + higher.timeframe.ms
    return np.searchsorted(ends, closes, side="right").astype(np.int64)


def downsample(candles: Candles, max_points: int) -> Candles:
    """Merge runs of k consecutive candles, so that at most `max_points` are left.

    For drawing: every extreme stays. The timeframe of the result is k times as long and
    named ``1H×k``; its candles are runs, gaps included, and lie on no grid.

    Raises
    ------
    InvalidRequest
        `max_points` is below 1.
    """
    if max_points < 1:
        msg = f"max_points must be at least 1, not {max_points}"
        raise InvalidRequest(msg, field="max_points", value=max_points, allowed="1 or more")
    k = -(-len(candles) // max_points)
    if k <= 1:
        return candles
    merged = Timeframe(candles.timeframe.ms * k, f"{candles.timeframe.name}×{k}")
    return _merge(candles, np.arange(0, len(candles), k), merged)


def _merge(candles: Candles, starts: Any, timeframe: Timeframe) -> Candles:
    last = np.append(starts[1:], len(candles)) - 1

    def merged(name: str) -> Any:
        column = getattr(candles, name)
        kind = name.removeprefix("ask_")
        if kind in _MERGED:
            return _MERGED[kind].reduceat(column, starts)
        return column[last if kind == "close" else starts]

    columns = {name: merged(name) for name in candles.names}
    return candles.replace(timeframe=timeframe, **columns)


_MERGED = {"high": np.maximum, "low": np.minimum, "volume": np.add}
