"""Follows a stream in a thread and tells what changed, now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from workbench.errors import NotFound, WorkbenchError
from workbench.widgets.fold import RunFold
from workbench.widgets.source import Message, RunSource

INTERVAL_S = 0.25
CANDLES_KEPT = 500


class Fold(Protocol):
    """What is made of the messages of a stream."""

    status: str

    def apply(self, message: Message) -> None:
        """Take one message."""
        ...


F = TypeVar("F", bound=Fold)


class StreamFollower(Generic[F]):
    """Keeps a fold up to date.

    Parameters
    ----------
    source
        Where the messages come from.
    fold
        What is made of them.
    changed
        Called from the thread with the fold: at once when its status changes, else at most once
        per `interval`.
    interval
        Seconds between two calls of `changed`.
    clock
        Seconds, monotonic.

    Attributes
    ----------
    failure
        Why the follower ended early, or None. It cannot be raised: nobody waits for a thread.
    """

    def __init__(
        self,
        source: RunSource,
        fold: F,
        changed: Callable[[F], None],
        interval: float = INTERVAL_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._fold = fold
        self._changed = changed
        self._interval = interval
        self._clock = clock
        self._stopped = threading.Event()
        self.failure: Exception | None = None
        self._heard = False
        self._thread = threading.Thread(target=self._run, name="workbench-view", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Follow no more. The thread ends with the batch it waits for."""
        self._stopped.set()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the thread has ended; return whether it has."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._follow()
        except NotFound as error:
            self.failure = error
            if self._heard:
                self._fold.status = "deleted"
        except (WorkbenchError, OSError) as error:
            self.failure = error
        if not self._stopped.is_set():
            self._changed(self._fold)
            self._ended()

    def _ended(self) -> None:
        """Do what is to be done once the stream is over."""

    def _follow(self) -> None:
        fold = self._fold
        told, last = fold.status, -self._interval
        for batch in self._source.messages(0, None):
            if self._stopped.is_set():
                return
            self._heard = True
            for message in batch:
                fold.apply(message)
            now = self._clock()
            if fold.status != told or now - last >= self._interval:
                told, last = fold.status, now
                self._changed(fold)


class Follower(StreamFollower[RunFold]):
    """Keeps a `RunFold` up to date.

    Parameters
    ----------
    source, changed, interval, clock
        See `StreamFollower`.
    finished
        Called from the thread with the snapshot, once, when the run is over.
    """

    def __init__(
        self,
        source: RunSource,
        changed: Callable[[RunFold], None],
        finished: Callable[[dict[str, Any]], None],
        interval: float = INTERVAL_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(source, RunFold(), changed, interval, clock)
        self._finished = finished

    def _ended(self) -> None:
        fold = self._fold
        if fold.over:
            candles = None if fold.sweep.rows else self._candles()
            self._finished(fold.snapshot(candles, self._about()))

    def _candles(self) -> dict[str, Any] | None:
        try:
            return self._source.get("candles", {"max_points": CANDLES_KEPT})
        except (WorkbenchError, OSError) as error:
            self.failure = error
            return None

    def _about(self) -> dict[str, Any] | None:
        try:
            return self._source.get("", {})
        except (WorkbenchError, OSError):
            # A program's own source may know nothing but its stream: its names are no loss.
            return None
