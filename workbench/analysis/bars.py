"""One candle as plain numbers, as detectors and feeds pass it on."""

from __future__ import annotations

from typing import NamedTuple

from workbench.data.candles import VALUES, Candles


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


def bars_of(candles: Candles) -> list[Bar]:
    """Return the candles one by one; of bid and ask, the bid's."""
    columns = [getattr(candles, name).tolist() for name in ("time", *VALUES)]
    return list(map(Bar._make, zip(*columns, strict=True)))
