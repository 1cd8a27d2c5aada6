"""What a run cannot say is NaN in Python, though the wire has 0.0 for it."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from msgspec import to_builtins
from random_runs import walk

import workbench as wb
from workbench.client.run import Run
from workbench.engine import Strategy
from workbench.engine.frames import readable_metrics

UNDEFINED = {
    "sharpe_ratio", "win_rate", "profit_factor", "average_win", "largest_win", "average_loss",
    "largest_loss",
}  # fmt: skip
CANDLES = walk(1, 300)


class Once(Strategy):
    times = 1

    def next(self) -> None:
        if len(self.close) % 100 == 50 and len(self.close) < 100 * self.times:
            self.enter_long(quantity=1, max_bars=1)


def nans(metrics: dict[str, Any]) -> set[str]:
    return {name for name, value in metrics.items() if math.isnan(value)}


def test_without_a_trade_seven_figures_are_not_defined() -> None:
    result = wb.backtest(Once, CANDLES, times=0)
    assert nans(result.metrics) == UNDEFINED
    assert all(getattr(result.messages[-1].data.metrics, name) == 0.0 for name in UNDEFINED)  # type: ignore[union-attr]
    line = next(line for line in repr(result).splitlines() if "sharpe_ratio" in line)
    assert line.split()[-1] == "–"


def test_a_run_on_a_server_says_the_same() -> None:
    last = to_builtins(wb.backtest(Once, CANDLES, times=0).messages[-1])
    info = {"result": last, "metrics": None}
    rest = SimpleNamespace(get=lambda path: info)
    run = Run("run", SimpleNamespace(rest=rest, url=""))  # type: ignore[arg-type]
    assert nans(run.metrics) == UNDEFINED
    going_on = {"total_trades": 0, "winning_trades": 0, "win_rate": 0.0, "sharpe_ratio": 0.0}
    info |= {"result": None, "metrics": going_on}
    assert nans(run.metrics) == {"win_rate", "sharpe_ratio"}


def test_with_one_there_are_either_no_winners_or_no_losers() -> None:
    metrics = wb.backtest(Once, CANDLES).metrics
    assert metrics["total_trades"] == 1
    won = metrics["winning_trades"] == 1
    lacking = "loss" if won else "win"
    assert nans(metrics) == {f"average_{lacking}", f"largest_{lacking}"}
    assert metrics["profit_factor"] == (math.inf if won else 0.0)
    assert np.isfinite(metrics["sharpe_ratio"])


def test_a_sharpe_ratio_of_zero_is_one() -> None:
    zero = {"total_trades": 2, "winning_trades": 1, "sharpe_ratio": 0.0}
    assert readable_metrics(zero, {"volatility": 3.0})["sharpe_ratio"] == 0.0
    assert readable_metrics(zero)["sharpe_ratio"] == pytest.approx(math.nan, nan_ok=True)
