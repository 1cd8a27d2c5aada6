"""Computing an indicator over whole columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.analysis.series import whole
from workbench.errors import InvalidRequest
from workbench.timeframes import Timeframe

Column = NDArray[np.float64]


class Extent(NamedTuple):
    """How many candles there are, and of which timeframe."""

    length: int
    timeframe: Timeframe


class Declaration(NamedTuple):
    """An indicator as it was declared, and what it came to: one column or several."""

    label: str
    function: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    columns: Sequence[Column]


def compute(
    label: str, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], extent: Extent
) -> tuple[bool, list[Column]]:
    """Return whether there are several columns, and the columns.

    Parameters
    ----------
    function
        Takes arrays and returns one value per candle, or a tuple of such arrays; or something
        incremental: with an ``update`` method (or a class of such) that takes one value of each
        argument per candle and returns a number or a tuple of numbers, None while it has none.

    Raises
    ------
    InvalidRequest
        There is not one value per candle.
    """
    whole_args = [whole(arg) for arg in args]
    whole_kwargs = {key: whole(arg) for key, arg in kwargs.items()}
    if hasattr(function, "update"):
        result = _increment(function, whole_args, whole_kwargs, extent.length)
    else:
        result = function(*whole_args, **whole_kwargs)
    many = isinstance(result, tuple)
    parts = result if many else (result,)
    return many, [_column(part, label, extent) for part in parts]


def started(function: type, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Return an incremental indicator of a class, made of what is no column."""
    given = [whole(arg) for arg in args]
    settings = [arg for arg in given if not isinstance(arg, np.ndarray)]
    return function(*settings, **{key: whole(arg) for key, arg in kwargs.items()})


def _increment(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], count: int) -> Any:
    columns = [arg for arg in args if isinstance(arg, np.ndarray)]
    made = started(function, args, kwargs) if isinstance(function, type) else function
    rows = zip(*(column.tolist() for column in columns), strict=True)
    values = [made.update(*row) for row in rows] if columns else [made.update()] * count
    width = next((len(value) for value in values if isinstance(value, tuple)), 0)
    if not width:
        return np.array([np.nan if value is None else value for value in values], np.float64)
    empty = (np.nan,) * width
    table = np.array([empty if value is None else value for value in values], np.float64)
    return tuple(np.ascontiguousarray(column) for column in table.T)


def _column(values: Any, label: str, extent: Extent) -> Column:
    column = np.array(values, dtype=np.float64)
    if column.shape != (extent.length,):
        text = (
            f"Indicator {label} returned shape {column.shape}; there are {extent.length} "
            f"candles of {extent.timeframe}: return one value per candle, NaN where there is none"
        )
        raise InvalidRequest(
            text, field="indicator", value=list(column.shape), allowed=[extent.length]
        )
    return column
