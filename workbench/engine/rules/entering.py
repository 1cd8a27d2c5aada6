"""Opening a position: what it may cost, how large it is."""

from __future__ import annotations

from math import inf

from workbench.engine.rules.book import Market, World, drop, end_order, leave, see_open, totals
from workbench.engine.rules.costs import bought, commission, cut, on_grid, slipped
from workbench.engine.rules.layout import *


def enter(
    w: World, m: Market, bar: int, s: int, k: int, price: float, maker: bool, bid: float,
    ask: float, fresh: bool,
) -> bool:  # fmt: skip
    """Fill the k-th order, an entry, at `price` (before slippage), or end it; tell which.

    Positions of its strategy that stand against it are closed first, at the same price. `bid` and
    `ask` are the prices of the moment, `s` the inside candle, `fresh` that it begins with the fill.
    """
    p, a, orders, queue, positions, held, _ = w
    o = orders[queue[k]]
    sign = o[O_SIGN]
    if p[S_OVER_GAPS] == 0.0 and m[M_MISSING][bar] != 0 and fresh:
        end_order(w, bar, k, int(m[M_MISSING][bar]), 0.0, 0.0)
        return False
    beside = 0
    i = 0
    while i < int(a[POSITIONS]):
        row = positions[held[i]]
        if row[P_STRATEGY] != o[O_STRATEGY]:
            i += 1
        elif row[P_SIGN] == sign or p[S_HEDGING] > 0.0:
            beside += 1
            i += 1
        else:
            see_open(m, row, s, price)
            leave(
                w, m, bar, i, price, row[P_REMAINING], BY_REVERSAL, o[O_ID], not maker, maker,
                0.0, 0.0, 0, o[O_BAR],
            )  # fmt: skip
    if beside >= p[S_MAX_POSITIONS]:
        end_order(w, bar, k, MAX_POSITIONS, p[S_MAX_POSITIONS], beside)
        return False
    quantity, paid, code, wanted, there = sized(w, m, bar, o, price, maker, bid, ask)
    if code != 0:
        end_order(w, bar, k, code, wanted, there)
        return False
    enter_row(w, bar, s, o, paid, quantity, maker)
    drop(queue, k, int(a[ORDERS]))
    a[ORDERS] -= 1.0
    totals(w)
    return True


def sized(
    w: World, m: Market, bar: int, o: World, price: float, maker: bool, bid: float, ask: float
) -> tuple[float, float, int, float, float]:
    """Return units, price, and, where there can be none, a code with what was wanted and there."""
    p, a, _, _, _, _, _ = w
    sign = o[O_SIGN]
    volume = m[M_VOLUME][bar]
    paid = price if maker else _slipped(p, o, price, 0.0, volume)
    equity = a[OFFSET] + a[LONGS] * bid - a[SHORTS] * ask
    if equity <= 1e-6:  # a margin call leaves crumbs
        return 0.0, paid, NO_EQUITY, 0.0, equity
    free = equity * p[S_LEVERAGE] - a[LONGS] * bid - a[SHORTS] * ask
    quantity = o[O_QUANTITY]
    given = quantity == quantity
    if not given:
        quantity = _asked(p, o, paid, maker)
        most = bought(p, free, paid, maker)
        if quantity <= 0.0 or most <= 0.0:
            # What was asked for does not even pay the commission; or nothing is free.
            wanted = quantity * paid if quantity > 0.0 else commission(p, paid, 0.0, maker)
            there = free if quantity > 0.0 else _budget(o)
            return 0.0, paid, NO_CASH, wanted if wanted < inf else o[O_EQUITY], there
        quantity = quantity if quantity < most else most
    quantity = cut(p, quantity)
    if quantity <= 0.0 or quantity < p[S_MIN_SIZE]:
        least = p[S_MIN_SIZE] if p[S_MIN_SIZE] > p[S_LOT] else p[S_LOT]
        return 0.0, paid, TOO_SMALL, least, quantity
    if not maker:
        paid = _slipped(p, o, price, quantity, volume)
    needed = quantity * paid + commission(p, paid, quantity, maker)
    if needed > free * (1 + 1e-9):
        if given:
            return 0.0, paid, NO_CASH, needed, free
        # The size itself has moved the price.
        quantity = cut(p, bought(p, free, paid, maker))
        if quantity <= 0.0 or quantity < p[S_MIN_SIZE]:
            return 0.0, paid, NO_CASH, needed, free
        paid = _slipped(p, o, price, quantity, volume)
    if p[S_MAX_RISK] < inf:
        risk = at_risk(w) + quantity * _distance(_first_stop(p, o, paid), paid, sign)
        if risk > p[S_MAX_RISK] * equity:
            return 0.0, paid, TOO_RISKY, risk, p[S_MAX_RISK] * equity
    return quantity, paid, 0, 0.0, 0.0


def _slipped(p: World, o: World, price: float, quantity: float, volume: float) -> float:
    """Return what an entry gets that takes what is there: of a limit, never worse than that."""
    sign: float = o[O_SIGN]
    limit: float = o[O_LIMIT]
    paid = slipped(p, price, sign, quantity, volume)
    return limit if sign * (paid - limit) > 0.0 else paid


def _budget(o: World) -> float:
    """Return the money an order by fraction, or without any size, asks for."""
    money: float = o[O_EQUITY] * (o[O_FRACTION] if o[O_FRACTION] == o[O_FRACTION] else 1.0)
    return money


def _asked(p: World, o: World, paid: float, maker: bool) -> float:
    """Return the units an order without a quantity asks for."""
    stop = o[O_STOP_LOSS]
    risk = o[O_RISK]
    if risk != risk and o[O_FRACTION] != o[O_FRACTION] and stop == stop:
        risk = p[S_RISK]
    if risk == risk:
        level = _level(o)
        distance = level - stop if level > stop else stop - level
        return risk * o[O_EQUITY] / distance if distance > 0.0 else inf
    fraction = o[O_FRACTION]
    if fraction != fraction:
        fraction = 1.0
    return bought(p, fraction * o[O_EQUITY], paid, maker)


def _level(o: World) -> float:
    """Return the price at which an order was meant to fill, as it was placed."""
    level: float = o[O_CLOSE]
    if o[O_LIMIT] == o[O_LIMIT]:
        if o[O_SIGN] * (level - o[O_LIMIT]) >= 0.0:
            level = o[O_LIMIT]
    elif o[O_STOP] == o[O_STOP]:
        level = o[O_STOP]
    return level


def _first_stop(p: World, o: World, price: float) -> float:
    """Return where the stop of an order filled at `price` begins, NaN for nowhere."""
    sign = o[O_SIGN]
    stop: float = o[O_STOP_LOSS]
    if p[S_STOPS_MOVE] > 0.0:
        stop = on_grid(p[S_TICK], stop * (price / _level(o)), -sign)
    if o[O_TRAIL] == o[O_TRAIL]:
        level = on_grid(p[S_TICK], price - sign * o[O_TRAIL], -sign)
        if not sign * (level - stop) <= 0.0:
            stop = level
    return stop


def _distance(stop: float, price: float, sign: float) -> float:
    """Return what a unit loses at its stop; all of it without one."""
    if stop != stop:
        return price
    loss = sign * (price - stop)
    return loss if loss > 0.0 else 0.0


def at_risk(w: World) -> float:
    """Return what all positions lose when their stops are hit, in the account's currency."""
    _, a, _, _, positions, held, _ = w
    risk = 0.0
    for k in range(int(a[POSITIONS])):
        row = positions[held[k]]
        risk += row[P_REMAINING] * _distance(row[P_STOP], row[P_PRICE], row[P_SIGN])
    return risk


def enter_row(
    w: World, bar: int, s: int, o: World, price: float, quantity: float, maker: bool
) -> None:
    """Open a position of an order's, and write the row that tells it."""
    p, a, _, _, positions, held, events = w
    fee = commission(p, price, quantity, maker)
    a[BALANCE] -= fee
    a[TRADES] += 1.0
    count = int(a[POSITIONS])
    a[POSITIONS] += 1.0
    row = positions[held[count]]
    ratio = price / _level(o) if p[S_STOPS_MOVE] > 0.0 else 1.0
    row[P_TRADE] = a[TRADES]
    row[P_STRATEGY] = o[O_STRATEGY]
    row[P_SIGN] = o[O_SIGN]
    row[P_BAR] = bar
    row[P_PRICE] = price
    row[P_QUANTITY] = quantity
    row[P_REMAINING] = quantity
    row[P_COMMISSION] = fee
    row[P_STOP] = _first_stop(p, o, price)
    row[P_TRAIL] = o[O_TRAIL]
    row[P_BEST] = price
    row[P_BREAK_EVEN] = o[O_BREAK_EVEN]
    row[P_UNTIL] = bar + o[O_BARS]
    row[P_HIGH] = price
    row[P_LOW] = price
    row[P_SEEN] = s
    row[P_AT] = s
    row[P_FINANCING] = 0.0
    row[P_ORDER] = o[O_ID]
    row[P_SIGNAL] = o[O_BAR]
    row[P_NEXT] = 0.0
    row[P_MOVED] = 0.0
    sign = o[O_SIGN]
    tick = p[S_TICK]
    if o[O_TRAIL] == o[O_TRAIL] and row[P_STOP] == on_grid(tick, price - sign * o[O_TRAIL], -sign):
        row[P_MOVED] = BY_TRAIL
    row[P_RUNGS] = o[O_RUNGS]
    row[P_WAITED] = 1.0 if maker else 2.0 if o[O_STOP] == o[O_STOP] else 0.0
    e = events[int(a[EVENTS])]
    a[EVENTS] += 1.0
    for i in range(int(o[O_RUNGS])):
        row[P_PRICES + i] = on_grid(tick, o[O_PRICES + i] * ratio, sign)
        row[P_WEIGHTS + i] = o[O_WEIGHTS + i]
        e[E_PRICES + i] = row[P_PRICES + i]
    e[E_KIND] = ENTERED
    e[E_BAR] = bar
    e[E_ORDER] = o[O_ID]
    e[E_TRADE] = a[TRADES]
    e[E_STRATEGY] = o[O_STRATEGY]
    e[E_SIGN] = o[O_SIGN]
    e[E_CODE] = 0.0
    e[E_PRICE] = price
    e[E_QUANTITY] = quantity
    e[E_REMAINING] = quantity
    e[E_COMMISSION] = fee
    e[E_ENTRY_BAR] = bar
    e[E_ENTRY_PRICE] = price
    e[E_FINANCING] = 0.0
    e[E_SIGNAL] = o[O_BAR]
    e[E_STOP] = row[P_STOP]
    e[E_RUNGS] = o[O_RUNGS]
    e[E_BALANCE] = a[BALANCE]
    e[E_OPEN] = a[POSITIONS]
