"""Orders of a session whose fills are reported by a venue: an exchange, or one on paper."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence

from workbench.messages import OrderStatus
from workbench.trading.book import Book
from workbench.trading.brokering import Command, Open, Place, Rules
from workbench.trading.guard import Guard
from workbench.trading.inputs import Reported
from workbench.trading.routing import Life, Purpose, Routing
from workbench.trading.venue import Venue

_ENDED: dict[str, OrderStatus] = {
    "cancelled": "cancelled", "rejected": "rejected", "expired": "expired"
}  # fmt: skip


class Desk:
    """Sends what books decide, and takes what the venue reports into them.

    Orders that close wait here while `max_orders_per_minute` is used up.

    Parameters
    ----------
    session
        Its id.
    books
        By symbol.
    rules
        What the venue allows, by symbol.
    guard
        The session's limits.
    venue
        On paper; None where commands go out.
    route
        Takes the commands.
    now
        Returns the time orders are counted by, epoch ms.
    """

    def __init__(
        self, session: str, books: Mapping[str, Book], rules: Mapping[str, Rules], guard: Guard,
        venue: Venue | None, route: Callable[[Command], None], now: Callable[[], int],
    ) -> None:  # fmt: skip
        self._books, self._guard, self._venue = books, guard, venue
        self._route, self._now = route, now
        engines = {symbol: book.engine for symbol, book in books.items()}
        self._routing = Routing(session, engines, rules)
        self._late: list[Command] = []

    def decided(self, book: Book, at: int) -> None:
        """Send what follows from a book as it stands."""
        self._send(self._routing.decided(book.symbol, at), book)

    def trade(self, book: Book, time: int, price: float, size: float, at: int) -> None:
        """Let a trade of the market fill on paper, and be seen by what rests here."""
        if self._venue is not None:
            for report in self._venue.trade(book.symbol, time, price, size, at):
                self.report(report)
        self._send(self._routing.price(book.symbol, time, price, at), book)

    def passed(self, book: Book, time: int, at: int) -> None:
        """Let market time pass."""
        if self._venue is not None:
            for report in self._venue.passed(book.symbol, time, at):
                self.report(report)

    def flatten(self, book: Book, code: int, at: int) -> None:
        """Close all, cancel all of a symbol; `code` is why, of `rules/layout.py`."""
        commands = self._routing.flatten(book.symbol, code, at)
        book.settle()
        self._send(commands, book)

    def report(self, report: Reported) -> None:
        """Take a report of the venue."""
        book = self._books.get(report.symbol)
        if book is None:
            return
        if report.status in _ENDED and report.filled > 0:
            for order_id, purpose in self._purposes(book):
                life = self._routing.life(book.symbol, purpose)
                if life is not None and life.client_order_id == report.client_order_id:
                    book.ledger.ends[order_id] = _ENDED[report.status]
        commands = self._routing.report(report)
        self.look(book)
        book.settle()
        self._send(commands, book)

    def look(self, book: Book) -> None:
        """Tell how orders fare."""
        now = book.moment()
        for order_id, purpose in self._purposes(book):
            life: Life | None = self._routing.life(book.symbol, purpose)
            if life is None:
                continue
            orders = book.ledger.orders
            rests = life.emulated and life.client_order_id is None
            orders.routed(
                order_id, now, life.client_order_id, life.emulated,
                life.acknowledged or rests, life.wanted,
            )  # fmt: skip
            orders.part(order_id, now, life.filled, life.average, life.fees)

    def late(self, book: Book) -> None:
        """Send what has had to wait, as far as it may now."""
        late, self._late = self._late, []
        self._send(late, book)

    def open(self) -> list[Open]:
        """Return the orders that are not final at the venue."""
        return self._routing.open()

    def held(self) -> dict[str, float]:
        """Return signed units by symbol."""
        return self._routing.held()

    @property
    def idle(self) -> bool:
        """Whether nothing waits, is at the venue, or on its way there."""
        waits = any(book.engine.orders() for book in self._books.values())
        return not (waits or self._late or self._routing.open())

    def save(self) -> bytes:
        """Return all that is needed to go on exactly."""
        venue = None if self._venue is None else self._venue.save()
        return pickle.dumps((self._routing.save(), venue, self._late))

    def load(self, saved: bytes) -> None:
        """Go on from there."""
        routing, venue, self._late = pickle.loads(saved)
        self._routing.load(routing)
        if self._venue is not None:
            self._venue.load(venue)

    def _send(self, commands: Sequence[Command], book: Book) -> None:
        now = self._now()
        for command in commands:
            if isinstance(command, Place) and command.reduce and self._decided(book, command):
                if self._late or not self._guard.may_close(now):
                    self._late.append(command)
                    continue
                self._guard.gave(now)
            if self._venue is not None:
                self._venue.send(command, book.time)
            else:
                self._route(command)
        self.look(book)

    def _decided(self, book: Book, place: Place) -> bool:
        """Tell whether an order is the strategy's; protection and flattening never wait."""
        for _, purpose in self._purposes(book):
            life = self._routing.life(book.symbol, purpose)
            if life is not None and life.client_order_id == place.client_order_id:
                return purpose.kind == "order"
        return False

    def _purposes(self, book: Book) -> list[tuple[str, Purpose]]:
        """Return what each order that is not final is for."""
        found = []
        trades = {one.position_id: number for number, one in book.ledger.positions.held.items()}
        for order_id in book.ledger.orders.waiting:
            first, _, rest = order_id.rpartition(":")
            if rest.startswith("signal_"):
                purpose = Purpose("order", int(rest.removeprefix("signal_")))
            elif first not in trades:
                continue
            elif rest.startswith("target_"):
                purpose = Purpose("target", trades[first], int(rest.removeprefix("target_")))
            else:
                purpose = Purpose("close" if rest == "close" else "stop", trades[first])
            found.append((order_id, purpose))
        return found
