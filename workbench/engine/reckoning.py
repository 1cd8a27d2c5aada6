"""What a run has come to: events and equities in the order they came, and who is told."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Protocol

from workbench.data.candles import Floats
from workbench.engine.curve import Curve
from workbench.engine.listening import Account, Listener, Reader
from workbench.engine.metrics import Performance
from workbench.engine.metrics.book import TradeBook
from workbench.engine.rules.layout import CHARGED, E_BALANCE, E_BAR, E_KIND, E_OPEN, E_ORDER, ENDED
from workbench.engine.story import Fill, Reasons, SignalEnd, tell


class Forgetting(Protocol):
    """What keeps why orders were placed; see `workbench.engine.driving.Driver`."""

    def forget(self, order: int) -> None:
        """Forget why an order was placed: it is done."""


class Reckoning:
    """Keeps account of a run.

    Parameters
    ----------
    performance
        Running metrics, of no candle yet.
    first
        Index of the run's first candle.
    ends
        After how many candles each period of returns ends, rising; may grow.
    """

    reason: Reasons
    _driver: Forgetting

    def __init__(self, performance: Performance, first: int, ends: list[int]) -> None:
        self.performance = performance
        self.initial_capital = performance.initial_capital
        self.bar = self._first = first
        self.finished = False
        self.filled = 0
        self.listener: Listener | Reader | None = None
        self.marks: Sequence[int] = ()
        self.signals_ended: list[SignalEnd] = []
        self.balance = self._equity = self.initial_capital
        self.open_positions = 0
        self.curve: Curve | None = None
        self._fills: list[Fill] = []
        self._book = TradeBook(performance, first)
        self._period_ends = ends
        self._period = bisect_right(ends, first)

    @property
    def rejections(self) -> list[SignalEnd]:
        """Signals that the account or the market refused, and why."""
        return [one for one in self.signals_ended if one.outcome == "rejected"]

    def take_fills(self) -> list[Fill]:
        """Return what was filled and not returned yet, in order."""
        fills, self._fills = self._fills, []
        return fills

    def snapshot(self) -> Account:
        """Return the account at the last close."""
        return Account(self.balance, self._equity, self.performance.drawdown, self.open_positions)

    def _tell(self, equities: Floats, rows: Sequence[Sequence[float]]) -> None:
        """Go through what a stretch of candles has brought, in the order it came."""
        start, end = self.bar, self.bar + len(equities)
        if start == end:
            return
        if self.curve is not None:
            self.curve.extend(equities)
        performance, ends, row, last = self.performance, self._period_ends, 0, len(rows)
        marks = set[int]().union(*(range(start - start % n + n, end + 1, n) for n in self.marks))
        stops = sorted({*marks, *ends[self._period : bisect_right(ends, end)], end})
        points = performance.curve.points(equities, [stop - start for stop in stops])
        for stop, point in zip(stops, points, strict=True):
            self._end_period()
            first = row
            while row < last and rows[row][E_BAR] < stop:
                row += 1
            if row > first:
                self._happen(rows[first:row])
            performance.curve.stand(point)
            self.bar, self._equity = stop, performance.curve.equity
            if self.listener is not None and stop in marks:
                self.listener.marked()
        performance.curve.close(equities)

    def _end_period(self) -> None:
        """End the period of returns that the last candle was the last of.

        Late, so that the last one can be ended by finish(), after its closing fill.
        """
        ends = self._period_ends
        if self._period < len(ends) and self.bar == ends[self._period]:
            self.performance.end_period()
            self._period += 1

    def _happen(self, rows: Sequence[Sequence[float]]) -> None:
        listener, curve, take = self.listener, self.curve, self._book.take_one
        wrote = getattr(listener, "wrote", self._keep)
        for row in rows:
            self.balance, self.open_positions = row[E_BALANCE], int(row[E_OPEN])
            if curve is not None:
                curve.pay(row[E_BAR], row[E_BALANCE])
            kind = row[E_KIND]
            if kind == CHARGED:
                continue  # the balance tells of it
            if kind != ENDED:
                self.filled += 1
                take(row)
            wrote(row)
        for row in rows:
            self._driver.forget(int(row[E_ORDER]))

    def _keep(self, row: Sequence[float]) -> None:
        """Say in words what has happened, or keep it where nobody listens."""
        happening = tell(row, self.reason)
        if self.listener is not None:
            self.listener.happened(happening)  # type: ignore[union-attr]
        elif isinstance(happening, SignalEnd):
            self.signals_ended.append(happening)
        else:
            self._fills.append(happening)

    def _close_books(self) -> None:
        """Take what was filled at the last close into account, and end the period."""
        self._equity = self.balance
        self.performance.amend(self._equity)
        if self.curve is not None:
            self.curve.amend(self._equity)
        self.performance.end_period()
