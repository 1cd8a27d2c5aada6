from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.data import samples
from workbench.data.validate import validate_candles


@pytest.mark.parametrize(
    ("symbol", "name", "dates"),
    [
        ("EUR-USD", "eurusd_1h_2017.csv", "%d.%m.%Y %H:%M:%S.%f"),
        ("GOOGL", "googl_1d_2009-2018.csv", "%Y-%m-%d"),
    ],
)
def test_the_shipped_sample_equals_its_source(
    symbol: str, name: str, dates: str, shared_file: Callable[[str], Path]
) -> None:
    frame = pd.read_csv(shared_file(name), dtype=str)
    times = pd.to_datetime(frame.iloc[:, 0], format=dates).astype("datetime64[ms]").astype("int64")
    candles = samples.load_sample(symbol)
    assert np.array_equal(candles.time, times)
    for column in ("Open", "High", "Low", "Close", "Volume"):
        assert np.array_equal(getattr(candles, column.lower()), frame[column].map(float)), column


@pytest.mark.parametrize(("symbol", "count"), [("EUR-USD", 6225), ("GOOGL", 2335)])
def test_samples_are_sound_and_named(symbol: str, count: int) -> None:
    candles = samples.load_sample(symbol)
    assert len(candles) == count
    assert validate_candles(candles).ok
    assert candles.source == samples.SOURCES[symbol]
    assert not candles.synthetic


def test_the_names_listed_are_the_files_shipped() -> None:
    stored = {s: [t.name for t in samples.STORE.timeframes(s)] for s in samples.STORE.symbols()}
    assert stored == {symbol: [timeframe] for symbol, timeframe in samples.SAMPLES.items()}


def test_the_licence_ships_with_the_samples_and_they_stay_small() -> None:
    assert "MIT License" in (samples.STORE.root / "LICENSE-gym-anytrading.txt").read_text()
    sizes = {path.parent.name: path.stat().st_size for path in samples.STORE.root.glob("*/*")}
    assert sizes["EUR-USD"] < 150_000
    assert sizes["GOOGL"] < 80_000
