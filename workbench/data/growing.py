"""A candle while it grows."""

from __future__ import annotations

from typing import Literal, NamedTuple

from workbench.data.bars import Bar
from workbench.timeframes import Timeframe

Origin = Literal["live", "history", "backfill"]


class Span(NamedTuple):
    """A candle of a timeframe, and what is known of how it came about.

    Attributes
    ----------
    timeframe
        Its name.
    closed
        Whether it can change no more.
    trades
        How many it was made of; None where that is not known.
    origin
        Of the last that went into it.
    partial
        Whether it opened before anything was known, so that its beginning is missing.
    """

    timeframe: str
    bar: Bar
    closed: bool
    trades: int | None
    origin: Origin
    partial: bool


class Growing:
    """The candle of one timeframe that is being made, of trades or of shorter candles."""

    __slots__ = (
        "close", "end", "first", "high", "last", "length", "low", "name", "open", "origin",
        "partial", "time", "trades", "volume",
    )  # fmt: skip

    def __init__(self, timeframe: Timeframe, time: int, partial: bool) -> None:
        self.name, self.length = timeframe.name, timeframe.ms
        self.time, self.end = time, time + timeframe.ms
        self.partial = partial
        self.open = self.high = self.low = self.close = self.volume = 0.0
        self.trades: int | None = 0
        self.origin: Origin = "live"
        # Time and number of the trades that made open and close.
        self.first = self.last = (0, 0)

    def begin(self, price: float, size: float, key: tuple[int, int]) -> None:
        """Take the first trade."""
        self.open = self.high = self.low = self.close = price
        self.volume, self.trades = size, 1
        self.first = self.last = key

    def add(self, price: float, size: float, key: tuple[int, int]) -> None:
        """Take a further trade; by `key` it is known where it belongs."""
        if price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        if key >= self.last:
            self.close, self.last = price, key
        elif key < self.first:
            self.open, self.first = price, key
        self.volume += size
        if self.trades is not None:
            self.trades += 1

    def become(self, bar: Bar, origin: Origin) -> None:
        """Be what the source says the candle is so far."""
        _, self.open, self.high, self.low, self.close, self.volume = bar.whole()
        self.trades, self.origin = None, origin
        # A trade that follows is later than what is in the candle.
        self.first, self.last = (self.time, -1), (self.time, -1)

    def absorb(self, bar: Bar, trades: int | None, origin: Origin) -> None:
        """Take a shorter candle, the next in time."""
        if self.trades == 0:
            self.open, self.high, self.low = bar.open, bar.high, bar.low
            self.trades, self.volume = trades, bar.volume
        else:
            if bar.high > self.high:
                self.high = bar.high
            if bar.low < self.low:
                self.low = bar.low
            self.volume += bar.volume
            self.trades = None if trades is None or self.trades is None else self.trades + trades
        self.close, self.origin = bar.close, origin

    def bar(self) -> Bar:
        """Return the candle as it is now."""
        return Bar(self.time, self.open, self.high, self.low, self.close, self.volume)

    def span(self, closed: bool) -> Span:
        """Return the candle as it is now, and what is known of it."""
        return Span(self.name, self.bar(), closed, self.trades, self.origin, self.partial)

    def copy(self) -> Growing:
        """Return one that grows on its own from here."""
        twin = Growing.__new__(Growing)
        for name in Growing.__slots__:
            setattr(twin, name, getattr(self, name))
        return twin
