"""The periods whose returns are annualised: days, or candles that are longer."""

from __future__ import annotations

import numpy as np

from workbench.data.candles import Candles
from workbench.timeframes import DAY_MS

_SATURDAY, _SUNDAY = 2, 3  # 1970-01-01, day 0, was a Thursday

WEEKDAYS_A_YEAR = 252.0
DAYS_A_YEAR = 365.0
YEAR_MS = 365.25 * DAY_MS


def periods_per_year(candles: Candles) -> float:
    """Return how many return periods a year has, for annualising.

    Periods are UTC days, or candles where these are longer than a day: 365 days where the
    market trades on weekends (a candle opens on a Saturday), else 252.
    """
    length = candles.timeframe.ms
    if length > DAY_MS:
        return YEAR_MS / length
    return DAYS_A_YEAR if first_saturday(candles) < len(candles) else WEEKDAYS_A_YEAR


def first_saturday(candles: Candles) -> int:
    """Return the index of the first candle that opens on a Saturday; their number without one."""
    time = candles.time
    if not len(time):
        return 0
    first, last = int(time[0]) // DAY_MS, int(time[-1]) // DAY_MS
    midnights = np.arange(first + (_SATURDAY - first) % 7, last + 1, 7) * DAY_MS
    at = np.searchsorted(time, midnights)
    found = at[time[at] < midnights + DAY_MS]
    return int(found[0]) if len(found) else len(time)


def period_ends(candles: Candles) -> list[int]:
    """Return after how many candles each return period ends.

    A period is a UTC day, or a candle that is as long or longer. As long as no candle has opened
    on a Saturday, the hours of a Sunday belong to the Monday, so that a year has about the 252
    periods it is annualised with. No end depends on later candles.
    """
    if candles.timeframe.ms >= DAY_MS:
        return list(range(1, len(candles) + 1))
    time = candles.time
    days = np.arange(int(time[0]) // DAY_MS + 1, int(time[-1]) // DAY_MS + 1)
    ends = np.unique(np.searchsorted(time, days * DAY_MS))
    before, after = time[ends - 1] // DAY_MS, time[ends] // DAY_MS
    sundays = (before % 7 == _SUNDAY) & (after == before + 1) & (ends <= first_saturday(candles))
    return [*ends[~sundays].tolist(), len(time)]
