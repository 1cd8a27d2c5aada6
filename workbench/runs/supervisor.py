"""Starts workers, at most so many at once, and notices when one is gone."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import psutil

from workbench.errors import NotFound, WorkerLost
from workbench.messages import LogMessage, error_message
from workbench.runs import servers, spool
from workbench.runs.records import Job, RunRecord, new_token
from workbench.runs.registry import RunRegistry

log = logging.getLogger(__name__)

Append = Callable[[str, str, int, Sequence[LogMessage]], None]
Say = Callable[[str, Sequence[LogMessage]], None]
ACTIVE = ("running", "paused")
STOP_PATIENCE_S = 5.0
LOG_TAIL_BYTES = 64 * 1024
SPAWN_ERRORS = (OSError, psutil.Error)


class Supervisor:
    """Owns the worker processes of a state folder's runs.

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
    ) -> None:
        self._patience = patience
        self._home = home
        self._registry = registry
        self._append = append
        self._say = say
        self._stopping: dict[str, float] = {}
        self._urls = urls
        self._max_workers = max_workers
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def poll(self) -> None:
        """Note the workers that ended and start pending runs while there is room."""
        for child in self._children.values():
            child.poll()  # Reaps it once it has ended.
        active = self._registry.list(*ACTIVE)
        for record in active:
            self._check(record)
        for run_id, deadline in list(self._stopping.items()):
            if time.monotonic() > deadline:
                self._enforce_stop(run_id)
        waiting = self._registry.list("pending")
        spawned = [record for record in waiting if record.pid is not None]
        for record in spawned:
            self._check(record)
        room = self._max_workers - len(active) - len(spawned)
        for record in reversed([record for record in waiting if record.pid is None]):
            if room <= 0:
                break
            self._spawn(record)
            room -= 1

    def stop_asked(self, run_id: str) -> None:
        """End the run's worker if it has not stopped by itself within `STOP_PATIENCE_S`."""
        self._stopping.setdefault(run_id, time.monotonic() + STOP_PATIENCE_S)

    def kill(self, run_id: str) -> None:
        """End a run's worker at once."""
        record = self._registry.get(run_id)
        if record.pid is not None and _alive(record):
            with contextlib.suppress(ProcessLookupError):
                os.kill(record.pid, signal.SIGKILL)

    def release(self) -> None:
        """Let go of the workers, which go on."""
        for child in self._children.values():
            # Known as ended, or the interpreter warns of a process left running.
            child.returncode = child.poll() or 0
        self._children.clear()

    def log_tail(self, run_id: str, lines: int = 20) -> list[str]:
        """Return the last lines the worker wrote."""
        try:
            with self._log_path(run_id).open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - LOG_TAIL_BYTES))
                text = file.read().decode(errors="replace")
        except FileNotFoundError:
            return []
        return text.splitlines()[-lines:]

    def _enforce_stop(self, run_id: str) -> None:
        del self._stopping[run_id]
        try:
            record = self._registry.get(run_id)
        except NotFound:
            return
        if record.status in ACTIVE:
            self.kill(run_id)
            self._lost(
                record,
                f"The strategy did not obey stop within {STOP_PATIENCE_S:.0f} s (does it loop for "
                "ever?); its process was ended, what it had told until then is kept",
            )

    def _check(self, record: RunRecord) -> None:
        if _alive(record):
            return
        # The status may have become final between the query and now.
        if self._registry.get(record.id).status not in (*ACTIVE, "pending"):
            return
        left = spool.read(self._home, record.id)
        if left is not None:
            self._append(record.id, "worker", left.first, left.messages)
            spool.remove(self._home, record.id)
        if self._registry.get(record.id).status in (*ACTIVE, "pending"):
            self._lost(record, f"The worker process {record.pid} ended without a result")
        self._children.pop(record.id, None)

    def _spawn(self, record: RunRecord) -> None:
        token = new_token()
        self._registry.set_token(record.id, token)
        job = Job(
            run_id=record.id,
            spec=record.spec,
            urls=self._urls(),
            token=token,
            home=str(self._home),
            patience=self._patience,
            strategy=record.strategy,
        )
        path = self._log_path(record.id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        environment = dict(os.environ)
        if record.paths:
            environment["PYTHONPATH"] = os.pathsep.join(record.paths)
        try:
            with path.open("ab") as output, tempfile.TemporaryFile() as handed:
                handed.write(msgspec.json.encode(job))
                handed.seek(0)
                child = subprocess.Popen(
                    [record.python or sys.executable, "-m", "workbench.runs.worker"],
                    stdin=handed,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    cwd=self._home,
                    start_new_session=True,
                )
            started = psutil.Process(child.pid).create_time()
        except SPAWN_ERRORS as error:
            self._lost(record, f"The worker process could not be started: {error}")
            return
        self._children[record.id] = child
        self._registry.set_worker(record.id, child.pid, started)
        log.info("run %s started in process %d", record.id, child.pid)

    def _lost(self, record: RunRecord, message: str) -> None:
        error = WorkerLost(
            message,
            backtest_id=record.id,
            python=record.python or sys.executable,
            output=self.log_tail(record.id),
        )
        self._say(record.id, [error_message(error)])

    def _log_path(self, run_id: str) -> Path:
        return self._home / "logs" / f"{run_id}.log"


def _alive(record: RunRecord) -> bool:
    return (
        record.pid is not None
        and record.pid_start is not None
        and servers.alive(record.pid, record.pid_start)
    )
