"""Readers whose connections break after so many bytes, however whole what came is."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import Callable

from readers import Journal, Reading

_RESET = struct.pack("ii", 1, 0)


class Scissors:
    """Cuts the connections of readers, and counts what it cut.

    Parameters
    ----------
    budget
        Called for each connection: after how many bytes, both ways counted together, it is cut;
        None lets it live. Half of the cuts are hard (RST), half soft (FIN).
    seed
        Of the choice between the two.
    """

    def __init__(self, budget: Callable[[], int | None], seed: int = 0) -> None:
        self.cuts = 0
        self._budget = budget
        self._random = random.Random(seed)

    def connection(self, path: str, token: str, journal: Journal) -> Reading:
        """Return a connection that will be cut."""
        budget = self._budget()
        if budget is None:
            return Reading(path, token, journal)
        return _Cut(path, token, journal, budget, self)

    def cut(self, transport: asyncio.Transport) -> None:
        """Cut a connection: what has not been read of it is lost."""
        self.cuts += 1
        if self._random.random() < 0.5:
            plug = transport.get_extra_info("socket")
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            transport.abort()
        else:
            transport.close()


class _Cut(Reading):
    def __init__(
        self, path: str, token: str, journal: Journal, budget: int, scissors: Scissors
    ) -> None:
        super().__init__(path, token, journal)
        self._budget = budget
        self._scissors = scissors

    def data_received(self, data: bytes) -> None:
        super().data_received(self._passing(data))
        self._cut_if_spent()

    def _write(self, data: bytes) -> None:
        super()._write(self._passing(data))
        self._cut_if_spent()

    def _passing(self, data: bytes) -> bytes:
        passing = data[: self._budget]
        self._budget -= len(passing)
        return passing

    def _cut_if_spent(self) -> None:
        assert self.transport is not None
        if not self._budget and not self.transport.is_closing():
            self._scissors.cut(self.transport)
