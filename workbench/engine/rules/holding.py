"""What a strategy holds, as numbers."""

from __future__ import annotations

from math import nan

from workbench.engine.rules.book import Market, World
from workbench.engine.rules.layout import *
from workbench.engine.rules.placing import equity, find

EQUITY_NOW, BALANCE_NOW, UNITS, ENTRY_PRICE, STOP_NOW, PNL, TRADES_OPEN, ORDERS_WAITING = (
    0, 1, 2, 3, 4, 5, 6, 7,
)  # fmt: skip
BARS_HELD, NEWEST = 8, 9


def look(w: World, m: Market, bar: int, strategy: float, what: int) -> float:
    """Return one of the numbers above; 0.0 where nothing is held, NaN where there is no stop.

    Units are below 0 for a short; the entry price is the average, the stop that of the newest
    trade, the candles held those of the oldest.
    """
    _, a, _, _, positions, held, _ = w
    if what == EQUITY_NOW:
        return equity(w, m, bar)
    if what == BALANCE_NOW:
        balance: float = a[BALANCE]
        return balance
    if what == ORDERS_WAITING:
        return waiting(w, strategy)
    k = find(w, strategy, 0.0)
    if what == STOP_NOW:
        stopped: float = positions[held[k]][P_STOP] if k >= 0 else nan
        return stopped
    if what == NEWEST:
        newest: float = positions[held[k]][P_TRADE] if k >= 0 else 0.0
        return newest
    return summed(w, m, bar, strategy, what)


def summed(w: World, m: Market, bar: int, strategy: float, what: int) -> float:
    """Return what the trades of a strategy add up to."""
    _, a, _, _, positions, held, _ = w
    units = 0.0
    paid = 0.0
    size = 0.0
    pnl = 0.0
    count = 0.0
    bars = 0.0
    for k in range(int(a[POSITIONS])):
        row = positions[held[k]]
        if row[P_STRATEGY] == strategy:
            mark = m[M_CLOSE][bar] if row[P_SIGN] > 0.0 else m[M_ASK_CLOSE][bar]
            if count == 0.0:
                bars = bar - row[P_BAR]
            count += 1.0
            units += row[P_SIGN] * row[P_REMAINING]
            size += row[P_REMAINING]
            paid += row[P_REMAINING] * row[P_PRICE]
            pnl += row[P_SIGN] * (mark - row[P_PRICE]) * row[P_REMAINING]
    if what == UNITS:
        return units
    if what == ENTRY_PRICE:
        return paid / size if size > 0.0 else 0.0
    if what == PNL:
        return pnl
    return count if what == TRADES_OPEN else bars


def waiting(w: World, strategy: float) -> float:
    """Return how many orders of a strategy wait."""
    _, a, orders, queue, _, _, _ = w
    count = 0.0
    for k in range(int(a[ORDERS])):
        if orders[queue[k]][O_STRATEGY] == strategy:
            count += 1.0
    return count
