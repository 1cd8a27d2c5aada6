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


def _iso_parts(time_ms: int) -> tuple[str, int]:
    """Return the time to the second, and the milliseconds left."""
    day, rest = divmod(time_ms, _DAY_MS)
    seconds, milliseconds = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_iso_day(day)}T{hour:02d}:{minute:02d}:{second:02d}", milliseconds


def utc_now() -> str:
    """Return the present as ``2024-02-11T12:34:56.789Z``."""
    text, milliseconds = _iso_parts(time.time_ns() // 1_000_000)
    return f"{text}.{milliseconds:03d}Z"


def iso_time(time_ms: int) -> str:
    """Return epoch milliseconds as ``2024-01-15T08:15:00Z``."""
    text, milliseconds = _iso_parts(time_ms)
    return f"{text}.{milliseconds:03d}Z" if milliseconds else f"{text}Z"


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
