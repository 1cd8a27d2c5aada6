"""Small sweeps, run in the process they are driven in: starting others would take longer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.sweeps.pool import Batch, Done
from workbench.sweeps.spec import DEFAULT_TRIALS, SweepSpec

if TYPE_CHECKING:
    from workbench.sweeps.sweeping import Workers
    from workbench.sweeps.workload import Workload

SMALL = 32
"""Rows of a sweep that may be done before other processes are up."""
SECONDS = 2.0
"""What that many rows may take here, at the pace so far; more are given to processes."""
FIRST = 3.0
"""What the first batch may take: it imports what indicators are made with, which is no pace."""


def is_small(spec: SweepSpec) -> bool:
    """Tell whether a sweep may be done soonest where it is driven.

    Not if `workers` says how many processes are wanted.
    """
    splits = 1 if spec.walk_forward is None else spec.walk_forward.splits
    size = spec.size if spec.method == "grid" else min(spec.size, spec.trials or DEFAULT_TRIALS)
    return spec.workers is None and splits * (size + (spec.walk_forward is not None)) <= SMALL


class Here:
    """Runs batches in this thread for as long as that is the fastest, then in processes.

    Parameters
    ----------
    workload
        What is run.
    pool
        Starts the processes.
    clock
        Seconds, monotonic.
    """

    def __init__(
        self, workload: Workload, pool: Callable[[], Workers], clock: Callable[[], float]
    ) -> None:
        self._workload, self._start, self._clock = workload, pool, clock
        self._waiting: deque[Batch] = deque()
        self._pool: Workers | None = None
        self._spent = 0.0
        self._done = 0
        self._begun = False

    @property
    def workers(self) -> int:
        """How many batches run at once."""
        return 1 if self._pool is None else self._pool.workers

    @property
    def room(self) -> bool:
        """Whether there is room for a further batch: here, for one."""
        return not self._waiting if self._pool is None else self._pool.room

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._waiting) or (self._pool is not None and self._pool.busy)

    def submit(self, batch: Batch) -> None:
        """Have a batch run."""
        if self._pool is None:
            self._waiting.append(batch)
        else:
            self._pool.submit(batch)

    def wait(self, seconds: float) -> Done:
        """Run the batch that waits; or return what the processes have done meanwhile."""
        if self._pool is not None:
            return self._pool.wait(seconds)
        if not self._waiting:
            return []
        begun = self._clock()
        done = [(task, self._workload.run(task)) for task in self._waiting.popleft()]
        taken = self._clock() - begun
        if not self._begun:
            self._begun, slow = True, taken > FIRST
        else:
            self._spent += taken
            self._done += len(done)
            slow = self._spent / self._done * SMALL > SECONDS
        if slow:
            self._pool = self._start()
        return done

    def close(self) -> None:
        """Give up what is under way."""
        self._waiting.clear()
        if self._pool is not None:
            self._pool.close()
