"""The drawdowns of an equity curve, as they come."""

from __future__ import annotations

from collections.abc import Sequence
from operator import length_hint
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.candles import Candles

Floats = NDArray[np.float64]


class Drawdowns:
    """Highest equity and drawdowns at the closes of candles.

    A drawdown lasts from the last close at the highest equity to the first close that is as high
    again, or to the present one.

    Parameters
    ----------
    initial_capital
        The equity before the first candle: the first peak.
    candles
        Whose closes these are, for durations; None where they are not known.

    Attributes
    ----------
    count
        Closes so far.
    equity, peak
        The last and the highest, in the account's currency.
    worst
        The deepest drawdown, a fraction, zero or negative.
    """

    def __init__(self, initial_capital: float, candles: Candles | None) -> None:
        self.count = 0
        self.equity = self.peak = initial_capital
        self.worst = 0.0
        self._valley = initial_capital  # lowest since the peak
        self._high = -1  # the last candle at the peak, while below it
        self.attach(candles)
        # Of those that are over: number, sum of their depths, and of their durations in ms.
        self._ended = 0
        self._depths = 0.0
        self._durations = self._longest = 0

    def attach(self, candles: Candles | None) -> None:
        """Take the candles anew, which a pickle leaves out."""
        self._times = None if candles is None else candles.time.data
        self._length = 0 if candles is None else candles.timeframe.ms

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_times": None}

    def extend(self, equities: Sequence[float]) -> None:
        """Take the equity at the closes of the next candles, shape (n,)."""
        if not equities:
            return
        self.count = end = self.count + len(equities)
        self.equity = equities[-1]
        peak, valley = self.peak, self._valley
        if equities[-1] == peak == valley and equities.count(peak) == len(equities):
            return
        # A counter in this loop would cost a third of it: what is left of the list says as much.
        left = iter(equities)
        for equity in left:
            if equity < valley:
                if valley == peak:
                    self._high = end - length_hint(left) - 2
                valley = equity
            elif equity >= peak:
                if valley < peak:
                    self._recover(end - length_hint(left) - 1, valley / peak - 1)
                peak = valley = equity
        self.peak = peak
        self._fall(valley)

    def extend_run(self, equities: Floats) -> Floats:
        """Take many at once, shape (n,); return the highest equity at each, shape (n,)."""
        bar = self.count
        peaks = np.maximum.accumulate(equities)
        np.maximum(peaks, self.peak, out=peaks)
        if not len(equities):
            return peaks
        self.count += len(equities)
        self.equity = float(equities[-1])
        highs = np.flatnonzero(equities >= peaks)
        if not len(highs):
            if not self._falling:
                self._high = bar - 1
            self._fall(min(self._valley, float(equities.min())))
            return peaks
        first, last = int(highs[0]), int(highs[-1])
        lowest = min(self._valley, float(equities[:first].min(initial=self.peak)))
        if lowest < self.peak:
            if not self._falling:
                self._high = bar - 1
            self._recover(bar + first, lowest / self.peak - 1)
        dips = np.flatnonzero(np.diff(highs) > 1)
        if len(dips):
            tops, ends = highs[dips], highs[dips + 1]
            bounds = np.column_stack([tops + 1, ends]).ravel()
            depths = np.minimum.reduceat(equities, bounds)[::2] / equities[tops] - 1
            self._ended += len(dips)
            # One after another, so that the sum is the same however the curve is cut.
            self._depths = float(np.add.accumulate(np.r_[self._depths, depths])[-1])
            self.worst = min(self.worst, float(depths.min()))
            if self._times is not None:
                times = np.asarray(self._times)
                durations = times[bar + ends] - times[bar + tops]
                self._durations += int(durations.sum())
                self._longest = max(self._longest, int(durations.max()))
        self.peak, self._high = float(equities[last]), bar + last
        self._fall(float(equities[last:].min()))
        return peaks

    def amend(self, equity: float) -> None:
        """Take the equity at the last close again, after something was filled at it."""
        bar, self.equity = self.count - 1, equity
        if equity >= self.peak:
            if self._falling:
                self._recover(bar, self._valley / self.peak - 1)
            self.peak = self._valley = equity
        elif equity < self._valley:
            if not self._falling:
                self._high = bar
            self._fall(equity)

    @property
    def average(self) -> float | None:
        """Mean of the deepest points of all drawdowns, a fraction; None without any."""
        count = self._ended + self._falling
        if not count:
            return None
        return (self._depths + min(0.0, self._valley / self.peak - 1)) / count

    @property
    def longest_s(self) -> float | None:
        """Duration of the longest drawdown in seconds; None without any."""
        if self._times is None or not (self._ended or self._falling):
            return None
        return max(self._longest, self._present_ms()) / 1000

    @property
    def average_s(self) -> float | None:
        """Mean duration of all drawdowns in seconds; None without any."""
        count = self._ended + self._falling
        if self._times is None or not count:
            return None
        return (self._durations + self._present_ms()) / count / 1000

    @property
    def _falling(self) -> bool:
        return self._valley < self.peak

    def _fall(self, valley: float) -> None:
        self._valley = valley
        self.worst = min(self.worst, valley / self.peak - 1)

    def _recover(self, bar: int, depth: float) -> None:
        self._ended += 1
        self._depths += depth
        self.worst = min(self.worst, depth)
        if self._times is not None:
            duration = self._time(bar) - self._time(self._high)
            self._durations += duration
            self._longest = max(self._longest, duration)

    def _present_ms(self) -> int:
        return self._time(self.count - 1) - self._time(self._high) if self._falling else 0

    def _time(self, bar: int) -> int:
        assert self._times is not None
        # The initial capital stands a candle before the first one.
        return int(self._times[bar] if bar >= 0 else self._times[0] - self._length)
