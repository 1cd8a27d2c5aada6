"""Why a run will come to nothing, as far as can be told before it begins."""

from __future__ import annotations

import numpy as np

from workbench.analysis.series import whole
from workbench.engine.signals import gives_signals
from workbench.engine.strategy import Strategy


def why_idle(strategy: Strategy, name: str, warm_up: int) -> str:
    """Return why a strategy will order nothing; an empty text where it may.

    Parameters
    ----------
    strategy
        After its `init`, and after its signals were made where it gives some.
    name
        As it is told.
    warm_up
        Index of the first candle it is asked about.
    """
    views = strategy._views.values()
    base = strategy._view.candles
    if warm_up >= len(base):
        for view in views:
            lacking = [one.name or "an indicator" for one in view.declared
                       if np.isnan(whole(one)).all()]  # fmt: skip
            if lacking:
                what = f"{', '.join(lacking)} never has a value"
                where = f"the {len(view.candles):,} candles of {view.timeframe}"
                return f"{name} is never asked: {what} on {where}"
        asked = [view.timeframe for view in views if view.asked] or [base.timeframe.name]
        return f"{name} is never asked: too few candles of {' and '.join(asked)} close in time"
    if gives_signals(type(strategy)) and not strategy._fired:
        after = f" from its warm-up on, candle {warm_up}" if warm_up else ""
        return f"{name} gives no signal on any of the {len(base):,} candles{after}"
    return ""
