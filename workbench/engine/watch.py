"""Conditions that end `BacktestEngine.advance` after the candle that meets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Watch(NamedTuple):
    """What to look for; results do not depend on it.

    Attributes
    ----------
    filled
        So many fills since the run's start, entries and exits.
    drawdown
        A drawdown at a candle's close of at least this fraction (0.1 is 10 %).
    """

    filled: int | None = None
    drawdown: float | None = None

    def around(
        self,
        decide: Callable[[], object],
        filled: Callable[[], int],
        equity: Callable[[], float],
        peak: float,
        end: Callable[[], None],
    ) -> Callable[[], object]:
        """Return `decide` with a look at the candle before it, so that a bare loop costs nothing.

        Parameters
        ----------
        decide
            Called once a candle, after its equity is known.
        filled
            Says how many fills there have been.
        equity, peak
            Says what it is at this close, and the highest so far.
        end
            Called when the candle meets the condition.
        """

        def look() -> None:
            nonlocal peak
            now = equity()
            peak = max(peak, now)
            # The arithmetic of `Performance.drawdown`, so that both agree to the last bit.
            if self.met(filled(), now / peak - 1):
                end()
            decide()

        return look

    def met(self, filled: int, drawdown: float) -> bool:
        """Tell whether so many fills, or such a drawdown (<= 0) at a close, is what to look for."""
        if self.filled is not None and filled >= self.filled:
            return True
        return self.drawdown is not None and drawdown <= -self.drawdown
