"""What users give as columns of signals, made into plain arrays: NumPy, lists, pandas."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.data.candles import Candles
from workbench.engine.rules.layout import RUNGS
from workbench.errors import InvalidRequest
from workbench.messages import iso_time

Floats = NDArray[np.float64]


def flags(name: str, values: ArrayLike) -> NDArray[np.bool_]:
    """Return one bool a candle, shape (n,); what is missing (NaN, None, NA) is no.

    Raises
    ------
    InvalidRequest
        It is something else.
    """
    array = _array(values)
    if array.dtype == object and array.ndim == 1:
        array = np.array([_number(value) for value in array.tolist()])
    if array.ndim != 1 or array.dtype.kind not in "biuf":
        text = f"{name} has shape {array.shape} and type {array.dtype}: give one bool per candle"
        if array.ndim == 0 and array.dtype.kind == "b":
            text += "; a series compares by its present value, np.asarray(self.close) by all"
        raise InvalidRequest(text, field=name, value=list(array.shape), allowed="(candles,) bool")
    if array.dtype.kind == "b":
        return array.copy()
    found = np.nan_to_num(array)
    odd = ~np.isin(found, (0, 1))
    if odd.any():
        row = int(odd.argmax())
        text = f"{name} must be 0 or 1 (or bool), is {array[row]} in row {row}"
        raise InvalidRequest(text, field=name, value=float(array[row]), allowed="0 or 1", row=row)
    made: NDArray[np.bool_] = found.astype(bool)
    return made


def numbers(name: str, values: ArrayLike, most: int = 1) -> Floats:
    """Return floats: one a candle, or one for all; with `most` 2 also several a candle.

    Raises
    ------
    InvalidRequest
        It is something else.
    """
    array = _array(values)
    try:
        if array.dtype.kind not in "iufO":
            raise TypeError(f"they are of type {array.dtype}")
        array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        text = f"{name} must be numbers, one per candle: {error}"
        raise InvalidRequest(text, field=name, value=repr(values)[:80], allowed="floats") from None
    if array.ndim > most or (array.ndim == 2 and not 1 <= array.shape[1] <= RUNGS):
        allowed = "(candles,)" if most == 1 else f"(candles,) or (candles, 1 to {RUNGS})"
        text = f"{name} has shape {array.shape}, expected {allowed}, or one number"
        raise InvalidRequest(text, field=name, value=list(array.shape), allowed=allowed)
    return array


def times(values: Any) -> NDArray[np.int64] | None:
    """Return the times a pandas object goes by, epoch ms (without a zone: UTC); None for none."""
    index = getattr(values, "index", None)
    if index is None or not hasattr(index, "as_unit"):
        return None
    found: NDArray[np.int64] = index.as_unit("ms").asi8
    return found


def check_times(name: str, given: NDArray[np.int64], candles: Candles) -> None:
    """Refuse values that go by other times than the candles: they would be taken by place.

    Raises
    ------
    InvalidRequest
        They do.
    """
    if len(given) != len(candles):
        return  # weights, one for each rung
    odd = given != candles.time
    if odd.any():
        row = int(odd.argmax())
        when, due = iso_time(int(given[row])), iso_time(int(candles.time[row]))
        text = (
            f"{name} is indexed by other times than the candles: row {row} is {when}, the candle "
            f"{due}. Bring it to their times (reindex), or give {name}.to_numpy()"
        )
        raise InvalidRequest(text, field=name, value=when, allowed=due, row=row)


def _array(values: Any) -> NDArray[Any]:
    if hasattr(getattr(values, "dtype", None), "na_value"):  # pandas' own types
        return np.asarray(values.to_numpy(dtype=object, na_value=None))
    if isinstance(values, np.ma.MaskedArray):
        masked: Any = values
        flags = masked.dtype.kind == "b"
        kept: NDArray[Any] = masked.filled(False) if flags else masked.astype(float).filled(nan)
        return kept
    return np.asarray(values)


def _number(value: Any) -> Any:
    """Return a flag among objects as a number: True, False and what is missing, else itself."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return np.nan
    return float(value) if isinstance(value, (bool, np.bool_)) else value
