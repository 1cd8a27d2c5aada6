"""The combinations that are tried, and that chance repeats."""

from __future__ import annotations

from itertools import islice

import optuna
import pytest

from workbench.errors import InvalidRequest
from workbench.sweeps.bayesian import LAG, Bayesian
from workbench.sweeps.search import searches
from workbench.sweeps.space import Space
from workbench.sweeps.spec import SweepSpec

VALUES = {"fast": [3, 1, 2], "slow": [10, 20], "mode": ["a", "b"]}


def ordered(params):
    return params["fast"] * 10 <= params["slow"]


def keys(combinations):
    return [tuple(params.values()) for params in combinations]


def test_a_grid_has_all_combinations_in_the_order_of_their_values():
    space = Space(VALUES)
    assert space.size == 12
    found = list(space)
    assert found[0] == {"fast": 3, "slow": 10, "mode": "a"}
    assert found[1] == {"fast": 3, "slow": 10, "mode": "b"}
    assert len(set(keys(found))) == 12
    assert [space.at(index) for index in range(12)] == found


def test_a_constraint_sees_the_parameters_that_are_not_tried():
    space = Space({"fast": [1, 2, 3]}, {"slow": 20}, ordered)
    assert list(space) == [{"fast": 1}, {"fast": 2}]


def test_draws_repeat_with_the_seed_and_never_bring_one_twice():
    space = Space(VALUES, None, ordered)
    once, again = list(space.drawn(4)), list(space.drawn(4))
    assert once == again
    assert sorted(keys(once)) == sorted(keys(space))
    assert once != list(space.drawn(5))


def test_a_huge_space_is_drawn_from_without_listing_it():
    space = Space({f"p{n}": list(range(1000)) for n in range(6)})
    found = list(islice(space.drawn(1), 50))
    assert len(set(keys(found))) == 50
    assert found == list(islice(space.drawn(1), 50))


def test_draws_from_a_huge_space_end_where_nothing_new_comes():
    space = Space({"a": list(range(1001)), "b": list(range(1000))}, None, lambda p: False)
    assert next(iter(islice(space.drawn(1), 1)), None) is None


def test_random_takes_as_many_as_asked_for_and_no_more_than_there_are():
    spec = SweepSpec(space=VALUES, method="random", trials=5)
    (search,) = searches(spec, Space(VALUES), 3, 1)
    assert search.total == 5
    (search,) = searches(SweepSpec(space=VALUES, method="random"), Space(VALUES), 3, 1)
    assert search.total == 12


def test_a_constraint_that_allows_nothing_is_refused():
    with pytest.raises(InvalidRequest, match="allows none of the 12"):
        list(searches(SweepSpec(space=VALUES), Space(VALUES, None, lambda p: False), None, 1))


def hill(params):
    return -abs(params["x"] - 170) - 10 * (params["kind"] != "b")


def climbed(delays, seed=1, trials=60, places=400, allowed=lambda params: True):
    """Search for the top; results come in the order that `delays` makes."""
    space = Space({"x": list(range(places)), "kind": ["a", "b"]}, None, allowed)
    search = Bayesian(space, trials, seed, True, 1)
    waiting, asked = [], []
    while not (search.exhausted and not waiting):
        while (found := search.ask()) is not None:
            asked.append(found)
            waiting.append(found)
        assert len(waiting) <= LAG
        done = waiting.pop(delays(len(waiting)))
        search.tell(done.number, hill(done.params))
    return asked


def test_bayesian_choices_do_not_depend_on_who_is_faster():
    first = climbed(lambda waiting: 0)
    assert first == climbed(lambda waiting: waiting - 1)
    assert first != climbed(lambda waiting: 0, seed=2)
    assert [one.number for one in first] == list(range(60))


def test_bayesian_learns_and_repeats_nothing():
    asked = climbed(lambda waiting: 0)
    assert len(set(keys(one.params for one in asked))) == 60
    late = [one.params["x"] for one in asked[30:]]
    # Chance alone would bring a fifth of them so near to the top.
    assert sum(abs(x - 170) <= 40 for x in late) >= 0.4 * len(late)


def test_bayesian_keeps_to_the_constraint_and_finds_all_there_is():
    asked = climbed(lambda waiting: 0, trials=20, places=40, allowed=lambda p: p["x"] < 10)
    assert sorted(keys(one.params for one in asked)) == [
        (x, kind) for x in range(10) for kind in ("a", "b")
    ]


def test_bayesian_goes_on_after_failures():
    space = Space({"x": list(range(30))})
    search = Bayesian(space, 10, 1, False, 1)
    for number in range(10):
        found = search.ask()
        assert found is not None
        assert found.number == number
        search.tell(number, None if number % 2 else float(found.params["x"]))
    assert search.exhausted


def test_optunas_own_logging_is_left_as_it_was():
    level = optuna.logging.get_verbosity()
    Bayesian(Space({"x": [1, 2]}), 2, 1, True, 1)
    assert optuna.logging.get_verbosity() == level


def lengths_of(space):
    """What readers make of the lengths: whether each combination is excluded."""
    flags = []
    for turn, length in enumerate(space.excluded()):
        flags += [turn % 2 == 1] * length
    return flags


@pytest.mark.parametrize(
    "allowed",
    [
        lambda params: params["fast"] < params["slow"],
        lambda params: params["fast"] > 5,
        lambda params: params["fast"] == 3,
        lambda params: False,
    ],
)
def test_readers_are_told_what_the_constraint_excludes(allowed):
    space = Space({"fast": [9, 3, 5], "slow": [4, 8]}, {}, allowed)
    assert lengths_of(space) == [not allowed(space.at(index)) for index in range(space.size)]


def test_readers_are_told_nothing_where_nothing_is_excluded_or_it_would_be_long():
    values = {"fast": list(range(300)), "slow": list(range(300))}
    assert Space(values).excluded() is None
    assert Space(values, {}, lambda params: True).excluded() is None
    chess = Space(values, {}, lambda params: (params["fast"] + params["slow"]) % 2)
    assert chess.excluded() is None
    large = {"fast": list(range(1_000)), "slow": list(range(1_000))}
    assert Space(large, {}, lambda params: params["fast"] < 5).excluded() is None
