"""How many longer candles have closed at each candle of the shortest timeframe."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from workbench.data.resample import visible_counts
from workbench.engine.growing import LEAST, Growing


class Counts:
    """The counts, as candles grow.

    Parameters
    ----------
    grown
        Candles by timeframe, the shortest first.

    Attributes
    ----------
    columns
        Of each longer timeframe, int64, with room behind the last candle.
    """

    def __init__(self, grown: Mapping[str, Growing]) -> None:
        self._base, *longer = grown.values()
        self._longer = {one.timeframe.name: one for one in longer}
        room = max(LEAST, 2 * self._base.count)
        self.columns: dict[str, NDArray[np.int64]] = {
            name: np.zeros(room, dtype=np.int64) for name in self._longer
        }
        self.extend(0)

    def extend(self, start: int) -> None:
        """Count for the closed candles from index `start` on."""
        end = self._base.count
        for name, grown in self._longer.items():
            column = self.columns[name]
            if len(column) < end:
                self.columns[name] = np.zeros(2 * end, dtype=np.int64)
                self.columns[name][: len(column)] = column
                column = self.columns[name]
            if end - start == 1:
                close = int(self._base.buffers["time"][start]) + self._base.timeframe.ms
                column[start] = self._one(grown, int(column[start - 1]) if start else 0, close)
            elif end > start:
                column[start:end] = visible_counts(self._base.since(start), grown.candles)

    def at(self, count: int) -> list[int]:
        """Return how many of each longer one have closed when `count` have."""
        return [int(each[count - 1]) if count else 0 for each in self.columns.values()]

    def _one(self, grown: Growing, seen: int, close: int) -> int:
        times, length = grown.buffers["time"], grown.timeframe.ms
        while seen < grown.count and int(times[seen]) + length <= close:
            seen += 1
        return seen
