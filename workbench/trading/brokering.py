"""What a session asks of a broker, and what a broker answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from workbench.messages import OrderKind, OrderSide
from workbench.trading.inputs import Reconciled, Reported

Report = Reported


class Place(NamedTuple):
    """Place an order.

    Attributes
    ----------
    client_order_id
        Unique for ever: made of the session's id and a count, so that the same decision has the
        same one however often it is sent.
    quantity
        Units of the base currency, above 0, a whole number of the symbol's lots.
    price
        Of a limit, or the trigger of a stop; None for market.
    reduce
        It may only make a position smaller.
    decided
        When, epoch ms, by the clock of the process.
    """

    client_order_id: str
    symbol: str
    side: OrderSide
    kind: OrderKind
    quantity: float
    price: float | None
    reduce: bool
    decided: int


class Cancel(NamedTuple):
    """Take an order back."""

    client_order_id: str
    symbol: str


Command = Place | Cancel


class Rules(NamedTuple):
    """What a venue allows for a symbol; 0.0 is no such rule.

    Attributes
    ----------
    lot, tick
        Step of quantities (units), and of prices.
    least, least_notional
        Smallest quantity (units) and notional (quote currency) of an order.
    native
        Whether it keeps stops itself, so that they hold while the session is away.
    targets
        Whether it keeps targets beside them: where orders bind what they may sell (spot), it does
        not. Where not, they rest with the session, which takes the stop back before it sells.
    shorts
        Whether one can sell what one does not hold.
    """

    lot: float = 0.0
    tick: float = 0.0
    least: float = 0.0
    least_notional: float = 0.0
    native: bool = False
    targets: bool = False
    shorts: bool = True


class Open(NamedTuple):
    """An order that the session believes to be open at the broker."""

    place: Place
    filled: float
    acknowledged: bool


class Agreement(NamedTuple):
    """What came of comparing: reports to be taken in first, and the differences in words."""

    reports: Sequence[Report]
    differences: Sequence[str]


class Found(NamedTuple):
    """An order of a session as its venue's own books have it.

    Attributes
    ----------
    report
        The last that there is to report of it: all it has filled, and its end.
    """

    place: Place
    report: Report


class Cleared(NamedTuple):
    """What a session has come to by its venue's own books, after all its orders were taken back.

    Attributes
    ----------
    held
        Signed units it has bought and not sold, by symbol.
    orders
        All it has ever had there.
    """

    held: Mapping[str, float]
    orders: Sequence[Found]


class Broker(Protocol):
    """Who carries orders out. All that it does is told by reports."""

    name: Literal["paper"] | str

    async def start(self, symbols: Sequence[str]) -> Mapping[str, Rules]:
        """Connect; return what the venue allows, by symbol.

        Raises
        ------
        InvalidRequest
            It does not know a symbol.
        BrokerError
            It cannot be reached, or the account is not right.
        """
        ...

    async def reconcile(self, orders: Sequence[Open], positions: Mapping[str, float]) -> Agreement:
        """Compare what the session believes with what is so: orders, fills, positions.

        Parameters
        ----------
        orders
            Those not final. One that is not `acknowledged` may never have arrived; the broker looks
            for it by its client order id, and reports it ``rejected`` with code ``not_sent`` where
            it is sure that it is nowhere.
        positions
            Signed units by symbol.
        """
        ...

    def send(self, command: Command) -> None:
        """Have a command carried out, soon, in order for each symbol; never blocks."""
        ...

    def reports(self) -> AsyncIterator[Sequence[Report | Reconciled]]:
        """Give what is reported, in the order it happened for each order; nothing twice.

        And words, of what is to be known of the venue itself.
        """
        ...

    async def clear(self, since: int, highest: int) -> Cleared | None:
        """Take back all orders of the session, also such as nobody knows of; None if it cannot.

        Parameters
        ----------
        since
            When the session began, epoch ms.
        highest
            Of the numbers of its orders that are known.
        """
        ...

    async def close(self) -> None:
        """Let go of connections; orders stay as they are."""
        ...
