"""What becomes of the orders of a symbol, as `order` messages: each ends in one final status.

Orders of the strategy go by their signals. What protects a position, and what else closes it, are
orders of their own, that follow from the position.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec import UNSET, UnsetType

from workbench.messages import (
    FINAL_ORDER_STATUSES,
    Order,
    OrderData,
    OrderKind,
    OrderRole,
    OrderSide,
    OrderStatus,
    Reasoning,
    TradeExtra,
)

CRUMB = 1e-9
"""Of a quantity: a smaller difference is of rounding."""


@dataclass(slots=True)
class Told:
    """An order as it was told last.

    Attributes
    ----------
    strategy
        Name of whose it is.
    paid
        Sum of price times quantity of its fills.
    out
        Whether a venue has it, or is about to: it can fill though nobody wants it any more.
    named
        The client order id that was told last.
    filler
        Client order id of the fills that are not told yet.
    """

    order_id: str
    strategy: str
    role: OrderRole
    side: OrderSide
    kind: OrderKind
    quantity: float | None
    price: float | None
    trade_id: str | None = None
    status: OrderStatus = "new"
    filled: float = 0.0
    paid: float = 0.0
    fees: float = 0.0
    client_order_id: str | None = None
    emulated: bool = False
    out: bool = False
    named: str | None = None
    filler: str | None = None


@dataclass(slots=True)
class Moment:
    """When and where something was told of.

    Attributes
    ----------
    stamp
        The message's timestamp.
    time
        Market time, ISO 8601.
    latency_ms
        None where the feed does not go by the clock.
    """

    stamp: str
    time: str
    latency_ms: float | None = None


@dataclass(slots=True)
class Orders:
    """The orders of a symbol that are not final, and their telling.

    Parameters
    ----------
    session, symbol, broker
        As messages name them.
    emit
        Takes the messages.
    asks
        Whether it is a venue's to say that an order rests; see `routed`.
    ahead
        Whether client order ids are told before the venue has the orders: who comes after a
        process that was killed knows by them which order of the session each is.
    """

    session: str
    symbol: str
    broker: str
    emit: Callable[[Order], None]
    asks: bool = False
    ahead: bool = False
    waiting: dict[str, Told] = field(default_factory=dict)
    _grown: dict[str, None] = field(default_factory=dict)

    def new(self, order: Told, now: Moment, reasoning: Reasoning | None = None) -> None:
        """Tell of a new order."""
        self.waiting[order.order_id] = order
        self._tell(order, now, reasoning=reasoning or UNSET, latency=True)

    def accept(self, order_id: str, now: Moment, latency: bool = False) -> None:
        """Tell that it rests with the broker, if that was not told."""
        order = self.waiting.get(order_id)
        if order is not None and order.status == "new":
            order.status = "accepted"
            self._tell(order, now, latency=latency)

    def rest(self, order: Told, now: Moment, steady: bool = True) -> None:
        """Tell of an order that rests: that it is there, or what has changed of it.

        While its position is not `steady`, as it changes in parts, only its price is looked at.
        """
        known = self.waiting.get(order.order_id)
        if known is None:
            self.new(order, now)
            if not self.asks:
                self.accept(order.order_id, now)
            return
        quantity = known.quantity
        if steady and order.quantity is not None:
            quantity = order.quantity + known.filled
        if known.price != order.price or not _same(known.quantity, quantity):
            known.price, known.quantity = order.price, quantity
            if known.status == "new" and not self.asks:
                known.status = "accepted"
            if known.status == "accepted":
                self._tell(known, now)

    def routed(
        self, order_id: str, now: Moment, client_order_id: str | None, emulated: bool,
        acknowledged: bool, wanted: float | None, out: bool,
    ) -> None:  # fmt: skip
        """Take how it fares at a venue; tell that it is accepted when that is so.

        Once more where another order stands for it there, as when a stop has moved.
        """
        order = self.waiting[order_id]
        order.client_order_id, order.emulated, order.out = client_order_id, emulated, out
        if wanted is not None and order.role in ("entry", "exit"):
            order.quantity = wanted
        if acknowledged:
            self.accept(order_id, now, latency=True)
        if (acknowledged or self.ahead) and client_order_id not in (None, order.named):
            self._tell(order, now)

    def part(
        self, order: Told, now: Moment, units: float, price: float, fee: float,
        client_order_id: str | None = None,
    ) -> None:  # fmt: skip
        """Take a fill at a venue, of `order` if nothing was told of it before.

        It is told by `parts`, or with the end of the order, under the client order id that filled:
        a message tells fills of one.
        """
        known = self.waiting.get(order.order_id)
        if known is None:
            known = order
            self.new(order, now)
        if known.order_id in self._grown and known.filler != client_order_id:
            self.parts(now)
        known.filler = client_order_id
        known.trade_id = order.trade_id or known.trade_id
        known.filled += units
        known.paid += units * price
        known.fees += fee
        self._grown[known.order_id] = None

    def parts(self, now: Moment) -> None:
        """Tell of the orders of which a part was filled."""
        grown, self._grown = self._grown, {}
        for order_id in grown:
            order = self.waiting.get(order_id)
            if order is not None:
                self.accept(order_id, now)
                order.status = "partially_filled"
                self._tell(order, now)

    def done(self, order_id: str, now: Moment, trade_id: str | None = None) -> None:
        """Tell that an order has filled, if it is not over: all that was taken by `part`."""
        order = self.waiting.get(order_id)
        if order is not None:
            self.accept(order_id, now)
            order.quantity, order.trade_id = order.filled, trade_id or order.trade_id
            self._end(order, now, "filled")

    def fill(self, order: Told, extra: TradeExtra, price: float, now: Moment, last: bool) -> None:
        """Tell of a fill.

        Parameters
        ----------
        order
            Which it is, if nothing was told of it before; then that is told first.
        extra, price
            Of the fill's `trade` message.
        last
            Whether nothing more of it will be filled.
        """
        known = self.waiting.get(order.order_id)
        if known is None:
            known = order
            self.new(order, now, extra.reasoning or None)
        if known.status == "new":
            self.accept(order.order_id, now)
        known.filled += extra.quantity
        known.paid += extra.quantity * price
        known.fees += extra.commission
        known.trade_id = order.trade_id or known.trade_id
        if order.price is not None:
            known.price = order.price
        if last:
            known.quantity = known.filled
        self._end(known, now, "filled" if last else "partially_filled")

    def end(
        self, order_id: str, now: Moment, status: OrderStatus, code: str, message: str,
        numbers: dict[str, float] | None = None,
    ) -> None:  # fmt: skip
        """Tell that an order ends without (a further) fill, and why."""
        order = self.waiting.get(order_id)
        if order is not None:
            self._end(order, now, status, code, message, numbers or UNSET)

    def of_trade(self, trade_id: str) -> list[Told]:
        """Return the orders that protect a position, or are to close it."""
        prefix = trade_id + ":"
        return [one for one in self.waiting.values() if one.order_id.startswith(prefix)]

    def save(self) -> list[Told]:
        """Return what is not final."""
        return [replace(one) for one in self.waiting.values()]

    def load(self, saved: Sequence[Told]) -> None:
        """Go on with it."""
        self.waiting = {one.order_id: one for one in saved}

    def _end(
        self, order: Told, now: Moment, status: OrderStatus, code: str | UnsetType = UNSET,
        message: str | UnsetType = UNSET, numbers: dict[str, float] | UnsetType = UNSET,
    ) -> None:  # fmt: skip
        order.status = status
        if status in FINAL_ORDER_STATUSES:
            del self.waiting[order.order_id]
        self._tell(order, now, code=code, message=message, numbers=numbers)

    def _tell(
        self, order: Told, now: Moment, *, reasoning: Reasoning | UnsetType = UNSET,
        latency: bool = False, **why: Any,
    ) -> None:  # fmt: skip
        client = order.filler or order.client_order_id
        data = OrderData(
            self.session, order.strategy, self.symbol, order.order_id, order.status, order.role,
            order.side, order.kind, order.quantity, order.price, order.filled,
            order.paid / order.filled if order.filled else None, order.fees, now.time, self.broker,
            UNSET if order.trade_id is None else order.trade_id,
            UNSET if client is None else client,
            order.emulated, reasoning=reasoning,
            latency_ms=UNSET if not latency or now.latency_ms is None else now.latency_ms,
            **why,
        )  # fmt: skip
        order.named = order.client_order_id if order.filler is None else order.named
        order.filler = None
        self.emit(Order(now.stamp, data=data))


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= CRUMB * max(abs(one), abs(other))
