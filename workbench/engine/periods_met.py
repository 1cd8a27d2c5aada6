"""The periods of returns of `metrics.periods`, as candles come."""

from __future__ import annotations

import numpy as np

from workbench.data.candles import Candles
from workbench.engine.metrics import Performance
from workbench.timeframes import DAY_MS

_SATURDAY, _SUNDAY = 2, 3  # 1970-01-01, day 0, was a Thursday


class PeriodsMet:
    """Finds after how many candles each period ends, as soon as the next candle tells.

    Parameters
    ----------
    history
        Of the candles before the run.

    Attributes
    ----------
    ends
        Numbers of candles, rising; those before the run are left out.
    """

    def __init__(self, history: Candles) -> None:
        self.ends: list[int] = []
        self._weekends = bool((history.time // DAY_MS % 7 == _SATURDAY).any())
        self._first_saturday: int | None = None

    def extend(self, candles: Candles, start: int, first: int, performance: Performance) -> None:
        """Take the candles from index `start` on.

        Parameters
        ----------
        candles
            All there are.
        first
            Index of the run's first candle.
        performance
            Told when the market is found to trade on weekends.
        """
        length, count = candles.timeframe.ms, len(candles)
        if count - start == 1 and self._same(candles, start):
            return
        if length >= DAY_MS:
            self.ends += range(max(start, first + 1), count)
            if length > DAY_MS:
                return
        # One before them, whose day the first of them may end.
        begin = max(start - 1, first, 0)
        day = candles.time[begin:] // DAY_MS
        fresh = np.flatnonzero(day[start - begin :] % 7 == _SATURDAY)
        saturday = start + int(fresh[0]) if len(fresh) else count
        if len(fresh) and self._first_saturday is None:
            self._first_saturday = saturday
            performance.count_weekends(saturday - first)
        if length < DAY_MS:
            for at in np.flatnonzero(np.diff(day)) + 1:
                before, after = int(day[at - 1]), int(day[at])
                joined = before % 7 == _SUNDAY and after == before + 1
                known = self._weekends or begin + at > saturday
                if not joined or known:
                    self.ends.append(begin + int(at))
        self._weekends |= bool(len(fresh))

    def _same(self, candles: Candles, at: int) -> bool:
        """Tell whether a candle is of a day that is known already, as most are."""
        day = int(candles.time[at]) // DAY_MS
        known = day % 7 != _SATURDAY or self._first_saturday is not None
        return known and at > 0 and int(candles.time[at - 1]) // DAY_MS == day
