"""The account at each close of a run in this process."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Curve:
    """Equity and balance at each close, kept as numbers: a message a candle costs far more."""

    def __init__(self, capital: float, first: int = 0) -> None:
        self._equities = array("d")
        self._first = first
        self._bars = [first]
        self._balances = [capital]

    def extend(self, equities: NDArray[np.float64]) -> None:
        """Take the equity at the closes of the next candles, shape (n,)."""
        self._equities.frombytes(equities.tobytes())

    def pay(self, bar: float, balance: float) -> None:
        """Take the balance after an event of candle `bar`."""
        self._bars.append(int(bar))
        self._balances.append(balance)

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return `equity`, `balance` and `drawdown` (a fraction, <= 0), each shape (candles,)."""
        equity = np.array(self._equities)
        bars = np.arange(self._first, self._first + len(equity))
        # Of the events of one candle the last counts.
        last = np.searchsorted(self._bars, bars, side="right") - 1
        peak = np.maximum.accumulate(np.r_[self._balances[0], equity])[1:]
        return {
            "equity": equity,
            "balance": np.array(self._balances)[last],
            "drawdown": np.minimum(0.0, equity / peak - 1),
        }

    def amend(self, equity: float) -> None:
        """Take the equity at the last close again, after the run's closing fills."""
        if self._equities:
            self._equities[-1] = equity
