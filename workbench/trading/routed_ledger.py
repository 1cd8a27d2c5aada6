"""A ledger of orders that a venue fills: what they have filled is told as it comes.

The engine's rows come later, and make the trades and positions; see `workbench.trading.filling`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workbench.engine.live_engine import LiveEngine
from workbench.engine.rules.layout import (
    BY_SIGNAL,
    E_CODE,
    E_KIND,
    E_LEVEL,
    E_ORDER,
    E_REMAINING,
    E_SEEN,
    E_TRADE,
    ENDED,
    EVENT_WIDTH,
    POSITION_CLOSED,
)
from workbench.messages import ExitData, Message, OrderStatus, Reasoning, Signal, Trade
from workbench.trading.filling import Ahead, Part
from workbench.trading.ledger import Ledger
from workbench.trading.orders import CRUMB, Moment, Orders, Told
from workbench.trading.positions import Held, Positions
from workbench.trading.reversing import why_closed
from workbench.trading.telling import Trades
from workbench.trading.tickets import Exit


class RoutedLedger(Ledger):
    """Tells what happens where a venue fills; parameters as of `Ledger`.

    Attributes
    ----------
    ends
        By number of an order that is about to end: why, as of `LiveEngine.refuse`.
    untold
        By trade: fills of its exits before its entry is told.
    heard
        Client order id of the order whose report is just being taken.
    """

    kept = ("refused", "taken_away", "ahead", "untold", "reasons")

    def __init__(
        self, engine: LiveEngine, trades: Trades, orders: Orders, positions: Positions,
        emit: Callable[[Message], None], filled: Callable[[Sequence[float], bool], None],
    ) -> None:  # fmt: skip
        super().__init__(engine, trades, orders, positions, emit, filled)
        orders.asks = True
        self.ends: dict[int, tuple[int, float, float]] = {}
        self.untold: dict[int, list[Part]] = {}
        self.heard: str | None = None

    # --- what is reported -----------------------------------------------------------------

    def part(self, part: Part) -> None:
        """Take a fill that the engine is about to take."""
        part = part._replace(client_order_id=self.heard)
        if part.trade:
            ahead = self.ahead.setdefault(part.trade, Ahead())
            ahead.units += part.quantity
            ahead.paid += part.quantity * part.price
            ahead.fees += part.fee
        self._written.append(part)

    def ending(self, order: int, why: tuple[int, float, float]) -> None:
        """Know why an order is about to end."""
        self.ends[order] = why

    def keep_reason(self, order: int, why: Reasoning) -> None:
        """Keep why an order was given that is about to end."""
        self.reasons[order] = why

    def closing(self, trade: int, exit_: Exit, now: Moment) -> None:
        """Tell that all of a trade is to be closed by an order of its own, and why."""
        held = self.positions.held.get(trade)
        if held is not None and f"{held.position_id}:close" not in self.orders.waiting:
            order = self._leaving(0, 0, 0, None, *_of(held), held.quantity)
            self.orders.new(order, now, why_closed(self._engine, exit_))

    # --- telling ----------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """Whether nothing has happened that is not told."""
        return not (self._written or self.ends)

    def tell(self, now: Moment) -> None:
        """Tell what has happened."""
        if self.idle:
            return
        super().tell(now)
        waiting = {one.order for one in self._engine.orders()}
        for told in list(self.orders.waiting.values()):
            name = told.order_id.rpartition(":")[2]
            if name.startswith("signal_"):
                number = int(name.removeprefix("signal_"))
                if number not in waiting:
                    self._over(told.order_id, number, now)
        self.ends.clear()
        self.orders.parts(now)

    def _part(self, part: Part, now: Moment) -> None:
        """Take a fill; of a trade whose entry is not told, after that."""
        known = self.orders.waiting.get(self.trades.signal_id(part.order))
        if known is None or (part.trade and part.code != BY_SIGNAL):
            held = self.positions.held.get(part.trade)
            if held is None:
                self.untold.setdefault(part.trade, []).append(part)
                return
            order = part.order if known is not None else 0
            known = self._leaving(
                part.code, order, part.rung, part.level, *_of(held), part.quantity
            )
        self.orders.part(known, now, part.quantity, part.price, part.fee, part.client_order_id)

    def _entered(self, order: Told, row: Sequence[float], message: Trade, now: Moment) -> None:
        self._over(order.order_id, int(row[E_ORDER]), now, order.trade_id)

    def _enter(self, row: Sequence[float], message: Trade, now: Moment) -> None:
        super()._enter(row, message, now)
        for part in self.untold.pop(int(row[E_TRADE]), ()):
            self._part(part, now)

    def _exited(
        self, order: Told, row: Sequence[float], message: Trade, now: Moment, last: bool
    ) -> None:
        data, extra = message.data, message.extra
        assert isinstance(data, ExitData)
        trade = int(row[E_TRADE])
        ahead = self.ahead[trade]
        ahead.units -= extra.quantity
        ahead.paid -= extra.quantity * data.exit_price
        ahead.fees -= extra.commission
        if row[E_REMAINING] <= 0 or ahead.units <= CRUMB * extra.quantity:
            del self.ahead[trade]
        if last and row[E_CODE] == BY_SIGNAL and row[E_ORDER]:
            self._over(order.order_id, int(row[E_ORDER]), now, order.trade_id)
        elif last:
            self.orders.done(order.order_id, now, order.trade_id)

    def _end(self, row: Sequence[float], message: Signal, now: Moment) -> None:
        self.ends.pop(int(row[E_ORDER]), None)
        super()._end(row, message, now)

    def _over(self, name: str, number: int, now: Moment, trade_id: str | None = None) -> None:
        """Tell the end of an order of the strategy of which something was filled."""
        told, why = self.orders.waiting.get(name), self.ends.pop(number, None)
        if told is None:
            return
        if why is None or why[0] == POSITION_CLOSED:
            self.orders.done(name, now, trade_id)
            return
        told.trade_id = trade_id or told.trade_id
        row = [0.0] * EVENT_WIDTH
        row[E_KIND], row[E_ORDER] = ENDED, float(number)
        row[E_CODE], row[E_LEVEL], row[E_SEEN] = why
        data = self.trades.end(row).data
        status: OrderStatus = "expired" if data.outcome == "expired" else "cancelled"
        self.orders.accept(name, now)
        self.orders.end(name, now, status, data.code, data.message, data.numbers)


def _of(held: Held) -> tuple[str, str, float]:
    return held.position_id, held.strategy, held.sign
