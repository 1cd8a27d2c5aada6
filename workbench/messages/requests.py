"""What a client may say on a stream."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from workbench.messages.controls import SeekTo, Until


class Ping(Struct, frozen=True, tag_field="type", tag="ping", omit_defaults=True):
    """Answered by `pong`."""

    data: Any = None


class ControlRequest(
    Struct,
    frozen=True,
    tag_field="type",
    tag="control",
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """A control of the run, of a live session, or of this connection's replay.

    Attributes
    ----------
    action
        ``pause``, ``resume``, ``step``, ``speed``, ``run_until``, ``stop``; for replays ``seek``
        instead of the last two; for live sessions also ``pause_entries`` (no order opens a
        position), ``resume_entries`` and ``flatten`` (close all, cancel all, pause entries).
    value
        Candles for `step` (in a replay also negative), the pace for `speed`.
    unit
        Of the pace: absent for candles a second, ``x`` for multiples of market time.
    until
        For `run_until`.
    to
        For `seek`.
    session
        Which session is meant, in the stream of all live sessions.
    """

    action: str
    value: float | None = None
    unit: str | None = None
    until: Until | None = None
    to: SeekTo | None = None
    session: str | None = None


ClientMessage = Ping | ControlRequest

_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)


def decode_request(data: str | bytes) -> ClientMessage:
    """Parse and validate what a client said.

    Raises
    ------
    msgspec.DecodeError
        It is not JSON, or not one of the requests.
    """
    return _decoder.decode(data)
