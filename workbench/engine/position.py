"""The position a strategy holds, as the strategy sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.engine.orders import ExitOrder, Reason, check_part
from workbench.messages import Direction

if TYPE_CHECKING:
    from workbench.engine.strategy import Strategy


class Position:
    """The open position. False while there is none.

    Its numbers are 0.0, and its direction None, while there is none; profits are unrealised,
    of what is still held, at the last close.
    """

    __slots__ = ("_broker", "_strategy")

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy
        self._broker = strategy._broker

    def __bool__(self) -> bool:
        return self._broker.trade is not None

    @property
    def direction(self) -> Direction | None:
        """``long``, ``short`` or None."""
        trade = self._broker.trade
        return None if trade is None else trade.direction

    @property
    def quantity(self) -> float:
        """Units held, positive for both directions."""
        trade = self._broker.trade
        return 0.0 if trade is None else trade.remaining

    @property
    def entry_price(self) -> float:
        """Price of the entry's fill."""
        trade = self._broker.trade
        return 0.0 if trade is None else trade.price

    @property
    def stop_loss(self) -> float | None:
        """Price of the stop, None without one."""
        trade = self._broker.trade
        return None if trade is None else trade.stop_loss

    @property
    def pnl(self) -> float:
        """Unrealised profit in the account's currency, before commissions."""
        trade = self._broker.trade
        if trade is None:
            return 0.0
        return trade.sign * (self._strategy.close[-1] - trade.price) * trade.remaining

    @property
    def pnl_percent(self) -> float:
        """The same in percent of the entry's notional."""
        trade = self._broker.trade
        if trade is None:
            return 0.0
        return 100 * trade.sign * (self._strategy.close[-1] / trade.price - 1)

    def close(self, part: float = 1.0, reason: Reason = None) -> None:
        """Close at the next open; nothing happens when there is no position by then.

        Parameters
        ----------
        part
            Fraction, in (0, 1], of what is held then.
        reason
            Why: a sentence or a `Reasoning`; made from the indicators when left out.

        Raises
        ------
        InvalidOrder
            `part` is outside (0, 1].
        """
        part = check_part(part)
        if self._broker.trade is not None:
            strategy = self._strategy
            reasoning = strategy._reasoning("exit", f"exits {self.direction}", reason)
            self._broker.orders.append(ExitOrder(len(strategy.close) - 1, part, reasoning))

    def __repr__(self) -> str:
        trade = self._broker.trade
        if trade is None:
            return "<Position: none>"
        held = f"{trade.direction} {trade.remaining:g} at {trade.price:g}"
        return f"<Position: {held}, pnl {self.pnl:+.2f}>"
