"""Controls on their way: checked, put into the log, and out of the log to the producer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from workbench.errors import InvalidRequest, StorageFull, WorkbenchError
from workbench.messages import (
    FINAL_STATUSES,
    Complete,
    CompleteData,
    CompleteExtra,
    Control,
    ControlRequest,
    FinalMetrics,
    LogMessage,
    utc_now,
)
from workbench.runs.commands import AFTER, RunState, accepted, check, commands, refused, shortened
from workbench.runs.publishing import Command
from workbench.runs.records import RunRecord
from workbench.runs.registry import RunRegistry
from workbench.streams import Entry, StreamLog

Send = Callable[[Command], None]
URGENT: frozenset[str] = frozenset({"stop", "flatten"})
"""What a producer has to obey soon, or else its process is ended."""


class Controller:
    """The controls of one state folder's runs.

    The log is the only memory: a producer is handed the accepted `control` events it has not
    obeyed yet, whether they were written now or while neither it nor this server was there.

    Parameters
    ----------
    registry, log
        The runs and their logs.
    append
        Called with (stream, messages) to put messages of the server into a log.
    asked
        Called with a run and the action it was asked for, where that is `URGENT`.
    """

    def __init__(
        self,
        registry: RunRegistry,
        log: StreamLog,
        append: Callable[[str, Sequence[LogMessage]], None],
        asked: Callable[[str, str], None],
    ) -> None:
        self._registry = registry
        self._log = log
        self._append = append
        self._asked = asked
        self._producers: dict[str, Send] = {}
        self._looked: dict[str, int] = {}

    def control(self, run_id: str, request: ControlRequest, by: str | None) -> dict[str, Any]:
        """Take a control in; see `RunService.control`."""
        record = self._registry.get(run_id)
        try:
            command = check(request, _state(record, self._time(run_id)))
        except InvalidRequest as error:
            self.refuse(run_id, request, error, by)
            raise
        by = None if by is None else shortened(by)
        told: list[LogMessage] = [Control(utc_now(), data=accepted(command, by))]
        status = record.status
        if record.pid is not None:
            # Asked for, not yet so: the producer tells when it is.
            status = AFTER.get(command.action, status)
        elif status == "pending" and command.action == "stop":
            told.append(_never_started(record))
            status = "stopped"
        try:
            self._append(run_id, told)
        except StorageFull as error:
            if command.action not in URGENT or record.pid is None:
                raise
            raise self._unwritten(run_id, command) from error
        if command.action in URGENT and status != "stopped":
            self._asked(run_id, command.action)
        return {"backtest_id": run_id, "action": command.action, "status": status}

    def refuse(
        self, run_id: str, request: ControlRequest, error: WorkbenchError, by: str | None
    ) -> None:
        """Show in the stream that a control was refused, unless the run has ended."""
        if self._registry.get(run_id).status not in FINAL_STATUSES:
            data = refused(request, error.message, None if by is None else shortened(by))
            self._append(run_id, [Control(utc_now(), data=data)])

    def joined(self, run_id: str, send: Send, obeyed: int) -> list[Command]:
        """Note a producer's connection; return the commands after seq `obeyed`."""
        self._producers[run_id] = send
        self._looked[run_id] = self._seq(run_id)
        waiting = commands(self._log.find(run_id, "control", obeyed))
        for action in {command.action for command in waiting} & URGENT:
            self._asked(run_id, action)
        return waiting

    def left(self, run_id: str, send: Send) -> None:
        """Note that a producer's connection is gone."""
        if self._producers.get(run_id) == send:
            del self._producers[run_id], self._looked[run_id]

    def deliver(self, run_id: str, entries: Sequence[Entry]) -> None:
        """Hand the producer the commands among what was just appended."""
        if run_id in self._producers and any(entry.type == "control" for entry in entries):
            self._hand_over(run_id)

    def look(self) -> None:
        """Hand the producers that are connected here what another server was asked for."""
        for run_id in list(self._producers):
            self._hand_over(run_id)

    def _hand_over(self, run_id: str) -> None:
        since, seq = self._looked[run_id], self._seq(run_id)
        if seq > since:
            self._looked[run_id] = seq
            for command in commands(self._log.find(run_id, "control", since)):
                self._producers[run_id](command)

    def _seq(self, run_id: str) -> int:
        info = self._log.info(run_id)
        return 0 if info is None else info.seq

    def _unwritten(self, run_id: str, command: Command) -> StorageFull:
        """Have what is urgent done although it cannot be written down; return what to say of it."""
        send = self._producers.get(run_id)
        if send is not None:
            send(command)
        self._asked(run_id, command.action)
        msg = (
            f"The disk of the state folder is full: {command.action} of {run_id} is not in its "
            "log. Its process was asked all the same, and is ended if it does not obey; a session "
            "is then closed by force as soon as there is room: make some"
        )
        return StorageFull(msg, backtest_id=run_id, action=command.action)

    def _time(self, run_id: str) -> str | None:
        """Return the market time of the latest candle the log tells of."""
        info = self._log.info(run_id)
        seq = info.latest.get("progress") if info else None
        if seq is None:
            return None
        wire = self._log.read(run_id, seq - 1, 1)[0].wire
        time: str = msgspec.json.decode(wire)["data"]["current_time"]
        return time


def _state(record: RunRecord, time: str | None) -> RunState:
    spec = record.spec
    start = spec.start_date or None
    timed = spec.live is not None and spec.live.feed.get("feed", "synthetic") != "replay"
    return RunState(record.id, record.status, time, start, record.spawned, spec.kind, timed)


def _never_started(record: RunRecord) -> Complete:
    metrics = FinalMetrics(0, 0, 0, *[0.0] * 10)
    return Complete(
        utc_now(),
        data=CompleteData(record.id, metrics),
        extra=CompleteExtra("stopped", 0, record.spec.initial_capital, 0, 0),
    )
