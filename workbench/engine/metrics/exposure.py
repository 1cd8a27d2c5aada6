"""In how many candles anything was held."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Exposure:
    """Counts the candles with an open position, those of its entry and exit included."""

    def __init__(self) -> None:
        self._counted = 0
        self._until = 0  # candles before this one are counted
        self._since: int | None = None

    def hold(self, bar: int, positions: int) -> None:
        """Take how many positions are open after a fill in candle `bar`."""
        if positions:
            if self._since is None:
                self._since = max(bar, self._until)
        elif self._since is not None:
            self._counted += bar + 1 - self._since
            self._since, self._until = None, bar + 1

    def hold_run(self, bars: NDArray[np.int64], positions: NDArray[np.float64]) -> None:
        """Take the same of all fills of a run, in order; each shape (n,)."""
        held = positions > 0
        turns = np.flatnonzero(held != np.r_[False, held[:-1]])
        for place in turns.tolist():
            self.hold(int(bars[place]), int(held[place]))

    def candles(self, count: int) -> int:
        """Return in how many of the first `count` candles, all done, anything was held."""
        return self._counted + (0 if self._since is None else max(0, count - self._since))
