"""Subscribers of which some read nothing until they are told to.

``python -m tests.benchmarks.stalled PORT PATH READING STALLED HEADER…``. The first line on
standard input is the seq of the last message: when those who read have it, their latencies are
answered (p50 and p99, ms). With the second line the others begin to read; when all have it, it is
answered how many different stories of events there are; without it all hang up.
"""

from __future__ import annotations

import hashlib
import json
import selectors
import socket
import sys
import time
from datetime import datetime

import numpy as np

from tests.benchmarks.raw_socket import Reader


class Following(Reader):
    """Knows how late its messages are, and a hash of its events."""

    def __init__(self, port: int, path: str, headers: tuple[str, ...]) -> None:
        self.events = hashlib.sha256()
        self.late: list[float] = []
        self.seq = 0
        self._rest = self._edge = b""
        super().__init__(port, path, headers)

    def _count(self, data: bytes) -> None:
        super()._count(data)
        # Messages here are lines in all but name: every frame's payload is one JSON object.
        *whole, self._rest = (self._rest + data).split(b'{"type":')
        for message in whole:
            end = message.rfind(b"}")
            if message.startswith(b'"control"'):
                self.events.update(message[: end + 1])
        found = data.rfind(b'"timestamp":"')
        if 0 <= found < len(data) - 40:
            said = datetime.fromisoformat(data[found + 13 : found + 37].decode())
            self.late.append(1000 * (time.time() - said.timestamp()))
        data = self._edge + data
        self._edge = data[-40:]
        at = data.rfind(b'"seq":')
        if at >= 0:
            digits = data[at + 6 : at + 16].split(b",")[0].split(b"}")[0]
            self.seq = max(self.seq, int(digits) if digits.isdigit() else 0)


def main(port: int, path: str, reading: int, stalled: int, *headers: str) -> None:
    """Connect, read, and answer."""
    readers = [Following(port, path, headers) for _ in range(reading + stalled)]
    for reader in readers[reading:]:
        reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ, None)
    for reader in readers[:reading]:
        selector.register(reader.socket, selectors.EVENT_READ, reader)
    print("connected", flush=True)
    last = 0
    while not last or any(reader.seq < last for reader in readers[:reading]):
        for key, _ in selector.select():
            if key.data is None:
                last = int(sys.stdin.readline())
            else:
                key.data.read()
    late = [value for reader in readers[:reading] for value in reader.late]
    print(json.dumps([float(v) for v in np.percentile(late, [50, 99])]), flush=True)
    if not sys.stdin.readline():
        return
    for reader in readers[reading:]:
        while reader.seq < last:
            reader.read()
    print(len({reader.events.hexdigest() for reader in readers}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:])
