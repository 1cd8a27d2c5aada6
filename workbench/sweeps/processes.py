"""Batches of combinations, run in processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from workbench.errors import WorkerLost
from workbench.sweeps.pool import Batch, Done, Pool
from workbench.sweeps.workload import Outcome, Task

MOST = 4
BREAKS = 20
LOST = "The process that ran it ended: killed, or out of memory"


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class LocalPool(Pool):
    """Runs batches in processes, which it starts and ends.

    When one dies, all that were under way are run again one by one, so that only the combination
    that ends its process fails.

    Parameters
    ----------
    key
        Of the sweep.
    workers
        How many; as many as there are cores, at most 4, if None.
    begin, arguments
        Called in each process first; keeps the workload under `key`.
    """

    def __init__(
        self,
        key: str,
        workers: int | None,
        begin: Callable[..., None],
        arguments: tuple[Any, ...],
    ) -> None:
        self._begin, self._arguments = begin, arguments
        self._suspects: list[Task] = []
        self._alone = self._broken = False
        self._breaks = 0
        workers = workers or min(MOST, cores())
        super().__init__(self._started(workers), key, None, workers)

    @property
    def room(self) -> bool:
        """Whether a further batch would keep a process from idling."""
        return super().room and not (self._suspects or self._alone or self._broken)

    @property
    def busy(self) -> bool:
        """Whether anything is under way, or has to be run again."""
        return super().busy or bool(self._suspects)

    def wait(self, seconds: float) -> Done:
        """Return what has been done by the time the first batch is, or when time is up.

        Raises
        ------
        WorkerLost
            Processes die again and again without a result.
        """
        if self._suspects and not self._running and not self._broken:
            self._alone = True
            self._send([self._suspects.pop(0)], None)
        done = super().wait(seconds)
        if self._broken:
            while self._running:
                done += super().wait(seconds)
            self._restart()
        if not self._suspects and not self._running:
            self._alone = False
        return done

    def close(self) -> None:
        """End the processes, whatever they are at."""
        super().close()
        self._suspects.clear()
        # They are the only children of a sweep's own process.
        for child in multiprocessing.active_children():
            child.kill()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _send(self, batch: Batch, packed: bytes | None) -> None:
        try:
            future = self._submitted(batch, packed)
        except BrokenProcessPool:
            self._broken = True
            self._suspects += batch
        else:
            self._running[future] = batch

    def _taken(self, future: futures.Future[Any], batch: Batch) -> Done:
        done = super()._taken(future, batch)
        if future.exception() is None:
            self._breaks = 0
        return done

    def _lost(self, batch: Batch, error: BaseException) -> Done:
        if not isinstance(error, BrokenProcessPool):
            return super()._lost(batch, error)
        self._broken = True
        if self._alone:
            return [(task, Outcome({}, LOST)) for task in batch]
        self._suspects += batch
        return []

    def _restart(self) -> None:
        self._breaks += 1
        if self._breaks >= BREAKS:
            msg = f"{self._breaks} processes of the sweep ended one after the other. {LOST}"
            raise WorkerLost(msg)
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._executor = self._started(self.workers)
        self._suspects.sort(key=lambda task: (task.leg, task.out, task.number))
        self._broken = False

    def _started(self, workers: int) -> futures.Executor:
        return futures.ProcessPoolExecutor(
            workers,
            multiprocessing.get_context("spawn"),
            initializer=_begun,
            initargs=(self._begin, self._arguments),
        )


def _begun(begin: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    """Begin in a new process, and end with the one that started it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    begin(*arguments)


def _end_with(parent: Any) -> None:
    # The queue it waits at does not tell: every process of the pool holds its other end, too.
    parent.join()
    os._exit(1)
