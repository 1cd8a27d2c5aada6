"""What a strategy keeps in its attributes: indicators to be named, and the author's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.analysis.series import Series
from workbench.engine.inputs import Inputs
from workbench.engine.position import Order, Position
from workbench.engine.readings import OwnReading, PatternReading, StructureReading
from workbench.engine.strategy import Strategy
from workbench.engine.view import View

_BOUND = frozenset({"params", "position", "_inputs", *Strategy.__annotations__})


def name_indicators(strategy: Strategy) -> None:
    """Give every indicator without a name that of the attribute it was assigned to."""
    indicators = [series for view in strategy._views.values() for series in view.declared]
    declared = {id(series) for series in indicators}
    for attribute, value in vars(strategy).items():
        many = isinstance(value, tuple)
        for number, series in enumerate(value if many else (value,)):
            if isinstance(series, Series) and id(series) in declared and not series.name:
                series.name = f"{attribute}_{number}" if many else attribute
    strategy._inputs = Inputs([series for series in indicators if series.name], strategy.close)


def remember(strategy: Strategy) -> dict[str, Any]:
    """Return what the author keeps in attributes: all but what `init` declares anew.

    Of an order, its number is kept.
    """
    kept: dict[str, Any] = {}
    for name, value in vars(strategy).items():
        if name not in _BOUND and not _declared(value):
            kept[name] = _Ordered(value.number) if isinstance(value, Order) else value
    return kept


def recall(strategy: Strategy, memory: Mapping[str, Any]) -> None:
    """Give a strategy of the same kind what `remember` returned, and take all else away."""
    for name, value in list(vars(strategy).items()):
        if name not in _BOUND and not _declared(value):
            delattr(strategy, name)
    for name, value in memory.items():
        again = Order(strategy, value.number) if isinstance(value, _Ordered) else value
        setattr(strategy, name, again)


_MADE = (Series, View, Position, StructureReading, PatternReading, OwnReading)


class _Ordered:
    def __init__(self, number: int) -> None:
        self.number = number


def _declared(value: Any) -> bool:
    parts = value if isinstance(value, tuple) else (value,)
    return any(isinstance(part, _MADE) for part in parts)
