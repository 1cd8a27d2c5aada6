"""Whether candles can be trusted, and what is odd about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.candles import ASKS, TOLERANCE, Candles, Floats, Times, crossed_spread
from workbench.data.sessions import Gaps, find_gaps, zone_shift
from workbench.errors import InvalidCandles
from workbench.messages import iso_time
from workbench.timeframes import HOUR_MS, Timeframe

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or odd.

    Attributes
    ----------
    kind
        Stable name, such as ``broken_ohlc``.
    message
        What was found, with the first few places.
    count
        How often.
    rows
        Row numbers of all places, as the caller counts rows; empty where it has none.
    """

    kind: str
    message: str
    count: int = 1
    rows: tuple[int, ...] = ()

    def __str__(self) -> str:
        return self.message


@dataclass(slots=True)
class Report:
    """What `validate` found.

    Attributes
    ----------
    candles
        Number of candles looked at.
    errors
        What makes the candles unusable.
    warnings
        What is odd but may be as it should.
    notes
        What is worth knowing.
    """

    candles: int
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether there are no errors."""
        return not self.errors

    def __str__(self) -> str:
        lines = [
            f"{self.candles:,} candles, {_many(len(self.errors), 'error')}, "
            f"{_many(len(self.warnings), 'warning')}"
        ]
        lines += [f"  error: {finding}" for finding in self.errors]
        lines += [f"  warning: {finding}" for finding in self.warnings]
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines)


def validate_candles(candles: Candles) -> Report:
    """Validate candles; rows are positions from 0. See `validate`."""
    c = candles
    columns = (c.open, c.high, c.low, c.close, c.volume)
    return validate(c.time, *columns, c.timeframe, ask=_ask(c))


def require_sound(candles: Candles) -> None:
    """Refuse candles that no run can be made on; rows are positions from 0.

    These are the errors of `validate` that a `Candles` can have: prices that are not positive
    numbers, volumes that are not numbers or negative, high or low inside open and close. And a
    candle may not open before the one above closes, since that would be known too early; a clock
    that is changed may take an hour from candles longer than that. What else `validate` only warns
    of is no matter here: no range, no volume, gaps, times off the grid (days that open at 22:00).

    Raises
    ------
    InvalidCandles
        Names the first rows and their times; `details` has `rows` and `problems`.
    """
    c = candles
    report = Report(len(c))
    places = _Places(c.time, np.arange(len(c)))
    _check_values(report, places, (c.open, c.high, c.low, c.close), c.volume, _ask(c))
    least = c.timeframe.ms - (HOUR_MS if c.timeframe.ms > HOUR_MS else 0)
    early = np.diff(c.time, prepend=c.time[:1] - c.timeframe.ms) < least
    what = f"opens before the one above closes: are these candles of {c.timeframe}?"
    _add(report.errors, places, "overlap", early, what)
    refuse(report, f"The candles of {c.symbol} {c.timeframe} cannot be traded", "candles", c.symbol)


def refuse(report: Report, what: str, field: str, value: str) -> None:
    """Raise what is wrong, after the words `what`, if anything is.

    Raises
    ------
    InvalidCandles
        The report has errors; `details` has `rows` (the first 100) and `problems` (counts).
    """
    if report.ok:
        return
    raise InvalidCandles(
        f"{what}: {'; '.join(finding.message for finding in report.errors)}",
        field=field,
        value=value,
        allowed="one row for each time; prices above 0; low <= open, close <= high; bid <= ask",
        rows=sorted({row for finding in report.errors for row in finding.rows})[:100],
        problems={finding.kind: finding.count for finding in report.errors},
    )


def validate(
    time: Times,
    open: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    volume: Floats,
    timeframe: Timeframe,
    *,
    ask: Sequence[Floats] | None = None,
    rows: Sequence[int] | NDArray[Any] | None = None,
) -> Report:
    """Look for everything that would spoil a backtest.

    Errors: no candles, unsorted or duplicate times, prices that are not positive numbers,
    volumes that are not numbers or negative, high or low inside open and close, an ask below
    its bid at the open or close, candles of another timeframe than `timeframe`. Warnings: gaps
    other than weekends and daily breaks, overlapping candles, times off the timeframe's grid,
    times that look like another zone's, candles without volume or range.

    Parameters
    ----------
    time
        Open times, epoch ms UTC, shape (n,).
    open, high, low, close, volume
        Shape (n,).
    timeframe
        What the candles are declared to be.
    ask
        Its open, high, low and close, shape (n,) each; the prices above are then the bid's.
    rows
        Row numbers for messages, shape (n,); positions from 0 where absent.
    """
    report = Report(len(time))
    if not len(time):
        report.errors.append(Finding("empty", "there are no candles", 0))
        return report
    places = _Places(time, np.arange(len(time)) if rows is None else np.asarray(rows))
    _check_values(report, places, (open, high, low, close), volume, ask)
    steps = np.diff(time, prepend=time[0] - timeframe.ms)
    _add(report.errors, places, "unsorted", steps < 0, "time before the row above")
    _add(report.errors, places, "duplicate", _repeated(time), "time that occurs already")
    if (steps > 0).all():
        _check_times(report, places, timeframe)
    no_volume = np.asarray(volume == 0)
    if no_volume.all():
        report.notes.append("there is no volume")
    else:
        _add(report.warnings, places, "zero_volume", no_volume, "volume is 0")
    _add(report.warnings, places, "zero_range", np.asarray(high == low), "high equals low")
    return report


class _Places:
    """Names rows in messages."""

    def __init__(self, time: Times, rows: NDArray[Any]) -> None:
        self.time = time
        self.rows = rows

    def __call__(self, positions: NDArray[Any]) -> str:
        shown = ", ".join(
            f"row {self.rows[at]} ({iso_time(int(self.time[at]))})" for at in positions[:SHOWN]
        )
        return shown + (f" and {len(positions) - SHOWN:,} more" if len(positions) > SHOWN else "")

    def numbers(self, positions: NDArray[Any]) -> tuple[int, ...]:
        return tuple(int(row) for row in self.rows[positions])


def _add(
    findings: list[Finding], places: _Places, kind: str, where: NDArray[np.bool_], what: str
) -> None:
    positions = np.flatnonzero(where)
    if len(positions):
        message = f"{_many(len(positions), 'candle')}: {what}: {places(positions)}"
        findings.append(Finding(kind, message, len(positions), places.numbers(positions)))


def _check_values(
    report: Report,
    places: _Places,
    prices: Sequence[Floats],
    volume: Floats,
    ask: Sequence[Floats] | None,
) -> None:
    for side, columns in (("", prices), ("ask ", ask)):
        if columns is None:
            continue
        open, high, low, close = columns
        with np.errstate(invalid="ignore"):
            good = np.ones(len(volume), dtype=np.bool_)
            for column in columns:
                good &= np.isfinite(column) & (column > 0)
            # Adjusted prices are often off by a rounding.
            broken = high < np.maximum(open, close) * (1 - TOLERANCE)
            broken |= low > np.minimum(open, close) * (1 + TOLERANCE)
            broken |= high < low * (1 - TOLERANCE)
        _add(report.errors, places, "bad_price", ~good, f"{side}price missing or not above 0")
        _add(
            report.errors, places, "broken_ohlc", broken & good,
            f"{side}high below, or {side}low above, the open or close",
        )  # fmt: skip
    bad_volume = ~(np.isfinite(volume) & (volume >= 0))
    _add(report.errors, places, "bad_volume", bad_volume, "volume missing or below 0")
    if ask is not None:
        crossed = crossed_spread(prices, ask)
        _add(report.errors, places, "crossed_spread", crossed, "ask below bid at open or close")


def _ask(candles: Candles) -> Sequence[Floats] | None:
    return [getattr(candles, name) for name in ASKS] if candles.has_ask else None


def _repeated(time: Times) -> NDArray[np.bool_]:
    _, first = np.unique(time, return_index=True)
    repeated = np.ones(len(time), dtype=np.bool_)
    repeated[first] = False
    return repeated


def _check_times(report: Report, places: _Places, timeframe: Timeframe) -> None:
    time = places.time
    if len(time) > 2:
        steps = np.diff(time)
        median = int(np.median(steps))
        if median < timeframe.ms or (steps > timeframe.ms).all():
            message = (
                f"declared {timeframe}, but the median step is {timedelta(milliseconds=median)}: "
                "give the timeframe the candles have"
            )
            report.errors.append(Finding("wrong_interval", message))
            return
    overlapping = np.diff(time, prepend=time[0] - timeframe.ms) < timeframe.ms
    _add(report.warnings, places, "overlap", overlapping, "opens before the one above closes")
    off = (time - timeframe.offset_ms) % timeframe.ms
    _add(
        report.warnings, places, "off_grid", off != 0,
        f"opens off the {timeframe} grid of UTC (a wrong time zone?)",
    )  # fmt: skip
    gaps = find_gaps(time, timeframe)
    _report_gaps(report, places, gaps, timeframe)
    shift = zone_shift(time, timeframe, gaps)
    if shift is not None:
        report.warnings.append(Finding("time_zone", _zone_message(*shift)))


def _report_gaps(report: Report, places: _Places, gaps: Gaps, timeframe: Timeframe) -> None:
    for name, ends in (("weekend", gaps.weekends), ("daily break", gaps.breaks)):
        if len(ends):
            report.notes.append(f"{_many(len(ends), name)} without candles, as usual")
    if len(gaps.others):
        lengths = gaps.lengths[gaps.others]
        missing = int(lengths.sum()) // timeframe.ms
        at = gaps.others[int(np.argmax(lengths))]
        largest = f"{timedelta(milliseconds=int(lengths.max()))} before {places(np.array([at]))}"
        message = (
            f"{_many(len(lengths), 'gap')}, {_many(missing, 'candle')} missing, the largest is "
            f"{largest}; gaps end at {places(gaps.others)}"
        )
        rows = places.numbers(gaps.others)
        report.warnings.append(Finding("gaps", message, len(lengths), rows))


def _zone_message(low: int, high: int) -> str:
    hours = f"{low:+d} hours" if low == high else f"{low:+d} to {high:+d} hours"
    known = {
        (-6, -5): "America/Chicago",
        (-5, -4): "America/New_York",
        (0, 1): "Europe/London",
        (1, 2): "Europe/Berlin",
        (2, 3): "Europe/Athens",
    }
    hint = known.get((low, high), f"Etc/GMT{-high:+d}")
    return (
        f"the weeks open and close {hours} off the foreign exchange's, so these times do not look "
        f"like UTC; if they were imported as UTC, their zone is perhaps {hint}, else the zone "
        "they were imported with is wrong"
    )


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
