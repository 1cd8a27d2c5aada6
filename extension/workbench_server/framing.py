"""WebSocket frames made once and written to many (RFC 6455, section 5.2)."""

from __future__ import annotations

from collections.abc import Iterable

_TEXT_FINAL = 0x81


def text_frame(payload: bytes) -> bytes:
    """Return an unmasked, unfragmented text frame, as servers send them."""
    size = len(payload)
    if size < 126:
        return bytes((_TEXT_FINAL, size)) + payload
    if size < 1 << 16:
        return bytes((_TEXT_FINAL, 126)) + size.to_bytes(2, "big") + payload
    return bytes((_TEXT_FINAL, 127)) + size.to_bytes(8, "big") + payload


def text_frames(payloads: Iterable[bytes]) -> bytes:
    """Return several messages' frames as one chunk to write."""
    return b"".join(map(text_frame, payloads))
