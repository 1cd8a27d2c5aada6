"""Written times to epoch milliseconds."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from workbench.data.candles import Times
from workbench.errors import InvalidCandles, InvalidRequest
from workbench.messages import iso_time
from workbench.timeframes import DAY_MS, HOUR_MS, MINUTE_MS

FORMS = (
    "2017-01-31 22:00:00, 2017.01.31 22:00, 31.01.2017 22:00:00.000, 01/31/2017 10:00 PM, "
    "20170131 220000, ISO 8601 with an offset, or epoch seconds, ms, us or ns"
)

_CLOCK = (
    r"(?:[T ]\s*(?P<hour>\d{1,2})(?::?(?P<minute>\d\d))?(?::?(?P<second>\d\d))?"
    r"(?:[.,](?P<fraction>\d{1,9}))?(?:[ -]?(?P<half>[AaPp])\.?[Mm]\.?)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?"
)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?P<sep>[-./]?)(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})" + _CLOCK
)
_YEAR_LAST = re.compile(
    r"(?P<one>\d{1,2})(?P<sep>[-./])(?P<two>\d{1,2})(?P=sep)(?P<year>\d{4})" + _CLOCK
)
_EPOCH = re.compile(r"\d{9,19}(\.\d*)?")
_COMPACT = re.compile(r"((?:19|20)\d\d[01]\d[0-3]\d)([0-2]\d[0-5]\d[0-5]\d)")


@dataclass(frozen=True, slots=True)
class WrittenTimes:
    """Times as a file writes them.

    Attributes
    ----------
    ms
        Epoch ms of the clock as written; UTC where `absolute`.
    absolute
        Whether the file itself fixes the instants, by offsets or as epoch numbers.
    """

    ms: Times
    absolute: bool


def parse_cells(
    cells: Sequence[str], rows: NDArray[Any], dayfirst: bool | None = None
) -> WrittenTimes:
    """Parse the time column of a text file.

    Parameters
    ----------
    cells
        One time each, see `FORMS`.
    rows
        Row numbers for messages, same length.
    dayfirst
        Whether ``01.02.2017`` is in February. Where absent, the dates themselves must tell.

    Raises
    ------
    InvalidCandles
        Times cannot be read, or are written in several ways.
    InvalidRequest
        Day and month cannot be told apart, or `dayfirst` contradicts the dates.
    """
    if all(map(_EPOCH.fullmatch, cells)) and not any(map(_COMPACT.fullmatch, cells)):
        whole = np.array([int(cell.partition(".")[0]) for cell in cells], dtype=np.int64)
        seconds = np.array([float(cell) for cell in cells])
        return parse_epochs(seconds if whole.max(initial=0) < 10**11 else whole, rows)
    cells = [_COMPACT.sub(r"\1 \2", cell) for cell in cells]
    matches = [_YEAR_FIRST.fullmatch(cell) for cell in cells]
    year_last = not any(matches)
    if year_last:
        matches = [_YEAR_LAST.fullmatch(cell) for cell in cells]
    bad = [at for at, match in enumerate(matches) if match is None]
    if bad:
        _refuse(f"Cannot read the time {cells[bad[0]]!r}", bad, rows, cells[bad[0]])
    found = [match.groupdict() for match in matches if match is not None]
    if year_last:
        _order_day_and_month(found, cells, rows, dayfirst)
    return _assemble(found, cells, rows)


def parse_epochs(numbers: NDArray[Any], rows: NDArray[Any]) -> WrittenTimes:
    """Take epoch numbers as seconds, ms, us or ns, whichever puts them after 1973.

    Raises
    ------
    InvalidCandles
        Numbers are missing, too small, or of several units.
    """
    values = numbers.astype(np.float64)
    bad = np.flatnonzero(~(values >= 1e8))
    if len(bad):
        value = str(numbers[bad[0]])
        _refuse(f"{value} is no epoch time (before 1973 write dates)", bad, rows, value)
    units = np.digitize(values, [1e11, 1e14, 1e17])
    other = np.flatnonzero(units != units[:1])
    if len(other):
        value = str(numbers[other[0]])
        _refuse(f"Epoch time {value} has another unit than the first", other, rows, value)
    unit = int(units[0]) if len(units) else 0
    if unit == 0:
        return WrittenTimes(np.round(values * 1000).astype(np.int64), True)
    return WrittenTimes(numbers.astype(np.int64) // 1000 ** (unit - 1), True)


def zone(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name.

    Raises
    ------
    InvalidRequest
        There is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError):
        allowed = "an IANA name such as UTC, America/New_York, Europe/Athens"
        msg = f"Unknown time zone {name!r}: write {allowed}"
        raise InvalidRequest(msg, field="tz", value=name, allowed=allowed) from None


def to_utc(local: Times, tz: str, length_ms: int, rows: NDArray[Any]) -> Times:
    """Convert clock times of a zone, in rising file order, to epoch ms UTC.

    When the clock is put back, an hour is written twice. Which one is meant follows from the
    order: times of that hour up to a step back are the first passage, those after it the
    second. Where there is no step back, they belong to the passage that continues the candles
    before, or that the candles after continue. Times the clock skips do not exist.

    Parameters
    ----------
    local
        Clock times as if they were UTC, ms.
    tz
        IANA name.
    length_ms
        Length of a candle.
    rows
        Row numbers for messages.

    Raises
    ------
    InvalidCandles
        A time does not exist, or the order does not tell which of two is meant.
    """
    import pandas as pd

    zone(tz)
    index = pd.DatetimeIndex(local.astype("datetime64[ms]"))

    def passage(first: bool) -> Times:
        marks = np.full(len(local), first)
        return np.asarray(
            index.tz_localize(tz, ambiguous=marks, nonexistent="NaT").as_unit("ms").asi8
        )

    early, late = passage(True), passage(False)
    lost = np.flatnonzero(index.tz_localize(tz, ambiguous=True, nonexistent="NaT").isna())
    if len(lost):
        when = iso_time(int(local[lost[0]])).rstrip("Z")
        _refuse(f"{when} does not exist in {tz}, the clock skips it", lost, rows, when)
    utc = early.copy()
    twice = np.flatnonzero(early != late)
    for run in np.split(twice, np.flatnonzero(np.diff(twice) > 1) + 1) if len(twice) else ():
        back = np.flatnonzero(np.diff(local[run]) <= 0) + 1
        first, last = run[0], run[-1]
        follows = first > 0 and utc[first - 1] + length_ms == early[first]
        # Of the candle after, which is not in doubt, both passages are the same.
        precedes = last + 1 < len(local) and late[last] + length_ms == early[last + 1]
        if len(back) == 1:
            utc[run[back[0] :]] = late[run[back[0] :]]
        elif len(back) == 0 and precedes and not follows:
            utc[run] = late[run]
        elif len(back) > 1 or follows == precedes:
            when = iso_time(int(local[first])).rstrip("Z")
            text = f"{when} happens twice in {tz} and the order does not tell which is meant"
            _refuse(text, run, rows, when)
    return utc


def _order_day_and_month(
    found: list[dict[str, str]], cells: Sequence[str], rows: NDArray[Any], dayfirst: bool | None
) -> None:
    day_first = [at for at, parts in enumerate(found) if int(parts["one"]) > 12]
    month_first = [at for at, parts in enumerate(found) if int(parts["two"]) > 12]
    if day_first and month_first:
        one, other = day_first[0], month_first[0]
        text = f"{cells[one]!r} has the day first but {cells[other]!r} the month"
        _refuse(text, sorted([one, other]), rows, cells[one])
    if dayfirst is None and not day_first and not month_first:
        msg = (
            f"Dates such as {cells[0]!r} can be read in two ways: "
            "say --dayfirst or --no-dayfirst (dayfirst=True or False)"
        )
        raise InvalidRequest(msg, field="dayfirst", value=None, allowed=[True, False])
    contradicting = month_first if dayfirst else day_first
    if dayfirst is not None and contradicting:
        at = contradicting[0]
        order = "first" if dayfirst else "second"
        msg = f"{cells[at]!r} in row {rows[at]} cannot have the day {order}"
        raise InvalidRequest(msg, field="dayfirst", value=dayfirst, allowed=[not dayfirst])
    names = ("day", "month") if dayfirst or day_first else ("month", "day")
    for parts in found:
        parts[names[0]], parts[names[1]] = parts["one"], parts["two"]


def _assemble(
    found: list[dict[str, str]], cells: Sequence[str], rows: NDArray[Any]
) -> WrittenTimes:
    def numbers(name: str) -> NDArray[np.int64]:
        return np.array([int(parts[name] or 0) for parts in found], dtype=np.int64)

    year, month, day = numbers("year"), numbers("month"), numbers("day")
    hour, minute, second = numbers("hour"), numbers("minute"), numbers("second")
    halves = np.array([(parts["half"] or " ").upper() for parts in found], dtype="U1")
    twelve = halves != " "
    bad = (month < 1) | (month > 12) | (day < 1) | (minute > 59) | (second > 59)
    bad |= np.where(twelve, (hour < 1) | (hour > 12), hour > 23)
    months = (year - 1970).astype("datetime64[Y]") + (np.clip(month, 1, 12) - 1).astype("m8[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    wrong = np.flatnonzero(bad | (days.astype("datetime64[M]") != months))
    if len(wrong):
        text = cells[int(wrong[0])]
        _refuse(f"There is no time {text!r}", wrong, rows, text)
    hour = np.where(twelve, hour % 12 + 12 * (halves == "P"), hour)
    ms = days.astype(np.int64) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + second * 1000
    ms += np.array([int(((parts["fraction"] or "") + "000")[:3]) for parts in found], np.int64)
    zoned = np.array([parts["zone"] is not None for parts in found])
    if zoned.any() and not zoned.all():
        bare = np.flatnonzero(~zoned)
        text = f"Some times have an offset, {cells[int(bare[0])]!r} has none"
        _refuse(text, bare, rows, cells[int(bare[0])])
    if zoned.any():
        ms -= np.array([_offset_ms(parts["zone"]) for parts in found], dtype=np.int64)
    return WrittenTimes(ms, bool(zoned.any()))


@functools.cache
def _offset_ms(text: str) -> int:
    if text in ("Z", "UTC", "GMT"):
        return 0
    offset = datetime.strptime(text if len(text) > 3 else f"{text}00", "%z").utcoffset()
    return 0 if offset is None else round(offset.total_seconds() * 1000)


def _refuse(text: str, positions: Any, rows: NDArray[Any], value: str) -> None:
    numbers = [int(rows[at]) for at in positions]
    shown = ", ".join(str(row) for row in numbers[:5])
    more = f" and {len(numbers) - 5:,} more" if len(numbers) > 5 else ""
    places = f"row{'s' if len(numbers) > 1 else ''} {shown}{more}"
    msg = f"{text}: {places}. Times are written as {FORMS}"
    raise InvalidCandles(msg, field="time", value=value, allowed=FORMS, rows=numbers[:100])
