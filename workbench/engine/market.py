"""The market a run trades in: its candles as the columns the rules read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.candles import Candles, Floats, Times
from workbench.data.sessions import gaps_as_met
from workbench.data.validate import require_sound
from workbench.engine.market_inside import Firsts, book, legs, read_only, within
from workbench.engine.rules.layout import DATA_GAP, MARKET_CLOSED
from workbench.engine.settings import Settings
from workbench.timeframes import DAY_MS, HOUR_MS

Market = tuple[NDArray[Any], ...]
"""Columns in the order of `layout`: M_OPEN to I_ASK_CLOSE."""

YEAR_MS = 365.25 * DAY_MS


def market(candles: Candles, settings: Settings, inside: Candles | None = None) -> Market:
    """Make the columns of a run's market.

    Nothing in row i depends on a later candle: the rows of ``candles[:n]`` are the first n of all.

    Parameters
    ----------
    candles
        Those stepped on. Where they have ask columns, these are the ask; else the ask is the
        bid plus ``settings.spread``, and where that is 0, the same arrays.
    settings
        Its `spread`, `funding_hours` and, of the convention, `path` count here.
    inside
        Candles of a shorter timeframe, which tell what happened within each; see
        `workbench.engine.market_inside`.

    Returns
    -------
    tuple of numpy.ndarray
        21 contiguous, read-only columns, float64 except M_FIRST. One value a candle, shape (n,):

        - M_OPEN, M_CLOSE, M_HIGH, M_LOW and M_ASK_OPEN, M_ASK_CLOSE, M_ASK_HIGH, M_ASK_LOW:
          prices, in the quote currency.
        - M_VOLUME: units, as the source counts them.
        - M_MISSING: 0 where the candle follows the one before without a gap, else
          `MARKET_CLOSED` (a weekend or daily break) or `DATA_GAP`; see
          `workbench.data.sessions.gaps_as_met`.
        - M_YEARS: years of 365.25 days since the open of the candle before; 0 for the first.
        - M_FUNDINGS: how many multiples of `funding_hours` since the epoch (UTC) lie after the
          open of the candle before, up to and with the open of this one; 0 for the first.

        M_FIRST, int64, shape (n + 1,): what happened within candle i are the rows M_FIRST[i] to,
        not including, M_FIRST[i + 1], at least one, of the last eight columns, I_OPEN to
        I_ASK_CLOSE. These are the shorter candles, or the legs of the convention's path; with
        neither, they are the candles' own arrays.

    Raises
    ------
    InvalidCandles
        Prices or volumes are no usable numbers (see `workbench.data.validate.require_sound`),
        or `inside` are not candles of the same market.
    """
    require_sound(candles)
    own = book(candles, settings.spread)
    first: Firsts = np.arange(len(candles) + 1, dtype=np.int64)
    path, told = settings.rules.path, own
    if inside is not None:
        require_sound(inside)
        first, told = within(candles, own, inside, settings.spread)
    if path in ("ohlc", "olhc", "adaptive"):
        first, told = first * 3, legs(told, path)
    bid, ask = own
    columns = (
        bid.open, ask.open, bid.close, ask.close, candles.volume,
        _missing(candles), _years(candles.time), _fundings(candles.time, settings.funding_hours),
        first, bid.high, bid.low, ask.high, ask.low, *told.bid, *told.ask,
    )  # fmt: skip
    return tuple(read_only(column) for column in columns)


def plain(columns: Market) -> tuple[Sequence[Any], ...]:
    """Return the same columns for CPython: indexing them gives plain floats and ints.

    They are memoryviews of the arrays, and hold no memory of their own. An item takes less than
    half an array item's time. A list's would be faster still, but only from the second read of
    each item on does that win back the making of the list, and it takes 32 MB a column and
    million candles.
    """
    return tuple(column.data for column in columns)


def _missing(candles: Candles) -> Floats:
    closed, others = gaps_as_met(candles.time, candles.timeframe)
    missing = np.zeros(len(candles))
    missing[closed] = MARKET_CLOSED
    missing[others] = DATA_GAP
    return missing


def _years(time: Times) -> Floats:
    return np.diff(time, prepend=time[:1]) / YEAR_MS


def _fundings(time: Times, hours: float) -> Floats:
    # Whole milliseconds: no time is counted twice or lost by a rounding.
    passed = time // max(1, round(hours * HOUR_MS))
    return np.diff(passed, prepend=passed[:1]).astype(np.float64)
