"""A strategy does the same in every form: as a class, compiled, as signals; cut as you like."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_runs import ANY, SEEDS, Run, runs
from scripted import AsSignals, InNumba, InPython, Record

from workbench.engine import compiled_driver, next_decider

pytestmark = pytest.mark.timeout(400)  # the first of them may have to compile the rules


def record(run: Run, kind: type, stretches: list[int] | None = None, **params: object) -> Record:
    engine = run.engine(kinds=[kind], strategy_params=params, check_lookahead=False)
    return Record(engine, stretches)


def assert_same(one: Record, other: Record) -> None:
    np.testing.assert_array_equal(one.equities, other.equities)
    np.testing.assert_array_equal(np.array(one.rows), np.array(other.rows))
    assert one.performance == other.performance


@settings(max_examples=60)
@given(runs(ANY), SEEDS, st.floats(0.05, 0.6), st.lists(st.integers(1, 40), max_size=6))
def test_compiled_equals_the_class(run: Run, seed: int, busy: float, cut: list[int]) -> None:
    # Of a long and a short one price is a wrong stop.
    params = {"seed": seed, "busy": busy, "moves": not run.settings.get("hedging", False)}
    assert_same(record(run, InNumba, cut, **params), record(run, InPython, **params))


@settings(max_examples=60)
@given(runs(ANY), SEEDS, st.floats(0.05, 0.6), st.lists(st.integers(1, 40), max_size=6))
def test_signals_equal_the_class(run: Run, seed: int, busy: float, cut: list[int]) -> None:
    alone = {"max_positions": 1, "hedging": False}
    run = Run(run.seed, run.count, run.spread, False, run.inside, run.settings | alone)
    params = {"seed": seed, "busy": busy, "polite": True, "moves": False}
    assert_same(record(run, AsSignals, cut, **params), record(run, InPython, **params))


@settings(max_examples=15)
@given(runs(ANY, 60), SEEDS, st.floats(0.05, 0.6), st.booleans())
def test_so_they_do_without_numba(run: Run, seed: int, busy: float, polite: bool) -> None:
    alone = {"max_positions": 1, "hedging": False}
    run = Run(run.seed, run.count, run.spread, False, run.inside, run.settings | alone)
    params = {"seed": seed, "busy": busy, "polite": polite, "moves": not polite}
    expected = record(run, InPython, **params)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled_driver, "native", lambda: None)
        patch.setattr(next_decider, "native", lambda: None)
        assert_same(record(run, InNumba, **params), expected)
        if polite:
            assert_same(record(run, AsSignals, **params), expected)


@settings(max_examples=30)
@given(runs(ANY), SEEDS, st.floats(0, 1), st.booleans())
def test_saved_in_the_middle_they_go_on_as_if_they_had_not_been(
    run: Run, seed: int, part: float, given_signals: bool
) -> None:
    kind = AsSignals if given_signals else InNumba
    alone = {"max_positions": 1, "hedging": False}
    run = Run(run.seed, run.count, run.spread, False, run.inside, run.settings | alone)
    options = {"strategy_params": {"seed": seed}, "check_lookahead": False}
    whole = Record(run.engine(kinds=[kind], **options))
    first, second = (run.engine(kinds=[kind], **options) for _ in range(2))
    at = int(part * first.bars)
    first.advance(at)
    saved = first.save()
    second.advance(second.bars // 2)  # `load` forgets what it had done
    second.load(saved)
    rest = Record(second)
    np.testing.assert_array_equal(rest.equities, whole.equities[at:])
    before = len(whole.rows) - len(rest.rows)
    np.testing.assert_array_equal(np.array(rest.rows), np.array(whole.rows[before:]))
    assert rest.performance == whole.performance
