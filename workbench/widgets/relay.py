"""Hands a stream on through the widget's comm, for pages that cannot reach the server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from workbench.errors import NotAllowed, NotFound, WorkbenchError
from workbench.widgets.columns import merge_equity
from workbench.widgets.source import Message, RunSource

INTERVAL_S = 0.1
"""Least time between two messages on the comm; Jupyter drops those above 1000 a second."""


class Relay:
    """Reads the source in one thread and sends batches from another.

    Parameters
    ----------
    source
        Where the messages come from.
    send
        Sends one message on the comm; called from a thread.
    interval
        Seconds between two batches.
    """

    def __init__(
        self,
        source: RunSource,
        send: Callable[[dict[str, Any]], None],
        interval: float = INTERVAL_S,
    ) -> None:
        self._source = source
        self._send = send
        self._interval = interval
        self._lock = threading.Lock()
        self._pump: _Pump | None = None

    def start(self, since: int, epoch: str | None) -> None:
        """Send what comes after `since`, and go on until the stream ends.

        Every page that shows the widget hears all batches, and drops what it knows already. So
        when two ask, the pump starts again from the earlier position.
        """
        with self._lock:
            old = self._pump
            if old is not None:
                old.stop()
                if old.running and old.epoch in (None, epoch):
                    since = min(since, old.position)
            self._pump = _Pump(self._source, self._send, self._interval, since, epoch)

    def stop(self) -> None:
        """Send no more."""
        with self._lock:
            if self._pump is not None:
                self._pump.stop()
                self._pump = None


class _Pump:
    def __init__(
        self,
        source: RunSource,
        send: Callable[[dict[str, Any]], None],
        interval: float,
        since: int,
        epoch: str | None,
    ) -> None:
        self._source = source
        self._send = send
        self._interval = interval
        self._waiting: list[Message] = []
        self._end: dict[str, Any] | None = None
        self._news = threading.Condition()
        self._sending = threading.Lock()
        self._stopped = threading.Event()
        self.position = since
        self.epoch = epoch
        for target in (self._read, self._write):
            threading.Thread(target=target, name="workbench-relay", daemon=True).start()

    @property
    def running(self) -> bool:
        return self._end is None

    def stop(self) -> None:
        # Once this returns nothing more is sent: what a next pump sends is not overtaken.
        with self._sending:
            self._stopped.set()
        with self._news:
            self._news.notify_all()

    def _read(self) -> None:
        end: dict[str, Any] = {"kind": "state", "state": "finished"}
        known = self.epoch is not None
        try:
            for batch in self._source.messages(self.position, self.epoch):
                if self._stopped.is_set():
                    return
                known = True
                with self._news:
                    self._waiting += batch
                    self._news.notify_all()
        except NotFound as error:
            state = "deleted" if known else "failed"
            end = {"kind": "state", "state": state, "reason": str(error)}
        except NotAllowed as error:
            end = {"kind": "state", "state": "failed", "reason": str(error)}
        except (WorkbenchError, OSError) as error:
            end = {"kind": "state", "state": "lost", "reason": str(error)}
        with self._news:
            self._end = end
            self._news.notify_all()

    def _write(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(
                    lambda: self._waiting or self._end is not None or self._stopped.is_set()
                )
                batch, self._waiting, end = self._waiting, [], self._end
            with self._sending:
                if self._stopped.is_set():
                    return
                if batch:
                    self._note(batch)
                    self._send({"kind": "messages", "batch": merge_equity(batch)})
                if end is not None:
                    self._send(end)
                    return
            self._stopped.wait(self._interval)

    def _note(self, batch: list[Message]) -> None:
        for message in batch:
            if message["type"] in ("connected", "gap"):
                self.epoch = message["data"].get("epoch", self.epoch)
            if message["type"] == "gap":
                self.position = 0
            self.position = max(self.position, message.get("seq", 0))
