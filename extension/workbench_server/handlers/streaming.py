"""What all streams have in common for a subscriber: positions, filters, limits, pings, ends."""

from __future__ import annotations

import asyncio

import msgspec
from jupyter_server.auth.decorator import authorized, ws_authenticated
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError

from workbench.errors import (
    InvalidRequest,
    LogDamaged,
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
from workbench.streams.query import PARAMETERS, once
from workbench_server.closing import (
    CLOSE_DAMAGED,
    CLOSE_FAILED,
    CLOSE_NO_STREAM,
    CLOSE_POLICY,
    CLOSE_TRY_LATER,
)
from workbench_server.handlers.sockets import SocketHandler
from workbench_server.limits import Inbound, Verdict
from workbench_server.liveness import shutdown_message
from workbench_server.subjects import Subject

MAX_MESSAGE_BYTES = 64 * 1024
BAD_MESSAGES_ALLOWED = 20


class StreamHandler(SocketHandler):
    """Base of the handlers of streams: one subscriber."""

    max_message_size = MAX_MESSAGE_BYTES
    shared = True
    parameters = PARAMETERS

    def named(self, asked: str) -> str:
        """Return the name of the stream that is asked for."""
        return asked

    async def subject(self) -> Subject:
        """Return what the stream is about.

        Raises
        ------
        NotFound
            There is no such stream.
        """
        raise NotImplementedError

    def joined(self, subject: Subject) -> Subject:
        """Note the subscriber, whose wishes are right; return what the stream is about now.

        Raises
        ------
        TooManyConnections
            There is no room.
        """
        return subject

    async def control(self, request: ControlRequest) -> None:
        """Do what a subscriber asks for.

        Raises
        ------
        WorkbenchError
            It cannot be done.
        """
        raise NotImplementedError

    async def misread(self, message: str | bytes, error: InvalidRequest) -> None:
        """Take note of a message that could not be understood."""

    def query(self, given: dict[str, str], subject: Subject) -> StreamQuery:
        """Return what the subscriber wants.

        Raises
        ------
        InvalidRequest
            A parameter is wrong.
        """
        return StreamQuery.parse(given)

    @ws_authenticated
    @authorized
    async def get(self, **path: str) -> None:
        """Upgrade to a WebSocket."""
        await super().get(**path)

    def open(self, **path: str) -> None:
        """Start sending."""
        super().open()
        self.stream_name = self.named("".join(path.values()))
        self._bad = 0
        app = self.extensionapp
        loop = asyncio.get_running_loop()
        self._inbound = Inbound(app.message_rate, app.message_burst, loop.time())
        limit = app.places.take(self.stream_name)
        self._placed = limit is None
        if limit is None:
            self._task = loop.create_task(self._serve())
        else:
            msg = f"There are {limit} subscribers already, no more are taken; try again later"
            self._end(TooManyConnections(msg, allowed=limit), CLOSE_TRY_LATER, "too many")

    async def _serve(self) -> None:
        try:
            once(self.request.query_arguments, self.parameters)
            given = {name: self.get_query_argument(name) for name in self.request.query_arguments}
            subject = await self.subject()
            query = self.query(given, subject)
            await self.extensionapp.manager.serve(self, self.joined(subject), query)
        except NotFound as error:
            self._end(error, CLOSE_NO_STREAM, "no such stream")
        except TooManyConnections as error:
            self._end(error, CLOSE_TRY_LATER, "too many")
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
            self.log.exception("stream of %s failed", self.stream_name)
            self.close(CLOSE_FAILED, "internal error")

    async def on_message(self, message: str | bytes) -> None:
        """Answer a ping, pass a control on, or say what is wrong."""
        if not self._admit():
            return
        try:
            try:
                request = _request(message)
            except InvalidRequest as error:
                await self.misread(message, error)
                raise
            if isinstance(request, Ping):
                self.write_soon(encode(Pong(utc_now(), data={})))
            else:
                await self.control(request)
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
            self.extensionapp.places.free(self.stream_name)

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


def _request(message: str | bytes) -> ClientMessage:
    if isinstance(message, bytes):
        msg = "Binary message, expected JSON text"
        raise InvalidRequest(msg, allowed=["ping", "control"])
    try:
        return decode_request(message)
    except (msgspec.DecodeError, RecursionError) as error:
        if attempted(message) is not None:
            raise explained(error, message) from error
        msg = f"Message not understood: {error}"
        raise InvalidRequest(msg, allowed=["ping", "control"]) from error
