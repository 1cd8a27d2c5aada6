"""The writing half of a WebSocket handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tornado.websocket import WebSocketClosedError, WebSocketHandler

from workbench_server.compression import SharedDeflateProtocol, wanted
from workbench_server.outlet import Outlet

if TYPE_CHECKING:
    from workbench_server.app import WorkbenchApp


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
    _outlet: Outlet | None = None

    def get_websocket_protocol(self) -> Any:
        """Use the protocol that shares compression."""
        protocol = super().get_websocket_protocol()
        return protocol and SharedDeflateProtocol(self, False, protocol.params)

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
        """Take the stream over for writing."""
        # Else a small message waits until the one before it is acknowledged, 40 ms and more.
        self.set_nodelay(True)
        connection = self.ws_connection
        if isinstance(connection, SharedDeflateProtocol):
            connection.outlet = self._outlet = Outlet(connection.stream)
            self.push = self._outlet.push  # type: ignore[method-assign]
        return super().open(*args, **kwargs)

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Start the closing handshake; nothing is written after it."""
        super().close(code, reason)
        if self._outlet is not None:
            self._outlet.end()

    def on_connection_close(self) -> None:
        """Note that the connection is gone."""
        if self._outlet is not None:
            self._outlet.end()
        super().on_connection_close()

    async def send(self, frames: bytes) -> None:
        """Write frames as one chunk and wait until the socket has taken it.

        Raises
        ------
        WebSocketClosedError
            The connection is gone.
        TooSlow
            The socket has taken nothing for `slow_after` seconds.
        """
        if self._outlet is None:
            raise WebSocketClosedError
        await self._outlet.send(frames, self.extensionapp.slow_after)

    def push(self, frames: bytes) -> int:
        """Write frames without waiting; see `Outlet.push`, which takes its place."""
        return 0

    @property
    def written(self) -> int:
        """Grows whenever the socket has taken something of what waits."""
        connection = self.ws_connection
        return 0 if connection is None else int(connection.stream._total_write_done_index)

    @property
    def unsent(self) -> int:
        """Bytes that were written and that the socket has not taken."""
        return 0 if self._outlet is None else self._outlet.unsent

    @property
    def behind(self) -> bool:
        """Whether the socket has not yet taken all that was written, or is gone."""
        return self._outlet is None or self._outlet.behind

    async def drained(self) -> None:
        """Wait until the socket has taken all that was written; raises as `send`."""
        if self._outlet is None:
            raise WebSocketClosedError
        await self._outlet.drained(self.extensionapp.slow_after)

    def write_soon(self, message: bytes) -> None:
        """Write one message without waiting; who does not read its answers is hung up on."""
        if self._outlet is not None:
            self._outlet.write_soon(message)

    def offer(self, message: bytes) -> None:
        """Write a message, unless the one offered before it still waits."""
        if self._outlet is not None:
            self._outlet.offer(message)
