"""What looking at indicators has found, kept for other runs over the same candles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.analysis.series import Series, whole
from workbench.data.candles import Candles
from workbench.engine.auditing import LEAST, even, look, refuse_carried
from workbench.engine.carrying import LIBRARIES
from workbench.engine.declaring import Declaration
from workbench.engine.using import names_in
from workbench.errors import LookAhead

PARTS = (128, 48)
"""Parts of the candles looked at, of what is other for each run: it costs little of it."""
_COLUMNS = ("open", "high", "low", "close", "volume", "time")
_DEEP = 4

Floats = NDArray[np.float64]


class _Unknown(Exception):
    """What something depends on cannot be told."""


class Looked:
    """Looks at the indicators of many runs over the same candles, at each of them once.

    What is looked at, and so what is found, depends on the indicator alone: not on the time there
    is, on which run declared it first, or in which process.
    """

    def __init__(self) -> None:
        self._found: dict[Any, LookAhead | None] = {}
        self._kept: list[Any] = []

    def audit(self, declared: Sequence[Declaration], candles: Candles) -> None:
        """Compute indicators again on the first candles, those known already excepted.

        Raises
        ------
        LookAhead
            One depends on later candles.
        """
        count = len(candles)
        if count < LEAST:
            return
        origins: dict[tuple[int, int], Any] = {
            _place(getattr(candles, name)): name for name in _COLUMNS
        }
        for one in declared:
            try:
                key = (candles.timeframe.name, _declared(one, origins))
            except _Unknown:
                self._look(one, candles, parts(count, _first(one.columns)))
                continue
            for number, column in enumerate(one.columns):
                origins[_place(column)] = (key, number)
            if key not in self._found:
                self._kept.append(one.function)  # whose parts are known by where they are
                self._found[key] = self._error(one, candles)
            error = self._found[key]
            if error is not None:
                raise error.with_traceback(None)

    def _error(self, one: Declaration, candles: Candles) -> LookAhead | None:
        try:
            self._look(one, candles, even(len(candles)))
        except LookAhead as error:
            return error
        return None

    def _look(self, one: Declaration, candles: Candles, places: Sequence[int]) -> None:
        if hasattr(one.function, "update"):
            return
        refuse_carried(f"Indicator {one.label}", one.function, candles, one)
        for place in places:
            look(one, candles, place)


def parts(count: int, first: int) -> list[int]:
    """Return where to cut `count` candles of which those from `first` on tell something."""
    rest = count - first
    found = (first + max(LEAST, rest // part) + number for number, part in enumerate(PARTS))
    return [cut for cut in dict.fromkeys(found) if LEAST <= cut < count]


def _first(columns: Sequence[Floats]) -> int:
    """Return the first candle at which each column has a value."""
    return max(int(np.argmax(~np.isnan(column))) for column in columns)


def _declared(one: Declaration, origins: Mapping[tuple[int, int], Any]) -> Any:
    """Return what an indicator's values depend on, beside the candles.

    Raises
    ------
    _Unknown
        That cannot be told.
    """
    given = (*one.args, *(part for pair in sorted(one.kwargs.items()) for part in pair))
    return _function(one.function, _DEEP), tuple(_argument(value, origins) for value in given)


def _argument(value: Any, origins: Mapping[tuple[int, int], Any]) -> Any:
    if isinstance(value, (Series, np.ndarray)) and np.ndim(whole(value)):
        origin = origins.get(_place(whole(value)))
        if origin is None:
            raise _Unknown
        return Series, origin
    return _plain(value)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str, np.generic)):
        return type(value), value
    if isinstance(value, tuple):
        return tuple(_plain(one) for one in value)
    raise _Unknown


def _function(function: Any, deep: int) -> Any:
    """Return what a function is, with what it brings along."""
    if isinstance(function, (BuiltinFunctionType, np.ufunc)):
        return id(function)
    if not deep:
        raise _Unknown
    if isinstance(function, partial):
        named = tuple((name, _brought(one, deep)) for name, one in function.keywords.items())
        own = tuple(_brought(one, deep) for one in function.args)
        return partial, _function(function.func, deep - 1), own, named
    if isinstance(function, FunctionType):
        own = tuple(_kept(function, deep))
        return id(function.__code__), id(function.__globals__), own
    if type(function).__name__ == "cython_function_or_method":
        return id(function)
    raise _Unknown


def _kept(function: FunctionType, deep: int) -> Iterator[Any]:
    for one in function.__defaults__ or ():
        yield _brought(one, deep)
    for name, one in (function.__kwdefaults__ or {}).items():
        yield name, _brought(one, deep)
    for cell in function.__closure__ or ():
        try:
            yield _brought(cell.cell_contents, deep)
        except ValueError:  # not yet assigned
            raise _Unknown from None
    around = function.__globals__
    if str(around.get("__name__")).partition(".")[0] in LIBRARIES:
        return
    for name in sorted(names_in(function.__code__).around):
        one = around.get(name)
        if one is not None and not isinstance(one, ModuleType):
            yield name, _brought(one, deep)


def _brought(value: Any, deep: int) -> Any:
    if isinstance(value, type) and value.__module__.partition(".")[0] in LIBRARIES:
        return id(value)
    return _function(value, deep - 1) if callable(value) else _plain(value)


def _place(array: Floats) -> tuple[int, int]:
    """Return where a column is in memory, and how long it is."""
    return int(array.__array_interface__["data"][0]), len(array)
