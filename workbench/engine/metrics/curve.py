"""The equity curve, as it comes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.data.candles import Candles
from workbench.engine.metrics.drawdowns import Drawdowns

Floats = NDArray[np.float64]
Point = tuple[int, float, float, float]
"""Closes so far, the equity, the highest one and the deepest drawdown."""

_MANY = 100
"""Equities from which on an array of them is taken faster than one by one."""


class Curve:
    """Where the equity stands at a close, and the drawdowns it came through.

    Parameters
    ----------
    initial_capital
        The equity before the first candle: the first peak.
    candles
        Whose closes these are, for durations; None where they are not known.

    Attributes
    ----------
    count
        Closes so far.
    equity, peak
        The last and the highest, in the account's currency.
    worst
        The deepest drawdown, a fraction, zero or negative.
    drawdowns
        Those there have been.
    """

    def __init__(self, initial_capital: float, candles: Candles | None) -> None:
        self.count = 0
        self.equity = self.peak = initial_capital
        self.worst = 0.0
        self.drawdowns = Drawdowns(initial_capital, candles)

    def extend(self, equities: Sequence[float]) -> None:
        """Take the equity at the closes of the next candles, shape (n,)."""
        self.drawdowns.extend(equities)
        self._follow()

    def extend_run(self, equities: Floats) -> Floats:
        """Take many at once, shape (n,); return the highest equity at each, shape (n,)."""
        peaks = self.drawdowns.extend_run(equities)
        self._follow()
        return peaks

    def points(self, equities: Floats, counts: Sequence[int]) -> Iterable[Point]:
        """Return where it will stand after so many of the next equities, rising, each from 1.

        To go there, `stand` on them one after another, and then `close` the stretch.
        """
        peaks = np.maximum.accumulate(equities)
        np.maximum(peaks, self.peak, out=peaks)
        worst = np.minimum.accumulate(equities / peaks - 1)
        np.minimum(worst, self.worst, out=worst)
        at = np.array(counts)
        done = (self.count + at).tolist()
        at -= 1
        return zip(done, equities[at].tolist(), peaks[at].tolist(), worst[at].tolist(), strict=True)

    def stand(self, point: Point) -> None:
        """Go to a point; what stands in `drawdowns` stays behind until `close`."""
        self.count, self.equity, self.peak, self.worst = point

    def close(self, equities: Floats) -> None:
        """Take the equities whose points have been stood on."""
        if len(equities) < _MANY:
            self.drawdowns.extend(equities.tolist())
        else:
            self.drawdowns.extend_run(equities)

    def skip(self, candles: int) -> None:
        """Take so many candles at whose closes the equity was the last one still."""
        self.drawdowns.count += candles
        self.count += candles

    def amend(self, equity: float) -> None:
        """Take the equity at the last close again, after something was filled at it."""
        self.drawdowns.amend(equity)
        self._follow()

    def _follow(self) -> None:
        told = self.drawdowns
        self.stand((told.count, told.equity, told.peak, told.worst))

    @property
    def drawdown(self) -> float:
        """The present one, a fraction, zero or negative."""
        return min(0.0, self.equity / self.peak - 1)
