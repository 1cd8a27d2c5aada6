"""Rows of an earlier sweep are taken over: told again, and not run again."""

from __future__ import annotations

import pytest
from msgspec import structs
from sweeping import Inline, walk, workload

from workbench.errors import NotFound
from workbench.messages import Progress, Status, Sweep
from workbench.runs.gate import Gate
from workbench.runs.resuming import rows_before
from workbench.runs.sweeper import SweepGate
from workbench.sweeps.known import Known
from workbench.sweeps.plan import Plan
from workbench.sweeps.search import searches
from workbench.sweeps.space import Space
from workbench.sweeps.spec import SweepSpec, WalkForward
from workbench.sweeps.splits import splits_of
from workbench.sweeps.sweeping import SweepEngine
from workbench.sweeps.telling import Telling

SPACE = {"fast": list(range(3, 13)), "slow": [20, 40]}
KINDS = {
    "grid": SweepSpec(space=SPACE),
    "random": SweepSpec(space=SPACE, method="random", trials=12),
    "bayesian": SweepSpec(space=SPACE, method="bayesian", trials=18),
    "walk forward": SweepSpec(space=SPACE, walk_forward=WalkForward(splits=2)),
}


def swept(spec, known=None):
    """Run a sweep in this process; return its messages and which combinations were run."""
    candles = walk()
    plan = spec.walk_forward
    splits = [] if plan is None else splits_of(len(candles), plan)
    found = list(searches(spec, Space(spec.space), 1, max(1, len(splits))))
    workers = Inline(workload(candles))
    told = []
    SweepEngine(
        Plan(spec, found, len(candles), splits), workers,
        Telling("run", "cross", candles, ["1H"], 10_000.0, lambda: "now"), told.append,
        SweepGate(Gate(), lambda: None), lambda: 0.0, known,
    ).run()  # fmt: skip
    return told, workers.tasks


def rows_in(messages):
    return [message.data for message in messages if isinstance(message, Sweep)]


def content(rows):
    return sorted(map(repr, rows))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_the_rest_is_run_and_all_is_as_if_nothing_had_happened(kind, share):
    if kind == "bayesian":
        pytest.importorskip("optuna")
    whole = rows_in(swept(KINDS[kind])[0])
    # Batches under way were lost, so the rows that are there have holes.
    kept = [row for place, row in enumerate(whole) if place % 7 < 7 * share and place % 5 < 5]
    told, tasks = swept(KINDS[kind], Known(reversed(kept)))
    assert content(rows_in(told)) == content(whole)
    assert len(tasks) == len(whole) - len(kept)


def test_readers_are_told_where_the_new_rows_begin():
    whole = rows_in(swept(KINDS["grid"])[0])
    spec = structs.replace(KINDS["grid"], resumed_from="earlier")
    told, _ = swept(spec, Known(whole[:7]))
    begun = [place for place, one in enumerate(told) if isinstance(one, Status)]
    assert told[0].data.sweep.resumed_from == "earlier"
    assert len(rows_in(told[: begun[1]])) == 7
    assert [one.extra.bar for one in told if isinstance(one, Progress)][-1] == len(whole)


def test_a_row_that_its_worker_lost_is_run_again():
    whole = rows_in(swept(KINDS["grid"])[0])
    lost = structs.replace(whole[0], metrics={}, error="The worker was lost: OSError: gone")
    failed = structs.replace(whole[1], metrics={}, error="ValueError: its own fault")
    told, tasks = swept(KINDS["grid"], Known([lost, failed, *whole[2:]]))
    assert [task.number for task in tasks] == [lost.number]
    rows = {row.number: row for row in rows_in(told)}
    assert (rows[lost.number].error, rows[failed.number].error) == ("", failed.error)


def test_a_row_of_other_parameters_is_not_taken_for_one_of_the_same_number():
    whole = rows_in(swept(KINDS["grid"])[0])
    other = structs.replace(whole[3], params={"fast": 3, "slow": 21}, metrics={})
    told, tasks = swept(KINDS["grid"], Known([other]))
    assert content(rows_in(told)) == content(whole)
    assert len(tasks) == len(whole)


def test_what_an_earlier_one_took_over_itself_counts_too():
    whole = rows_in(swept(KINDS["grid"])[0])
    rows = {"third": whole[:1], "second": [], "first": whole[:4]}
    before = {"third": "second", "second": "first", "first": "deleted"}

    def find(run_id):
        if run_id not in rows:
            raise NotFound("gone")
        return rows[run_id]

    assert rows_before("third", find, before.get) == [*whole[:4], *whole[:1]]
