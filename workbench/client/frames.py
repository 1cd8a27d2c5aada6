"""Reading a frame, whatever newer servers put into it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec import UNSET, Struct, UnsetType

from workbench.errors import StreamCorrupted
from workbench.messages import MESSAGE_TYPES, AnyMessage, decode, decode_frame


class Unknown(Struct):
    """A message of a type this client does not know: only its place in the log matters."""

    type: str
    seq: int | UnsetType = UNSET
    eseq: int | UnsetType = UNSET


class Frame(NamedTuple):
    """What a frame holds.

    Attributes
    ----------
    messages
        In their order.
    failure
        Why nothing after them could be read; None when all could.
    """

    messages: Sequence[AnyMessage | Unknown]
    failure: StreamCorrupted | None = None


_heads: msgspec.json.Decoder[Unknown] = msgspec.json.Decoder(Unknown)
_parts: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])


def read_frame(data: bytes | str) -> Frame:
    """Parse and validate a frame: one message or an array of them."""
    try:
        return Frame(decode_frame(data))
    except msgspec.DecodeError:
        return _one_by_one(data)


def _one_by_one(data: bytes | str) -> Frame:
    messages: list[AnyMessage | Unknown] = []
    try:
        parts = _parts.decode(data) if data[:1] in (b"[", "[") else [msgspec.Raw(data)]
        for part in parts:
            messages.append(_read(part))
    except msgspec.DecodeError as error:
        msg = f"The server sent what is not a message: {error}. Is it of another version?"
        return Frame(messages, StreamCorrupted(msg))
    except StreamCorrupted as error:
        return Frame(messages, error)
    return Frame(messages)


def _read(part: msgspec.Raw) -> AnyMessage | Unknown:
    try:
        return decode(bytes(part))
    except msgspec.ValidationError as error:
        head = _heads.decode(part)
        if head.type not in MESSAGE_TYPES:
            return head
        msg = f"The server sent a {head.type} message that is none: {error}"
        raise StreamCorrupted(msg, type=head.type) from None
