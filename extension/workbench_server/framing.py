"""WebSocket frames made once and written to many (RFC 6455, section 5.2)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate

TEXT = 0x81
DEFLATED_TEXT = 0xC1
"""A text frame with RSV1: permessage-deflate."""
MESSAGE_BYTES = 256 * 1024
"""An array of messages is not longer, unless a single one is."""


@lru_cache(maxsize=4096)
def _head(size: int, first: int) -> bytes:
    if size < 126:
        return bytes((first, size))
    if size < 1 << 16:
        return bytes((first, 126)) + size.to_bytes(2, "big")
    return bytes((first, 127)) + size.to_bytes(8, "big")


def frame(payload: bytes, first: int = TEXT) -> bytes:
    """Return an unmasked, unfragmented frame, as servers send them; `first` is its first byte."""
    return _head(len(payload), first) + payload


def text_frame(payload: bytes) -> bytes:
    """Return a message's frame."""
    return frame(payload)


def text_frames(payloads: Iterable[bytes]) -> bytes:
    """Return several messages' frames as one chunk to write."""
    return b"".join([part for one in payloads for part in (_head(len(one), TEXT), one)])


def batched(messages: Sequence[bytes]) -> list[bytes]:
    """Return messages as payloads of ``batch=1``: arrays, or the bare message if it is alone."""
    ends = list(accumulate(len(message) + 1 for message in messages))
    payloads: list[bytes] = []
    start = taken = 0
    while start < len(messages):
        end = max(start + 1, bisect_right(ends, taken + MESSAGE_BYTES + 1))
        payloads.append(_array(messages[start:end]))
        start, taken = end, ends[end - 1]
    return payloads


def _array(messages: Sequence[bytes]) -> bytes:
    return messages[0] if len(messages) == 1 else b"[%b]" % b",".join(messages)
