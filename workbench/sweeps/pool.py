"""Batches of combinations, run by whatever executor there is."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent import futures
from typing import Any

from workbench.errors import WorkerLost
from workbench.sweeps.workload import LOST, Outcome, Task, run_batch, shortened

AHEAD = 2
"""Batches a worker has at once, so that it never waits for the next."""

Batch = Sequence[Task]
Done = list[tuple[Task, Outcome]]


class Pool:
    """Runs batches in an executor of the user's.

    Parameters
    ----------
    executor
        Any `concurrent.futures.Executor`; its workers have this package.
    key
        Of the sweep.
    packed
        The pickled workload; sent along until every worker can be thought to have it, and again
        to those that say they do not.
    workers
        How many there are.
    """

    def __init__(
        self, executor: futures.Executor, key: str, packed: bytes | None, workers: int
    ) -> None:
        self.workers = workers
        self._executor = executor
        self._key = key
        self._packed = packed
        self._sent = 0
        self._running: dict[futures.Future[Any], Batch] = {}

    @property
    def room(self) -> bool:
        """Whether a further batch would keep a worker from idling."""
        return len(self._running) < AHEAD * self.workers

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._running)

    def submit(self, batch: Batch) -> None:
        """Have a batch run.

        Raises
        ------
        WorkerLost
            The executor takes nothing more.
        """
        first = self._sent < self.workers
        self._sent += 1
        self._send(batch, self._packed if first else None)

    def wait(self, seconds: float) -> Done:
        """Return what has been done by the time the first batch is, or when time is up."""
        done: Done = []
        finished, _ = futures.wait(self._running, seconds, futures.FIRST_COMPLETED)
        for future in finished:
            done += self._taken(future, self._running.pop(future))
        return done

    def close(self) -> None:
        """Give up what is under way."""
        for future in self._running:
            future.cancel()
        self._running.clear()

    def _send(self, batch: Batch, packed: bytes | None) -> None:
        try:
            future = self._submitted(batch, packed)
        except Exception as error:
            msg = f"The executor takes no more work: {type(error).__name__}: {error}"
            raise WorkerLost(msg) from error
        self._running[future] = batch

    def _submitted(self, batch: Batch, packed: bytes | None) -> futures.Future[Any]:
        return self._executor.submit(run_batch, self._key, list(batch), packed)

    def _taken(self, future: futures.Future[Any], batch: Batch) -> Done:
        try:
            outcomes = future.result()
        except (Exception, futures.CancelledError) as error:
            return self._lost(batch, error)
        if outcomes is None and self._packed is None:
            msg = "A process of the sweep has not loaded the strategy and the candles"
            raise WorkerLost(msg)
        if outcomes is None:
            self._send(batch, self._packed)
            return []
        return list(zip(batch, outcomes, strict=True))

    def _lost(self, batch: Batch, error: BaseException) -> Done:
        text = shortened(f"{LOST}: {type(error).__name__}: {error}")
        return [(task, Outcome({}, text)) for task in batch]
