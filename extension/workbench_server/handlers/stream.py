"""`ws …/api/ws/stream/backtest/{id}`: a run's story, from the start or a position."""

from __future__ import annotations

import asyncio

import msgspec
from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.utils import ensure_async
from tornado.websocket import WebSocketClosedError

from workbench.errors import InvalidRequest, NotAllowed, NotFound, WorkbenchError
from workbench.messages import Pong, encode, error_message, utc_now
from workbench.streams import Subscription
from workbench_server.handlers.base import RESOURCE
from workbench_server.handlers.sockets import SocketHandler
from workbench_server.manager import CLOSE_NO_STREAM, CLOSE_POLICY, Position

MAX_MESSAGE_BYTES = 64 * 1024
BAD_MESSAGES_ALLOWED = 20


class Ping(msgspec.Struct, frozen=True, tag_field="type", tag="ping"):
    """Answered by `pong`."""

    data: object = None


class ControlRequest(msgspec.Struct, frozen=True, tag_field="type", tag="control"):
    """Pause, resume, step, speed or stop."""

    action: str
    value: float | None = None


_client_messages: msgspec.json.Decoder[Ping | ControlRequest] = msgspec.json.Decoder(
    Ping | ControlRequest
)


class BacktestStreamHandler(SocketHandler):
    """One subscriber of a backtest."""

    max_message_size = MAX_MESSAGE_BYTES

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
            subscription = Subscription.parse(
                self.get_query_argument("types", None), self.get_query_argument("format", None)
            )
            await self.extensionapp.manager.serve(
                self, self._run_id, subscription, self._position()
            )
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
                request = _client_messages.decode(message)
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
        allowed = await ensure_async(
            self.authorizer.is_authorized(self, self.current_user, "execute", RESOURCE)
        )
        if not allowed:
            msg = f"You may read this stream, but not {request.action} the run"
            raise NotAllowed(msg, field="action", value=request.action)
        self.service.control(self._run_id, request.action, request.value)

    def _position(self) -> Position:
        text = self.get_query_argument("since", "0")
        start = self.get_query_argument("from", "start")
        if not text.isdecimal():
            msg = f"since is {text!r}, expected a seq, 0 or more"
            raise InvalidRequest(msg, field="since", value=text, allowed="0 or more")
        if start not in ("start", "now"):
            msg = f"from is {start!r}, expected start or now"
            raise InvalidRequest(msg, field="from", value=start, allowed=["start", "now"])
        return Position(int(text), self.get_query_argument("epoch", None), now=start == "now")
