"""A TCP proxy that cuts connections after so many bytes, and counts what it cut."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import Callable

BLOCK = 64 * 1024
_RESET = struct.pack("ii", 1, 0)


class Chopper:
    """Stands in front of a server on loopback.

    Parameters
    ----------
    target
        Port of the server.
    budget
        Called for each connection: after how many bytes, both ways counted together, it is cut;
        None lets it live. Half of the cuts are hard (RST), half soft (FIN).
    seed
        Of the choice between the two.
    """

    def __init__(self, target: int, budget: Callable[[], int | None], seed: int = 0) -> None:
        self.target = target
        self.port = 0
        self.cuts = 0
        self.connections = 0
        self._budget = budget
        self._random = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close everything."""
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        far: asyncio.StreamWriter | None = None
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", self.target)
            left = _Budget(self._budget())
            ways = [
                asyncio.ensure_future(_copy(reader, far, left)),
                asyncio.ensure_future(_copy(far_reader, writer, left)),
            ]
            done, pending = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if left.spent:
                self.cuts += 1
                if self._random.random() < 0.5:
                    for one in (writer, far):
                        one.get_extra_info("socket").setsockopt(
                            socket.SOL_SOCKET, socket.SO_LINGER, _RESET
                        )
                        one.transport.abort()
            for way in pending:
                way.cancel()
            await asyncio.gather(*done, *pending, return_exceptions=True)
        except OSError:
            pass  # The server is away: the client finds its connection closed.
        finally:
            self._tasks.discard(task)
            for one in (writer, far):
                if one is not None:
                    one.close()


class _Budget:
    """The bytes that may still pass, for both ways of a connection."""

    def __init__(self, bytes_: int | None) -> None:
        self._left = bytes_

    @property
    def spent(self) -> bool:
        return self._left == 0

    def take(self, wanted: int) -> int:
        if self._left is None:
            return wanted
        taken = min(wanted, self._left)
        self._left -= taken
        return taken


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: _Budget) -> None:
    while data := await reader.read(BLOCK):
        passed = left.take(len(data))
        writer.write(data[:passed])
        await writer.drain()
        if left.spent:
            return
