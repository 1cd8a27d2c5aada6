"""The out-of-sample parts of a walk-forward, joined: its curve, Sharpe ratio and drawdown."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pandas as pd
import pytest
from sweeping import MONDAY, Cross, Inline, walk, workload

from workbench.engine import BacktestEngine
from workbench.messages import Sweep, SweepCurve, SweepData
from workbench.runs.gate import Gate
from workbench.runs.sweeper import SweepGate
from workbench.sweeps.evaluate import KeptCurve
from workbench.sweeps.frames import rows_of
from workbench.sweeps.joined import joined, out_of_sample
from workbench.sweeps.plan import Plan
from workbench.sweeps.search import searches
from workbench.sweeps.space import Space
from workbench.sweeps.spec import SweepSpec, WalkForward
from workbench.sweeps.splits import splits_of
from workbench.sweeps.sweeping import SweepEngine
from workbench.sweeps.telling import Telling

SPEC = SweepSpec(space={"fast": [3, 5], "slow": [20]}, walk_forward=WalkForward(splits=3))
CAPITAL = 10_000.0


def swept(candles):
    """Return a walk-forward's rows, as they come over the wire, and its splits."""
    splits = splits_of(len(candles), SPEC.walk_forward)
    found = list(searches(SPEC, Space(SPEC.space), 1, len(splits)))
    told = []
    SweepEngine(
        Plan(SPEC, found, len(candles), splits), Inline(workload(candles)),
        Telling("run", "cross", candles, ["1H"], CAPITAL, lambda: "now"), told.append,
        SweepGate(Gate(), lambda: None), lambda: 0.0,
    ).run()  # fmt: skip
    wire = [msgspec.json.encode(message) for message in told if isinstance(message, Sweep)]
    return rows_of([msgspec.json.decode(one, type=Sweep) for one in wire]), splits


def chained(candles, rows, splits):
    """The account at each close, when each part trades what the one before left."""
    level, found = CAPITAL, []
    for row in rows:
        if row.sample != "out":
            continue
        first, since, end = splits[row.split].outside
        engine = BacktestEngine(
            Cross, {"1H": candles[first:end]}, strategy_params=row.params, seed=1,
            first=since - first,
        )  # fmt: skip
        performance = engine.performance
        kept = performance.curve = KeptCurve(CAPITAL, performance.candles)
        engine.sum_up()
        found.append(kept.equities * level / CAPITAL)
        level = found[-1][-1]
    return pd.Series(
        np.concatenate(found),
        pd.to_datetime(candles.time[splits[0].outside.since :], unit="ms", utc=True),
    )


@pytest.mark.parametrize("count", [400, 500, 617])
def test_it_is_the_account_of_who_traded_all_parts(count):
    candles = walk(count)
    rows, splits = swept(candles)
    whole = chained(candles, rows, splits)
    found = out_of_sample(rows, CAPITAL)
    # Parts begin and end within days, which are whole in the curve.
    days = whole.groupby(whole.index.floor("D")).last()
    assert found.curve.to_numpy() == pytest.approx(days.to_numpy())
    assert found.curve.index.floor("D").tolist() == days.index.tolist()
    returns = np.diff([CAPITAL, *days]) / [CAPITAL, *days[:-1]]
    sharpe = returns.mean() / returns.std(ddof=1) * math.sqrt(365)
    assert found.figures["sharpe_ratio"] == pytest.approx(sharpe)
    peak = np.maximum(whole.cummax(), CAPITAL)
    assert found.figures["max_drawdown"] == pytest.approx(100 * (whole / peak - 1).min())
    assert found.figures["max_drawdown"] < found.figures["worst_drawdown"]
    assert found.figures["total_return"] == pytest.approx(100 * (whole.iloc[-1] / CAPITAL - 1))


def test_rows_in_sample_have_no_curve():
    rows, _ = swept(walk())
    assert {row.sample for row in rows if row.curve} == {"out"}
    assert all(row.curve for row in rows if row.sample == "out")


def part(split, growth, *, low=1.0, high=1.0, fall=0.0, error="", open_=False):
    day = 86_400_000
    curve = SweepCurve(
        [MONDAY + day * (10 * split + place) for place in range(len(growth))], growth,
        max(high, *growth), min(low, *growth), open_, 252.0,
    )  # fmt: skip
    metrics = {"total_return": 100 * (growth[-1] - 1), "max_drawdown": fall, "total_trades": 2.0}
    metrics |= {"winning_trades": 1.0, "losing_trades": 1.0}
    if error:
        return SweepData("run", 0, {}, {}, error, "out", split, "", "")
    return SweepData("run", 0, {"fast": 5}, metrics, "", "out", split, "", "", curve)


def test_a_fall_goes_on_from_part_to_part():
    rows = [part(0, [1.2, 1.1], fall=-10.0), part(1, [0.95, 0.9], fall=-10.0)]
    assert joined(rows).max_drawdown == pytest.approx(1.1 * 0.9 / 1.2 - 1)
    assert joined(rows).growth == pytest.approx([1.2, 1.1, 1.1 * 0.95, 1.1 * 0.9])


def test_a_period_that_goes_on_behind_a_part_is_one():
    rows = [part(0, [1.1, 1.2], open_=True), part(1, [1.5, 1.4])]
    assert joined(rows).growth == pytest.approx([1.1, 1.2 * 1.5, 1.2 * 1.4])
    assert joined(rows[:1]).growth == pytest.approx([1.1, 1.2])
    # The next part that was traded is not the one that goes on with it.
    rows = [rows[0], part(1, [1.0], error="nothing"), part(2, [1.5])]
    assert joined(rows).growth == pytest.approx([1.1, 1.2, 1.8])


def test_a_part_that_failed_leaves_the_account_as_it_was():
    rows = [part(0, [1.1]), part(1, [1.0], error="nothing"), part(2, [1.1])]
    assert joined(rows).last == pytest.approx(1.21)
    assert len(joined(rows).time) == 2


def test_what_is_lost_is_lost():
    rows = [part(0, [1.1, 0.0], fall=-100.0), part(1, [2.0])]
    whole = out_of_sample(rows, CAPITAL)
    assert whole.figures["total_return"] == -100
    assert whole.figures["max_drawdown"] == -100
    assert whole.curve.tolist() == pytest.approx([11_000, 0.0])


def test_without_a_part_nothing_is_made_up():
    curve, figures = out_of_sample([], CAPITAL)
    assert curve.empty
    assert curve.index.tz is not None
    assert math.isnan(figures["sharpe_ratio"])
    assert math.isnan(figures["max_drawdown"])
