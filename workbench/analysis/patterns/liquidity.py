"""The liquidity-engulfing (LE) candle."""

from __future__ import annotations

from workbench.analysis.bars import Bar


class LiquidityEngulfing:
    """Takes the stops beyond the candle before, turns, and closes beyond its body.

    Bullish: ``low < low[-1]``, ``close > max(open[-1], close[-1])`` and ``close > open``;
    bearish the mirror. Same interface as TA-Lib's streams: 100, -100 or 0.
    """

    __slots__ = ("_before",)

    def __init__(self, before: Bar) -> None:
        self._before = before

    def update(self, bar: Bar) -> int:
        """Take the next closed candle."""
        value = self.peek(bar)
        self._before = bar
        return value

    def peek(self, bar: Bar) -> int:
        """Look at a candle that still grows."""
        _, opened, high, low, close, _ = bar
        before = self._before
        if close > opened:
            beyond = close > before.open and close > before.close
            return 100 if low < before.low and beyond else 0
        if close < opened:
            beyond = close < before.open and close < before.close
            return -100 if high > before.high and beyond else 0
        return 0
