"""What a compiled strategy sees: columns and numbers, by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.analysis.series import Series, whole
from workbench.data.resample import visible_counts
from workbench.engine.parameters import Value
from workbench.engine.strategy import Strategy
from workbench.errors import InvalidRequest

Floats = NDArray[np.float64]
OWN = ("open", "high", "low", "close", "volume")
"""Columns of the market itself; `time` is the sixth."""


class Sight(NamedTuple):
    """What there is to see.

    Attributes
    ----------
    columns
        Beyond those of the candles, shape (n,) each.
    parameters
        Numbers, flags and texts.
    state
        What the strategy keeps between candles, shape (k,); of none, where it keeps nothing.
    """

    columns: dict[str, Floats]
    parameters: Mapping[str, Value]
    state: Floats


def sight_of(strategy: Strategy) -> Sight:
    """Return what a strategy sees, after its `init`.

    Raises
    ------
    InvalidRequest
        ``self.state`` is no array of float64 in one dimension.
    """
    base = strategy._view.candles
    counts = {
        id(view.clock): visible_counts(base, view.candles)
        for view in strategy._views.values()
        if view is not strategy._view
    }
    columns: dict[str, Floats] = {}
    for name, series in _series(strategy).items():
        seen = counts.get(id(series._clock))
        column = np.asarray(whole(series), dtype=np.float64)
        columns[name] = np.ascontiguousarray(column) if seen is None else aligned(column, seen)
    return Sight(columns, strategy.params, _state(strategy))


def aligned(column: Floats, counts: NDArray[np.int64]) -> Floats:
    """Return, for each candle, the value a longer timeframe's column has last closed with.

    Parameters
    ----------
    column
        One value for each candle of the longer timeframe.
    counts
        How many of these have closed at each candle's close, shape (n,).

    Returns
    -------
    numpy.ndarray
        Shape (n,), NaN before the first has closed.
    """
    values: Floats = np.append(column, np.nan)[counts - 1]
    return values


def _series(strategy: Strategy) -> dict[str, Series]:
    """Return the series a strategy can see, by name."""
    found: dict[str, Series] = {}
    for name, view in strategy._views.items():
        if view.asked and view is not strategy._view:
            short = _short(name)
            found |= {f"{short}_{own}": getattr(view, own) for own in (*OWN, "time")}
    for view in strategy._views.values():
        found |= {one.name: one for one in view.declared if one.name.isidentifier()}
    for name, value in vars(strategy).items():
        if name in OWN or name.startswith("_"):
            continue
        if isinstance(value, Series):
            found[name] = value
        elif isinstance(value, tuple):
            parts = enumerate(value)
            found |= {f"{name}_{k}": one for k, one in parts if isinstance(one, Series)}
    return found


def _short(timeframe: str) -> str:
    """Return the name of a timeframe as one can begin with: ``4H`` is ``h4``."""
    match = re.fullmatch(r"(\d+)([A-Z])", timeframe)
    return f"{match[2].lower()}{match[1]}" if match else f"t{timeframe}"


def _state(strategy: Strategy) -> Floats:
    state: Any = getattr(strategy, "state", None)
    if state is None:
        return np.zeros(0)
    fits = isinstance(state, np.ndarray) and state.dtype == np.float64 and state.ndim == 1
    if not (fits and state.flags.c_contiguous and state.flags.writeable):
        text = f"{type(strategy).__name__}.state is {state!r}, expected an array of floats"
        raise InvalidRequest(text, field="state", value=repr(state)[:80], allowed="np.zeros(k)")
    found: Floats = state
    return found
