"""A kernel or script publishes its own run."""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import psutil

from workbench.client import opening
from workbench.client.alone import told
from workbench.client.calling import Controls
from workbench.client.discovery import connect
from workbench.client.outgoing import checked
from workbench.client.run import Run
from workbench.client.server import Server
from workbench.client.telling import Telling
from workbench.errors import Conflict, ServerUnreachable, WorkbenchError
from workbench.messages import (
    Complete,
    CompleteData,
    CompleteExtra,
    Error,
    FinalMetrics,
    LogMessage,
    error_message,
    utc_now,
)
from workbench.runs import servers
from workbench.runs.failing import clean, failure_of
from workbench.runs.gate import Gate
from workbench.runs.publisher import Publisher
from workbench.runs.publishing import Command
from workbench.runs.telling import changed

log = logging.getLogger(__name__)

PATIENCE_S = 30.0
_FRAMES_KEPT = 5


def publish(
    name: str,
    *,
    symbol: str = "",
    timeframes: Sequence[str] | str = ("1H",),
    strategy: str = "",
    initial_capital: float = 10_000.0,
    start: str = "",
    end: str = "",
    strategy_params: Mapping[str, Any] | None = None,
    source: str = "",
    synthetic: bool = False,
    notes: str = "",
    tags: Sequence[str] = (),
    bars: int | None = None,
    on_control: Callable[[Command], None] | None = None,
    url: str | None = None,
    token: str | None = None,
    server: Server | None = None,
    patience: float = PATIENCE_S,
) -> PublishedStream:
    """Publish a run of your own: ``with wb.publish("mine", symbol="EUR-USD") as stream:``.

    It is in the run list, and is followed, viewed and controlled like any other. It is opened
    at the ``with`` and ends with it: ``complete``, or ``error`` if the block raises.

    Parameters
    ----------
    name, notes, tags
        For people.
    symbol, timeframes, strategy, strategy_params
        What is traded, on which candles, and how; `strategy` is `name` if left out.
    initial_capital
        In the account's currency.
    start, end
        The candles' range, ISO 8601, UTC; if left out, from the first time told to the last. The
        view draws them if the server has candles of the symbol and the timeframes.
    source, synthetic
        Where the candles come from, and whether they are generated.
    bars
        Candles in all, if known.
    on_control
        Called with each control of a viewer (`action`, `value`), from a thread of its own; it
        may tell.
    url, token, server
        The server; by default as for `workbench.start`.
    patience
        Seconds to wait at the end until the server has everything.

    Raises
    ------
    InvalidRequest
        An argument is wrong.
    ServerUnreachable
        The server named by `url` does not answer.
    """
    body = opening.body(
        name=name, symbol=symbol, timeframes=timeframes, strategy=strategy,
        strategy_params=strategy_params, start_date=start, end_date=end,
        initial_capital=initial_capital, source=source, synthetic=synthetic, notes=notes, tags=tags,
    )  # fmt: skip
    opening.check(bars, on_control, patience)
    server = server or connect(url, token)
    return PublishedStream(server, body, bars, on_control, patience)


class PublishedStream(Telling):
    """A run that this process publishes. Made by `workbench.publish`.

    Nothing of it waits for the network. What cannot be sent yet waits in memory and, beyond
    16 MiB, on disk; a server that comes back, or the next one of the state folder, gets it.
    Any number of threads may tell: what is told is one sequence, and the books go with it.

    Attributes
    ----------
    id
        The run's id.
    run
        Its handle, as `workbench.attach` returns it.
    """

    def __init__(
        self,
        server: Server,
        body: dict[str, Any],
        bars: int | None,
        on_control: Callable[[Command], None] | None,
        patience: float,
    ) -> None:
        super().__init__(body, bars)
        self._server = server
        self._patience = patience
        self._gate = Gate()
        self._controls = Controls(self._gate, on_control)
        self._home: Path | None = None
        self._opened = False
        self._ended = False

    def open(self) -> PublishedStream:
        """Open the stream and tell what it runs on; ``with`` does it.

        Raises
        ------
        Conflict
            It has been opened before.
        WorkbenchError
            The server refuses it or does not answer.
        """
        if self._opened:
            msg = f"{self!r} was opened before: a stream is one run. Call publish() for another"
            raise Conflict(msg, name=self._body["name"])
        process = psutil.Process()
        body = {**self._body, "pid": os.getpid(), "pid_start": process.create_time()}
        reply = self._server.rest.post("api/backtesting/publish", body)
        self.id = reply["backtest_id"]
        self.run = Run(self.id, self._server)
        self._opened = True
        self._home = None if reply["home"] is None else Path(reply["home"])
        self._publisher = Publisher(
            self.id, reply["token"], self._urls, self._controls.take, home=self._home
        )
        self.status()
        self._controls.begin()
        return self

    def __enter__(self) -> PublishedStream:
        return self.open()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[False]:
        try:
            try:
                self._end(error)
            finally:
                self.close()
        except WorkbenchError as problem:
            if error is None:
                raise
            log.warning("%s", problem)
        return False

    def _end(self, error: BaseException | None) -> None:
        with self._lock:
            if self._ended or self._publisher.refused is not None:
                return
            if isinstance(error, Exception):
                self.fail(error)
            else:
                self.complete(status=None if error is None else "stopped")

    # --- telling --------------------------------------------------------------------------

    @told
    def send(self, message: LogMessage) -> None:
        """Tell any message of a log; the other methods end up here.

        `complete` and `error` messages end the stream.

        Raises
        ------
        InvalidRequest
            It is no message that a producer can tell, too large, or does not fit what was told
            before: a trade closed before its entry, equity or progress that goes back. Nothing
            is told.
        Conflict
            The stream has ended, or the server takes no more: the run was deleted.
        """
        if self._ended or self._publisher.refused is not None:
            raise self._closed()
        wire = checked(self.id, message)
        self.ledger.check(message)
        self._publisher.send_encoded(wire)
        self.ledger.take(message)
        self._ended = type(message) in (Complete, Error)

    @told
    def complete(
        self,
        metrics: FinalMetrics | Mapping[str, Any] | None = None,
        *,
        status: Literal["complete", "stopped"] | None = None,
    ) -> None:
        """End the run; what is not given of its metrics follows from what was told.

        Parameters
        ----------
        metrics
            All, or some by name, in the units of the `complete` message.
        status
            ``stopped`` if it is not to count as whole; by default that is so when a viewer
            has asked to stop.

        Raises
        ------
        InvalidRequest
            An argument is wrong.
        """
        found = self.ledger.final()
        if isinstance(metrics, FinalMetrics):
            found = metrics
        elif metrics is not None:
            found = changed(found, metrics)
        sums = self.ledger.checksum
        extra = CompleteExtra(
            status or ("stopped" if self.stopped else "complete"),
            self.bar,
            self.ledger.equity,
            sums.count,
            sums.value,
        )
        self.send(Complete(utc_now(), data=CompleteData(self.id, found), extra=extra))

    @told
    def fail(self, error: Exception) -> None:
        """End the run with an `error` message that tells of an exception."""
        frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_KEPT:]
        lines = clean("".join(traceback.format_list(frames))).rstrip().splitlines()
        self.send(error_message(failure_of(error, traceback=lines)))

    def close(self) -> None:
        """Wait until the server has everything; ``with`` does it.

        What it has not after `patience` seconds is left for the next server of the state
        folder.

        Raises
        ------
        ServerUnreachable
            The server did not take everything, and the rest could not be left for it: it is on
            another machine, or the disk is full.
        Conflict
            It refused to: the run was deleted, say.
        """
        self._ready()
        done = self._publisher.close(self._patience)
        self._controls.end()
        if done:
            return
        if self._publisher.refused is not None:
            raise self._closed()
        if self._publisher.leave():
            log.warning("no server took the end of %s: it is left for the next", self.id)
            return
        msg = (
            f"The server at {self._server.url} did not take the end of {self.id} within "
            f"{self._patience:g} s; what it has not is lost"
        )
        raise ServerUnreachable(msg, url=self._server.url, backtest_id=self.id)

    # --- controls -------------------------------------------------------------------------

    @property
    def stopped(self) -> bool:
        """Whether a viewer has asked to stop, or the run was deleted: leave the block."""
        self._ready()
        return self._gate.stopped or self._publisher.refused is not None

    @property
    def paused(self) -> bool:
        """Whether a viewer has asked to stand still."""
        return self._gate.paused

    def wait_if_paused(self) -> bool:
        """Stand still while a viewer has paused the run; to be called at each step.

        Returns
        -------
        bool
            Whether to go on: False once a viewer has asked to stop.
        """
        if self._gate.open():
            return not self.stopped
        self.status("paused")
        while not self.stopped and not self._gate.open():
            self._gate.wait()
        if not self.stopped and not self.paused:
            self.status("running")
        return not self.stopped

    # --- inside ---------------------------------------------------------------------------

    def _urls(self) -> list[str]:
        found = [] if self._home is None else [one.url for one in servers.running(self._home)]
        return [self._server.url] + [url for url in found if url != self._server.url]

    def _ready(self) -> None:
        if not self._opened:
            msg = f"{self!r}: open it first, with it in a `with` statement or by open()"
            raise Conflict(msg, name=self._body["name"])

    def _closed(self) -> Conflict:
        why = self._publisher.refused or "it was completed"
        msg = f"Run {self.id} takes no more messages: {why}"
        return Conflict(msg, backtest_id=self.id, reason=why)

    def __repr__(self) -> str:
        if not self._opened:
            return f"<PublishedStream {self._body['name']!r}, not open>"
        return f"<PublishedStream {self.id}: {'ended' if self._ended else 'open'}>"
