"""A WebSocket client of its own: frames built and read by hand, right or wrong as asked."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
RSV1, RSV2, RSV3 = 0x40, 0x20, 0x10
KEY = base64.b64encode(b"0123456789abcdef").decode()


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool = True,
    length_bytes: int | None = None,
    claims: int | None = None,
) -> bytes:
    """Return a client's frame.

    Parameters
    ----------
    length_bytes
        Write the length in 0, 2 or 8 further bytes, needed or not.
    claims
        The length to claim, if not the true one.
    """
    size = len(payload) if claims is None else claims
    if length_bytes is None:
        length_bytes = 0 if size < 126 else 2 if size < 1 << 16 else 8
    short = {0: size, 2: 126, 8: 127}[length_bytes]
    head = bytes(((0x80 if fin else 0) | rsv | opcode, (0x80 if masked else 0) | short))
    head += size.to_bytes(length_bytes, "big") if length_bytes else b""
    if not masked:
        return head + payload
    mask = os.urandom(4)
    stream = mask * (len(payload) // 4 + 1)
    hidden = bytes(a ^ b for a, b in zip(payload, stream, strict=False))
    return head + mask + hidden


def close_frame(code: int | None = None, reason: bytes = b"") -> bytes:
    return frame(CLOSE, (b"" if code is None else code.to_bytes(2, "big")) + reason)


class Frame(NamedTuple):
    """A frame as it came."""

    opcode: int
    payload: bytes
    fin: bool
    rsv: int

    @property
    def code(self) -> int | None:
        """Code of a close frame."""
        return int.from_bytes(self.payload[:2], "big") if self.payload else None


class Answer(NamedTuple):
    """Head of the answer to a handshake; names in lower case."""

    status: int
    headers: dict[str, str]


class RawSocket:
    """A connection, from the first byte on.

    Parameters
    ----------
    port
        On 127.0.0.1.
    timeout
        Seconds to wait for anything.
    """

    def __init__(self, port: int, timeout: float = 20) -> None:
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._buffer = b""

    def __enter__(self) -> RawSocket:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(
        self,
        path: str,
        changes: dict[str, str | None] | None = None,
        *,
        method: str = "GET",
        version: str = "HTTP/1.1",
    ) -> Answer:
        """Send a handshake, with some headers changed or (None) left out; return the answer."""
        headers: dict[str, str | None] = {
            "Host": f"127.0.0.1:{self.port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": KEY,
            "Sec-WebSocket-Version": "13",
            **(changes or {}),
        }
        lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
        self.send("\r\n".join([f"{method} {path} {version}", *lines, "", ""]).encode())
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                raise ConnectionError("closed in the middle of the answer")
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        pairs = (line.split(":", 1) for line in rest)
        return Answer(int(first.split()[1]), {name.lower(): value.strip() for name, value in pairs})

    def body(self, answer: Answer) -> bytes:
        """Return the body of an answer that is not the beginning of a WebSocket."""
        size = int(answer.headers.get("content-length", 0))
        while len(self._buffer) < size:
            if not self._more():
                raise ConnectionError("closed in the middle of the body")
        return self._buffer[:size]

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def receive(self) -> Frame | None:
        """Return the next frame, None at the end of the connection.

        Raises
        ------
        AssertionError
            The server sent a masked frame, or one longer than it had to be.
        """
        head = self._take(2)
        if head is None:
            return None
        assert not head[1] & 0x80, "a server's frame is masked"
        size = head[1] & 0x7F
        if size >= 126:
            long = self._take(2 if size == 126 else 8)
            assert long is not None
            size = int.from_bytes(long, "big")
            assert size >= (126 if len(long) == 2 else 1 << 16), "length not minimal"
        payload = self._take(size)
        assert payload is not None, "closed in the middle of a frame"
        return Frame(head[0] & 0xF, payload, bool(head[0] & 0x80), head[0] & 0x70)

    def frames_until(self, opcode: int, payload: bytes | None = None) -> list[Frame]:
        """Return the frames up to one of this kind, or to the end of the connection."""
        found = []
        while (one := self.receive()) is not None:
            found.append(one)
            if one.opcode == opcode and payload in (None, one.payload):
                break
        return found

    def _take(self, size: int) -> bytes | None:
        while len(self._buffer) < size:
            if not self._more():
                return None
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _more(self) -> bool:
        try:
            block = self.socket.recv(1 << 16)
        except ConnectionResetError:
            return False
        self._buffer += block
        return bool(block)


def accept_of(key: str) -> str:
    """Return what RFC 6455 makes of a key."""
    digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return base64.b64encode(digest).decode()
