"""The rows of a sweep's table."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

Value = int | float | bool | str
"""Of a parameter."""


class SweepFacts(Struct, frozen=True):
    """What a sweep looks for and where, as its first `status` tells.

    Attributes
    ----------
    space
        The values of each parameter, by name, in the order they were given.
    metric
        Name of the metric that decides which combination is best.
    maximize
        Whether a higher value of it is better.
    method
        How combinations are chosen: all of them, at random, or by what the earlier ones came to.
    rows
        `sweep` messages a whole sweep brings, at most.
    splits
        Walk-forward splits; 0 where every combination is run on all candles.
    min_trades
        Combinations with fewer trades are never best.
    resumed_from
        The sweep that this one goes on with: its rows are told here again, and are not run again.
    excluded
        Which combinations the constraint excludes, as lengths: of all combinations of `space`, the
        last parameter changing fastest, so many may be tried, so many more are excluded, and so on
        in turn. Left out where none is, or where that would be long.
    """

    space: dict[str, list[Value]]
    metric: str
    maximize: bool
    method: Literal["grid", "random", "bayesian"]
    rows: int
    splits: int
    min_trades: int = 1
    resumed_from: str | UnsetType = UNSET
    excluded: list[int] | UnsetType = UNSET


class SweepCurve(Struct, frozen=True):
    """What an account grew to in an out-of-sample part.

    Attributes
    ----------
    time
        Open times of the last candles of the return periods (UTC days, or longer candles), in
        milliseconds since the epoch.
    growth
        Equity at their closes, over that at the part's start. The last one is that of the part.
    high, low
        The highest and the lowest at any close of the part, likewise; the start counts as 1.
    open
        Whether the last period goes on behind the part.
    periods
        Return periods in a year.
    """

    time: list[int]
    growth: list[float]
    high: float
    low: float
    open: bool
    periods: float


class SweepData(Struct, frozen=True):
    """One combination of a sweep's parameters, done.

    Attributes
    ----------
    number
        Of the combination, from 0, in the order they were asked for; with `split` and `sample` it
        names the row.
    params
        Its parameters, by name.
    metrics
        What it came to, by name: those of `complete` and the statistics beside them; empty where
        it failed.
    error
        Why it failed, empty where it did not.
    sample
        ``all`` of the candles, or the ``in`` or ``out`` of sample part of a walk-forward split.
        There is one ``out`` row a split: of the combination that was best in it before.
    split
        Number of that split, from 0; 0 for ``all``.
    start, end
        Open times of the first and last candle.
    curve
        Of ``out`` rows that did not fail: how the account grew, for the curve of all parts.
    """

    backtest_id: str
    number: int
    params: dict[str, Value]
    metrics: dict[str, float]
    error: str
    sample: Literal["all", "in", "out"]
    split: int
    start: str
    end: str
    curve: SweepCurve | UnsetType = UNSET
