"""A run that can come to nothing says so before it begins, and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from random_runs import walk

import workbench as wb
from workbench.cli.narration import Narrator
from workbench.data.resample import resample
from workbench.engine import BacktestEngine, Strategy
from workbench.engine.signals import Signals
from workbench.messages import Status
from workbench.timeframes import Timeframe

pytestmark = pytest.mark.timeout(400)  # the first of them may have to compile the rules
CANDLES = walk(3, 60)


class Slow(Strategy):
    period = 100

    def init(self) -> None:
        self.calm = self.I("SMA", self.close, self.period)

    def next(self) -> None:
        pass


class Long(Strategy):
    def init(self) -> None:
        self.day = self.on("1D")

    def next(self) -> None:
        pass


class Mute(Slow):
    period = 5
    at = -1

    def signals(self) -> Signals:
        return Signals(np.arange(len(self.close)) == self.at)


LACKS = "calm never has a value on the 60 candles of 15M"


@pytest.mark.parametrize(
    ("kinds", "params", "told"),
    [
        (Slow, {}, [f"Slow is never asked: {LACKS}"]),
        (Slow, {"period": 60}, []),
        (Mute, {}, ["Mute gives no signal on any of the 60 candles from its warm-up on, candle 4"]),
        (Mute, {"at": 3}, ["Mute gives no signal on any of the 60 candles from its warm-up on"]),
        (Mute, {"at": 4}, []),
        (Mute, {"period": 100, "at": 3}, [f"Mute is never asked: {LACKS}"]),
        (Signals(np.zeros(60)), {}, ["Signals gives no signal on any of the 60 candles"]),
    ],
)
def test_it_is_known_before(kinds: Any, params: dict[str, Any], told: list[str]) -> None:
    idle = BacktestEngine(kinds, {"15M": CANDLES}, strategy_params=params).idle
    assert len(idle) == len(told)
    assert all(one.startswith(said) for one, said in zip(idle, told, strict=True))


def test_a_longer_timeframe_may_be_the_cause() -> None:
    candles = {"15M": CANDLES[:9], "1D": resample(CANDLES, Timeframe.parse("1D"))}
    idle = BacktestEngine(Long, candles).idle
    assert idle == ["Long is never asked: too few candles of 1D close in time"]


def test_the_result_the_stream_and_the_command_line_tell() -> None:
    with pytest.warns(RuntimeWarning, match=f"Nothing will be ordered: Slow is .*{LACKS}"):
        result = wb.backtest(Slow, CANDLES)
    assert result.idle == f"Slow is never asked: {LACKS}"
    assert f"Nothing was ordered: {result.idle}" in repr(result)
    assert result.idle in result._repr_html_()
    first = result.messages[0]
    assert isinstance(first, Status)
    assert first.data.reason == result.idle
    lines = [line.text for line in Narrator().tell(first, 0.0)]
    assert f"nothing will happen: {result.idle}" in lines


def test_others_say_nothing() -> None:
    result = wb.backtest(Slow, CANDLES, period=5)
    assert result.idle == ""
    assert "Nothing was ordered" not in repr(result)
