"""What a fill costs, and how many units money buys."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from workbench.engine.rules.layout import *

Row = Sequence[float]


def commission(p: Row, price: float, quantity: float, maker: bool) -> float:
    """Return the commission of a fill, in the account's currency."""
    rate = p[S_MAKER] if maker else p[S_TAKER]
    fee = quantity * price * rate + quantity * p[S_PER_UNIT] + p[S_PER_ORDER]
    least = p[S_MINIMUM]  # none at all lets a rebate be one
    return fee if fee > least or least == 0.0 else least


def slipped(p: Row, price: float, side: float, quantity: float, volume: float) -> float:
    """Return what a market or stop fill gets; `side` is 1 for a buy, -1 for a sale."""
    fraction = p[S_SLIP]
    if p[S_IMPACT] > 0.0 and volume > 0.0:
        share = quantity / volume if quantity < volume else 1.0
        fraction += p[S_IMPACT] * share * share
    if fraction == 0.0 and p[S_SLIP_FIXED] == 0.0:
        return price
    price = price * (1 + side * fraction) + side * p[S_SLIP_FIXED]
    price = on_grid(p[S_TICK], price, side)
    return price if price > 1e-12 else 1e-12


def on_grid(tick: float, price: float, side: float) -> float:
    """Return the next multiple of the tick from a price on, upwards where `side` is above 0.

    A price that is one, but for its last bits, stays as it is; so do NaN and infinity.
    """
    if not (tick > 0.0 and -1e15 < price / tick < 1e15):
        return price
    steps = price / tick
    whole = float(floor(steps + 0.5))
    if -1e-9 <= steps - whole <= 1e-9 or -1e-14 * steps <= steps - whole <= 1e-14 * steps:
        return price
    if side > 0.0 and whole < steps:
        whole += 1.0
    elif side <= 0.0 and whole > steps:
        whole -= 1.0
    # Three times a tenth is not the number that is written 0.3; three tenths are.
    parts = float(floor(1.0 / tick + 0.5)) if tick > 1e-15 else 0.0
    if parts >= 1.0 and -1e-12 < parts * tick - 1.0 < 1e-12:
        return whole / parts
    return whole * tick


def cut(p: Row, quantity: float) -> float:
    """Return the whole lots in a quantity."""
    lot = p[S_LOT]
    return floor(quantity / lot + 1e-9) * lot if lot > 0.0 else quantity


def bought(p: Row, money: float, price: float, maker: bool) -> float:
    """Return the units whose notional and commission make up an amount of money."""
    rate = p[S_MAKER] if maker else p[S_TAKER]
    units = (money - p[S_PER_ORDER]) / (price * (1 + rate) + p[S_PER_UNIT])
    if p[S_MINIMUM] > 0.0:
        least = (money - p[S_MINIMUM]) / price
        units = least if least < units else units
    return units if units > 0.0 else 0.0
