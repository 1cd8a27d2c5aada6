"""Times as people have them, on the wire."""

from __future__ import annotations

import math
import operator
from datetime import UTC, date, datetime
from numbers import Real
from typing import Any

from workbench.errors import InvalidRequest
from workbench.messages import iso_time, parse_time

SECONDS = 1e11
"""Epoch milliseconds below this are of 1973 at the latest, epoch seconds of 5138."""
ALLOWED = "a Timestamp, a datetime, an ISO 8601 string or epoch milliseconds; UTC without a zone"


def wire_time(value: Any, field: str = "time") -> str:
    """Return a time as the wire writes it: ``2024-01-15T08:15:00Z``.

    Parameters
    ----------
    value
        A pandas `Timestamp`, `datetime` or `date`, `numpy.datetime64`, ISO 8601 string or epoch
        milliseconds. Without a time zone it is UTC.
    field
        What it is, for the error.

    Raises
    ------
    InvalidRequest
        It is none of these.
    """
    try:
        return iso_time(_milliseconds(value))
    except (ValueError, OverflowError, TypeError):
        msg = f"{field} is {value!r}, expected {ALLOWED}"
        raise InvalidRequest(msg, field=field, value=repr(value), allowed=ALLOWED) from None


def check_unit(value: Any, field: str = "time") -> None:
    """Refuse a plain number that is epoch seconds rather than milliseconds.

    Raises
    ------
    InvalidRequest
        As milliseconds it is within three years of 1970, as seconds it is any time until 5138.
    """
    number = math.nan if isinstance(value, bool) or not isinstance(value, Real) else float(value)
    if abs(number) < SECONDS:
        allowed = f"{ALLOWED}; a time before 1974 as a datetime or a string"
        msg = (
            f"{field} is {value!r}: are these seconds? Numbers are epoch milliseconds, and this is "
            f"a moment of {iso_time(round(number))[:4]}. Give milliseconds, or a datetime"
        )
        raise InvalidRequest(msg, field=field, value=repr(value), allowed=allowed)


def _milliseconds(value: Any) -> int:
    match value:
        case bool():
            raise TypeError
        case str():
            return parse_time(value)
        case datetime():
            moment = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
            return round(moment.timestamp() * 1000)
        case date():
            return parse_time(value.isoformat())
        case int():
            return value
        case float():
            if not math.isfinite(value):
                raise ValueError
            return round(value)
    # numpy's own scalars, without importing it: a datetime64 writes itself as ISO 8601.
    if type(value).__name__ == "datetime64":
        return parse_time(str(value)[:26])
    return operator.index(value)
