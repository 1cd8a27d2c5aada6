"""A run's stream for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, WebSocketException

from workbench.client.controls import Controls
from workbench.client.following import Following
from workbench.errors import Conflict, WorkbenchError
from workbench.messages import AnyMessage, ControlRequest, Ping


class AsyncStream(Following, Controls[Coroutine[Any, Any, None]]):
    """The messages of a run, from a position to its end, as an asynchronous iterator.

    What `Stream` is, with the same arguments, errors and guarantees, for one event loop. Waiting
    for a message may be cancelled at any moment, and the iteration taken up again: nothing is
    lost. The controls are to be awaited.
    """

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> AnyMessage:
        if not self._ready and not await self._more():
            raise StopAsyncIteration
        return self._ready.popleft()

    async def batches(self) -> AsyncIterator[list[AnyMessage]]:
        """Iterate over lists of the messages that have come together."""
        while await self._more():
            batch = list(self._ready)
            self._ready.clear()
            yield batch

    async def close(self) -> None:
        """End the iteration, in whichever task it goes on."""
        self._done = True
        self._stopped.set()
        await self._drop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __del__(self) -> None:
        connection: ClientConnection | None = getattr(self, "_connection", None)
        if connection is not None:
            with contextlib.suppress(RuntimeError):
                connection.loop.call_soon_threadsafe(connection.transport.abort)

    def _set_up(self) -> None:
        self._connection: ClientConnection | None = None
        self._sending = asyncio.Lock()
        self._stopped = asyncio.Event()

    async def _more(self) -> bool:
        """Wait until there are messages; False when none will come."""
        self._begin()
        try:
            while not self._ready:
                if self._reader.failure is not None:
                    raise self._reader.failure
                if self._over():
                    if self._reader.over:
                        await self.close()
                    return False
                if self._wait_s:
                    await self._rest()
                else:
                    await self._read()
        except WorkbenchError:
            await self.close()
            raise
        finally:
            self._end()
        return True

    async def _read(self) -> None:
        try:
            connection = self._connection or await self._open()
            async with asyncio.timeout(self._reader.silence_s):
                data = await connection.recv(decode=False)
            if not self._fed(data):
                await self._drop()
        except (OSError, WebSocketException) as error:
            try:
                if not self._done:
                    self._lost(error)
            finally:
                await self._drop()

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._wait_s):
                await self._stopped.wait()
        self._wait_s = 0.0

    async def _open(self) -> ClientConnection:
        connection = await open_socket(self._address(), **self._options)
        async with self._sending:
            self._unsent.extendleft(reversed(self._reader.opened()))
            self._connection = connection
            await self._flush(connection)
        if self._done:
            await self._drop()
        return connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _ask(self, request: ControlRequest | Ping) -> None:
        if self._done:
            msg = f"The stream of {self._run_id} is closed: nothing can be asked of it"
            raise Conflict(msg, value=getattr(request, "action", "ping"))
        async with self._sending:
            self._unsent.extend(self._reader.ask(request))
            if self._connection is not None:
                await self._flush(self._connection)

    async def _flush(self, connection: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            while self._unsent:
                await connection.send(self._unsent[0], text=True)
                self._unsent.popleft()
