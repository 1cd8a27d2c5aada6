"""Writing whole chunks of frames to a WebSocket: straight to the socket, and with patience.

A thousand readers' objects are not in the processor's cache when their turn comes, so what
`push` touches is kept small.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tornado.iostream import IOStream, StreamClosedError
from tornado.websocket import WebSocketClosedError

from workbench_server.framing import text_frame
from workbench_server.reader import PUSHED_ALL, TooSlow

MAX_ANSWER_BYTES = 256 * 1024
"""So much may wait for a socket in answers to what the client itself sends."""


class Outlet:
    """The writing end of a connection.

    Attributes
    ----------
    waiting
        Whether there may be something the socket has not yet taken, or the connection has
        ended. Whoever else writes to the stream has to set it.
    """

    __slots__ = ("_answered", "_answers", "_ended", "_offered", "_send", "_stream", "waiting")

    def __init__(self, stream: IOStream) -> None:
        self._stream = stream
        self._ended = False
        self._offered: asyncio.Future[None] | None = None
        # Bytes of answers since all had been taken, and where in what was written they end.
        self._answers = self._answered = 0
        # On TLS the socket itself is no place to write to.
        direct = type(stream) is IOStream and not stream.closed()
        self._send: Callable[[bytes], int] = stream.socket.send if direct else _takes_nothing
        self.waiting = False

    def end(self) -> None:
        """Write no more: the closing handshake has begun, or the connection is gone."""
        self._ended = self.waiting = True
        self._send = _takes_nothing

    def push(self, frames: bytes) -> int:
        """Write frames without waiting.

        Returns 0 if nothing was written, since others still wait, and `PUSHED_ALL` if the
        socket has taken all.
        """
        if self.waiting and self.behind:
            return 0
        try:
            # Nearly always the socket takes all at once, at half the cost of a buffered write.
            taken = self._send(frames)
        except OSError:
            taken = 0  # Full, or broken: the stream finds out which.
        if taken == len(frames):
            return PUSHED_ALL
        return self._rest(memoryview(frames)[taken:])

    def _rest(self, rest: memoryview) -> int:
        try:
            self._stream.write(rest).add_done_callback(asyncio.Future.exception)
        except StreamClosedError:
            self.end()
            return 0
        self.waiting = True
        return 1 if self.behind else PUSHED_ALL

    @property
    def behind(self) -> bool:
        """Whether the socket has not yet taken all that was written, or is gone."""
        if self.waiting:
            self.waiting = self._ended or self._stream.closed() or self._stream.writing()
        return self.waiting

    @property
    def unsent(self) -> int:
        """Bytes that were written and that the socket has not taken."""
        stream = self._stream
        return int(stream._total_write_index - stream._total_write_done_index)

    async def send(self, frames: bytes, patience: float) -> None:
        """Write frames as one chunk and wait until the socket has taken it.

        Raises
        ------
        WebSocketClosedError
            The connection is gone.
        TooSlow
            The socket has taken nothing for `patience` seconds.
        """
        if not self.push(frames):
            await self.drained(patience)
            self.push(frames)
        await self.drained(patience)

    async def drained(self, patience: float) -> None:
        """Wait until the socket has taken all that was written.

        Raises
        ------
        WebSocketClosedError
            The connection is gone.
        TooSlow
            The socket has taken nothing for `patience` seconds.
        """
        now = asyncio.get_running_loop().time
        stream = self._stream
        taken, since = -1, now()
        written: asyncio.Future[None] | None = None
        while self.behind:
            if self._ended:
                raise WebSocketClosedError
            if stream._total_write_done_index != taken:
                taken, since = stream._total_write_done_index, now()
            elif now() - since >= patience:
                raise TooSlow
            try:
                if written is None or written.done():
                    written = stream.write(b"")
            except StreamClosedError:
                self.end()
            else:
                # Waited for, never cancelled: the future is Tornado's.
                await asyncio.wait((written,), timeout=patience / 4)

    def write_soon(self, message: bytes) -> None:
        """Write one message without waiting; who does not read its answers is hung up on."""
        stream = self._stream
        if self._ended or stream.closed():
            return
        if stream._total_write_done_index >= self._answered:
            self._answers = 0
        frame = text_frame(message)
        self._answers += len(frame)
        if self._answers > MAX_ANSWER_BYTES:
            stream.close()
            return
        stream.write(frame).add_done_callback(asyncio.Future.exception)
        self._answered = stream._total_write_index
        self.waiting = True

    def offer(self, message: bytes) -> None:
        """Write one message without waiting, unless the one offered before it still waits."""
        waits = self._offered is not None and not self._offered.done()
        if not (waits or self._ended or self._stream.closed()):
            self._offered = self._stream.write(text_frame(message))
            self._offered.add_done_callback(asyncio.Future.exception)
            self.waiting = True


def _takes_nothing(_: bytes) -> int:
    return 0
