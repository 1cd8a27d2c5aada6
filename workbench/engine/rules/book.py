"""The book: what is held, what waits, what happened."""

from __future__ import annotations

from typing import Any

from workbench.engine.rules.costs import commission, slipped
from workbench.engine.rules.extremes import highest, lowest
from workbench.engine.rules.layout import *

World = Any
"""Settings, account, orders, their queue, positions, their queue, events: rows of numbers."""
Market = Any
"""The columns of the market, see `layout`."""


def totals(w: World) -> None:
    """Add up what is held, so that equity is OFFSET + LONGS * bid - SHORTS * ask."""
    _, a, _, _, positions, held, _ = w
    longs = 0.0
    shorts = 0.0
    offset = a[BALANCE]
    for k in range(int(a[POSITIONS])):
        row = positions[held[k]]
        if row[P_SIGN] > 0.0:
            longs += row[P_REMAINING]
            offset -= row[P_REMAINING] * row[P_PRICE]
        else:
            shorts += row[P_REMAINING]
            offset += row[P_REMAINING] * row[P_PRICE]
    a[LONGS] = longs
    a[SHORTS] = shorts
    a[OFFSET] = offset


def drop(queue: Any, k: int, count: int) -> None:
    """Take the k-th of `count` out of a queue: its row is free, the others keep their order."""
    slot = queue[k]
    for i in range(k, count - 1):
        queue[i] = queue[i + 1]
    queue[count - 1] = slot


def end_order(w: World, bar: int, k: int, code: int, level: float, seen: float) -> None:
    """Take the k-th order out of the book, unfilled."""
    _, a, orders, queue, _, _, events = w
    o = orders[queue[k]]
    e = events[int(a[EVENTS])]
    a[EVENTS] += 1.0
    e[E_KIND] = ENDED
    e[E_BAR] = bar
    e[E_ORDER] = o[O_ID]
    e[E_TRADE] = 0.0
    e[E_STRATEGY] = o[O_STRATEGY]
    e[E_SIGN] = o[O_SIGN]
    e[E_CODE] = code
    e[E_LEVEL] = level
    e[E_SEEN] = seen
    e[E_SIGNAL] = o[O_BAR]
    e[E_BALANCE] = a[BALANCE]
    e[E_OPEN] = a[POSITIONS]
    drop(queue, k, int(a[ORDERS]))
    a[ORDERS] -= 1.0


def see(m: Market, row: Any, end: int) -> None:
    """Take the inside candles before `end` into the extremes of a holding."""
    seen = int(row[P_SEEN])
    if end > seen:
        if row[P_SIGN] > 0.0:
            high = highest(m[I_HIGH], seen, end)
            low = lowest(m[I_LOW], seen, end)
        else:
            high = highest(m[I_ASK_HIGH], seen, end)
            low = lowest(m[I_ASK_LOW], seen, end)
        if high > row[P_HIGH]:
            row[P_HIGH] = high
        if low < row[P_LOW]:
            row[P_LOW] = low
        row[P_SEEN] = end


def see_open(m: Market, row: Any, s: int, opened: float) -> None:
    """The same for an exit within inside candle `s`, of which only the open surely came before."""
    see(m, row, s)
    if s > row[P_AT]:
        if opened > row[P_HIGH]:
            row[P_HIGH] = opened
        if opened < row[P_LOW]:
            row[P_LOW] = opened


def leave(
    w: World, m: Market, bar: int, k: int, price: float, quantity: float, code: int, order: float,
    slips: bool, maker: bool, level: float, seen: float, rung: int, decided: float,
) -> bool:  # fmt: skip
    """Close a quantity of the k-th position; tell whether nothing of it is left.

    `price` is before slippage, which is added where `slips`.
    """
    p, a, _, _, positions, held, events = w
    row = positions[held[k]]
    sign = row[P_SIGN]
    remaining = row[P_REMAINING]
    # Rounding may not leave crumbs: the rest goes with the part that reaches it.
    if quantity >= remaining * (1 - 1e-12):
        quantity = remaining
    if slips:
        price = slipped(p, price, -sign, quantity, m[M_VOLUME][bar])
    fee = commission(p, price, quantity, maker)
    gross = sign * (price - row[P_PRICE]) * quantity
    financing = row[P_FINANCING] * quantity / remaining
    pnl = gross - fee - row[P_COMMISSION] * quantity / row[P_QUANTITY] - financing
    best = row[P_HIGH] if row[P_HIGH] > price else price
    worst = row[P_LOW] if row[P_LOW] < price else price
    if sign < 0.0:
        best, worst = worst, best
    mfe = sign * (best - row[P_PRICE]) * quantity
    mae = sign * (worst - row[P_PRICE]) * quantity
    a[BALANCE] += gross - fee
    row[P_REMAINING] = remaining - quantity
    row[P_FINANCING] -= financing
    gone: bool = row[P_REMAINING] <= 0.0
    e = events[int(a[EVENTS])]
    a[EVENTS] += 1.0
    e[E_KIND] = EXITED
    e[E_BAR] = bar
    e[E_ORDER] = order
    e[E_TRADE] = row[P_TRADE]
    e[E_STRATEGY] = row[P_STRATEGY]
    e[E_SIGN] = sign
    e[E_CODE] = code
    e[E_PRICE] = price
    e[E_QUANTITY] = quantity
    e[E_REMAINING] = row[P_REMAINING]
    e[E_COMMISSION] = fee
    e[E_ENTRY_BAR] = row[P_BAR]
    e[E_ENTRY_PRICE] = row[P_PRICE]
    e[E_PNL] = pnl
    e[E_PERCENT] = 100 * pnl / (quantity * row[P_PRICE])
    e[E_MFE] = mfe if mfe > 0.0 else 0.0
    e[E_MAE] = mae if mae < 0.0 else 0.0
    e[E_LEVEL] = level
    e[E_SEEN] = seen
    e[E_RUNG] = rung
    e[E_FINANCING] = financing
    e[E_SIGNAL] = decided
    e[E_BALANCE] = a[BALANCE]
    if gone:
        drop(held, k, int(a[POSITIONS]))
        a[POSITIONS] -= 1.0
    e[E_OPEN] = a[POSITIONS]
    totals(w)
    return gone
