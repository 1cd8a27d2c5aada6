"""How a connection is watched, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from jupyter_server.base.websocket import WebSocketMixin
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from workbench_server.closing import CLOSE_DEAD, CLOSE_GOING_AWAY
from workbench_server.liveness import Pinger

if TYPE_CHECKING:
    from workbench_server.app import WorkbenchApp

FAREWELL_S = 1.0


class WatchedSocket(WebSocketMixin, WebSocketHandler):
    """A WebSocket whose peer is pinged, and whose end is counted and logged."""

    extensionapp: WorkbenchApp
    # Jupyter's mixin reads this in milliseconds, Tornado in seconds; 0 silences both. The pings
    # are those of `liveness`.
    ping_interval = 0
    ping_timeout = 0
    _pinger: Pinger | None = None
    _pinged = False

    def open(self, *args: str, **kwargs: str) -> None:
        """Begin to watch over the connection."""
        app = self.extensionapp
        app.sockets.add(self)
        self._pinger = Pinger(asyncio.get_running_loop(), self, app.ping_interval, app.ping_timeout)
        super().open(*args, **kwargs)

    def on_close(self) -> None:
        """Forget the connection."""
        self.extensionapp.sockets.discard(self)
        if self._pinger is not None:
            self._pinger.stop()

    def heard(self) -> None:
        """Note a sign of life."""
        if self._pinger is not None:
            self._pinger.heard()

    def on_pong(self, data: bytes) -> None:
        """Note a sign of life."""
        self.heard()
        asked, self._pinged = self._pinged, False
        if not asked:
            self.on_unasked_pong()

    def on_unasked_pong(self) -> None:
        """Take a pong that answers no ping."""

    def send_ping(self) -> None:
        """Write a ping frame."""
        self._pinged = True
        with contextlib.suppress(WebSocketClosedError, StreamClosedError):
            self.ping(b"")

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close; the first code given counts."""
        if self.ws_connection is not None and code is not None:
            self.extensionapp.manager.counters.closed[code] += 1
            if code not in (1000, CLOSE_GOING_AWAY):
                self.log.info("%s closed with %d: %s", self.request.path, code, reason)
        super().close(code, reason)

    def drop(self, reason: str) -> None:
        """End the connection of a peer that is not there any more."""
        connection = self.ws_connection
        if connection is not None:
            self.extensionapp.manager.counters.closed[CLOSE_DEAD] += 1
            self.log.info("%s dropped: %s", self.request.path, reason)
            connection.stream.close()

    def go_away(self) -> None:
        """Close because the server goes."""
        self.close(CLOSE_GOING_AWAY, "server going away")


async def farewell(sockets: set[WatchedSocket]) -> None:
    """Tell all that the server goes, and give them a moment to hear it."""
    for socket in list(sockets):
        socket.go_away()
    deadline = time.monotonic() + FAREWELL_S
    while sockets and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
