"""What a strategy holds and has ordered, as the strategy sees it."""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING

from workbench.engine.orders import Reason, check_part, check_trail, positive
from workbench.engine.refusing import refuse_move
from workbench.engine.rules.costs import on_grid
from workbench.engine.rules.layout import *
from workbench.messages import Direction

if TYPE_CHECKING:
    from workbench.engine.strategy import Strategy


class Position:
    """What a strategy holds, or one trade of it. False while that is nothing.

    Its numbers are 0.0, and its direction None, while there is nothing; profits are unrealised,
    of what is still held, at the last close. Of several trades the sizes and profits add up, and
    the entry price is their average.
    """

    __slots__ = ("_broker", "_index", "_strategy", "_trade")

    def __init__(self, strategy: Strategy, trade: float = 0.0) -> None:
        self._strategy = strategy
        self._broker = strategy._broker
        self._index = strategy._index
        self._trade = trade

    def _rows(self) -> list[list[float]]:
        rows = self._broker.positions(self._index)
        return [row for row in rows if row[P_TRADE] == self._trade] if self._trade else rows

    def __bool__(self) -> bool:
        return self._broker.a[POSITIONS] > 0.0 and bool(self._rows())

    @property
    def trade_id(self) -> int | None:
        """Number of the trade, of the newest one; None without."""
        rows = self._rows()
        return int(rows[-1][P_TRADE]) if rows else None

    @property
    def direction(self) -> Direction | None:
        """``long``, ``short`` (of the newest trade) or None."""
        rows = self._rows()
        if not rows:
            return None
        return "long" if rows[-1][P_SIGN] > 0 else "short"

    @property
    def quantity(self) -> float:
        """Units held, positive for both directions; of hedged trades what is left over."""
        return abs(sum(row[P_SIGN] * row[P_REMAINING] for row in self._rows()))

    @property
    def entry_price(self) -> float:
        """Price of the entry's fill."""
        rows = self._rows()
        units = sum(row[P_REMAINING] for row in rows)
        return sum(row[P_REMAINING] * row[P_PRICE] for row in rows) / units if rows else 0.0

    @property
    def bars(self) -> int:
        """Candles since the entry, of the oldest trade; 0 on the candle of the entry."""
        rows = self._rows()
        return len(self._strategy.close) - 1 - int(rows[0][P_BAR]) if rows else 0

    @property
    def stop_loss(self) -> float | None:
        """Price of the stop now, of the newest trade; None without one."""
        rows = self._rows()
        if not rows or rows[-1][P_STOP] != rows[-1][P_STOP]:
            return None
        return rows[-1][P_STOP]

    @property
    def take_profit(self) -> list[float]:
        """Targets that are left, of the newest trade, the nearest first."""
        rows = self._rows()
        if not rows:
            return []
        row = rows[-1]
        return row[P_PRICES + int(row[P_NEXT]) : P_PRICES + int(row[P_RUNGS])]

    @property
    def pnl(self) -> float:
        """Unrealised profit in the account's currency, before commissions."""
        return sum(
            row[P_SIGN] * (self._mark(row) - row[P_PRICE]) * row[P_REMAINING]
            for row in self._rows()
        )

    @property
    def pnl_percent(self) -> float:
        """The same in percent of the entry's notional."""
        paid = sum(row[P_REMAINING] * row[P_PRICE] for row in self._rows())
        return 100 * self.pnl / paid if paid else 0.0

    def _mark(self, row: list[float]) -> float:
        column = M_CLOSE if row[P_SIGN] > 0 else M_ASK_CLOSE
        price: float = self._broker.market[column][len(self._strategy.close) - 1]
        return price

    def close(self, part: float = 1.0, reason: Reason = None) -> None:
        """Close at the next open; nothing happens when there is nothing to close now.

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
        rows = self._rows()
        if rows:
            strategy = self._strategy
            direction = "long" if rows[-1][P_SIGN] > 0 else "short"
            reasoning = strategy._reasoning("exit", f"exits {direction}", reason)
            bar = len(strategy.close) - 1
            self._broker.close(self._index, bar, part, self._trade, reasoning)

    def move_stop(self, price: float | None = None, trailing: float | None = None) -> None:
        """Set the stop anew, at once; nothing happens when there is no position.

        Parameters
        ----------
        price
            Below the last close for a long, above it for a short; None takes the stop away, unless
            a trail is given.
        trailing
            Distance, in price units, at which the stop follows from now on; None ends a trail.

        Raises
        ------
        InvalidOrder
            A number makes no sense.
        """
        given = nan if price is None else positive("stop_loss", price)
        rows, tick = self._rows(), self._broker.settings.tick_size
        marks = [self._mark(row) for row in rows]
        trail = nan if trailing is None else check_trail(trailing, min(marks, default=inf))
        for row in rows:
            sign, mark = row[P_SIGN], self._mark(row)
            level = on_grid(tick, given, -sign)
            if level <= 0 or sign * (level - mark) >= 0:
                raise refuse_move(sign, mark, given, tick)
        for row in rows:
            sign, mark, stop = row[P_SIGN], self._mark(row), given
            follows = trail == trail and stop != stop
            if follows:
                stop = mark - sign * trail
            row[P_TRAIL], row[P_BEST] = trail, mark
            self._broker.move_stop(self._index, row, stop)
            if follows:
                row[P_MOVED] = BY_TRAIL

    def __repr__(self) -> str:
        if not self:
            return "<Position: none>"
        held = f"{self.direction} {self.quantity:g} at {self.entry_price:g}"
        return f"<Position: {held}, pnl {self.pnl:+.2f}>"


class Order:
    """An order that was placed. True while it waits."""

    __slots__ = ("_strategy", "number")

    def __init__(self, strategy: Strategy, number: int) -> None:
        self._strategy = strategy
        self.number = number

    def __bool__(self) -> bool:
        return self._strategy._broker.waiting(self.number) is not None

    @property
    def id(self) -> str:
        """Its name in the stream, such as ``signal_12``."""
        return f"signal_{self.number}"

    def cancel(self) -> bool:
        """Take it back; tell whether it was still waiting."""
        strategy = self._strategy
        if not self:
            return False
        return strategy._broker.cancel(strategy._index, len(strategy.close) - 1, self.number) > 0

    def __repr__(self) -> str:
        return f"<Order {self.id}: {'waiting' if self else 'done'}>"
