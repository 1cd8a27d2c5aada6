"""permessage-deflate (RFC 7692) once for many readers: pure.

A reader's inflater only needs to have seen what the compressor refers back to. So readers who
have been sent the same compressed messages share one rolling compressor. It is legal because

- a message made by a fresh compressor refers to nothing, so anyone may be sent it at any time;
- a message sent uncompressed does not touch the inflater;
- whoever was sent something else compressed, or missed a message, is out of step, and gets
  messages of their own compressor until the group starts afresh, which puts all in step.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from itertools import count

from workbench_server.framing import DEFLATED_TEXT, frame

LEVEL = 6
RESET_AFTER = 32
"""Group messages before newcomers may cost the others their context."""
_TAIL = b"\x00\x00\xff\xff"
_steps = count(1)


class _Compressor:
    __slots__ = ("_deflate",)

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)

    def frames(self, payloads: Iterable[bytes]) -> bytes:
        deflate = self._deflate
        made = []
        for payload in payloads:
            data = deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH)
            made.append(frame(data.removesuffix(_TAIL), DEFLATED_TEXT))
        return b"".join(made)


def deflated_frames(payloads: Iterable[bytes]) -> bytes:
    """Return compressed frames that refer to nothing before them."""
    return _Compressor().frames(payloads)


class DeflateGroup:
    """The compressor that readers in step share.

    Attributes
    ----------
    step
        Names the last message. A reader is in step if it was sent that one and nothing
        compressed since; no two groups share a step.
    """

    def __init__(self) -> None:
        self.step = next(_steps)
        self._compressor: _Compressor | None = None
        self._since_reset = 0

    def frames(self, payloads: Iterable[bytes], in_step: int, others: int) -> tuple[bytes, bool]:
        """Return the group's next frames, and whether those out of step may be sent them too.

        Parameters
        ----------
        payloads
            Messages, uncompressed.
        in_step, others
            So many readers are and are not in step.
        """
        fresh = not in_step or (others > 0 and self._since_reset >= RESET_AFTER)
        if fresh or self._compressor is None:
            self._compressor, self._since_reset, fresh = _Compressor(), 0, True
        self._since_reset += 1
        self.step = next(_steps)
        return self._compressor.frames(payloads), fresh
