"""What held positions could lose: value at risk and expected shortfall out of recent returns."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
RETURNS = 250
"""So many of the last returns are looked at."""
LEAST = 30
"""With fewer, nothing is said."""


class AtRisk(NamedTuple):
    """Value at risk and expected shortfall, money, 0 or above."""

    var: float
    es: float


class Closes:
    """The last closes of a symbol."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._times: deque[int] = deque(maxlen=RETURNS)
        self._returns: deque[float] = deque(maxlen=RETURNS)

    def add(self, time: int, close: float) -> None:
        """Take the close of the candle that opened at `time` (epoch ms), later than all before."""
        if self._last is not None:
            self._times.append(time)
            self._returns.append(close / self._last - 1)
        self._last = close

    def returns(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return open times (epoch ms), and each candle's change since the close before.

        Both of shape (n,), n at most `RETURNS`, the earliest first; changes are fractions.
        """
        return np.array(self._times, dtype=np.int64), np.array(self._returns)


def at_risk(held: Mapping[str, float], closes: Mapping[str, Closes]) -> AtRisk | None:
    """Return what could be lost in one candle, by historical simulation.

    Each of the last `RETURNS` candles that all held symbols have in common is a scenario: what is
    held now would have made ``sum(notional * return)`` on it. Of the losses L, sorted from the
    worst, n of them and ``k = n (1 - CONFIDENCE)``: the value at risk is the worst loss that is
    left when the ``floor(k)`` worst are left out, the expected shortfall the mean of the worst k,
    of which the last counts with the fraction that is left of k. A profit counts as no loss.

    Source: J. C. Hull, Options, Futures, and Other Derivatives, chapter Value at risk (historical
    simulation); C. Acerbi and D. Tasche, On the coherence of expected shortfall, Journal of Banking
    & Finance 26 (2002), definition 2.6 and proposition 4.1 (the shortfall of a sample).

    Parameters
    ----------
    held
        Signed notional by symbol, money.
    closes
        By symbol.

    Returns
    -------
    AtRisk or None
        None with fewer than `LEAST` scenarios; 0 where nothing is held.
    """
    symbols = [symbol for symbol, notional in held.items() if notional]
    if not symbols:
        return AtRisk(0.0, 0.0)
    found = [(held[symbol], *closes[symbol].returns()) for symbol in symbols]
    times = found[0][1]
    for _, others, _ in found[1:]:
        times = np.intersect1d(times, others, assume_unique=True)
    if len(times) < LEAST:
        return None
    gains = np.zeros(len(times))
    for notional, own, returns in found:
        gains += notional * returns[np.searchsorted(own, times)]
    return _of_losses(-gains)


def _of_losses(losses: NDArray[np.float64]) -> AtRisk:
    worst = np.sort(losses)[::-1]
    # Without the rounding, 100 scenarios at 0.95 have a tail of 5.000000000000004.
    tail = round(len(worst) * (1 - CONFIDENCE), 9)
    whole = math.floor(tail)
    var = float(worst[whole])
    es = (float(worst[:whole].sum()) + (tail - whole) * var) / tail
    return AtRisk(max(0.0, var), max(0.0, es))
