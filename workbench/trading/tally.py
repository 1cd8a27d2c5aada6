"""Performance of a session over all its symbols."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.engine.metrics import Performance
from workbench.engine.metrics.book import TradeBook
from workbench.engine.metrics.periods import DAYS_A_YEAR, WEEKDAYS_A_YEAR
from workbench.engine.rules.layout import E_BAR, E_ENTRY_BAR, E_OPEN
from workbench.timeframes import DAY_MS

_SATURDAY, _SUNDAY = 2, 3  # 1970-01-01, day 0, was a Thursday


class AccountPerformance(Performance):
    """Of an account on several markets: there is no market of its own to compare it with.

    Return periods are UTC days. A year has 252 of them until an equity falls on a Saturday, and 365
    then; before, what a Sunday has belongs to the Monday. No number depends on later equities.
    """

    def __init__(self, initial_capital: float) -> None:
        super().__init__(initial_capital, WEEKDAYS_A_YEAR)
        self._day: int | None = None
        self._book = TradeBook(self)

    def close(self, time: int, equity: float) -> None:
        """Take the equity at the close of the candles that opened at `time`, epoch ms, rising."""
        day = time // DAY_MS
        if day % 7 == _SATURDAY:
            self._periods = DAYS_A_YEAR
        if self._day is not None and day != self._day and not self._goes_on(day):
            self.end_period()
        self._day = day
        self.extend([equity])

    def fill(self, row: Sequence[float], open_positions: int) -> None:
        """Take a fill, as a row whose trade is numbered over all symbols."""
        own, now = list(row), float(self.curve.count)
        own[E_OPEN] = float(open_positions)
        own[E_BAR], own[E_ENTRY_BAR] = now, now - (row[E_BAR] - row[E_ENTRY_BAR])
        self._book.take_one(own)

    def _goes_on(self, day: int) -> bool:
        """Tell whether a day belongs to the one before."""
        assert self._day is not None
        sunday = self._day % 7 == _SUNDAY and day == self._day + 1
        return sunday and self._periods == WEEKDAYS_A_YEAR
