"""What a decision saw: the values of the indicators, as numbers and in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from workbench.analysis.series import Series


class Inputs:
    """The named series of a strategy, read where its clocks stand.

    Parameters
    ----------
    named
        Its indicators.
    close
        Of the timeframe stepped on; always the last of the inputs.
    """

    def __init__(self, named: Sequence[Series], close: Series) -> None:
        self._named = [(one.name, one, one._clock) for one in named]
        self._close, self._clock = close, close._clock
        names = [*(one.name for one in named), "close"]
        # A sentence of which only the numbers are missing; of no use where names are double.
        self._words = ", ".join(f"{name.replace('%', '%%')} %.6g" for name in names)
        self._full = len(names) if len(set(names)) == len(names) else 0

    def now(self) -> dict[str, float]:
        """Return those that have a value at the present candle, by name, and the close."""
        found = {}
        for name, series, clock in self._named:
            if clock.count and isfinite(value := series._values[clock.count - 1]):
                found[name] = value
        found["close"] = self._close._values[self._clock.count - 1]
        return found

    def words(self, found: dict[str, float]) -> str:
        """Return what `now` returned in words: ``quick 100.2, close 101``."""
        if len(found) == self._full:
            return self._words % tuple(found.values())
        return ", ".join([f"{name} {value:.6g}" for name, value in found.items()])
