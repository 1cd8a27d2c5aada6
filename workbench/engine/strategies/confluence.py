"""The built-in multi-timeframe strategy: bias, location and trigger must agree."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.analysis.indicators import atr, ema
from workbench.analysis.structure import swing_levels
from workbench.engine.parameters import Parameter
from workbench.engine.strategy import Strategy
from workbench.messages import Direction, Reasoning


def slope(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the change from one candle to the next, the first NaN."""
    return np.diff(values, prepend=np.nan)


class Strategy1(Strategy):
    """Trades with the higher timeframe, at support or resistance, on an engulfing candle.

    - Bias: the highest timeframe (HTF) closes above its rising EMA, or below its falling one.
    - Location: the candle comes within `zone` average true ranges of the last confirmed
      swing low (high for shorts) of the middle timeframe, and closes on the right side of it.
    - Trigger: a liquidity-engulfing (LE) candle on the lowest timeframe (LTF): it sweeps the
      extreme of the candle before and closes beyond that candle's body.

    The stop lies `buffer` average true ranges beyond the sweep; three targets of equal parts
    lie at multiples of the risk. With two timeframes, the higher one also gives the levels;
    with one, that one gives everything.

    Attributes
    ----------
    bias_period, atr_period, swing_width
        In candles.
    zone, buffer
        In average true ranges of the lowest timeframe.
    target_1, target_2, target_3
        In multiples of the risk.
    min_confidence
        0 to 1: weaker setups are passed over.
    """

    bias_period = Parameter(20, low=1)
    atr_period = Parameter(14, low=1)
    swing_width = Parameter(2, low=1)
    zone: Any = Parameter(2.0, low=0.01)
    buffer: Any = Parameter(0.5, low=0.0)
    target_1: Any = Parameter(1.0, low=0.01)
    target_2: Any = Parameter(2.0, low=0.01)
    target_3: Any = Parameter(3.0, low=0.01)
    min_confidence = Parameter(0.5, low=0.0, high=1.0)

    def init(self) -> None:
        names = self.timeframes
        self.htf = htf = self.on(names[-1])
        mtf = self.on(names[len(names) // 2])
        self.htf_ema = htf.I(ema, htf.close, self.bias_period)
        self.htf_slope = htf.I(slope, self.htf_ema)
        self.htf_atr = htf.I(atr, htf.high, htf.low, htf.close, self.atr_period)
        self.resistance, self.support = mtf.I(
            swing_levels, mtf.high, mtf.low, self.swing_width, name="level"
        )
        self.ltf_atr = self.I(atr, self.high, self.low, self.close, self.atr_period)

    def next(self) -> None:
        if self.position:
            return
        trend = self.htf.close[-1] - self.htf_ema[-1]
        if trend > 0 and self.htf_slope[-1] > 0:
            self.consider("long", trend)
        elif trend < 0 and self.htf_slope[-1] < 0:
            self.consider("short", trend)

    def consider(self, direction: Direction, trend: float) -> None:
        """Enter if location and trigger agree with the bias; `trend` is HTF close less EMA."""
        sign = 1 if direction == "long" else -1
        extreme, level = (self.low, self.support) if sign > 0 else (self.high, self.resistance)
        close, opened, reached = self.close[-1], self.open[-1], extreme[-1]
        body_end = sign * max(sign * self.open[-2], sign * self.close[-2])
        swept = sign * (extreme[-2] - reached) > 0
        engulfed = sign * (close - body_end) > 0 and sign * (close - opened) > 0
        zone = self.zone * self.ltf_atr[-1]
        distance = abs(reached - level[-1])
        if not (swept and engulfed and distance <= zone and sign * (close - level[-1]) > 0):
            return
        strength = min(1.0, abs(trend) / self.htf_atr[-1]) if self.htf_atr[-1] > 0 else 0.0
        body = abs(close - opened) / (self.high[-1] - self.low[-1])
        confidence = 0.4 * strength + 0.3 * (1 - distance / zone) + 0.3 * body
        stop = reached - sign * self.buffer * self.ltf_atr[-1]
        risk = abs(close - stop)
        targets = [close + sign * m * risk for m in (self.target_1, self.target_2, self.target_3)]
        if confidence < self.min_confidence or min(*targets, stop) <= 0:
            return
        enter = self.enter_long if sign > 0 else self.enter_short
        reason = Reasoning(
            f"enter_{direction}",
            round(confidence, 3),
            self.describe(sign, confidence),
            {
                "htf_close": self.htf.close[-1],
                "htf_ema": self.htf_ema[-1],
                "level": level[-1],
                "swept": extreme[-2],
                "reached": reached,
                "close": close,
                "atr": self.ltf_atr[-1],
                "risk": risk,
            },
        )
        enter(stop_loss=stop, take_profit=targets, reason=reason)

    def describe(self, sign: int, confidence: float) -> str:
        """Say in a sentence what agreed."""
        grade = "Strong" if confidence >= 0.7 else "Moderate" if confidence >= 0.5 else "Weak"
        side, place = ("bullish", "support") if sign > 0 else ("bearish", "resistance")
        return f"{grade} confluence: HTF {side} bias + LTF LE candle at {place}"
