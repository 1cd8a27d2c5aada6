from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbench.analysis import indicators
from workbench.analysis.indicators import atr, bollinger, by_name, ema, macd, rsi, sma, wma

WALK = 100 + np.cumsum(np.random.default_rng(1).normal(0, 1, 120))
HIGH, LOW = WALK + 1, WALK - 1


def test_averages_equal_their_formulas() -> None:
    assert sma(WALK, 7)[50] == pytest.approx(WALK[44:51].mean())
    weights = np.arange(1, 8)
    assert wma(WALK, 7)[50] == pytest.approx((WALK[44:51] * weights).sum() / weights.sum())
    expected = WALK[:7].mean()
    for value in WALK[7:51]:
        expected += 2 / 8 * (value - expected)
    assert ema(WALK, 7)[50] == pytest.approx(expected)


def test_wilders_equal_their_formulas() -> None:
    change = np.diff(WALK)
    up, down = np.maximum(change, 0), np.maximum(-change, 0)
    rise, fall = up[:14].mean(), down[:14].mean()
    for more, less in zip(up[14:], down[14:], strict=True):
        rise, fall = (rise * 13 + more) / 14, (fall * 13 + less) / 14
    assert rsi(WALK)[-1] == pytest.approx(100 - 100 / (1 + rise / fall))
    ranges = np.maximum(HIGH[1:], WALK[:-1]) - np.minimum(LOW[1:], WALK[:-1])
    average = ranges[:14].mean()
    for value in ranges[14:]:
        average = (average * 13 + value) / 14
    assert atr(HIGH, LOW, WALK)[-1] == pytest.approx(average)


def test_bands_and_macd_equal_their_formulas() -> None:
    upper, middle, lower = bollinger(WALK, 20, 2.0)
    assert middle[-1] == pytest.approx(WALK[-20:].mean())
    assert upper[-1] - middle[-1] == pytest.approx(2 * WALK[-20:].std())
    assert middle[-1] - lower[-1] == pytest.approx(2 * WALK[-20:].std())
    line, smooth, rest = macd(WALK)
    assert rest[-1] == pytest.approx(line[-1] - smooth[-1])
    assert int(np.isnan(line).sum()) == 33


CALLS: dict[str, Callable[[int], Any]] = {
    "sma": lambda n: sma(WALK[:n], 5),
    "ema": lambda n: ema(WALK[:n], 5),
    "wma": lambda n: wma(WALK[:n], 5),
    "rsi": lambda n: rsi(WALK[:n]),
    "atr": lambda n: atr(HIGH[:n], LOW[:n], WALK[:n]),
    "macd": lambda n: macd(WALK[:n])[2],
    "bollinger": lambda n: bollinger(WALK[:n])[0],
}


@pytest.mark.parametrize("name", CALLS)
def test_later_candles_change_nothing(name: str) -> None:
    whole = CALLS[name](120)
    assert len(whole) == 120
    for count in (40, 77, 119):
        np.testing.assert_array_equal(CALLS[name](count), whole[:count])


def test_lists_and_a_period_of_one_will_do() -> None:
    assert sma([1.0, 2.0, 3.0], 1).tolist() == [1.0, 2.0, 3.0]
    assert sma([1, 2, 3], 3)[-1] == 2.0


def test_by_name_finds_ours_then_those_of_ta_lib() -> None:
    assert by_name("SMA") is indicators.sma
    assert by_name("kama")(WALK, 10).shape == WALK.shape
    for unknown in ("smaa", "crossed_above", "get_functions"):
        with pytest.raises(KeyError):
            by_name(unknown)
