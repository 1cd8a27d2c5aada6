"""Starts workers, at most so many at once, and notices when one is gone."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from workbench.errors import NotFound, WorkerLost
from workbench.messages import LogMessage, error_message
from workbench.runs import servers, spawning
from workbench.runs.children import Children
from workbench.runs.leftovers import Leftovers
from workbench.runs.producers import LEASE_S, Producers, lease_ended
from workbench.runs.records import Job, RunRecord, new_token
from workbench.runs.registry import RunRegistry
from workbench.runs.waiting import waits_for

log = logging.getLogger(__name__)

Append = Callable[[str, str, int, Sequence[LogMessage]], None]
Say = Callable[[str, Sequence[LogMessage]], None]
ACTIVE = ("running", "paused")
STOP_PATIENCE_S = 5.0
CLOSING_PATIENCE_S = 5.0
INTAKE_S = 0.05


class Supervisor:
    """Owns the worker processes of a state folder's runs, and watches the other producers.

    `poll` is to be called a few times a second; it does all the work and never blocks.

    Parameters
    ----------
    home
        The state folder.
    registry
        Its runs.
    append
        Called with (stream, producer, first, messages) to put a producer's messages into a log.
    say
        Called with (stream, messages) to put the server's own there.
    urls
        The servers a new worker is to publish to.
    max_workers
        Runs at once; more wait as pending.
    patience
        See `Job`.
    producers
        Who is connected to publish.
    lease
        Seconds a producer on another machine may be away before its run counts as lost.
    stop_patience
        Seconds a worker has to obey stop before it is ended.
    """

    def __init__(
        self,
        home: Path,
        registry: RunRegistry,
        append: Append,
        say: Say,
        urls: Callable[[], list[str]],
        max_workers: int,
        patience: float,
        producers: Producers | None = None,
        lease: float = LEASE_S,
        stop_patience: float = STOP_PATIENCE_S,
    ) -> None:
        self._stop_patience = stop_patience
        self._producers = Producers() if producers is None else producers
        self._lease = lease
        self._leftovers = Leftovers(home, append)
        self._started = time.time()
        self._ended: dict[str, float] = {}
        self._patience = patience
        self._home = home
        self._registry = registry
        self._say = say
        self._stopping: dict[str, float] = {}
        self._urls = urls
        self._max_workers = max_workers
        self._children = Children()
        self._busy: list[str] = []
        self._tidied = False

    def waits_for(self, record: RunRecord) -> str | None:
        """Return what a pending run waits for, in words; None for any other."""
        return waits_for(record, self._busy, self._max_workers)

    def poll(self) -> None:
        """Note the workers that ended and start pending runs while there is room."""
        self._children.reap()
        if not self._tidied:
            self._tidied = True
            self._leftovers.tidy(
                lambda: (run.id for run in self._registry.list("pending", *ACTIVE))
            )
        active = self._registry.list(*ACTIVE, sessions=False)
        for record in active:
            self._check(record)
        for run_id, deadline in list(self._stopping.items()):
            if time.monotonic() > deadline:
                self._enforce_stop(run_id)
        pending = self._registry.list("pending", sessions=False)
        waiting = [record for record in pending if _waits(record)]
        for record in pending:
            if not _waits(record):
                self._check(record)
        there = reversed([*pending, *active])
        self._busy = [run.id for run in there if run.spawned and not _waits(run)]
        for record in reversed(waiting):
            if len(self._busy) >= self._max_workers:
                break
            self._spawn(record)
            # Also where another server was first: its worker has the place.
            self._busy.append(record.id)

    def stop_asked(self, run_id: str) -> None:
        """End the run's worker if it has not stopped by itself in time."""
        self._stopping.setdefault(run_id, time.monotonic() + self._stop_patience)

    def kill(self, run_id: str) -> None:
        """End a run's worker at once; a process that is not the server's own is left alone."""
        record = self._registry.get(run_id)
        if record.spawned and record.pid is not None and _alive(record):
            with contextlib.suppress(ProcessLookupError):
                os.kill(record.pid, signal.SIGKILL)

    def forget(self, run_id: str) -> None:
        """Remove what a deleted run has left beside its log."""
        self._leftovers.forget(run_id)
        self._ended.pop(run_id, None)
        spawning.log_path(self._home, run_id).unlink(missing_ok=True)

    def release(self) -> None:
        """Let go of the workers, which go on."""
        self._children.release()

    def log_tail(self, run_id: str, lines: int = 20) -> list[str]:
        """Return the last lines the worker wrote."""
        return spawning.log_tail(self._home, run_id, lines)

    def _enforce_stop(self, run_id: str) -> None:
        del self._stopping[run_id]
        try:
            record = self._registry.get(run_id)
        except NotFound:
            return
        if record.status in ACTIVE and record.spawned:
            self.kill(run_id)
            if not self._leftovers.take(record, ended=True, seconds=INTAKE_S):
                self._stopping[run_id] = 0.0
                return
            self._lost(
                record,
                f"The strategy did not obey stop within {self._stop_patience:g} s (does it loop "
                "for ever?); its process was ended, what it had told until then is kept",
            )

    def _check(self, record: RunRecord) -> None:
        """Take in what a run has left, and note that its producer is gone."""
        gone = self._is_gone(record)
        if not self._leftovers.take(record, ended=gone, seconds=INTAKE_S) or not gone:
            return
        self._ended.pop(record.id, None)
        # The status may have become final between the query and now.
        if self._registry.get(record.id).status in (*ACTIVE, "pending"):
            self._lost(record, self._why_lost(record))

    def _is_gone(self, record: RunRecord) -> bool:
        connected = self._producers.connected(record.id)
        if record.pid is None:
            now = time.time()
            if connected and now - (record.seen or 0.0) > self._lease / 4:
                self._registry.set_seen(record.id, now)
            return not connected and lease_ended(record.seen, self._started, now, self._lease)
        if _alive(record):
            return False
        # What it said last may still be on its way through the socket.
        since = self._ended.setdefault(record.id, time.monotonic())
        return not connected or time.monotonic() - since > CLOSING_PATIENCE_S

    def _why_lost(self, record: RunRecord) -> str:
        if record.spawned:
            what = f"The worker process {record.pid} ended without a result"
        elif record.pid is not None:
            what = f"The process {record.pid} that published the run ended without a result"
        else:
            what = f"The producer of the run has not been heard of for {self._lease:.0f} s"
        return f"{what}; what it said last may be missing"

    def _spawn(self, record: RunRecord) -> None:
        """Start a run's worker, unless another server of the folder has."""
        token = new_token()
        with self._registry.claim(record.id, token) as claimed:
            if not claimed:
                return
            try:
                pid, started = self._start(record, token)
            except spawning.SPAWN_ERRORS as error:
                self._lost(record, f"The worker process could not be started: {error}")
                return
            self._registry.set_worker(record.id, pid, started)
        log.info("run %s started in process %d", record.id, pid)

    def _start(self, record: RunRecord, token: str) -> tuple[int, float]:
        """Start a worker; return its process and when that began."""
        job = Job(
            run_id=record.id,
            spec=record.spec,
            urls=self._urls(),
            token=token,
            home=str(self._home),
            patience=self._patience,
            strategy=record.strategy,
        )
        child, started = spawning.spawn(
            "workbench.runs.worker",
            job,
            self._home,
            spawning.log_path(self._home, record.id),
            python=record.python,
            paths=record.paths,
        )
        self._children.add(child)
        return child.pid, started

    def _lost(self, record: RunRecord, message: str) -> None:
        facts: dict[str, Any] = {"backtest_id": record.id}
        if record.spawned:
            facts |= {
                "python": record.python or sys.executable,
                "output": self.log_tail(record.id),
            }
        error = WorkerLost(message, **facts)
        self._say(record.id, [error_message(error)])


def _waits(record: RunRecord) -> bool:
    return record.spawned and record.pid is None


def _alive(record: RunRecord) -> bool:
    return (
        record.pid is not None
        and record.pid_start is not None
        and servers.alive(record.pid, record.pid_start)
    )
