"""What the parts of a candle have told of it so far."""

from __future__ import annotations

from workbench.data.bars import Bar
from workbench.data.candles import TOLERANCE
from workbench.engine.settings import Settings


class Parts:
    """The parts of the candle that is open.

    Parameters
    ----------
    time
        Its open time, epoch ms.
    price
        Its first one.
    """

    def __init__(self, time: int, price: float) -> None:
        self.time = time
        self.count = 0
        self._high = self._low = self._close = price

    def add(self, bid: Bar) -> None:
        """Take the next part."""
        if not self.count:
            self._high, self._low = bid.high, bid.low
        elif bid.high > self._high:
            self._high = bid.high
        if bid.low < self._low:
            self._low = bid.low
        self._close = bid.close
        self.count += 1

    def rest(self, bid: Bar, ask: Bar) -> tuple[Bar, Bar] | None:
        """Return what of a candle no part has told, as one more part; None for nothing."""
        if not self.count:
            return bid, ask
        slack = TOLERANCE * bid.close
        known = bid.high <= self._high + slack and bid.low >= self._low - slack
        close = self._close
        if known and abs(bid.close - close) <= slack:
            return None
        rest = _from(bid, close)
        return rest, rest if ask is bid else _from(ask, close + ask.open - bid.open)


def point(time: int, price: float) -> Bar:
    """Return a trade as a part of a candle."""
    return Bar(time, price, price, price, price, 0.0)


def _from(bar: Bar, price: float) -> Bar:
    """Return a candle that begins at another price."""
    high, low = max(bar.high, price), min(bar.low, price)
    return Bar(bar.time, price, high, low, bar.close, bar.volume)


def needs_whole(settings: Settings) -> str | None:
    """Return why an account needs candles as a whole (not trades one by one); None if it does not.

    It does where the rules look at the whole candle at its open: ``exits="touch"``, and slippage by
    volume (`impact`).
    """
    if settings.rules.exits == "touch":
        what = 'the convention has exits="touch"'
    elif settings.slips.impact:
        what = "slippage has an impact by volume"
    else:
        return None
    return f"{what}, which looks at the whole candle at its open: this needs a feed of candles"
