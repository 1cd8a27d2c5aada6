"""Fills that a venue reports, on their way into the book: each is told of as it comes.

The rows a `LiveEngine` writes of them come later: of an entry when it is done, of an exit after
that. What orders have filled, and what has been made with it, is known before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from workbench.engine.live_engine import LiveEngine
from workbench.engine.live_views import HeldPosition, WaitingOrder
from workbench.messages import Reasoning, Signal, Trade


class Written(NamedTuple):
    """A row of events, and the message of it."""

    row: list[float]
    message: Trade | Signal


class Part(NamedTuple):
    """A fill of an order at a venue.

    Attributes
    ----------
    order
        Number of the entry, or of what an exit is brought about by; 0 for neither.
    trade
        Number in the engine of the trade an exit is of; 0 of an entry.
    code, rung, level
        Of an exit, as of `LiveEngine.fill_exit`.
    client_order_id
        Of the order at the venue that filled; None where it is none of its fills.
    """

    order: int
    trade: int
    price: float
    quantity: float
    fee: float
    code: int = 0
    rung: int = 0
    level: float | None = None
    client_order_id: str | None = None


@dataclass(slots=True)
class Ahead:
    """What has been closed of a trade before a row says so: units, price times units, fees."""

    units: float = 0.0
    paid: float = 0.0
    fees: float = 0.0

    def gain(self, held: HeldPosition) -> float:
        """Return what it has made, net of its own fees, money."""
        return held.sign * (self.paid - self.units * held.price) - self.fees


class Hearing(Protocol):
    """Who is told; see `workbench.trading.ledger.Ledger`."""

    def part(self, part: Part) -> None: ...
    def ending(self, order: int, why: tuple[int, float, float]) -> None: ...
    def keep_reason(self, order: int, why: Reasoning) -> None: ...


class Filling:
    """The engine of a symbol as routing sees it: a `workbench.trading.states.Engine`.

    Parameters
    ----------
    engine
        The engine; its fills are routed.
    heard
        Hears of each fill, and of the end of each order, before the engine does.
    noted
        Says whether something is still to be closed because of an order.
    """

    def __init__(self, engine: LiveEngine, heard: Hearing, noted: Callable[[int], bool]) -> None:
        self._engine, self._heard, self._noted = engine, heard, noted

    @property
    def bar(self) -> int:
        """Index of the next candle."""
        return self._engine.bar

    def orders(self) -> list[WaitingOrder]:
        """Return the orders that wait."""
        return self._engine.orders()

    def positions(self) -> list[HeldPosition]:
        """Return the trades that are open."""
        return self._engine.positions()

    def fill(self, order: int, price: float, quantity: float, fee: float, done: bool) -> None:
        """Take a fill of an entry, see `LiveEngine.fill`."""
        if quantity > 0.0 or fee:
            self._heard.part(Part(order, 0, price, quantity, fee))
        if done:
            self._remember(order)
        self._engine.fill(order, price, quantity, fee, done)

    def fill_exit(
        self, trade: int, price: float, quantity: float, fee: float, code: int, *, order: int = 0,
        rung: int = 0, level: float | None = None, done: bool = True,
    ) -> None:  # fmt: skip
        """Take a fill of an exit, see `LiveEngine.fill_exit`."""
        if quantity > 0.0 or fee:
            self._heard.part(Part(order, trade, price, quantity, fee, code, rung, level))
        self._engine.fill_exit(
            trade, price, quantity, fee, code, order=order, rung=rung, level=level, done=done
        )

    def refuse(self, order: int, code: int, wanted: float = 0.0, had: float = 0.0) -> None:
        """End an order, see `LiveEngine.refuse`."""
        self._heard.ending(order, (code, wanted, had))
        self._remember(order)
        self._engine.refuse(order, code, wanted, had)

    def _remember(self, order: int) -> None:
        """Keep why an order was given, where an exit by it is still to be told."""
        if self._noted(order):
            self._heard.keep_reason(order, self._engine.reason(order, 0, 0, 0.0))
