"""Returns from period to period, as they come."""

from __future__ import annotations

import math
from array import array

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Returns:
    """Mean and deviations of the returns of the equity.

    Attributes
    ----------
    mean
        Of the returns, fractions.
    """

    def __init__(self) -> None:
        self.mean = 0.0
        self._squares = 0.0  # of the distances from the mean
        self._losses = 0.0  # squares of the returns below 0
        self._falls = 0.0  # squares of the drawdowns at the ends
        self._values = array("d")
        self._spans = array("q")

    def __len__(self) -> int:
        return len(self._values)

    @property
    def values(self) -> Floats:
        """All of them, fractions, shape (periods,)."""
        return np.array(self._values, dtype=np.float64)

    @property
    def spans(self) -> NDArray[np.int64]:
        """Candles done before and after each, shape (periods, 2)."""
        return np.array(self._spans, dtype=np.int64).reshape(-1, 2)

    def add(self, value: float, first: int, end: int, drawdown: float) -> None:
        """Take the return of the candles from `first` up to `end`, exclusive (Welford 1962)."""
        self._values.append(value)
        self._spans.extend((first, end))
        step = value - self.mean
        self.mean += step / len(self._values)
        self._squares += step * (value - self.mean)
        if value < 0:
            self._losses += value * value
        self._falls += drawdown * drawdown

    def add_many(self, values: Floats, spans: NDArray[np.int64], drawdowns: Floats) -> None:
        """Take many; shapes (n,), (n, 2) and (n,) (Chan, Golub and LeVeque 1983)."""
        count, before = len(values), len(self._values)
        if not count:
            return
        mean = float(values.mean())
        step = mean - self.mean
        self._squares += float(((values - mean) ** 2).sum())
        self._squares += step * step * before * count / (before + count)
        self.mean += step * count / (before + count)
        self._losses += float((np.minimum(values, 0.0) ** 2).sum())
        self._falls += float((drawdowns**2).sum())
        self._values.frombytes(np.ascontiguousarray(values).tobytes())
        self._spans.frombytes(np.ascontiguousarray(spans).tobytes())

    @property
    def deviation(self) -> float | None:
        """Standard deviation (one degree of freedom less); None where it is not above 0."""
        if len(self._values) < 2 or self._squares <= 0:
            return None
        return math.sqrt(self._squares / (len(self._values) - 1))

    @property
    def downside(self) -> float | None:
        """Root of the mean square of the returns below 0; None where none is."""
        return math.sqrt(self._losses / len(self._values)) if self._losses > 0 else None

    @property
    def ulcer(self) -> float | None:
        """Root of the mean square of the drawdowns at the periods' ends; None without any end."""
        return math.sqrt(self._falls / len(self._values)) if self._values else None
