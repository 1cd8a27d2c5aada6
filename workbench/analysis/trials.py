"""Running a detector, or a function over columns, and comparing what it finds."""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from workbench.analysis.bars import Bar, bars_of
from workbench.analysis.detecting import (
    ConfluenceFinding,
    Finding,
    PatternFinding,
    StructureFinding,
)
from workbench.analysis.guarding import Guarded
from workbench.analysis.own import made_for, named
from workbench.data.candles import Candles
from workbench.errors import DetectorError, InvalidRequest, WorkbenchError
from workbench.messages import iso_time
from workbench.timeframes import Timeframe

Make = Callable[[Candles], Any]

_FINDINGS = (PatternFinding, StructureFinding, ConfluenceFinding)


class Row(NamedTuple):
    """One thing that was found.

    Attributes
    ----------
    known, time
        When it was known, and the candle it lies on; epoch ms, UTC.
    parts
        What it says, to be compared.
    value
        What was returned.
    said
        Whether it says anything: a row of a table may be empty.
    """

    known: int
    time: int
    parts: Any
    value: Any
    said: bool

    def moved(self, by: int) -> Row:
        """Return it at another time, without its id, which is made of the time."""
        times = {"bar_time": self.time + by, "confirmed_at": self.known + by, "id": ""}
        return self._replace(known=self.known + by, time=self.time + by, parts=self.parts | times)

    def __str__(self) -> str:
        one = self.value
        if not isinstance(one, _FINDINGS):
            return f"{one} known at {iso_time(self.known)}"
        label = getattr(one, "pattern", None) or getattr(one, "id", None) or "confluence"
        return f"{label} of {iso_time(self.time)} known at {iso_time(self.known)} ({one.direction})"


def maker_of(make: Any) -> Make:
    """Return what makes the detector for candles.

    Raises
    ------
    InvalidRequest
        It is nothing that could.
    """
    found = named(make) if isinstance(make, str) else make
    inner = found
    while isinstance(inner, functools.partial):
        inner = inner.func
    if isinstance(inner, type) or (hasattr(found, "update") and not isinstance(found, Mapping)):
        return lambda candles: made_for(candles.timeframe.name, [found])[0].detector
    if not callable(found):
        text = f"{make!r} is no detector: give a function of candles, a class, or a detector"
        raise InvalidRequest(text, field="make", value=repr(make), allowed="a function or a class")
    return found  # type: ignore[no-any-return]


class Trial:
    """Runs what is to be checked.

    Attributes
    ----------
    steps
        Whether it goes candle by candle; known once it has run.
    """

    def __init__(self, make: Make, timeframe: Timeframe) -> None:
        self._make, self._timeframe = make, timeframe
        self.steps = False

    def run(self, candles: Candles, shown: Mapping[int, Sequence[Bar]] | None = None) -> list[Row]:
        """Return what is found in candles, in the order it became known.

        Parameters
        ----------
        shown
            What is shown of each candle while it grows, by its time.

        Raises
        ------
        AssertionError
            It fails, changes what it has found, or finds what is no finding.
        """
        try:
            made = self._make(candles)
        except WorkbenchError as error:
            raise AssertionError(error.message) from error
        self.steps = hasattr(made, "update") and not hasattr(made, "iloc")
        if not self.steps:
            return sorted(_rows(made, candles), key=lambda row: row.known)
        return self._stepped(Guarded(made, self._timeframe.name), candles, shown or {})

    def _stepped(
        self, detector: Guarded, candles: Candles, shown: Mapping[int, Sequence[Bar]]
    ) -> list[Row]:
        rows: list[Row] = []
        try:
            for bar in bars_of(candles):
                for grown in shown.get(bar.time, ()):
                    detector.peek(grown)
                rows.extend(
                    _row(one) for one in detector.update(bar)
                    if not getattr(one, "provisional", False)
                )  # fmt: skip
        except DetectorError as error:
            raise AssertionError(error.message) from error
        for row in rows:
            if msgspec.to_builtins(row.value) != row.parts:
                raise AssertionError(
                    f"It changes what it has found: {row.parts} became {row.value}"
                )
        return rows


def growing(bar: Bar, draw: random.Random) -> list[Bar]:
    """Return states the candle may have gone through: any number, any prices within it."""
    found = []
    high = low = bar.open
    for step in range(draw.randint(0, 4)):
        high = min(bar.high, max(high, draw.uniform(high, bar.high)))
        low = max(bar.low, min(low, draw.uniform(bar.low, low)))
        close = min(high, max(low, draw.uniform(low, high)))
        found.append(Bar(bar.time, bar.open, high, low, close, bar.volume * step / 4))
    return found


def same(one: Sequence[Row], other: Sequence[Row]) -> bool:
    """Tell whether the same was found; numbers may differ by rounding."""
    return len(one) == len(other) and all(map(_equal, one, other))


def difference(one: Sequence[Row], other: Sequence[Row]) -> str:
    """Say where two begin to differ."""
    for number in range(max(len(one), len(other))):
        left = one[number] if number < len(one) else None
        right = other[number] if number < len(other) else None
        if left is None or right is None or not _equal(left, right):
            words = [str(row) if row is not None else "nothing" for row in (left, right)]
            if left is not None and right is not None and words[0] == words[1]:
                words = [str(left.parts), str(right.parts)]
            return f"First difference: {words[0]} against {words[1]}"
    return "No difference"


def _equal(one: Row, other: Row) -> bool:
    return one.known == other.known and _close(one.parts, other.parts)


def _close(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        both = math.isnan(one) and math.isnan(other)
        return both or math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_close(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_close, one, other))
    return bool(one == other)


def _row(one: Finding) -> Row:
    return Row(one.confirmed_at, one.bar_time, msgspec.to_builtins(one), one, said=True)


def _rows(made: Any, candles: Candles) -> list[Row]:
    """Return what a function over columns has returned, as rows."""
    if hasattr(made, "iloc") or isinstance(made, np.ndarray):
        return _table_rows(made, candles)
    if isinstance(made, Iterable) and not isinstance(made, (str, Mapping)):
        found = list(made)
        wrong = next((one for one in found if not isinstance(one, _FINDINGS)), None)
        if wrong is None:
            return [_row(one) for one in found]
        made = wrong
    raise AssertionError(
        f"The function returned {made!r}: it must return a detector, findings, or a table with a "
        f"row for each candle or a column confirmed_at"
    )


def _table_rows(made: Any, candles: Candles) -> list[Row]:
    import pandas as pd

    frame = made if isinstance(made, pd.DataFrame) else pd.DataFrame(made)
    if "confirmed_at" in frame.columns:
        column = frame["confirmed_at"]
        known = _ms(column)
        times = _ms(frame["bar_time"]) if "bar_time" in frame.columns else known
    elif len(frame) == len(candles):
        times = candles.time.tolist()
        known = [time + candles.timeframe.ms for time in times]
    else:
        raise AssertionError(
            f"The function returned a table of {len(frame)} rows for {len(candles)} candles: when "
            f"its rows were known is not said. Return one for each candle, or add confirmed_at"
        )
    found = []
    for when, time, values in zip(
        known, times, frame.itertuples(index=False, name=None), strict=True
    ):
        parts = tuple(_plain(value) for value in values)
        said = any(part is not None and part == part and part for part in parts)
        found.append(Row(when, time, parts, parts, said))
    return found


def _plain(value: Any) -> Any:
    import pandas as pd

    if isinstance(value, np.generic):
        value = value.item()
    return None if value is pd.NaT or value is pd.NA else value


def _ms(column: Any) -> list[int]:
    import pandas as pd

    if pd.api.types.is_integer_dtype(column.dtype):
        return [int(value) for value in column]
    times = pd.DatetimeIndex(pd.to_datetime(column, utc=True)).as_unit("ms")
    return [int(value) for value in times.asi8]
