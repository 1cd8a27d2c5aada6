"""Candles as users give them: tables, candles, several by timeframe; refused where they are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from workbench.data.candles import Candles
from workbench.errors import InvalidCandles, InvalidRequest
from workbench.messages import iso_time
from workbench.timeframes import Timeframe

UNNAMED = "TABLE"
"""The symbol of a table that does not say it."""

ALLOWED = "Candles, or a DataFrame as of wb.history"


def candles_given(given: Any, timeframe: str | None = None) -> Candles:
    """Return candles of one timeframe, whatever they are given as.

    Parameters
    ----------
    given
        Candles; or a table with open, high, low, close, perhaps volume, and times (UTC) in its
        index or a column, of which `wb.history` says symbol and timeframe in ``attrs``.
    timeframe
        Of a table that does not say it; measured when left out.

    Raises
    ------
    InvalidRequest
        It is something else, or its timeframe cannot be told.
    InvalidCandles
        The table lacks a column or times, or candles do not open on the grid of the timeframe.
    """
    candles = given if isinstance(given, Candles) else _of_table(given, timeframe)
    if not len(candles):
        raise InvalidRequest("There are no candles", field="candles", value=[], allowed="one")
    refuse_off_grid(candles)
    return candles


def refuse_off_grid(candles: Candles) -> None:
    """Refuse candles that do not open where candles of their timeframe do.

    Their close would not be known: a stream refuses them too.

    Raises
    ------
    InvalidCandles
        `details` has the first.
    """
    floor: Any = candles.timeframe.floor
    off = np.flatnonzero(floor(candles.time) != candles.time)
    if len(off):
        when = iso_time(int(candles.time[off[0]]))
        text = (
            f"{len(off):,} {candles.timeframe} candles of {candles.symbol} do not open on the grid "
            f"of their timeframe (UTC), the first at {when}: when they close is not known. "
            f"Resample shorter candles, or give the times in UTC"
        )
        allowed = f"multiples of {candles.timeframe}, UTC"
        raise InvalidCandles(text, field="time", value=when, allowed=allowed)


def timeframes_given(names: Any) -> list[str]:
    """Return names of timeframes: one alone will do.

    Raises
    ------
    InvalidRequest
        They are no list.
    UnknownTimeframe
        One is none.
    """
    if isinstance(names, str):
        names = [names]
    if not isinstance(names, Iterable) or isinstance(names, Mapping):
        text = f"timeframes are {names!r}: write a list such as ['15M', '1H']"
        raise InvalidRequest(text, field="timeframes", value=repr(names), allowed="a list")
    found = [Timeframe.parse(name).name for name in names]
    if not found:
        text = "There is no timeframe: name at least one"
        raise InvalidRequest(text, field="timeframes", value=[], allowed="one or more")
    return found


def _of_table(given: Any, timeframe: str | None) -> Candles:
    if isinstance(given, str):
        text = (
            f"{given!r} is a name, not candles: write wb.history({given!r}, '1H', start=…, end=…)"
        )
        raise InvalidRequest(text, field="candles", value=given, allowed=ALLOWED)
    if not (hasattr(given, "columns") and hasattr(given, "attrs")):
        text = f"{type(given).__name__} are no candles: give {ALLOWED}"
        raise InvalidRequest(text, field="candles", value=type(given).__name__, allowed=ALLOWED)
    said = given.attrs.get("timeframe")
    symbol = str(given.attrs.get("symbol", UNNAMED))
    probe = Timeframe.parse(said or timeframe or "1M")
    synthetic = bool(given.attrs.get("synthetic", False))
    source = str(given.attrs.get("source", "pandas DataFrame"))
    candles = Candles.from_frame(given, symbol, probe, source, synthetic)
    if timeframe or said:
        return candles
    return candles.replace(timeframe=_measured(candles))


def _measured(candles: Candles) -> Timeframe:
    """Return the timeframe most candles are apart."""
    apart = np.diff(candles.time)
    if not len(apart):
        text = "The timeframe of one candle cannot be told: write frame.attrs['timeframe'] = '1H'"
        raise InvalidRequest(text, field="timeframe", value=None, allowed="1M, 15M, 1H, …")
    steps, counts = np.unique(apart, return_counts=True)
    step = int(steps[counts.argmax()])
    for unit, letter in ((604_800_000, "W"), (86_400_000, "D"), (3_600_000, "H"), (60_000, "M")):
        if step % unit == 0 and step // unit < 10_000:
            return Timeframe.parse(f"{step // unit}{letter}")
    text = (
        f"Candles that are {step} ms apart have no timeframe: times in whole numbers are epoch "
        f"milliseconds, and candles last whole minutes"
    )
    raise InvalidRequest(text, field="timeframe", value=step, allowed="whole minutes")
