"""What a live engine shows of its book, as plain values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple


class Wanted(NamedTuple):
    """An entry that was just decided, for a `Gate` to look at.

    Attributes
    ----------
    order
        Its number, as rows of events name it.
    strategy
        Number of the strategy, from 0.
    sign
        1.0 for a buy, -1.0 for a sale.
    units, notional
        How many it would be were it filled now, and what they cost, in the account's currency.
        Positions it would close first (a reversal) are not counted.
    price
        The one it would fill at: its limit or stop, or the last close.
    limit, stop
        None for none; both None for a market order.
    close
        The last close: ask for a buy, bid for a sale.
    bar
        Index of the candle at whose close it was decided.
    """

    order: int
    strategy: int
    sign: float
    units: float
    notional: float
    price: float
    limit: float | None
    stop: float | None
    close: float
    bar: int


Refusal = tuple[int, float, float]
"""Why an order may not be: a code of `rules/layout.py`, what was wanted, what there is."""
Gate = Callable[[Wanted], Refusal | None]
"""Called for each entry at the close it was decided at, in order; what it returns ends it."""


class WaitingOrder(NamedTuple):
    """An order that waits.

    Attributes
    ----------
    order
        Its number.
    kind
        ``entry``, or ``close`` for one that closes what is held.
    sign
        1.0 for a buy, -1.0 for a sale; of a close, 0.0 where it closes both.
    limit, stop
        Of an entry; None for none.
    quantity
        Units that were asked for; None where the size was given otherwise.
    units
        How many it would be were it filled now; of a close, what it would take off.
    stop_loss, targets, trailing
        What the position is to get; None and empty for none.
    part, trade
        Of a close: the part of what is held, and of which trade (0 for all of the strategy).
    decided
        Index of the candle at whose close it was placed.
    expires
        Index of the last candle it can fill on; None for never.
    filled, average_price
        What a venue has filled of it so far (only where fills are routed).
    cancelling
        The strategy has taken it back, and the venue has not said yet that it is gone (only where
        fills are routed).
    """

    order: int
    strategy: int
    kind: Literal["entry", "close"]
    sign: float
    limit: float | None
    stop: float | None
    quantity: float | None
    units: float
    stop_loss: float | None
    targets: tuple[float, ...]
    trailing: float | None
    part: float
    trade: int
    decided: int
    expires: int | None
    filled: float = 0.0
    average_price: float | None = None
    cancelling: bool = False


class Target(NamedTuple):
    """A target that is left: its number from 1, its price, and the units that leave there."""

    rung: int
    price: float
    units: float


class HeldPosition(NamedTuple):
    """A trade that is open.

    Attributes
    ----------
    trade
        Its number.
    order
        Of the entry.
    sign
        1.0 for a long, -1.0 for a short.
    quantity, remaining
        Units entered, and still held.
    price, bar
        Of the entry: price (of several fills their average), index of the candle.
    decided
        Index of the candle at whose close the entry was decided.
    stop_loss
        Where it is now; None without one.
    stop_code
        What an exit by it would be told as: `BY_STOP`, `BY_TRAIL` or `BY_BREAK_EVEN`.
    trailing
        Distance at which the stop follows, price units; None for none.
    targets
        Those left, the nearest first.
    until
        Index of the candle at whose open it is to be closed; None for never.
    mark, unrealised
        The last price it is valued at (bid for longs, ask for shorts), and the profit there,
        before commissions, in the account's currency.
    realised
        Of what has been closed, net of all costs so far but financing not yet paid for.
    commission, financing
        Of its fills so far; funding and interest so far, a cost above 0.
    """

    trade: int
    order: int
    strategy: int
    sign: float
    quantity: float
    remaining: float
    price: float
    bar: int
    decided: int
    stop_loss: float | None
    stop_code: int
    trailing: float | None
    targets: tuple[Target, ...]
    until: int | None
    mark: float
    unrealised: float
    realised: float
    commission: float
    financing: float


class LiveAccount(NamedTuple):
    """The account now, in its currency.

    Attributes
    ----------
    balance
        Capital and realised profit.
    equity
        With what is held marked at the last price within the candle.
    realised
        ``balance - initial_capital``: net of commissions and financing.
    unrealised
        ``equity - balance``.
    fees
        Commissions and financing so far.
    longs, shorts
        Units held.
    bid, ask
        The last prices; 0.0 before the first.
    open_positions, open_orders
        How many.
    """

    balance: float
    equity: float
    realised: float
    unrealised: float
    fees: float
    longs: float
    shorts: float
    bid: float
    ask: float
    open_positions: int
    open_orders: int

    @property
    def exposure(self) -> float:
        """Sum of the absolute notionals, in the account's currency."""
        return self.longs * self.bid + self.shorts * self.ask

    @property
    def notional(self) -> float:
        """What is held, sales below 0, in the account's currency."""
        return self.longs * self.bid - self.shorts * self.ask
