"""Settings of the account, tried like parameters."""

from __future__ import annotations

import msgspec
import pytest
from sweeping import Cross, Inline, walk, workload

from workbench.client.sweep_values import parted
from workbench.engine.settings import Settings
from workbench.runs import sweeper
from workbench.runs.gate import Gate
from workbench.runs.spec import RunSpec
from workbench.sweeps.evaluate import evaluate
from workbench.sweeps.parcel import Parcel
from workbench.sweeps.plan import Best
from workbench.sweeps.spec import SweepSpec
from workbench.sweeps.splits import Part
from workbench.sweeps.telling import Telling
from workbench.sweeps.workload import Task

CANDLES = walk()
PART = Part(0, 0, len(CANDLES))


def figures(account, **params):
    settings = msgspec.structs.replace(Settings(), **account)
    return evaluate(Cross, {"1H": CANDLES}, params, settings, seed=1)


def test_each_combination_has_its_own_settings():
    load = workload(CANDLES)
    tried = [
        {"commission": 0.0}, {"commission": 0.001}, {"leverage": 2}, {"spread": 0.05},
        {"spread": 0.5}, {"spread": 0.05, "convention": "nautilus"}, {"convention": "vectorbt"},
        {"initial_capital": 500.0}, {"max_positions": 3}, {},
    ]  # fmt: skip
    # Twice: what is kept of one must not serve another.
    found = [
        load.run(Task(0, number, False, {"fast": 5, **account}, PART))
        for number, account in enumerate(tried * 2)
    ]
    assert [one.error for one in found] == [""] * len(found)
    for one, account in zip(found, tried * 2, strict=True):
        assert one.metrics == figures(account, fast=5)
    # The position is not larger for its being allowed to be.
    returns = [one.metrics["total_return"] for one in found[:5]]
    assert len(set(returns)) == 4


def test_settings_that_do_not_go_together_are_a_row_with_the_reason():
    params = {"leverage": 10.0, "maintenance_margin": 0.2}
    outcome = workload(CANDLES).run(Task(0, 0, False, params, PART))
    assert "would liquidate at the entry" in outcome.error
    assert outcome.metrics == {}


def test_a_constraint_sees_them():
    asked = SweepSpec(space={"fast": [3, 5], "leverage": [1, 2, 5]})
    spec = RunSpec(
        symbol="X", timeframes=["1H"], start_date="", end_date="", strategy_ids=["cross"],
        sweep=asked,
    )  # fmt: skip
    told = []
    parcel = Parcel([Cross], lambda fast, leverage: fast * leverage <= 10)
    load = workload(CANDLES)
    sweeper.engine(
        "run", spec, load, parcel, lambda: Inline(load), told.append,
        sweeper.SweepGate(Gate(), lambda: None),
    ).run()  # fmt: skip
    rows = [message.data.params for message in told if message.type == "sweep"]
    assert sorted((row["fast"], row["leverage"]) for row in rows) == [
        (3, 1), (3, 2), (5, 1), (5, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("capital", [10_000.0, 500.0])
def test_the_account_of_the_best_is_its_own(capital):
    telling = Telling("run", "cross", CANDLES, ["1H"], 10_000.0)
    metrics = figures({"initial_capital": capital}, fast=5)
    params = {"fast": 5} if capital == 10_000 else {"fast": 5, "initial_capital": capital}
    final = telling.end("complete", 1, Best(0, params, 1.0, metrics))
    assert final.extra.final_equity == capital * (1 + metrics["total_return"] / 100)


def test_lists_of_settings_are_values_to_try():
    options = {"fast": [3, 5], "slow": 20, "leverage": [1, 2], "commission": 0.001, "tags": ["a"]}
    space, given = parted(options, "grid", 100)
    assert space == {"fast": [3, 5], "leverage": [1, 2]}
    assert given == {"commission": 0.001, "tags": ["a"], "strategy_params": {"slow": 20}}
