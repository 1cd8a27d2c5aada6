"""Columns that show their past and never their future."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, SupportsFloat, cast, overload

import numpy as np
from numpy.typing import NDArray


class Clock:
    """How many values of its series are visible now; shared by all series of a timeframe."""

    __slots__ = ("count",)

    def __init__(self, count: int = 0) -> None:
        self.count = count


class Series:
    """One value per candle, readable up to the present candle.

    ``series[-1]`` is the present value, ``series[-2]`` the one before, both plain floats;
    ``series[-20:]`` is a read-only NumPy array of the last 20 values (of fewer, when fewer
    candles have been seen); ``len(series)`` is the number of candles so far. As a number
    (``float(series)``, ``series > 1.05``, ``fast > slow``) a series is its present value.

    Parameters
    ----------
    array
        The whole column, shape ``(candles,)``.
    clock
        Says how much of it is visible.
    name
        Shown in rationales.

    Raises
    ------
    IndexError
        For positive indexes, and for candles before the first one.
    """

    __slots__ = ("_above", "_array", "_clock", "_grows", "_values", "name")

    def __init__(self, array: NDArray[Any], clock: Clock, name: str = "") -> None:
        view = array.view()
        view.flags.writeable = False
        self._array = view
        # Indexed, it makes plain floats, and only of what is asked for.
        self._values: Sequence[float] = view.data
        self._clock = clock
        # Crossings above other series of the clock, once asked for: all of them at one go is
        # faster than one a candle. They are looked up at the present count only.
        self._above: dict[Series | float, Sequence[bool]] = {}
        self._grows = False
        self.name = name

    @overload
    def __getitem__(self, index: int) -> float: ...
    @overload
    def __getitem__(self, index: slice) -> NDArray[np.float64]: ...
    def __getitem__(self, index: int | slice) -> float | NDArray[np.float64]:
        # One flat path for the common case: this is called several times a candle.
        try:
            if index < 0:  # type: ignore[operator]
                at = self._clock.count + index  # type: ignore[operator]
                if at >= 0:
                    return self._values[at]
        except TypeError:
            if isinstance(index, slice):
                return self._past(index)
        raise self._bad_index(index)

    def _past(self, part: slice) -> NDArray[np.float64]:
        for bound in (part.start, part.stop):
            if bound is not None and bound >= 0:
                raise self._bad_index(bound)
        seen: NDArray[np.float64] = self._array[: self._clock.count]
        return seen[part]

    def _bad_index(self, index: object) -> Exception:
        label = f"series {self.name!r}" if self.name else "this series"
        if not hasattr(index, "__index__"):
            return TypeError(f"Index of {label} is {index!r}: write an integer, [-1] is now")
        count = self._clock.count
        if int(index.__index__()) >= 0:
            text = f"Index {index} of {label} counts from the start: write [-1] for now"
        elif count == 0:
            text = f"No candle of {label} can be seen yet: read values in next(), not in init()"
        else:
            text = f"Index {index} of {label} is before the first candle: {count} seen so far"
        return IndexError(text)

    def __len__(self) -> int:
        return self._clock.count

    def __bool__(self) -> bool:
        return self._clock.count > 0

    def __iter__(self) -> Iterator[float]:
        return iter(self._values[: self._clock.count])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if self._clock.count == 0:
            raise self._bad_index(-1)
        return np.array(self._array[: self._clock.count], dtype=dtype)

    def __float__(self) -> float:
        return float(self[-1])

    def __lt__(self, other: SupportsFloat) -> bool:
        return self[-1] < float(other)

    def __le__(self, other: SupportsFloat) -> bool:
        return self[-1] <= float(other)

    def __gt__(self, other: SupportsFloat) -> bool:
        return self[-1] > float(other)

    def __ge__(self, other: SupportsFloat) -> bool:
        return self[-1] >= float(other)

    def __repr__(self) -> str:
        label = f"Series {self.name}" if self.name else "Series"
        if self._clock.count == 0:
            return f"<{label}: no candle yet>"
        return f"<{label}: {self[-1]:.6g} now, {self._clock.count} candles>"


def whole(values: Any) -> Any:
    """Return the whole column behind a series; anything else as it is.

    For declaring indicators before a run starts; nothing a strategy may call in `next`.
    """
    return values._array if isinstance(values, Series) else values


def whole_values(series: Series) -> Sequence[float]:
    """Return the whole column behind a series; its items are plain floats."""
    return series._values


def renew(series: Series, array: NDArray[Any]) -> None:
    """Let a series be of a longer column; for an engine whose candles grow.

    Parameters
    ----------
    array
        As of `Series`.
    """
    view = array.view()
    view.flags.writeable = False
    # Where candles come one by one, all crossings of each column would be looked up once.
    series._grows = len(array) - len(series._array) == 1
    series._array, series._values = view, view.data
    series._above.clear()


def crossed_above(first: Series, second: Series | float) -> bool:
    """Tell whether `first` went from at or below `second` to above it on this candle.

    Parameters
    ----------
    first
        Of any timeframe.
    second
        A series, of any timeframe, or a level.

    Returns
    -------
    bool
        False also while either has fewer than two values, or NaN ones.
    """
    flags = first._above.get(second)
    if flags is None:
        if not isinstance(second, Series):
            count = first._clock.count
            values = first._values
            return count > 1 and values[count - 1] > second and values[count - 2] <= second
        if second._clock is not first._clock or first._grows:
            enough = len(first) > 1 and len(second) > 1
            return enough and first[-1] > second[-1] and first[-2] <= second[-2]
        flags = first._above[second] = _crossings(first, second)
    return flags[first._clock.count]


def crossed_below(first: Series, second: Series | float) -> bool:
    """Tell whether `first` went from at or above `second` to below it on this candle.

    The mirror of `crossed_above`, with the same parameters.
    """
    if isinstance(second, Series):
        flags = second._above.get(first)
        return crossed_above(second, first) if flags is None else flags[first._clock.count]
    count = first._clock.count
    values = first._values
    return count > 1 and values[count - 1] < second and values[count - 2] >= second


def _crossings(first: Series, second: Series) -> Sequence[bool]:
    """Return, for each count of visible candles, whether `first` crossed above `second`."""
    a, b = first._array, second._array
    flags = np.zeros(len(a) + 1, dtype=bool)
    flags[2:] = (a[1:] > b[1:]) & (a[:-1] <= b[:-1])
    return cast("Sequence[bool]", flags.data)
