"""Swing highs and lows, known once enough candles have followed."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from workbench.analysis.bars import Bar


class Swing(NamedTuple):
    """A confirmed turn of the price.

    Attributes
    ----------
    sign
        -1 for a high (price turned down), 1 for a low.
    time
        Open time of its candle, epoch ms, UTC.
    price
        Its high or low.
    """

    sign: int
    time: int
    price: float


class Swings:
    """Finds swings: a high that none of `width` candles on either side exceeds, and lows alike.

    Known at the close of the last of these candles. Of equal ones that overlap the first counts.
    Source: B. M. Williams' fractals (Trading Chaos, 1995), there with `width` 2.
    """

    __slots__ = ("_highs", "_lows")

    def __init__(self, width: int) -> None:
        self._highs = _Peaks(width)
        self._lows = _Peaks(width)

    def update(self, bar: Bar) -> list[Swing]:
        """Take the next closed candle; return the swings that are known now."""
        found = []
        if (time := self._highs.update(bar.high, bar.time)) is not None:
            found.append(Swing(-1, time, self._highs.price))
        if (time := self._lows.update(-bar.low, bar.time)) is not None:
            found.append(Swing(1, time, -self._lows.price))
        return found


class _Peaks:
    """Peaks of a sequence by a falling queue: each value enters and leaves it once."""

    __slots__ = ("_count", "_falling", "_last", "_recent", "_width", "price")

    def __init__(self, width: int) -> None:
        self._width = width
        self._count = 0
        self._falling: deque[tuple[int, float]] = deque()
        self._recent: deque[tuple[float, int]] = deque(maxlen=width + 1)
        self._last = -width - 1
        self.price = float("nan")

    def update(self, value: float, time: int) -> int | None:
        """Return the time of the value `width` ago if it is a peak; `price` is then that value."""
        count, width, falling = self._count, self._width, self._falling
        self._count = count + 1
        while falling and falling[-1][1] < value:
            falling.pop()
        falling.append((count, value))
        self._recent.append((value, time))
        middle = count - width
        if middle < width:
            return None
        if falling[0][0] < middle - width:
            falling.popleft()
        peak, when = self._recent[0]
        if falling[0][1] != peak:
            return None
        again = peak == self.price and middle - self._last <= width
        self._last, self.price = middle, peak
        return None if again else when
