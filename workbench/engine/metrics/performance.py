"""Performance while a run goes on, in constant time a candle, and of the whole run.

Formulas, units and sources stand in docs/metrics.md, and here at the properties. Those of the
contract are 0.0 while they are not defined, the others None.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.candles import Candles
from workbench.engine.metrics.curve import Curve
from workbench.engine.metrics.exposure import Exposure
from workbench.engine.metrics.periods import (
    DAYS_A_YEAR,
    WEEKDAYS_A_YEAR,
    YEAR_MS,
    first_saturday,
    periods_per_year,
)
from workbench.engine.metrics.returns import Returns
from workbench.engine.metrics.summary import intervals_of, statistics_of
from workbench.engine.metrics.trades import Trades
from workbench.messages import FinalMetrics

Floats = NDArray[np.float64]


class Performance:
    """Running statistics of trades and of the equity curve.

    Parameters
    ----------
    initial_capital
        The equity before the first candle, in the account's currency.
    periods
        Return periods in a year, see `periods_per_year`.

    Attributes
    ----------
    curve, returns, trades, exposed
        What the statistics are made of.
    candles
        The market the equity is counted on, None where it is not known; see `over`.
    """

    def __init__(self, initial_capital: float, periods: float) -> None:
        self.initial_capital = initial_capital
        self.total_commissions = 0.0
        self.candles: Candles | None = None
        self.curve = Curve(initial_capital, None)
        self.returns = Returns()
        self.trades = Trades()
        self.exposed = Exposure()
        self._periods = periods
        self._weekend = 0
        self._period_start = initial_capital
        self._period_bar = 0

    @classmethod
    def over(cls, candles: Candles, initial_capital: float) -> Performance:
        """Return one for a run over candles: with durations, growth a year, and the benchmark.

        Whether a year has 365 or 252 days follows from the candles done, not from later ones.

        Parameters
        ----------
        candles
            Those stepped on; each is told by `extend` or `extend_run`, or passed by `skip`.
        initial_capital
            In the account's currency.
        """
        made = cls(initial_capital, periods_per_year(candles))
        made.candles = candles
        made.curve = Curve(initial_capital, candles)
        if made._periods == DAYS_A_YEAR:
            made._weekend = first_saturday(candles) + 1
        return made

    def attach(self, candles: Candles) -> None:
        """Take the candles anew, which a pickle leaves out."""
        self.candles = candles
        self.curve.drawdowns.attach(candles)

    def count_weekends(self, since: int) -> None:
        """Count a year's periods as of a market that trades on weekends.

        Parameters
        ----------
        since
            Index of the first candle that opens on a Saturday; none is longer than a day.
        """
        if self._periods != DAYS_A_YEAR:
            self._periods, self._weekend = DAYS_A_YEAR, since + 1

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"candles": None}

    # --- what happens -----------------------------------------------------------------

    def extend(self, equities: Sequence[float]) -> None:
        """Take the equity at the closes of the next candles, shape (n,)."""
        self.curve.extend(equities)

    def extend_run(self, equities: Floats, ends: Sequence[int] | NDArray[np.int64]) -> None:
        """Take the equity at many closes at once.

        Parameters
        ----------
        equities
            Shape (n,), n of any size; the same results as `extend` and `end_period` give.
        ends
            Candles from the run's start after which a period ends, rising, see `period_ends`;
            may go beyond these candles on both sides. A period that ends with the last equity
            stays open, for the next call or for `end_period`.
        """
        first = self.curve.count
        if not len(equities):
            return
        due = np.asarray(ends, dtype=np.int64)
        due = due[np.searchsorted(due, first) : np.searchsorted(due, first + len(equities))]
        if len(due) and due[0] == first:
            self.end_period()
            due = due[1:]
        values = np.asarray(equities, dtype=np.float64)
        peaks = self.curve.extend_run(values)
        if not len(due):
            return
        finals, tops = values[due - first - 1], peaks[due - first - 1]
        starts = np.r_[self._period_start, finals[:-1]]
        spans = np.column_stack([np.r_[self._period_bar, due[:-1]], due])
        some = starts > 0
        self.returns.add_many(
            finals[some] / starts[some] - 1, spans[some], finals[some] / tops[some] - 1
        )
        self._period_start, self._period_bar = float(finals[-1]), int(due[-1])

    def skip(self, candles: int) -> None:
        """Take so many candles at whose closes the equity was the last one still."""
        self.curve.skip(candles)

    def amend(self, equity: float) -> None:
        """Take the equity at the last close again, after the run's closing fills."""
        self.curve.amend(equity)

    def end_period(self) -> None:
        """Take the return of the period that ended with the last equity."""
        start, self._period_start = self._period_start, self.curve.equity
        first, self._period_bar = self._period_bar, self.curve.count
        if start > 0:
            self.returns.add(
                self.curve.equity / start - 1, first, self._period_bar, self.curve.drawdown
            )

    def add_commission(self, amount: float) -> None:
        """Take the commission of a fill."""
        self.total_commissions += amount

    def add_trade(
        self,
        pnl: float,
        percent: float,
        *,
        bars: float = math.nan,
        mfe: float = math.nan,
        mae: float = math.nan,
    ) -> None:
        """Take a whole trade, entry to final exit.

        Parameters
        ----------
        pnl
            Net of all its commissions, in the account's currency.
        percent
            The same in percent of the entry's notional.
        bars
            Index of the candle of the last exit less that of the entry; NaN where not known.
        mfe, mae
            Best and worst unrealised profit, in percent of the entry's notional; NaN where not
            known.
        """
        self.trades.add(pnl, percent, bars, mfe, mae)

    def add_trades(
        self, pnl: Floats, percent: Floats, *, bars: Floats, mfe: Floats, mae: Floats
    ) -> None:
        """Take many at once, as `add_trade`, in the order they were closed; each shape (n,)."""
        self.trades.add_many(pnl, percent, bars, mfe, mae)

    def hold(self, bar: int, positions: int) -> None:
        """Take how many positions are open after a fill in candle `bar`."""
        self.exposed.hold(bar, positions)

    def hold_run(self, bars: NDArray[np.int64], positions: Floats) -> None:
        """Take the same of all fills of a run; each shape (n,)."""
        self.exposed.hold_run(bars, positions)

    # --- what can be said -------------------------------------------------------------

    @property
    def periods(self) -> float:
        """Return periods in a year, as far as the candles done tell."""
        return self._periods if self.curve.count >= self._weekend else WEEKDAYS_A_YEAR

    @property
    def years(self) -> float | None:
        """Years of 365.25 days from the first candle's open to the last one's close."""
        count = self.curve.count
        if self.candles is None or not count:
            return None
        time = self.candles.time
        return float(time[count - 1] - time[0] + self.candles.timeframe.ms) / YEAR_MS

    @property
    def peak(self) -> float:
        """Highest equity so far, in the account's currency."""
        return self.curve.peak

    @property
    def drawdown(self) -> float:
        """Present drawdown, a fraction, zero or negative: ``equity / highest equity - 1``."""
        return self.curve.drawdown

    @property
    def max_drawdown(self) -> float:
        """Deepest drawdown at a close, a fraction, zero or negative."""
        return self.curve.worst

    @property
    def total_trades(self) -> int:
        """Trades closed."""
        return self.trades.count

    @property
    def winning_trades(self) -> int:
        """Trades with a net profit above 0."""
        return self.trades.wins

    @property
    def losing_trades(self) -> int:
        """Trades that did not win: ``total_trades - winning_trades``."""
        return self.trades.count - self.trades.wins

    @property
    def win_rate(self) -> float:
        """Fraction: ``winning_trades / total_trades``."""
        return self.trades.wins / self.trades.count if self.trades.count else 0.0

    @property
    def profit_factor(self) -> float:
        """Sum of the winners' net profits over that of the losers' net losses.

        Source: R. Pardo, The Evaluation and Optimization of Trading Strategies, 2008.
        """
        return self.trades.profit / self.trades.loss if self.trades.loss > 0 else 0.0

    @property
    def total_return(self) -> float:
        """Percent: ``100 (equity / initial_capital - 1)``."""
        return 100 * (self.curve.equity / self.initial_capital - 1)

    @property
    def sharpe_ratio(self) -> float:
        """Annualised Sharpe ratio with a risk-free rate of 0.

        ``mean(r) / std(r, ddof=1) * sqrt(periods)`` over the returns r of the equity from
        the end of one UTC day with candles to the next, the first from the initial capital;
        where there is no trading on Saturdays, the Sunday evening counts to the Monday; per
        candle where candles are a day or longer. Source: W. F. Sharpe, Mutual Fund
        Performance, Journal of Business 1966; The Sharpe Ratio, Journal of Portfolio
        Management 1994.
        """
        deviation = self.returns.deviation
        return self.returns.mean / deviation * math.sqrt(self.periods) if deviation else 0.0

    @property
    def average_win(self) -> float:
        """Percent: mean of the winners' `pnl_percent` (of the entry's notional)."""
        return self.trades.win_percent / self.trades.wins if self.trades.wins else 0.0

    @property
    def average_loss(self) -> float:
        """Percent, zero or negative: mean of the losers' `pnl_percent`."""
        return self.trades.loss_percent / self.losing_trades if self.losing_trades else 0.0

    def final(self) -> FinalMetrics:
        """Return what `complete` carries; `max_drawdown` in percent there.

        `largest_win` and `largest_loss` are the extremes of the trades' `pnl_percent`,
        `max_drawdown` is 100 times the lowest drawdown at a close, `total_commissions`
        the sum over all fills, in the account's currency.
        """
        return FinalMetrics(
            total_trades=self.total_trades,
            winning_trades=self.winning_trades,
            losing_trades=self.losing_trades,
            win_rate=self.win_rate,
            profit_factor=self.profit_factor,
            total_return=self.total_return,
            max_drawdown=100 * self.max_drawdown,
            sharpe_ratio=self.sharpe_ratio,
            average_win=self.average_win,
            average_loss=self.average_loss,
            largest_win=self.trades.largest_win,
            largest_loss=self.trades.largest_loss,
            total_commissions=self.total_commissions,
        )

    def statistics(self) -> dict[str, float]:
        """Return the statistics beside those of `final`, by name; docs/metrics.md has them all.

        Parts of a whole (returns, drawdowns, time) are percent, durations seconds, money is in
        the account's currency. What is not defined is left out.
        """
        return statistics_of(self)

    def intervals(self, seed: int = 0) -> dict[str, list[float]]:
        """Return 95 % confidence intervals by bootstrap: lower and upper bound, by name.

        Of `sharpe_ratio`, `sortino_ratio`, `cagr` and `max_drawdown` (percent) from 30 return
        periods on, of `expectancy` and `profit_factor` from 30 trades on.

        Parameters
        ----------
        seed
            Of the draws; the same seed gives the same bounds.
        """
        return intervals_of(self, seed)
