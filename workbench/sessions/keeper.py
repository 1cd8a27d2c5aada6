"""Keeps the process of each live session, and closes by force the session that does not obey."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from workbench.errors import NotFound, StorageFull, WorkerLost
from workbench.messages import FINAL_STATUSES, error_message
from workbench.runs import servers, spawning
from workbench.runs.children import Children
from workbench.runs.commands import commands
from workbench.runs.controlling import URGENT
from workbench.runs.leftovers import Leftovers
from workbench.runs.live_book import Care
from workbench.runs.records import PATIENCE_S, RunRecord, new_token
from workbench.runs.service import RunService
from workbench.runs.supervisor import STOP_PATIENCE_S
from workbench.sessions import ending, forgetting, obeying
from workbench.sessions.brokers import Allowed
from workbench.sessions.deaths import STABLE_S, Deaths
from workbench.sessions.exchange.keys import variables
from workbench.sessions.job import LiveJob
from workbench.sessions.obeying import Asked
from workbench.sessions.overdue import Overdue

log = logging.getLogger(__name__)

WORKER = "workbench.sessions.worker"
CLOSING = "workbench.sessions.closing"
MOST_FAILURES = 5
"""Ends of a process one after the other, before the session is closed; see `Deaths`."""
RETRY_S = (0.5, 60.0)
DRAIN_S = 5.0
INTAKE_S = 0.05
THIN_EVERY = 5000
"""Messages of a session's log after which superseded states are taken out of it."""
LONGEST = 12
"""So many times the patience is waited for a session that has begun to obey."""


class SessionKeeper:
    """Owns the processes of a state folder's sessions, together with other servers of the folder.

    `poll` is to be called a few times a second; it does all the work and never blocks.

    Parameters
    ----------
    runs
        The runs of the folder.
    urls
        The servers a new process is to publish to.
    patience
        See `Job`.
    stop_patience
        Seconds a session has to obey stop and flatten before it is ended and closed by force.
    worker, closing
        What a session's process runs, and what closes one by force.
    allowed
        Accounts that orders may be sent for.
    failures
        So often a process may end, one time after the other, before its session is closed.
    """

    def __init__(
        self,
        runs: RunService,
        urls: Callable[[], list[str]],
        *,
        patience: float = PATIENCE_S,
        stop_patience: float = STOP_PATIENCE_S,
        worker: str = WORKER,
        closing: str = CLOSING,
        allowed: Sequence[Allowed] = (),
        failures: int = MOST_FAILURES,
    ) -> None:
        self._home: Path = runs.home
        self._runs = runs
        self._urls = urls
        self._patience = patience
        self._stop_patience = stop_patience
        self._worker = worker
        self._closing = closing
        self._allowed = tuple(allowed)
        self._most = failures
        self._leftovers = Leftovers(runs.home, runs.append)
        self._asked: dict[str, Asked] = {}
        self._silent: dict[str, float] = {}
        self._deaths = Deaths()
        self._children = Children()
        self._overdue = Overdue(runs)
        self._remembered = False
        self._thinned: dict[str, int] = {}

    def poll(self) -> None:
        """Note the processes that ended, start what is due, end what does not obey.

        Raises `StorageFull` at the end, if the disk is: what needs no room was done.
        """
        self._children.reap()
        active = self._runs.registry.list("pending", "running", "paused", sessions=True)
        if not self._remembered:
            self._remembered = True
            for record in active:
                self._recall(record)
        self._overdue.settle()
        full = None
        for record in active:
            try:
                self._tend(record)
            except StorageFull as error:
                full = error
        for name, asked in list(self._asked.items()):
            self._look(name, asked)
        if full is not None:
            raise full

    def _tend(self, record: RunRecord) -> None:
        self._thin(record.id)
        if self._overdue.waits(record.id):
            return  # Its next process is to close it.
        if record.pid is None:
            if self._runs.live.care(record.id).retry_at <= time.time():
                self._spawn(record)
        elif not alive(record):
            self._gone(record)

    def asked(self, session: str, action: str) -> None:
        """Have a session closed by force if it has not obeyed in time."""
        known = self._asked.get(session)
        if known is not None and known.action == "stop":
            return
        info = self._runs.log.info(session)
        now, seq = time.monotonic(), 0 if info is None else info.seq
        self._asked[session] = Asked(
            action, seq, time.time_ns() // 1_000_000,
            obeying.entries_paused(self._runs.log, session), now + self._stop_patience,
            now + LONGEST * self._stop_patience, seq,
        )  # fmt: skip
        record = self._runs.registry.get(session)
        care = self._runs.live.care(session)
        if care.closing is not None:
            if action == "stop" and care.failures > self._most and record.pid is None:
                self._lost(record, care.closing)
        elif record.pid is None and care.failures:
            # Nobody is there to obey, and none may come soon.
            self._overdue.close(session, f"{action} was asked for while its process was gone")

    def forget(self, session: str) -> None:
        """Remove what a deleted session has left beside its log."""
        self._asked.pop(session, None)
        self._thinned.pop(session, None)
        self._silent.pop(session, None)
        self._deaths.forget(session)
        self._leftovers.forget(session)
        forgetting.forget(self._home, session)

    def release(self) -> None:
        """Let go of the processes, which go on: the next server of the folder finds them."""
        self._children.release()

    def _thin(self, session: str) -> None:
        """Take superseded states out of a session's log: it has no end by which it stays small."""
        info = self._runs.log.info(session)
        if info is None:
            return
        done = self._thinned.setdefault(session, max(0, info.seq - THIN_EVERY + 1))
        if info.seq - done >= THIN_EVERY:
            self._runs.log.thin(session, done)
            self._thinned[session] = info.seq

    def _recall(self, record: RunRecord) -> None:
        """Find what was asked for before this server began."""
        told = [one for one in commands(self._runs.log.find(record.id, "control", 0))
                if one.action in (*URGENT, "resume_entries")]  # fmt: skip
        if told and told[-1].action in URGENT:
            self.asked(record.id, told[-1].action)
            asked = self._asked[record.id]
            # It may have obeyed long ago.
            asked.seq, asked.paused = told[-1].seq, False

    def _look(self, name: str, asked: Asked) -> None:
        """See whether a session has obeyed; end it if it has had its time."""
        try:
            record = self._runs.registry.get(name)
        except NotFound:
            del self._asked[name]
            return
        info = self._runs.log.info(name)
        taken = obeying.taken(self._runs.log, name, asked)
        obeyed = asked.action == "flatten" and taken
        if record.status in FINAL_STATUSES or info is None or obeyed:
            del self._asked[name]
            return
        now = time.monotonic()
        if record.pid is None or now < asked.deadline:
            return
        # That it goes on talking is nothing: so does one that does not listen.
        behind = obeying.behind(self._runs.log, name, asked)
        if (taken or behind) and now < asked.latest:
            asked.heard, asked.deadline = info.seq, now + self._stop_patience
            return
        del self._asked[name]
        if self._runs.live.care(name).closing is not None:
            return
        log.warning("session %s does not obey %s: it is closed by force", name, asked.action)
        self._overdue.close(
            name, f"it did not obey {asked.action} within {self._stop_patience:g} s"
        )
        if alive(record):
            ending.end(record.pid)

    def _gone(self, record: RunRecord) -> None:
        """Take it that a process has ended, once nothing it said is on its way any more."""
        if record.pid is None or self._children.ends(record.pid):
            return
        if record.id not in self._silent:
            ending.end_left(record.pid)
        since = self._silent.setdefault(record.id, time.monotonic())
        waited = time.monotonic() - since
        if self._runs.producers.connected(record.id) and waited < DRAIN_S:
            return
        if not self._leftovers.take(record, ended=True, seconds=INTAKE_S):
            return
        self._silent.pop(record.id, None)
        with self._runs.intake.database.transaction():
            current = self._runs.registry.get(record.id)
            if current.pid != record.pid or current.status in FINAL_STATUSES:
                return
            self._runs.registry.set_worker(record.id, None, None)
            code = self._children.code(record.pid)
            self._failed(current, f"Its process {record.pid} ended without a result", code)

    def _failed(self, record: RunRecord, what: str, code: int | None = None) -> None:
        """Have a session started again later, or closed, or given up."""
        now = time.time()
        care = self._runs.live.care(record.id)
        forced = care.closing is not None and care.failures == 0 and record.pid is not None
        good = now - (record.pid_start or now) > STABLE_S
        if care.closing is None:
            good = good or self._has_closed_a_candle(record.id)
            failures, times = self._deaths.count(record.id, care.failures, code, good)
        else:
            failures = times = 1 if good else care.failures + 1
        delay = 0.0 if forced else min(RETRY_S[0] * 2 ** (times - 1), RETRY_S[1])
        closing = care.closing
        if failures > self._most and closing is not None and _on_paper(record):
            # What an exchange holds is no less there when it cannot be reached for long.
            self._lost(record, closing)
            return
        if failures >= self._most and closing is None:
            closing, failures, delay = f"its process ended {failures} times in a row", 0, 0.0
        log.warning("session %s: %s; started again in %g s", record.id, what, delay)
        self._runs.live.set_care(record.id, Care(failures, now + delay, closing))

    def _has_closed_a_candle(self, session: str) -> bool:
        """Tell whether a session's last process got anywhere: where that is not known, it has."""
        birth = self._deaths.birth(session)
        return birth is None or bool(self._runs.log.find(session, "equity", birth))

    def _lost(self, record: RunRecord, why: str) -> None:
        """End a session that could not even be closed; positions at an exchange may be open."""
        msg = (
            f"Session {record.id} could not be closed ({why}): look after what it holds yourself; "
            "its positions and orders are those it told last"
        )
        output = spawning.log_tail(self._home, record.id)
        error = WorkerLost(msg, backtest_id=record.id, output=output)
        self._runs.say(record.id, [error_message(error)])

    def _spawn(self, record: RunRecord) -> None:
        """Start a session's process, unless another server of the folder has."""
        token = new_token()
        with self._runs.registry.reclaim(record.id, token) as claimed:
            if not claimed:
                return
            care = self._runs.live.care(record.id)
            try:
                pid, started = self._start(record, token, care.closing)
            except spawning.SPAWN_ERRORS as error:
                self._failed(record, f"Its process could not be started: {error}")
                return
            self._runs.registry.set_worker(record.id, pid, started)
        info = self._runs.log.info(record.id)
        self._deaths.born(record.id, 0 if info is None else info.seq)
        log.info("session %s started in process %d", record.id, pid)

    def _start(self, record: RunRecord, token: str, closing: str | None) -> tuple[int, float]:
        module, python, paths, strategy = self._worker, record.python, record.paths, record.strategy
        if closing is not None:
            # None of the user's code: also not their interpreter.
            module, python, paths, strategy = self._closing, None, [], None
        job = LiveJob(
            run_id=record.id,
            spec=record.spec,
            urls=self._urls(),
            token=token,
            home=str(self._home),
            patience=self._patience,
            strategy=strategy,
            allowed=list(self._allowed),
            reason=closing,
        )
        output = spawning.log_path(self._home, record.id)
        child, started = spawning.spawn(
            module, job, self._home, output, python=python, paths=paths, secrets=_secrets(record)
        )
        self._children.add(child)
        return child.pid, started


def alive(record: RunRecord) -> bool:
    """Tell whether a session's process lives."""
    return (
        record.pid is not None
        and record.pid_start is not None
        and servers.alive(record.pid, record.pid_start)
    )


def _secrets(record: RunRecord) -> list[str]:
    """Return the environment variables with the keys of a session's account."""
    live = record.spec.live
    if live is None or live.broker == "paper" or live.exchange is None:
        return []
    return variables(live.exchange, live.account, live.sandbox)


def _on_paper(record: RunRecord) -> bool:
    live = record.spec.live
    return live is None or live.broker == "paper"
