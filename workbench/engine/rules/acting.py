"""What a strategy that needs no Python can do: orders, checked.

What it asks for stands in `o`, a row like an order's; where O_ID is not 0, it is the place in that
row of a number that was given and is NaN. When something makes no sense, FAULT of the account
becomes the place of the number that is wrong, or one of the codes below, the row is kept as the
spare one of the orders, and the run stops.
"""

from __future__ import annotations

from workbench.engine.rules.book import Market, World
from workbench.engine.rules.checking import positive, wrong_entry
from workbench.engine.rules.costs import on_grid
from workbench.engine.rules.layout import *
from workbench.engine.rules.placing import cancel, move_stop, place_close, place_entry

RAISED, FLOODED = -1, -2  # it raised; it placed more orders on one candle than can be kept
MOVE, CANCEL = 3, 4  # kinds of orders that are none: a stop moved, orders cancelled


def act(
    w: World, m: Market, bar: int, room: float, o: World, prices: World, weights: World
) -> float:
    """Do what a row asks for.

    Parameters
    ----------
    room
        Rows of events from which on no more can be done on this candle.
    prices, weights
        Of an entry's targets, as many as O_RUNGS says.

    Returns
    -------
    float
        The number of the order, or how many were cancelled or moved; 0.0 for none.
    """
    a = w[1]
    if a[FAULT] != 0.0:
        return 0.0
    if a[EVENTS] >= room:
        a[FAULT] = FLOODED
        return 0.0
    if o[O_ID] != 0.0:
        return refuse(w, o, prices, weights, int(o[O_ID]))
    if o[O_KIND] == ENTRY:
        return enter_by(w, m, bar, o, prices, weights)
    if o[O_KIND] == MOVE:
        return move_by(w, m, bar, o, prices, weights)
    if o[O_KIND] == CANCEL:
        return float(cancel(w, bar, 0.0, o[O_TRADE]))
    if not 0.0 < o[O_PART] <= 1.0:
        return refuse(w, o, prices, weights, O_PART)
    return place_close(w, m, bar, 0.0, o[O_PART], o[O_TRADE])


def enter_by(w: World, m: Market, bar: int, o: World, prices: World, weights: World) -> float:
    """Place an entry, if it makes sense."""
    p = w[0]
    rungs = int(o[O_RUNGS])
    code = wrong_entry(
        p, m[M_CLOSE][bar], o[O_SIGN], o[O_QUANTITY], o[O_FRACTION], o[O_RISK], o[O_LIMIT],
        o[O_STOP], o[O_EXPIRES], o[O_STOP_LOSS], o[O_TRAIL], o[O_BREAK_EVEN], o[O_BARS], rungs,
        prices, weights,
    )  # fmt: skip
    if code != 0:
        return refuse(w, o, prices, weights, code)
    return place_entry(
        w, m, bar, 0.0, o[O_SIGN], o[O_QUANTITY], o[O_FRACTION], o[O_RISK], o[O_LIMIT], o[O_STOP],
        o[O_EXPIRES], o[O_STOP_LOSS], o[O_TRAIL], o[O_BREAK_EVEN], o[O_BARS], rungs, prices,
        weights,
    )  # fmt: skip


def move_by(w: World, m: Market, bar: int, o: World, prices: World, weights: World) -> float:
    """Move the stops of a trade (0 for all), and let them trail from here at a distance."""
    p, a, _, _, positions, held, _ = w
    stop = o[O_STOP_LOSS]
    trail = o[O_TRAIL]
    count = 0
    for k in range(int(a[POSITIONS])):
        row = positions[held[k]]
        if o[O_TRADE] != 0.0 and row[P_TRADE] != o[O_TRADE]:
            continue
        sign = row[P_SIGN]
        mark = m[M_CLOSE][bar] if sign > 0.0 else m[M_ASK_CLOSE][bar]
        code = 0
        level = on_grid(p[S_TICK], stop, -sign)
        if stop == stop and not (positive(level) and sign * (level - mark) < 0.0):
            code = O_STOP_LOSS
        elif trail == trail and not (positive(trail) and trail < mark):
            code = O_TRAIL
        if code != 0:
            o[O_SIGN] = sign
            o[O_CLOSE] = mark
            return refuse(w, o, prices, weights, code)
        follows = trail == trail and stop != stop
        row[P_TRAIL] = trail
        row[P_BEST] = mark
        count += move_stop(w, 0.0, row[P_TRADE], mark - sign * trail if follows else stop)
        if follows:
            row[P_MOVED] = BY_TRAIL
    return float(count)


def refuse(w: World, o: World, prices: World, weights: World, code: int) -> float:
    """Note what makes no sense; return 0.0."""
    _, a, orders, queue, _, _, _ = w
    a[FAULT] = code
    spare = orders[queue[WORKING]]
    for i in range(O_PRICES):
        spare[i] = o[i]
    for i in range(RUNGS):
        spare[O_PRICES + i] = prices[i]
        spare[O_WEIGHTS + i] = weights[i]
    return 0.0
