"""What is no price, and what is so unlike the others that it waits for one that bears it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from workbench.data.bars import Bar
from workbench.data.candles import TOLERANCE
from workbench.data.growing import Span
from workbench.data.troubles import Trouble, TroubleKind
from workbench.messages import iso_time
from workbench.timeframes import Timeframe

MOST = 1e15
LAST_MS = 253_402_300_799_000
"""9999-12-31T23:59:59Z; no time is later."""
FOLD = 10.0
"""A price so many times the last, or that fraction of it, is doubted."""
NEAR = 2.0
"""One within that many times another bears it out."""


class Held(NamedTuple):
    """A trade, a candle or a moment on its way in.

    Attributes
    ----------
    doubt
        ``clock`` or ``invalid`` if its time or its price is unlike the others.
    ahead
        How far (ms) its time may be from another's.
    take
        Called to take it after all.
    """

    doubt: TroubleKind | None
    time: int
    price: float | None
    ahead: int
    take: Callable[[], Sequence[Span | Trouble]]
    number: int | None = None

    def bears_out(self, other: Held) -> bool:
        """Tell whether this is as unlike the rest as `other`, and like `other`."""
        if self.doubt != other.doubt:
            return False
        if self.doubt == "clock":
            return abs(self.time - other.time) <= self.ahead
        if self.price is None or other.price is None:
            return False
        return other.price / NEAR < self.price < other.price * NEAR


class Doubts:
    """Holds back the one that is in doubt."""

    def __init__(self) -> None:
        self.held: Held | None = None

    def settle(self, new: Held) -> tuple[list[Held], Held | None]:
        """Return what is to be taken now, in order, and what is dropped for good."""
        held, self.held = self.held, None
        if held is not None and new.bears_out(held):
            return [held, new], None
        if held is not None and new.price is None and held.doubt == "invalid":
            # The passing of time says nothing about a price.
            self.held, held = held, None
        elif new.doubt is not None:
            self.held = new
            return [], held
        return [new], held


def wrong_trade(time: int, price: float, size: float) -> str | None:
    """Say what makes these no trade."""
    if not 0 <= time < LAST_MS:
        return f"time {time}"
    if not 0.0 < price < MOST:
        return f"price {price}"
    return None if 0.0 <= size < MOST else f"size {size}"


def wrong_bar(bar: Bar, timeframe: Timeframe) -> str | None:
    """Say what makes these no candle of a timeframe."""
    time, opened, high, low, close, volume = bar
    if not 0 <= time < LAST_MS or time != timeframe.floor(time):
        return f"time {when(time)}, where no {timeframe} candle opens,"
    # False as well where one is not a number.
    if 0.0 < low <= opened <= high < MOST and low <= close <= high and 0.0 <= volume < MOST:
        return None
    for name, price in zip(bar._fields[1:5], bar[1:5], strict=True):
        if not 0.0 < price < MOST:
            return f"{name} {price}"
    room = 1.0 + TOLERANCE
    if low > min(opened, close) * room or high * room < max(opened, close):
        return f"open {opened} or close {close} beyond low {low} and high {high}"
    return None if 0.0 <= volume < MOST else f"volume {volume}"


def when(time: int) -> str:
    """Return a time for people, whatever it is."""
    return iso_time(time) if 0 <= time < LAST_MS else str(time)
