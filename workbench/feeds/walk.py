"""A made-up market: what a price is at any minute, the same whenever and wherever it is asked.

The logarithm of the price is a sum of noises, each smooth over twice the time of the one before
and so much larger that moves grow with the square root of time, as those of a random walk do; from
some weeks on they grow no more, so that prices keep around a level. The fast ones are scaled by an
activity, a slow noise itself: calm and busy hours come in clusters. As every value follows from
its time alone, history needs nothing to be remembered, and goes over into what comes without a
seam.

Random numbers are splitmix64 (Steele, Lea, Flood 2014) of time and seed. Beyond that only
+ - * / are used, so that the same numbers come out on every machine.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.data.candles import Floats, Times
from workbench.feeds.source import Tick
from workbench.timeframes import MINUTE_MS

OCTAVES = 20
"""The slowest noise changes over 2**19 minutes, a year."""
_SLOWEST_GROWING = 15
_SIGMA = 0.00055
"""How much a price moves in a minute, as a fraction of it."""
LOT = 0.001
LEAST_LOTS = 8
_DAY_MINUTES = 1440


class Minutes(NamedTuple):
    """Candles of a minute each, as columns of shape (n,); `time` in epoch ms, UTC."""

    time: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


class Walk:
    """The market of one symbol.

    Parameters
    ----------
    symbol, seed
        What makes it this one.
    level
        Around which prices keep.
    """

    def __init__(self, symbol: str, seed: int, level: float) -> None:
        self._key = zlib.crc32(symbol.encode()) << 20 ^ seed & 0xFFFF_FFFF_FFFF
        self._level = level
        self._steps = 10.0 ** _decimals(level)

    def minutes(self, first: int, count: int) -> Minutes:
        """Return `count` candles, the first in minute `first` after the epoch."""
        number = np.arange(first, first + count + 1, dtype=np.int64)
        activity = self._activity(number)
        price = self._price(number, activity)
        opens, close = price[:-1], price[1:]
        number, activity = number[:-1], activity[:-1]
        reach = opens * (activity * _SIGMA)
        up, down, busy = (self._uniform(100 + stream, number) for stream in range(3))
        high = self._rounded(np.maximum(opens, close) + reach * up * up)
        low = self._rounded(np.minimum(opens, close) - reach * down * down)
        size = activity * activity * (0.3 + busy) * (4.5e5 / self._level)
        volume = np.maximum(LEAST_LOTS, np.floor(size / LOT)) * LOT
        return Minutes(number * MINUTE_MS, opens, high, low, close, volume)

    def trades(self, minute: int, few: bool = False) -> list[Tick]:
        """Return trades that make the candle of a minute: some a second, or four at all.

        They begin at its open and end at its close, touch its high and low, and their sizes add
        up to its volume.
        """
        bar = self.minutes(minute, 1)
        opened, high, low, close = (float(column[0]) for column in bar[1:5])
        lots = round(float(bar.volume[0]) / LOT)
        drawn = self._uniform(200, minute * 4096 + np.arange(1024, dtype=np.int64))
        count = min(lots, int(90 + 180 * drawn[0]))
        turns = np.sort(1 + np.floor(drawn[1:3] * (count - 3))).astype(np.int64)
        turns[1] += turns[0] == turns[1]
        corners = [0, int(turns[0]), int(turns[1]), count - 1]
        first, second = (low, high) if drawn[3] < 0.5 else (high, low)
        prices = [opened, first, second, close]
        path = np.interp(np.arange(count), corners, prices)
        noise = 0.3 * (high - low) * (drawn[4 : 4 + count] - 0.5)
        path = np.clip(self._rounded(path + noise), low, high)
        path[corners] = prices
        times = np.sort(np.floor(drawn[300 : 300 + count] * MINUTE_MS)).astype(np.int64)
        weights = 0.02 + drawn[600 : 600 + count] * drawn[600 : 600 + count]
        ends = np.floor(np.cumsum(weights) * ((lots - count) / weights.sum()) + 1e-9)
        ends[-1] = lots - count
        sizes = np.diff(ends, prepend=0.0) + 1
        numbers = minute * 4096 + np.arange(count)
        if few:
            sizes = np.add.reduceat(sizes, corners)
            path, times, numbers = path[corners], times[corners], numbers[corners]
        columns = (bar.time[0] + times, path, sizes * LOT, numbers)
        return list(map(Tick._make, zip(*(column.tolist() for column in columns), strict=True)))

    def _price(self, minute: Times, activity: Floats) -> Floats:
        slow, fast = np.zeros(len(minute)), np.zeros(len(minute))
        scale = 1.0
        for octave in range(OCTAVES):
            noise = scale * self._noise(octave, minute, 1 << octave)
            if octave < 9:
                fast += noise
            else:
                slow += noise
            if octave < _SLOWEST_GROWING:
                scale *= 1.4142135623730951
        x = 0.95 * _SIGMA * (slow + activity * fast)
        # The beginning of the exponential series; x stays within some tenths.
        return self._rounded(self._level * (1 + x * (1 + x / 2 * (1 + x / 3 * (1 + x / 4)))))

    def _activity(self, minute: Times) -> Floats:
        """Return how lively it is, around 1: by the hour of the day, and in clusters."""
        away = np.abs(minute % _DAY_MINUTES - 14 * 60)
        by_hour = 1.25 - 0.5 * np.minimum(away, _DAY_MINUTES - away) / 720.0
        mood = self._noise(60, minute, 45) + self._noise(61, minute, 360)
        mood += self._noise(62, minute, 2880)
        return np.asarray(by_hour * np.maximum(0.3, 0.9 + 0.55 * mood), dtype=np.float64)

    def _noise(self, stream: int, minute: Times, period: int) -> Floats:
        """Return a noise in (-1, 1) that is smooth over `period` minutes."""
        node = minute // period
        part = (minute - node * period) / period
        first = int(node[0])
        drawn = self._uniform(stream, np.arange(first, int(node[-1]) + 2, dtype=np.int64))
        at = node - first
        before, after = 2 * drawn[at] - 1, 2 * drawn[at + 1] - 1
        smooth = part * part * (3 - 2 * part)
        return np.asarray(before + (after - before) * smooth, dtype=np.float64)

    def _uniform(self, stream: int, number: Times) -> Floats:
        with np.errstate(over="ignore"):
            # Mixed twice: once the key and the stream, and with that the number.
            key = _mixed(np.array([self._key ^ stream << 54], dtype=np.uint64))
            words = _mixed(number.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) ^ key)
        return np.asarray((words >> np.uint64(11)) / 9007199254740992.0, dtype=np.float64)

    def _rounded(self, price: Floats) -> Floats:
        return np.asarray(np.floor(price * self._steps + 0.5) / self._steps, dtype=np.float64)


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = state + np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def _decimals(level: float) -> int:
    """Return how many digits after the point prices have: cents, and more of small prices."""
    decimals = 2
    while level < 100 and decimals < 8:
        level, decimals = level * 10, decimals + 1
    return decimals
