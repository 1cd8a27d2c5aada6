"""The market of a live session: the columns of `engine.market`, as they grow."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from workbench.data.bars import Bar
from workbench.data.candles import Candles
from workbench.data.sessions import gaps_as_met
from workbench.engine.growing import Growing
from workbench.engine.market import YEAR_MS, market
from workbench.engine.market_inside import Book, Side, legs
from workbench.engine.rules.layout import DATA_GAP, MARKET_CLOSED
from workbench.engine.settings import Settings
from workbench.timeframes import HOUR_MS

PATHS = ("ohlc", "olhc", "adaptive")
NO_FIRSTS = np.zeros(0, dtype=np.int64)
_SIDES = ("open", "high", "low", "close")


class Firsts:
    """Where the inside candles of the present candle begin: M_FIRST, while there is one of them."""

    __slots__ = ("bar", "start")

    def __init__(self) -> None:
        self.bar, self.start = -1, 0

    def __getitem__(self, bar: int) -> int:
        return self.start if bar == self.bar else 0


class GrowingMarket:
    """What the rules read of a market whose candles come one after another.

    A candle that is not over stands in the row behind the last closed one. What happens within it
    is gone through in pieces, of which the last eight columns hold the present one alone.

    Parameters
    ----------
    base
        The candles of the timeframe stepped on.
    settings
        Its `spread`, `funding_hours` and, of the convention, `path` count here.

    Attributes
    ----------
    columns
        As `workbench.engine.market.market` makes them, but with room behind the last candle.
    plain
        The same for CPython.
    firsts
        M_FIRST of `plain`.
    """

    def __init__(self, base: Growing, settings: Settings) -> None:
        self._base, self._spread = base, settings.spread
        self._settings = settings
        self._path = settings.rules.path
        self._hours = max(1, round(settings.funding_hours * HOUR_MS))
        own = base.candles
        self._more = {name: np.zeros(base.room) for name in ("missing", "years", "fundings")}
        self._asks: dict[str, Any] = {}
        if settings.spread and not own.has_ask:
            self._asks = {side: np.zeros(base.room) for side in _SIDES}
        self.firsts = Firsts()
        self._bid: list[list[float]] = [[0.0] for _ in _SIDES]
        two = bool(self._asks) or own.has_ask
        self._ask = [[0.0] for _ in _SIDES] if two else self._bid
        if base.count:
            self._fill(0, own)
            self._find_gaps(0)
        self._arrange()

    # --- whole candles ------------------------------------------------------------------

    def extend(self, candles: Candles) -> None:
        """Take whole candles, into the base as well; it has made room.

        Raises
        ------
        InvalidCandles
            A price is no usable number.
        """
        self._grow()
        start = self._base.count
        self._base.check(int(candles.time[0]))
        if start:
            # One before them, for what is counted from candle to candle.
            before = self._base.since(start - 1)
            columns = {
                name: np.concatenate([getattr(before, name), getattr(candles, name)])
                for name in candles.names
            }
            self._fill(start, candles.replace(**columns), 1)
        else:
            self._fill(0, candles)
        self._base.extend(candles)
        self._find_gaps(start)

    def bulk(self, start: int, end: int) -> tuple[Any, ...]:
        """Return the plain columns of closed candles, for going through these at one go.

        M_FIRST then counts from their first candle.
        """
        book = self._book(start, end)
        step = 1
        if self._path in PATHS:
            book, step = legs(book, self._path), 3
        first = range(-step * start, step * (end + 2 - start), step)
        inside = [column.data for side in book for column in side]
        return (*self.plain[:8], first, *self.plain[9:13], *inside)

    def _book(self, start: int, end: int) -> Book:
        own, asks = self._base.buffers, self._asks
        bid = Side(*(own[side][start:end] for side in _SIDES))
        if asks:
            return Book(bid, Side(*(asks[side][start:end] for side in _SIDES)))
        if "ask_open" in own:
            return Book(bid, Side(*(own[f"ask_{side}"][start:end] for side in _SIDES)))
        return Book(bid, bid)

    def _fill(self, start: int, candles: Candles, skip: int = 0) -> None:
        """Fill the rows of candles that are not the base's own columns; the first `skip` aside.

        `missing` needs all candles before, and is filled by `_find_gaps`.
        """
        made = market(candles, self._settings)
        end = start + len(candles) - skip
        self._more["years"][start:end] = made[6][skip:]
        self._more["fundings"][start:end] = made[7][skip:]
        self._more["missing"][start:end] = 0.0
        for side, place in zip(_SIDES, (1, 11, 12, 3), strict=True):
            if self._asks:
                self._asks[side][start:end] = made[place][skip:]

    def _find_gaps(self, start: int) -> None:
        """Find the gaps before closed candles from index `start` on."""
        candles, missing = self._base.candles, self._more["missing"]
        time = candles.time[max(0, start - 1) :]
        if not (np.diff(time) > candles.timeframe.ms).any():
            return
        for places, what in zip(
            gaps_as_met(candles.time, candles.timeframe), (MARKET_CLOSED, DATA_GAP), strict=True
        ):
            missing[places[places >= start]] = what

    # --- a candle as it comes -------------------------------------------------------------

    def open(self, bid: Bar, ask: Bar) -> None:
        """Begin a candle behind the last closed one; what is known of it is in these."""
        if self._base.reserve(1):
            self._grow()
        bar, base, more = self._base.count, self._base.buffers, self._more
        before, ms, time = self._base.last, self._base.timeframe.ms, bid.time
        self.firsts.bar, self.firsts.start = bar, 0
        passed = 0 if before is None else time - before
        more["years"][bar] = passed / YEAR_MS
        since = 0 if before is None else time // self._hours - before // self._hours
        more["fundings"][bar] = float(since)
        more["missing"][bar] = 0.0
        base["time"][bar] = time
        if passed > ms:
            closed, others = gaps_as_met(base["time"][: bar + 1], self._base.timeframe)
            if len(closed) and closed[-1] == bar:
                more["missing"][bar] = MARKET_CLOSED
            elif len(others) and others[-1] == bar:
                more["missing"][bar] = DATA_GAP
        self.tell(bid, ask)

    def tell(self, bid: Bar, ask: Bar) -> None:
        """Let the candle that is open be as these say."""
        bar, base = self._base.count, self._base.buffers
        _, opened, high, low, close, volume = bid
        base["open"][bar], base["high"][bar], base["low"][bar] = opened, high, low
        base["close"][bar], base["volume"][bar] = close, volume
        if self._ask is self._bid:
            return
        for side, value in zip(_SIDES, ask[1:5], strict=True):
            if self._asks:
                self._asks[side][bar] = value
            else:
                base[f"ask_{side}"][bar] = value

    def standing(self) -> tuple[Bar, Bar, int]:
        """Return the candle that is open, its ask, and where M_FIRST stands."""
        bar, own = self.firsts.bar, self._base.buffers
        time, volume = int(own["time"][bar]), float(own["volume"][bar])
        bid, ask = ([float(self.columns[place][bar]) for place in places]
                    for places in ((0, 9, 10, 2), (1, 11, 12, 3)))  # fmt: skip
        whole, there = (Bar._make((time, *prices, volume)) for prices in (bid, ask))
        return whole, there, self.firsts.start

    def stand(self, bid: Bar, ask: Bar, start: int) -> None:
        """Be where `standing` was called."""
        self.open(bid, ask)
        self.firsts.start = start

    def close(self, bar: int) -> tuple[float, float]:
        """Return bid and ask at the close of a candle."""
        return float(self.columns[2][bar]), float(self.columns[3][bar])

    def both(self, bid: Bar, ask: Bar | None) -> Bar:
        """Return the ask of a piece: as given, or the bid plus the spread."""
        if self._ask is self._bid:
            return bid
        if ask is not None and not self._asks:
            return ask
        spread = self._spread
        _, opened, high, low, close, volume = bid
        wide = (opened + spread, high + spread, low + spread, close + spread)
        return Bar(bid.time, *wide, volume)

    def put(self, bid: Bar, ask: Bar) -> None:
        """Let the inside columns hold one piece."""
        for column, value in zip(self._bid, bid[1:5], strict=True):
            column[0] = value
        if self._ask is not self._bid:
            for column, value in zip(self._ask, ask[1:5], strict=True):
                column[0] = value

    def pieces(self, bid: Bar, ask: Bar) -> list[tuple[Bar, Bar]]:
        """Return a part of a candle as the path of the convention goes through it."""
        path = self._path
        if path not in PATHS:
            return [(bid, ask)]
        high_first = path == "ohlc"
        if path == "adaptive":
            high_first = bid.high - bid.open <= bid.open - bid.low
        walked = _walk(bid, high_first)
        return list(zip(walked, walked if ask is bid else _walk(ask, high_first), strict=True))

    # --- columns ------------------------------------------------------------------------

    def _grow(self) -> None:
        room = self._base.room
        for columns in (self._more, self._asks):
            for name, column in columns.items():
                if len(column) < room:
                    columns[name] = np.zeros(room)
                    columns[name][: len(column)] = column
        self._arrange()

    def _arrange(self) -> None:
        own, more = self._base.buffers, self._more
        bid = {side: own[side] for side in _SIDES}
        if self._asks:
            ask = self._asks
        elif "ask_open" in own:
            ask = {side: own[f"ask_{side}"] for side in _SIDES}
        else:
            ask = bid
        self.columns: tuple[Any, ...] = (
            bid["open"], ask["open"], bid["close"], ask["close"], own["volume"], more["missing"],
            more["years"], more["fundings"], NO_FIRSTS, bid["high"], bid["low"], ask["high"],
            ask["low"],
        )  # fmt: skip
        self.plain: tuple[Any, ...] = (
            *(column.data for column in self.columns[:8]), self.firsts,
            *(column.data for column in self.columns[9:]), *self._bid, *self._ask,
        )  # fmt: skip


def _walk(bar: Bar, high_first: bool) -> list[Bar]:
    """Return the legs of a path, as `workbench.engine.market_inside.legs` does."""
    turns = (bar.high, bar.low) if high_first else (bar.low, bar.high)
    points = (bar.open, *turns, bar.close)
    pairs = itertools.pairwise(points)
    return [Bar(bar.time, a, max(a, b), min(a, b), b, bar.volume) for a, b in pairs]
