"""The receiving end of permessage-deflate, as any client does it."""

from __future__ import annotations

import zlib


class Inflater:
    """Takes a server's bytes; `messages` are the payloads of its data frames, inflated."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.compressed = 0
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._left = b""

    def feed(self, data: bytes) -> None:
        """Take what was received, cut anywhere."""
        data = self._left + data
        at = 0
        while (found := self._frame(data, at)) is not None:
            first, start, at = found
            payload = data[start:at]
            if first & 0x40:
                self.compressed += 1
                payload = self._inflate.decompress(payload + b"\x00\x00\xff\xff")
            if first & 15 in (1, 2):
                self.messages.append(payload)
        self._left = data[at:]

    @staticmethod
    def _frame(data: bytes, at: int) -> tuple[int, int, int] | None:
        if len(data) < at + 2:
            return None
        first, size, start = data[at], data[at + 1] & 127, at + 2
        if size >= 126:
            width = 2 if size == 126 else 8
            size = int.from_bytes(data[start : start + width], "big")
            start += width
        return (first, start, start + size) if len(data) >= start + size else None
