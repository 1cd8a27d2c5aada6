"""The rows of a sweep's table."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class SweepData(Struct, frozen=True):
    """One combination of a sweep's parameters, done.

    Attributes
    ----------
    number
        Of the combination, from 0, in the order they were asked for.
    params
        Its parameters, by name.
    metrics
        What it came to, by name: those of `complete` and the statistics beside them; empty where
        it failed.
    error
        Why it failed, empty where it did not.
    sample
        ``all`` of the candles, or the ``in`` or ``out`` of sample part of a walk-forward split.
    split
        Number of that split, from 0; 0 for ``all``.
    start, end
        Open times of the first and last candle.
    """

    backtest_id: str
    number: int
    params: dict[str, int | float | bool | str]
    metrics: dict[str, float]
    error: str
    sample: Literal["all", "in", "out"]
    split: int
    start: str
    end: str
