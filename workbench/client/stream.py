"""A run's stream as a plain iterator: for scripts, kernels and threads."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_socket

from workbench.client.controls import Controls
from workbench.client.following import Following
from workbench.errors import Conflict, WorkbenchError
from workbench.messages import AnyMessage, ControlRequest, Ping

BATCH_MESSAGES = 1000


class Stream(Following, Controls[None]):
    """The messages of a run, from a position to its end, as an iterator.

    Lost connections are resumed where they broke off; nothing is told twice, and what is missing
    is found: events are numbered without gaps, and the last message proves the trades. A replay
    ends the iteration where it ends; after a `seek`, which plays on from there, iterate again.

    One thread iterates, a second one gets `Conflict`; any may call the other methods.
    Nothing is sent before the first message is asked for.

    Parameters
    ----------
    server, run_id
        What to follow.
    types
        Only these message types; those of the connection itself (`connected`, `gap`) always come.
    timeframes
        Of a market: only what is about candles of these; what is not about candles comes too.
    columns
        Get the equity curve as `equity_columns`, many points a message.
    max_rate
        Be written to at most so many times a second; states and the curve are merged then.
    since, epoch
        Go on after this seq of that epoch.
    from_now
        Skip what is there.
    heartbeat
        Seconds between the server's signs of life; after three without any message, the
        connection counts as dead and another is opened. None for none: then a connection that dies
        without a word is not noticed.
    patience
        Seconds to go on trying while no server answers, from the first failure on; time in which
        nobody waits for messages does not count.
    replay
        Play a finished run again, on this connection alone.
    speed
        Pace of the replay: 100 (candles a second), ``"3600x"`` (multiples of market time); None
        is as fast as possible.

    Raises
    ------
    NotFound
        There is no such run, or it was deleted.
    NotAllowed
        The token does not allow to read it.
    InvalidRequest
        A wish is not understood.
    Conflict
        Two consumers iterate at once; the stream goes on for the first.
    LogDamaged
        The server cannot read its log any more.
    StreamCorrupted
        Events are missing, also when asked for again; or the trades are not those of the run.
    ServerUnreachable
        No server could be read from for `patience` seconds.
    """

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> AnyMessage:
        if not self._ready and not self._more():
            raise StopIteration
        try:
            return self._ready.popleft()
        except IndexError:
            raise self._shared() from None

    def batches(self) -> Iterator[list[AnyMessage]]:
        """Iterate over lists of the messages that have come together."""
        while self._more(drain=True):
            batch = list(self._ready)
            self._ready.clear()
            yield batch

    def close(self) -> None:
        """End the iteration, in whichever thread it goes on."""
        self._done = True
        self._stopped.set()
        self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # A connection has a thread of its own, which would go on for ever.
        if hasattr(self, "_stopped"):
            self._drop()

    def _set_up(self) -> None:
        self._connection: ClientConnection | None = None
        self._sending = threading.Lock()
        self._stopped = threading.Event()

    def _more(self, *, drain: bool = False) -> bool:
        """Wait until there are messages; False when none will come."""
        self._begin()
        try:
            while not self._ready:
                if self._reader.failure is not None:
                    raise self._reader.failure
                if self._over():
                    if self._reader.over:
                        self.close()
                    return False
                if self._wait_s:
                    wait, self._wait_s = self._wait_s, 0.0
                    self._stopped.wait(wait)
                else:
                    self._read(drain)
        except WorkbenchError:
            self.close()
            raise
        finally:
            self._end()
        return True

    def _read(self, drain: bool) -> None:
        try:
            connection = self._connection or self._open()
            good = self._fed(connection.recv(self._reader.silence_s, decode=False))
            with contextlib.suppress(TimeoutError, ConnectionClosed):
                while drain and good and len(self._ready) < BATCH_MESSAGES:
                    good = self._fed(connection.recv(0, decode=False))
            if not good:
                self._drop()
        except (OSError, WebSocketException) as error:
            try:
                if not self._done:
                    self._lost(error)
            finally:
                self._drop()

    def _open(self) -> ClientConnection:
        # `connect` wants to be a context manager; this one's end is `_drop`.
        entered = contextlib.ExitStack()
        connection: ClientConnection = entered.enter_context(
            open_socket(self._address(), **self._options)
        )
        with self._sending:
            self._unsent.extendleft(reversed(self._reader.opened()))
            self._connection = connection
            self._flush(connection)
        if self._done:
            self._drop()
        return connection

    def _drop(self) -> None:
        with self._sending:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _ask(self, request: ControlRequest | Ping) -> None:
        if self._done:
            msg = f"The stream of {self._run_id} is closed: nothing can be asked of it"
            raise Conflict(msg, value=getattr(request, "action", "ping"))
        with self._sending:
            self._unsent.extend(self._reader.ask(request))
            if self._connection is not None:
                self._flush(self._connection)

    def _flush(self, connection: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            while self._unsent:
                connection.send(self._unsent[0], text=True)
                self._unsent.popleft()
