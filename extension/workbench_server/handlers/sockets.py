"""What the WebSocket handlers share: Jupyter's rules of access, and writing whole chunks."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado.iostream import IOStream, StreamClosedError
from tornado.websocket import WebSocketClosedError

from workbench_server.framing import text_frame
from workbench_server.handlers.base import RESOURCE, foreign_origin
from workbench_server.handlers.watched import WatchedSocket

if TYPE_CHECKING:
    from workbench.runs.service import RunService
    from workbench_server.app import WorkbenchApp


class SocketHandler(ExtensionHandlerMixin, WatchedSocket, JupyterHandler):
    """Base of the WebSocket handlers."""

    auth_resource = RESOURCE
    extensionapp: WorkbenchApp

    @property
    def service(self) -> RunService:
        """The runs."""
        return self.extensionapp.service

    def check_origin(self, origin: str | None = None) -> bool:
        """Without authentication, no other page may connect; else Jupyter's rule."""
        if self.extensionapp.insecure_no_auth:
            return not foreign_origin(self.request)
        return bool(super().check_origin(origin))

    def get_compression_options(self) -> None:
        """Decline compression: frames are made once and shared."""

    def set_default_headers(self) -> None:
        """Leave out headers that mean nothing on a WebSocket."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Refuse in a line instead of a page."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code} {self._reason}\n")

    async def send(self, frames: bytes) -> None:
        """Write frames as one chunk and wait until the socket has taken it.

        Raises
        ------
        WebSocketClosedError
            The connection is gone.
        """
        if not self.push(frames):
            await self.drained()
            self.push(frames)
        await self.drained()

    def push(self, frames: bytes) -> bool:
        """Write frames without waiting; False, and nothing written, if others still wait."""
        connection = self.ws_connection
        if connection is None:
            return False
        stream = connection.stream
        if stream.closed() or stream.writing():
            return False
        self.written += 1
        rest = memoryview(frames)
        # Nearly always the socket takes all at once, at half the cost of a buffered write.
        if type(stream) is IOStream:
            with contextlib.suppress(OSError):
                rest = rest[stream.socket.send(rest) :]
        if rest:
            stream.write(rest).add_done_callback(asyncio.Future.exception)
        return True

    @property
    def behind(self) -> bool:
        """Whether the socket has not yet taken all that was written, or is gone."""
        connection = self.ws_connection
        return connection is None or connection.stream.closed() or connection.stream.writing()

    async def drained(self) -> None:
        """Wait until the socket has taken all that was written.

        Raises
        ------
        WebSocketClosedError
            The connection is gone.
        """
        if not self.behind:
            return
        connection = self.ws_connection
        if connection is None:
            raise WebSocketClosedError
        try:
            await connection.stream.write(b"")
        except StreamClosedError:
            raise WebSocketClosedError from None

    def write_soon(self, message: bytes) -> None:
        """Write one message without waiting."""
        connection = self.ws_connection
        if connection is not None and not connection.stream.closed():
            with contextlib.suppress(StreamClosedError):
                connection.stream.write(text_frame(message))
