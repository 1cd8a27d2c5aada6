"""How a log's messages lie in a block of the state file, and what of it is damaged: pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from workbench.errors import LogDamaged
from workbench.streams.log import Entry

_pack = msgspec.msgpack.Encoder().encode
_names: msgspec.msgpack.Decoder[list[tuple[str, str]]] = msgspec.msgpack.Decoder(
    list[tuple[str, str]]
)


def pack(entries: Sequence[Entry]) -> tuple[bytes, bytes]:
    """Return the types and keys of messages, and the messages as JSON, a line each."""
    return _pack([(e.type, e.key) for e in entries]), b"\n".join([e.wire for e in entries])


def unpack(stream: str, first: int, last: int, keys: bytes, payload: bytes) -> list[Entry]:
    """Return the messages of a block.

    Raises
    ------
    LogDamaged
        It does not hold the messages `first` to `last`.
    """
    try:
        names, wires = _names.decode(keys), payload.split(b"\n")
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, AttributeError):
        raise damaged(stream, first, last) from None
    whole = payload[:1] == b"{" and payload[-1:] == b"}"
    if not whole or not len(names) == len(wires) == last - first + 1:
        raise damaged(stream, first, last)
    return [
        Entry(seq, kind, key, wire)
        for seq, ((kind, key), wire) in enumerate(zip(names, wires, strict=True), first)
    ]


def damaged(stream: str, first: int, last: int) -> LogDamaged:
    """Return the error for messages that cannot be read."""
    msg = (
        f"The log of {stream!r} is damaged: its messages {first} to {last} cannot be read. "
        "Run it again, or restore the state folder from a backup."
    )
    return LogDamaged(msg, stream=stream, first_seq=first, last_seq=last)
