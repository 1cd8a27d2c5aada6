"""What can be asked of a sweep, and what is refused with a reason."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sweeping import Cross

from workbench.errors import InsufficientData, InvalidRequest, StrategyError, UnknownParameter
from workbench.sweeps.constraint import allowing
from workbench.sweeps.spec import SweepSpec, WalkForward, check, listed, walk_forward_of
from workbench.sweeps.splits import Part, splits_of


def spec(**fields):
    return SweepSpec(**{"space": {"fast": [5, 7], "slow": [20, 30]}, **fields})


def test_a_plain_grid_maximizes_the_sharpe_ratio():
    check(spec(), Cross)
    check(spec(maximize="sortino_ratio"), Cross)
    assert (spec().metric, spec().maximizes, spec().size) == ("sharpe_ratio", True, 4)
    assert (spec(minimize="total_commissions").maximizes) is False


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({"space": {}}, "sweep.space", "at least one parameter"),
        ({"space": {"fast": []}}, "sweep.space.fast", "at least one value"),
        ({"space": {"fast": [5, 7, 5]}}, "sweep.space.fast", "5 is there again"),
        ({"space": {"scale": [1, 1.0]}}, "sweep.space.scale", "is there again"),
        ({"space": {"scale": [0.5, math.nan]}}, "sweep.space.scale", "finite"),
        ({"maximize": "sharpe_ratio", "minimize": "total_return"}, "sweep.maximize", "either"),
        ({"maximize": "sharp_ratio"}, "sweep.maximize", "did you mean 'sharpe_ratio'"),
        ({"minimize": "happiness"}, "sweep.minimize", "one of total_trades,.* sortino_ratio"),
        ({"minimize": "max_drawdown"}, "sweep.minimize", "maximize max_drawdown"),
        ({"trials": 10}, "sweep.trials", "a grid tries all"),
        ({"method": "random", "trials": 0}, "sweep.trials", "1 to"),
        ({"min_trades": -1}, "sweep.min_trades", "0 to"),
        ({"limit": 3}, "sweep.space", "2 x 2 = 4 combinations, over 3.*random.*limit="),
        ({"workers": 0}, "sweep.workers", "1 to"),
        ({"walk_forward": WalkForward(splits=0)}, "sweep.walk_forward.splits", "1 to"),
        ({"walk_forward": WalkForward(train=1.0)}, "sweep.walk_forward.train", "below 1"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(fields, field, text):
    with pytest.raises(InvalidRequest, match=text) as refused:
        check(spec(**fields), Cross)
    assert refused.value.details["field"] == field


@pytest.mark.parametrize(
    ("space", "text"),
    [
        ({"fats": [5]}, "no parameter 'fats'.*Did you mean 'fast'"),
        ({"fast": [5, 5.5]}, "'fast' of Cross is int.*5.5"),
        ({"fast": [True]}, "'fast' of Cross is int"),
        ({"mode": [1]}, "'mode' of Cross is str"),
    ],
)
def test_values_fit_the_strategys_parameters(space, text):
    with pytest.raises(UnknownParameter, match=text):
        check(spec(space=space), Cross)
    check(spec(space=space), None)


def test_a_grid_over_the_usual_limit_is_refused_unless_asked_for():
    space = {"fast": list(range(1, 401)), "slow": list(range(1, 301))}
    with pytest.raises(InvalidRequest, match="120,000 combinations, over 100,000"):
        check(spec(space=space), Cross)
    check(spec(space=space, limit=120_000), Cross)
    check(spec(space=space, method="random", trials=50), Cross)


def test_numbers_of_numpy_become_plain_ones():
    assert listed("x", np.arange(3), 3) == [0, 1, 2]
    assert [type(value) for value in listed("x", np.linspace(0, 1, 2), 9)] == [float, float]
    assert listed("x", (name for name in ("a", "b")), 9) == ["a", "b"]
    with pytest.raises(InvalidRequest, match="value of x is None"):
        listed("x", [None], 9)


def test_a_constraint_takes_names_or_one_dict():
    names = ["fast", "slow", "scale"]
    params = {"fast": 5, "slow": 20, "scale": 1.0}
    assert allowing(lambda fast, slow: fast < slow, names)(params)
    assert not allowing(lambda slow: slow > 50, names)(params)
    assert allowing(lambda p: p["fast"] * 4 == p["slow"], names)(params)
    assert allowing(lambda **all: len(all) == 3, names)(params)
    assert allowing(None, names)(params)
    with pytest.raises(InvalidRequest, match="fast, slow, scale"):
        allowing(lambda fast, medium: True, names)
    with pytest.raises(InvalidRequest, match="constraint is 5"):
        allowing(5, names)
    with pytest.raises(StrategyError, match=r"raised for fast=5.*ZeroDivisionError"):
        allowing(lambda fast: fast / 0, names)(params)


def test_walk_forward_is_given_as_a_struct_or_by_name():
    assert walk_forward_of({"splits": 3, "train": 0.5}) == WalkForward(splits=3, train=0.5)
    assert walk_forward_of(WalkForward(anchored=True)).anchored
    for wrong in ({"split": 3}, {"splits": "three"}, 5):
        with pytest.raises(InvalidRequest, match=r"walk_forward is.*takes splits, train, anchored"):
            walk_forward_of(wrong)


def test_splits_lie_as_documented():
    found = splits_of(1000, WalkForward(splits=3, train=0.7))
    # o = floor(1000 * 0.3 / (0.7 + 0.9)) = 187, the in-sample part has 1000 - 3 * 187 = 439
    assert [one.inside for one in found] == [
        Part(0, 0, 439), Part(187, 187, 626), Part(374, 374, 813),
    ]  # fmt: skip
    assert [one.outside for one in found] == [
        Part(0, 439, 626), Part(187, 626, 813), Part(374, 813, 1000),
    ]  # fmt: skip
    anchored = splits_of(1000, WalkForward(splits=3, train=0.7, anchored=True))
    assert [one.inside for one in anchored] == [Part(0, 0, end) for end in (439, 626, 813)]
    assert [one.outside[1:] for one in anchored] == [one.outside[1:] for one in found]


def test_too_few_candles_for_the_splits_are_refused():
    with pytest.raises(InsufficientData, match="60 candles in 10 splits"):
        splits_of(60, WalkForward(splits=10))
