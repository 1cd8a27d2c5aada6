"""Performance while a run goes on, in constant time a candle.

Every ratio that is not defined (yet) is 0.0. Formulas stand at the properties.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from workbench.data.candles import Candles
from workbench.messages import FinalMetrics
from workbench.timeframes import DAY_MS

_SATURDAY, _SUNDAY = 2, 3  # 1970-01-01, day 0, was a Thursday

WEEKDAYS_A_YEAR = 252.0


def periods_per_year(candles: Candles) -> float:
    """Return how many return periods a year has, for annualising.

    Periods are UTC days, or candles where these are longer than a day: 365 days where the
    market trades on weekends (a candle opens on a Saturday), else 252.
    """
    length = candles.timeframe.ms
    if length > DAY_MS:
        return 365.25 * DAY_MS / length
    days = candles.time // DAY_MS
    return 365.0 if bool(np.any(days % 7 == _SATURDAY)) else WEEKDAYS_A_YEAR


def period_ends(candles: Candles) -> list[int]:
    """Return after how many candles each return period ends.

    A period is a UTC day, or a candle that is as long or longer. Where the market does not
    trade on Saturdays, its few hours of Sunday belong to the Monday, so that a year has about
    the 252 periods it is annualised with.
    """
    if candles.timeframe.ms >= DAY_MS:
        return list(range(1, len(candles) + 1))
    days = candles.time // DAY_MS
    if periods_per_year(candles) == WEEKDAYS_A_YEAR:
        days = days + (days % 7 == _SUNDAY)
    ends: list[int] = (np.flatnonzero(days[1:] != days[:-1]) + 1).tolist()
    return [*ends, len(candles)]


class Performance:
    """Running statistics of trades and of the equity curve.

    Parameters
    ----------
    initial_capital
        The equity before the first candle, in the account's currency.
    periods
        Return periods in a year, see `periods_per_year`.
    """

    def __init__(self, initial_capital: float, periods: float) -> None:
        self.initial_capital = initial_capital
        self.total_commissions = 0.0
        self.total_trades = 0
        self.winning_trades = 0
        self.max_drawdown = 0.0
        self._periods = periods
        self._equity = initial_capital
        self._peak = initial_capital
        self._profit = self._loss = 0.0
        self._win_percent = self._loss_percent = 0.0
        self.largest_win = self.largest_loss = 0.0
        self._period_start = initial_capital
        self._returns = 0
        self._mean = self._squares = 0.0

    # --- what happens -----------------------------------------------------------------

    def extend(self, equities: Iterable[float]) -> None:
        """Take the equity at the closes of the next candles."""
        peak, worst, equity = self._peak, self.max_drawdown, self._equity
        floor = peak * (1 + worst)  # the equity that would make a deeper drawdown
        for equity in equities:
            if equity > peak:
                peak = equity
                floor = peak * (1 + worst)
            elif equity < floor:
                worst = min(worst, equity / peak - 1)
                floor = peak * (1 + worst)
        self._peak, self.max_drawdown, self._equity = peak, worst, equity

    def end_period(self) -> None:
        """Take the return of the period that ended with the last equity (Welford 1962)."""
        start, self._period_start = self._period_start, self._equity
        if start > 0:
            self._returns += 1
            value = self._equity / start - 1
            step = value - self._mean
            self._mean += step / self._returns
            self._squares += step * (value - self._mean)

    def add_commission(self, amount: float) -> None:
        """Take the commission of a fill."""
        self.total_commissions += amount

    def add_trade(self, pnl: float, percent: float) -> None:
        """Take a whole trade, entry to final exit.

        Parameters
        ----------
        pnl
            Net of all its commissions, in the account's currency.
        percent
            The same in percent of the entry's notional.
        """
        self.total_trades += 1
        if pnl > 0:
            self.winning_trades += 1
            self._profit += pnl
            self._win_percent += percent
            self.largest_win = max(self.largest_win, percent)
        else:
            self._loss -= pnl
            self._loss_percent += percent
            self.largest_loss = min(self.largest_loss, percent)

    # --- what can be said -------------------------------------------------------------

    @property
    def peak(self) -> float:
        """Highest equity so far, in the account's currency."""
        return self._peak

    @property
    def drawdown(self) -> float:
        """Present drawdown, a fraction, zero or negative: ``equity / highest equity - 1``."""
        return min(0.0, self._equity / self._peak - 1)

    @property
    def losing_trades(self) -> int:
        """Trades that did not win: ``total_trades - winning_trades``."""
        return self.total_trades - self.winning_trades

    @property
    def win_rate(self) -> float:
        """Fraction: ``winning_trades / total_trades``; a trade wins with a net profit above 0."""
        return self.winning_trades / self.total_trades if self.total_trades else 0.0

    @property
    def profit_factor(self) -> float:
        """Sum of the winners' net profits over that of the losers' net losses.

        Source: R. Pardo, The Evaluation and Optimization of Trading Strategies, 2008.
        """
        return self._profit / self._loss if self._loss > 0 else 0.0

    @property
    def total_return(self) -> float:
        """Percent: ``100 (equity / initial_capital - 1)``."""
        return 100 * (self._equity / self.initial_capital - 1)

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
        if self._returns < 2 or self._squares <= 0:
            return 0.0
        deviation = math.sqrt(self._squares / (self._returns - 1))
        return self._mean / deviation * math.sqrt(self._periods)

    @property
    def average_win(self) -> float:
        """Percent: mean of the winners' `pnl_percent` (of the entry's notional)."""
        return self._win_percent / self.winning_trades if self.winning_trades else 0.0

    @property
    def average_loss(self) -> float:
        """Percent, zero or negative: mean of the losers' `pnl_percent`."""
        return self._loss_percent / self.losing_trades if self.losing_trades else 0.0

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
            largest_win=self.largest_win,
            largest_loss=self.largest_loss,
            total_commissions=self.total_commissions,
        )
