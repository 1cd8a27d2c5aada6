"""What is told when a session is closed without its own process: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import UNSET, structs

from workbench.engine.account import settings_row
from workbench.engine.rules.costs import commission, slipped
from workbench.errors import WorkbenchError
from workbench.messages import (
    AnyMessage,
    Complete,
    CompleteData,
    CompleteExtra,
    Feed,
    FeedData,
    Message,
    Order,
    OrderData,
    Pnl,
    PositionData,
    Reasoning,
    Risk,
    error_message,
)
from workbench.runs.spec import RunSpec
from workbench.sessions.booking import CODE, REASON, Booking, Deal, grown
from workbench.sessions.remains import BY_SIGNAL, EPS, Ahead, Remains
from workbench.sessions.totals import final_of, pnl_of, risk_of
from workbench.trading.brokering import Found, Place

__all__ = ["Deal", "Winding"]


class Winding:
    """Closes the books of a session; what it returns is the rest of the session's log.

    Parameters
    ----------
    spec
        Of the session.
    remains
        What it has left; it is told what is said here, too.
    reason
        Why, for people.
    now
        The present as messages write it; it is also the market time of what is told where none is
        known.
    """

    def __init__(self, spec: RunSpec, remains: Remains, reason: str, now: str) -> None:
        self._spec, self._remains, self._now = spec, remains, now
        self._row = settings_row(spec)
        self._reason = reason
        live = spec.live
        self._broker = "paper" if live is None or live.exchange is None else live.exchange
        self._booking = Booking(remains, self._broker, now)

    # --- what the venue knows -----------------------------------------------------------

    def found(self, orders: Sequence[Found]) -> list[Message]:
        """Tell what a venue has filled that was not told: as fills of its orders, and as trades.

        Parameters
        ----------
        orders
            What the venue knows of the session's orders. That of which less was told has filled
            the rest unheard; an order that was never told of closes what there is to close, and
            else has opened a position.
        """
        out: list[Message] = []
        strange = []
        for place, report in sorted(orders, key=lambda one: one.report.time):
            name = place.client_order_id
            heard = self._remains.heard.get(name, Ahead())
            more = report.filled - heard.quantity
            if more <= EPS * max(place.quantity, report.filled):
                continue
            # A venue that does not say at which price: at the limit, or what was last seen.
            seen = place.price or self._remains.prices.get(place.symbol, 0.0)
            paid = report.filled * (report.average_price or seen) - heard.paid
            deal = Deal(paid / more, more, report.fees - heard.fees)
            order = self._remains.orders.get(self._remains.names.get(name, ""))
            if order is None:
                strange.append((place, deal, report.status == "filled"))
            else:
                out += self._grown(order, deal, name)
        out += self.booked()
        for place, deal, over in strange:
            out += self._strange(place, deal, over)
        for place, report in orders:
            waits = self._remains.orders.get(self._remains.names.get(place.client_order_id, ""))
            newest = waits is not None and waits.client_order_id == place.client_order_id
            if waits is not None and newest and report.status in ("filled", "rejected", "expired"):
                done = structs.replace(
                    waits, status=report.status, time=self._booking.time,
                    quantity=waits.filled if report.status == "filled" else waits.quantity,
                    code=report.code or report.status,
                    message=report.message or f"{self._broker} says so",
                    reasoning=UNSET, latency_ms=UNSET,
                )  # fmt: skip
                out += self._say([Order(self._now, data=done)])
        return out

    def _grown(self, order: OrderData, deal: Deal, client: str) -> list[Message]:
        """Tell of a further fill of an order."""
        out: list[AnyMessage] = []
        if order.status == "new":
            there = structs.replace(
                order, status="accepted", client_order_id=client, time=self._booking.time,
                reasoning=UNSET, latency_ms=UNSET,
            )  # fmt: skip
            out.append(Order(self._now, data=there))
        out.append(Order(self._now, data=grown(order, deal, client, self._booking.time)))
        return self._say(out)

    def _strange(self, place: Place, deal: Deal, over: bool) -> list[Message]:
        """Tell the fills of an order at the venue of which nothing was told."""
        client, out, left = place.client_order_id, list[Message](), deal.quantity
        against = "short" if place.side == "buy" else "long"
        why = Reasoning("exit", 1.0, f"{client} was filled at {self._broker} unheard")
        for one in self._of(place.symbol, against):
            part = min(left, one.quantity)
            if part > EPS * deal.quantity:
                share = Deal(deal.price, part, deal.fee * part / deal.quantity)
                out += self._close(one, share, client, why)
                left -= part
        if left <= EPS * deal.quantity:
            return out
        share = Deal(deal.price, left, deal.fee * left / deal.quantity)
        waits = (
            one for one in self._remains.orders.values()
            if (one.symbol, one.side, one.role) == (place.symbol, place.side, "entry")
            and one.client_order_id is UNSET
        )  # fmt: skip
        order = next(waits, None)
        if order is None:
            direction = "long" if place.side == "buy" else "short"
            why = Reasoning(f"enter_{direction}", 1.0, why.rationale)
            order = OrderData(
                self._remains.session, self._spec.strategy_ids[0], place.symbol, client, "new",
                "entry", place.side, "market", place.quantity, None, 0.0, None, 0.0,
                self._booking.time, self._broker, client_order_id=client, reasoning=why,
            )  # fmt: skip
            out += self._say([Order(self._now, data=order)])
        out += self._grown(order, share, client)
        out += self.booked()
        if not over:
            return out
        filled = self._remains.orders[order.order_id]
        done = structs.replace(filled, status="filled", quantity=filled.filled)
        return [*out, *self._say([Order(self._now, data=done)])]

    def booked(self) -> list[Message]:
        """Tell the trades, and parts of them, that orders have filled without a word of it."""
        out: list[Message] = []
        for name, ahead in list(self._remains.ahead.items()):
            order = ahead.order
            if order is None or ahead.quantity <= EPS * order.filled:
                continue
            price = ahead.paid / ahead.quantity
            if order.role == "entry":
                deal = Deal(price, ahead.quantity, ahead.fees)
                out += self._say(self._booking.entered(order, deal))
                waits = self._remains.orders.get(order.order_id)
                if waits is not None:
                    trade = f"trade_{self._remains.last}"
                    known = structs.replace(waits, trade_id=trade)
                    self._remains.orders[order.order_id] = known
                continue
            out += self._left(name, order, Deal(price, ahead.quantity, ahead.fees))
        return out

    def _left(self, name: str, order: OrderData, deal: Deal) -> list[Message]:
        """Tell what an order has closed: of its trade, of others of its strategy, then of any.

        What it has sold or bought beyond them is held from then on.
        """
        signal = order.order_id if name == order.order_id else None
        against = "long" if order.side == "sell" else "short"
        some = self._of(order.symbol, against)
        some.sort(key=lambda one: (one.position_id != name, one.strategy != order.strategy))
        why = Reasoning("exit", 1.0, f"{order.order_id} was filled before: {self._reason}")
        out: list[Message] = []
        left = deal.quantity
        for one in some:
            part = min(left, one.quantity)
            if part > EPS * deal.quantity:
                share = Deal(deal.price, part, deal.fee * part / deal.quantity)
                out += self._say(self._booking.left(one, share, _reason(order), why, signal))
                left -= part
        if left > EPS * deal.quantity:
            share = Deal(deal.price, left, deal.fee * left / deal.quantity)
            out += self._say(self._booking.entered(order, share))
        self._remains.ahead.pop(name, None)
        return out

    # --- closing ------------------------------------------------------------------------

    def cancelled(self) -> list[Message]:
        """Tell that the orders that wait are taken back."""
        text, time = f"Taken back: {self._reason}", self._booking.time
        return self._say(
            Order(
                self._now,
                data=structs.replace(
                    one, status="cancelled", code=CODE, message=text, time=time,
                    reasoning=UNSET, latency_ms=UNSET,
                ),
            )
            for one in list(self._remains.orders.values())
        )  # fmt: skip

    def at_last_prices(self) -> Mapping[str, Deal]:
        """Return what the rules of filling make of closing all at the last prices, by position."""
        deals = {}
        for name, one in self._remains.positions.items():
            side = -1.0 if one.direction == "long" else 1.0
            last = self._remains.prices.get(one.symbol, one.price)
            price = slipped(self._row, last, side, one.quantity, 0.0)
            fee = commission(self._row, price, one.quantity, False)
            deals[name] = Deal(price, one.quantity, fee)
        return deals

    def differs(self, text: str) -> Message:
        """Tell what is not at the venue as the log has it; `text` begins with the symbol."""
        live = self._spec.live
        symbols = [self._spec.symbol] if live is None else live.symbols
        symbol = next((one for one in symbols if text.startswith(f"{one}:")), symbols[0])
        known = self._remains.feeds.get(symbol)
        if known is None:
            kind = "synthetic" if live is None else str(live.feed.get("feed", "synthetic"))
            known = FeedData(symbol, kind, "stopped", "", "", False, self._spec.timeframes)
        data = structs.replace(known, state="stopped", message=text, code="reconciled")
        return Feed(self._now, data=data)

    def closed(self, deals: Mapping[str, Deal], told: Mapping[str, str] = {}) -> list[Message]:
        """Tell that positions are closed.

        Parameters
        ----------
        deals
            By position; those without one stay open, and are told as they are.
        told
            Client order id of the order that closed each, where a venue knows one.
        """
        out: list[Message] = []
        why = Reasoning("exit", 1.0, f"Closed by force: {self._reason}")
        for name, deal in deals.items():
            one = self._remains.positions.get(name)
            if one is not None and deal.quantity > 0.0:
                out += self._close(one, deal, told.get(name), why)
        return out

    def end(self, error: WorkbenchError | None = None) -> list[Message]:
        """Tell what the session has come to, and that it has ended: with an error, or stopped."""
        remains, capital = self._remains, self._spec.initial_capital
        pnl = pnl_of(remains, capital, self._booking.time)
        out: list[Message] = [Pnl(self._now, data=pnl)]
        if remains.risk is not None:
            out.append(Risk(self._now, data=risk_of(remains, self._spec, remains.risk, pnl)))
        if error is not None:
            return [*out, error_message(error)]
        extra = CompleteExtra(
            "stopped", remains.candles, pnl.equity, remains.told.count, remains.told.value
        )
        data = CompleteData(remains.session, final_of(remains, capital, pnl.equity))
        return [*out, Complete(self._now, data=data, extra=extra)]

    def _close(
        self, one: PositionData, deal: Deal, client: str | None, why: Reasoning
    ) -> list[Message]:
        """Tell that a position, or a part of it, is closed by an order of its own."""
        told = self._booking.closing(one, deal, why, client)
        return self._say([*told, *self._booking.left(one, deal, REASON, why)])

    def _of(self, symbol: str, direction: str) -> list[PositionData]:
        """Return the positions of a symbol in one direction."""
        held = self._remains.positions.values()
        return [one for one in held if (one.symbol, one.direction) == (symbol, direction)]

    def _say(self, messages: Iterable[AnyMessage]) -> list[Message]:
        told = list(messages)
        self._remains.take(told)
        return [*told]


def _reason(order: OrderData) -> str:
    """Return what an exit by an order is told as."""
    if order.role == "stop_loss":
        return "stop_loss"
    if order.role == "take_profit":
        return f"take_profit_{order.order_id.rpartition('_')[2]}"
    name = order.order_id.rpartition(":")[2]
    return BY_SIGNAL if name.startswith("signal_") else REASON
