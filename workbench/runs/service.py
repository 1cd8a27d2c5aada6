"""Runs and their streams as one thing: what the HTTP surface calls, without any HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from workbench.errors import Conflict, InvalidRequest
from workbench.messages import (
    FINAL_STATUSES,
    Complete,
    ControlRequest,
    Error,
    LogMessage,
    Status,
)
from workbench.paths import candles_dir
from workbench.runs import admission, combination, request, resuming, showing
from workbench.runs.controlling import Controller, Send
from workbench.runs.figures import Figures, figures
from workbench.runs.intake import Intake, Listener, Rule
from workbench.runs.live_book import STREAM, LiveBook
from workbench.runs.producers import LEASE_S, Producers
from workbench.runs.publishing import Command
from workbench.runs.records import PATIENCE_S, RunRecord, hash_token, is_session
from workbench.runs.registry import RunRegistry
from workbench.runs.spec import RunSpec
from workbench.runs.supervisor import STOP_PATIENCE_S, Supervisor
from workbench.streams import Database, Entry, SqliteLog


class Overseer(Protocol):
    """Who looks after the processes of live sessions."""

    def asked(self, session: str, action: str) -> None:
        """Note that a session was asked for something it has to do soon."""

    def forget(self, session: str) -> None:
        """Remove what a deleted session has left beside its log."""


class RunService:
    """Everything about the runs of one state folder.

    Parameters
    ----------
    home
        The state folder.
    urls
        Addresses workers are to publish to.
    max_workers
        Runs at once.
    patience
        Seconds a finished worker waits for a server; see `Job`.
    lease
        Seconds a producer on another machine may be away; see `Supervisor`.
    stop_patience
        Seconds a worker has to obey stop; see `Supervisor`.
    """

    def __init__(
        self,
        home: Path,
        urls: Callable[[], list[str]],
        max_workers: int,
        patience: float = PATIENCE_S,
        lease: float = LEASE_S,
        stop_patience: float = STOP_PATIENCE_S,
    ) -> None:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.home = home
        self._database = Database(home / "workbench.db")
        self.log = SqliteLog(self._database)
        self.intake = Intake(self._database, self.log)
        self.registry = RunRegistry(self._database)
        self.producers = Producers()
        self.supervisor = Supervisor(
            home, self.registry, self.publish, self.say, urls, max_workers, patience,
            self.producers, lease, stop_patience,
        )  # fmt: skip
        self.controller = Controller(self.registry, self.log, self.say, self._asked)
        self.live = LiveBook(self._database, self.log)
        self.overseer: Overseer | None = None
        self.intake.listen(self.controller.deliver)
        self.intake.listen_elsewhere(self.controller.look)

    def listen(self, listener: Listener) -> None:
        """Call `listener` with (stream, entries) after each append, of runs and of markets."""
        self.intake.listen(listener)

    def shrink(self, pages: int) -> bool:
        """Erase a piece of what was deleted, or give `pages` pages back; tell if there is more."""
        return self.log.erase() or self._database.shrink(pages)

    def close(self) -> None:
        """Close the state file; workers go on."""
        self.supervisor.release()
        self._database.close()

    # --- runs ---------------------------------------------------------------------------

    def start(self, body: bytes, *, pickled_allowed: bool = True) -> RunRecord:
        """Check a start request and queue the run.

        Raises
        ------
        InvalidRequest
            The request is wrong; nothing was started.
        """
        checked = request.check(body, candles_dir(self.home))
        resuming.check_new(checked.spec)
        strategy = checked.strategy
        if strategy is not None:
            request.check_pickled(strategy, pickled_allowed)
        record = self.registry.create(
            checked.spec,
            source=checked.source,
            synthetic=checked.synthetic,
            strategy=None if strategy is None else strategy.pickle,
            python=None if strategy is None else strategy.python,
            paths=() if strategy is None else strategy.paths,
        )
        return self._queue(record)

    def open(self, run_id: str, body: bytes) -> RunRecord:
        """Queue a combination of a sweep as a run of its own.

        Raises
        ------
        InvalidRequest
            The run is no sweep, or has no such row yet.
        Conflict
            The sweep's strategy is not known here.
        NotFound
            There is no such run.
        """
        record = self.registry.get(run_id)
        spec = combination.wanted(record, body, lambda: self.log.find(run_id, "sweep", 0))
        return self._again(record, spec)

    def resume(self, run_id: str) -> RunRecord:
        """Queue a sweep that goes on with one that ended before it was done.

        Raises
        ------
        InvalidRequest
            The run is no sweep.
        Conflict
            It has not ended, nothing is missing, or its strategy is not known here.
        NotFound
            There is no such run.
        """
        record = self.registry.get(run_id)
        spec = resuming.wanted(record, lambda: resuming.rows_in(self.log.find(run_id, "sweep", 0)))
        return self._again(record, spec)

    def _again(self, record: RunRecord, spec: RunSpec) -> RunRecord:
        """Queue another run of a run's strategy and candles."""
        return self._queue(
            self.registry.create(
                spec,
                source=record.source,
                synthetic=record.synthetic,
                strategy=record.strategy,
                python=record.python,
                paths=record.paths,
            )
        )

    def _queue(self, record: RunRecord) -> RunRecord:
        self.log.create(record.id, "backtest")
        self.supervisor.poll()
        return record

    def summary(self, record: RunRecord) -> dict[str, Any]:
        """Return what the run list shows of a run."""
        reason = self.supervisor.waits_for(record)
        return {**showing.summary(record, self.log), "reason": reason}

    def detail(self, run_id: str) -> dict[str, Any]:
        """Return a run's summary, its spec and where its log stands."""
        record = self.registry.get(run_id)
        return {**showing.detail(record, self.log), **self.summary(record), "result": record.result}

    def delete(self, run_id: str) -> None:
        """Remove a run and its log; a worker still at it is ended.

        Raises
        ------
        NotFound
            There is no such run.
        Conflict
            It is a live session that has not ended.
        """
        record = self.registry.get(run_id)
        if record.spec.live is not None and record.status not in FINAL_STATUSES:
            msg = f"Session {run_id} is {record.status}: stop it before it is deleted"
            raise Conflict(msg, field="status", value=record.status, allowed=sorted(FINAL_STATUSES))
        self.supervisor.kill(run_id)
        self.producers.dismiss(run_id, "the run was deleted")
        self.registry.delete(run_id)
        self.log.delete(run_id)
        self.live.forget(run_id)
        self.supervisor.forget(run_id)
        if self.overseer is not None and is_session(run_id):
            self.overseer.forget(run_id)
        self.intake.deleted(run_id)

    def control(
        self, run_id: str, request: ControlRequest, by: str | None = None
    ) -> dict[str, Any]:
        """Pass a control on to the run's worker, by way of the log, where all can see it.

        Refused ones are shown there too, unless the run has ended.

        Parameters
        ----------
        by
            Who asks, for the others to see.

        Raises
        ------
        InvalidRequest
            There is no such action, or what it is to do is wrong or past.
        Conflict
            The run has ended.
        """
        return self.controller.control(run_id, request, by)

    def figures(self) -> Figures:
        """Return how much is kept."""
        return figures(self._database)

    # --- the publish side ---------------------------------------------------------------

    def may_publish(self, run_id: str, token: str) -> bool:
        """Tell whether `token` is the run's publish token.

        Raises
        ------
        NotFound
            There is no such run.
        """
        return self.registry.get(run_id).token_hash == hash_token(token)

    def publish(
        self,
        run_id: str,
        producer: str,
        first: int,
        messages: Sequence[LogMessage],
        failure: InvalidRequest | None = None,
    ) -> None:
        """Take in what a run's producer says; see `Intake.publish`.

        Raises
        ------
        InvalidRequest
            A message was refused; what stands before it is in the log, and the run has ended.
        NotFound, OutOfOrder, StreamEnded
            As `StreamLog.append`; nothing was taken, and the run goes on.
        """
        self.intake.publish(self, run_id, producer, first, messages, failure)

    def append(
        self, stream: str, producer: str, first: int, messages: Sequence[LogMessage]
    ) -> None:
        """Put messages into a run's log; see `Intake.append`.

        Raises
        ------
        NotFound, OutOfOrder
            As `StreamLog.append`.
        """
        self.intake.append(self, stream, producer, first, messages)

    def say(self, stream: str, messages: Sequence[LogMessage]) -> None:
        """Put the server's own messages into a run's log."""
        self.intake.say(self, stream, messages)

    def producer_of(self, run_id: str, token: str) -> str:
        """Return the name under which the holder of the run's token publishes.

        Raises
        ------
        NotFound
            There is no such run.
        """
        return self.registry.get(run_id).producer

    def joined(self, run_id: str, send: Send, obeyed: int) -> list[Command]:
        """Note a producer's connection; return the commands it has not obeyed."""
        return self.controller.joined(run_id, send, obeyed)

    def left(self, run_id: str, send: Send) -> None:
        """Note that a producer's connection is gone."""
        self.controller.left(run_id, send)

    # --- the desk of runs, see `Desk` ---------------------------------------------------

    def admit(self, stream: str, producer: str) -> None:
        """Take what the producer of a run says: no other has its token."""

    def rules(self, stream: str) -> Rule:
        """Return what a producer may say of its run; see `admission.check`."""
        live = self.registry.get(stream).spec.live if is_session(stream) else None
        if live is None:
            return admission.check
        symbols = frozenset(live.symbols)
        return lambda run_id, message: admission.check_session(run_id, symbols, message)

    def note(self, stream: str, messages: Sequence[LogMessage]) -> Mapping[str, list[Entry]]:
        """Enter into the registry what messages tell of a run's state.

        What a session trades goes into the stream of all sessions too.
        """
        for message in messages:
            match message:
                case Status() if message.data.status not in FINAL_STATUSES:
                    self.registry.set_status(stream, message.data.status)
                case Complete() | Error():
                    status = message.extra.status if isinstance(message, Complete) else "error"
                    result = {
                        "data": msgspec.to_builtins(message.data),
                        "extra": msgspec.to_builtins(message.extra),
                    }
                    self.registry.set_status(stream, status, result)
        return {STREAM: self.live.take(stream, messages)} if is_session(stream) else {}

    # --- inside -------------------------------------------------------------------------

    def _asked(self, run_id: str, action: str) -> None:
        if not is_session(run_id):
            self.supervisor.stop_asked(run_id)
        elif self.overseer is not None:
            self.overseer.asked(run_id, action)
