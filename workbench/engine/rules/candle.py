"""A candle goes by: what is due at its open, what happens within it, what is left after it."""

from __future__ import annotations

from math import inf

from workbench.engine.rules.book import (
    Market,
    World,
    drop,
    end_order,
    leave,
    see,
    see_open,
    totals,
)
from workbench.engine.rules.costs import cut
from workbench.engine.rules.entering import enter
from workbench.engine.rules.inside import open_all, touch_all, trail_all
from workbench.engine.rules.layout import *
from workbench.engine.rules.resting import triggered


def process(w: World, m: Market, bar: int) -> None:
    """Take the account through candle `bar`."""
    first = m[M_FIRST]
    start = int(first[bar])
    begin_candle(w, m, bar, start)
    for s in range(start, int(first[bar + 1])):
        within_candle(w, m, bar, s)
    end_candle(w, bar)


def begin_candle(w: World, m: Market, bar: int, start: int) -> None:
    """Do what is due at the open of candle `bar`, whose first inside candle is `start`."""
    p, a, _, _, _, _, _ = w
    if a[POSITIONS] > 0.0:
        if p[S_BORROW] > 0.0 or p[S_FUNDING] != 0.0:
            charge(w, m, bar)
        time_stops(w, m, bar, start)
    if a[FRESH] > 0.0:
        if p[S_AT_CLOSE] == 0.0:
            due(w, m, bar, start, m[M_OPEN][bar], m[M_ASK_OPEN][bar])
        a[FRESH] = 0.0


def within_candle(w: World, m: Market, bar: int, s: int) -> None:
    """Take the account through inside candle `s` of candle `bar`."""
    a = w[1]
    # First what its open brings, which is certain; then the way on.
    if a[POSITIONS] > 0.0:
        open_all(w, m, bar, s)
    if a[ORDERS] > 0.0:
        triggered(w, m, bar, s, True)
    if a[POSITIONS] > 0.0:
        touch_all(w, m, bar, s)
    if a[ORDERS] > 0.0:
        triggered(w, m, bar, s, False)
    if a[POSITIONS] > 0.0:
        trail_all(w, m, bar, s)


def end_candle(w: World, bar: int) -> None:
    """Do what is due when candle `bar` is over."""
    if w[1][ORDERS] > 0.0:
        expire(w, bar)
    refresh(w)


def settle(w: World, m: Market, bar: int) -> None:
    """Fill market orders at the close they were placed at, for the convention that does."""
    _, a, _, _, positions, held, _ = w
    end = int(m[M_FIRST][bar + 1])
    due(w, m, bar, end, m[M_CLOSE][bar], m[M_ASK_CLOSE][bar])
    for k in range(int(a[POSITIONS])):
        row = positions[held[k]]
        if row[P_AT] == end:
            row[P_AT] = end - 1  # the whole of the next candle comes after it
    a[FRESH] = 0.0
    refresh(w)


def due(w: World, m: Market, bar: int, s: int, bid: float, ask: float) -> None:
    """Fill closing orders, then market entries, at these prices."""
    p, a, orders, queue, _, _, _ = w
    k = 0
    while k < int(a[ORDERS]):
        if orders[queue[k]][O_KIND] == CLOSE:
            close_some(w, m, bar, s, k, bid, ask)
        else:
            k += 1
    k = 0
    while k < int(a[ORDERS]):
        o = orders[queue[k]]
        if o[O_LIMIT] == o[O_LIMIT] or o[O_STOP] == o[O_STOP]:
            k += 1
        elif p[S_TOUCH_WINS] > 0.0 and any_touched(w, m, bar, o[O_STRATEGY]):
            end_order(w, bar, k, POSITION_CLOSED, 0.0, 0.0)
        else:
            price = ask if o[O_SIGN] > 0.0 else bid
            enter(w, m, bar, s, k, price, False, bid, ask, p[S_AT_CLOSE] == 0.0)


def close_some(w: World, m: Market, bar: int, s: int, k: int, bid: float, ask: float) -> None:
    """Carry out the k-th order, a closing one."""
    p, a, orders, queue, positions, held, _ = w
    o = orders[queue[k]]
    small = 0.0
    filled = False
    i = 0
    while i < int(a[POSITIONS]):
        row = positions[held[i]]
        gone = False
        mine = row[P_STRATEGY] == o[O_STRATEGY]
        if mine and (o[O_TRADE] == 0.0 or o[O_TRADE] == row[P_TRADE]):
            quantity = row[P_REMAINING]
            if o[O_PART] < 1.0:
                quantity = cut(p, quantity * o[O_PART])
            if quantity <= 0.0:
                small = row[P_REMAINING] * o[O_PART]
            elif p[S_TOUCH_WINS] == 0.0 or not touched(p, m, bar, row):
                filled = True
                price = bid if row[P_SIGN] > 0.0 else ask
                see_open(m, row, s, price)
                gone = leave(
                    w, m, bar, i, price, quantity, BY_SIGNAL, o[O_ID], True, False, 0.0, 0.0, 0,
                    o[O_BAR],
                )  # fmt: skip
        if not gone:
            i += 1
    if filled:
        drop(queue, k, int(a[ORDERS]))
        a[ORDERS] -= 1.0
    elif small > 0.0:
        end_order(w, bar, k, TOO_SMALL, p[S_LOT], small)
    else:
        end_order(w, bar, k, POSITION_CLOSED, 0.0, 0.0)


def any_touched(w: World, m: Market, bar: int, strategy: float) -> bool:
    """Tell whether that is so of a position of a strategy."""
    p, a, _, _, positions, held, _ = w
    for k in range(int(a[POSITIONS])):
        row = positions[held[k]]
        if row[P_STRATEGY] == strategy and touched(p, m, bar, row):
            return True
    return False


def touched(p: World, m: Market, bar: int, row: World) -> bool:
    """Tell whether candle `bar` has yet to reach the stop or the last target of a position."""
    if p[S_AT_CLOSE] > 0.0 or (row[P_BAR] == bar and p[S_ENTRY_CANDLE] == 0.0):
        return False
    sign = row[P_SIGN]
    if sign > 0.0:
        worst, best = m[M_LOW][bar], m[M_HIGH][bar]
    else:
        worst, best = m[M_ASK_HIGH][bar], m[M_ASK_LOW][bar]
    if sign * (worst - row[P_STOP]) <= 0.0:
        return True
    n = int(row[P_RUNGS])
    return n > 0 and sign * (best - row[P_PRICES + n - 1]) >= 0.0


def time_stops(w: World, m: Market, bar: int, s: int) -> None:
    """Close at the open what has been held for as long as its order said."""
    _, a, _, _, positions, held, _ = w
    k = 0
    while k < int(a[POSITIONS]):
        row = positions[held[k]]
        if row[P_UNTIL] > bar:
            k += 1
            continue
        price = m[M_OPEN][bar] if row[P_SIGN] > 0.0 else m[M_ASK_OPEN][bar]
        see_open(m, row, s, price)
        leave(
            w, m, bar, k, price, row[P_REMAINING], BY_TIME, 0.0, True, False, 0.0, 0.0, 0, 0.0
        )  # fmt: skip


def charge(w: World, m: Market, bar: int) -> None:
    """Take funding and the interest on shorts for the time since the candle before."""
    p, a, _, _, positions, held, events = w
    total = 0.0
    for k in range(int(a[POSITIONS])):
        row = positions[held[k]]
        sign = row[P_SIGN]
        price = m[M_OPEN][bar] if sign > 0.0 else m[M_ASK_OPEN][bar]
        rate = sign * p[S_FUNDING] * m[M_FUNDINGS][bar]
        if sign < 0.0:
            rate += p[S_BORROW] * m[M_YEARS][bar]
        cost = rate * row[P_REMAINING] * price
        row[P_FINANCING] += cost
        total += cost
    if total != 0.0:
        a[BALANCE] -= total
        totals(w)
        e = events[int(a[EVENTS])]
        a[EVENTS] += 1.0
        e[E_KIND] = CHARGED
        e[E_BAR] = bar
        e[E_FINANCING] = total
        e[E_BALANCE] = a[BALANCE]
        e[E_OPEN] = a[POSITIONS]


def expire(w: World, bar: int) -> None:
    """End the orders whose last candle this was."""
    _, a, orders, queue, _, _, _ = w
    k = 0
    while k < int(a[ORDERS]):
        if orders[queue[k]][O_EXPIRES] <= bar:
            end_order(w, bar, k, EXPIRED, 0.0, 0.0)
        else:
            k += 1


def finish(w: World, m: Market, bar: int) -> None:
    """Close everything at the close of candle `bar`, without slippage, and end all orders."""
    _, a, _, _, positions, held, _ = w
    while a[ORDERS] > 0.0:
        end_order(w, bar, 0, END_OF_DATA, 0.0, 0.0)
    while a[POSITIONS] > 0.0:
        row = positions[held[0]]
        price = m[M_CLOSE][bar] if row[P_SIGN] > 0.0 else m[M_ASK_CLOSE][bar]
        see(m, row, int(m[M_FIRST][bar + 1]))
        leave(
            w, m, bar, 0, price, row[P_REMAINING], BY_END, 0.0, False, False, price, price, 0, 0.0
        )  # fmt: skip
    refresh(w)


def refresh(w: World) -> None:
    """Find between which prices nothing can happen; LOWER is infinite where time alone matters."""
    p, a, orders, queue, positions, held, _ = w
    lower = -inf
    upper = inf
    count = int(a[POSITIONS])
    if count > 0 and (p[S_BORROW] > 0.0 or p[S_FUNDING] != 0.0):
        lower = inf
    for k in range(count):
        row = positions[held[k]]
        below = row[P_STOP]
        above = (
            row[P_PRICES + int(row[P_NEXT])] if row[P_NEXT] < row[P_RUNGS] else inf * row[P_SIGN]
        )
        if row[P_SIGN] < 0.0:
            below, above = above, below
        if below > lower:
            lower = below
        if above < upper:
            upper = above
        if row[P_TRAIL] == row[P_TRAIL] or row[P_UNTIL] < inf:
            lower = inf
    for k in range(int(a[ORDERS])):
        o = orders[queue[k]]
        # A buy limit and a sell stop lie below the market, the others above.
        below = o[O_LIMIT] if o[O_SIGN] > 0.0 else o[O_STOP]
        above = o[O_STOP] if o[O_SIGN] > 0.0 else o[O_LIMIT]
        if below > lower:
            lower = below
        if above < upper:
            upper = above
        if o[O_EXPIRES] < inf:
            lower = inf
    longs, shorts, offset, margin = a[LONGS], a[SHORTS], a[OFFSET], p[S_MAINTENANCE]
    # A hair wider than where equity meets the margin; `margin_call` looks exactly.
    if longs > 0.0 and shorts > 0.0:
        lower = inf
    elif longs > 0.0 and offset < 0.0:
        call = -offset / (longs * (1 - margin)) * (1 + 1e-9) if margin < 1.0 else inf
        lower = call if call > lower else lower
    elif shorts > 0.0:
        call = offset / (shorts * (1 + margin)) * (1 - 1e-9)
        upper = call if call < upper else upper
    a[LOWER] = lower
    a[UPPER] = upper
