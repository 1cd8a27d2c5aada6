"""Confidence intervals by resampling what happened.

Returns and trades are drawn in blocks, with replacement, from the series closed to a ring
(D. N. Politis and J. P. Romano, A Circular Block-Resampling Procedure for Stationary Data, 1992).
Blocks keep what neighbours have in common: turbulent and calm weeks, trades open side by side or
in one trend; on independent values they do no harm. A block is as long as the cube root of the
series (P. Hall, J. L. Horowitz and B.-Y. Jing, Biometrika 1995). Everything asked for can be put
together from what is known of each block, so a resample costs its blocks and not its values.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from workbench.engine.metrics.quantiles import quantiles

Floats = NDArray[np.float64]

RESAMPLES = 1000
LEVEL = 0.95
FEWEST = 30
"""Values without which nothing is said."""
_AT_ONCE = 16384
"""Blocks that are put together at a time."""


class Annual(NamedTuple):
    """What annualises: return periods a year, for ratios and, by the calendar, for growth.

    Attributes
    ----------
    periods
        See `periods_per_year`.
    growth
        Returns in a year of the run itself; None where it is too short to say.
    """

    periods: float
    growth: float | None


def return_intervals(returns: Floats, annual: Annual, seed: int) -> dict[str, list[float]]:
    """Return intervals of `sharpe_ratio`, `sortino_ratio`, `cagr` and `max_drawdown`.

    Parameters
    ----------
    returns
        From period to period, fractions, shape (periods,).
    annual
        How to annualise.
    seed
        Of the draws.

    Returns
    -------
    dict
        Lower and upper bound by name, percent where the statistic is; what is not defined in
        enough of the resamples is left out, and everything where there are fewer than 30 returns.
    """
    if len(returns) < FEWEST:
        return {}
    length = block_length(len(returns))
    drawn = _draw(len(returns), length, seed)
    size = drawn.shape[1] * length
    columns = [returns, returns**2, np.minimum(returns, 0.0) ** 2]
    total, squares, losses = (_sums(one, length, drawn) for one in columns)
    mean = total / size
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = np.sqrt(np.maximum(squares - size * mean**2, 0.0) / (size - 1))
        found = {
            "sharpe_ratio": mean / deviation * math.sqrt(annual.periods),
            "sortino_ratio": mean / np.sqrt(losses / size) * math.sqrt(annual.periods),
        }
    if returns.min() > -1:
        sums, falls = _paths(np.log1p(returns), length, drawn)
        if annual.growth is not None:
            with np.errstate(over="ignore"):
                found["cagr"] = 100 * np.expm1(sums / size * annual.growth)
        found["max_drawdown"] = 100 * np.expm1(-falls)
    return _intervals(found)


def trade_intervals(pnl: Floats, seed: int) -> dict[str, list[float]]:
    """Return intervals of `expectancy` and `profit_factor`.

    Parameters
    ----------
    pnl
        Net profits of the trades in the order they were closed, account's currency, shape
        (trades,).
    seed
        Of the draws.
    """
    if len(pnl) < FEWEST:
        return {}
    length = block_length(len(pnl))
    drawn = _draw(len(pnl), length, seed)
    profit = _sums(np.maximum(pnl, 0.0), length, drawn)
    loss = _sums(np.maximum(-pnl, 0.0), length, drawn)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = profit / loss
    size = drawn.shape[1] * length
    return _intervals({"expectancy": (profit - loss) / size, "profit_factor": factor})


def block_length(count: int) -> int:
    """Return how many values a block has: the cube root of their number, rounded."""
    return max(1, round(math.cbrt(count)))


def _draw(count: int, length: int, seed: int) -> NDArray[np.int64]:
    """Return the first values of the blocks of each resample, shape (resamples, blocks)."""
    blocks = math.ceil(count / length)
    return np.random.default_rng(seed).integers(0, count, (RESAMPLES, blocks))


def _windows(values: Floats, length: int) -> Floats:
    """Return the blocks from each value on, shape (values, length)."""
    return sliding_window_view(np.r_[values, values[: length - 1]], length)


def _parts(drawn: NDArray[np.int64]) -> Iterator[slice]:
    """Return stretches of resamples small enough for what is made of them to stay in the cache."""
    step = max(1, _AT_ONCE // drawn.shape[1])
    for start in range(0, len(drawn), step):
        yield slice(start, start + step)


def _sums(values: Floats, length: int, drawn: NDArray[np.int64]) -> Floats:
    """Return the sum of each resample, shape (resamples,)."""
    blocks = _windows(values, length).sum(axis=1)
    return np.concatenate([blocks[drawn[part]].sum(axis=1) for part in _parts(drawn)])


def _paths(growth: Floats, length: int, drawn: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return sum and deepest fall of each resample's path, given the logarithms of growth.

    The deepest fall of a path made of blocks is one within a block, or from the highest point
    before a block to the lowest in it.
    """
    paths = np.cumsum(_windows(growth, length), axis=1)
    tops = np.maximum(np.maximum.accumulate(paths, axis=1), 0.0)
    inner, top, low, last = (tops - paths).max(axis=1), tops[:, -1], paths.min(axis=1), paths[:, -1]
    sums, falls = np.empty(len(drawn)), np.empty(len(drawn))
    for part in _parts(drawn):
        of = drawn[part]
        ends = np.cumsum(last[of], axis=1)
        begins = np.zeros_like(ends)
        begins[:, 1:] = ends[:, :-1]
        highest = np.zeros_like(ends)
        np.maximum.accumulate((begins + top[of])[:, :-1], axis=1, out=highest[:, 1:])
        across = highest - begins - low[of]
        sums[part] = ends[:, -1]
        falls[part] = np.maximum(across.max(axis=1), inner[of].max(axis=1))
    return sums, np.maximum(falls, 0.0)


def _intervals(found: dict[str, Floats]) -> dict[str, list[float]]:
    tail = (1 - LEVEL) / 2
    bounds = {
        name: quantiles(values, (tail, 1 - tail))
        for name, values in found.items()
        if np.isfinite(values).all()
    }
    return {name: both for name, both in bounds.items() if both[0] < both[1]}
