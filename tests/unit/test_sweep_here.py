"""A small sweep runs where it is driven, and goes on in processes where it is none after all."""

from __future__ import annotations

from typing import Any

import pytest
from sweeping import workload

from workbench.sweeps.here import FIRST, SECONDS, SMALL, Here, is_small
from workbench.sweeps.pool import Batch, Done
from workbench.sweeps.spec import SweepSpec, WalkForward
from workbench.sweeps.splits import Part
from workbench.sweeps.workload import Task


class Processes:
    workers = 3
    room = busy = True

    def __init__(self) -> None:
        self.submitted: list[Batch] = []
        self.closed = False

    def submit(self, batch: Batch) -> None:
        self.submitted.append(batch)

    def wait(self, seconds: float) -> Done:
        return []

    def close(self) -> None:
        self.closed = True


def task(fast: int) -> Task:
    return Task(0, fast, False, {"fast": fast}, Part(0, 0, 400))


def driven(*steps: float) -> tuple[Here, list[Processes]]:
    """Where batches take so many seconds, the last of them all others, too."""
    left, now, started = list(steps), [0.0, 0.0], []

    def clock() -> float:
        now[1] += 1
        if now[1] % 2 == 0:
            now[0] += left.pop(0) if len(left) > 1 else left[0]
        return now[0]

    def pool() -> Processes:
        started.append(Processes())
        return started[-1]

    return Here(workload(), pool, clock), started


def test_what_is_soon_done_is_done_here() -> None:
    here, started = driven(0.9 * FIRST, 0.9 * SECONDS / SMALL)
    assert (here.workers, here.room, here.busy, here.wait(0.1)) == (1, True, False, [])
    for fast in (3, 5, 13):
        here.submit([task(fast)])
        assert (here.room, here.busy) == (False, True)
        assert here.wait(0.1) == [(task(fast), workload().run(task(fast)))]
    assert not started
    here.submit([task(4)])
    here.close()
    assert not here.busy


@pytest.mark.parametrize("steps", [(1.1 * FIRST,), (0.1, 1.1 * SECONDS / SMALL)])
def test_what_takes_long_goes_on_in_processes(steps: tuple[float, ...]) -> None:
    here, started = driven(*steps)
    for _ in steps:
        assert not started
        here.submit([task(3)])
        assert len(here.wait(0.1)) == 1
    (processes,) = started
    here.submit([task(5)])
    assert processes.submitted == [[task(5)]]
    assert (here.workers, here.room, here.busy) == (3, True, True)
    assert here.wait(0.1) == []
    here.close()
    assert processes.closed


@pytest.mark.parametrize(
    ("asked", "small"),
    [
        ({}, True),
        ({"workers": 1}, False),
        ({"space": {"fast": list(range(SMALL + 1))}}, False),
        ({"space": {"fast": list(range(99))}, "method": "random", "trials": 9}, True),
        ({"walk_forward": WalkForward(splits=10)}, True),
        ({"walk_forward": WalkForward(splits=11)}, False),
    ],
)
def test_what_counts_as_small(asked: dict[str, Any], small: bool) -> None:
    assert is_small(SweepSpec(**{"space": {"fast": [3, 5]}, **asked})) is small
