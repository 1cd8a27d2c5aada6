"""Following a run from Python: through lost connections, without a gap or a double."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from workbench.client.discovery import Server
from workbench.errors import NotAllowed, NotFound, ServerUnreachable, WorkbenchError
from workbench.messages import AnyMessage, Connected, Error, Gap, decode

RETRY_S = (0.2, 5.0)
CLOSE_FINISHED = 1000
CLOSE_POLICY = 1008
CLOSE_NO_STREAM = 4404
MAX_MESSAGE_BYTES = 64 * 1024 * 1024


class Follower:
    """An iterator over a run's messages, from a position to the run's end.

    Lost connections are resumed from the last `seq`; a message is never yielded twice.

    Parameters
    ----------
    server, run_id
        What to follow.
    since, epoch
        Go on after this seq of that epoch.
    types
        Only these message types (`connected` and `gap` always come).
    columns
        Get the equity curve as column batches.
    patience
        Seconds to go on trying when the server does not answer.
    """

    def __init__(
        self,
        server: Server,
        run_id: str,
        *,
        since: int = 0,
        epoch: str | None = None,
        types: Sequence[str] | None = None,
        columns: bool = False,
        patience: float = 60.0,
    ) -> None:
        self._server = server
        self._run_id = run_id
        self._types = types
        self._columns = columns
        self._patience = patience
        self._closed = threading.Event()
        self._connection: ClientConnection | None = None
        self.seq = since
        self.epoch = epoch

    def __iter__(self) -> Iterator[AnyMessage]:
        for batch in self.batches(linger=0.0):
            yield from batch

    def batches(self, linger: float = 0.05) -> Iterator[list[AnyMessage]]:
        """Yield messages in lists: all that arrive within `linger` seconds of the first.

        Raises
        ------
        NotFound
            There is no such run.
        NotAllowed
            The token does not allow to read it.
        ServerUnreachable
            No server answered for `patience` seconds.
        """
        delay = RETRY_S[0]
        deadline = time.monotonic() + self._patience
        while not self._closed.is_set():
            try:
                with self._connect() as connection:
                    self._connection = connection
                    for batch in self._receive(connection, linger):
                        yield batch
                        delay, deadline = RETRY_S[0], time.monotonic() + self._patience
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else 1006
                if code == CLOSE_FINISHED:
                    return
                if code in (CLOSE_NO_STREAM, CLOSE_POLICY):
                    raise self._refusal(code) from None
            except InvalidStatus as refused:
                if refused.response.status_code == 403:
                    msg = f"The server at {self._server.url} does not let this token read"
                    raise NotAllowed(msg, url=self._server.url) from None
            except (OSError, WebSocketException, TimeoutError):
                pass
            if self._closed.is_set():
                return
            if time.monotonic() > deadline:
                msg = f"No server answers at {self._server.url}, tried {self._patience:.0f} s"
                raise ServerUnreachable(msg, url=self._server.url)
            self._closed.wait(delay * random.uniform(0.5, 1.0))
            delay = min(2 * delay, RETRY_S[1])

    def close(self) -> None:
        """End the iteration; may be called from another thread."""
        self._closed.set()
        if self._connection is not None:
            self._connection.close()

    def _connect(self) -> ClientConnection:
        query = {
            "since": self.seq or None,
            "epoch": self.epoch,
            "types": ",".join(self._types) if self._types else None,
            "format": "columns" if self._columns else None,
        }
        text = urlencode({name: value for name, value in query.items() if value is not None})
        address = self._server.url.replace("http", "ws", 1)
        headers = {"Authorization": f"token {self._server.token}"} if self._server.token else {}
        return connect(
            f"{address}api/ws/stream/backtest/{self._run_id}" + (f"?{text}" if text else ""),
            additional_headers=headers,
            compression=None,
            proxy=None,
            open_timeout=10,
            close_timeout=1,
            max_size=MAX_MESSAGE_BYTES,
        )

    def _receive(self, connection: ClientConnection, linger: float) -> Iterator[list[AnyMessage]]:
        self._refused: Error | None = None
        while True:
            batch = [self._take(connection.recv())]
            until = time.monotonic() + linger
            while linger and (left := until - time.monotonic()) > 0:
                try:
                    batch.append(self._take(connection.recv(timeout=left)))
                except TimeoutError:
                    break
                except ConnectionClosed:
                    yield [message for message in batch if message is not None]
                    raise
            chosen = [message for message in batch if message is not None]
            if chosen:
                yield chosen

    def _take(self, data: str | bytes) -> AnyMessage | None:
        message = decode(data)
        if isinstance(message, Connected):
            self.epoch = message.data.epoch
        elif isinstance(message, Gap):
            self.seq = 0
        elif isinstance(message.seq, int):
            if message.seq <= self.seq:
                return None
            self.seq = message.seq
        elif isinstance(message, Error):
            self._refused = message
        return message

    def _refusal(self, code: int) -> WorkbenchError:
        gone = f"The run {self._run_id} was deleted"
        told = self._refused.data.error if self._refused else gone
        details = self._refused.data.details if self._refused else {}
        return (NotFound if code == CLOSE_NO_STREAM else NotAllowed)(told, **details)
