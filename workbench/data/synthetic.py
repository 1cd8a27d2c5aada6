"""A generated sample, the same to the last bit on every machine.

Random numbers are splitmix64 (Steele, Lea, Flood 2014) of a counter. Four of the twelve
uniforms summed for a normal deviate come out of each 64-bit word, and they are summed as
integers. Beyond that only + - * / on float64 are used, element by element or in order, which
IEEE 754 defines to the last bit; no function of a maths library is.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.candles import Candles, Floats
from workbench.timeframes import DAY_MS, Timeframe

SYMBOL = "BTC-USD"
TIMEFRAME = Timeframe.parse("15M")
SOURCE = "synthetic sample (generated, not market data)"
START_MS = 1_609_459_200_000  # 2021-01-01T00:00:00Z
DAYS = 1461  # to the end of 2024
SPAN = (START_MS, START_MS + DAYS * DAY_MS)
"""Open of the first candle and end of the last, epoch ms, UTC."""

_SEED = 306
_STEPS = 5
_BARS_A_DAY = DAY_MS // TIMEFRAME.ms
_BARS = DAYS * _BARS_A_DAY
_MIDDLE = 45_000.0
_SIGMA = 0.0024
_ROOT_OF_STEPS = 2.23606797749979


@functools.cache
def btc_usd() -> Candles:
    """Return the ``BTC-USD`` sample: 15M, 2021-01-01 to 2024-12-31 23:45 UTC, 140,256 candles.

    Volatility comes in clusters and follows the hours of the day; the drift changes every few
    days, so that longer timeframes show trends; prices keep around 45,000.
    """
    deviates = _normals(_SEED, _BARS * _STEPS).reshape(_BARS, _STEPS)
    rhythm = _rhythm()
    sigma = _clustered(deviates) * rhythm
    path = _path(deviates, sigma)
    close = path[:, -1]
    opens = np.concatenate(([_cents(np.array([_MIDDLE]))[0]], close[:-1]))
    high = np.maximum(path.max(axis=1), opens)
    low = np.minimum(path.min(axis=1), opens)
    ranges = (high - low) / (close * _SIGMA)
    chance = 0.5 + (_words(_SEED + 1, _BARS) >> np.uint64(11)) / 9007199254740992.0
    volume = np.floor((60.0 + 140.0 * ranges) * chance * rhythm * 1000.0 + 0.5) / 1000.0
    return Candles(
        symbol=SYMBOL,
        timeframe=TIMEFRAME,
        time=START_MS + np.arange(_BARS, dtype=np.int64) * TIMEFRAME.ms,
        open=opens,
        high=high,
        low=low,
        close=close,
        volume=volume,
        source=SOURCE,
        synthetic=True,
    )


def _words(stream: int, count: int) -> NDArray[np.uint64]:
    """Return splitmix64 of `count` counters; each stream has counters of its own."""
    with np.errstate(over="ignore"):
        state = np.arange(1, count + 1, dtype=np.uint64) + np.uint64(stream << 40)
        state *= np.uint64(0x9E3779B97F4A7C15)
        state ^= state >> np.uint64(30)
        state *= np.uint64(0xBF58476D1CE4E5B9)
        state ^= state >> np.uint64(27)
        state *= np.uint64(0x94D049BB133111EB)
        state ^= state >> np.uint64(31)
    return state


def _normals(stream: int, count: int) -> Floats:
    """Return near-normal deviates: twelve 16-bit uniforms summed, minus their mean."""
    mask = np.uint64(0xFFFF)
    total = np.zeros(count, dtype=np.uint64)
    words = _words(stream, 3 * count).reshape(3, count)
    for word in words:
        for shift in (0, 16, 32, 48):
            total += (word >> np.uint64(shift)) & mask
    return (total.astype(np.float64) - 12 * 32767.5) / 65536.0


def _rhythm() -> Floats:
    """Return the activity of each candle: most at 14:00 UTC, less at the weekend."""
    bar = np.arange(_BARS, dtype=np.int64)
    away = np.abs(bar % _BARS_A_DAY - 56)
    by_hour = 1.35 - 0.7 * np.minimum(away, _BARS_A_DAY - away) / 48.0
    # 2021-01-01 was a Friday.
    weekday = (bar // _BARS_A_DAY + 4) % 7
    return np.asarray(by_hour * np.where(weekday >= 5, 0.7, 1.0), dtype=np.float64)


def _clustered(deviates: Floats) -> Floats:
    """Return a volatility per candle that remembers the size of recent moves."""
    total = deviates[:, 0]
    for step in range(1, _STEPS):
        total = total + deviates[:, step]
    sizes = (np.abs(total) / _ROOT_OF_STEPS).tolist()
    level, out = 1.0, []
    for size in sizes:
        out.append(level)
        # 0.8 is about the mean size of a normal deviate, so the level keeps around 1.
        level = 0.01 + level * (0.92 + 0.0875 * size)
    return np.asarray(_SIGMA * np.minimum(np.array(out), 4.0), dtype=np.float64)


def _path(deviates: Floats, sigma: Floats) -> Floats:
    """Return prices in cents-exact dollars at the end of each step, shape (bars, steps)."""
    moves = deviates * (sigma / _ROOT_OF_STEPS)[:, None]
    path = np.empty_like(moves)
    draws: list[Any] = (_words(_SEED + 2, 3 * DAYS) >> np.uint64(11)).tolist()
    price, bar, regime = _MIDDLE, 0, 0
    while bar < _BARS:
        length, strength, side = (
            draw / 9007199254740992.0 for draw in draws[3 * regime : 3 * regime + 3]
        )
        end = min(_BARS, bar + int((2.0 + 8.0 * length) * _BARS_A_DAY))
        rising = side < min(0.9, max(0.1, 0.5 + (_MIDDLE - price) / 30_000.0))
        daily = (0.004 + 0.016 * strength) * (1.0 if rising else -1.0)
        factors = 1.0 + (moves[bar:end] + daily / (_BARS_A_DAY * _STEPS))
        factors[0, 0] *= price
        path[bar:end] = np.multiply.accumulate(factors.reshape(-1)).reshape(-1, _STEPS)
        price = float(path[end - 1, -1])
        bar, regime = end, regime + 1
    return _cents(path)


def _cents(prices: Floats) -> Floats:
    return np.asarray(np.floor(prices * 100.0 + 0.5) / 100.0, dtype=np.float64)
