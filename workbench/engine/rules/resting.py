"""Entries that wait for a price."""

from __future__ import annotations

from workbench.engine.rules.book import Market, World
from workbench.engine.rules.entering import enter
from workbench.engine.rules.inside import touch
from workbench.engine.rules.layout import *


def triggered(w: World, m: Market, bar: int, s: int, gaps: bool) -> None:
    """Fill the limit and stop entries that inside candle `s` reaches, or its open where `gaps`."""
    _, a, orders, queue, _, _, _ = w
    k = 0
    while k < int(a[ORDERS]):
        o = orders[queue[k]]
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
            k += 1
            continue
        price = opened if gaps else level
        spread = m[I_ASK_OPEN][s] - m[I_OPEN][s]
        bid = price - spread if sign > 0.0 else price
        if enter(w, m, bar, s, k, price, limit, bid, bid + spread, True) and not gaps:
            entered_inside(w, m, bar, s, price, limit)


def entered_inside(w: World, m: Market, bar: int, s: int, price: float, limit: bool) -> None:
    """Take the newest position, entered within inside candle `s`, through the rest of it.

    What came after the entry is known in part: the price went on to the extreme it was on its way
    to (a limit's stop, a stop entry's targets), and it ended at the close. Of the other extreme the
    worse is taken, or with a known path what the close says.
    """
    p, a, _, _, positions, held, _ = w
    k = int(a[POSITIONS]) - 1
    row = positions[held[k]]
    if row[P_SIGN] > 0.0:
        worst, best, close = m[I_LOW][s], m[I_HIGH][s], m[I_CLOSE][s]
    else:
        worst, best, close = m[I_ASK_HIGH][s], m[I_ASK_LOW][s], m[I_ASK_CLOSE][s]
    if limit:
        if p[S_OPTIMISTIC] == 0.0:
            best = close
    elif p[S_OPTIMISTIC] > 0.0 or p[S_PATH] > 0.0:
        worst = close
    row[P_SEEN] = s + 1
    high = best if best > worst else worst
    low = worst if best > worst else best
    if high > row[P_HIGH]:
        row[P_HIGH] = high
    if low < row[P_LOW]:
        row[P_LOW] = low
    if p[S_ENTRY_CANDLE] > 0.0:
        touch(w, m, bar, s, k, price, worst, best)
