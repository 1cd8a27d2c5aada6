"""The book of a live session: what it holds, what waits, what it has come to."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.engine.live_driver import LiveDriver
from workbench.engine.live_showing import held_of, waiting_of
from workbench.engine.live_views import HeldPosition, LiveAccount, WaitingOrder
from workbench.engine.metrics import Performance
from workbench.engine.reckoning import Reckoning
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

    def flatten(self, code: int, price: tuple[float, float] | None = None) -> None:
        """Close all that is held at the last prices, as market orders, and end all orders.

        Parameters
        ----------
        code
            Why, of `rules/layout.py`: `BY_COMMAND`, `BY_LIMIT` or `BY_SESSION`.
        price
            Bid and ask to close at; the last ones when left out.
        """
        at = self.bar if self._open else self.bar - 1
        self._driver.flatten(at, code, *(price or self._quote))
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

    def _take_rows(self) -> None:
        rows = self._driver.broker.take()
        if rows:
            self._happen(rows)

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
