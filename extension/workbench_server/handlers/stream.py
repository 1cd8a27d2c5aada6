"""`ws …/api/ws/stream/backtest/{id}`: a run's story, from the start or a position."""

from __future__ import annotations

import asyncio

import msgspec
from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.utils import ensure_async
from tornado.websocket import WebSocketClosedError

from workbench.errors import InvalidRequest, NotAllowed, NotFound, WorkbenchError
from workbench.messages import (
    ControlRequest,
    Ping,
    Pong,
    decode_request,
    encode,
    error_message,
    utc_now,
)
from workbench.streams import StreamQuery
from workbench_server.handlers.base import RESOURCE
from workbench_server.handlers.sockets import SocketHandler
from workbench_server.manager import CLOSE_NO_STREAM, CLOSE_POLICY

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
        self._task = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        try:
            given = {name: self.get_query_argument(name) for name in self.request.query_arguments}
            await self.extensionapp.manager.serve(self, self._run_id, StreamQuery.parse(given))
        except NotFound as error:
            self.write_soon(encode(error_message(error)))
            self.close(CLOSE_NO_STREAM, "no such stream")
        except InvalidRequest as error:
            self.write_soon(encode(error_message(error)))
            self.close(CLOSE_POLICY, "bad parameter")
        except (WebSocketClosedError, asyncio.CancelledError):
            pass
        except Exception:
            self.log.exception("stream of %s failed", self._run_id)
            self.close(1011, "internal error")

    async def on_message(self, message: str | bytes) -> None:
        """Answer a ping, pass a control on, or say what is wrong."""
        try:
            if isinstance(message, bytes):
                msg = "Binary message, expected JSON text"
                raise InvalidRequest(msg, allowed=["ping", "control"])
            try:
                request = decode_request(message)
            except msgspec.DecodeError as error:
                msg = f"Message not understood: {error}"
                raise InvalidRequest(msg, allowed=["ping", "control"]) from error
            if isinstance(request, Ping):
                self.write_soon(encode(Pong(utc_now(), data={})))
                return
            await self._control(request)
        except WorkbenchError as error:
            self._bad += 1
            self.write_soon(encode(error_message(error)))
            if self._bad > BAD_MESSAGES_ALLOWED:
                self.close(CLOSE_POLICY, "too many bad messages")

    def on_close(self) -> None:
        """Stop sending."""
        if hasattr(self, "_task"):
            self._task.cancel()

    async def _control(self, request: ControlRequest) -> None:
        replay = self.extensionapp.manager.replays.of(self)
        if replay is not None:
            replay.ask(request)
            return
        allowed = await ensure_async(
            self.authorizer.is_authorized(self, self.current_user, "execute", RESOURCE)
        )
        if not allowed:
            msg = f"You may read this stream, but not {request.action} the run"
            raise NotAllowed(msg, field="action", value=request.action)
        self.service.control(self._run_id, request.action, request.value)
