from __future__ import annotations

import hashlib

import numpy as np

from workbench.data import synthetic
from workbench.data.resample import resample
from workbench.data.validate import validate_candles
from workbench.messages import parse_time
from workbench.timeframes import Timeframe

CHECKSUM = "e3e3ad297897b75395eec0e1f39e57873c9e4a2c253d4ee4419deb695a85b8fd"


def test_the_sample_is_the_same_everywhere() -> None:
    candles = synthetic.btc_usd()
    digest = hashlib.sha256(candles.time.astype("<i8").tobytes())
    for name, unit in (("open", 100), ("high", 100), ("low", 100), ("close", 100), ("volume", 1e3)):
        digest.update(np.rint(getattr(candles, name) * unit).astype("<i8").tobytes())
    assert digest.hexdigest() == CHECKSUM


def test_splitmix64_gives_the_published_numbers() -> None:
    # Of the reference implementation for seed 0.
    expected = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert synthetic._words(0, 3).tolist() == expected


def test_the_sample_covers_four_years_without_a_hole() -> None:
    candles = synthetic.btc_usd()
    assert len(candles) == 140_256
    assert candles.time[0] == parse_time("2021-01-01")
    assert candles.time[-1] == parse_time("2024-12-31T23:45")
    report = validate_candles(candles)
    assert report.ok, report
    assert not report.warnings, report


def test_the_sample_is_labelled() -> None:
    candles = synthetic.btc_usd()
    assert candles.synthetic
    assert "not market data" in candles.source
    assert (candles.symbol, candles.timeframe.name) == ("BTC-USD", "15M")


def test_prices_are_of_the_order_promised_and_whole_cents() -> None:
    candles = synthetic.btc_usd()
    assert 29_000 < candles.low.min() < candles.high.max() < 67_000
    january = candles.slice(parse_time("2024-01-01"), parse_time("2024-02-01"))
    assert len(january) == 2976
    assert 40_000 < january.low.min() < january.high.max() < 51_000
    cents = candles.close * 100
    assert np.abs(cents - np.rint(cents)).max() < 1e-6


def test_volatility_clusters_and_days_trend() -> None:
    candles = synthetic.btc_usd()
    moves = np.diff(candles.close) / candles.close[:-1]
    sizes = np.abs(moves)
    day = 96
    assert np.corrcoef(sizes[:-day], sizes[day:])[0, 1] > 0.1
    assert abs(np.corrcoef(moves[:-1], moves[1:])[0, 1]) < 0.03
    closes = resample(candles, Timeframe.parse("1D")).close
    daily = np.diff(closes) / closes[:-1]
    # Trends: days move together more than independent days of equal size would.
    weeks = closes[7::7] / closes[:-7:7] - 1
    assert weeks.std() > 1.1 * np.sqrt(7) * daily.std()


def test_the_sample_is_made_once() -> None:
    assert synthetic.btc_usd() is synthetic.btc_usd()
