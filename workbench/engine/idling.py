"""What a run will not do: order anything, as far as is known before; tell what was not checked."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from workbench.analysis.series import whole
from workbench.engine.metrics import Performance
from workbench.engine.settings import Settings
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


MANY = 100
"""Trades of which not one lost, that make arrays of signals doubtful."""
UNCHECKED = "The signals came as arrays, so whether they look ahead was not checked"


def unchecked(
    strategies: Sequence[Strategy], settings: Settings, performance: Performance
) -> str:  # fmt: skip
    """Return what of a run could not be checked, and warn where that is likely to matter."""
    given = any(hasattr(strategy, "_signals_given") for strategy in strategies)
    if not (given and settings.check_lookahead):
        return ""
    trades = performance.total_trades
    if trades >= MANY and performance.winning_trades == trades:
        text = (
            f"Each of the {trades} trades won. {UNCHECKED}: make sure that the signal of a candle "
            "is made of that candle and earlier ones alone, or give a Strategy with signals(), "
            "which is checked"
        )
        warnings.warn(text, RuntimeWarning, stacklevel=3)
    return UNCHECKED
