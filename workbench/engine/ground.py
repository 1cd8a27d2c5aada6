"""What runs over the same candles share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from workbench.data.candles import Candles
from workbench.data.validate import require_sound
from workbench.engine.looked import Looked
from workbench.engine.market import Market, market
from workbench.engine.metrics import period_ends
from workbench.engine.settings import Settings
from workbench.errors import InvalidRequest


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
    looked
        What looking at indicators has found; None where each run looks for itself, and longer.
    """

    columns: list[Candles]
    market: Market
    ends: list[int]
    looked: Looked | None = None


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
    if not len(columns[0]):
        text = "There are no candles: a run needs at least one candle"
        raise InvalidRequest(text, field="candles", value=0, allowed="at least one candle")
    base, *longer = columns
    made = market(base, settings, inside)  # which looks at those it is made of
    for one in longer:
        require_sound(one)
    return Ground(columns, made, period_ends(base))
