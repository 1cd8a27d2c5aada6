"""What a strategy orders at the close of a candle, written into the book.

Everything here comes checked, see `rules.checking` and `engine.orders`. `orders` of the world has
a row more than orders can wait, for the one too many; so has its queue.
"""

from __future__ import annotations

from math import inf, nan

from workbench.engine.rules.book import Market, World, end_order
from workbench.engine.rules.costs import on_grid
from workbench.engine.rules.layout import *


def place_entry(
    w: World, m: Market, bar: int, strategy: float, sign: float, quantity: float, fraction: float,
    risk: float, limit: float, stop: float, expires: float, stop_loss: float, trail: float,
    break_even: float, bars: float, rungs: int, prices: World, weights: World,
) -> float:  # fmt: skip
    """Order an entry; return the number of the order.

    NaN stands for what is not given; `expires` and `bars` count candles and are infinite for never;
    `break_even` is the number of a target, 0 for none; of `prices` and `weights` the first `rungs`
    count.
    """
    p, _, orders, queue, _, _, _ = w
    o = orders[queue[_next(w, m, bar, strategy, sign)]]
    o[O_KIND] = ENTRY
    o[O_QUANTITY] = quantity
    o[O_FRACTION] = fraction
    o[O_RISK] = risk
    o[O_LIMIT] = on_grid(p[S_TICK], limit, -sign)
    o[O_STOP] = on_grid(p[S_TICK], stop, sign)
    o[O_EXPIRES] = bar + expires
    o[O_STOP_LOSS] = on_grid(p[S_TICK], stop_loss, -sign)
    o[O_TRAIL] = trail
    o[O_BREAK_EVEN] = break_even
    o[O_BARS] = bars
    o[O_PART] = 1.0
    o[O_TRADE] = 0.0
    o[O_RUNGS] = rungs
    for i in range(rungs):
        o[O_PRICES + i] = on_grid(p[S_TICK], prices[i], sign)
        o[O_WEIGHTS + i] = weights[i]
    return _placed(w, bar)


def place_close(
    w: World, m: Market, bar: int, strategy: float, part: float, trade: float
) -> float:  # fmt: skip
    """Order `part` of a trade (0 for all of the strategy) closed; return the number of the order.

    0.0, and no order, where it holds none of it.
    """
    _, _, orders, queue, _, _, _ = w
    if find(w, strategy, trade) < 0:
        return 0.0
    o = orders[queue[_next(w, m, bar, strategy, 0.0)]]
    o[O_KIND] = CLOSE
    o[O_QUANTITY] = nan
    o[O_FRACTION] = nan
    o[O_RISK] = nan
    o[O_LIMIT] = nan
    o[O_STOP] = nan
    o[O_EXPIRES] = inf
    o[O_STOP_LOSS] = nan
    o[O_TRAIL] = nan
    o[O_BREAK_EVEN] = 0.0
    o[O_BARS] = inf
    o[O_PART] = part
    o[O_TRADE] = trade
    o[O_RUNGS] = 0.0
    return _placed(w, bar)


def cancel(w: World, bar: int, strategy: float, order: float) -> int:
    """Cancel a waiting order of a strategy, 0 for all its entries; return how many were."""
    _, a, orders, queue, _, _, _ = w
    count = 0
    k = 0
    while k < int(a[ORDERS]):
        o = orders[queue[k]]
        meant = o[O_ID] == order or (order == 0.0 and o[O_KIND] == ENTRY)
        if meant and o[O_STRATEGY] == strategy:
            end_order(w, bar, k, CANCELLED, 0.0, 0.0)
            count += 1
        else:
            k += 1
    return count


def move_stop(w: World, strategy: float, trade: float, price: float) -> int:
    """Set the stop of a trade (0 for all of the strategy) from the next candle on; return how many.

    NaN takes it away.
    """
    p, a, _, _, positions, held, _ = w
    count = 0
    for k in range(int(a[POSITIONS])):
        row = positions[held[k]]
        if row[P_STRATEGY] == strategy and (trade == 0.0 or row[P_TRADE] == trade):
            row[P_STOP] = on_grid(p[S_TICK], price, -row[P_SIGN])
            row[P_MOVED] = 0.0
            a[FRESH] = 1.0
            count += 1
    return count


def find(w: World, strategy: float, trade: float) -> int:
    """Return where in `held` a trade of a strategy (0 for its newest) stands, -1 for nowhere."""
    _, a, _, _, positions, held, _ = w
    for k in range(int(a[POSITIONS]) - 1, -1, -1):
        row = positions[held[k]]
        if row[P_STRATEGY] == strategy and (trade == 0.0 or row[P_TRADE] == trade):
            return k
    return -1


def equity(w: World, m: Market, bar: int) -> float:
    """Return balance and unrealised profit at the close of candle `bar`."""
    a = w[1]
    worth: float = a[OFFSET] + a[LONGS] * m[M_CLOSE][bar] - a[SHORTS] * m[M_ASK_CLOSE][bar]
    return worth


def _next(w: World, m: Market, bar: int, strategy: float, sign: float) -> int:
    """Begin the next order; return its place in the queue."""
    _, a, orders, queue, _, _, _ = w
    k = int(a[ORDERS])
    o = orders[queue[k]]
    a[SIGNALS] += 1.0
    o[O_ID] = a[SIGNALS]
    o[O_STRATEGY] = strategy
    o[O_SIGN] = sign
    o[O_BAR] = bar
    o[O_CLOSE] = m[M_CLOSE][bar]
    o[O_EQUITY] = equity(w, m, bar)
    return k


def _placed(w: World, bar: int) -> float:
    """Let the order that was begun wait, or end it where too many do; return its number."""
    _, a, _, _, _, _, _ = w
    k = int(a[ORDERS])
    a[ORDERS] += 1.0
    a[FRESH] = 1.0
    number: float = a[SIGNALS]
    if k >= WORKING:
        end_order(w, bar, k, TOO_MANY_ORDERS, WORKING, k + 1)
    return number
