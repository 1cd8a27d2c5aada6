"""What the books decided becomes commands for a venue, what it reports becomes their fills.

docs/brokers.md says in words what rests where, and what is sent when.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import msgspec

from workbench.errors import InvalidRequest
from workbench.trading.applying import apply
from workbench.trading.brokering import Command, Open, Report, Rules
from workbench.trading.route import Route
from workbench.trading.states import Engine, State
from workbench.trading.tickets import Exit, Life, Purpose

__all__ = ["Life", "Purpose", "Routing"]

_FITS = re.compile(r"[A-Za-z0-9_-]{1,24}")


class Routing:
    """All orders of a session at a venue.

    Client order ids are ``SESSION-N``, N counting from 1.

    Parameters
    ----------
    session_id
        At most 24 characters of ``[A-Za-z0-9_-]``: venues take 32, so there is room for 9,999,999.
    engines
        By symbol; `LiveEngine` with `routed`.
    rules
        What the venue allows, by symbol.
    hedging
        The setting: an entry against a trade stands beside it.

    Raises
    ------
    InvalidRequest
        The session's id does not fit.
    """

    def __init__(
        self,
        session_id: str,
        engines: Mapping[str, Engine],
        rules: Mapping[str, Rules],
        hedging: bool = False,
    ) -> None:
        if _FITS.fullmatch(session_id) is None:
            allowed = "1 to 24 characters of A-Z, a-z, 0-9, _ and -"
            msg = f"A session's id goes into the ids of its orders: {session_id!r} is not {allowed}"
            raise InvalidRequest(msg, field="session_id", value=session_id, allowed=allowed)
        self._session = session_id
        self._count = 0
        self._routes = {
            symbol: Route(symbol, engine, rules.get(symbol, Rules()), self._name, hedging)
            for symbol, engine in engines.items()
        }

    def decided(self, symbol: str, at: int) -> list[Command]:
        """Return what follows from a symbol's book; `at` (epoch ms) is of the input.

        To be called after each `LiveEngine.end`, and whenever else the book may have changed.
        """
        return self._routes[symbol].decided(at)

    def report(
        self, reported: Report, taken: Callable[[], None] = lambda: None
    ) -> list[Command]:  # fmt: skip
        """Take a report into the book; return what follows (protection, the other side of an OCO).

        Twice the same, or one behind what is known, changes nothing. `taken` is called between the
        two: fills after that are of no order of the venue.
        """
        route = self._routes[reported.symbol]
        apply(route, reported)
        taken()
        return route.act(reported.at)

    def price(self, symbol: str, time: int, price: float, at: int) -> list[Command]:
        """Look at what rests here by a price of the market (`time`: epoch ms, market time)."""
        return self._routes[symbol].price(price, at)

    def flatten(self, symbol: str, code: int, at: int) -> list[Command]:
        """Cancel all orders of a symbol and close all it holds, as far as the venue lets it.

        Until nothing waits and nothing is held any more, entries are refused (`FLATTENED`).
        `code` is why, such as `BY_COMMAND`; it is what the exits are told as.
        """
        route = self._routes[symbol]
        route.state.flatten = code
        return route.act(at)

    def take_back(self, symbol: str, code: int, wanted: float, had: float) -> None:
        """Note why the entries that wait now are about to be taken back, see `LiveEngine.refuse`.

        One that the strategy has taken back by itself keeps its own reason.
        """
        route = self._routes[symbol]
        for order in route.engine.orders():
            if order.kind == "entry" and not order.cancelling:
                route.state.why.setdefault(order.order, (code, wanted, had))

    def purpose(self, symbol: str, client_order_id: str) -> Purpose | None:
        """Return what an order that is at the venue is for; None where it is over, or unknown."""
        ticket = self._routes[symbol].state.tickets.get(client_order_id)
        return None if ticket is None else ticket.purpose

    def named(self, symbol: str, purpose: Purpose) -> list[str]:
        """Return the client order ids of what is at the venue for a purpose."""
        tickets = self._routes[symbol].state.tickets
        return [name for name, one in tickets.items() if one.purpose == purpose]

    def exit_of(self, symbol: str, purpose: Purpose) -> Exit | None:
        """Return the exit that an order carries out; None where it does not."""
        exits = self._routes[symbol].state.exits
        return next((one for one in exits if one.purpose == purpose), None)

    def flattening(self, symbol: str) -> bool:
        """Whether all of a symbol is being closed."""
        return self._routes[symbol].state.flatten != 0

    def exits_of(self, symbol: str, order: int) -> bool:
        """Whether something is still to be closed because of an order of the strategy."""
        return any(one.order == order for one in self._routes[symbol].state.exits)

    @property
    def quiet(self) -> bool:
        """Whether nothing is on its way but protection that rests at the venue."""
        return all(route.quiet for route in self._routes.values())

    def flat(self, symbol: str) -> bool:
        """Whether nothing waits, is held, or is at the venue."""
        route = self._routes[symbol]
        return not (route.state.tickets or route.engine.orders() or route.engine.positions())

    def life(self, symbol: str, purpose: Purpose) -> Life | None:
        """Return how an order fares, None where nothing is known of it.

        What is over is forgotten at the second `decided` of its symbol after that.
        """
        return self._routes[symbol].life(purpose)

    def open(self) -> list[Open]:
        """Return the orders that are not final at the venue, for `Broker.reconcile`."""
        routes = self._routes.values()
        return [ticket.opened() for one in routes for ticket in one.state.tickets.values()]

    def held(self) -> dict[str, float]:
        """Return signed units by symbol, for `Broker.reconcile`."""
        return {symbol: route.held() for symbol, route in self._routes.items()}

    def save(self) -> bytes:
        """Return all that is needed to go on exactly; books are saved by their engines."""
        states = {symbol: route.state for symbol, route in self._routes.items()}
        return msgspec.msgpack.encode((self._count, states))

    def load(self, saved: bytes) -> None:
        """Go on from there."""
        kind = tuple[int, dict[str, State]]
        self._count, states = msgspec.msgpack.decode(saved, type=kind)
        for symbol, state in states.items():
            self._routes[symbol].state = state

    def _name(self) -> str:
        self._count += 1
        return f"{self._session}-{self._count}"
