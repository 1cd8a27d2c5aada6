"""Candles that grow: columns in buffers that double, shown as `Candles` of those that closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.data.bars import Bar
from workbench.data.candles import ASKS, PRICES, VALUES, Candles
from workbench.errors import InvalidCandles
from workbench.messages import iso_time
from workbench.timeframes import HOUR_MS

LEAST = 1024
"""Candles there is room for at first."""


class Growing:
    """The closed candles of a timeframe.

    Parameters
    ----------
    candles
        Those there are.

    Attributes
    ----------
    count
        How many there are.
    candles
        They, as read-only views of the buffers; made when they are asked for.
    last
        Open time of the last one, epoch ms; None without any.
    buffers
        By name of the column, as long as there is room; renewed when `reserve` says so.
    """

    def __init__(self, candles: Candles) -> None:
        self.count = self._given = len(candles)
        self.timeframe = candles.timeframe
        self.names = candles.names
        self._like = candles
        self._least = candles.timeframe.ms - (HOUR_MS if candles.timeframe.ms > HOUR_MS else 0)
        room = max(LEAST, 2 * self.count)
        self.buffers = {name: _room(getattr(candles, name), room) for name in self.names}
        self._sealed = {name: _sealed(buffer) for name, buffer in self.buffers.items()}
        self._known: Candles | None = None
        self.last = int(candles.time[-1]) if self.count else None

    @property
    def candles(self) -> Candles:
        """They, as read-only views of the buffers."""
        if self._known is None:
            self._known = self._part(0)
        return self._known

    @property
    def room(self) -> int:
        """Candles there is room for."""
        return len(self.buffers["time"])

    def reserve(self, more: int) -> bool:
        """Make room for so many more; tell whether the buffers are others now."""
        if self.count + more <= self.room:
            return False
        room = max(2 * self.room, self.count + more)
        for name, buffer in self.buffers.items():
            self.buffers[name] = made = _room(buffer, room)
            self._sealed[name] = _sealed(made)
        return True

    def append(self, bar: Bar, ask: Bar | None = None) -> None:
        """Take the next candle; there must be room.

        Raises
        ------
        InvalidCandles
            It opens before the one before closes, or lacks the ask that the others have.
        """
        self.check(bar.time)
        at, buffers = self.count, self.buffers
        for name, value in zip(("time", *VALUES), bar, strict=True):
            buffers[name][at] = value
        if len(self.names) > len(bar):
            if ask is None:
                raise self._lacking(bar.time)
            for name, value in zip(ASKS, ask[1:5], strict=True):
                buffers[name][at] = value
        self.count += 1
        self.last = bar.time
        self._known = None

    def extend(self, candles: Candles) -> None:
        """Take the next candles; there must be room."""
        if not len(candles):
            return
        self.check(int(candles.time[0]))
        if candles.has_ask != self._like.has_ask:
            raise self._lacking(int(candles.time[0]))
        end = self.count + len(candles)
        for name, buffer in self.buffers.items():
            buffer[self.count : end] = getattr(candles, name)
        self.count = end
        self.last = int(candles.time[-1])
        self._known = None

    def check(self, time: int) -> None:
        """Refuse a candle that would open before the last one has closed."""
        last = self.last
        if last is not None and time - last < self._least:
            symbol, name = self._like.symbol, self.timeframe.name
            text = (
                f"The {name} candle of {symbol} at {iso_time(time)} opens before the one at "
                f"{iso_time(last)} has closed: give closed candles in order, each once"
            )
            raise InvalidCandles(text, field="time", value=iso_time(time), allowed="rising")

    def of_bars(self, bars: Sequence[Bar]) -> Candles:
        """Return candles of this market and timeframe, out of single ones."""
        table = np.array(bars, dtype=np.float64).reshape(len(bars), 6)
        time = np.array([bar.time for bar in bars], dtype=np.int64)
        columns = dict(zip(PRICES, table.T[1:5], strict=True))
        like = self._like
        return Candles(
            like.symbol, like.timeframe, time, **columns, volume=table[:, 5], source=like.source,
            synthetic=like.synthetic,
        )  # fmt: skip

    def added(self) -> dict[str, Any]:
        """Return copies of the columns that have come since the beginning, by name."""
        return {name: self.buffers[name][self._given : self.count].copy() for name in self.names}

    def of_columns(self, columns: dict[str, Any]) -> Candles:
        """Return candles of this market and timeframe, out of what `added` returned."""
        return self._like.replace(**columns)

    def since(self, first: int) -> Candles:
        """Return those from index `first` on."""
        return self._part(first) if first else self.candles

    def _part(self, first: int) -> Candles:
        end = self.count
        parts = {name: column[first:end] for name, column in self._sealed.items()}
        return view_of(self._like, parts)

    def _lacking(self, time: int) -> InvalidCandles:
        has = "has an ask" if self._like.has_ask else "has no ask"
        text = (
            f"{self._like.symbol} {has} in its history, the {self.timeframe} candle at "
            f"{iso_time(time)} is not so: give both from one source"
        )
        return InvalidCandles(text, field="ask", value=iso_time(time), allowed=has)


def view_of(like: Candles, columns: dict[str, Any]) -> Candles:
    """Return candles like others, of columns that are known to be sound and read-only.

    They are not looked at again: that would take longer than all else at each close.
    """
    made = object.__new__(Candles)
    for name, place in _PLACES:
        place.__set__(made, columns[name] if name in columns else place.__get__(like))
    return made


_PLACES = [(name, Candles.__dict__[name]) for name in Candles.__dataclass_fields__]


def stand_in(like: Candles, count: int = 512) -> Candles:
    """Return candles by which indicators can be tried where there are none yet: a gentle wave."""
    wave = 100 + np.sin(np.arange(count) / 7) + np.sin(np.arange(count) / 31)
    opened = np.r_[wave[:1], wave[:-1]]
    high, low = np.maximum(opened, wave) + 0.1, np.minimum(opened, wave) - 0.1
    prices = dict(zip(PRICES, (opened, high, low, wave), strict=True))
    asks = {f"ask_{name}": column + 0.01 for name, column in prices.items() if like.has_ask}
    time = np.arange(count, dtype=np.int64) * like.timeframe.ms
    return like.replace(time=time, **prices, volume=100 + wave, **asks)


def _sealed(buffer: Any) -> Any:
    """Return a view of a buffer of which no part can be written to."""
    view = buffer.view()
    view.flags.writeable = False
    return view


def _room(column: Any, room: int) -> Any:
    made = np.zeros(room, dtype=column.dtype)
    made[: len(column)] = column
    return made
