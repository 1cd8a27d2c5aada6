"""Where the oracles trade: seeded random walks, and the real files beside the project."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workbench.data.candles import Candles
from workbench.data.importer import read_file
from workbench.data.samples import load_sample
from workbench.data.times import to_utc
from workbench.timeframes import Timeframe

SEEDS = range(30)
START_MS = 1_577_836_800_000


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
            f"WALK{seed}", timeframe, START_MS + timeframe.ms * np.arange(bars),
            *(column.round(digits) for column in (opened, high, low, close)),
            np.ones(bars), "random walk", True,
        )
    )


REAL = {
    "BTC 15M": ("btcusdt_binance_15m_2023.feather", "15M", "UTC"),
    "BTC 1H": ("btcusdt_binance_1h_2017-2024.feather", "1H", "UTC"),
    "EUR-USD 15M": ("eurusd_mt5_15m_2022-2023.csv", "15M", "Europe/Athens"),
    "EUR-USD 1H": ("eurusd_oanda_1h_lean.zip", "1H", "America/New_York"),
    "SPY 1D": ("spy_lean_daily.zip", "1D", "UTC"),
    "EUR-USD 1H 2017": ("EUR-USD", "", ""),
    "GOOGL 1D": ("GOOGL", "", ""),
}
"""File (or bundled sample), timeframe and time zone of the real prices."""


def real(name: str, folder: Path) -> Candles:
    """Return the candles of `REAL`; FileNotFoundError where the file is not in `folder`."""
    file, timeframe, tz = REAL[name]
    if not timeframe:
        return load_sample(file)
    path = folder / file
    if not path.is_file():
        raise FileNotFoundError(path)
    if path.suffix == ".zip":
        return _lean(path, name.split()[0], Timeframe.parse(timeframe), tz)
    return read_file(path, name.split()[0], timeframe, tz=tz).candles


def _lean(path: Path, symbol: str, timeframe: Timeframe, tz: str) -> Candles:
    """Read Lean's zipped table without a header: prices, or those of bid and ask."""
    with zipfile.ZipFile(path) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    rows = list(csv.reader(io.StringIO(text)))
    stamps = [f"{r[0][:4]}-{r[0][4:6]}-{r[0][6:8]}T{r[0][9:]}" for r in rows]
    local = np.array(stamps, dtype="datetime64[ms]").astype(np.int64)
    lines = np.arange(1, len(rows) + 1)
    time = to_utc(local, tz, timeframe.ms, lines) if tz != "UTC" else local
    table = np.array([r[1:] for r in rows], dtype=np.float64).T
    if len(table) == 5:
        return Candles(symbol, timeframe, time, *(table[:4] / 10_000), table[4], path.name)
    return Candles(
        symbol, timeframe, time, *table[:4], np.ones(len(rows)), path.name, False, *table[5:9]
    )
