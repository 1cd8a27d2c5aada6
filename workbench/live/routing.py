"""What a book decided becomes commands for a venue, what the venue reports becomes its fills.

Signatures: the bodies follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from workbench.live.brokering import Command, Open, Report, Rules


class Purpose(NamedTuple):
    """What an order at the venue is for, within its symbol.

    Attributes
    ----------
    kind
        ``order``: an order of the strategy, entry or close (`number` is the engine's order number);
        ``stop``, ``target``: protection of a trade; ``close``: whatever else closes a trade
        (time stop, end of the session, kill switch), `number` is the engine's trade number.
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
        Units at the venue (of those in a row: filled and still wanted); None while it rests here.
    filled, average, fees
        So far; units, price (None without a fill), money.
    client_order_id
        Of the newest; None while nothing has been sent.
    emulated
        It rests here.
    acknowledged
        The venue has answered for it.
    final
        The venue has said the last word and nothing else will be sent for it.
    """

    wanted: float | None
    filled: float
    average: float | None
    fees: float
    client_order_id: str | None
    emulated: bool
    acknowledged: bool
    final: bool


class Routing:
    """All orders of a session at a venue.

    Parameters
    ----------
    session_id
        Of at most 24 characters of ``[A-Za-z0-9_-]``, as client order ids are ``SESSION-N`` and
        venues take 32.
    engines
        By symbol; `routed`.
    rules
        What the venue allows, by symbol.
    """

    def __init__(
        self, session_id: str, engines: Mapping[str, Any], rules: Mapping[str, Rules]
    ) -> None: ...

    def decided(self, symbol: str, at: int) -> list[Command]:
        """Return what follows from the state of a symbol's book; call it after `LiveEngine.end`,
        `flatten`, and whenever else a book may have changed. `at`: epoch ms, of the input."""
        raise NotImplementedError

    def report(self, reported: Report) -> list[Command]:
        """Take a report into the book; return what follows (protection, the other side of an OCO).

        Twice the same, or one behind what is known, changes nothing.
        """
        raise NotImplementedError

    def price(self, symbol: str, time: int, price: float, at: int) -> list[Command]:
        """Look at what rests here by a price of the market (`time`: epoch ms of the market)."""
        raise NotImplementedError

    def life(self, symbol: str, purpose: Purpose) -> Life | None:
        """Return how an order fares, None where nothing is known of it.

        What is over is forgotten at the next `decided` of the symbol after it was final.
        """
        raise NotImplementedError

    def open(self) -> list[Open]:
        """Return the orders that are not final at the venue, for `Broker.reconcile`."""
        raise NotImplementedError

    def held(self) -> dict[str, float]:
        """Return signed units by symbol, for `Broker.reconcile`."""
        raise NotImplementedError

    def save(self) -> bytes:
        """Return all that is needed to go on exactly."""
        raise NotImplementedError

    def load(self, saved: bytes) -> None:
        """Go on from there."""
        raise NotImplementedError
