"""Fills that nobody has told of, as trades, positions and orders that close: pure."""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

from msgspec import UNSET, structs

from workbench.messages import (
    AnyMessage,
    EntryData,
    ExitData,
    Order,
    OrderData,
    OrderSide,
    Position,
    PositionData,
    Reasoning,
    Trade,
    TradeExtra,
)
from workbench.sessions.remains import EPS, Remains

CODE = "closed_by_force"
REASON = "session_end"


class Deal(NamedTuple):
    """What opening or closing a position, or a part of it, came to: price, units and money."""

    price: float
    quantity: float
    fee: float


class Booking:
    """Makes the messages of a session's trades that its own process did not tell.

    Parameters
    ----------
    remains
        What the session has left; it is not changed here.
    broker
        Who fills, as `order` messages name it.
    now
        The present as messages write it; it is also the market time of what is told where none is
        known.
    """

    def __init__(self, remains: Remains, broker: str, now: str) -> None:
        self._remains, self._broker, self._now = remains, broker, now

    @property
    def time(self) -> str:
        """Market time of what is done now: the latest there is, it never goes back."""
        return self._remains.time or self._now

    def entered(self, order: OrderData, deal: Deal) -> list[AnyMessage]:
        """Tell that an entry has opened a position."""
        self._remains.last += 1
        name, time = f"trade_{self._remains.last}", self.time
        direction = "long" if order.side == "buy" else "short"
        why = self._remains.reasons.get(order.order_id) or Reasoning(
            f"enter_{direction}", 1.0, f"Its order was filled at {self._broker} unheard"
        )
        data = EntryData(
            name, order.symbol, direction, deal.price, time, deal.quantity, None, [],  # type: ignore[arg-type]
            why,
        )  # fmt: skip
        extra = TradeExtra(
            deal.quantity, deal.quantity, deal.fee, order.strategy, signal=order.order_id
        )
        held = PositionData(
            order.session, order.strategy, order.symbol, name, "open", data.direction,
            deal.quantity, deal.price, time, deal.price, time, None, [], 0.0, 0.0, deal.fee,
        )  # fmt: skip
        return [Trade(self._now, data=data, extra=extra), Position(self._now, data=held)]

    def left(
        self, one: PositionData, deal: Deal, reason: str, why: Reasoning, signal: str | None = None
    ) -> list[AnyMessage]:
        """Tell that a position, or a part of it, is closed.

        Parameters
        ----------
        one
            As it was told last.
        deal
            What it came to; not more units than are held.
        reason, why
            Why it was closed, as of `ExitData` and in words.
        signal
            Id of the strategy's order that closed it, where one did.
        """
        time, sign = self.time, 1.0 if one.direction == "long" else -1.0
        quantity = min(deal.quantity, one.quantity)
        left = rest(one, quantity)
        out: list[AnyMessage] = []
        ticket = self._remains.tickets.get(one.position_id)
        pnl = sign * (deal.price - one.entry_price) * quantity - deal.fee
        if ticket is not None:
            # The part's share of the entry's commission; the rest of its fees are financing.
            pnl -= ticket.extra.commission * quantity / ticket.entry.quantity
            carried = one.fees - ticket.fees - ticket.extra.commission
            financing = max(0.0, carried) * (quantity / one.quantity)
            pnl -= financing
            worths = [sign * (price - one.entry_price) * quantity
                      for price in (ticket.best, ticket.worst, deal.price)]  # fmt: skip
            data = ExitData(
                one.position_id, one.symbol, one.direction, one.entry_price, one.entry_time,
                deal.price, time, reason, pnl, 100 * pnl / (one.entry_price * quantity),
                max(0.0, *worths), min(0.0, *worths),
            )  # fmt: skip
            extra = TradeExtra(
                quantity, left, deal.fee, one.strategy, reasoning=why,
                signal=UNSET if signal is None else signal,
                financing=financing if financing else UNSET,
            )  # fmt: skip
            out.append(Trade(self._now, data=data, extra=extra))
        gone = structs.replace(
            one,
            event="modify" if left else "close",
            quantity=left,
            price=deal.price,
            time=time,
            unrealized_pnl=sign * (deal.price - one.entry_price) * left,
            realized_pnl=one.realized_pnl + pnl,
            fees=one.fees + deal.fee,
            exit_reason=UNSET if left else reason,
        )
        return [*out, Position(self._now, data=gone)]

    def closing(
        self, one: PositionData, deal: Deal, why: Reasoning, client: str | None
    ) -> list[AnyMessage]:
        """Tell of a fill of the order that closes a position; it ends with the position."""
        quantity = min(deal.quantity, one.quantity)
        name = self._name(one)
        known = self._remains.orders.get(name)
        out: list[AnyMessage] = []
        if known is None:
            side: OrderSide = "sell" if one.direction == "long" else "buy"
            known = OrderData(
                one.session, one.strategy, one.symbol, name, "new", "exit", side, "market",
                one.quantity, None, 0.0, None, 0.0, self.time, self._broker, one.position_id,
                client or UNSET, reasoning=why,
            )  # fmt: skip
            out.append(Order(self._now, data=known))
        if known.status == "new":
            known = structs.replace(known, status="accepted", reasoning=UNSET)
            out.append(Order(self._now, data=known))
        over = not rest(one, quantity)
        more = Deal(deal.price, quantity, deal.fee)
        done = grown(known, more, client, self.time)
        if over:
            done = structs.replace(
                done, status="filled", quantity=done.filled, code=CODE, message=why.rationale
            )
        out.append(Order(self._now, data=done))
        return out

    def _name(self, one: PositionData) -> str:
        """Return how the order that closes a position is called: one that is over is no more."""
        first = f"{one.position_id}:close"
        names = (first if number == 1 else f"{first}_{number}" for number in count(1))
        return next(name for name in names if name not in self._remains.closes)


def rest(one: PositionData, quantity: float) -> float:
    """Return what is left of a position without so many units; rounding is nothing."""
    left = one.quantity - quantity
    return 0.0 if left <= EPS * one.quantity else left


def grown(known: OrderData, more: Deal, client: str | None, time: str) -> OrderData:
    """Return an order after a further fill, by the order at the venue called `client`."""
    filled = known.filled + more.quantity
    before = (known.average_price or 0.0) * known.filled
    return structs.replace(
        known,
        status="partially_filled",
        filled=filled,
        average_price=(before + more.price * more.quantity) / filled if filled else None,
        fees=known.fees + more.fee,
        time=time,
        client_order_id=client or known.client_order_id,
        reasoning=UNSET,
        latency_ms=UNSET,
        code=UNSET,
        message=UNSET,
    )
