"""The book of a live session: what it holds, what waits, what it has come to."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

from workbench.engine.live_driver import LiveDriver
from workbench.engine.live_showing import held_of, waiting_of
from workbench.engine.live_views import HeldPosition, LiveAccount, WaitingOrder
from workbench.engine.metrics import Performance
from workbench.engine.reckoning import Reckoning
from workbench.engine.routed import RoutedBroker
from workbench.engine.rules.layout import (
    BALANCE,
    CHARGED,
    E_COMMISSION,
    E_FINANCING,
    E_KIND,
    E_REMAINING,
    E_TRADE,
    EXITED,
    LONGS,
    OFFSET,
    ORDERS,
    P_TRADE,
    POSITIONS,
    SHORTS,
)  # fmt: skip


class LiveBook(Reckoning):
    """A `Reckoning` that can be looked at between closes, and closed.

    Parameters
    ----------
    performance, first, ends
        As of `Reckoning`.
    """

    _driver: LiveDriver

    def __init__(self, performance: Performance, first: int, ends: list[int]) -> None:
        super().__init__(performance, first, ends)
        self.marks = (1,)
        self._open = False
        self._quote = (0.0, 0.0)
        self._spent: dict[float, tuple[float, float]] = {}
        self._financing = 0.0

    def orders(self) -> list[WaitingOrder]:
        """Return the orders that wait, the oldest first."""
        broker = self._driver.broker
        rows = [broker._orders[broker._queue[k]] for k in range(int(broker.a[ORDERS]))]
        return [waiting_of(broker, row, *self._quote) for row in rows]

    def positions(self) -> list[HeldPosition]:
        """Return the trades that are open, the oldest first."""
        broker, book = self._driver.broker, self._book
        rows = [broker._positions[broker._held[k]] for k in range(int(broker.a[POSITIONS]))]
        none = (0.0, 0.0)
        return [
            held_of(
                broker, row, *self._quote, book.realised(row[P_TRADE]),
                self._spent.get(row[P_TRADE], none),
            )
            for row in rows
        ]  # fmt: skip

    def account(self) -> LiveAccount:
        """Return the account at the last price."""
        a, (bid, ask) = self._driver.broker.a, self._quote
        equity = a[OFFSET] + a[LONGS] * bid - a[SHORTS] * ask
        fees = self.performance.total_commissions + self._financing
        return LiveAccount(
            a[BALANCE], equity, a[BALANCE] - self.initial_capital, equity - a[BALANCE], fees,
            a[LONGS], a[SHORTS], bid, ask, int(a[POSITIONS]), int(a[ORDERS]),
        )  # fmt: skip

    def flatten(
        self, code: int, price: tuple[float, float] | None = None, slips: bool = True
    ) -> None:
        """Close all that is held at the last prices, as market orders, and end all orders.

        Parameters
        ----------
        code
            Why, of `rules/layout.py`: `BY_COMMAND`, `BY_LIMIT` or `BY_SESSION`.
        price
            Bid and ask to close at; the last ones when left out.
        slips
            Whether slippage is on top: a backtest's end has none.
        """
        if isinstance(self._driver.broker, RoutedBroker):
            raise RuntimeError("A venue holds it: close there, and tell what it reports")
        self._driver.flatten(self._at, code, *(price or self._quote), slips)
        self._take_rows()

    def end_entries(self, code: int, wanted: float = 0.0, had: float = 0.0) -> None:
        """End all entries that wait; where fills are routed, ask for them to be taken back.

        Parameters
        ----------
        code, wanted, had
            Why, as of `refuse`.
        """
        self._driver.end_entries(self._at, code, wanted, had)
        self._take_rows()

    def finish(self, code: int | None = None) -> None:
        """End the run: with a code flatten first, without keep what is held.

        The equity at the last close is then that of the account as it is left.
        """
        if self.finished:
            return
        if code is not None:
            self.flatten(code)
        self.finished = True
        if self.bar > self._first:
            self._equity = self.account().equity
            self.performance.amend(self._equity)
            self.performance.end_period()

    # --- where fills are routed ----------------------------------------------------------

    def fill(self, order: int, price: float, quantity: float, fee: float, done: bool) -> None:
        """Take what a venue has filled of an entry since the last report.

        Its fills make one position, at their average price. The row of the entry is written when
        the order is done (all filled, or nothing more will come).

        Raises
        ------
        InvalidOrder
            No such order waits.
        """
        self._routed.fill(self._at, order, price, quantity, fee, done)
        self._take_rows()

    def fill_exit(
        self, trade: int, price: float, quantity: float, fee: float, code: int, *, order: int = 0,
        rung: int = 0, level: float | None = None, done: bool = True,
    ) -> None:  # fmt: skip
        """Take what a venue has closed of a trade since the last report.

        Parameters
        ----------
        code
            Why: `BY_SIGNAL` (of closing `order`), `BY_REVERSAL` (by entry `order`), `BY_STOP`,
            `BY_TARGET` (of number `rung`), ...; see `rules/layout.py`.
        level
            The stop or target it was meant at.
        done
            Nothing more will come of this exit: its row is written, with the average price, but not
            before that of the entry. A closing `order` ends when it is done with all its trades.

        Raises
        ------
        InvalidOrder
            The trade is not open, or has fewer units.
        """
        self._routed.fill_exit(
            self._at, float(trade), price, quantity, fee, code, order, rung,
            nan if level is None else level, done,
        )  # fmt: skip
        self._take_rows()

    def tell_exits(self) -> None:
        """Write the rows of what has been closed of trades: no more of it will be heard of."""
        self._routed.tell_exits(self._at)
        self._take_rows()

    def refuse(self, order: int, code: int, wanted: float = 0.0, had: float = 0.0) -> None:
        """End an order that a venue has refused, cancelled or let expire.

        Where a part of it was filled, it ends as filled by that part.

        Raises
        ------
        InvalidOrder
            No such order waits.
        """
        self._routed.refuse(self._at, order, code, wanted, had)
        self._take_rows()

    @property
    def _at(self) -> int:
        """Index of the candle that is open, else of the last one."""
        return self.bar if self._open else max(self.bar - 1, 0)

    @property
    def _routed(self) -> RoutedBroker:
        broker = self._driver.broker
        if not isinstance(broker, RoutedBroker):
            raise RuntimeError("Orders are filled by the rules here: make it with routed=True")
        return broker

    def _take_rows(self) -> None:
        rows = self._driver.broker.take()
        if rows:
            self._happen(rows)

    def _tell_one(self, equity: float) -> None:
        """Take the next close, all that happened by then being told: as `_tell` does, quicker."""
        self._end_period()
        self.performance.curve.extend([equity])
        self.bar, self._equity = self.bar + 1, equity
        if self.listener is not None:
            self.listener.marked()

    def _happen(self, rows: Sequence[Sequence[float]]) -> None:
        for row in rows:
            if row[E_KIND] == CHARGED:
                self._financing += row[E_FINANCING]
            elif row[E_KIND] == EXITED:
                fees, interest = self._spent.get(row[E_TRADE], (0.0, 0.0))
                spent = (fees + row[E_COMMISSION], interest + row[E_FINANCING])
                self._spent[row[E_TRADE]] = spent
        super()._happen(rows)
        for row in rows:
            if row[E_KIND] == EXITED and row[E_REMAINING] <= 0.0:
                self._spent.pop(row[E_TRADE], None)


KEPT = (
    "bar", "finished", "filled", "performance", "signals_ended", "balance", "_equity",
    "open_positions", "_fills", "_book", "_period", "_open", "_parts", "_quote", "_spent",
    "_financing",
)  # fmt: skip
"""What a live engine keeps beside its candles and its rows."""
