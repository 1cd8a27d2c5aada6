"""A run of which only the figures are wanted: for sweeps, where telling it would cost the most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from workbench.data.candles import Candles
from workbench.data.validate import require_sound
from workbench.engine.market import Market, market
from workbench.engine.metrics import period_ends
from workbench.engine.settings import Settings


class Ground(NamedTuple):
    """What runs over the same candles share; made once, given to each `BacktestEngine`.

    Attributes
    ----------
    columns
        The candles, the shortest timeframe first.
    market
        Columns of the shortest, see `workbench.engine.market`.
    ends
        After how many candles each period of returns ends.
    """

    columns: list[Candles]
    market: Market
    ends: list[int]


def ground(
    candles: Mapping[str, Candles], settings: Settings, inside: Candles | None = None
) -> Ground:
    """Check candles and make of them what a run needs.

    Raises
    ------
    InvalidCandles
        A price is no usable number.
    """
    columns = sorted(candles.values(), key=lambda one: one.timeframe)
    for one in columns:
        require_sound(one)
    return Ground(columns, market(columns[0], settings, inside), period_ends(columns[0]))
