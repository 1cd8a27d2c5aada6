"""Whether numbers are prices of the candles: as they are, moved by some candles, or rounded."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.data.candles import PRICES, Candles

SHIFTS = 64
"""By how many candles a column may have been moved and is still recognised."""
NEAR = 0.1
"""How far off it may be, in parts of what prices usually move by from candle to candle."""
_PLACES = 24
_FEW = 30
"""Candles there must be for a likeness to be none by chance."""

Floats = NDArray[np.float64]


class Likeness(NamedTuple):
    """Of which column numbers are, and how many candles ahead of it they tell its values."""

    column: str
    ahead: int


def recognised(array: Floats, candles: Candles) -> Likeness | None:
    """Return what an array is, as long as the candles or longer; None for nothing known.

    Of several likenesses, the one that is least ahead.
    """
    count, longer = len(candles), len(array) - len(candles)
    if count < _FEW:
        return None
    most = min(SHIFTS, count // 4)
    places = np.linspace(most, count - 1 - most, _PLACES).astype(np.int64)
    moved = np.arange(-most, most + 1)
    # What is longer may begin with the candles, or end with them.
    around = [array[places[:, None] + begin + moved] for begin in {0, longer}]
    found: list[Likeness] = []
    for name in PRICES:
        column = getattr(candles, name)
        wanted = column[places]
        if (wanted == wanted[0]).all():
            continue  # nothing happens in it
        usual = float(np.median(np.abs(column[places + 1] - wanted)))
        near = np.maximum(NEAR * usual, 1e-6 * np.abs(wanted))
        for values in around:
            same = (np.abs(values - wanted[:, None]) <= near[:, None]).all(axis=0)
            found += [Likeness(name, -int(by)) for by in moved[same]]
    return min(found, key=lambda one: (max(one.ahead, 0), abs(one.ahead)), default=None)
