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
    if not 0 <= bar.time < LAST_MS or bar.time != timeframe.floor(bar.time):
        return f"time {when(bar.time)}, where no {timeframe} candle opens,"
    for name, price in zip(bar._fields[1:5], bar[1:5], strict=True):
        if not 0.0 < price < MOST:
            return f"{name} {price}"
    inner, room = sorted((bar.open, bar.close)), 1.0 + TOLERANCE
    if bar.low > inner[0] * room or bar.high * room < inner[1]:
        return f"open {bar.open} or close {bar.close} beyond low {bar.low} and high {bar.high}"
    return None if 0.0 <= bar.volume < MOST else f"volume {bar.volume}"


def when(time: int) -> str:
    """Return a time for people, whatever it is."""
    return iso_time(time) if 0 <= time < LAST_MS else str(time)
