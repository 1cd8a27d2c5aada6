"""What the times of candles tell: gaps, weekends, the zone they were written in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from workbench.data.candles import Times
from workbench.timeframes import DAY_MS, HOUR_MS, WEEK_MS, Timeframe

_MINUTES_15 = HOUR_MS // 4
_LONGEST_WEEKEND_MS = 80 * HOUR_MS
# 1970-01-03 was a Saturday.
_SATURDAY_NOON_MS = 2 * DAY_MS + DAY_MS // 2


@dataclass(frozen=True, slots=True)
class Gaps:
    """Spans without candles, each named by the position of the candle after it.

    Attributes
    ----------
    others
        Those that are neither weekends nor daily breaks.
    weekends
        Those over a Saturday, up to 80 hours.
    breaks
        Those that come once or twice on most days, such as a stock exchange's nights.
    lengths
        Missing milliseconds before each candle, int64, shape (n,).
    """

    others: NDArray[np.intp]
    weekends: NDArray[np.intp]
    breaks: NDArray[np.intp]
    lengths: Times


def find_gaps(time: Times, timeframe: Timeframe) -> Gaps:
    """Sort the gaps between candles with rising open times `time` (epoch ms, UTC).

    What a break is follows from all candles; `gaps_as_met` sorts by those before alone.
    """
    lengths, weekends, rest = _weekends(time, timeframe)
    short = rest[lengths[rest] < DAY_MS]
    days = len(np.unique(time // DAY_MS))
    on_most_days = len(np.unique(time[short] // DAY_MS)) >= 0.6 * days
    breaks = short if on_most_days and 5 <= len(short) <= 2 * days else short[:0]
    return Gaps(np.setdiff1d(rest, breaks), weekends, breaks, lengths)


def gaps_as_met(time: Times, timeframe: Timeframe) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Sort gaps as one who walks from candle to candle can, without what comes later.

    The rules are those of `find_gaps`, but a gap is a daily break only if it and the gaps
    before it show that most days have one: the first four nights of a stock are not known to
    be nights.

    Returns
    -------
    Positions of the candles after a closed market (weekends, daily breaks), and after other
    gaps, both rising. Those of ``time[:n]`` are the ones below n of all.
    """
    lengths, weekends, rest = _weekends(time, timeframe)
    short = rest[lengths[rest] < DAY_MS]
    day = time // DAY_MS
    days = np.cumsum(np.diff(day, prepend=day[:1] - 1) > 0)[short]
    with_one = np.cumsum(np.diff(day[short], prepend=day[:1] - 1) != 0)
    count = np.arange(1, len(short) + 1)
    breaks = short[(with_one >= 0.6 * days) & (count >= 5) & (count <= 2 * days)]
    closed = np.union1d(weekends, breaks)
    return closed, np.setdiff1d(rest, breaks)


def _weekends(
    time: Times, timeframe: Timeframe
) -> tuple[Times, NDArray[np.intp], NDArray[np.intp]]:
    """Return missing ms before each candle, ends of weekends, and ends of all other gaps."""
    lengths = np.zeros(len(time), dtype=np.int64)
    lengths[1:] = np.diff(time) - timeframe.ms
    lengths[lengths < 0] = 0
    ends = np.flatnonzero(lengths)
    starts = time[ends] - lengths[ends]
    noon = (starts - _SATURDAY_NOON_MS + WEEK_MS - 1) // WEEK_MS * WEEK_MS + _SATURDAY_NOON_MS
    over = (noon < time[ends]) & (lengths[ends] <= _LONGEST_WEEKEND_MS)
    # A market that traded a week before at that hour has no weekends.
    before = np.searchsorted(time, noon - WEEK_MS, side="right") - 1
    over &= (before < 0) | (time[before] + timeframe.ms <= noon - WEEK_MS)
    return lengths, ends[over], ends[~over]


def zone_shift(time: Times, timeframe: Timeframe, gaps: Gaps) -> tuple[int, int] | None:
    """Guess by how many hours times that should be UTC run ahead of it.

    The foreign exchange week opens on Sunday and closes on Friday at 17:00 in New York, which
    is 21:00 UTC in summer and 22:00 in winter. Where most weekends open and close off that by
    the same whole hours, the times were written in another zone.

    Returns
    -------
    The least and the greatest common shift in hours, or None where the times look like UTC or
    nothing can be told: longer candles than 1H, fewer than 3 weekends, another kind of market.
    """
    if timeframe.ms > HOUR_MS or len(gaps.weekends) < 3:
        return None
    shifts = Counter[int]()
    for end in gaps.weekends.tolist():
        opens, closes = int(time[end]), int(time[end] - gaps.lengths[end])
        sunday = _sunday(opens, closes)
        open_shift = _steps(opens - _new_york_17(sunday))
        if open_shift == _steps(closes - _new_york_17(sunday - timedelta(days=2))):
            shifts[open_shift] += 1
    common = {shift for shift, count in shifts.items() if count >= 0.1 * len(gaps.weekends)}
    known = sum(shifts[shift] for shift in common)
    if known < 0.6 * len(gaps.weekends) or common == {0} or any(s % 4 for s in common):
        return None
    low, high = min(common) // 4, max(common) // 4
    return (low, high) if high - low <= 1 and max(-low, high) <= 14 else None


def _sunday(opens: int, closes: int) -> datetime:
    middle = datetime.fromtimestamp((opens + closes) // 2 / 1000, UTC) + timedelta(hours=12)
    midnight = middle.replace(hour=0, minute=0, second=0, microsecond=0)
    weekday = midnight.weekday()
    return midnight + timedelta(days=6 - weekday if weekday >= 3 else -1 - weekday)


def _new_york_17(day: datetime) -> int:
    local = datetime(day.year, day.month, day.day, 17, tzinfo=ZoneInfo("America/New_York"))
    return int(local.timestamp()) * 1000


def _steps(shift_ms: int) -> int:
    return round(shift_ms / _MINUTES_15)
