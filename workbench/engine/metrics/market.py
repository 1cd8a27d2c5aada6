"""The market as a benchmark: bought at the first open and held."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.data.candles import Candles

Floats = NDArray[np.float64]

FEWEST = 2
"""Returns without which there is no slope."""


def held_return(candles: Candles, count: int) -> float:
    """Return what one unit came to over the first `count` candles: a fraction, without costs."""
    return float(candles.close[count - 1] / candles.open[0] - 1)


def alpha_beta(
    returns: Floats, spans: NDArray[np.int64], candles: Candles
) -> tuple[float, float] | None:
    """Return what of the returns the market does not explain, and how much they follow it.

    Parameters
    ----------
    returns
        Of the equity, from period to period, fractions, shape (periods,).
    spans
        Candles done before and after each, shape (periods, 2).
    candles
        The market's.

    Returns
    -------
    tuple of float, or None
        Jensen's alpha of one period, a fraction, and beta: ``cov(r, m) / var(m)`` over the
        market's returns m in the same periods. None where the market did not move. Source: M. C.
        Jensen, The Performance of Mutual Funds in the Period 1945-1964, Journal of Finance 1968.
    """
    if len(returns) < FEWEST:
        return None
    prices = np.r_[candles.open[0], candles.close]
    market = prices[spans[:, 1]] / prices[spans[:, 0]] - 1
    moves = market - market.mean()
    spread = float((moves * moves).sum())
    if spread <= 0:
        return None
    beta = float((moves * (returns - returns.mean())).sum()) / spread
    return float(returns.mean()) - beta * float(market.mean()), beta
