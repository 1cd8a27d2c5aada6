"""RFC 6455 where Tornado's server departs from it.

Tornado accepts unmasked frames and any close code, reads no key, and drops the connection without
a word where the RFC has a code for the fault. Reading a frame is therefore done here; writing,
closing and pings stay Tornado's.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import socket
import zlib
from collections.abc import Awaitable
from typing import Any

from tornado.iostream import IOStream, StreamClosedError
from tornado.util import _websocket_mask
from tornado.websocket import WebSocketHandler, WebSocketProtocol13, _DecompressTooLargeError

from workbench_server.closing import (
    CLOSE_INVALID_DATA,
    CLOSE_POLICY,
    CLOSE_PROTOCOL_ERROR,
    CLOSE_TOO_BIG,
)

CLOSE_CODES = frozenset((*range(1000, 1004), *range(1007, 1015)))
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_FINAL, _RESERVED, _RSV1, _CONTROL, _MASKED = 0x80, 0x70, 0x40, 0x8, 0x80
_OPCODES = (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG)


MOST_FRAMES = 1000
"""So many frames may a message come in, empty ones among them."""


class Fault(Exception):
    """What the peer sent breaks the protocol; `code` is the close code that says so."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Protocol(WebSocketProtocol13):
    """The server's side of one connection."""

    def _handle_websocket_headers(self, handler: WebSocketHandler) -> None:
        super()._handle_websocket_headers(handler)
        if handler.request.version == "HTTP/1.0":
            raise ValueError("HTTP/1.1 is needed")
        check_key(handler.request.headers["Sec-WebSocket-Key"])

    async def _receive_frame(self) -> None:
        try:
            opcode, final, data = await self._read_frame()
            if opcode & _CONTROL:
                handled = self._control(opcode, data)
            else:
                handled = self._data(opcode, final, data)
        except Fault as fault:
            await self._fail(fault)
            return
        if handled is not None:
            await handled

    async def _read_frame(self) -> tuple[int, bool, bytes]:
        first, second = await self._read_bytes(2)
        opcode, final, size = first & 0xF, bool(first & _FINAL), second & 0x7F
        self._check(opcode, final, first & _RESERVED, second)
        if opcode in (TEXT, BINARY):
            self._frame_compressed = bool(first & _RSV1)
        if size >= 126:
            size = int.from_bytes(await self._read_bytes(2 if size == 126 else 8), "big")
            if size >= 1 << 63:
                raise Fault(CLOSE_PROTOCOL_ERROR, "length of more than 63 bits")
        buffered = len(self._fragmented_message_buffer or b"")
        if not opcode & _CONTROL and buffered + size > self.params.max_message_size:
            raise Fault(CLOSE_TOO_BIG, "message too big")
        mask = await self._read_bytes(4)
        return opcode, final, _websocket_mask(mask, await self._read_bytes(size))

    def _check(self, opcode: int, final: bool, reserved: int, second: int) -> None:
        if self._decompressor is not None and opcode in (TEXT, BINARY):
            reserved &= ~_RSV1
        started = self._fragmented_message_buffer is not None
        faults = {
            "reserved bit set": bool(reserved),
            "unknown opcode": opcode not in _OPCODES,
            "frame not masked": not second & _MASKED,
            "control frame fragmented": bool(opcode & _CONTROL) and not final,
            "control frame too long": bool(opcode & _CONTROL) and second & 0x7F > 125,
            "nothing to continue": opcode == CONTINUATION and not started,
            "message not finished": opcode in (TEXT, BINARY) and started,
        }
        for reason, found in faults.items():
            if found:
                raise Fault(CLOSE_PROTOCOL_ERROR, reason)

    def _data(self, opcode: int, final: bool, data: bytes) -> Awaitable[Any] | None:
        if opcode != CONTINUATION:
            self._fragmented_message_opcode = opcode
            self._fragmented_message_buffer = bytearray()
            self._frames = 0
        buffer = self._fragmented_message_buffer
        assert buffer is not None
        buffer += data
        self._frames += 1
        if self._frames > MOST_FRAMES:
            raise Fault(CLOSE_POLICY, "message in too many frames")
        if not final:
            return None
        self._fragmented_message_buffer = None
        message = self._inflated(bytes(buffer)) if self._frame_compressed else bytes(buffer)
        if self.server_terminated:
            return None
        if self._fragmented_message_opcode == BINARY:
            return self._run_callback(self.handler.on_message, message)
        try:
            text = message.decode()
        except UnicodeDecodeError:
            raise Fault(CLOSE_INVALID_DATA, "text is not UTF-8") from None
        return self._run_callback(self.handler.on_message, text)

    def _inflated(self, data: bytes) -> bytes:
        assert self._decompressor is not None
        try:
            return self._decompressor.decompress(data)
        except _DecompressTooLargeError:
            raise Fault(CLOSE_TOO_BIG, "message too big after decompression") from None
        except zlib.error:
            raise Fault(CLOSE_INVALID_DATA, "compressed data is broken") from None

    def _control(self, opcode: int, data: bytes) -> Awaitable[Any] | None:
        if opcode == CLOSE:
            check_close(data)
        self._frame_compressed, compressed = False, self._frame_compressed
        try:
            return self._handle_message(opcode, data)
        finally:
            self._frame_compressed = compressed

    async def _fail(self, fault: Fault) -> None:
        """Close with the fault's code, and read on until the peer has had time to see it.

        A socket closed with bytes unread is reset, and the close frame lost with it.
        """
        self.handler.close(fault.code, fault.reason)
        self.close(fault.code, fault.reason)
        with contextlib.suppress(StreamClosedError, OSError):
            await self.stream.write(b"")
            if type(self.stream) is IOStream:
                self.stream.socket.shutdown(socket.SHUT_WR)
            while True:
                await self.stream.read_bytes(1 << 16, partial=True)
        self._abort()


def check_key(key: str) -> None:
    """Check a handshake's key.

    Raises
    ------
    ValueError
        It is not 16 bytes in base64.
    """
    try:
        size = len(base64.b64decode(key, validate=True))
    except binascii.Error:
        size = 0
    if size != 16:
        raise ValueError("Sec-WebSocket-Key is not 16 bytes in base64")


def check_close(data: bytes) -> None:
    """Check the payload of a close frame.

    Raises
    ------
    Fault
        It is one byte, its code may not be sent, or its reason is not UTF-8.
    """
    if not data:
        return
    code = int.from_bytes(data[:2], "big")
    if len(data) == 1 or not (code in CLOSE_CODES or 3000 <= code <= 4999):
        raise Fault(CLOSE_PROTOCOL_ERROR, "close code may not be sent")
    try:
        data[2:].decode()
    except UnicodeDecodeError:
        raise Fault(CLOSE_INVALID_DATA, "close reason is not UTF-8") from None
