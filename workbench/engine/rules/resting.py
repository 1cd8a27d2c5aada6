"""Entries that wait for a price."""

from __future__ import annotations

from math import inf

from workbench.engine.rules.book import Market, World
from workbench.engine.rules.entering import enter
from workbench.engine.rules.inside import margin_call, open_all, spared, touch, until
from workbench.engine.rules.layout import *


def triggered(w: World, m: Market, bar: int, s: int, gaps: bool) -> None:
    """Fill the entries that inside candle `s` reaches, or its open where `gaps`.

    Those nearer to the open come first, then those placed first.
    """
    _, a, orders, queue, _, _, _ = w
    while a[ORDERS] > 0.0:
        first = -1
        nearest = inf
        for k in range(int(a[ORDERS])):
            away = reached(m, s, orders[queue[k]], gaps)
            if away < nearest:
                first = k
                nearest = away
        if first < 0:
            return
        o = orders[queue[first]]
        sign = o[O_SIGN]
        limit = o[O_LIMIT] == o[O_LIMIT]
        price = o[O_LIMIT] if limit else o[O_STOP]
        if gaps:
            price = m[I_ASK_OPEN][s] if sign > 0.0 else m[I_OPEN][s]
        spread = m[I_ASK_OPEN][s] - m[I_OPEN][s]
        bid = price - spread if sign > 0.0 else price
        maker = limit and not (gaps and crosses(m, bar, s, o))
        if not enter(w, m, bar, s, first, price, maker, bid, bid + spread, True):
            continue
        if gaps:
            open_all(w, m, bar, s)  # the open may be beyond its own target or stop
        else:
            entered_inside(w, m, bar, s, limit, bid, bid + spread)


def crosses(m: Market, bar: int, s: int, o: World) -> bool:
    """Tell whether this is the first open after a limit that the close was better than already.

    There it takes what is offered, as a market order does.
    """
    first = bar == o[O_BAR] + 1.0 and s == int(m[M_FIRST][bar])
    return bool(first and o[O_SIGN] * (o[O_CLOSE] - o[O_LIMIT]) < 0.0)


def reached(m: Market, s: int, o: World, gaps: bool) -> float:
    """Return how far from the open of inside candle `s` an entry fills, infinite for not at all."""
    sign = o[O_SIGN]
    limit = o[O_LIMIT] == o[O_LIMIT]
    level = o[O_LIMIT] if limit else o[O_STOP]
    if sign > 0.0:
        opened = m[I_ASK_OPEN][s]
        extreme = m[I_ASK_LOW][s] if limit else m[I_ASK_HIGH][s]
    else:
        opened = m[I_OPEN][s]
        extreme = m[I_HIGH][s] if limit else m[I_LOW][s]
    if gaps:
        extreme = opened
    # A limit is reached from its better side, a stop from its worse one; neither by NaN.
    beyond = sign * (level - extreme) if limit else sign * (extreme - level)
    if not beyond >= 0.0:
        return inf
    away: float = level - opened if level > opened else opened - level
    return 0.0 if gaps else away


def entered_inside(
    w: World, m: Market, bar: int, s: int, limit: bool, bid: float, ask: float
) -> None:
    """Take the newest position, entered within inside candle `s`, through the rest of it.

    What came after the entry is known in part: the price went on to the extreme it was on its way
    to (a limit's stop, a stop entry's targets), and it ended at the close. Of the other extreme the
    worse is taken, or with a known path what the close says.
    """
    p, a, _, _, positions, held, _ = w
    k = int(a[POSITIONS]) - 1
    row = positions[held[k]]
    sign = row[P_SIGN]
    # What it is worth at once is told by the other side of the spread.
    if sign > 0.0:
        worst, best, close, opened = m[I_LOW][s], m[I_HIGH][s], m[I_CLOSE][s], bid
    else:
        worst, best, close, opened = m[I_ASK_HIGH][s], m[I_ASK_LOW][s], m[I_ASK_CLOSE][s], ask
    if sign * (opened - worst) < 0.0:
        opened = worst
    elif sign * (best - opened) < 0.0:
        opened = best
    risen = not limit and (p[S_OPTIMISTIC] > 0.0 or p[S_PATH] > 0.0)
    if risen:
        worst = close
    elif limit and p[S_OPTIMISTIC] == 0.0:
        best = close
    row[P_SEEN] = s + 1
    if not spared(p, m, bar, s, row):
        met, seen = worst, best
        if a[ORDERS] > 0.0:
            met, seen = until(w, m, bar, row, opened, worst, best)
        if touch(w, m, bar, s, k, opened, met, seen):
            return
    if not risen:
        margin_call(w, m, bar, s, bid, ask)
    if row[P_REMAINING] > 0.0:
        high = best if best > worst else worst
        low = worst if best > worst else best
        if high > row[P_HIGH]:
            row[P_HIGH] = high
        if low < row[P_LOW]:
            row[P_LOW] = low
