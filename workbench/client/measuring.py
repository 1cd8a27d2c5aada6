"""What a run's performance comes to, out of its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


class RunStatistics:
    """The statistics of a run on a server."""

    info: Any
    equity: Any

    @property
    def statistics(self) -> dict[str, float]:
        """All that can be said beside `metrics`, by name; docs/metrics.md tells what and how.

        Told at the run's end, of all its candles; empty until then. Returns, drawdowns and other
        parts of a whole are percent, durations seconds. What is not defined is left out.
        """
        return self._told("statistics")

    @property
    def intervals(self) -> dict[str, list[float]]:
        """95 % confidence intervals of some metrics and statistics: lower and upper bound."""
        return self._told("intervals")

    def monthly_returns(self) -> pd.DataFrame:
        """Return the returns by month so far, percent, a row a year.

        From the points of `equity`: where the log has one each `equity_every` candles, months end
        at their last point. See `workbench.engine.metrics.tables.monthly_returns`.
        """
        from workbench.engine.metrics.tables import monthly_returns

        return monthly_returns(self.equity, self.info["spec"]["initial_capital"])

    def drawdowns(self, count: int | None = 10) -> pd.DataFrame:
        """Return the deepest drawdowns so far, as far as the points of `equity` show them.

        See `workbench.engine.metrics.tables.drawdowns`.

        Parameters
        ----------
        count
            How many; None for all.
        """
        from workbench.engine.metrics.tables import drawdowns

        return drawdowns(self.equity, count, self.info["spec"]["initial_capital"])

    def _told(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = ((self.info["result"] or {}).get("extra") or {}).get(name) or {}
        return found
