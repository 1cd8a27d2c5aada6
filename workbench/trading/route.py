"""The orders of one symbol: what its book wants, against what is at the venue.

Nothing is remembered as a plan of steps: after whatever has happened, `act` compares what the book
wants with the orders that are out, and asks for the next difference. So a report that comes late,
twice, or instead of another needs no case of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf

from workbench.engine.live_views import HeldPosition, WaitingOrder
from workbench.engine.rules.layout import (
    BY_REVERSAL,
    BY_SESSION,
    BY_SIGNAL,
    BY_TIME,
    CANCELLED,
    EXPIRED,
    FLATTENED,
    POSITION_CLOSED,
    SESSION_ENDED,
    TOO_SMALL,
    VENUE_REFUSED,
)
from workbench.messages import OrderKind
from workbench.trading.brokering import Cancel, Command, Place, Rules
from workbench.trading.protecting import protect, settle, touch
from workbench.trading.states import Engine, State
from workbench.trading.tickets import (
    CRUMB,
    Exit,
    Life,
    Past,
    Purpose,
    Ticket,
    key,
    placed,
    small,
    whole,
)


class Route:
    """Makes commands of a book's wishes; see `workbench.trading.applying` for the way back."""

    def __init__(
        self, symbol: str, engine: Engine, rules: Rules, name: Callable[[], str], hedging: bool
    ) -> None:
        self.symbol = symbol
        self.engine = engine
        self.rules = rules
        self.state = State()
        self._name = name
        self._hedging = hedging
        self._commands: list[Command] = []
        self._at = 0

    def decided(self, at: int) -> list[Command]:
        """A candle has closed, or a command was given."""
        settle(self)
        commands = self.act(at)
        state = self.state
        over = {name for name in state.past if not self._lives(name)}
        for name in over & state.fading:
            del state.past[name]
        state.fading = over - state.fading
        return commands

    def price(self, price: float, at: int) -> list[Command]:
        """The market has this price: look at what rests here."""
        state = self.state
        state.last = price
        for order in self.engine.orders():
            if order.kind == "entry" and _touched(order, price) and not self.sent(order.order):
                state.triggered.add(order.order)
        for held in self.positions():
            touch(self, held, price)
        return self.act(at)

    def positions(self) -> list[HeldPosition]:
        """Return the trades of which something is held; the book may have others that wait for
        the end of their entry to be told.
        """
        return [one for one in self.engine.positions() if one.remaining > 0.0]

    def act(self, at: int) -> list[Command]:
        """Return the next commands."""
        self._commands, self._at = [], at
        before = None
        # What is refused here, or leaves the book, may make place for another.
        while before != (before := self._picture()):
            self._step()
        return self._commands

    def _picture(self) -> tuple[object, ...]:
        return self.engine.orders(), self.positions(), len(self.state.exits)

    def _step(self) -> None:
        orders = {order.order: order for order in self.engine.orders()}
        positions = {held.trade: held for held in self.positions()}
        self._forget(orders, positions)
        for order in orders.values():
            if order.kind == "close":
                self._take_up(order, positions.values())
            else:
                self._enter(order, positions.values())
        for ticket in self.state.tickets.values():
            mine = positions if ticket.trade else orders
            number = ticket.trade or ticket.purpose.number
            if number not in mine and not (ticket.trade and ticket.place.kind == "market"):
                self.cancel(ticket)
        for held in positions.values():
            if self.state.flatten:
                self.close(held.trade, self.state.flatten)
            elif held.until is not None and self.engine.bar >= held.until:
                self.close(held.trade, BY_TIME)
            if not self._exit(held):
                protect(self, held)

    def sent(self, order: int) -> Ticket | None:
        """Return the ticket of an order of the strategy."""
        for ticket in self.state.tickets.values():
            if ticket.purpose.kind == "order" and ticket.purpose.number == order:
                return ticket
        return None

    def gone(self, order: WaitingOrder) -> tuple[int, float, float] | None:
        """Return why an entry is no longer wanted, as of `LiveEngine.refuse`; None while it is."""
        why = self.state.why.get(order.order)
        if why is not None:
            return why
        if self.state.flatten:
            ending = self.state.flatten == BY_SESSION
            return (SESSION_ENDED if ending else FLATTENED), 0.0, 0.0
        if order.cancelling:
            return CANCELLED, 0.0, 0.0
        late = order.expires is not None and self.engine.bar > order.expires
        return (EXPIRED, 0.0, 0.0) if late else None

    def against(self, order: WaitingOrder, positions: Iterable[HeldPosition]) -> list[HeldPosition]:
        """Return the trades an entry stands against."""
        if self._hedging:
            return []
        mine = [one for one in positions if one.strategy == order.strategy]
        return [one for one in mine if one.sign * order.sign < 0.0]

    def close(self, trade: int, code: int, order: int = 0) -> None:
        """Note that all of a trade is to be closed."""
        if not any(one.trade == trade and one.quantity == inf for one in self.state.exits):
            purpose = Purpose("close", trade)
            self.state.exits.append(Exit(trade, purpose, code, inf, order=order))

    def life(self, purpose: Purpose) -> Life | None:
        """Return how an order fares; None where nothing is known of it."""
        tickets = [one for one in self.state.tickets.values() if one.purpose == purpose]
        past = self.state.past.get(key(purpose))
        rests = not tickets and self._rests(purpose)
        if past is None and not tickets and not rests:
            return None
        out = bool(tickets) or any(one.purpose == purpose for one in self.state.exits)
        return (past or Past()).life(tickets, rests, out)

    @property
    def quiet(self) -> bool:
        """Whether nothing is at the venue, or on its way, but protection that is to rest there."""
        rests = (one.trade and one.place.kind != "market" for one in self.state.tickets.values())
        moves = any(one.cancelling for one in self.state.tickets.values())
        return all(rests) and not moves and not self.state.exits

    def held(self) -> float:
        """Return signed units at the venue."""
        units = sum(one.sign * one.remaining for one in self.positions())
        return units + self.state.stray

    def _rests(self, purpose: Purpose) -> bool:
        if purpose.kind == "order":
            orders = [one for one in self.engine.orders() if one.order == purpose.number]
            return any(one.limit is not None or one.stop is not None for one in orders)
        if purpose.kind == "close":
            return False
        return any(one.trade == purpose.number for one in self.positions())

    def _lives(self, name: str) -> bool:
        kind, number, _ = name.split(":")
        if kind == "order":
            return any(one.order == int(number) for one in self.engine.orders())
        return any(one.trade == int(number) for one in self.positions())

    def _forget(
        self, orders: dict[int, WaitingOrder], positions: dict[int, HeldPosition]
    ) -> None:  # fmt: skip
        """Let go of what belongs to orders and trades that are over."""
        state = self.state
        busy = {one.trade for one in state.tickets.values()}
        state.exits = [one for one in state.exits if one.trade in positions or one.trade in busy]
        state.why = {order: one for order, one in state.why.items() if order in orders}
        state.triggered &= orders.keys()
        state.closes &= orders.keys()
        state.alone &= positions.keys()
        state.best = {trade: one for trade, one in state.best.items() if trade in positions}
        state.kept = {trade: one for trade, one in state.kept.items() if trade in positions}
        if not (orders or positions or state.tickets):
            state.flatten = 0

    def _take_up(self, order: WaitingOrder, positions: Iterable[HeldPosition]) -> None:
        """Note the exits of a closing order; end it where there are none, or none are left."""
        state = self.state
        if order.order in state.closes:
            open_ = any(one.order == order.order for one in state.exits)
            if order.cancelling and not self.sent(order.order):
                state.exits = [one for one in state.exits if one.order != order.order]
                self.engine.refuse(order.order, CANCELLED)
            elif not open_ and not self.sent(order.order):
                self.engine.refuse(order.order, POSITION_CLOSED)
            return
        least = None
        for held in positions:
            if held.strategy != order.strategy or order.trade not in (0, held.trade):
                continue
            units = inf if order.part >= 1.0 else whole(self.rules, order.part * held.remaining)
            if units <= 0.0:
                least = order.part * held.remaining
                continue
            purpose = Purpose("order", order.order)
            state.exits.append(Exit(held.trade, purpose, BY_SIGNAL, units, order=order.order))
            state.closes.add(order.order)
        if order.order not in state.closes:
            if least is None:
                self.engine.refuse(order.order, POSITION_CLOSED)
            else:
                self.engine.refuse(order.order, TOO_SMALL, self.rules.lot, least)

    def _enter(self, order: WaitingOrder, positions: Iterable[HeldPosition]) -> None:
        """Send, keep here, or take back an entry.

        While trades against it are held it rests here; when its price has come they are closed
        first, so that its size is that of an account without them.
        """
        against = self.against(order, positions)
        ticket, gone = self.sent(order.order), self.gone(order)
        if ticket is not None:
            if gone or (against and ticket.place.kind != "market"):
                self.cancel(ticket)
            return
        if gone:
            self.engine.refuse(order.order, *gone)
            return
        level = order.limit if order.limit is not None else order.stop
        waits = level is not None and order.order not in self.state.triggered
        if against and not waits:
            for held in against:
                self.close(held.trade, BY_REVERSAL, order.order)
        if against or (waits and order.stop is not None and not self.rules.native):
            return
        if order.sign < 0.0 and not self.rules.shorts:
            self.engine.refuse(order.order, VENUE_REFUSED, order.units, 0.0)
            return
        kind: OrderKind = "market" if level is None else "stop" if order.limit is None else "limit"
        if kind == "stop" and not waits:
            kind = "market"
        quantity = whole(self.rules, order.units)
        price = placed(self.rules, kind, order.sign, level)
        short = small(self.rules, quantity, price or self.state.last)
        if short is not None:
            self.engine.refuse(order.order, TOO_SMALL, *short)
            return
        self.place(Purpose("order", order.order), order.sign, kind, quantity, price)

    def _exit(self, held: HeldPosition) -> bool:
        """Carry out the first exit of a trade; tell whether there is one."""
        state = self.state
        exit_ = next((one for one in state.exits if one.trade == held.trade), None)
        if exit_ is None:
            return False
        out = [one for one in state.tickets.values() if one.trade == held.trade]
        for ticket in out:
            if ticket.place.kind != "market":
                self.cancel(ticket)
        if out or self._at < exit_.wait:
            return True
        wanted = min(exit_.quantity, held.remaining)
        quantity = whole(self.rules, wanted)
        price = None if self.rules.shorts else state.last
        short = small(self.rules, quantity, price)
        if short is None:
            self.place(exit_.purpose, -held.sign, "market", quantity, None, exit_)
            return True
        state.exits.remove(exit_)
        if wanted >= held.remaining * (1 - CRUMB):
            # What no order can be made of stays in the account, and leaves the book.
            self.engine.fill_exit(
                held.trade, state.last or held.mark, held.remaining, 0.0, exit_.code,
                order=exit_.order, rung=exit_.rung, level=exit_.level,
            )  # fmt: skip
        elif exit_.code == BY_SIGNAL and self._alone(exit_.order):
            self.engine.refuse(exit_.order, TOO_SMALL, *short)
        return True

    def _alone(self, order: int) -> bool:
        """Tell whether a closing order waits, and nothing else is to be closed by it."""
        waits = any(one.order == order for one in self.engine.orders())
        return waits and not any(one.order == order for one in self.state.exits)

    def place(
        self, purpose: Purpose, sign: float, kind: OrderKind, quantity: float,
        price: float | None, exit_: Exit | None = None,
    ) -> None:  # fmt: skip
        """Send an order."""
        side, name = "buy" if sign > 0.0 else "sell", self._name()
        reduce = exit_ is not None and not self.hedged()
        place = Place(name, self.symbol, side, kind, quantity, price, reduce, self._at)  # type: ignore[arg-type]
        ticket = Ticket(place, purpose)
        if exit_ is not None:
            ticket.trade, ticket.code, ticket.level = exit_.trade, exit_.code, exit_.level
        self.state.tickets[name] = ticket
        self._commands.append(place)

    def hedged(self) -> bool:
        """Whether longs and shorts are held at once: a venue's net position is neither then."""
        return len({one.sign for one in self.positions()}) > 1

    def cancel(self, ticket: Ticket) -> None:
        """Take an order back, once."""
        if not ticket.cancelling:
            ticket.cancelling = True
            self._commands.append(Cancel(ticket.place.client_order_id, self.symbol))


def _touched(order: WaitingOrder, price: float) -> bool:
    if order.limit is not None:
        return order.sign * (order.limit - price) >= 0.0
    return order.stop is not None and order.sign * (price - order.stop) >= 0.0
