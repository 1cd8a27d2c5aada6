"""What is taken to have happened within a candle: shorter candles, or a path of three legs.

Without either, a candle's only inside candle is itself, and the rules decide in which order its
prices were met.

**Shorter candles.** Those that open within the candle, in order. They must have been traded in
the same market: none goes beyond the candle's range. Where they do not tell the whole candle (its
open, high, low and close), some are missing; then the candle itself stands for them, so that what
is not known is decided as without them.

**A path.** Each candle, or inside candle, becomes three legs in each of which the price goes one
way only:

========  ==============================  =====================================================
path      legs                            one leg, such as (o, h), as open, high, low, close
========  ==============================  =====================================================
ohlc      (o, h), (h, l), (l, c)          o, h, o, h
olhc      (o, l), (l, h), (h, c)          o, o, l, l
adaptive  ohlc where the high is nearer   as above
          to the open than the low, or
          as near; else olhc
========  ==============================  =====================================================

A leg without length stays. The ask goes the same legs as the bid, in the bid's order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.data.candles import TOLERANCE, Candles, Floats
from workbench.errors import InvalidCandles
from workbench.messages import iso_time

Firsts = NDArray[np.int64]


class Side(NamedTuple):
    """The bid's or the ask's prices, float64, shape (n,) each, read-only and contiguous."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats


class Book(NamedTuple):
    """Both sides of the market; the same object twice where there is no spread."""

    bid: Side
    ask: Side


def book(candles: Candles, spread: float) -> Book:
    """Return the prices of both sides.

    The ask is the candles' own; where they have none, the bid plus `spread` (price units).
    """
    bid = Side(*map(read_only, (candles.open, candles.high, candles.low, candles.close)))
    if candles.has_ask:
        asks = (candles.ask_open, candles.ask_high, candles.ask_low, candles.ask_close)
        return Book(bid, Side(*map(read_only, asks)))
    if spread:
        return Book(bid, Side(*(read_only(price + spread) for price in bid)))
    return Book(bid, bid)


def read_only(column: Any) -> NDArray[Any]:
    """Return a column as numba types all of them alike: contiguous and not writeable."""
    array: NDArray[Any] = np.ascontiguousarray(column)
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


def within(candles: Candles, own: Book, inside: Candles, spread: float) -> tuple[Firsts, Book]:
    """Sort shorter candles into those they are part of.

    Parameters
    ----------
    candles, own
        Those of the run, and their `book`.
    inside
        The shorter ones. Those that open in none of `candles` are left out.
    spread
        Price units, where they have no ask columns.

    Returns
    -------
    Where each candle's begin, int64, shape (n + 1,), and their prices.

    Raises
    ------
    InvalidCandles
        They are not shorter, one side alone has ask columns, a price is outside the range of the
        candle it is in, or none of them opens in a candle.
    """
    _check_alike(candles, inside)
    theirs = book(inside, spread)
    at = np.searchsorted(candles.time, inside.time, side="right") - 1
    near = np.flatnonzero(at >= 0)
    near = near[inside.time[near] < candles.time[at[near]] + candles.timeframe.ms]
    at = at[near]
    for mine, shorter in zip(own, theirs, strict=True):
        low, high = mine.low[at] * (1 - TOLERANCE), mine.high[at] * (1 + TOLERANCE)
        out = np.flatnonzero((shorter.low[near] < low) | (shorter.high[near] > high))
        if len(out):
            row, place = int(near[out[0]]), int(at[out[0]])
            when, where = iso_time(int(inside.time[row])), iso_time(int(candles.time[place]))
            msg = (
                f"{len(out):,} of the {inside.timeframe} candles of {inside.symbol} go beyond the "
                f"{candles.timeframe} candle they are in, first row {row} at {when} (low "
                f"{shorter.low[row]}, high {shorter.high[row]}; candle {place} at {where} has low "
                f"{mine.low[place]}, high {mine.high[place]}): build both from one source"
            )
            allowed = "within the candle's range"
            raise InvalidCandles(msg, field="intrabar", value=when, allowed=allowed, rows=[row])
    if not len(near):
        msg = f"None of the {inside.timeframe} candles opens in a {candles.timeframe} candle given"
        raise InvalidCandles(msg, field="intrabar", value=inside.timeframe.name)
    counts = np.bincount(at, minlength=len(candles))
    whole = _whole(own.bid, theirs.bid, near, counts)
    # Rows of own and shorter candles behind each other, to pick from by number.
    first = np.zeros(len(candles) + 1, dtype=np.int64)
    np.cumsum(np.where(whole, counts, 1), out=first[1:])
    picked = np.empty(first[-1], dtype=np.int64)
    kept = whole[at]
    is_own = np.zeros(first[-1], dtype=np.bool_)
    is_own[first[:-1][~whole]] = True
    picked[is_own] = np.flatnonzero(~whole)
    picked[~is_own] = near[kept] + len(candles)

    def chosen(mine: Side, shorter: Side) -> Side:
        pairs = zip(mine, shorter, strict=True)
        return Side(*(read_only(np.concatenate(pair)[picked]) for pair in pairs))

    bid = chosen(own.bid, theirs.bid)
    same = own.ask is own.bid and theirs.ask is theirs.bid
    return first, Book(bid, bid if same else chosen(own.ask, theirs.ask))


def legs(prices: Book, path: str) -> Book:
    """Return three legs for each row of `prices`, in order; shape (3 n,) each.

    Parameters
    ----------
    prices
        Of candles.
    path
        ``ohlc``, ``olhc`` or ``adaptive``.
    """
    bid = prices.bid
    if path == "adaptive":
        high_first = bid.high - bid.open <= bid.open - bid.low
    else:
        high_first = np.full(len(bid.open), path == "ohlc")
    walked = _walk(bid, high_first)
    return Book(walked, walked if prices.ask is bid else _walk(prices.ask, high_first))


def _walk(side: Side, high_first: NDArray[np.bool_]) -> Side:
    starts = np.empty((len(side.open), 3))
    starts[:, 0] = side.open
    starts[:, 1] = np.where(high_first, side.high, side.low)
    starts[:, 2] = np.where(high_first, side.low, side.high)
    ends = np.empty_like(starts)
    ends[:, :2] = starts[:, 1:]
    ends[:, 2] = side.close
    walk = (starts, np.maximum(starts, ends), np.minimum(starts, ends), ends)
    return Side(*(read_only(column.reshape(-1)) for column in walk))


def _whole(own: Side, shorter: Side, near: Firsts, counts: Firsts) -> NDArray[np.bool_]:
    """Mark the candles whose open, high, low and close the shorter ones tell."""
    some = np.flatnonzero(counts)
    whole = np.zeros(len(counts), dtype=np.bool_)
    if not len(some):
        return whole
    starts = np.concatenate(([0], np.cumsum(counts[some])[:-1]))
    last = starts + counts[some] - 1
    told = (
        shorter.open[near][starts],
        np.maximum.reduceat(shorter.high[near], starts),
        np.minimum.reduceat(shorter.low[near], starts),
        shorter.close[near][last],
    )
    alike = np.ones(len(some), dtype=np.bool_)
    for mine, theirs in zip(own, told, strict=True):
        alike &= np.abs(mine[some] - theirs) <= TOLERANCE * mine[some]
    whole[some] = alike
    return whole


def _check_alike(candles: Candles, inside: Candles) -> None:
    if inside.timeframe.ms >= candles.timeframe.ms:
        msg = f"Intrabar candles of {inside.timeframe} are not shorter than {candles.timeframe}"
        allowed = f"shorter than {candles.timeframe}"
        value = inside.timeframe.name
        raise InvalidCandles(msg, field="intrabar", value=value, allowed=allowed)
    if candles.has_ask != inside.has_ask:
        with_, without = sorted((candles, inside), key=lambda one: not one.has_ask)
        msg = (
            f"{with_.symbol} {with_.timeframe} has ask columns but {without.symbol} "
            f"{without.timeframe} has none: intrabar candles must be of the same source"
        )
        raise InvalidCandles(msg, field="intrabar", value=inside.timeframe.name)
