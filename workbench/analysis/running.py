"""Indicators that are carried on candle by candle, equal to the batch ones of `indicators`."""

from __future__ import annotations


class RunningAtr:
    """Average true range, in price units.

    Wilder's average of ``max(high, close[t-1]) - min(low, close[t-1])``. Source: J. W. Wilder,
    New Concepts in Technical Trading Systems, 1978.

    Attributes
    ----------
    value
        None until there are `period` true ranges, which the second candle is the first to have.
    """

    __slots__ = ("_close", "_count", "_sum", "period", "value")

    def __init__(self, period: int = 14) -> None:
        self.period = period
        self.value: float | None = None
        self._close: float | None = None
        self._count = 0
        self._sum = 0.0

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next closed candle; return the value."""
        before, self._close = self._close, close
        if before is None:
            return None
        true_range = (high if high > before else before) - (low if low < before else before)
        value = self.value
        if value is not None:
            self.value = value = (value * (self.period - 1) + true_range) / self.period
            return value
        self._count += 1
        self._sum += true_range
        if self._count == self.period:
            self.value = self._sum / self.period
        return self.value


_STILL = 1e-9
"""Changes below this part of the price are the rest of averages that fade, not moves."""


class RunningRsi:
    """Relative strength index, 0 to 100.

    ``100 up / (up + down)``, `up` and `down` being Wilder's averages of the gains and losses; 0
    while there are neither, as TA-Lib has it. Source: J. W. Wilder, New Concepts in Technical
    Trading Systems, 1978.

    Attributes
    ----------
    value
        None until there are `period` changes.
    flat
        Whether there are no changes to speak of: the index is not defined then, whatever value
        it is given.
    """

    __slots__ = ("_close", "_count", "_down", "_up", "flat", "period", "value")

    def __init__(self, period: int = 14) -> None:
        self.period = period
        self.value: float | None = None
        self.flat = False
        self._close: float | None = None
        self._count = 0
        self._up = 0.0
        self._down = 0.0

    def update(self, close: float) -> float | None:
        """Take the close of the next candle; return the value."""
        before, self._close = self._close, close
        if before is None:
            return None
        change, period = close - before, self.period
        up, down = (change, 0.0) if change > 0 else (0.0, -change)
        if self._count < period:
            self._count += 1
            self._up += up / period
            self._down += down / period
            if self._count < period:
                return None
        else:
            self._up = (self._up * (period - 1) + up) / period
            self._down = (self._down * (period - 1) + down) / period
        both = self._up + self._down
        self.value = 100 * self._up / both if both > 0 else 0.0
        self.flat = both <= _STILL * abs(close)
        return self.value
