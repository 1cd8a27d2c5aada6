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


# Candles open at the same few times of every day.
@lru_cache(maxsize=4096)
def _iso_clock(rest: int) -> str:
    seconds, milliseconds = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    fraction = f".{milliseconds:03d}Z" if milliseconds else "Z"
    return f"T{hour:02d}:{minute:02d}:{second:02d}{fraction}"


_present = (0, "1970-01-01T00:00:00.000Z")


def utc_now() -> str:
    """Return the present as ``2024-02-11T12:34:56.789Z``."""
    global _present
    # Many messages fall into one millisecond.
    now = time.time_ns() // 1_000_000
    known, text = _present
    if known != now:
        text = iso_stamp(now)
        _present = now, text
    return text


def iso_time(time_ms: int) -> str:
    """Return epoch milliseconds as ``2024-01-15T08:15:00Z``."""
    day, rest = divmod(time_ms, _DAY_MS)
    return _iso_day(day) + _iso_clock(rest)


@lru_cache(maxsize=64)  # Many messages come of one input.
def iso_stamp(time_ms: int) -> str:
    """Return epoch milliseconds as ``2024-01-15T08:15:00.000Z``, as timestamps of messages are."""
    seconds, milliseconds = divmod(time_ms, 1000)
    return f"{iso_time(1000 * seconds)[:-1]}.{milliseconds:03d}Z"


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
