"""Rows of orders and positions as a live engine shows them."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any, Literal

from workbench.engine.broker import Broker
from workbench.engine.live_views import HeldPosition, Target, WaitingOrder, Wanted
from workbench.engine.routed import RoutedBroker
from workbench.engine.rules.costs import cut
from workbench.engine.rules.entering import sized
from workbench.engine.rules.layout import (
    BY_STOP,
    ENTRY,
    LONGS,
    M_ASK_CLOSE,
    M_CLOSE,
    O_BAR,
    O_EXPIRES,
    O_ID,
    O_KIND,
    O_LIMIT,
    O_PART,
    O_PRICES,
    O_QUANTITY,
    O_RUNGS,
    O_SIGN,
    O_STOP,
    O_STOP_LOSS,
    O_STRATEGY,
    O_TRADE,
    O_TRAIL,
    OFFSET,
    P_BAR,
    P_COMMISSION,
    P_FINANCING,
    P_MOVED,
    P_NEXT,
    P_ORDER,
    P_PRICE,
    P_PRICES,
    P_QUANTITY,
    P_REMAINING,
    P_RUNGS,
    P_SIGN,
    P_SIGNAL,
    P_STOP,
    P_STRATEGY,
    P_TRADE,
    P_TRAIL,
    P_UNTIL,
    P_WEIGHTS,
    POSITIONS,
    S_HEDGING,
    S_MAX_RISK,
    SHORTS,
)  # fmt: skip


def price_of(broker: Broker, o: Sequence[float], bid: float, ask: float) -> float:
    """Return the price an entry would fill at, were it reached now."""
    if o[O_LIMIT] == o[O_LIMIT]:
        return min(o[O_LIMIT], ask) if o[O_SIGN] > 0 else max(o[O_LIMIT], bid)
    if o[O_STOP] == o[O_STOP]:
        return o[O_STOP]
    return ask if o[O_SIGN] > 0 else bid


def units_of(broker: Broker, o: Sequence[float], bid: float, ask: float) -> float:
    """Return the units an entry would be were it filled now, what stands against it closed.

    What it would be too small, too dear or too risky for now it may get later: then those asked
    for, 0.0 where they are not known.
    """
    world: Any = broker.world
    p, a, positions, held = world[0], list(world[1]), world[4], world[5]
    for k in range(int(a[POSITIONS])):
        row = positions[held[k]]
        against = row[P_SIGN] != o[O_SIGN] and not p[S_HEDGING] > 0.0
        if against and row[P_STRATEGY] == o[O_STRATEGY]:
            units = row[P_REMAINING]
            a[LONGS if row[P_SIGN] > 0 else SHORTS] -= units
            a[OFFSET] += units * bid if row[P_SIGN] > 0 else -units * ask
    price = price_of(broker, o, bid, ask)
    maker = o[O_LIMIT] == o[O_LIMIT]
    # Not at risk: what is closed first is still in the book.
    free = [*p[:S_MAX_RISK], inf, *p[S_MAX_RISK + 1 :]]
    bar = int(o[O_BAR])
    units, _, code, _, _ = sized(
        (free, a, *world[2:]), broker.market, bar, o, price, maker, bid, ask
    )
    if code and o[O_QUANTITY] == o[O_QUANTITY]:
        return cut(p, o[O_QUANTITY])
    return 0.0 if code else units


def wanted_of(broker: Broker, o: Sequence[float]) -> Wanted:
    """Return an entry that was just placed as a gate sees it."""
    bar, sign = int(o[O_BAR]), o[O_SIGN]
    bid, ask = broker.market[M_CLOSE][bar], broker.market[M_ASK_CLOSE][bar]
    price, units = price_of(broker, o, bid, ask), units_of(broker, o, bid, ask)
    return Wanted(
        int(o[O_ID]), int(o[O_STRATEGY]), sign, units, units * price, price, _given(o[O_LIMIT]),
        _given(o[O_STOP]), ask if sign > 0 else bid, bar,
    )  # fmt: skip


def waiting_of(broker: Broker, o: Sequence[float], bid: float, ask: float) -> WaitingOrder:
    """Return an order that waits as it is shown."""
    kind: Literal["entry", "close"] = "entry" if o[O_KIND] == ENTRY else "close"
    sign, units = o[O_SIGN], 0.0
    if kind == "entry":
        units = units_of(broker, o, bid, ask)
    else:
        rows = [row for row in broker.positions(int(o[O_STRATEGY]))
                if o[O_TRADE] in (0.0, row[P_TRADE])]  # fmt: skip
        units = sum(closing(broker, row, o[O_PART]) for row in rows)
        signs = {-row[P_SIGN] for row in rows}
        sign = signs.pop() if len(signs) == 1 else 0.0
    filled, average, cancelling = 0.0, None, False
    if isinstance(broker, RoutedBroker):
        cancelling = int(o[O_ID]) in broker.cancelling
        trade = broker.filled.get(int(o[O_ID]))
        if trade is not None:
            position = broker._position(trade)
            filled, average = position[P_QUANTITY], position[P_PRICE]
    rungs = int(o[O_RUNGS])
    return WaitingOrder(
        int(o[O_ID]), int(o[O_STRATEGY]), kind, sign, _given(o[O_LIMIT]), _given(o[O_STOP]),
        _given(o[O_QUANTITY]), units, _given(o[O_STOP_LOSS]),
        tuple(o[O_PRICES : O_PRICES + rungs]), _given(o[O_TRAIL]), o[O_PART], int(o[O_TRADE]),
        int(o[O_BAR]), _bar(o[O_EXPIRES]), filled, average, cancelling,
    )  # fmt: skip


def closing(broker: Broker, row: Sequence[float], part: float) -> float:
    """Return the units of a position that closing a part of it takes off."""
    return cut(broker.p, row[P_REMAINING] * part) if part < 1.0 else row[P_REMAINING]


def held_of(
    broker: Broker, row: Sequence[float], bid: float, ask: float, realised: float,
    spent: tuple[float, float],
) -> HeldPosition:  # fmt: skip
    """Return a position as it is shown; `spent` are commission and financing its exits paid."""
    sign, remaining = row[P_SIGN], row[P_REMAINING]
    mark = bid if sign > 0 else ask
    rungs, nearest = int(row[P_RUNGS]), int(row[P_NEXT])
    targets, left = [], remaining
    for k in range(nearest, rungs):
        units = left
        if k + 1 < rungs:
            units = min(left, cut(broker.p, row[P_WEIGHTS + k] * row[P_QUANTITY]))
        left -= units
        targets.append(Target(k + 1, row[P_PRICES + k], units))
    commission, financing = spent
    return HeldPosition(
        int(row[P_TRADE]), int(row[P_ORDER]), int(row[P_STRATEGY]), sign, row[P_QUANTITY],
        remaining, row[P_PRICE], int(row[P_BAR]), int(row[P_SIGNAL]), _given(row[P_STOP]),
        int(row[P_MOVED]) or BY_STOP, _given(row[P_TRAIL]), tuple(targets), _bar(row[P_UNTIL]),
        mark, sign * (mark - row[P_PRICE]) * remaining, realised, row[P_COMMISSION] + commission,
        row[P_FINANCING] + financing,
    )  # fmt: skip


def _given(number: float) -> float | None:
    return number if number == number else None


def _bar(number: float) -> int | None:
    return None if number == inf else int(number)
