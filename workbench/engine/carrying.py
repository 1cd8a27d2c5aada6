"""What a function brings along beside its arguments: columns of prices that no cut shortens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from workbench.analysis.series import Series
from workbench.data.candles import PRICES, Candles
from workbench.engine.recognising import Floats, Likeness, recognised
from workbench.engine.strategy import Strategy
from workbench.engine.using import names_in, uses

LIBRARIES = ("builtins", "numba", "numpy", "pandas", "talib", "workbench")
"""Whose functions and objects bring nothing of the author's along."""
_ITEMS = 1000
"""Things in a list or a dict that are looked at."""
_OF_TIME = frozenset({
    "index", "columns", "shape", "size", "ndim", "empty", "dtype", "dtypes", "name", "attrs",
    "__len__", "time", "symbol", "timeframe", "source", "synthetic",
})  # fmt: skip
"""What may be asked of prices: it tells none of them."""
_BOUND = frozenset({*Strategy.__annotations__, "params", "position"})


class Brought(NamedTuple):
    """A variable of a function: its name, its value, and the code that uses it, if known."""

    name: str
    value: Any
    code: CodeType | None


def carried_column(function: Any, candles: Candles) -> tuple[str, str] | None:
    """Return a variable of a function that holds a column of all candles, and which; or None.

    Looked at are its defaults, what it closes over, the globals it names, the attributes of the
    object it is a method of and of that object's class; the same of the functions and methods it
    names; and the columns, items and attributes of all these that its code does not pass over.
    """
    for one in brought(function):
        found = held(one, candles)
        if found is not None:
            return one.name, found
    return None


def moved_ahead(value: Any, candles: Candles) -> Likeness | None:
    """Return of which prices numbers tell what only comes later; None for none."""
    for array in _arrays(value, None, len(candles), 0):
        likeness = recognised(array, candles)
        if likeness is not None and likeness.ahead > 0:
            return likeness
    return None


def held(one: Brought, candles: Candles) -> str | None:
    """Return the name of the column of all candles a variable holds; or None."""
    if not _interesting(one.value, len(candles)):
        return None
    used = None if one.code is None else uses(one.name, one.code)
    for array in _arrays(one.value, used, len(candles), 3):
        likeness = recognised(array, candles)
        if likeness is not None:
            return likeness.column
    return None


def brought(function: Any, deep: int = 1) -> Iterator[Brought]:
    """Yield what a function brings along; `deep`: and those it names, so many levels down."""
    if isinstance(function, partial):
        yield from (Brought(name, value, None) for name, value in function.keywords.items())
        yield from (Brought(f"argument {k}", one, None) for k, one in enumerate(function.args))
        yield from brought(function.func, deep)
        return
    owner = getattr(function, "__self__", None)
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType):
        return
    owned = {} if owner is None or isinstance(owner, ModuleType) else _attributes(owner)
    yield from (Brought(f"self.{name}", value, code) for name, value in owned.items())
    named = dict(_variables(function, code))
    yield from (Brought(name, value, code) for name, value in named.items())
    if deep:
        methods = (owned[name] for name in sorted(names_in(code).attributes) if name in owned)
        own = (MethodType(one, owner) for one in map(_bare, methods) if one is not None)
        others = (one for one in named.values() if _bare(one) and not _library(one))
        for other in (*others, *own):
            yield from brought(other, deep - 1)


def _variables(function: Any, code: CodeType) -> Iterator[tuple[str, Any]]:
    given = getattr(function, "__defaults__", None) or ()
    names = code.co_varnames[: code.co_argcount]
    yield from zip(names[len(names) - len(given) :], given, strict=True)
    yield from (getattr(function, "__kwdefaults__", None) or {}).items()
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        yield name, _content(cell)
    around = function.__globals__
    yield from ((name, around[name]) for name in sorted(names_in(code).around) if name in around)


def _bare(value: Any) -> FunctionType | None:
    """Return the function something is, bound or not; None where it is none."""
    value = getattr(value, "__func__", value)
    return value if isinstance(value, FunctionType) else None


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not yet assigned
        return None


def _attributes(owner: Any) -> Mapping[str, Any]:
    """Return what an object keeps, and its class, but for what every strategy has."""
    kind = owner if isinstance(owner, type) else type(owner)
    found: dict[str, Any] = {}
    for one in (*reversed(kind.__mro__), owner):
        if one is owner or not _library(one):
            found |= getattr(one, "__dict__", {})
    return {name: value for name, value in found.items() if name not in _BOUND}


def _library(one: Any) -> bool:
    module = getattr(one, "__name__" if isinstance(one, ModuleType) else "__module__", None)
    return str(module).partition(".")[0] in LIBRARIES


def _interesting(value: Any, count: int) -> bool:
    """Tell whether a value may hold numbers of all candles."""
    if value is None or isinstance(value, (bool, int, float, str, bytes, Series, FunctionType)):
        return False
    if isinstance(value, (Candles, Strategy, list, tuple, dict)):
        return True
    if hasattr(value, "__array__") and not isinstance(value, type):
        return getattr(value, "shape", ()) != () and len(value) >= count
    return hasattr(value, "__dict__") and not _library(
        value if isinstance(value, (type, ModuleType)) else type(value)
    )


def _arrays(value: Any, used: frozenset[str] | None, count: int, deep: int) -> Iterator[Floats]:
    """Yield the columns of numbers in a value, as long as the candles, that are `used`."""
    if not _interesting(value, count) or (used is not None and used <= _OF_TIME):
        return
    if isinstance(value, Candles):
        value = {name: getattr(value, name) for name in PRICES}
    elif hasattr(value, "columns") and hasattr(value, "__array__"):
        value = {str(name): value[name] for name in value.columns}
    elif hasattr(value, "__array__") and not isinstance(value, type):
        yield from _columns(np.asarray(value), count)
        return
    elif isinstance(value, (list, tuple)):
        if len(value) >= count and isinstance(value[0], (int, float, np.number)):
            yield from _columns(_array(value), count)
            return
        value, used = dict(enumerate(value)), None
    elif isinstance(value, dict):
        some = next(iter(value.values()), None)
        if len(value) >= count and isinstance(some, (int, float, np.number)):
            yield from _columns(_array(list(value.values())), count)
            return
    else:
        value = vars(value) if isinstance(value, ModuleType) else _attributes(value)
    if used is not None and not used - _OF_TIME <= value.keys():
        used = None  # by a method, that is
    parts = islice(value.items(), _ITEMS) if used is None else ((k, value.get(k)) for k in used)
    for _, part in parts:
        if deep and not isinstance(part, ModuleType):
            yield from _arrays(part, None, count, deep - 1)


def _array(values: Any) -> Any:
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        return np.zeros(0)


def _columns(array: Any, count: int) -> Iterator[Floats]:
    if array.dtype.kind in "iuf" and 1 <= array.ndim <= 2 and len(array) >= count:
        yield from (np.asarray(one, dtype=np.float64) for one in array.reshape(len(array), -1).T)
