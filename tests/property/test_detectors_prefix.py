"""What is found up to a time does not depend on what comes later: real prices, and any prices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.markets import REAL, SAMPLES, bid_side, real
from random_runs import SEEDS, START, walk

from workbench.analysis.bars import Bar
from workbench.analysis.batch import detect
from workbench.analysis.patterns import ALL, PatternDetector
from workbench.analysis.structure import StructureDetector, StructureSettings, swing_levels
from workbench.analysis.testing import check_detector
from workbench.data.candles import Candles
from workbench.timeframes import Timeframe

FRAMES = {"15M": ["15M", "1H", "4H"], "1H": ["1H", "4H", "1D"], "1D": ["1D", "1W"]}


def frames(candles: Candles) -> list[str]:
    return FRAMES[candles.timeframe.name]


def close_of(candles: Candles) -> int:
    return int(candles.time[-1]) + candles.timeframe.ms


@pytest.mark.parametrize("file", [*REAL, *SAMPLES])
def test_a_market_on_real_prices(file: str, shared_file: Callable[[str], Path]) -> None:
    candles = bid_side(real(file, shared_file))
    draw = np.random.default_rng(len(candles))
    start = int(draw.integers(0, len(candles) - 700))
    part = candles[start : start + 700]
    whole = detect(part, timeframes=frames(part))
    for count in draw.integers(1, 700, 3).tolist():
        cut = part[:count]
        known = [one for one in whole if one.confirmed_at <= close_of(cut)]
        assert detect(cut, timeframes=frames(cut)) == known
    assert {type(one).__name__ for one in whole} == {
        "PatternFinding", "StructureFinding", "ConfluenceFinding",
    }  # fmt: skip


@pytest.mark.parametrize(
    "make", [StructureDetector, lambda data: PatternDetector(data.timeframe.name, ALL)],
    ids=["structure", "patterns"],
)  # fmt: skip
@pytest.mark.parametrize("file", ["BTC 15M", "EUR-USD 1H 2017"])
def test_each_detector_on_real_prices(
    make: Any, file: str, shared_file: Callable[[str], Path]
) -> None:
    candles = bid_side(real(file, shared_file))[3_000:3_700]
    kinds = {getattr(one, "kind", one) for one in check_detector(make, candles, cuts=3)}
    if make is StructureDetector:
        assert kinds == {
            "swing_high", "swing_low", "bos", "choch", "fvg", "order_block", "liquidity", "zone",
        }  # fmt: skip


@st.composite
def rough_candles(draw: st.DrawFn) -> list[Bar]:
    """Return candles of few different prices: ties, flat ones, jumps."""
    ticks = st.integers(1, 12)
    count = draw(st.integers(1, 60))
    found = []
    for number in range(count):
        values = draw(st.tuples(ticks, ticks, ticks, ticks))
        low, high = min(values), max(values)
        found.append(
            Bar(START + number * 900_000, values[1], float(high), float(low), values[2], 1.0)
        )
    return found


def run(bars: Sequence[Bar], width: int) -> list[Any]:
    detector = StructureDetector("15M", StructureSettings(width=width, atr_period=2, open=4))
    return [one for bar in bars for one in detector.update(bar)]


@given(rough_candles(), st.integers(1, 3), st.floats(0, 1))
def test_structure_of_any_prices(bars: list[Bar], width: int, part: float) -> None:
    whole = run(bars, width)
    count = int(part * len(bars))
    close = bars[count - 1].time + 900_000 if count else 0
    assert run(bars[:count], width) == [one for one in whole if one.confirmed_at <= close]
    lives: dict[str, list[str]] = {}
    for one in whole:
        assert one.bar_time < one.confirmed_at
        if one.top is not None and one.bottom is not None:
            assert one.bottom <= one.price <= one.top
        lives.setdefault(one.id, []).append(one.status)
    for name, statuses in lives.items():
        assert statuses[0] == "confirmed", name
        assert statuses.count("confirmed") == 1, name
        # Nothing is told of what has come to its end.
        ends = {"filled", "broken", "swept", "superseded", "expired"}
        assert not ends & set(statuses[:-1]), name


@given(rough_candles(), st.integers(1, 4))
def test_swings_are_the_levels_of_the_columns(bars: list[Bar], width: int) -> None:
    levels = swing_levels([b.high for b in bars], [b.low for b in bars], width)
    detector = StructureDetector("15M", StructureSettings(width=width))
    for number, bar in enumerate(bars):
        detector.update(bar)
        for sign, column in ((-1, levels[0]), (1, levels[1])):
            swing = detector.swings.get(sign)
            price = np.nan if swing is None else swing.price
            assert price == pytest.approx(column[number], nan_ok=True)


@settings(max_examples=8)
@given(seed=SEEDS, part=st.floats(0.01, 1))
def test_a_market_of_any_prices(seed: int, part: float) -> None:
    data = walk(seed, 300)
    whole = detect(data, timeframes=["15M", "1H", "4H"])
    cut = data[: max(1, int(part * len(data)))]
    known = [one for one in whole if one.confirmed_at <= close_of(cut)]
    assert detect(cut, timeframes=["15M", "1H", "4H"]) == known


@settings(max_examples=20)
@given(seed=SEEDS)
def test_growing_candles_leave_no_trace(seed: int) -> None:
    data = walk(seed, 60)
    check_detector(lambda data: PatternDetector("15M"), data, cuts=1, allow_nothing=True)


def test_the_longer_candle_counts_at_its_close() -> None:
    hour = Timeframe.parse("1H").ms
    found = detect(walk(3, 400), timeframes=["15M", "1H"])
    order = [one.confirmed_at for one in found]
    assert order == sorted(order)
    assert all(one.confirmed_at % hour == 0 for one in found if one.timeframe == "1H")
