"""Candlestick patterns: TA-Lib's streams, the LE candle, and provisional ones."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import talib
from oracles.markets import REAL, SAMPLES, bid_side, real
from random_runs import walk

from workbench.analysis.bars import Bar, bars_of
from workbench.analysis.detecting import PatternFinding
from workbench.analysis.patterns import ALL, DEFAULT, PatternDetector
from workbench.analysis.patterns.names import LIQUIDITY_ENGULFING, TALIB
from workbench.errors import InvalidRequest

MINUTE = 60_000
LENGTH = 2_500


def test_every_pattern_of_talib_has_a_name() -> None:
    functions = talib.get_function_groups()["Pattern Recognition"]
    assert sorted(TALIB.values()) == sorted(functions)
    assert set(DEFAULT) <= set(ALL)
    assert len(DEFAULT) == 12


@pytest.mark.parametrize("file", [*REAL, *SAMPLES])
def test_streams_equal_batch_on_real_prices(file: str, shared_file: Callable[[str], Path]) -> None:
    candles = bid_side(real(file, shared_file))
    candles = candles[max(0, len(candles) // 2 - LENGTH // 2) :][:LENGTH]
    detector = PatternDetector("15M", ALL)
    found: dict[str, dict[int, int]] = {name: {} for name in ALL}
    for bar in bars_of(candles):
        detector.update(bar)
        for name, value in detector.values.items():
            found[name][bar.time] = value
    columns = candles.open, candles.high, candles.low, candles.close
    for name, function in TALIB.items():
        values = getattr(talib, function)(*columns).tolist()
        expected = {t: v for t, v in zip(candles.time.tolist(), values, strict=True) if v}
        assert found[name] == expected, name
    assert sum(map(len, found.values())) > len(candles) // 2


QUIET = Bar(0, 10, 11, 9, 10.5, 1.0)


@pytest.mark.parametrize(
    ("candle", "strength"),
    [
        ((10.2, 11.0, 8.9, 10.6), 100),
        ((10.2, 11.0, 9.0, 10.6), 0),  # sweeps nothing
        ((10.2, 11.0, 8.9, 10.5), 0),  # closes at the body's end, not beyond
        ((10.7, 11.0, 8.9, 10.6), 0),  # falls
        ((10.2, 11.1, 9.5, 9.9), -100),
        ((10.2, 11.0, 9.5, 9.9), 0),
        ((10.2, 11.1, 9.5, 10.0), 0),
        ((10.2, 11.1, 8.9, 10.6), 100),  # sweeps both: its close decides
    ],
)
def test_the_le_candle_sweeps_and_closes_beyond_the_body(
    candle: tuple[float, float, float, float], strength: int
) -> None:
    detector = PatternDetector("1M", [LIQUIDITY_ENGULFING])
    assert detector.update(QUIET) == ()
    found = detector.update(Bar(MINUTE, *candle, 1.0))
    side = "bullish" if strength > 0 else "bearish"
    expected = PatternFinding("1M", "liquidity_engulfing", side, strength, MINUTE, 2 * MINUTE)
    assert list(found) == ([expected] if strength else [])


def test_a_provisional_pattern_is_told_when_it_changes_and_when_it_goes() -> None:
    detector = PatternDetector("1M", [LIQUIDITY_ENGULFING])
    detector.update(QUIET)
    growing = Bar(MINUTE, 10.2, 11.0, 8.9, 10.6, 1.0)
    (shown,) = detector.peek(growing)
    assert (shown.strength, shown.provisional, shown.confirmed_at) == (100, True, 2 * MINUTE)
    assert detector.peek(growing) == ()
    (gone,) = detector.peek(growing._replace(close=10.3))
    assert (gone.strength, gone.provisional, gone.direction) == (0, True, "neutral")
    assert detector.peek(growing._replace(close=10.3)) == ()
    detector.peek(growing)
    (closed,) = detector.update(growing._replace(close=10.3))
    assert (closed.strength, closed.provisional) == (0, True)


def test_a_provisional_pattern_that_comes_true_is_told_once_more_as_closed() -> None:
    detector = PatternDetector("1M", [LIQUIDITY_ENGULFING])
    detector.update(QUIET)
    growing = Bar(MINUTE, 10.2, 11.0, 8.9, 10.6, 1.0)
    detector.peek(growing)
    (closed,) = detector.update(growing)
    assert (closed.strength, closed.provisional) == (100, False)


def test_it_goes_on_where_it_was_saved() -> None:
    given = bars_of(walk(3, 900))
    detector, again = PatternDetector("15M", ALL), PatternDetector("15M", ALL)
    for bar in given[:600]:
        detector.update(bar)
        again.update(bar)
        if bar is given[5] or bar is given[599]:
            again = pickle.loads(pickle.dumps(again))
    assert again.values == detector.values
    for bar in given[600:]:
        assert again.update(bar) == detector.update(bar)


def test_indecision_takes_no_side() -> None:
    found = [
        one
        for detector in [PatternDetector("15M", ["doji", "spinning_top"])]
        for bar in bars_of(walk(3, 400))
        for one in detector.update(bar)
    ]
    assert found
    assert {one.direction for one in found} == {"neutral"}
    assert all(one.strength for one in found)


def test_names_are_checked_and_those_of_talib_understood() -> None:
    assert PatternDetector("1H", ["CDLDOJI", "doji"]).names == ("doji",)
    with pytest.raises(InvalidRequest, match=r"'engulfin'\. Did you mean 'engulfing'") as caught:
        PatternDetector("1H", ["engulfin"])
    assert caught.value.details["field"] == "patterns"
