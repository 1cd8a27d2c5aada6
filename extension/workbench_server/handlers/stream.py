"""`ws …/api/ws/stream/backtest/{id}`: a run's story, from the start or a position."""

from __future__ import annotations

import asyncio

import msgspec
from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.utils import ensure_async
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError

from workbench.errors import (
    InvalidRequest,
    LogDamaged,
    NotAllowed,
    NotFound,
    RateLimited,
    TooManyConnections,
    WorkbenchError,
)
from workbench.messages import (
    ClientMessage,
    ControlRequest,
    Ping,
    Pong,
    decode_request,
    encode,
    error_message,
    utc_now,
)
from workbench.runs.spoken import attempted, explained
from workbench.streams import StreamQuery
from workbench.streams.query import once
from workbench_server.closing import (
    CLOSE_DAMAGED,
    CLOSE_FAILED,
    CLOSE_NO_STREAM,
    CLOSE_POLICY,
    CLOSE_TRY_LATER,
)
from workbench_server.handlers.base import RESOURCE
from workbench_server.handlers.refusing import asker
from workbench_server.handlers.sockets import SocketHandler
from workbench_server.limits import Inbound, Verdict
from workbench_server.liveness import shutdown_message

MAX_MESSAGE_BYTES = 64 * 1024
BAD_MESSAGES_ALLOWED = 20


class BacktestStreamHandler(SocketHandler):
    """One subscriber of a backtest."""

    max_message_size = MAX_MESSAGE_BYTES
    shared = True

    @ws_authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Upgrade to a WebSocket."""
        await super().get(run_id=run_id)

    def open(self, run_id: str) -> None:
        """Start sending."""
        super().open()
        self._run_id = run_id
        self._bad = 0
        app = self.extensionapp
        loop = asyncio.get_running_loop()
        self._inbound = Inbound(app.message_rate, app.message_burst, loop.time())
        limit = app.places.take(run_id)
        self._placed = limit is None
        if limit is None:
            self._task = loop.create_task(self._serve())
        else:
            msg = f"There are {limit} subscribers already, no more are taken; try again later"
            self._end(TooManyConnections(msg, allowed=limit), CLOSE_TRY_LATER, "too many")

    async def _serve(self) -> None:
        try:
            once(self.request.query_arguments)
            given = {name: self.get_query_argument(name) for name in self.request.query_arguments}
            await self.extensionapp.manager.serve(self, self._run_id, StreamQuery.parse(given))
        except NotFound as error:
            self._end(error, CLOSE_NO_STREAM, "no such stream")
        except InvalidRequest as error:
            self._end(error, CLOSE_POLICY, "bad parameter")
        except LogDamaged as error:
            self.log.error("%s", error)
            self._end(error, CLOSE_DAMAGED, "log damaged")
        except HTTPError as error:
            wrong = InvalidRequest(str(error.log_message), field=None, value=None, allowed="UTF-8")
            self._end(wrong, CLOSE_POLICY, "bad parameter")
        except (WebSocketClosedError, asyncio.CancelledError):
            pass
        except Exception:
            self.log.exception("stream of %s failed", self._run_id)
            self.close(CLOSE_FAILED, "internal error")

    async def on_message(self, message: str | bytes) -> None:
        """Answer a ping, pass a control on, or say what is wrong."""
        if not self._admit():
            return
        try:
            try:
                request = _request(message)
            except InvalidRequest as error:
                await self._show(message, error)
                raise
            if isinstance(request, Ping):
                self.write_soon(encode(Pong(utc_now(), data={})))
            else:
                await self._control(request)
        except WorkbenchError as error:
            self._bad += 1
            self._refuse(error)
            if self._bad > BAD_MESSAGES_ALLOWED:
                self.close(CLOSE_POLICY, "too many bad messages")

    def on_ping(self, data: bytes) -> None:
        """Count pings with the messages; Tornado answers them."""
        self._admit()

    def on_unasked_pong(self) -> None:
        """Count pongs that nobody asked for with the messages."""
        self._admit()

    def on_close(self) -> None:
        """Stop sending."""
        super().on_close()
        if hasattr(self, "_task"):
            self._task.cancel()
        if getattr(self, "_placed", False):
            self.extensionapp.places.free(self._run_id)

    def go_away(self) -> None:
        """Say when to come back, and close because the server goes."""
        self.write_soon(shutdown_message())
        super().go_away()

    def _admit(self) -> bool:
        verdict = self._inbound.judge(asyncio.get_running_loop().time())
        if verdict is Verdict.ACCEPT:
            return True
        app = self.extensionapp
        msg = f"More than {app.message_rate:g} messages a second: this one was not read"
        error = RateLimited(msg, allowed=f"{app.message_rate:g} a second")
        if verdict is Verdict.TELL:
            self._refuse(error)
        else:
            app.manager.counters.refused[error.code] += 1
        if verdict is Verdict.CLOSE:
            self.close(CLOSE_POLICY, "too many messages")
        return False

    def _refuse(self, error: WorkbenchError) -> None:
        self.extensionapp.manager.counters.refused[error.code] += 1
        self.write_soon(encode(error_message(error)))

    def _end(self, error: WorkbenchError, code: int, reason: str) -> None:
        self._refuse(error)
        self.close(code, reason)

    async def _control(self, request: ControlRequest) -> None:
        replay = self.extensionapp.manager.replays.of(self)
        if replay is not None:
            replay.ask(request)
            return
        await self._check_right(request)
        self.service.control(self._run_id, request, asker(self.current_user))

    async def _check_right(self, request: ControlRequest) -> None:
        """Refuse who may only read, before all."""
        allowed = await ensure_async(
            self.authorizer.is_authorized(self, self.current_user, "execute", RESOURCE)
        )
        if not allowed:
            action = request.action[:40]
            msg = f"You may read this stream, but not control the run ({action})"
            error = NotAllowed(msg, field="action", value=action)
            self._show_refused(request, error)
            raise error

    async def _show(self, message: str | bytes, error: InvalidRequest) -> None:
        """Show in the stream a control that could be read in part only."""
        tried = attempted(message)
        if tried is not None and self.extensionapp.manager.replays.of(self) is None:
            await self._check_right(tried)
            self._show_refused(tried, error)

    def _show_refused(self, request: ControlRequest, error: WorkbenchError) -> None:
        by = asker(self.current_user)
        self.service.controller.refuse(self._run_id, request, error, by)


def _request(message: str | bytes) -> ClientMessage:
    if isinstance(message, bytes):
        msg = "Binary message, expected JSON text"
        raise InvalidRequest(msg, allowed=["ping", "control"])
    try:
        return decode_request(message)
    except (msgspec.DecodeError, RecursionError) as error:
        if attempted(message) is not None:
            raise explained(error) from error
        msg = f"Message not understood: {error}"
        raise InvalidRequest(msg, allowed=["ping", "control"]) from error
