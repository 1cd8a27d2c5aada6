"""Where the oracles trade: seeded random walks, and the real files beside the project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workbench.data.candles import ASKS, PRICES, Candles
from workbench.data.importer import read_file
from workbench.data.samples import load_sample
from workbench.timeframes import Timeframe

SEEDS = range(30)
START_MS = 1_577_836_800_000
TRADES = ("time", "open", "high", "low", "close", "volume")
BID_AND_ASK = (
    "time", "open", "high", "low", "close", "bid_size",
    "ask_open", "ask_high", "ask_low", "ask_close", "ask_size",
)  # fmt: skip


class Market(NamedTuple):
    """Candles, whole units worth trading on them, and capital that is never short for these."""

    candles: Candles
    units: int
    capital: float


def market(candles: Candles) -> Market:
    """Return a market in which an entry is about a thousandth of the capital or some more."""
    price = float(candles.close[0])
    units = max(1, round(1000 / price))
    return Market(candles, units, float(round(100 * units * price, -3)))


def walk(seed: int) -> Market:
    """Return 400 to 1000 candles of a random walk: gaps, wide and narrow ones, some without range.

    Its step, its gaps and its rounding differ from seed to seed.
    """
    draw = np.random.default_rng(seed)
    bars = int(draw.integers(400, 1001))
    step, gap = draw.uniform(0.001, 0.02), draw.uniform(0.0, 0.01)
    digits = int(draw.integers(1, 5))
    close = 100 * np.exp(np.cumsum(draw.normal(0, step, bars)))
    opened = np.concatenate([[100.0], close[:-1]]) * np.exp(draw.normal(0, gap, bars))
    high = np.maximum(opened, close) * np.exp(np.abs(draw.normal(0, step / 2, bars)))
    low = np.minimum(opened, close) * np.exp(-np.abs(draw.normal(0, step / 2, bars)))
    still = draw.random(bars) < 0.02
    for column in (opened, high, low):
        column[still] = close[still]
    timeframe = Timeframe.parse("1H")
    return market(
        Candles(
            f"WALK{seed}",
            timeframe,
            START_MS + timeframe.ms * np.arange(bars),
            *(column.round(digits) for column in (opened, high, low, close)),
            np.ones(bars),
            "random walk",
            True,
        )
    )


REAL = {
    "BTC 15M": ("btcusdt_binance_15m_2023.feather", "15M", "UTC", None),
    "BTC 1H": ("btcusdt_binance_1h_2017-2024.feather", "1H", "UTC", None),
    "EUR-USD 15M": ("eurusd_mt5_15m_2022-2023.csv", "15M", "Europe/Athens", None),
    "EUR-USD 1H": ("eurusd_oanda_1h_lean.zip", "1H", "UTC", BID_AND_ASK),
    "SPY 1D": ("spy_lean_daily.zip", "1D", "UTC", TRADES),
}
"""File, timeframe, time zone and columns of the real prices beside the project."""

SAMPLES = {"EUR-USD 1H 2017": "EUR-USD", "GOOGL 1D": "GOOGL"}
"""Those that come with it."""


@cache
def real(name: str, find: Callable[[str], Path]) -> Candles:
    """Return the candles of `REAL` or `SAMPLES`; `find` says where a file is."""
    if name in SAMPLES:
        return load_sample(SAMPLES[name])
    file, timeframe, tz, columns = REAL[name]
    candles = read_file(find(file), name, timeframe, tz=tz, columns=columns).candles
    if columns is TRADES:  # Lean writes prices of shares in ten-thousandths
        prices = {column: getattr(candles, column) / 10_000 for column in PRICES}
        candles = replace(candles, **prices)
    return candles


def bid_side(candles: Candles) -> Candles:
    """Return candles without their ask, which no other engine knows."""
    return replace(candles, **dict.fromkeys(ASKS)) if candles.has_ask else candles
