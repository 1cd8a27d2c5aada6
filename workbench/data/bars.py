"""One candle as plain numbers, as feeds and detectors pass it on."""

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

    def whole(self) -> Bar:
        """Return it with a high and low that hold open and close: sources round each by itself."""
        high, low = max(self[1:5]), min(self[1:5])
        return self if high == self.high and low == self.low else self._replace(high=high, low=low)


def bars_of(candles: Candles) -> list[Bar]:
    """Return the candles one by one; of bid and ask, the bid's."""
    columns = [getattr(candles, name).tolist() for name in ("time", *VALUES)]
    return list(map(Bar._make, zip(*columns, strict=True)))
