"""What the figures of a sweep's row say, and whether they count for the choice of the best."""

from __future__ import annotations

import math
from collections.abc import Mapping

MIN_TRADES = 1
_OF_WINNERS = ("average_win", "largest_win")
_OF_LOSERS = ("average_loss", "largest_loss")


def readable(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return a row's metrics as Python can say them.

    On the wire what is not defined is 0.0. Here it is NaN: `win_rate` and `profit_factor` without
    a trade, `sharpe_ratio` where no two periods differ, averages and extremes of winners or losers
    where there are none. `profit_factor` is infinite where trades won and none lost.
    """
    told = dict(metrics)
    undefined: list[str] = []
    if metrics.get("sharpe_ratio") == 0 and "volatility" not in metrics:
        undefined.append("sharpe_ratio")
    trades = metrics.get("total_trades", 0.0)
    # Of a row kept in a notebook there is only the latter.
    won = metrics.get("winning_trades", trades * metrics.get("win_rate", 0.0))
    if not trades:
        undefined += ["win_rate", "profit_factor"]
    if not won:
        undefined += _OF_WINNERS
    elif metrics.get("profit_factor") == 0:
        told["profit_factor"] = math.inf
    if won == trades:
        undefined += _OF_LOSERS
    return told | {name: math.nan for name in undefined if name in told}


def value(metrics: Mapping[str, float], metric: str, min_trades: int = MIN_TRADES) -> float | None:
    """Return what a row has of the metric that decides; None where that does not count.

    Parameters
    ----------
    metrics
        Of the row, as its `sweep` message tells them; empty where it failed.
    metric
        That which decides.
    min_trades
        Rows with fewer trades do not count.

    Returns
    -------
    float or None
        Infinite for a `profit_factor` of winners alone; never NaN.
    """
    found = readable(metrics).get(metric, math.nan)
    few = metrics.get("total_trades", min_trades) < min_trades
    return None if few or math.isnan(found) else found
