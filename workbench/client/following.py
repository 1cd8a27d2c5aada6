"""What both kinds of stream share: their arguments, their requests, and when they come back."""

from __future__ import annotations

import ssl
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from websockets.exceptions import ConnectionClosed, InvalidStatus

from workbench.client.address import socket_options, stream_address
from workbench.client.checking import check_number, check_run_id
from workbench.client.comeback import Comeback
from workbench.client.reading import Reader
from workbench.client.server import Server, server_at
from workbench.client.wishes import HEARTBEAT_S, Wishes
from workbench.errors import Conflict, NotAllowed, NotFound, ServerUnreachable, WorkbenchError
from workbench.messages import AnyMessage, HeartbeatData, ReplayData

PATIENCE_S = 60.0
TRY_AGAIN = frozenset({408, 425, 429})


class Following:
    """Base of `Stream`, which documents the arguments, and of `AsyncStream`."""

    kind: ClassVar[str] = "backtest"
    """What is streamed, as its address says."""

    def __init__(
        self,
        server: Server,
        run_id: str,
        *,
        types: Sequence[str] | None = None,
        timeframes: Sequence[str] | None = None,
        columns: bool = False,
        max_rate: float | None = None,
        since: int = 0,
        epoch: str | None = None,
        from_now: bool = False,
        heartbeat: float | None = HEARTBEAT_S,
        patience: float = PATIENCE_S,
        replay: bool = False,
        speed: float | str | None = None,
    ) -> None:
        check_run_id(run_id)
        check_number("patience", patience, 0)
        wishes = Wishes(
            types=_texts(types),
            timeframes=_texts(timeframes),
            columns=columns,
            max_rate=max_rate,
            since=since,
            epoch=epoch,
            from_now=from_now,
            heartbeat=heartbeat,
            replay=replay,
            speed=speed,
        )
        self._server = server
        self._run_id = run_id
        self._patience = patience
        self._reader = self._reading(wishes)
        self._comeback = Comeback(patience)
        self._options = socket_options(server)
        self._ready: deque[AnyMessage] = deque()
        self._unsent: deque[bytes] = deque()
        self._consuming = threading.Lock()
        self._wait_s = 0.0
        self._done = False
        self._set_up()

    def _reading(self, wishes: Wishes) -> Reader:
        return Reader(self._run_id, wishes)

    def _set_up(self) -> None:
        """Make what the kind of stream needs beyond this."""

    @classmethod
    def connect(cls, run_id: str, *, url: str, token: str = "", **options: Any) -> Self:
        """Make one out of a server's base address (http, https, ws or wss) and a token.

        The token travels in a header. `options` are those of the class. Nothing is sent before
        the first message is asked for.

        Raises
        ------
        InvalidRequest
            The address is none, or carries a query or credentials; or another argument is wrong.
        """
        return cls(server_at(url, token), run_id, **options)

    @property
    def run_id(self) -> str:
        """The run that is followed."""
        return self._run_id

    @property
    def seq(self) -> int:
        """The furthest message read, 0 for none: with `epoch`, where another may go on."""
        return self._reader.seq

    @property
    def epoch(self) -> str | None:
        """Identity of the log; None before the first connection."""
        return self._reader.epoch

    @property
    def status(self) -> str | None:
        """The run's status as last told; None before the first connection."""
        return self._reader.status

    @property
    def heartbeat(self) -> HeartbeatData | None:
        """The server's last sign of life: where the log stands, and this reader's lag."""
        return self._reader.heartbeat

    @property
    def replaying(self) -> ReplayData | None:
        """Where the replay stands; None outside of one."""
        return self._reader.replaying

    @property
    def closed(self) -> bool:
        """Whether nothing more will come."""
        return self._done and not self._ready

    def __repr__(self) -> str:
        where = f"{self._run_id} on {self._server.url}"
        state = "closed" if self.closed else self.status or "not connected yet"
        return f"<{type(self).__name__} of {where}: {state}, seq {self.seq}>"

    def _address(self) -> str:
        return stream_address(self._server, self._run_id, self._reader.query(), self.kind)

    def _begin(self) -> None:
        """Begin to wait for messages; `_end` is to follow.

        Raises
        ------
        Conflict
            Another consumer waits for them.
        """
        if not self._consuming.acquire(blocking=False):
            raise self._shared()
        self._comeback.back()

    def _end(self) -> None:
        self._comeback.leave()
        self._consuming.release()

    def _shared(self) -> Conflict:
        msg = (
            f"The stream of {self._run_id} is read by another consumer: iterate over a stream "
            "from one thread or task, and open another stream for a second reader"
        )
        return Conflict(msg, run_id=self._run_id)

    def _over(self) -> bool:
        """Tell whether there is nothing to wait for: closed, or what is told is at its end."""
        return self._done or self._reader.paused_end or self._reader.over

    def _fed(self, data: bytes | str) -> bool:
        """Take in a frame; return whether the connection is still good.

        Raises
        ------
        ServerUnreachable
            It is not, and patience is over.
        """
        reader = self._reader
        self._ready.extend(reader.feed(data))
        if reader.told:
            self._comeback.healthy()
        if reader.broken:
            self._come_back("events were missing")
        return not reader.broken and reader.failure is None

    def _lost(self, error: Exception) -> None:
        """Take in why there is no connection; return to try again, or when the stream is done.

        Raises
        ------
        WorkbenchError
            It cannot be mended by trying again.
        """
        if isinstance(error, ConnectionClosed):
            self._ended(error)
        elif isinstance(error, InvalidStatus):
            self._refused(error)
        elif isinstance(error, ssl.SSLCertVerificationError):
            msg = f"The certificate of {self._server.url} is not trusted: {error.verify_message}"
            raise ServerUnreachable(msg, url=self._server.url) from None
        else:
            silent = isinstance(error, TimeoutError)
            self._come_back("nothing was heard of it" if silent else str(error))

    def _come_back(self, problem: str) -> None:
        """Note when to try again.

        Raises
        ------
        ServerUnreachable
            Patience is over.
        """
        delay = self._comeback.delay(self._reader.reconnect_s)
        self._reader.reconnect_s = None
        if delay is None:
            msg = (
                f"The server at {self._server.url} could not be read from for "
                f"{self._patience:g} s: {problem}"
            )
            raise ServerUnreachable(msg, url=self._server.url)
        self._wait_s = delay

    def _ended(self, closed: ConnectionClosed) -> None:
        code, reason = 1006, ""
        if closed.rcvd is not None:
            code, reason = closed.rcvd.code, closed.rcvd.reason
        if self._reader.closed(code, reason):
            self._come_back(f"it closed the connection with {code} {reason}".rstrip())
        else:
            self._done = True

    def _refused(self, refused: InvalidStatus) -> None:
        status = refused.response.status_code
        if status in (401, 403):
            msg = f"The server at {self._server.url} does not let this token read"
            raise NotAllowed(msg, url=self._server.url) from None
        if status == 404:
            msg = f"There is no workbench at {self._server.url}, or it has no such route"
            raise NotFound(msg, url=self._server.url) from None
        if 400 <= status < 500 and status not in TRY_AGAIN:
            msg = f"The server at {self._server.url} refuses the connection with HTTP {status}"
            raise WorkbenchError(msg, url=self._server.url, status=status) from None
        self._come_back(f"it answers with HTTP {status}")


def _texts(given: Sequence[str] | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    return (given,) if isinstance(given, str) else tuple(given)
