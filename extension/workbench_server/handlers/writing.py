"""The writing half of a WebSocket: whole chunks, straight to the socket, with patience."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tornado.iostream import IOStream, StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from workbench_server.compression import SharedDeflateProtocol, wanted
from workbench_server.framing import text_frame
from workbench_server.reader import TooSlow

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench_server.app import WorkbenchApp

MAX_WAITING_BYTES = 1024 * 1024
"""So much may wait for a socket in answers to what the client itself sends."""


class Writing(WebSocketHandler):
    """Base of WebSocket handlers that write frames made elsewhere.

    Attributes
    ----------
    shared
        All readers of the stream are told the same public things, so their frames may come out
        of one compression context. Others get no compression.
    """

    extensionapp: WorkbenchApp
    shared = False
    _socket_send: Callable[[bytes], int] | None = None

    def get_websocket_protocol(self) -> Any:
        """Use the protocol that shares compression."""
        protocol = super().get_websocket_protocol()
        if protocol is None:
            return None
        return SharedDeflateProtocol(self, False, protocol.params)

    def get_compression_options(self) -> dict[str, Any] | None:
        """Accept compression where contexts may be shared and configuration wants it."""
        if self.shared and wanted(self.extensionapp.compression, self.request):
            return {}
        return None

    @property
    def deflate(self) -> bool:
        """Whether permessage-deflate was agreed on."""
        connection = self.ws_connection
        return isinstance(connection, SharedDeflateProtocol) and connection.deflate

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Look at the stream: on TLS the socket itself is no place to write to."""
        if self.ws_connection is not None:
            stream = self.ws_connection.stream
            if type(stream) is IOStream:
                self._socket_send = stream.socket.send
        return super().open(*args, **kwargs)

    async def send(self, frames: bytes) -> None:
        """Write frames as one chunk and wait until the socket has taken it.

        Raises
        ------
        WebSocketClosedError
            The connection is gone.
        TooSlow
            The socket has taken nothing for too long.
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
        taken = 0
        # Nearly always the socket takes all at once, at half the cost of a buffered write.
        if self._socket_send is not None:
            try:
                taken = self._socket_send(frames)
            except OSError:
                taken = 0  # Full, or broken: the stream finds out which.
            if taken == len(frames):
                return True
        stream.write(memoryview(frames)[taken:]).add_done_callback(asyncio.Future.exception)
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
        TooSlow
            The socket has taken nothing for `slow_after` seconds.
        """
        loop = asyncio.get_running_loop()
        taken, since = -1, loop.time()
        while self.behind:
            connection = self.ws_connection
            if connection is None:
                raise WebSocketClosedError
            stream = connection.stream
            patience = self.extensionapp.slow_after
            if stream._total_write_done_index != taken:
                taken, since = stream._total_write_done_index, loop.time()
            elif loop.time() - since >= patience:
                raise TooSlow
            try:
                async with asyncio.timeout(patience / 4):
                    await stream.write(b"")
            except TimeoutError:
                continue
            except StreamClosedError:
                raise WebSocketClosedError from None

    def write_soon(self, message: bytes) -> None:
        """Write one message without waiting; who does not read its answers is hung up on."""
        connection = self.ws_connection
        if connection is None or connection.stream.closed():
            return
        stream = connection.stream
        if stream._total_write_index - stream._total_write_done_index > MAX_WAITING_BYTES:
            stream.close()
            return
        stream.write(text_frame(message)).add_done_callback(asyncio.Future.exception)
