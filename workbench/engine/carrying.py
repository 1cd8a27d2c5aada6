"""What a function brings along beside its arguments: columns of prices that no cut shortens."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from types import CodeType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.analysis.series import Series
from workbench.data.candles import PRICES, Candles
from workbench.engine.strategy import Strategy

SHIFTS = 64
"""By how many candles a column may have been moved and is still recognised."""
_PLACES = 24


def carried_column(function: Any, candles: Candles) -> tuple[str, str] | None:
    """Return a variable of a function that holds a column of all candles, and which; or None.

    Looked at are its defaults, what it closes over, the globals it names, and the attributes of
    the object it is a method of: arrays and frames as long as the candles or longer.
    """
    for name, value in _brought(function):
        for array in _arrays(value, len(candles)):
            column = _recognised(array, candles)
            if column is not None:
                return name, column
    return None


def _brought(function: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(function, partial):
        yield from function.keywords.items()
        yield from ((f"argument {at}", value) for at, value in enumerate(function.args))
        yield from _brought(function.func)
        return
    owner = getattr(function, "__self__", None)
    if owner is not None and not isinstance(owner, type):
        kept = getattr(owner, "__dict__", {}).items()
        yield from ((f"self.{name}", value) for name, value in kept)
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType):
        return
    given = getattr(function, "__defaults__", None) or ()
    names = code.co_varnames[: code.co_argcount]
    yield from zip(names[len(names) - len(given) :], given, strict=True)
    yield from (getattr(function, "__kwdefaults__", None) or {}).items()
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        value = _content(cell)
        yield name, value
        if isinstance(value, Strategy):
            yield from ((f"self.{key}", kept) for key, kept in vars(value).items())
    yield from ((name, function.__globals__.get(name)) for name in _names(code))


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not yet assigned
        return None


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names a function and those within it look up."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def _arrays(value: Any, count: int) -> Iterator[NDArray[np.float64]]:
    """Yield the columns of numbers in a value, where it is as long as the candles."""
    if isinstance(value, (Series, type)) or not hasattr(value, "__array__"):
        return
    if not hasattr(value, "__len__") or getattr(value, "shape", ()) == () or len(value) < count:
        return
    frame = [value[name] for name in value.columns] if hasattr(value, "columns") else [value]
    for column in frame:
        array = np.asarray(column)
        if array.dtype.kind in "iuf" and array.ndim <= 2:
            yield from (
                np.asarray(one, dtype=np.float64) for one in array.reshape(len(array), -1).T
            )


def _recognised(array: NDArray[np.float64], candles: Candles) -> str | None:
    """Return the name of the column an array is, moved by some candles or not; or None."""
    count, longer = len(candles), len(array) - len(candles)
    places = np.linspace(SHIFTS, count - 1 - SHIFTS, _PLACES).astype(np.int64)
    if places[0] >= places[-1]:
        return None
    columns = {name: getattr(candles, name) for name in PRICES}
    for name, column in columns.items():
        wanted = column[places]
        if (wanted == wanted[0]).all():
            continue  # nothing happens in it
        for begin in {0, longer}:
            for shift in range(-SHIFTS, SHIFTS + 1):
                if array[places[0] + begin + shift] == wanted[0] and np.array_equal(
                    array[places + begin + shift], wanted
                ):
                    return name
    return None
