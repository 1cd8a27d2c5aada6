"""Whether an order makes sense, as numbers tell it; `engine.orders` says why not in words."""

from __future__ import annotations

from math import inf

from workbench.engine.rules.book import World
from workbench.engine.rules.costs import on_grid
from workbench.engine.rules.layout import *


def wrong_entry(
    p: World, close: float, sign: float, quantity: float, fraction: float, risk: float,
    limit: float, stop: float, expires: float, stop_loss: float, trail: float, break_even: float,
    bars: float, rungs: int, prices: World, weights: World,
) -> int:  # fmt: skip
    """Return where in an order's row the first thing stands that makes no sense, 0 for nothing.

    The arguments are those of `place_entry`, `close` is the last close. Prices are looked at as
    they will be placed, on the grid of ticks.
    """
    code = wrong_size(p, quantity, fraction, risk)
    if code != 0:
        return code
    level = close
    tick = p[S_TICK]
    limit = on_grid(tick, limit, -sign)
    stop = on_grid(tick, stop, sign)
    stop_loss = on_grid(tick, stop_loss, -sign)
    if limit == limit:
        if stop == stop or not positive(limit):
            return O_LIMIT
        level = limit if sign * (close - limit) >= 0.0 else close
    elif stop == stop:
        if not positive(stop) or sign * (stop - close) < 0.0:
            return O_STOP
        level = stop
    if wrong_count(expires):
        return O_EXPIRES
    if risk == risk and stop_loss != stop_loss:
        return O_RISK
    if stop_loss == stop_loss and not (positive(stop_loss) and sign * (level - stop_loss) > 0.0):
        return O_STOP_LOSS
    if trail == trail and not (positive(trail) and trail < level):
        return O_TRAIL
    if wrong_count(bars):
        return O_BARS
    code = wrong_ladder(tick, sign, level, rungs, prices, weights)
    if code == 0 and not (0.0 <= break_even <= rungs and break_even == int(break_even)):
        return O_BREAK_EVEN
    return code


def wrong_size(p: World, quantity: float, fraction: float, risk: float) -> int:
    """The same for what is given of the size."""
    if quantity == quantity:
        both = fraction == fraction or risk == risk
        return O_QUANTITY if both or not positive(quantity) else 0
    if fraction == fraction:
        wrong = risk == risk or not positive(fraction) or fraction > p[S_LEVERAGE]
        return O_FRACTION if wrong else 0
    return O_RISK if risk == risk and not 0.0 < risk <= 1.0 else 0


def wrong_ladder(
    tick: float, sign: float, level: float, rungs: int, prices: World, weights: World
) -> int:
    """The same for targets: each must be beyond the one before, their weights make up 1."""
    if not 0 <= rungs <= RUNGS:
        return O_RUNGS
    total = 0.0
    for i in range(rungs):
        price = on_grid(tick, prices[i], sign)
        if not (positive(price) and sign * (price - level) > 0.0):
            return O_PRICES + i
        if not positive(weights[i]):
            return O_WEIGHTS + i
        level = price
        total += weights[i]
    if rungs > 0 and not -1e-9 <= total - 1.0 <= 1e-9:
        return O_WEIGHTS
    return 0


def wrong_count(number: float) -> bool:
    """Tell whether this is no number of candles: from 1, infinite for no end."""
    if number == inf:
        return False
    return not (1.0 <= number <= 1e15 and number == int(number))


def positive(number: float) -> bool:
    """Tell whether this is a number above 0, and finite."""
    return 0.0 < number < inf
