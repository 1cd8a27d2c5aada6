"""Candles closer to each other than they are long are refused; odd hours and wide steps are not."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.data.candles import Candles
from workbench.engine import BacktestEngine, Strategy
from workbench.errors import InvalidCandles
from workbench.messages import parse_time
from workbench.timeframes import HOUR_MS, MINUTE_MS, Timeframe

START = parse_time("2024-03-04T22:00:00Z")


class Idle(Strategy):
    def next(self) -> None:
        pass


def candles(timeframe: str, steps: list[int]) -> Candles:
    time = START + np.cumsum([0, *steps])
    same = np.full(len(time), 100.0)
    return Candles("X", Timeframe.parse(timeframe), time, same, same, same, same, same, "test")


def run(made: Candles, **more: Candles) -> int:
    engine = BacktestEngine(Idle, {made.timeframe.name: made}, **more)
    engine.advance(len(made))
    return engine.bar


def test_shorter_candles_under_a_longer_name_are_refused_with_the_row() -> None:
    closer = candles("15M", [15 * MINUTE_MS] * 3 + [5 * MINUTE_MS] * 20)
    with pytest.raises(InvalidCandles, match=r"are these candles of 15M\?: row 4 \(2024") as caught:
        run(closer)
    assert caught.value.details["rows"][0] == 4
    assert caught.value.details["problems"] == {"overlap": 20}


def test_so_are_those_that_tell_what_happens_within_one() -> None:
    inside = candles("5M", [MINUTE_MS] * 30)
    with pytest.raises(InvalidCandles, match=r"candles of 5M\?: row 1"):
        run(candles("15M", [15 * MINUTE_MS] * 9), inside=inside)


@pytest.mark.parametrize(
    ("timeframe", "hours"),
    [
        ("1D", [24, 24, 24, 24, 72, 23, 24, 25]),  # days that begin at 22:00, and clocks change
        ("4H", [4, 4, 3, 4, 5, 4]),
        ("1H", [1, 1, 1.5, 40, 1]),  # off the grid
        ("1W", [168, 167, 168, 169]),
    ],
)
def test_odd_hours_and_clocks_that_change_are_not(timeframe: str, hours: list[float]) -> None:
    made = candles(timeframe, [int(one * HOUR_MS) for one in hours])
    assert run(made) == len(made)


def test_an_hour_is_all_a_clock_may_take() -> None:
    with pytest.raises(InvalidCandles, match="row 2"):
        run(candles("1D", [24 * HOUR_MS, 22 * HOUR_MS]))
    with pytest.raises(InvalidCandles, match="row 2"):
        run(candles("1H", [HOUR_MS, HOUR_MS // 2]))
