"""A strategy does the same in every form: as a class, compiled, as signals; cut as you like."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_runs import ANY, SEEDS, Run, runs
from scripted import AsSignals, InNumba, InPython, Record

from workbench.engine.compiling import native

pytest.importorskip("numba")
MOST = settings(deadline=None, suppress_health_check=[HealthCheck.differing_executors])


@pytest.fixture(scope="module", autouse=True)
def machine() -> None:
    """Compile the rules before examples are timed."""
    native()


def record(run: Run, kind: type, stretches: list[int] | None = None, **params: object) -> Record:
    engine = run.engine(kinds=[kind], strategy_params=params, check_lookahead=False)
    return Record(engine, stretches)


def assert_same(one: Record, other: Record) -> None:
    np.testing.assert_array_equal(one.equities, other.equities)
    np.testing.assert_array_equal(np.array(one.rows), np.array(other.rows))
    assert one.performance == other.performance


@settings(MOST, max_examples=60)
@given(runs(ANY), SEEDS, st.floats(0.05, 0.6), st.lists(st.integers(1, 40), max_size=6))
def test_compiled_equals_the_class(run: Run, seed: int, busy: float, cut: list[int]) -> None:
    # Of a long and a short one price is a wrong stop.
    params = {"seed": seed, "busy": busy, "moves": not run.settings.get("hedging", False)}
    assert_same(record(run, InNumba, cut, **params), record(run, InPython, **params))


@settings(MOST, max_examples=60)
@given(runs(ANY), SEEDS, st.floats(0.05, 0.6), st.lists(st.integers(1, 40), max_size=6))
def test_signals_equal_the_class(run: Run, seed: int, busy: float, cut: list[int]) -> None:
    alone = {"max_positions": 1, "hedging": False}
    run = Run(run.seed, run.count, run.spread, False, run.inside, run.settings | alone)
    params = {"seed": seed, "busy": busy, "polite": True, "moves": False}
    assert_same(record(run, AsSignals, cut, **params), record(run, InPython, **params))
