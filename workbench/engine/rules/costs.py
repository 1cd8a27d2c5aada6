"""What a fill costs, and how many units money buys."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

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
    tick = p[S_TICK]
    if tick > 0.0:
        # A hair, so that a price on the grid stays where it is.
        steps = ceil(price / tick - 1e-9) if side > 0 else floor(price / tick + 1e-9)
        price = steps * tick
    return price if price > 1e-12 else 1e-12


def on_grid(p: Row, price: float) -> float:
    """Return the multiple of the tick that is nearest to a price; NaN stays NaN."""
    tick = p[S_TICK]
    if tick > 0.0 and price == price:
        return floor(price / tick + 0.5) * tick
    return price


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
