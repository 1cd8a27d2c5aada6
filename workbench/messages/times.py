"""Times on the wire: ISO 8601, UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> str:
    """Return the present as ``2024-02-11T12:34:56.789Z``."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_time(time_ms: int) -> str:
    """Return epoch milliseconds as ``2024-01-15T08:15:00Z``."""
    whole = datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    rest = time_ms % 1000
    return f"{whole}.{rest:03d}Z" if rest else f"{whole}Z"


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
