"""Metrics of a run: while it goes on, in constant time a candle, and once it has ended.

What each one is, its formula, units and source: docs/metrics.md.
"""

from workbench.engine.metrics.book import TradeBook
from workbench.engine.metrics.performance import Performance
from workbench.engine.metrics.periods import WEEKDAYS_A_YEAR, period_ends, periods_per_year

__all__ = ["WEEKDAYS_A_YEAR", "Performance", "TradeBook", "period_ends", "periods_per_year"]
