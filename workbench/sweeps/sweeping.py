"""A sweep that tells what it comes to while it goes on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal, Protocol

from workbench.errors import StrategyError
from workbench.messages import LogMessage
from workbench.sweeps.known import Known
from workbench.sweeps.plan import Plan
from workbench.sweeps.pool import Batch, Done
from workbench.sweeps.telling import Telling
from workbench.sweeps.workload import Outcome, Task

BATCH_S = 0.25
MOST_IN_BATCH = 64
LOOK_S = 0.1


class Gate(Protocol):
    """Tells whether the sweep may go on; see `workbench.runs.sweeper.SweepGate`."""

    @property
    def paused(self) -> bool:
        """Whether it is to stand still, but for steps."""

    @property
    def stopped(self) -> bool:
        """Whether it is to end."""

    def open(self) -> bool:
        """Tell whether the way is free; a step is used up by it."""

    def wait(self) -> None:
        """Wait until something has changed, or a while."""


class Workers(Protocol):
    """Runs batches; see `workbench.sweeps.pool.Pool`."""

    @property
    def workers(self) -> int:
        """How many batches run at once."""

    @property
    def room(self) -> bool:
        """Whether there is room for a further batch."""

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""

    def submit(self, batch: Batch) -> None:
        """Have a batch run."""

    def wait(self, seconds: float) -> Done:
        """Return what has been done by the time the first batch is, or when time is up."""

    def close(self) -> None:
        """Give up what is under way."""


class SweepEngine:
    """Runs a plan's combinations and emits what they come to.

    First a `status`; a `sweep` message for each combination as it is done; `metrics` when there is
    a better one; `progress` at each percent; at the end `complete`. Which rows there are, and what
    is in them, depends on what was asked for alone; their order, and with it `progress` and
    `metrics`, on who is faster.

    Parameters
    ----------
    plan
        What to run.
    workers
        What runs it; closed at the end.
    telling
        Makes the messages.
    emit
        Called with each message.
    gate
        Whether to go on. While it is closed no combination is begun; those under way are done.
    clock
        Seconds, monotonic: batches are made so long that results flow.
    known
        Rows that are taken over; their combinations are told, and not run.
    """

    def __init__(
        self,
        plan: Plan,
        workers: Workers,
        telling: Telling,
        emit: Callable[[LogMessage], None],
        gate: Gate,
        clock: Callable[[], float],
        known: Known | None = None,
    ) -> None:
        self._plan = plan
        self._workers = workers
        self._telling = telling
        self._emit = emit
        self._gate = gate
        self._clock = clock
        self._ready: deque[Task] = deque()
        self._splits = any(leg.outside is not None for leg in plan.legs)
        self._percent = -1
        self._told = 0
        self._best = plan.best
        self._paused = False
        self._failure = ""
        self._ran = False
        self._begun = clock()
        self._known = known or Known()
        self._over = 0

    def run(self) -> None:
        """Run to the end, or until it is stopped.

        Raises
        ------
        StrategyError
            No combination could be run.
        WorkbenchError
            Another one that no further combination would be without.
        """
        self._emit(self._telling.start(self._plan))
        self._begun = self._clock()
        try:
            while not (self._plan.finished or self._gate.stopped):
                self._begin()
                self._look()
                if self._workers.busy:
                    self._take(self._workers.wait(LOOK_S))
                elif self._paused:
                    self._gate.wait()
                self._take_splits_without_choice()
        finally:
            self._workers.close()
        self._end("stopped" if not self._plan.finished else "complete")

    def _begin(self) -> None:
        """Give out batches while there is room, and the gate is open."""
        while self._workers.room and not self._gate.stopped:
            size = 1 if self._gate.paused else self._batch_size()
            while len(self._ready) < size and (task := self._next()) is not None:
                self._ready.append(task)
            if not self._ready or not self._gate.open():
                return
            count = min(size, len(self._ready))
            self._workers.submit([self._ready.popleft() for _ in range(count)])

    def _next(self) -> Task | None:
        """Return what is to be run next, past what is known already."""
        before = self._over
        while not self._gate.stopped and (task := self._plan.next()) is not None:
            outcome = self._known.outcome(task)
            if outcome is None:
                if not before and self._over:
                    # From here on the rate of the rows says how long it takes.
                    self._emit(self._telling.status("running"))
                    self._begun = self._clock()
                return task
            self._over += 1
            self._take([(task, outcome)])
        return None

    def _batch_size(self) -> int:
        done = self._plan.done - self._over
        if not done:
            return 1
        each = (self._clock() - self._begun) * self._workers.workers / done
        # The last ones are not to wait for each other.
        fair = (self._plan.rows - self._plan.done) // (2 * self._workers.workers)
        return max(1, min(MOST_IN_BATCH, fair, int(BATCH_S / max(each, 1e-9))))

    def _look(self) -> None:
        """Tell whether it stands still."""
        if self._gate.paused != self._paused and not self._gate.stopped:
            self._paused = self._gate.paused
            self._emit(self._telling.status("paused" if self._paused else "running"))

    def _take(self, done: Done) -> None:
        for task, outcome in done:
            self._plan.take(task, outcome)
            self._tell(task, outcome)

    def _take_splits_without_choice(self) -> None:
        for task, outcome in self._plan.without_choice():
            self._tell(task, outcome)

    def _tell(self, task: Task, outcome: Outcome) -> None:
        plan = self._plan
        self._failure = outcome.error or self._failure
        self._ran = self._ran or not outcome.error
        self._emit(self._telling.row(task, outcome, self._splits))
        best = plan.best
        if best is not None and best is not self._best:
            self._best = best
            self._emit(self._telling.metrics(best))
        percent = 100 * plan.done // max(1, plan.rows)
        if percent != self._percent:
            self._percent = percent
            self._tell_progress()

    def _tell_progress(self) -> None:
        plan = self._plan
        self._told = plan.done
        self._emit(self._telling.progress(plan.done, plan.rows, plan.best))

    def _end(self, status: Literal["complete", "stopped"]) -> None:
        plan = self._plan
        if status == "complete" and plan.best is None:
            failed = f"None of the {plan.done:,} combinations could be run: {self._failure}"
            least = plan.spec.min_trades
            none = (
                f"None of the {plan.done:,} combinations can be the best: {plan.spec.metric} is "
                f"not defined for any with {least:,} or more trades (min_trades)"
            )
            msg = none if self._ran else failed
            raise StrategyError(msg, combinations=plan.done)
        if self._told != plan.done:
            self._tell_progress()
        self._emit(self._telling.end(status, plan.done, plan.best))
