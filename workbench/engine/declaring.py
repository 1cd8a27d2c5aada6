"""Computing an indicator over whole columns, and finding out whether it looks ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.analysis.series import whole
from workbench.data.candles import Candles
from workbench.errors import InvalidRequest, LookAhead
from workbench.messages import iso_time

Column = NDArray[np.float64]
CUTS = 16
LEAST = 30
"""Candles there must be for a look at a part of them to tell anything."""


class Declaration(NamedTuple):
    """An indicator as it was declared, and what it came to: one column or several."""

    label: str
    function: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    columns: Sequence[Column]


def compute(
    label: str, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], candles: Candles
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
        result = _increment(function, whole_args, whole_kwargs, len(candles))
    else:
        result = function(*whole_args, **whole_kwargs)
    many = isinstance(result, tuple)
    parts = result if many else (result,)
    return many, [_column(part, label, candles) for part in parts]


def _increment(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], count: int) -> Any:
    columns = [arg for arg in args if isinstance(arg, np.ndarray)]
    settings = [arg for arg in args if not isinstance(arg, np.ndarray)]
    made = function(*settings, **kwargs) if isinstance(function, type) else function
    rows = zip(*(column.tolist() for column in columns), strict=True)
    values = [made.update(*row) for row in rows] if columns else [made.update()] * count
    width = next((len(value) for value in values if isinstance(value, tuple)), 0)
    if not width:
        return np.array([np.nan if value is None else value for value in values], np.float64)
    empty = (np.nan,) * width
    table = np.array([empty if value is None else value for value in values], np.float64)
    return tuple(np.ascontiguousarray(column) for column in table.T)


def _column(values: Any, label: str, candles: Candles) -> Column:
    column = np.array(values, dtype=np.float64)
    if column.shape != (len(candles),):
        text = (
            f"Indicator {label} returned shape {column.shape}; there are {len(candles)} "
            f"candles of {candles.timeframe}: return one value per candle, NaN where there is none"
        )
        raise InvalidRequest(
            text, field="indicator", value=list(column.shape), allowed=[len(candles)]
        )
    return column


def audit(declared: Sequence[Declaration], candles: Candles) -> None:
    """Compute indicators again on the first candles: up to `CUTS` places, fewer of many candles.

    A value that then differs depends on later candles (or on chance). What is updated candle by
    candle cannot, and is passed over.

    Raises
    ------
    LookAhead
        One does; the message names the candle and both values.
    """
    count = len(candles)
    if count < LEAST:
        return
    cuts = min(CUTS, max(2, 400_000 // count))
    for number in range(1, cuts + 1):
        # Not all at the same place of a longer candle or a week.
        cut = min(count - 1, count * number // (cuts + 1) + number % 3)
        part = candles[:cut]
        for one in declared:
            if not hasattr(one.function, "update"):
                _look(one, part, cut)


def _look(one: Declaration, part: Candles, cut: int) -> None:
    count = len(one.columns[0])

    def short(arg: Any) -> Any:
        arg = whole(arg)
        return arg[:cut] if isinstance(arg, np.ndarray) and arg.shape[:1] == (count,) else arg

    try:
        _, again = compute(
            one.label, one.function, [short(arg) for arg in one.args],
            {key: short(arg) for key, arg in one.kwargs.items()}, part,
        )  # fmt: skip
    except InvalidRequest as error:
        if error.details.get("field") != "indicator" or "returned shape" not in error.message:
            return
        text = (
            f"Indicator {one.label} looks ahead, or keeps values of its own: over the first {cut} "
            f"candles alone it does not give {cut} values. Make it of its arguments "
            "(check_lookahead=False turns this check off)"
        )
        raise LookAhead(
            text, field="indicator", value=one.label, allowed="a function of its arguments"
        ) from error
    except Exception:
        return  # too few candles for it
    for before, after in zip(one.columns, again, strict=False):
        same = np.isclose(before[:cut], after, rtol=1e-7, atol=1e-12, equal_nan=True)
        if not same.all():
            at = int(same.argmin())
            when = iso_time(int(part.time[at]))
            text = (
                f"Indicator {one.label} looks ahead: at {when} it is {before[at]:g} over all "
                f"{count} candles, and {after[at]:g} over the first {cut}; a value may only depend "
                f"on its candle and earlier ones (check_lookahead=False turns this check off)"
            )
            raise LookAhead(text, field="indicator", value=one.label, allowed="earlier candles")
