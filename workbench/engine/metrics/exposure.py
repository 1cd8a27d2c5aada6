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
        turns = bars[np.flatnonzero(held != np.r_[self._since is not None, held[:-1]])]
        if self._since is not None and len(turns):
            self.hold(int(turns[0]), 0)
            turns = turns[1:]
        begins, ends = turns[::2], turns[1::2] + 1
        if len(ends):
            # What begins on the candle of the exit before counts from the next one.
            since = np.maximum(begins[: len(ends)], np.r_[self._until, ends[:-1]])
            self._counted += int((ends - since).sum())
            self._until = int(ends[-1])
        if len(begins) > len(ends):
            self.hold(int(begins[-1]), 1)

    def candles(self, count: int) -> int:
        """Return in how many of the first `count` candles, all done, anything was held."""
        return self._counted + (0 if self._since is None else max(0, count - self._since))
