"""Candles of all real files into longer ones: equal to pandas, which sees the whole file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from oracles.markets import REAL, SAMPLES, bid_side, real

from workbench.data.aggregate import Aggregator
from workbench.data.bars import bars_of
from workbench.data.growing import Span
from workbench.data.resample import resample
from workbench.timeframes import Timeframe

LONGER = {"15M": ["1H", "4H", "1W"], "1H": ["4H", "1D", "1W"], "1D": ["2D", "1W"]}
MOST = 20_000
"""Candles of a file: the first months or years, outages among them."""
COLUMNS = ["open", "high", "low", "close", "volume"]
HOW = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}


@pytest.mark.parametrize("name", [*REAL, *SAMPLES])
def test_equal_to_pandas_and_to_resample(name: str, shared_file: Callable[[str], Path]) -> None:
    candles = bid_side(real(name, shared_file))[:MOST]
    base = candles.timeframe.name
    timeframes = [base, *LONGER[base]]
    aggregator = Aggregator(timeframes)
    made: dict[str, list[tuple[float, ...]]] = {name: [] for name in timeframes}
    for bar in bars_of(candles):
        for one in aggregator.candle(bar, True):
            assert isinstance(one, Span), one
            made[one.timeframe].append(one.bar)
    frame = candles.to_frame()
    for longer in timeframes:
        growing = aggregator.growing(longer)
        if growing is not None:
            made[longer].append(growing.bar)
        timeframe = Timeframe.parse(longer)
        origin = pd.Timestamp(timeframe.offset_ms, unit="ms", tz="UTC")
        theirs = frame.resample(f"{timeframe.ms}ms", origin=origin).agg(HOW).dropna()
        mine = np.array(made[longer])
        assert mine[:, 0].tolist() == theirs.index.as_unit("ms").asi8.tolist()
        np.testing.assert_array_equal(mine[:, 1:5], theirs[COLUMNS[:4]].to_numpy())
        np.testing.assert_allclose(mine[:, 5], theirs["volume"], rtol=1e-12)
        columns = resample(candles, timeframe)
        assert mine[:, 0].tolist() == columns.time.tolist()
        np.testing.assert_array_equal(mine[:, 4], columns.close)
