"""What a sweep can go by: the names of all metrics and statistics."""

from __future__ import annotations

from functools import cache

import numpy as np

from workbench.data import Candles
from workbench.engine.metrics import Performance
from workbench.messages import FinalMetrics
from workbench.timeframes import DAY_MS, Timeframe

DAYS = 60


@cache
def names() -> tuple[str, ...]:
    """Return all names: those of `complete`'s metrics, then those of the statistics.

    The latter are taken from a made-up run in which each of them is defined.
    """
    prices = (100.0 + np.arange(DAYS) % 7).astype(np.float64)
    time = DAY_MS * np.arange(DAYS)
    candles = Candles(
        "", Timeframe.parse("1D"), time, prices, prices, prices, prices, prices, "made up", True
    )
    run = Performance.over(candles, 100.0)
    for place, price in enumerate(prices):
        run.extend([float(price)])
        run.end_period()
        run.hold(place, 1)
        gain = float(place % 3 - 1)
        run.add_trade(gain, gain, bars=1, mfe=1.0, mae=-1.0)
    return (*FinalMetrics.__struct_fields__, *sorted(run.statistics()))
