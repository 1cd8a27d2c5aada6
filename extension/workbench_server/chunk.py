"""A piece of a stream, ready to write, that readers at the same place share: pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple

from workbench.messages import Delivery
from workbench.streams import Carry, Entry, Subscription
from workbench_server.deflate import deflated_frames
from workbench_server.framing import batched, text_frames

CHUNK_BYTES = 512 * 1024
"""So much of the log goes into one write, so a stalled reader holds no more; or one message."""

_seq, _wire = attrgetter("seq"), attrgetter("wire")


class Place(NamedTuple):
    """Readers at the same place get the same chunk.

    Attributes
    ----------
    sent, carry
        The readers' cursor.
    filters, batch
        What they want, and in which form.
    merge
        Whether the points of a curve are merged for them.
    """

    sent: int
    carry: Carry
    filters: object
    batch: bool
    merge: bool


class Chunk:
    """What comes next after a place.

    Attributes
    ----------
    first
        The seq of the first entry it was made of; more than one beyond the place where the log
        no longer keeps what came between.
    upto, carry
        The cursor of a reader that has been told of it.
    payloads
        Payloads of the frames, uncompressed.
    messages, conflated
        So many messages are in it, and so many were merged away.
    size
        Bytes it takes at most: of its payloads, and of frames of one form.
    """

    __slots__ = (
        "_deflated", "_plain", "carry", "conflated", "first", "messages", "payloads", "size",
        "upto",
    )  # fmt: skip

    def __init__(
        self,
        entries: Sequence[Entry],
        place: Place,
        subscription: Subscription,
        latest: Mapping[str, int],
    ) -> None:
        selection = subscription.choose(entries, latest, place.carry, merge=place.merge)
        self.first = entries[0].seq if entries else place.sent + 1
        self.upto = entries[-1].seq if entries else place.sent
        self.carry = selection.carry
        self.payloads = batched(selection.messages) if place.batch else selection.messages
        self.messages = len(selection.messages)
        self.conflated = selection.conflated
        self.size = 2 * sum(map(len, self.payloads))
        self._plain: bytes | None = None
        self._deflated: bytes | None = None

    def frames(self, deflate: bool) -> bytes:
        """Return the frames to write; compressed ones refer to nothing before them."""
        if deflate:
            if self._deflated is None:
                self._deflated = deflated_frames(self.payloads)
            return self._deflated
        if self._plain is None:
            self._plain = text_frames(self.payloads)
        return self._plain


def bounded(entries: Sequence[Entry], size: int, merge: bool) -> Sequence[Entry]:
    """Return the first entries, at least one, that come to at most `size` bytes together.

    If curves are merged, only what is never merged counts.
    """
    counted = entries
    if merge:
        counted = [entry for entry in entries if entry.delivery is Delivery.EVENT]
    sizes = list(accumulate(map(len, map(_wire, counted))))
    fitting = max(1, bisect_right(sizes, size))
    if fitting >= len(counted):
        return entries
    return entries[: bisect_left(entries, counted[fitting].seq, key=_seq)]
