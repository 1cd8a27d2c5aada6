"""A WebSocket reader that costs almost nothing, so that what is measured is the server."""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Iterable

BLOCK = 256 * 1024
_CLOSE = 8
_TEXT = 1
_PING = 9


class Reader:
    """A connection that counts the text messages it receives."""

    def __init__(self, port: int, path: str, headers: Iterable[str] = ()) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket",
            "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
            *headers, "", "",
        ]  # fmt: skip
        self.socket.sendall("\r\n".join(lines).encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._block()
        head, _, self._left = answer.partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise ConnectionError(head.decode(errors="replace"))
        self._skip = 0
        self.messages = 0
        self.bytes = 0
        self.closed = False
        self._count(b"")

    def read(self) -> None:
        """Take what is there."""
        self._count(self._block())

    def _block(self) -> bytes:
        data = self.socket.recv(BLOCK)
        if not data:
            raise ConnectionError("the server hung up")
        return data

    def _count(self, data: bytes) -> None:
        self.bytes += len(data)
        if self._skip >= len(data) and not self._left:
            self._skip -= len(data)
            return
        data = self._left + data
        at, end = self._skip, len(data)
        while at + 10 <= end or (at + 2 <= end and (data[at + 1] & 127) < 126):
            opcode, size = data[at] & 15, data[at + 1] & 127
            at += 2
            if size >= 126:
                width = 2 if size == 126 else 8
                size = int.from_bytes(data[at : at + width], "big")
                at += width
            if opcode == _PING:
                # Masked with zeros, so as it came; a ping is never cut in two in practice.
                self.socket.sendall(bytes((0x8A, 0x80 | size, 0, 0, 0, 0)) + data[at : at + size])
            at += size
            self.messages += opcode == _TEXT
            self.closed = self.closed or opcode == _CLOSE
        self._left, self._skip = data[at:], max(0, at - end)
