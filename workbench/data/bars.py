"""One candle as plain numbers, as feeds and detectors pass it on."""

from __future__ import annotations

from typing import NamedTuple


class Bar(NamedTuple):
    """A candle, closed or still growing.

    Attributes
    ----------
    time
        Open time, epoch milliseconds, UTC.
    volume
        As the source counts it.
    """

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
