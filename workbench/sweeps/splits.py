"""Which candles a combination is run on: all, or those of a walk-forward split. Pure."""

from __future__ import annotations

from typing import NamedTuple

from workbench.errors import InsufficientData
from workbench.sweeps.spec import WalkForward

LEAST = 10
"""Candles a part must have for its figures to mean anything at all."""


class Part(NamedTuple):
    """Candles of the shortest timeframe, by position.

    Attributes
    ----------
    first
        Indicators are computed from it on.
    since
        The first candle that can be traded at.
    end
        Behind the last one.
    """

    first: int
    since: int
    end: int


class Split(NamedTuple):
    """A walk-forward split.

    Attributes
    ----------
    inside
        What the choice sees.
    outside
        What is traded then: the candles that follow, after an in-sample part as warm-up.
    """

    inside: Part
    outside: Part


def splits_of(candles: int, plan: WalkForward) -> list[Split]:
    """Return the splits of so many candles; `WalkForward` says how they lie.

    Raises
    ------
    InsufficientData
        A part would have fewer than 10 candles.
    """
    count, train = plan.splits, plan.train
    outside = int(candles * (1 - train) / (train + count * (1 - train)))
    inside = candles - count * outside
    if outside < LEAST or inside < LEAST:
        msg = (
            f"{candles:,} candles in {count} splits with train={train:g} leave parts of "
            f"{inside:,} (in sample) and {outside:,} (out of sample) candles, expected {LEAST} or "
            "more in each: take fewer splits or more candles"
        )
        raise InsufficientData(msg, field="walk_forward", value=candles, allowed=LEAST)
    found = []
    for number in range(count):
        cut = inside + number * outside
        first = 0 if plan.anchored else cut - inside
        found.append(Split(Part(first, first, cut), Part(first, cut, cut + outside)))
    return found
