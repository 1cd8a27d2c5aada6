"""The built-in multi-timeframe strategy: trend, location and pattern must agree."""

from __future__ import annotations

from typing import Any

from workbench.analysis.confluence import Place
from workbench.analysis.patterns.names import LIQUIDITY_ENGULFING
from workbench.engine.insight import Confluence
from workbench.engine.parameters import Parameter
from workbench.engine.strategy import Strategy
from workbench.messages import Reasoning


class Strategy1(Strategy):
    """Trades on confluence: with the higher timeframes, at support or resistance, on a candle.

    It enters when the confluence score is at least `min_confidence` and three things agree:

    - Bias: the market structure of the higher timeframes (HTF) points that way.
    - Location: price is within `zone` average true ranges of support (resistance for shorts):
      an order block or fair value gap it comes back to, a zone or swing of any timeframe.
    - Trigger: a liquidity-engulfing (LE) candle on the lowest timeframe (LTF), and no pattern
      of the same strength against it.

    The stop lies `buffer` average true ranges beyond the candle; three targets of equal parts
    lie at multiples of the risk. With one timeframe, that one gives everything. The reasoning is
    that of the score.

    Attributes
    ----------
    zone, buffer
        In average true ranges of the lowest timeframe; areas over 0.25 away are not looked at.
    target_1, target_2, target_3
        In multiples of the risk.
    min_confidence
        Least score, 0 to 1.
    """

    zone: Any = Parameter(0.25, low=0.01)
    buffer: Any = Parameter(0.5, low=0.0)
    target_1: Any = Parameter(1.0, low=0.01)
    target_2: Any = Parameter(2.0, low=0.01)
    target_3: Any = Parameter(3.0, low=0.01)
    min_confidence: Any = Parameter(0.7, low=0.0, high=1.0)

    def next(self) -> None:
        if self.position or LIQUIDITY_ENGULFING not in self.patterns.values:
            return
        seen = self.confluence
        if seen.score < self.min_confidence or seen.direction == "neutral":
            return
        sign, place = (1, seen.support) if seen.direction == "bullish" else (-1, seen.resistance)
        agreed = sign * seen.terms["trend"].value > 0 and sign * seen.terms["pattern"].value > 0
        if agreed and place is not None and place.distance <= self.zone:
            self.enter(sign, seen, place)

    def enter(self, sign: int, seen: Confluence, place: Place) -> None:
        """Order, unless the market leaves no room for stop and targets."""
        close, atr = self.close[-1], self.structure.atr
        extreme = self.low[-1] if sign > 0 else self.high[-1]
        stop = extreme - sign * self.buffer * atr
        risk = sign * (close - stop)
        targets = [close + sign * m * risk for m in (self.target_1, self.target_2, self.target_3)]
        if risk <= 0 or min(*targets, stop) <= 0:
            return
        side = "long" if sign > 0 else "short"
        level = {"support": place.area.top} if sign > 0 else {"resistance": place.area.bottom}
        votes = {name: term.value for name, term in seen.terms.items()}
        numbers = {"distance": place.distance, "close": close, "atr": atr, "risk": risk}
        reason = Reasoning(
            f"enter_{side}", round(seen.score, 3), seen.rationale, votes | level | numbers
        )
        enter = self.enter_long if sign > 0 else self.enter_short
        enter(stop_loss=stop, take_profit=targets, reason=reason)
