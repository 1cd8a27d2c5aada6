"""Orders of a session whose fills are reported by a venue: an exchange, or one on paper."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import inf

from workbench.trading.book import Book
from workbench.trading.brokering import Command, Open, Place, Rules
from workbench.trading.filling import Filling
from workbench.trading.guard import Guard
from workbench.trading.inputs import Reported
from workbench.trading.routed_ledger import RoutedLedger
from workbench.trading.routing import Life, Purpose, Routing
from workbench.trading.venue import Venue

DRAINS = 8
"""So many times what was sent last is filled, or followed by something: far more than it takes."""


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
        for book in books.values():
            book.ledger.orders.ahead = venue is None
        engines = {
            symbol: Filling(book.engine, _ledger(book), partial(self._noted, symbol))
            for symbol, book in books.items()
        }
        hedging = any(book.hedging for book in books.values())
        self._routing = Routing(session, engines, rules, hedging)
        self._late: list[Command] = []

    def decided(self, book: Book, at: int) -> None:
        """Send what follows from a book as it stands."""
        self._send(self._routing.decided(book.symbol, at), book)
        reasons = book.ledger.reasons
        for order in [one for one in reasons if not self._noted(book.symbol, one)]:
            del reasons[order]

    def take_back(self, book: Book, code: int, wanted: float, had: float, at: int) -> None:
        """Have all entries of a symbol that wait cancelled; why, as of `LiveEngine.refuse`."""
        self._routing.take_back(book.symbol, code, wanted, had)
        book.engine.end_entries(code, wanted, had)
        book.settle()
        self.decided(book, at)

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

    def drain(self, book: Book, at: int) -> None:
        """Fill on paper what is on its way, at the last price: of a market that has ended."""
        if self._venue is None or book.price is None:
            return
        time = book.time
        for _ in range(DRAINS):
            if not any(one.place.symbol == book.symbol for one in self._routing.open()):
                return
            time += self._venue.latency + 1
            self.trade(book, time, book.price, inf, at)

    def flatten(self, book: Book, code: int, at: int) -> None:
        """Close all, cancel all of a symbol; `code` is why, of `rules/layout.py`."""
        self._send(self._routing.flatten(book.symbol, code, at), book)

    def report(self, report: Reported) -> None:
        """Take a report of the venue."""
        book = self._books.get(report.symbol)
        if book is None:
            return
        ledger = _ledger(book)
        ledger.heard = report.client_order_id

        def taken() -> None:
            ledger.heard = None

        self._send(self._routing.report(report, taken), book)

    def look(self, book: Book) -> None:
        """Tell how orders fare."""
        now, orders = book.moment(), book.ledger.orders
        for order_id, purpose in self._purposes(book):
            life: Life | None = self._routing.life(book.symbol, purpose)
            if life is None:
                orders.waiting[order_id].out = False
                continue
            protects = purpose.kind in ("stop", "target")
            rests = life.emulated and (protects or life.client_order_id is None)
            orders.routed(
                order_id, now, life.client_order_id, life.emulated,
                life.acknowledged or rests, life.wanted, life.out,
            )  # fmt: skip

    def late(self) -> None:
        """Send what has had to wait, as far as it may now."""
        late, self._late = self._late, []
        for command in late:
            self._send([command], self._books[command.symbol])

    def open(self) -> list[Open]:
        """Return the orders that are not final at the venue."""
        return self._routing.open()

    def held(self) -> dict[str, float]:
        """Return signed units by symbol."""
        return self._routing.held()

    def resting(self, book: Book) -> dict[str, list[str]]:
        """Return the client order ids that an exchange keeps, by order that is not final."""
        if self._venue is not None:
            return {}  # on paper, it ends with the session
        found = {
            order_id: self._routing.named(book.symbol, purpose)
            for order_id, purpose in self._purposes(book)
        }
        return {order_id: names for order_id, names in found.items() if names}

    def idle(self, keeps: bool) -> bool:
        """Tell whether nothing waits, is at the venue, or on its way there.

        Where what is held is kept, what protects it is left at the venue.
        """
        waits = any(book.engine.orders() for book in self._books.values())
        still = self._routing.quiet if keeps else not self._routing.open()
        return still and not (waits or self._late)

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
        """Tell what has come of it, and send what is next."""
        self.look(book)
        if not book.ledger.idle:
            book.settle()
        now = self._now()
        for command in commands:
            if isinstance(command, Place) and not self._may(book, command, now):
                self._late.append(command)
                continue
            if self._venue is not None:
                self._venue.send(command, book.time)
            else:
                self._route(command)
        self.look(book)

    def _may(self, book: Book, place: Place, now: int) -> bool:
        """Tell whether an order may be sent now; protection and flattening never wait."""
        purpose = self._routing.purpose(book.symbol, place.client_order_id)
        if purpose is not None and purpose.kind == "close":
            exit_ = self._routing.exit_of(book.symbol, purpose)
            if exit_ is not None:
                _ledger(book).closing(purpose.number, exit_, book.moment())
        if not place.reduce or purpose is None or purpose.kind != "order":
            return True
        if self._routing.flattening(book.symbol):
            return True
        if self._late or not self._guard.may_close(now):
            return False
        self._guard.gave(now)
        return True

    def _noted(self, symbol: str, order: int) -> bool:
        return self._routing.exits_of(symbol, order)

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


def _ledger(book: Book) -> RoutedLedger:
    assert isinstance(book.ledger, RoutedLedger)
    return book.ledger
