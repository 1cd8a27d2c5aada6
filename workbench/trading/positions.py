"""The positions of a symbol, as `position` messages, and what has been made with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import UNSET, UnsetType

from workbench.engine.live_views import HeldPosition
from workbench.messages import (
    Direction,
    EntryData,
    ExitData,
    PnlPart,
    Position,
    PositionData,
    PositionEvent,
    TradeExtra,
)
from workbench.trading.filling import Ahead


@dataclass(slots=True)
class Held:
    """A position that is open.

    Attributes
    ----------
    strategy
        Name of whose it is.
    number
        Of the trade in the engine.
    price
        It was last told with.
    realized, fees
        Of what has been closed, net; of all so far. Money.
    carried
        Of what is still held: its share of the entry's commission.
    financing, paid
        Of all so far, and what of it exits have paid for.
    """

    position_id: str
    strategy: str
    number: int
    direction: Direction
    quantity: float
    entry_price: float
    entry_time: str
    price: float
    stop: float | None
    targets: list[float]
    realized: float = 0.0
    fees: float = 0.0
    carried: float = 0.0
    financing: float = 0.0
    paid: float = 0.0

    @property
    def owed(self) -> float:
        """What is still held has cost so much that no exit has paid for, money."""
        return self.carried + self.financing - self.paid

    @property
    def sign(self) -> float:
        """1.0 for long, -1.0 for short."""
        return 1.0 if self.direction == "long" else -1.0

    def worth(self, price: float) -> float:
        """Return the profit of what is held at a price, money, before the fees of its exit."""
        return self.sign * (price - self.entry_price) * self.quantity


@dataclass(slots=True)
class Sums:
    """What a strategy has made on a symbol with what it has closed; money, `realized` net."""

    realized: float = 0.0
    fees: float = 0.0
    trades: int = 0


@dataclass(slots=True)
class Positions:
    """The open positions of a symbol and their telling.

    Parameters
    ----------
    session, symbol
        As messages name them.
    emit
        Takes the messages.

    Attributes
    ----------
    held
        By number of the trade in the engine.
    sums
        By name of the strategy, of what is closed.
    """

    session: str
    symbol: str
    emit: Callable[[Position], None]
    held: dict[int, Held] = field(default_factory=dict)
    sums: dict[str, Sums] = field(default_factory=dict)

    def entered(
        self, number: int, data: EntryData, extra: TradeExtra, stamp: str, time: str
    ) -> None:
        """Take an entry, and tell."""
        self.sums.setdefault(extra.strategy, Sums())
        held = self.held[number] = Held(
            data.trade_id, extra.strategy, number, data.direction, data.quantity, data.entry_price,
            data.entry_time, data.entry_price, data.stop_loss, list(data.take_profit_levels),
            fees=extra.commission, carried=extra.commission,
        )  # fmt: skip
        self._tell(held, "open", stamp, time)

    def exited(self, number: int, data: ExitData, extra: TradeExtra, stamp: str, time: str) -> None:
        """Take an exit, of all or of a part, and tell."""
        held, sums = self.held[number], self.sums[extra.strategy]
        financing = extra.financing if isinstance(extra.financing, float) else 0.0
        held.carried *= extra.remaining / held.quantity
        held.quantity, held.price = extra.remaining, data.exit_price
        held.paid += financing
        held.financing = max(held.financing, held.paid)
        held.realized += data.pnl
        held.fees += extra.commission
        sums.realized += data.pnl
        if extra.remaining > 0:
            self._tell(held, "modify", stamp, time)
            return
        del self.held[number]
        sums.fees += held.fees + held.paid
        sums.trades += 1
        self._tell(held, "close", stamp, time, data.exit_reason)

    def see(
        self, number: int, price: float, stop: float | None, targets: Sequence[float],
        financing: float, stamp: str, time: str, tell: bool,
    ) -> None:  # fmt: skip
        """Take how a position stands now; tell if `tell`, or stop or targets have changed.

        `financing` is what it has cost so far, money.
        """
        held = self.held[number]
        moved = held.stop != stop or held.targets != list(targets)
        tell = moved or (tell and held.price != price)
        held.price, held.stop, held.targets = price, stop, list(targets)
        held.financing = financing
        if tell:
            self._tell(held, "modify", stamp, time)

    def by_strategy(
        self, views: Sequence[HeldPosition], names: Sequence[str], ahead: Mapping[int, Ahead]
    ) -> dict[str, PnlPart]:
        """Return what each strategy has made, by name.

        Parameters
        ----------
        views
            The trades of the engine as they are now, those whose entry is not told included.
        names
            Of the strategies.
        ahead
            By trade: what was closed of it and is not told.
        """
        made = {
            name: PnlPart(one.realized, 0.0, one.fees, one.trades)
            for name, one in self.sums.items()
        }
        for view in views:
            name, held = names[view.strategy], self.held.get(view.trade)
            owed = view.commission + view.financing if held is None else held.owed
            fees = owed if held is None else held.fees + held.financing
            gain, unrealised = -owed, view.unrealised
            early = ahead.get(view.trade)
            if early is not None:
                gain += early.gain(view)
                fees += early.fees
            before = made.get(name, PnlPart(0.0, 0.0, 0.0, 0))
            made[name] = PnlPart(
                before.realized + gain, before.unrealized + unrealised, before.fees + fees,
                before.trades,
            )  # fmt: skip
        return made

    def _tell(
        self, held: Held, event: PositionEvent, stamp: str, time: str,
        reason: str | UnsetType = UNSET,
    ) -> None:  # fmt: skip
        data = PositionData(
            self.session, held.strategy, self.symbol, held.position_id, event, held.direction,
            held.quantity, held.entry_price, held.entry_time, held.price, time, held.stop,
            list(held.targets), held.worth(held.price), held.realized,
            held.fees + held.financing, reason,
        )  # fmt: skip
        self.emit(Position(stamp, data=data))
