"""Trades put together from their parts, out of the engine's rows of events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.engine.metrics.performance import Performance
from workbench.engine.rules.layout import (
    E_BAR,
    E_COMMISSION,
    E_ENTRY_BAR,
    E_KIND,
    E_MAE,
    E_MFE,
    E_OPEN,
    E_PNL,
    E_PRICE,
    E_QUANTITY,
    E_REMAINING,
    E_TRADE,
    ENTERED,
    EXITED,
)


class TradeBook:
    """Tells a `Performance` of commissions, whole trades and exposure.

    A trade's profit, `mfe` and `mae` are the sums of those of its parts.

    Parameters
    ----------
    performance
        To be told.
    first
        Index of the run's first candle.
    """

    def __init__(self, performance: Performance, first: int = 0) -> None:
        self._performance = performance
        self._first = first
        self._open: dict[float, list[float]] = {}  # by trade: notional, profit, mfe, mae

    def realised(self, trade: float) -> float:
        """Return what the exits of an open trade have brought so far; 0.0 of an unknown one."""
        known = self._open.get(trade)
        return known[1] if known else 0.0

    def take(self, events: Iterable[Sequence[float]]) -> None:
        """Take the next events, in order; each a row as `rules/layout.py` lays it out."""
        for row in events:
            if row[E_KIND] in (ENTERED, EXITED):
                self.take_one(row)

    def take_one(self, row: Sequence[float]) -> None:
        """Take the next event, an entry or an exit."""
        performance, trade_id = self._performance, row[E_TRADE]
        performance.total_commissions += row[E_COMMISSION]
        performance.exposed.hold(int(row[E_BAR]) - self._first, int(row[E_OPEN]))
        if row[E_KIND] == ENTERED:
            self._open[trade_id] = [row[E_PRICE] * row[E_QUANTITY], 0.0, 0.0, 0.0]
            return
        trade = self._open[trade_id]
        trade[1] += row[E_PNL]
        trade[2] += row[E_MFE]
        trade[3] += row[E_MAE]
        if row[E_REMAINING] <= 0:
            notional, pnl, mfe, mae = self._open.pop(trade_id)
            scale = 100 / notional
            bars = row[E_BAR] - row[E_ENTRY_BAR]
            performance.trades.add(pnl, scale * pnl, bars, scale * mfe, scale * mae)

    def take_run(self, events: NDArray[np.float64]) -> None:
        """Take the events of a whole run at once, shape (events, EVENT_WIDTH)."""
        performance = self._performance
        kinds = events[:, E_KIND]
        rows = events[(kinds == ENTERED) | (kinds == EXITED)]
        if not len(rows):
            return
        performance.add_commission(float(rows[:, E_COMMISSION].sum()))
        performance.hold_run(rows[:, E_BAR].astype(np.int64) - self._first, rows[:, E_OPEN])
        trades = rows[:, E_TRADE].astype(np.int64)
        entries = rows[:, E_KIND] == ENTERED
        exits = rows[~entries]
        of, count = trades[~entries], int(trades.max()) + 1
        notional = np.bincount(
            trades[entries], rows[entries, E_PRICE] * rows[entries, E_QUANTITY], count
        )
        pnl, mfe, mae = (np.bincount(of, exits[:, one], count) for one in (E_PNL, E_MFE, E_MAE))
        last = exits[:, E_REMAINING] <= 0
        closed, ends = of[last], exits[last]
        scale = 100 / notional[closed]
        performance.add_trades(
            pnl[closed], scale * pnl[closed], bars=ends[:, E_BAR] - ends[:, E_ENTRY_BAR],
            mfe=scale * mfe[closed], mae=scale * mae[closed],
        )  # fmt: skip
