"""The statistics beside the contract's metrics, by name: percent, seconds, money, numbers.

Whatever is part of a whole (returns, drawdowns, time) is percent, durations are seconds, money is
in the account's currency, ratios and counts are plain numbers; what is not defined is left out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from workbench.engine.metrics.bootstrap import Annual, return_intervals, trade_intervals
from workbench.engine.metrics.kelly import kelly
from workbench.engine.metrics.market import alpha_beta, held_return
from workbench.engine.metrics.periods import YEAR_MS
from workbench.engine.metrics.quantiles import quantiles
from workbench.timeframes import DAY_MS

if TYPE_CHECKING:
    from workbench.engine.metrics.performance import Performance

SHORTEST_YEARS = 28 * DAY_MS / YEAR_MS
"""A run shorter than four weeks says nothing of a year's growth."""
QUARTILES = (25, 50, 75)


def statistics_of(run: Performance) -> dict[str, float]:
    """Return all that are defined, by name."""
    found = {**_of_returns(run), **_of_drawdowns(run), **_of_market(run), **_of_trades(run)}
    return {
        name: float(value)
        for name, value in found.items()
        if value is not None and math.isfinite(value)
    }


def intervals_of(run: Performance, seed: int) -> dict[str, list[float]]:
    """Return the 95 % confidence intervals of some statistics and metrics, by name."""
    years, returns = run.years, run.returns.values
    long_enough = years is not None and years >= SHORTEST_YEARS
    annual = Annual(run.periods, len(returns) / years if years and long_enough else None)
    return {
        **return_intervals(returns, annual, seed),
        **trade_intervals(run.trades.column("pnl"), seed),
    }


def _of_returns(run: Performance) -> dict[str, float | None]:
    returns, growth = run.returns, cagr(run)
    deviation, downside = returns.deviation, returns.downside
    yearly = math.sqrt(run.periods)
    worst = 100 * run.max_drawdown
    return {
        "cagr": growth,
        "volatility": None if deviation is None else 100 * deviation * yearly,
        "sortino_ratio": None if downside is None else returns.mean / downside * yearly,
        "calmar_ratio": None if growth is None or not worst else growth / -worst,
    }


def cagr(run: Performance) -> float | None:
    """Return the compound annual growth rate in percent; None where that is not defined."""
    years, equity = run.years, run.curve.equity
    if years is None or years < SHORTEST_YEARS:
        return None
    if equity <= 0:
        return -100.0
    return 100 * float(np.expm1(math.log(equity / run.initial_capital) / years))


def _of_drawdowns(run: Performance) -> dict[str, float | None]:
    falls, ulcer = run.curve.drawdowns, run.returns.ulcer
    return {
        "average_drawdown": None if falls.average is None else 100 * falls.average,
        "longest_drawdown_duration": falls.longest_s,
        "average_drawdown_duration": falls.average_s,
        "ulcer_index": None if ulcer is None else 100 * ulcer,
    }


def _of_market(run: Performance) -> dict[str, float | None]:
    count = run.curve.count
    if run.candles is None or not count:
        return {}
    slope = alpha_beta(run.returns.values, run.returns.spans, run.candles)
    return {
        "exposure": 100 * run.exposed.candles(count) / count,
        "buy_and_hold_return": 100 * held_return(run.candles, count),
        "alpha": None if slope is None else 100 * slope[0] * run.periods,
        "beta": None if slope is None else slope[1],
    }


def _of_trades(run: Performance) -> dict[str, float | None]:
    trades = run.trades
    if not trades.count:
        return {}
    part = kelly(trades.column("percent") / 100)
    found: dict[str, float | None] = {
        "expectancy": trades.expectancy,
        "expectancy_percent": trades.expectancy_percent,
        "sqn": trades.sqn,
        "payoff_ratio": trades.payoff_ratio,
        "kelly": None if part is None else 100 * part,
        "longest_winning_streak": trades.longest_wins,
        "longest_losing_streak": trades.longest_losses,
    }
    bars = trades.column("bars")
    if len(bars):
        found["average_bars_held"] = bars.mean()
        found["median_bars_held"] = quantiles(bars, (0.5,))[0]
    for name in ("mfe", "mae"):
        values = trades.column(name)
        if len(values):
            quartiles = quantiles(values, [quarter / 100 for quarter in QUARTILES])
            names = [f"{name}_q{quarter}" for quarter in QUARTILES]
            found |= dict(zip(names, quartiles, strict=True))
    return found
