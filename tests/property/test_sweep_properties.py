"""What holds for every sweep: nothing looks ahead, and chance of workers changes nothing."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sweeping import walk, workload

from workbench.sweeps.plan import Plan
from workbench.sweeps.search import searches
from workbench.sweeps.space import Space
from workbench.sweeps.spec import SweepSpec, WalkForward
from workbench.sweeps.splits import LEAST, splits_of

plans = st.builds(
    WalkForward,
    splits=st.integers(1, 8),
    train=st.floats(0.1, 0.95),
    anchored=st.booleans(),
)


def possible(candles, plan):
    outside = int(candles * (1 - plan.train) / (plan.train + plan.splits * (1 - plan.train)))
    return outside >= LEAST and candles - plan.splits * outside >= LEAST


@given(st.integers(20, 100_000), plans)
def test_splits_trade_every_candle_after_the_first_choice_once(candles, plan):
    assume(possible(candles, plan))
    found = splits_of(candles, plan)
    assert len(found) == plan.splits
    for one in found:
        assert one.inside.first == one.inside.since < one.inside.end
        assert one.outside.since == one.inside.end
        assert one.outside.first == one.inside.first
    for one, after in pairwise(found):
        assert one.outside.end == after.outside.since
    assert found[-1].outside.end == candles
    lengths = {one.inside.end - one.inside.first for one in found}
    assert plan.anchored or len(lengths) == 1
    assert found[0].inside.first == 0
    assert not plan.anchored or all(one.inside.first == 0 for one in found)


def ran(spec, load, order):
    """Run a plan, in an order of chance; return its rows, and what each split has chosen."""
    count = len(load.candles["1H"])
    splits = splits_of(count, spec.walk_forward) if spec.walk_forward else []
    found = list(searches(spec, Space(spec.space), 1, max(1, len(splits))))
    plan = Plan(spec, found, count, splits)
    waiting, rows = [], {}
    while not plan.finished:
        while (task := plan.next()) is not None:
            waiting.append(task)
        task = waiting.pop(order.randrange(len(waiting)))
        outcome = load.run(task)
        plan.take(task, outcome)
        rows[task.leg, task.out, task.number] = (task.params, outcome)
    return rows, [leg.best and leg.best.params for leg in plan.legs]


SPACE = {"fast": [3, 5, 8, 13], "slow": [20, 35]}


@settings(max_examples=15)
@given(st.randoms(use_true_random=False), st.integers(0, 10), st.booleans(), st.booleans())
def test_rows_and_choices_do_not_depend_on_the_order_of_completion(order, seed, wide, learns):
    spec = SweepSpec(
        space=SPACE,
        method="bayesian" if learns else "grid",
        trials=6 if learns else None,
        walk_forward=WalkForward(splits=2, train=0.6) if wide else None,
    )
    load = workload(walk(200, seed))
    assert ran(spec, load, order) == ran(spec, load, order)


@settings(max_examples=25)
@given(st.integers(0, 1000), st.integers(1, 3), st.booleans(), st.data())
def test_no_choice_sees_what_comes_after_its_part(seed, splits, anchored, data):
    """All candles after a split's in-sample part are made up anew: its choice stays, and so do
    the figures of everything before."""
    candles = walk(300, seed)
    spec = SweepSpec(
        space=SPACE, walk_forward=WalkForward(splits=splits, train=0.6, anchored=anchored)
    )
    split = data.draw(st.integers(0, splits - 1))
    cut = splits_of(len(candles), spec.walk_forward)[split].inside.end
    other = walk(300, seed + 1)
    change = {
        name: np.concatenate([getattr(candles, name)[:cut], 2 * getattr(other, name)[cut:]])
        for name in ("open", "high", "low", "close", "volume")
    }
    rows, chosen = ran(spec, workload(candles), random.Random(seed))
    others, again = ran(spec, workload(candles.replace(**change)), random.Random(seed))
    assert chosen[: split + 1] == again[: split + 1]
    for key, row in rows.items():
        leg, out, _ = key
        if leg < split or (leg == split and not out):
            assert others[key] == row
