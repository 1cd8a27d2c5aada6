"""Candles of an exchange, page after page."""

from __future__ import annotations

import math
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.data.candles import VALUES, Candles
from workbench.data.doubts import LAST_MS
from workbench.data.exchange.answers import LENGTH, BadAnswer, listed
from workbench.data.resample import resample
from workbench.errors import DataError, UnknownTimeframe
from workbench.messages import iso_time
from workbench.timeframes import DAY_MS, Timeframe

PAGE = 500
"""Candles asked for at once where ccxt does not know what the exchange allows."""

SETTLED_MS = 3_000
"""How long after its end a candle is taken for final: exchanges still count late trades."""

_NAME = re.compile(r"([1-9]\d*)([mhd])")
_UNITS = {"m": "M", "h": "H", "d": "D"}

Rows = NDArray[np.float64]
Ask = Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]
"""Asks an exchange, with whatever patience the caller has."""


class Served(NamedTuple):
    """A timeframe as an exchange serves it, and what ccxt calls it there."""

    timeframe: Timeframe
    name: str


class Page(NamedTuple):
    """Closed candles of a stretch of time.

    Attributes
    ----------
    rows
        Time (epoch ms), open, high, low, close, volume; shape (n, 6), times rising.
    until
        There are no others that open before this (epoch ms).
    """

    rows: Rows
    until: int


def served(exchange: Any) -> list[Served]:
    """Return the timeframes of an exchange, shortest first.

    Weeks and months are left out, they begin on different days on different exchanges; and so
    are seconds.
    """
    found = []
    for name in exchange.timeframes or {}:
        match = _NAME.fullmatch(name)
        if match:
            timeframe = Timeframe.parse(f"{match[1]}{_UNITS[match[2]]}")
            if timeframe.ms <= DAY_MS:
                found.append(Served(timeframe, name))
    return sorted(found)


def choose(exchange: Any, timeframe: Timeframe) -> Served:
    """Return the timeframe to ask for: this one, or the longest that builds it.

    Raises
    ------
    UnknownTimeframe
        The exchange has neither.
    """
    there = served(exchange)
    fitting = [one for one in there if one.timeframe.builds(timeframe)]
    if not fitting:
        names = [one.timeframe.name for one in there]
        msg = (
            f"{exchange.id} has no {timeframe} candles, nor any it could be built from: "
            f"it has {', '.join(names) or 'none at all'}"
        )
        raise UnknownTimeframe(msg, field="timeframe", value=timeframe.name, allowed=names)
    return fitting[-1]


@dataclass
class Pager:
    """Asks for closed candles of one market and timeframe.

    Parameters
    ----------
    ask
        Asks the exchange, see `Ask`.
    notes
        What was odd about the candles, added to as it is found.
    """

    exchange: Any
    market: str
    timeframe: Timeframe
    ask: Ask
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.served = choose(self.exchange, self.timeframe)
        limit = self.exchange.feature_value(self.market, "fetchOHLCV", "limit")
        self.limit = int(limit or PAGE)

    async def pages(self, start: int, end: int, now: int) -> AsyncIterator[Page]:
        """Give what opens in [start, end), both on the grid of the timeframe, oldest first.

        Parameters
        ----------
        now
            The exchange's clock, epoch ms: what has not closed by then is left out.
        """
        short = self.served.timeframe.ms
        end = min(end, self.timeframe.floor(now - SETTLED_MS))
        at, kept = start, np.empty((0, 6))
        while at < end:
            asked = at
            rows = await self.ask(partial(self._page, asked, end))
            # An empty page is a stretch without trades, not the end: exchanges that look only at
            # a stretch of the asked length give one for each stretch before the first trade.
            stretch = asked + self.limit * short
            at = min(end, int(rows[-1, 0]) + short if len(rows) else stretch)
            until = end if at >= end else self.timeframe.floor(at)
            kept = np.concatenate([kept, rows])
            whole = kept[:, 0] < until
            yield Page(self._built(kept[whole]), until)
            kept = kept[~whole]

    async def recent(self, count: int, now: int, symbol: str) -> Candles:
        """Return about the last `count` closed candles, as those of `symbol`."""
        end = self.timeframe.floor(now - SETTLED_MS)
        rows = [page.rows async for page in self.pages(end - count * self.timeframe.ms, end, now)]
        all_ = np.concatenate(rows) if rows else np.empty((0, 6))
        return candles_of(all_, symbol, self.timeframe, source_of(self.exchange, self.market))

    async def _page(self, since: int, end: int) -> Rows:
        answer = await self.exchange.fetch_ohlcv(
            self.market, self.served.name, since=since, limit=self.limit
        )
        return self._sound(_read(listed(self.exchange, answer)), since, end)

    def _sound(self, rows: Rows, start: int, end: int) -> Rows:
        """Return rows in order, each time once, without what cannot be."""
        rows = rows[(rows[:, 0] >= start) & (rows[:, 0] < end)]
        _, first = np.unique(rows[:, 0], return_index=True)
        rows = rows[first]
        floor: Any = self.served.timeframe.floor
        off = rows[floor(rows[:, 0].astype(np.int64)) != rows[:, 0]]
        if len(off):
            msg = (
                f"{self.exchange.id}'s {self.served.name} candles do not open on the UTC grid: "
                "fetch a shorter timeframe, longer ones are built from it"
            )
            raise DataError(msg, field="timeframe", value=self.timeframe.name)
        _, open, high, low, close, volume = rows.T
        good = np.isfinite(rows).all(axis=1) & (rows[:, 1:5] > 0).all(axis=1) & (volume >= 0)
        good &= (high >= np.maximum(open, close)) & (low <= np.minimum(open, close))
        for bad in rows[~good]:
            values = ", ".join(f"{value:g}" for value in bad[1:])
            self.notes.append(
                f"candle at {iso_time(int(bad[0]))} cannot be ({values}) and was left out"
            )
        sound: Rows = rows[good]
        return sound

    def _built(self, rows: Rows) -> Rows:
        if self.served.timeframe.ms == self.timeframe.ms or not len(rows):
            return rows
        short = candles_of(rows, self.market, self.served.timeframe, "")
        return rows_of(resample(short, self.timeframe))


def _read(answer: Sequence[Any]) -> Rows:
    """Return what ccxt has as rows; NaN where it has none.

    Raises
    ------
    BadAnswer
        A row has no time, or none of them has all its numbers: nothing follows from such an
        answer, not even that there were no trades.
    """
    try:
        given = [[math.nan if value is None else float(value) for value in row] for row in answer]
        rows: Rows = np.array([row[:6] for row in given], np.float64).reshape(len(given), 6)
    except (TypeError, ValueError) as error:
        raise BadAnswer(f"rows that are no candles: {str(answer)[:LENGTH]}") from error
    known = np.isfinite(rows)
    timed = known[:, 0] & (rows[:, 0] >= 0) & (rows[:, 0] < LAST_MS)
    if len(rows) and not (timed.all() and known.all(axis=1).any()):
        raise BadAnswer(f"rows that are no candles: {str(answer)[:LENGTH]}")
    return rows


def candles_of(rows: Rows, symbol: str, timeframe: Timeframe, source: str) -> Candles:
    """Return rows (see `Page`) as candles."""
    columns = dict(zip(VALUES, rows[:, 1:].T, strict=True))
    return Candles(symbol, timeframe, rows[:, 0].astype(np.int64), **columns, source=source)


def rows_of(candles: Candles) -> Rows:
    """Return candles as rows, see `Page`."""
    c = candles
    return np.column_stack([c.time, c.open, c.high, c.low, c.close, c.volume])


def source_of(exchange: Any, market: str) -> str:
    """Say where candles of a market come from."""
    return f"{exchange.id} {market}"
