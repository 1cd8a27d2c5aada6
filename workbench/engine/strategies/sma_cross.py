"""The crossing of two moving averages."""

from __future__ import annotations

from workbench.analysis.indicators import crossed_above, crossed_below, sma
from workbench.engine.parameters import Parameter
from workbench.engine.strategy import Strategy


class SmaCross(Strategy):
    """Long while the fast average is above the slow one, short (or flat) while below.

    Source of the rule: R. D. Donchian's 5 and 20 day averages, 1960.

    Attributes
    ----------
    fast, slow
        Periods of the averages, in candles.
    shorts
        Sell short below, instead of only leaving the long position.
    """

    fast = Parameter(10, low=1)
    slow = Parameter(30, low=1)
    shorts = True

    def init(self) -> None:
        self.fast_sma = self.I(sma, self.close, self.fast, name="fast")
        self.slow_sma = self.I(sma, self.close, self.slow, name="slow")

    def next(self) -> None:
        if crossed_above(self.fast_sma, self.slow_sma):
            self.enter_long()
        elif crossed_below(self.fast_sma, self.slow_sma):
            if self.shorts:
                self.enter_short()
            else:
                self.position.close()
