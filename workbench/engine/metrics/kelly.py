"""The part of the equity that would have grown it most."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_STEPS = 60
_CLOSE_ENOUGH = 1e-12


def kelly(returns: NDArray[np.float64]) -> float | None:
    """Return the notional of each trade, in multiples of equity, that maximises growth.

    The f that maximises ``mean(log(1 + f r))`` over the trades' results r, each a fraction of its
    notional; 0 where they lose on average. For two outcomes, a won with probability p or b lost,
    it is ``p / b - (1 - p) / a``. Source: J. L. Kelly, A New Interpretation of Information Rate,
    Bell System Technical Journal 1956.

    Parameters
    ----------
    returns
        Fractions, shape (trades,).

    Returns
    -------
    float or None
        None where no trade lost: then no part of the equity is too much.
    """
    if not len(returns) or returns.min() >= 0:
        return None
    if returns.mean() <= 0:
        return 0.0
    # The slope falls from above 0 at the low end to minus infinity at the high one, where the
    # worst trade loses all. Newton's step is taken where it stays between the two.
    low, high = 0.0, float(-1 / returns.min())
    part = 0.0
    for _ in range(_STEPS):
        grown = returns / (1 + part * returns)
        slope = float(grown.sum())
        low, high = (part, high) if slope > 0 else (low, part)
        step = slope / float((grown * grown).sum())
        guess = part + step
        part = guess if low < guess < high else (low + high) / 2
        if abs(step) <= _CLOSE_ENOUGH * high:
            break
    return part
