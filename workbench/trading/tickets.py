"""Orders at a venue as routing knows them, and what makes them fit the venue's rules."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor
from typing import Literal, NamedTuple

from msgspec import Struct

from workbench.engine.rules.costs import on_grid
from workbench.messages import OrderKind
from workbench.trading.brokering import Open, Place, Rules

CRUMB = 1e-9
"""Of a quantity: a smaller difference is of rounding."""

EXACT = 2.3e-16
"""The relative rounding of a double."""


class Purpose(NamedTuple):
    """What an order at the venue is for, within its symbol.

    Attributes
    ----------
    kind
        ``order``: an order of the strategy, entry or close (`number` is the engine's order number);
        ``stop``, ``target``: protection of a trade; ``close``: whatever else closes a trade
        (time stop, reversal, end of the session, kill switch), `number` is the trade's.
    rung
        Of a target, from 1.
    """

    kind: Literal["order", "stop", "target", "close"]
    number: int
    rung: int = 0


class Life(NamedTuple):
    """How an order fares at the venue; several in a row under one purpose are taken together.

    Attributes
    ----------
    wanted
        Units sent: filled, and waiting; None while nothing of it is at the venue.
    filled, average, fees
        So far; units, price (None without a fill), money.
    client_order_id
        Of the newest; None while nothing has been sent.
    emulated
        It rests here.
    acknowledged
        The venue has answered for the newest.
    out
        It is at the venue, or is about to be sent there.
    code, message
        Of the last refusal, in the venue's words; None without one.
    """

    wanted: float | None
    filled: float
    average: float | None
    fees: float
    client_order_id: str | None
    emulated: bool
    acknowledged: bool
    out: bool
    code: str | None
    message: str | None


class Ticket(Struct, array_like=True):
    """An order at the venue.

    Attributes
    ----------
    trade
        Of an exit; 0 of an entry.
    code
        Why it closes, of `rules/layout.py`; of an entry 0.
    level
        The stop or target it is meant at.
    """

    place: Place
    purpose: Purpose
    trade: int = 0
    code: int = 0
    level: float | None = None
    acknowledged: bool = False
    cancelling: bool = False
    filled: float = 0.0
    average: float | None = None
    fees: float = 0.0

    @property
    def left(self) -> float:
        """Units not filled yet."""
        return self.place.quantity - self.filled

    def opened(self) -> Open:
        """Return it as a broker compares it."""
        return Open(self.place, self.filled, self.acknowledged)


class Exit(Struct, array_like=True):
    """What is to be sold of a trade (or bought back), by market orders, one after the other.

    Attributes
    ----------
    quantity
        Units still to go; infinite for all.
    order
        Of the engine: the closing order, or the entry that reverses; 0 for neither.
    tries, wait
        How often the venue refused it, and until when (`at`, epoch ms) it is left alone.
    """

    trade: int
    purpose: Purpose
    code: int
    quantity: float
    order: int = 0
    rung: int = 0
    level: float | None = None
    tries: int = 0
    wait: int = 0


class Past(Struct, array_like=True):
    """What the orders of a purpose that are over have come to, and how the newest fared."""

    filled: float = 0.0
    cost: float = 0.0
    fees: float = 0.0
    client_order_id: str | None = None
    acknowledged: bool = False
    code: str | None = None
    message: str | None = None

    def life(self, tickets: Iterable[Ticket], emulated: bool, out: bool) -> Life:
        """Return it together with those that are open."""
        filled, cost, fees = self.filled, self.cost, self.fees
        name, acknowledged = self.client_order_id, self.acknowledged
        wanted = filled
        for ticket in tickets:
            filled += ticket.filled
            cost += ticket.filled * (ticket.average or 0.0)
            fees += ticket.fees
            wanted += ticket.place.quantity
            name, acknowledged = ticket.place.client_order_id, ticket.acknowledged
        average = cost / filled if filled else None
        return Life(
            wanted or None, filled, average, fees, name, emulated, acknowledged, out, self.code,
            self.message,
        )  # fmt: skip


def key(purpose: Purpose) -> str:
    """Return a purpose as text."""
    return f"{purpose.kind}:{purpose.number}:{purpose.rung}"


def whole(rules: Rules, quantity: float) -> float:
    """Return the whole lots in a quantity."""
    if rules.lot <= 0.0:
        return quantity
    # A quotient of many lots is off by more than a crumb of one.
    lots = quantity / rules.lot
    lots = floor(lots * (1 + 4 * EXACT) + CRUMB)
    # Three times a tenth is not the number that is written 0.3; three tenths are.
    parts = round(1 / rules.lot)
    return lots / parts if abs(parts * rules.lot - 1) < 1e-12 else lots * rules.lot


def small(rules: Rules, quantity: float, price: float | None) -> tuple[float, float] | None:
    """Return what would be needed and what there is, where a quantity is below the minimum."""
    least = max(rules.least, rules.lot)
    if quantity <= 0.0 or quantity < least * (1 - CRUMB):
        return least, quantity
    if price is not None and quantity * price < rules.least_notional:
        return rules.least_notional, quantity * price
    return None


def placed(rules: Rules, kind: OrderKind, sign: float, price: float | None) -> float | None:
    """Return the price of an order on the venue's grid, never one that fills sooner.

    A limit is rounded away from the market (a buy down), a stop, too (a buy up).
    """
    if price is None or kind == "market":
        return None
    return on_grid(rules.tick, price, -sign if kind == "limit" else sign)
