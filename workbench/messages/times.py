"""Times on the wire: ISO 8601, UTC."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from functools import lru_cache

_DAY_MS = 86_400_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()


@lru_cache(maxsize=1024)
def _iso_day(day: int) -> str:
    return date.fromordinal(_EPOCH_DAY + day).isoformat()


# Candles open at the same few times of every day, and many messages fall into one second.
@lru_cache(maxsize=4096)
def _iso_second(second: int) -> str:
    minutes, second = divmod(second, 60)
    hour, minute = divmod(minutes, 60)
    return f"T{hour:02d}:{minute:02d}:{second:02d}"


def utc_now() -> str:
    """Return the present as ``2024-02-11T12:34:56.789Z``."""
    day, rest = divmod(time.time_ns() // 1_000_000, _DAY_MS)
    second, milliseconds = divmod(rest, 1000)
    return f"{_iso_day(day)}{_iso_second(second)}.{milliseconds:03d}Z"


def iso_time(time_ms: int) -> str:
    """Return epoch milliseconds as ``2024-01-15T08:15:00Z``."""
    day, rest = divmod(time_ms, _DAY_MS)
    second, milliseconds = divmod(rest, 1000)
    fraction = f".{milliseconds:03d}Z" if milliseconds else "Z"
    return f"{_iso_day(day)}{_iso_second(second)}{fraction}"


def parse_time(text: str) -> int:
    """Return an ISO 8601 time as epoch milliseconds; without an offset it is UTC.

    Raises
    ------
    ValueError
        The text is not a time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
