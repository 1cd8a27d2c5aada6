"""Candlestick patterns on one timeframe, candle by candle."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from workbench.analysis.bars import Bar
from workbench.analysis.detecting import PatternFinding
from workbench.analysis.patterns.liquidity import LiquidityEngulfing
from workbench.analysis.patterns.names import (
    LIQUIDITY_ENGULFING,
    TALIB,
    UNDECIDED,
    checked_names,
)
from workbench.timeframes import Timeframe

KEPT = 200
"""Closed candles kept to open TA-Lib's handles anew, which cannot be pickled."""


class PatternDetector:
    """Looks for candlestick patterns, by TA-Lib's streams, which equal its batch functions.

    Parameters
    ----------
    timeframe
        Of the candles, such as ``1H``.
    names
        Of patterns (`workbench.analysis.patterns.names`); None for the default ones.

    Attributes
    ----------
    names
        Of the patterns looked for.
    values
        What there is on the last closed candle, by name, as TA-Lib counts; those that are 0
        left out.

    Raises
    ------
    InvalidRequest
        A name is unknown.
    UnknownTimeframe
        `timeframe` is not one.
    """

    def __init__(self, timeframe: str, names: Iterable[str] | None = None) -> None:
        parsed = Timeframe.parse(timeframe)
        self.timeframe = parsed.name
        self.names = checked_names(names)
        self.values: dict[str, int] = {}
        self._ms = parsed.ms
        self._bars: deque[Bar] = deque(maxlen=KEPT)
        self._own: LiquidityEngulfing | None = None
        self._handles: list[tuple[str, Any, Any]] = []
        self._waiting: list[tuple[int, str]] | None = None
        self._shown: dict[str, int] = {}

    def update(self, bar: Bar) -> Sequence[PatternFinding]:
        """Take the next closed candle; return the patterns it completes.

        A provisional one that was told of it and has not come true is told to have gone.
        """
        self._bars.append(bar)
        values = {}
        _, opened, high, low, close, _ = bar
        if self._own is not None and (value := self._own.update(bar)):
            values[LIQUIDITY_ENGULFING] = value
        for name, update, _ in self._handles:
            if value := update(opened, high, low, close):
                values[name] = value
        if self._waiting is None or (self._waiting and len(self._bars) > self._waiting[0][0]):
            values |= self._open()
        self.values = values
        gone = [name for name in self._shown if name not in values]
        if not values and not gone:
            return ()
        self._shown = {}
        found = [self._finding(name, value, bar) for name, value in values.items()]
        return [*found, *(self._finding(name, 0, bar, provisional=True) for name in gone)]

    def peek(self, bar: Bar) -> Sequence[PatternFinding]:
        """Look at the candle that grows; return what has changed since the last look at it."""
        values = {}
        _, opened, high, low, close, _ = bar
        if self._own is not None and (value := self._own.peek(bar)):
            values[LIQUIDITY_ENGULFING] = value
        for name, _, peek in self._handles:
            if value := peek(opened, high, low, close):
                values[name] = value
        shown, self._shown = self._shown, values
        if shown == values:
            return ()
        changed = [name for name, value in values.items() if shown.get(name) != value]
        gone = [name for name in shown if name not in values]
        return [
            self._finding(name, values.get(name, 0), bar, provisional=True)
            for name in (*changed, *gone)
        ]

    def _finding(
        self, name: str, value: int, bar: Bar, *, provisional: bool = False
    ) -> PatternFinding:
        side = 0 if name in UNDECIDED else value
        return PatternFinding(
            self.timeframe, name, "bullish" if side > 0 else "bearish" if side < 0 else "neutral",
            value, bar.time, bar.time + self._ms, provisional,
        )  # fmt: skip

    def _open(self) -> dict[str, int]:
        """Open the handles there are candles enough for; return what they show on the last one."""
        from talib import stream

        values = {}
        if self._waiting is None:
            self._waiting = _lookbacks(self.names)
        bars = self._bars
        if self._own is None and LIQUIDITY_ENGULFING in self.names:
            self._own = LiquidityEngulfing(bars[-2] if len(bars) > 1 else bars[-1])
            if value := self._own.update(bars[-1]):
                values[LIQUIDITY_ENGULFING] = value
        columns: list[Any] = []
        while self._waiting and len(bars) > self._waiting[0][0]:
            _, name = self._waiting.pop(0)
            columns = columns or [np.array(part) for part in list(zip(*bars, strict=True))[1:5]]
            handle = getattr(stream, TALIB[name])(*columns)
            self._handles.append((name, handle.update, handle.peek))
            if handle.value:
                values[name] = handle.value
        return values

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_handles": [], "_own": None, "_waiting": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if self._bars:
            self._open()


def _lookbacks(names: Iterable[str]) -> list[tuple[int, str]]:
    """Return how many candles come before the first value of each of TA-Lib's, fewest first."""
    from talib.abstract import Function  # type: ignore[attr-defined]

    own = [name for name in names if name in TALIB]
    return sorted((Function(TALIB[name]).lookback, name) for name in own)
