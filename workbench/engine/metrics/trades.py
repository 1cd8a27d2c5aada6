"""What the whole trades came to, as they are closed."""

from __future__ import annotations

import math
from array import array

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_COLUMNS = ("pnl", "percent", "bars", "mfe", "mae")


class Trades:
    """Running statistics of whole trades, entry to final exit.

    Attributes
    ----------
    count, wins
        Trades, and those with a net profit above 0.
    profit, loss
        Sums of the winners' profits and of the others' losses, both zero or positive, in the
        account's currency.
    win_percent, loss_percent
        Sums of their results in percent of the entry's notional.
    largest_win, largest_loss
        Extremes of these.
    longest_wins, longest_losses
        Longest streaks.
    """

    def __init__(self) -> None:
        self.count = self.wins = 0
        self.profit = self.loss = 0.0
        self.win_percent = self.loss_percent = 0.0
        self.largest_win = self.largest_loss = 0.0
        self.longest_wins = self.longest_losses = 0
        self._streak = 0  # above 0 while winning
        self._mean = self._squares = 0.0
        self._rows = array("d")

    def add(self, pnl: float, percent: float, bars: float, mfe: float, mae: float) -> None:
        """Take one; NaN for what is not known of the last three."""
        self.count += 1
        step = pnl - self._mean
        self._mean += step / self.count
        self._squares += step * (pnl - self._mean)
        streak = self._streak
        if pnl > 0:
            self.wins += 1
            self.profit += pnl
            self.win_percent += percent
            self.largest_win = max(self.largest_win, percent)
            self._streak = streak + 1 if streak > 0 else 1
            self.longest_wins = max(self.longest_wins, self._streak)
        else:
            self.loss -= pnl
            self.loss_percent += percent
            self.largest_loss = min(self.largest_loss, percent)
            self._streak = streak - 1 if streak < 0 else -1
            self.longest_losses = max(self.longest_losses, -self._streak)
        self._rows.extend((pnl, percent, bars, mfe, mae))

    def add_many(
        self, pnl: Floats, percent: Floats, bars: Floats, mfe: Floats, mae: Floats
    ) -> None:
        """Take many, in the order they were closed; each shape (n,)."""
        count, before = len(pnl), self.count
        if not count:
            return
        mean = float(pnl.mean())
        step = mean - self._mean
        self._squares += float(((pnl - mean) ** 2).sum())
        self._squares += step * step * before * count / (before + count)
        self._mean += step * count / (before + count)
        won = pnl > 0
        self.count += count
        self.wins += int(won.sum())
        self.profit += float(pnl[won].sum())
        self.loss -= float(pnl[~won].sum())
        self.win_percent += float(percent[won].sum())
        self.loss_percent += float(percent[~won].sum())
        self.largest_win = max(self.largest_win, float(percent[won].max(initial=0.0)))
        self.largest_loss = min(self.largest_loss, float(percent[~won].min(initial=0.0)))
        self._count_streaks(won)
        rows = np.column_stack([pnl, percent, bars, mfe, mae])
        self._rows.frombytes(rows.astype(np.float64, copy=False).tobytes())

    def _count_streaks(self, won: NDArray[np.bool_]) -> None:
        starts = np.r_[0, np.flatnonzero(won[1:] != won[:-1]) + 1]
        lengths = np.diff(np.r_[starts, len(won)])
        wins = won[starts]
        if self._streak and (self._streak > 0) == bool(wins[0]):
            lengths[0] += abs(self._streak)
        self.longest_wins = max(self.longest_wins, int(lengths[wins].max(initial=0)))
        self.longest_losses = max(self.longest_losses, int(lengths[~wins].max(initial=0)))
        self._streak = int(lengths[-1]) if wins[-1] else -int(lengths[-1])

    def column(self, name: str) -> Floats:
        """Return what is known of each trade: `pnl`, `percent`, `bars`, `mfe` or `mae`."""
        rows = np.array(self._rows, dtype=np.float64).reshape(-1, len(_COLUMNS))
        values: Floats = rows[:, _COLUMNS.index(name)]
        return values[~np.isnan(values)]

    @property
    def expectancy(self) -> float | None:
        """Mean net profit, in the account's currency; None without trades."""
        return self._mean if self.count else None

    @property
    def expectancy_percent(self) -> float | None:
        """Mean result in percent of the entry's notional; None without trades."""
        return (self.win_percent + self.loss_percent) / self.count if self.count else None

    @property
    def sqn(self) -> float | None:
        """System quality number; None where the profits do not differ."""
        if self.count < 2 or self._squares <= 0:
            return None
        return math.sqrt(self.count) * self._mean / math.sqrt(self._squares / (self.count - 1))

    @property
    def payoff_ratio(self) -> float | None:
        """Mean profit of the winners over the mean loss of the others; None without both."""
        if not self.wins or self.loss <= 0:
            return None
        return (self.profit / self.wins) / (self.loss / (self.count - self.wins))
