"""How a log's messages lie in a block of the state file, and what of it is damaged: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import msgspec

from workbench.errors import LogDamaged
from workbench.streams.log import Entry

_pack = msgspec.msgpack.Encoder().encode
_names: msgspec.msgpack.Decoder[list[tuple[str, str]]] = msgspec.msgpack.Decoder(
    list[tuple[str, str]]
)


# Not `Entry` itself, nor `_make`: those are calls of Python functions, for each message.
_entry: Callable[[Iterable[object]], Entry] = partial(tuple.__new__, Entry)


class _Sparse(msgspec.Struct):
    seqs: list[int]
    names: list[tuple[str, str]]


_sparse: msgspec.msgpack.Decoder[_Sparse] = msgspec.msgpack.Decoder(_Sparse)
_SPARSE = _pack(_Sparse([], []))[:1]


def pack(entries: Sequence[Entry]) -> tuple[bytes, bytes]:
    """Return the types and keys of messages, and the messages as JSON, a line each."""
    return _pack([(e.type, e.key) for e in entries]), b"\n".join([e.wire for e in entries])


def pack_sparse(entries: Sequence[Entry]) -> tuple[bytes, bytes]:
    """Return the same for messages whose numbers have gaps between them."""
    names = [(e.type, e.key) for e in entries]
    keys = _pack(_Sparse([e.seq for e in entries], names))
    return keys, b"\n".join([e.wire for e in entries])


def is_sparse(keys: bytes) -> bool:
    """Tell whether a block has gaps: its keys are a map then, not a list."""
    return keys[:1] == _SPARSE


def sequence(first: int, last: int, keys: bytes) -> Sequence[int]:
    """Return the numbers of a block's messages."""
    return _sparse.decode(keys).seqs if is_sparse(keys) else range(first, last + 1)


def unpack(stream: str, first: int, last: int, keys: bytes, payload: bytes) -> list[Entry]:
    """Return the messages of a block.

    Raises
    ------
    LogDamaged
        It does not hold the messages `first` to `last`, or what it says it has of them.
    """
    seqs: Sequence[int] = range(first, last + 1)
    try:
        if is_sparse(keys):
            sparse = _sparse.decode(keys)
            seqs, names = sparse.seqs, sparse.names
            if not (seqs or payload):
                return []
        else:
            names = _names.decode(keys)
        wires = payload.split(b"\n")
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, AttributeError):
        raise damaged(stream, first, last) from None
    whole = payload[:1] == b"{" and payload[-1:] == b"}"
    if not whole or not len(names) == len(wires) == len(seqs):
        raise damaged(stream, first, last)
    kinds, states = zip(*names, strict=True)
    return list(map(_entry, zip(seqs, kinds, states, wires, strict=True)))


def damaged(stream: str, first: int, last: int) -> LogDamaged:
    """Return the error for messages that cannot be read."""
    msg = (
        f"The log of {stream!r} is damaged: its messages {first} to {last} cannot be read. "
        "Run it again, or restore the state folder from a backup."
    )
    return LogDamaged(msg, stream=stream, first_seq=first, last_seq=last)
