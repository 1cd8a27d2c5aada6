"""What every engine is asked to do, and what it says came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np

from workbench.data.candles import Candles


class Wish(NamedTuple):
    """What is ordered at a close; levels are prices, None where there is none."""

    sign: int = 0
    """Direction of the entry, 0 for none: then what is held is closed."""
    level: float | None = None
    """Limit or stop of the entry."""
    stop: float | None = None
    target: float | None = None


@dataclass(frozen=True)
class Plan:
    """Crossings of two averages, traded in one of several ways.

    Attributes
    ----------
    sides
        For each candle: 1 where the quick average comes above the calm one at its close, -1 where
        it comes below, else 0.
    units
        Of every entry.
    allowed
        Directions traded; with one, the other's crossing closes.
    stop, target
        Fractions of the close, or of the entry's level; 0 for none.
    entry, offset
        Kind of entry; waiting ones are `offset`, a fraction, from the close.
    expires
        Candles that a waiting entry can fill on.
    digits
        Of the prices ordered.
    """

    sides: tuple[int, ...]
    units: int = 1
    allowed: Literal["both", "long", "short"] = "both"
    stop: float = 0.0
    target: float = 0.0
    entry: Literal["market", "limit", "stop"] = "market"
    offset: float = 0.0
    expires: int = 5
    digits: int = 12

    def wish(self, bar: int, close: float, held: int) -> Wish | None:
        """Return what to order at the close of candle `bar`, `held` being the position's sign."""
        side = self.sides[bar]
        if side == 0 or side == held:
            return None
        if self.allowed != "both" and side != (1 if self.allowed == "long" else -1):
            return Wish()
        level = {
            "market": None,
            "limit": close * (1 - side * self.offset),
            "stop": close * (1 + side * self.offset),
        }[self.entry]
        base = close if level is None else level
        prices = (
            level,
            base * (1 - side * self.stop) if self.stop else None,
            base * (1 + side * self.target) if self.target else None,
        )
        rounded = (None if price is None else round(price, self.digits) for price in prices)
        return Wish(side, *rounded)


class Costs(NamedTuple):
    """Commission of a fill: a fraction of its notional, money a unit, money a fill."""

    percent: float = 0.0
    per_unit: float = 0.0
    per_order: float = 0.0


FREE = Costs()


class Trade(NamedTuple):
    """One round trip, of which the last three are None while it is open."""

    sign: int
    entry_bar: int
    entry_price: float
    size: float
    exit_bar: int | None = None
    exit_price: float | None = None
    pnl: float | None = None


@dataclass
class Outcome:
    """Trades by entry, and the equity at each close."""

    trades: list[Trade] = field(default_factory=list)
    equity: Any = None

    @property
    def final(self) -> float:
        """The equity at the last close."""
        return float(self.equity[-1])


def crossings(candles: Candles, quick: int, calm: int) -> tuple[int, ...]:
    """Return where one average of the closes crosses another, as `Plan.sides` has it."""
    above = np.sign(_mean(candles.close, quick) - _mean(candles.close, calm))
    sides = np.zeros(len(candles), dtype=int)
    sides[1:][(above[1:] > 0) & (above[:-1] <= 0)] = 1
    sides[1:][(above[1:] < 0) & (above[:-1] >= 0)] = -1
    return tuple(sides.tolist())


def _mean(values: Any, length: int) -> Any:
    mean = np.full(len(values), np.nan)
    mean[length - 1 :] = np.convolve(values, np.full(length, 1 / length), mode="valid")
    return mean
