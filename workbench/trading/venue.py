"""A venue on paper, trade by trade: latency and partial fills, in market time alone.

docs/brokers.md says in words what is decided here:

- A command is at the venue `latency` after it was sent, and can be filled by trades from then on.
- A market order takes each following trade's price, slippage on top.
- A limit fills at its own price: by a trade at it, or where `participation` is given only by one
  beyond it, as others wait at that price, too. One that the market is beyond when it arrives takes
  what is there, as a market order that is never filled beyond its limit.
- A stop waits for a trade at or beyond its price, and is a market order from that trade on.
- Of each trade the orders of a symbol, in order of arrival, get `participation` together.
- A cancellation is on its way as long as an order; what is filled before it arrives is filled.
- What may only reduce is cut to the net position, and cancelled where there is none.
"""

from __future__ import annotations

from math import floor, inf
from typing import Literal

import msgspec
from msgspec import Struct

from workbench.engine.account import settings_row
from workbench.engine.rules.costs import slipped
from workbench.engine.rules.layout import (
    S_LOT,
    S_MAKER,
    S_MINIMUM,
    S_PER_ORDER,
    S_PER_UNIT,
    S_TAKER,
)
from workbench.engine.settings import Settings
from workbench.trading.brokering import Command, Place, Report, Rules

CRUMB = 1e-12
"""Of what an order wants: less than this is left over by rounding, not by the market."""


class _Order(Struct, array_like=True):
    place: Place
    left: float
    taking: bool = False
    filled: float = 0.0
    average: float | None = None
    costs: float = 0.0


class _Symbol(Struct, array_like=True):
    coming: list[tuple[int, Place | str]] = []
    orders: list[_Order] = []
    last: float | None = None
    position: float = 0.0


def rules_of(settings: Settings) -> Rules:
    """Return what the venue allows: the account's lots, ticks and least size; keeps brackets."""
    return Rules(settings.lot_size, settings.tick_size, settings.min_size, 0.0, True, True)


class Venue:
    """Fills orders of a session against the trades of the market.

    Parameters
    ----------
    settings
        Commission, slippage, spread, lots and ticks.
    latency
        Seconds that a command is on its way.
    participation
        The largest part of a trade's size that fills can have; None for all that is wanted.

    Attributes
    ----------
    latency
        The same in ms.
    """

    def __init__(
        self, settings: Settings, latency: float = 0.0, participation: float | None = None
    ) -> None:
        self._row = settings_row(settings)
        self._spread = settings.spread
        self.latency = round(latency * 1000)
        self._participation = participation
        self._symbols: dict[str, _Symbol] = {}

    def send(self, command: Command, time: int) -> None:
        """Send a command at a market time (epoch ms)."""
        there = self._symbols.setdefault(command.symbol, _Symbol())
        what = command if isinstance(command, Place) else command.client_order_id
        there.coming.append((time + self.latency, what))

    def trade(self, symbol: str, time: int, price: float, size: float, at: int) -> list[Report]:
        """Take a trade of the market; return what is reported, `at` the clock of the input."""
        told = self.passed(symbol, time, at)
        there = self._symbols.setdefault(symbol, _Symbol())
        budget = inf if self._participation is None else self._participation * size
        for order in list(there.orders):
            took = self._match(there, order, price, size, budget)
            budget -= took
            if took or not _room(there, order):
                told.append(self._tell(there, order, time, at))
        there.last = price
        return told

    def passed(self, symbol: str, time: int, at: int) -> list[Report]:
        """Let market time pass up to `time` without a trade; commands arrive."""
        told: list[Report] = []
        there = self._symbols.get(symbol)
        while there is not None and there.coming and there.coming[0][0] <= time:
            due, what = there.coming.pop(0)
            if isinstance(what, Place):
                order = _Order(what, what.quantity, self._takes(what, there.last))
                there.orders.append(order)
                told.append(_report(order, "accepted", due, at))
            else:
                for order in there.orders:
                    if order.place.client_order_id == what:
                        there.orders.remove(order)
                        told.append(_report(order, "cancelled", due, at, self._fee(order)))
                        break
        return told

    def save(self) -> bytes:
        """Return all that is needed to go on exactly."""
        return msgspec.msgpack.encode(self._symbols)

    def load(self, saved: bytes) -> None:
        """Go on from there."""
        self._symbols = msgspec.msgpack.decode(saved, type=dict[str, _Symbol])

    def _takes(self, place: Place, last: float | None) -> bool:
        """Tell whether an order takes what is there as it arrives."""
        if place.kind == "market":
            return True
        return last is not None and _beyond(place, self._quote(place, last))

    def _quote(self, place: Place, price: float) -> float:
        return price + self._spread if place.side == "buy" else price

    def _match(
        self, there: _Symbol, order: _Order, price: float, size: float, budget: float
    ) -> float:
        """Fill what a trade lets be filled of an order; return how much that was."""
        place = order.place
        quote = self._quote(place, price)
        maker = False
        if place.kind == "stop":
            order.taking = order.taking or _beyond(place, quote)
        elif place.kind == "limit":
            order.taking = order.taking and _beyond(place, quote)
            maker = not order.taking
            through = self._participation is None or quote != place.price
            if maker and not (through and _beyond(place, quote)):
                return 0.0
        if not (maker or order.taking):
            return 0.0
        quantity = min(order.left, _room(there, order), budget)
        lot = self._row[S_LOT]
        if quantity < order.left and lot > 0.0:
            quantity = floor(quantity / lot + 1e-9) * lot
        if quantity <= CRUMB * place.quantity:
            return 0.0
        paid = quote
        side = 1.0 if place.side == "buy" else -1.0
        if maker and place.price is not None:
            paid = place.price
        elif not maker:
            paid = slipped(self._row, quote, side, quantity, size)
            if place.kind == "limit" and place.price is not None:
                paid = min(paid, place.price) if side > 0.0 else max(paid, place.price)
        if order.average is None:
            order.average = paid
        elif paid != order.average:
            share = quantity / (order.filled + quantity)
            order.average += (paid - order.average) * share
        order.filled += quantity
        order.left -= quantity
        if order.left <= CRUMB * place.quantity:
            order.filled, order.left = place.quantity, 0.0
        rate = self._row[S_MAKER if maker else S_TAKER]
        order.costs += quantity * (paid * rate + self._row[S_PER_UNIT])
        there.position += side * quantity
        return quantity

    def _fee(self, order: _Order) -> float:
        """Return an order's commission: by the settings' formula, of all its fills together."""
        if order.filled == 0.0:
            return 0.0
        fee = order.costs + self._row[S_PER_ORDER]
        least = self._row[S_MINIMUM]
        return fee if fee > least or least == 0.0 else least

    def _tell(self, there: _Symbol, order: _Order, time: int, at: int) -> Report:
        status: Literal["filled", "cancelled", "partially_filled"] = "partially_filled"
        if order.left == 0.0:
            status = "filled"
        elif not _room(there, order):
            status = "cancelled"
        if status != "partially_filled":
            there.orders.remove(order)
        code = "nothing_to_reduce" if status == "cancelled" else None
        return _report(order, status, time, at, self._fee(order), code)


def _beyond(place: Place, price: float) -> bool:
    """Tell whether a price is at that of an order, or on the side of it where it fills."""
    assert place.price is not None
    up = (place.side == "buy") == (place.kind == "stop")
    return price >= place.price if up else price <= place.price


def _room(there: _Symbol, order: _Order) -> float:
    """Return how much of a position an order may take away; infinite where it may do more."""
    if not order.place.reduce:
        return inf
    position = there.position if order.place.side == "sell" else -there.position
    return position if position > CRUMB * order.place.quantity else 0.0


def _report(
    order: _Order,
    status: Literal["accepted", "partially_filled", "filled", "cancelled"],
    time: int,
    at: int,
    fees: float = 0.0,
    code: str | None = None,
) -> Report:
    place = order.place
    return Report(
        at, place.symbol, place.client_order_id, status, order.filled, order.average, fees, time,
        code=code,
    )  # fmt: skip
