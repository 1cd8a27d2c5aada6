"""What can happen to positions within a candle: stops, targets, trails, a margin call."""

from __future__ import annotations

from workbench.engine.rules.book import Market, World, end_order, leave, see_open
from workbench.engine.rules.costs import cut, on_grid
from workbench.engine.rules.layout import *


def open_all(w: World, m: Market, bar: int, s: int) -> None:
    """Fill the stops and targets the open of inside candle `s` is at or beyond."""
    p, a, _, _, positions, held, _ = w
    k = 0
    while k < int(a[POSITIONS]):
        row = positions[held[k]]
        opened = m[I_OPEN][s] if row[P_SIGN] > 0.0 else m[I_ASK_OPEN][s]
        skipped = spared(p, m, bar, s, row)
        gone = not skipped and stop(w, m, bar, s, k, opened, opened)
        if p[S_STOP_FIRST] == 0.0 and not skipped and not gone:
            gone = targets(w, m, bar, s, k, opened, opened)
        if not gone:
            k += 1


def spared(p: World, m: Market, bar: int, s: int, row: World) -> bool:
    """Tell whether inside candle `s` is one of the entry, in which nothing can be touched."""
    if p[S_ENTRY_CANDLE] == 1.0 or row[P_BAR] != bar:
        return False
    if p[S_ENTRY_CANDLE] == 0.0 or row[P_WAITED] == 1.0:
        return True
    # A stop entry's target lies on its way, unless the candle reaches its stop, too.
    worst = m[I_LOW][s] if row[P_SIGN] > 0.0 else m[I_ASK_HIGH][s]
    return bool(row[P_WAITED] == 2.0 and row[P_SIGN] * (worst - row[P_STOP]) <= 0.0)


def touch_all(w: World, m: Market, bar: int, s: int) -> None:
    """Take all positions through inside candle `s`, of which the open is done.

    A margin call is a stop, too: it comes before the targets, and before the stops beyond it.
    """
    p, a, _, _, _, _, _ = w
    if p[S_OPTIMISTIC] > 0.0:
        targets_all(w, m, bar, s)
    if a[SHORTS] > 0.0 or a[OFFSET] < 0.0:
        while stops_all(w, m, bar, s, True):
            pass
        margin_call(w, m, bar, s, m[I_OPEN][s], m[I_ASK_OPEN][s])
    stops_all(w, m, bar, s, False)
    if p[S_OPTIMISTIC] == 0.0:
        targets_all(w, m, bar, s)


def stops_all(w: World, m: Market, bar: int, s: int, solvent: bool) -> bool:
    """Fill the stops that inside candle `s` reaches; tell whether there was one.

    Where `solvent`, only those at which the account still has its margin.
    """
    p, a, _, _, positions, held, _ = w
    some = False
    k = 0
    while k < int(a[POSITIONS]):
        row = positions[held[k]]
        sign = row[P_SIGN]
        if sign > 0.0:
            opened, worst = m[I_OPEN][s], m[I_LOW][s]
        else:
            opened, worst = m[I_ASK_OPEN][s], m[I_ASK_HIGH][s]
        level = row[P_STOP]
        skipped = spared(p, m, bar, s, row)
        if solvent and not skipped:
            spread = m[I_ASK_OPEN][s] - m[I_OPEN][s]
            bid = level if sign > 0.0 else level - spread
            skipped = not _spare(p, a, bid, bid + spread) > 0.0
        if a[ORDERS] > 0.0:
            best = m[I_HIGH][s] if sign > 0.0 else m[I_ASK_LOW][s]
            worst, best = until(w, m, bar, row, opened, worst, best)
        if not skipped and stop(w, m, bar, s, k, opened, worst):
            some = True
        else:
            k += 1
    return some


def targets_all(w: World, m: Market, bar: int, s: int) -> None:
    """Fill the targets that inside candle `s` reaches."""
    p, a, _, _, positions, held, _ = w
    k = 0
    while k < int(a[POSITIONS]):
        row = positions[held[k]]
        if row[P_SIGN] > 0.0:
            opened, best = m[I_OPEN][s], m[I_HIGH][s]
        else:
            opened, best = m[I_ASK_OPEN][s], m[I_ASK_LOW][s]
        if a[ORDERS] > 0.0:
            worst = m[I_LOW][s] if row[P_SIGN] > 0.0 else m[I_ASK_HIGH][s]
            worst, best = until(w, m, bar, row, opened, worst, best)
        if spared(p, m, bar, s, row) or not targets(w, m, bar, s, k, opened, best):
            k += 1


def until(
    w: World, m: Market, bar: int, row: World, opened: float, worst: float, best: float
) -> tuple[float, float]:
    """Return the extremes a position meets before a waiting entry against it closes it.

    A price on the way to another comes before it: that is certain. Of an entry on the worse side
    and one on the better one, the worse comes first.
    """
    p, a, orders, queue, _, _, _ = w
    if p[S_HEDGING] > 0.0 or (p[S_OVER_GAPS] == 0.0 and m[M_MISSING][bar] != 0):
        return worst, best
    sign = row[P_SIGN]
    nearest, farthest = worst, best
    for k in range(int(a[ORDERS])):
        o = orders[queue[k]]
        if o[O_STRATEGY] != row[P_STRATEGY] or o[O_SIGN] != -sign:
            continue
        if sign * (o[O_STOP] - nearest) >= 0.0:
            nearest = o[O_STOP]
            if p[S_OPTIMISTIC] == 0.0:
                farthest = opened
        elif sign * (farthest - o[O_LIMIT]) >= 0.0:
            farthest = o[O_LIMIT]
            if p[S_OPTIMISTIC] > 0.0:
                nearest = opened
    return nearest, farthest


def touch(
    w: World, m: Market, bar: int, s: int, k: int, opened: float, worst: float, best: float
) -> bool:
    """Fill the stop and the targets of the k-th position that these prices reach; tell if all.

    `worst` and `best` are for the position: the extremes it may meet, in its own direction.
    """
    p = w[0]
    if p[S_OPTIMISTIC] > 0.0:
        return targets(w, m, bar, s, k, opened, best) or stop(w, m, bar, s, k, opened, worst)
    return stop(w, m, bar, s, k, opened, worst) or targets(w, m, bar, s, k, opened, best)


def stop(w: World, m: Market, bar: int, s: int, k: int, opened: float, worst: float) -> bool:
    """Close the k-th position if its stop is reached."""
    p, _, _, _, positions, held, _ = w
    row = positions[held[k]]
    sign = row[P_SIGN]
    level = row[P_STOP]
    if not sign * (worst - level) <= 0.0:
        return False
    gapped = p[S_STOP_GAP] > 0.0 and sign * (opened - level) < 0.0
    see_open(m, row, s, opened)
    price = opened if gapped else level
    code = int(row[P_MOVED]) if row[P_MOVED] > 0.0 else BY_STOP
    seen = opened if gapped else worst
    return leave(
        w, m, bar, k, price, row[P_REMAINING], code, 0.0, True, False, level, seen,
        1 if gapped else 0, 0.0,
    )  # fmt: skip


def targets(w: World, m: Market, bar: int, s: int, k: int, opened: float, best: float) -> bool:
    """Fill the targets of the k-th position that are reached, the nearest first."""
    p, _, _, _, positions, held, _ = w
    row = positions[held[k]]
    sign = row[P_SIGN]
    rungs = int(row[P_RUNGS])
    while int(row[P_NEXT]) < rungs:
        i = int(row[P_NEXT])
        level = row[P_PRICES + i]
        if sign * (best - level) < 0.0:
            return False
        see_open(m, row, s, opened)
        row[P_NEXT] += 1.0
        quantity = row[P_REMAINING]
        if i + 1 < rungs:
            quantity = cut(p, row[P_WEIGHTS + i] * row[P_QUANTITY])
        price = opened if p[S_TARGET_GAP] > 0.0 and sign * (opened - level) > 0.0 else level
        if quantity > 0.0 and leave(
            w, m, bar, k, price, quantity, BY_TARGET, 0.0, False, True, level, best, i + 1, 0.0
        ):
            return True
        # Not where the entry gapped beyond this target: the price is no better than at the entry.
        ahead = sign * (price - row[P_PRICE]) > 0.0
        if row[P_BREAK_EVEN] == i + 1 and ahead and not sign * (row[P_STOP] - row[P_PRICE]) >= 0.0:
            row[P_STOP] = row[P_PRICE]
            row[P_MOVED] = BY_BREAK_EVEN
    return False


def trail_all(w: World, m: Market, bar: int, s: int) -> None:
    """Let trailing stops follow the extremes of inside candle `s`, which is over.

    Where its close lies beyond a stop that was moved within it, by its extreme or at a target, the
    price has come through that stop on its way, and it fills.
    """
    p, a, _, _, positions, held, _ = w
    k = 0
    while k < int(a[POSITIONS]):
        row = positions[held[k]]
        sign = row[P_SIGN]
        close = m[I_CLOSE][s] if sign > 0.0 else m[I_ASK_CLOSE][s]
        best = m[I_HIGH][s] if sign > 0.0 else m[I_ASK_LOW][s]
        if row[P_TRAIL] == row[P_TRAIL]:
            if row[P_SEEN] > s:
                best = close  # entered within it: only the close surely came after
            if sign * (best - row[P_BEST]) > 0.0:
                row[P_BEST] = best
            level = on_grid(p[S_TICK], row[P_BEST] - sign * row[P_TRAIL], -sign)
            if not sign * (level - row[P_STOP]) <= 0.0:
                row[P_STOP] = level
                row[P_MOVED] = BY_TRAIL
        through = row[P_MOVED] > 0.0 and sign * (close - row[P_STOP]) <= 0.0
        if spared(p, m, bar, s, row):
            through = False
        if not (through and stop(w, m, bar, s, k, row[P_STOP], close)):
            k += 1


def margin_call(w: World, m: Market, bar: int, s: int, bid: float, ask: float) -> None:
    """Close everything where equity falls to the maintenance margin within inside candle `s`.

    `bid` and `ask` are where the account stands in it: its open, or the price of an entry.
    """
    p, a, _, _, _, _, _ = w
    if a[POSITIONS] == 0.0 or (a[SHORTS] == 0.0 and a[OFFSET] >= 0.0):
        return  # longs that are paid for cannot take equity away
    spare = _spare(p, a, bid, ask)
    if spare > 0.0:
        low, ask_low = m[I_LOW][s], m[I_ASK_LOW][s]
        high, ask_high = m[I_HIGH][s], m[I_ASK_HIGH][s]
        at_low = _spare(p, a, low, ask_low)
        at_high = _spare(p, a, high, ask_high)
        if at_low > 0.0 and at_high > 0.0:
            return
        if at_low <= 0.0:
            part = spare / (spare - at_low)
            bid, ask = bid + part * (low - bid), ask + part * (ask_low - ask)
        else:
            part = spare / (spare - at_high)
            bid, ask = bid + part * (high - bid), ask + part * (ask_high - ask)
    liquidate(w, m, bar, s, bid, ask)


def _spare(p: World, a: World, bid: float, ask: float) -> float:
    """Return equity above the maintenance margin at these prices."""
    longs, shorts = a[LONGS] * bid, a[SHORTS] * ask
    spare: float = a[OFFSET] + longs - shorts - p[S_MAINTENANCE] * (longs + shorts)
    return spare


def liquidate(w: World, m: Market, bar: int, s: int, bid: float, ask: float) -> None:
    """Close all positions at these prices, slippage on top, and end all orders."""
    p, a, _, _, positions, held, _ = w
    equity = a[OFFSET] + a[LONGS] * bid - a[SHORTS] * ask
    margin = p[S_MAINTENANCE] * (a[LONGS] * bid + a[SHORTS] * ask)
    while a[POSITIONS] > 0.0:
        row = positions[held[0]]
        price = bid if row[P_SIGN] > 0.0 else ask
        see_open(m, row, s, m[I_OPEN][s] if row[P_SIGN] > 0.0 else m[I_ASK_OPEN][s])
        leave(
            w, m, bar, 0, price, row[P_REMAINING], BY_MARGIN, 0.0, True, False, margin, equity, 0,
            0.0,
        )  # fmt: skip
    while a[ORDERS] > 0.0:
        end_order(w, bar, 0, LIQUIDATED, margin, equity)
