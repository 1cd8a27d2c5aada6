"""Batches in executors: those that forget, break, and die."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import pytest
from sweeping import begin, workload

from workbench.errors import WorkerLost
from workbench.sweeps.parcel import packed_workload
from workbench.sweeps.pool import AHEAD, MOST_INTERRUPTS, Pool
from workbench.sweeps.processes import LOST, LocalPool, cores
from workbench.sweeps.splits import Part
from workbench.sweeps.workload import Task, run_batch

PART = Part(0, 0, 400)


def task(number, **params):
    return Task(0, number, False, params, PART)


def all_of(pool, batches):
    """Have batches run as there is room; return the outcomes by number."""
    waiting = list(batches)
    done = {}
    while waiting or pool.busy:
        while waiting and pool.room:
            pool.submit(waiting.pop(0))
        done |= {task.number: outcome for task, outcome in pool.wait(5.0)}
    return done


def test_threads_bring_what_a_plain_loop_does():
    tasks = [task(n, fast=fast) for n, fast in enumerate((3, 5, 8, 13, 21))]
    with ThreadPoolExecutor(2) as executor:
        pool = Pool(executor, "threads", packed_workload(workload()), 2)
        found = all_of(pool, [tasks[:2], tasks[2:]])
    expected = {one.number: workload().run(one) for one in tasks}
    assert {n: outcome.metrics for n, outcome in found.items()} == {
        n: outcome.metrics for n, outcome in expected.items()
    }
    assert "thirteen" in found[3].error


class Recording(Executor):
    """Runs at once and remembers how it was asked; `answers` may stand in for what comes back."""

    def __init__(self, answers=()):
        self.asked = []
        self.answers = list(answers)

    def submit(self, function, /, *args, **kwargs):
        assert function is run_batch
        _, tasks, packed = args
        self.asked.append((len(tasks), packed is not None))
        future = Future()
        answer = self.answers.pop(0) if self.answers else "run"
        if isinstance(answer, BaseException):
            future.set_exception(answer)
        elif answer == "run":
            future.set_result(run_batch(*args))
        else:
            future.set_result(answer)
        return future


def test_the_workload_is_sent_once_a_worker_and_again_where_it_is_missing():
    executor = Recording(["run", "run", "run", None])
    pool = Pool(executor, "sent", packed_workload(workload()), 2)
    found = all_of(pool, [[task(n, fast=5)] for n in range(4)])
    assert sorted(found) == [0, 1, 2, 3]
    assert executor.asked == [(1, True), (1, True), (1, False), (1, False), (1, True)]


def test_a_worker_that_is_lost_fails_its_batch_alone():
    executor = Recording(["run", RuntimeError("gone")])
    pool = Pool(executor, "lost", packed_workload(workload()), 2)
    found = all_of(pool, [[task(0, fast=5)], [task(1, fast=5), task(2, fast=8)], [task(3, fast=8)]])
    assert [bool(found[n].error) for n in range(4)] == [False, True, True, False]
    assert "RuntimeError: gone" in found[1].error


def test_ctrl_c_in_a_worker_costs_no_batch():
    executor = Recording([KeyboardInterrupt(), "run", KeyboardInterrupt()])
    pool = Pool(executor, "interrupted", packed_workload(workload()), 1)
    found = all_of(pool, [[task(0, fast=5)], [task(1, fast=8), task(2, fast=3)]])
    assert [outcome.error for outcome in found.values()] == ["", "", ""]
    assert executor.answers == []


def test_a_worker_that_is_interrupted_for_ever_is_lost():
    executor = Recording([KeyboardInterrupt()] * (MOST_INTERRUPTS + 1))
    pool = Pool(executor, "interrupted for ever", packed_workload(workload()), 1)
    found = all_of(pool, [[task(0, fast=5)]])
    assert found[0].error.startswith("The worker was lost: KeyboardInterrupt")
    assert all_of(pool, [[task(1, fast=8)]])[1].error == ""


def test_an_exit_of_a_worker_does_not_end_who_waits_for_it():
    pool = Pool(Recording([SystemExit(3)]), "left", packed_workload(workload()), 1)
    found = all_of(pool, [[task(0, fast=5)]])
    assert found[0].error == "The worker was lost: SystemExit: 3"


def test_an_executor_that_takes_no_more_ends_the_sweep():
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    pool = Pool(executor, "over", packed_workload(workload()), 1)
    with pytest.raises(WorkerLost, match="cannot schedule new futures"):
        pool.submit([task(0, fast=5)])


def test_room_is_for_a_batch_ahead_of_each_worker():
    executor = ThreadPoolExecutor(1)
    held = multiprocessing.get_context("spawn").Event()
    try:
        executor.submit(held.wait)
        pool = Pool(executor, "room", packed_workload(workload()), 3)
        for number in range(AHEAD * 3):
            assert pool.room
            pool.submit([task(number, fast=5)])
        assert not pool.room
        assert pool.wait(0.01) == []
        pool.close()
        assert not pool.busy
    finally:
        held.set()
        executor.shutdown()


def test_a_strategy_goes_to_other_machines_by_value():
    import cloudpickle

    packed = packed_workload(workload())
    # The module is left as it was: only this pickle holds the class itself.
    assert b"thirteen" in packed
    assert b"thirteen" not in cloudpickle.dumps(workload())


def test_processes_go_on_when_one_dies_and_only_its_combination_fails():
    """One pool for it all, as every process takes a second to start: `close` ends one at work."""
    pool = LocalPool("local", 1, begin, ("local",))
    try:
        batches = [
            [task(0, fast=5), task(1, fast=99), task(2, fast=8)],
            [task(3, fast=13)],
            [task(4, fast=3)],
        ]
        found = all_of(pool, batches)
        pool.submit([task(n, fast=5) for n in range(5_000)])
        assert pool.wait(0.05) == []
    finally:
        pool.close()
    assert not pool.busy
    assert multiprocessing.active_children() == []
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert found[1].error == LOST
    assert "thirteen" in found[3].error
    for number, fast in ((0, 5), (2, 8), (4, 3)):
        assert found[number] == workload().run(task(number, fast=fast))


def test_processes_without_the_workload_end_the_sweep():
    pool = Pool(Recording([None]), "elsewhere", None, 1)
    pool.submit([task(0, fast=5)])
    with pytest.raises(WorkerLost, match="not loaded"):
        pool.wait(5.0)


def test_there_is_a_core_at_least():
    assert cores() >= 1
