"""What a strategy that needs no Python can do: orders, checked; and where one made no sense.

FAULT of the account then says what: the place in an order's row of the number that is wrong, or one
of the codes below. The row that was asked for stands in the spare row of the orders, and the run
stops.
"""

from __future__ import annotations

from workbench.engine.rules.book import Market, World
from workbench.engine.rules.checking import positive, wrong_entry
from workbench.engine.rules.layout import *
from workbench.engine.rules.placing import cancel, move_stop, place_close, place_entry

RAISED, FLOODED = -1, -2  # it raised; it placed more orders on one candle than can be kept
MOVE = 3  # a kind of order that is none: a stop moved


def enter_at(
    w: World, m: Market, bar: int, room: float, wrong: int, sign: float, quantity: float,
    fraction: float, risk: float, limit: float, stop: float, expires: float, stop_loss: float,
    trail: float, break_even: float, bars: float, rungs: int, prices: World, weights: World,
) -> float:  # fmt: skip
    """Place an entry as `place_entry` does; return its number, 0.0 where it made no sense.

    `room` is how many rows of events there may be, `wrong` what is known already to make no sense.
    """
    if not able(w, room):
        return 0.0
    p, a, orders, queue, _, _, _ = w
    code = wrong
    if code == 0:
        code = wrong_entry(
            p, m[M_CLOSE][bar], sign, quantity, fraction, risk, limit, stop, expires, stop_loss,
            trail, break_even, bars, rungs, prices, weights,
        )  # fmt: skip
    if code == 0:
        return place_entry(
            w, m, bar, 0.0, sign, quantity, fraction, risk, limit, stop, expires, stop_loss, trail,
            break_even, bars, rungs, prices, weights,
        )  # fmt: skip
    o = orders[queue[WORKING]]
    o[O_KIND] = ENTRY
    o[O_SIGN] = sign
    o[O_QUANTITY] = quantity
    o[O_FRACTION] = fraction
    o[O_RISK] = risk
    o[O_LIMIT] = limit
    o[O_STOP] = stop
    o[O_EXPIRES] = expires
    o[O_STOP_LOSS] = stop_loss
    o[O_TRAIL] = trail
    o[O_BREAK_EVEN] = break_even
    o[O_BARS] = bars
    o[O_RUNGS] = rungs
    if rungs <= RUNGS:
        for i in range(rungs):
            o[O_PRICES + i] = prices[i]
            o[O_WEIGHTS + i] = weights[i]
    a[FAULT] = code
    return 0.0


def close_at(w: World, m: Market, bar: int, room: float, part: float, trade: float) -> float:
    """Order a part closed as `place_close` does; return its number, 0.0 for no order."""
    if not able(w, room):
        return 0.0
    if not 0.0 < part <= 1.0:
        _, a, orders, queue, _, _, _ = w
        o = orders[queue[WORKING]]
        o[O_KIND] = CLOSE
        o[O_PART] = part
        a[FAULT] = O_PART
        return 0.0
    return place_close(w, m, bar, 0.0, part, trade)


def cancel_at(w: World, bar: int, room: float, order: float) -> int:
    """Cancel as `placing.cancel` does."""
    return cancel(w, bar, 0.0, order) if able(w, room) else 0


def move_at(w: World, m: Market, bar: int, price: float, trail: float, trade: float) -> int:
    """Move stops as `placing.move_stop` does, and let them trail from here at a distance."""
    _, a, orders, queue, positions, held, _ = w
    if a[FAULT] != 0.0:
        return 0
    count = 0
    for k in range(int(a[POSITIONS])):
        row = positions[held[k]]
        if trade != 0.0 and row[P_TRADE] != trade:
            continue
        sign = row[P_SIGN]
        mark = m[M_CLOSE][bar] if sign > 0.0 else m[M_ASK_CLOSE][bar]
        code = 0
        if price == price and not (positive(price) and sign * (price - mark) < 0.0):
            code = O_STOP_LOSS
        elif trail == trail and not positive(trail):
            code = O_TRAIL
        if code != 0:
            o = orders[queue[WORKING]]
            o[O_KIND] = MOVE
            o[O_SIGN] = sign
            o[O_CLOSE] = mark
            o[O_STOP_LOSS] = price
            o[O_TRAIL] = trail
            a[FAULT] = code
            return count
        level = price
        if trail == trail and price != price:
            level = mark - sign * trail
        row[P_TRAIL] = trail
        row[P_BEST] = mark
        count += move_stop(w, 0.0, row[P_TRADE], level)
    return count


def able(w: World, room: float) -> bool:
    """Tell whether an order may be placed."""
    a = w[1]
    if a[FAULT] != 0.0:
        return False
    if a[EVENTS] >= room:
        a[FAULT] = FLOODED
        return False
    return True
