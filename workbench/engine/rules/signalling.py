"""Orders from rows of signals.

`g` holds, for each candle that has a signal, in order: the candles, and a last one that never
comes; what to do, a sum of the powers of two below; where the rows of signals are (one number, the
next one); the columns that differ from signal to signal, with one value for each; for each column
of `GIVEN` where it stands among those, -1 for none; the value of those that have no column; and two
rows of numbers to work with.
"""

from __future__ import annotations

from typing import Any

from workbench.engine.rules.book import Market, World
from workbench.engine.rules.layout import *
from workbench.engine.rules.placing import cancel, place_close, place_entry

CANCELS, EXITS, SHORT_EXITS, ENTRIES, SHORT_ENTRIES = 1, 2, 4, 8, 16

# --- what an entry can be given, in the order of the columns ---------------------------------
G_QUANTITY, G_FRACTION, G_RISK, G_LIMIT, G_STOP, G_EXPIRES = 0, 1, 2, 3, 4, 5
G_STOP_LOSS, G_TRAIL, G_BREAK_EVEN, G_BARS, G_PART = 6, 7, 8, 9, 10
G_PRICES = 11
G_WEIGHTS = G_PRICES + RUNGS
GIVEN_WIDTH = G_WEIGHTS + RUNGS


def signal(w: World, m: Market, g: Any, bar: int) -> None:
    """Place what the signals say at the close of candle `bar`.

    Exits close what stands in their direction, of which an entry of the same candle then may take
    the place; otherwise an entry is passed over while as many trades stand as there may be.
    """
    at, what, place, table, where, fixed, prices, weights = g
    i = int(place[0])
    while at[i] < bar:  # of candles before the warm-up
        i += 1
    place[0] = i
    if at[i] > bar:
        return
    place[0] = i + 1
    todo = int(what[i])
    strategy = 0.0
    if todo & CANCELS:
        cancel(w, bar, strategy, 0.0)
    part = given(table, where, fixed, i, G_PART)
    longs = leave_side(w, m, bar, strategy, 1.0, part, todo & EXITS != 0)
    shorts = leave_side(w, m, bar, strategy, -1.0, part, todo & SHORT_EXITS != 0)
    if todo & (ENTRIES | SHORT_ENTRIES) == 0:
        return
    sign = 1.0 if todo & ENTRIES else -1.0
    p = w[0]
    beside = longs if sign > 0.0 else shorts
    if p[S_HEDGING] > 0.0:
        beside = longs + shorts
    if beside >= p[S_MAX_POSITIONS]:
        return
    rungs = 0
    for k in range(RUNGS):
        price = given(table, where, fixed, i, G_PRICES + k)
        if price == price:
            prices[rungs] = price
            weights[rungs] = given(table, where, fixed, i, G_WEIGHTS + k)
            rungs += 1
    if rungs > 0 and weights[0] != weights[0]:
        for k in range(rungs):
            weights[k] = 1.0 / rungs
    place_entry(
        w, m, bar, strategy, sign,
        given(table, where, fixed, i, G_QUANTITY), given(table, where, fixed, i, G_FRACTION),
        given(table, where, fixed, i, G_RISK), given(table, where, fixed, i, G_LIMIT),
        given(table, where, fixed, i, G_STOP), given(table, where, fixed, i, G_EXPIRES),
        given(table, where, fixed, i, G_STOP_LOSS), given(table, where, fixed, i, G_TRAIL),
        given(table, where, fixed, i, G_BREAK_EVEN), given(table, where, fixed, i, G_BARS),
        rungs, prices, weights,
    )  # fmt: skip


def leave_side(
    w: World, m: Market, bar: int, strategy: float, sign: float, part: float, leaves: bool
) -> int:
    """Order the trades in a direction closed where it `leaves`; return how many will stand."""
    p, a, _, _, positions, held, _ = w
    count = 0
    for k in range(int(a[POSITIONS])):
        row = positions[held[k]]
        if row[P_STRATEGY] == strategy and row[P_SIGN] == sign:
            count += 1
            if leaves and p[S_HEDGING] > 0.0:
                place_close(w, m, bar, strategy, part, row[P_TRADE])
    if leaves and count > 0 and p[S_HEDGING] == 0.0:
        place_close(w, m, bar, strategy, part, 0.0)
    return 0 if leaves and part >= 1.0 else count


def given(table: World, where: World, fixed: World, i: int, column: int) -> float:
    """Return a value of the i-th signal."""
    k = int(where[column])
    value: float = table[k][i] if k >= 0 else fixed[column]
    return value
