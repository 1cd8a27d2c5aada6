"""WebSocket frames made once and written to many (RFC 6455, section 5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

TEXT = 0x81
DEFLATED_TEXT = 0xC1
"""A text frame with RSV1: permessage-deflate."""
MESSAGE_BYTES = 256 * 1024
"""An array of messages is not longer, unless a single one is."""


def frame(payload: bytes, first: int = TEXT) -> bytes:
    """Return an unmasked, unfragmented frame, as servers send them; `first` is its first byte."""
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 1 << 16:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


def text_frame(payload: bytes) -> bytes:
    """Return a message's frame."""
    return frame(payload)


def text_frames(payloads: Iterable[bytes]) -> bytes:
    """Return several messages' frames as one chunk to write."""
    return b"".join(map(frame, payloads))


def batched(messages: Sequence[bytes]) -> list[bytes]:
    """Return messages as payloads of ``batch=1``: arrays, or the bare message if it is alone."""
    payloads: list[bytes] = []
    start = size = 0
    for index, message in enumerate(messages):
        if index > start and size + len(message) > MESSAGE_BYTES:
            payloads.append(_array(messages[start:index]))
            start, size = index, 0
        size += len(message) + 1
    if start < len(messages):
        payloads.append(_array(messages[start:]))
    return payloads


def _array(messages: Sequence[bytes]) -> bytes:
    return messages[0] if len(messages) == 1 else b"[%b]" % b",".join(messages)
