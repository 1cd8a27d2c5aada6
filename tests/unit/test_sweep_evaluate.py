"""A combination's figures are those of an ordinary run."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs
from sweeping import HOUR, Cross, walk, workload

from workbench.data.resample import resample
from workbench.engine import BacktestEngine, backtest
from workbench.engine.settings import Settings
from workbench.sweeps.evaluate import evaluate
from workbench.sweeps.splits import Part
from workbench.sweeps.workload import KEPT, Outcome, Task, Workload, keep, run_batch
from workbench.timeframes import Timeframe

CANDLES = walk()
PART = Part(0, 0, len(CANDLES))


def task(number=0, part=PART, **params):
    return Task(0, number, False, params, part)


def test_the_figures_are_those_of_a_backtest():
    params = {"fast": 7, "slow": 30}
    settings = Settings(initial_capital=5_000.0, commission=0.001, slippage=0.0005)
    found = evaluate(Cross, {"1H": CANDLES}, params, settings, seed=3)
    whole = backtest(
        Cross, candles=CANDLES, initial_capital=5_000.0, commission=0.001, slippage=0.0005, **params
    )
    last = whole.messages[-1]
    expected = {**structs.asdict(last.data.metrics), **last.extra.statistics}
    # Taken at one go, or told: the sums differ in their last bits.
    assert found == pytest.approx(expected, rel=1e-12)
    assert found["total_trades"] > 5


class Later(Cross):
    """Does nothing before a candle."""

    since = 0

    def next(self):
        if len(self.close) > self.since:
            super().next()


@pytest.mark.parametrize("since", [100, 120, 121, 399])
def test_what_comes_before_neither_trades_nor_counts(since):
    # 120 is the end of a day of 24 candles, 121 is not.
    found = evaluate(Cross, {"1H": CANDLES}, {}, Settings(), since=since)
    silent = evaluate(Later, {"1H": CANDLES}, {"since": since}, Settings())
    for name in ("total_return", "total_trades", "max_drawdown", "win_rate", "average_loss"):
        assert found[name] == pytest.approx(silent[name], abs=1e-12), name
    share = len(CANDLES) / (len(CANDLES) - since)
    assert found["exposure"] == pytest.approx(share * silent["exposure"])


def test_the_sharpe_ratio_is_that_of_the_days_that_count():
    since = 120
    found = evaluate(Cross, {"1H": CANDLES}, {}, Settings(), since=since)
    engine = BacktestEngine(Later, {"1H": CANDLES}, strategy_params={"since": since})
    equity = []
    while not engine.done:
        engine.advance(1)
        equity.append(engine.snapshot().equity)
    engine.finish()
    equity[-1] = engine.snapshot().equity
    days = np.array([10_000.0, *equity[since + 23 :: 24]])
    assert len(equity) % 24 != 0
    days = np.append(days, equity[-1])
    returns = days[1:] / days[:-1] - 1
    expected = returns.mean() / returns.std(ddof=1) * np.sqrt(365)
    assert found["sharpe_ratio"] == pytest.approx(expected, rel=1e-9)


def test_a_strategy_that_raises_is_a_row_with_the_reason():
    metrics, error, _ = workload().run(task(fast=13))
    assert metrics == {}
    assert "thirteen" in error
    _, error, _ = workload().run(task(fats=1))
    assert "no parameter 'fats'" in error


def test_a_part_shows_no_candle_that_is_not_closed_within_it():
    four = resample(CANDLES, Timeframe.parse("4H"))
    load = Workload(Cross, {"1H": CANDLES, "4H": four}, CANDLES, Settings(), {}, None)
    cut = load.part(10, 111)
    part = cut.candles
    assert cut.inside.time.tolist() == part["1H"].time.tolist()
    assert part["1H"].time.tolist() == CANDLES.time[10:111].tolist()
    end = int(CANDLES.time[111])
    assert int(part["4H"].time[-1]) + 4 * HOUR <= end
    assert int(part["4H"].time[-1]) + 8 * HOUR > end
    assert int(part["4H"].time[0]) >= int(CANDLES.time[10])
    assert load.part(10, 111) is cut
    assert load.part(0, len(CANDLES)).candles is load.candles


def test_a_worker_asks_for_the_workload_it_does_not_have():
    import cloudpickle

    tasks = [task(0, fast=5), task(1, fast=13)]
    assert run_batch("unheard-of", tasks) is None
    first, second = run_batch("brought", tasks, cloudpickle.dumps(workload()))
    assert first == workload().run(tasks[0])
    assert second.error
    assert run_batch("brought", tasks) == [first, second]
    (broken,) = run_batch("broken", tasks[:1], b"no pickle")
    assert "cannot load the strategy" in broken.error


def test_a_worker_keeps_few_workloads():
    for number in range(KEPT + 1):
        keep(f"w{number}", "why not")
    assert run_batch("w0", [task()]) is None
    assert run_batch(f"w{KEPT}", [task()]) == [Outcome({}, "why not")]
