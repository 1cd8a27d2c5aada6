"""What producer and server say to each other on the publish socket.

The server speaks first: `Hello` tells the last of the producer's numbers in the log, and the
commands the producer has not seen: it names the last one it obeyed as ``?obeyed=SEQ``. The
producer sends batches numbered by itself; each is answered by an `Ack` once it is in the log.
After a reconnect it sends again what was not acknowledged; the log passes over what it has.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from workbench.errors import PayloadTooLarge
from workbench.messages import ControlAction, LogMessage, Until

MAX_BATCH_BYTES = 16 * 1024 * 1024
"""The largest batch the server takes."""
MAX_MESSAGE_BYTES = MAX_BATCH_BYTES - 1024
"""The largest message: it fills a batch."""


class Batch(Struct, frozen=True):
    """Messages `first`, `first` + 1, … of this producer."""

    first: int
    messages: list[LogMessage]


class Command(Struct, frozen=True, tag_field="type", tag="command", omit_defaults=True):
    """A control for the producer: an accepted `control` event of its log.

    Attributes
    ----------
    action, value, unit, until
        See `workbench.messages.ControlRequest`.
    seq
        Number of that event; 0 while it is not in the log.
    """

    action: ControlAction
    value: float | None = None
    unit: str | None = None
    until: Until | None = None
    seq: int = 0


class Hello(Struct, frozen=True, tag_field="type", tag="hello", omit_defaults=True):
    """The producer's messages up to `last` are in the log; `commands` wait for it."""

    last: int
    commands: list[Command] = []


class Ack(Struct, frozen=True, tag_field="type", tag="ack"):
    """The producer's messages up to `last` are in the log."""

    last: int


class Refused(Struct, frozen=True, tag_field="type", tag="refused"):
    """Nothing more is taken, and the connection is closed.

    A message could not be taken: those before it are in the log, and the run has ended with an
    `error`, unless the batch as such was none or not the next. Or the run was deleted.
    """

    error: str


class _Head(msgspec.Struct):
    type: str


Reply = Hello | Ack | Command | Refused

batch_decoder: msgspec.json.Decoder[Batch] = msgspec.json.Decoder(Batch)
reply_decoder: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)
_heads: msgspec.json.Decoder[_Head] = msgspec.json.Decoder(_Head)
encode_reply = msgspec.json.Encoder().encode


def batch_frame(first: int, messages: list[bytes]) -> bytes:
    """Return a `Batch` of messages that are JSON already."""
    return b'{"first":%d,"messages":[%s]}' % (first, b",".join(messages))


def too_large(wire: bytes) -> PayloadTooLarge:
    """Return what to say of a message that is larger than the server takes."""
    kind = _heads.decode(wire).type
    msg = f"A {kind} message of {len(wire):,} bytes, expected at most {MAX_MESSAGE_BYTES:,}"
    return PayloadTooLarge(
        msg, field="message", value=f"{kind}, {len(wire)} bytes", allowed=MAX_MESSAGE_BYTES
    )
