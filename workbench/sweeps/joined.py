"""All out-of-sample parts of a walk-forward as one account: pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import nan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.messages import SweepData

if TYPE_CHECKING:
    import pandas as pd

COUNTS = ("total_trades", "winning_trades", "losing_trades")


class OutOfSample(NamedTuple):
    """What all out-of-sample parts came to, each traded with what the one before left.

    Attributes
    ----------
    curve
        Equity at the ends of the return periods (UTC days, or longer candles), in the account's
        currency, float64; its index is the open time of the period's last candle, UTC.
    figures
        By name, see `out_of_sample`.
    """

    curve: pd.Series[float]
    figures: dict[str, float]


class Joined(NamedTuple):
    """The parts' growth, joined; all over the capital at the start.

    Attributes
    ----------
    time
        Open times of the last candles of the return periods, milliseconds since the epoch.
    growth
        At their closes.
    last
        At the last close.
    max_drawdown
        The deepest at any close, a fraction, zero or negative; NaN without a part.
    sharpe_ratio
        Annualised, see docs/metrics.md; NaN where no two returns differ.
    """

    time: list[int]
    growth: list[float]
    last: float
    max_drawdown: float
    sharpe_ratio: float


def joined(rows: Sequence[SweepData]) -> Joined:
    """Join the parts that were traded.

    Parameters
    ----------
    rows
        The ``out`` rows, in the order of their splits. Parts that failed leave the account as it
        was, and have no returns.
    """
    time: list[int] = []
    growth: list[float] = []
    level = peak = 1.0
    deepest = nan
    periods = 0.0
    within = -1
    for row in rows:
        # What is lost is lost.
        if row.error or not row.metrics or level <= 0:
            continue
        fall = row.metrics["max_drawdown"] / 100
        curve = row.curve
        if curve:
            fall = min(fall, level * curve.low / peak - 1)
            peak = max(peak, level * curve.high)
            if row.split == within:
                # The part before ended within the period that this one begins with.
                del time[-1], growth[-1]
            time += curve.time
            growth += [level * one for one in curve.growth]
            within = row.split + 1 if curve.open else -1
            # A part without a Saturday cannot tell that the market trades on weekends.
            periods = max(periods, curve.periods)
        deepest = fall if math.isnan(deepest) else min(deepest, fall)
        level *= 1 + row.metrics["total_return"] / 100
    return Joined(time, growth, level, deepest, _sharpe(growth, periods))


def _sharpe(growth: Sequence[float], periods: float) -> float:
    levels = np.array([1.0, *growth])
    levels = levels[: int(np.argmax(levels <= 0)) + 1] if (levels <= 0).any() else levels
    returns = levels[1:] / levels[:-1] - 1
    deviation = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    return float(returns.mean()) / deviation * math.sqrt(periods) if deviation > 0 else nan


def out_of_sample(rows: Sequence[SweepData], initial_capital: float) -> OutOfSample:
    """Return what the out-of-sample parts came to, joined: each trades what the one before left.

    Each part begins without a position, and what it holds at its end is closed there.

    Parameters
    ----------
    rows
        As `rows_of` returns them. Parts that failed, or in which nothing was chosen, leave the
        account as it was.
    initial_capital
        In the account's currency.

    Returns
    -------
    OutOfSample
        Its figures: ``splits``, the parts that are done, and ``failed`` ones of them;
        ``total_return``, ``100 (prod(1 + r / 100) - 1)`` of the parts' returns r (percent);
        ``sharpe_ratio`` of the joined curve, as of a run's; ``max_drawdown``, the deepest at any
        close, from part to part (percent, 0 or below), and ``worst_drawdown``, the deepest within
        a part; ``total_trades``, ``winning_trades`` and ``losing_trades``, their sums, and
        ``win_rate`` (fraction). NaN where they are not defined.
    """
    import pandas as pd

    parts = [row for row in rows if row.sample == "out"]
    traded = [row.metrics for row in parts if not row.error]
    whole = joined(parts)
    counts = {name: int(sum(metrics[name] for metrics in traded)) for name in COUNTS}
    trades = counts["total_trades"]
    figures = {
        "splits": len(parts),
        "failed": len(parts) - len(traded),
        "total_return": 100 * (whole.last - 1),
        "sharpe_ratio": whole.sharpe_ratio,
        "max_drawdown": 100 * whole.max_drawdown,
        "worst_drawdown": min((metrics["max_drawdown"] for metrics in traded), default=nan),
        **counts,
        "win_rate": counts["winning_trades"] / trades if trades else nan,
    }
    index = pd.DatetimeIndex(pd.to_datetime(whole.time, unit="ms", utc=True), name="time")
    curve = pd.Series(
        [initial_capital * one for one in whole.growth], index, "float64", name="equity"
    )
    return OutOfSample(curve, figures)
